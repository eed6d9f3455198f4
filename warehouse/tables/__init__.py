"""Which tables does the warehouse have, and what does every column mean? One module a schema."""

from warehouse.tables import entries, plan, promises, published, result, run, source
from warehouse.tables.columns import METADATA

__all__ = ["METADATA", "entries", "plan", "promises", "published", "result", "run", "source"]
