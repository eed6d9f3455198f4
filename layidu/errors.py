"""What layidu says when it cannot go on: where, what was found, what was expected, what to do.

The four parts are French sentences, because the people who read them speak French. Every error pickles, so
that it survives a process boundary, and carries the exit code of the command line.
"""

from typing import ClassVar


class LayiduError(Exception):
    """An error a person can act on; printed without a traceback."""

    exit_code: ClassVar[int] = 2

    def __init__(self, where: str, found: str, expected: str, todo: str) -> None:
        super().__init__(where, found, expected, todo)
        self.where = where
        self.found = found
        self.expected = expected
        self.todo = todo

    def __str__(self) -> str:
        return (
            f"erreur : {self.where}\n"
            f"  trouvé  : {self.found}\n"
            f"  attendu : {self.expected}\n"
            f"  à faire : {self.todo}"
        )


class FailedSafeError(LayiduError):
    """The outside world failed; nothing is lost and the next run heals (exit 2)."""

    exit_code = 2


class ConfigurationError(LayiduError):
    """Configuration, credentials, declarations or usage (exit 3)."""

    exit_code = 3


class HeldError(LayiduError):
    """Something waits for a person's decision (exit 4)."""

    exit_code = 4


class LockedError(LayiduError):
    """Another run holds the lock (exit 75)."""

    exit_code = 75
