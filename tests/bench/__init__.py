"""How fast, how large? `python -m tests.bench [TOPIC…]`; a topic is a module with TITLE and measure()."""

from tests.bench.row import Row

__all__ = ["Row"]
