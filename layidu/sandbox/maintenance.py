"""What does an administrator clean up? Option combos that lack, tombstones, zeros; `/api/maintenance`.

Nothing of it touches a `lastUpdated`: who copies by it never learns what went.
"""

from layidu.sandbox.accounts import User
from layidu.sandbox.answers import Answer, Request, empty, not_found_page, succeeded
from layidu.sandbox.clock import Clock, java_text
from layidu.sandbox.dialects import Change, Dialect
from layidu.sandbox.metadata import Metadata
from layidu.sandbox.store import Store
from layidu.sandbox.value_types import is_insignificant_zero

TASKS = ("categoryOptionComboUpdate", "softDeletedDataValueRemoval", "zeroDataValueRemoval")


class Maintenance:
    """Answers POST /api/maintenance."""

    def __init__(self, store: Store, metadata: Metadata, clock: Clock, dialect: Dialect) -> None:
        self._store = store
        self._metadata = metadata
        self._clock = clock
        self._dialect = dialect

    def post(self, request: Request, user: User, rest: list[str]) -> Answer:
        """One task by its path, or several by parameters."""
        user.must_have("F_PERFORM_MAINTENANCE")
        asked = rest[:1] or [task for task in TASKS if request.flag(task)]
        if not set(asked) <= set(TASKS):
            return not_found_page(request.path)
        for task in asked:
            if task == "categoryOptionComboUpdate":
                self._metadata.update_option_combos(java_text(self._clock.now()))
            elif task == "softDeletedDataValueRemoval":
                self._purge()
            else:
                self._remove_zeros()
        return succeeded(None) if Change.V243_MAINTENANCE_SAYS_OK in self._dialect else empty(204)

    def _purge(self) -> None:
        with self._store.writing() as connection:
            connection.execute("DELETE FROM data_value WHERE deleted = 1")

    def _remove_zeros(self) -> None:
        elements = self._metadata.objects["dataElements"]
        names = [name for name, item in elements.items() if is_insignificant_zero(item, "0")]
        with self._store.writing() as connection:
            connection.executemany(
                "DELETE FROM data_value WHERE data_element = ? AND value = '0'",
                [(key,) for key in self._store.words.keys(names)],
            )
