"""What differs between versions of DHIS2? One table of changes, each named after the version that made it.

The rest of the sandbox asks `Change.… in dialect` and knows no version number. 2.41, 2.42 and 2.43 are as
recorded on 2.41.9.1, 2.42.5.2 and 2.43.1; what makes 2.40 different was read in its source, not recorded.
"""

from dataclasses import dataclass
from enum import StrEnum

from layidu.errors import ConfigurationError

#: The full version each dialect shows in system/info.
VERSIONS = {"2.40": "2.40.12", "2.41": "2.41.9.1", "2.42": "2.42.5.2", "2.43": "2.43.1"}
DEFAULT = "2.42"


class Change(StrEnum):
    """A change of behaviour; the name begins with the version that made it, the text says what it is."""

    V243_LOGIN_PAGE = "nobody is sent to /login/, no longer to /dhis-web-login/"

    @property
    def since(self) -> tuple[int, int]:
        """The version that made it, as numbers that compare."""
        return int(self.name[1]), int(self.name[2:4])


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one version speaks: every change up to its own."""

    name: str

    @property
    def version(self) -> str:
        """The full version it shows."""
        return VERSIONS[self.name]

    def __contains__(self, change: Change) -> bool:
        """Whether this version has the change."""
        major, minor = self.name.split(".")
        return change.since <= (int(major), int(minor))


def dialect_of(name: str) -> Dialect:
    """The dialect of a name.

    Raises:
        ConfigurationError: no such dialect.
    """
    if name not in VERSIONS:
        raise ConfigurationError(
            "bac à sable, dialecte",
            name,
            f"l'un de {', '.join(VERSIONS)}",
            "choisir une version de cette liste",
        )
    return Dialect(name)
