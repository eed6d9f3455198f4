"""Which tables does the warehouse have, and what does every column mean? One module a schema."""

from warehouse.tables import plan, published, result, run, source
from warehouse.tables.columns import METADATA

__all__ = ["METADATA", "plan", "published", "result", "run", "source"]
