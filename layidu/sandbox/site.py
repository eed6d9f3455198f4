"""What is one installation? Its folder, store and clock, and the API of the version it runs, which may be replaced."""

from pathlib import Path

from layidu.sandbox.api import Api
from layidu.sandbox.clock import Clock
from layidu.sandbox.dialects import Dialect, dialect_of
from layidu.sandbox.faults import Faults
from layidu.sandbox.ledger import Ledger
from layidu.sandbox.store import Store


class Site:
    """A server as its operator sees it; the ledger and the faults outlive an upgrade."""

    def __init__(self, folder: Path, store: Store, clock: Clock, dialect: Dialect) -> None:
        self.folder = folder
        self.store = store
        self.clock = clock
        self.ledger = Ledger()
        store.on_commit = self.ledger.note
        self.faults = Faults(self)
        self.api = Api(folder, store, clock, dialect)

    def reopen(self, dialect: str | None = None) -> None:
        """What a restart does, perhaps into another version: everything is read from the store again.

        Requests under way end with the API they began with.
        """
        spoken = self.api.dialect if dialect is None else dialect_of(dialect)
        self.api = Api(self.folder, self.store, self.clock, spoken)

    def close(self) -> None:
        """Let go of whoever waits in a fault."""
        self.faults.switch_all_off()
