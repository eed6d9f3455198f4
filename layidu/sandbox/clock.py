"""What time is it on the sandbox's server? It starts with the country and runs on; it goes back only in a jump."""

from datetime import UTC, datetime, timedelta
from threading import Lock

from layidu.sandbox.store import Store


class Clock:
    """Real time plus an offset kept in the store."""

    def __init__(self, store: Store, start: datetime) -> None:
        self._store = store
        self._lock = Lock()
        offset = store.note("clock_offset")
        self._offset = start - _real() if offset is None else timedelta(seconds=float(offset))
        last = store.note("clock_last")
        if last is not None:
            self._offset = max(self._offset, datetime.fromisoformat(last) - _real())
        self._last = _real() + self._offset
        self.keep()

    def now(self) -> datetime:
        """The server's time, UTC without a zone; never before a time it gave earlier, but for a jump."""
        with self._lock:
            self._last = max(self._last, _real() + self._offset)
            return self._last

    def jump(self, seconds: float) -> None:
        """Set the clock forward or back, as an operator or a bad time server does."""
        with self._lock:
            self._offset += timedelta(seconds=seconds)
            self._last = _real() + self._offset
        self.keep()

    def keep(self) -> None:
        """Write the offset and the last time given, so that a restart goes on from there."""
        self._store.set_note("clock_offset", str(self._offset.total_seconds()))
        self._store.set_note("clock_last", self.now().isoformat())


def _real() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def java_text(moment: datetime) -> str:
    """A time as system/info writes it: milliseconds, no zone."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}"
