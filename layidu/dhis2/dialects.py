"""What differs between versions of DHIS2? Everything that does is named here, after the version that changed it.

2.40 and 2.41 behave like 2.42 in all that was recorded; a version newer than we know is read by the newest
rules we know.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from layidu.dhis2.answers import UnsupportedServerError

OLDEST = (2, 40)
#: Bulk imports stamp their rows when they begin and commit later, rounded to whole seconds on 2.42.
LONGEST_IMPORT = timedelta(hours=26)
#: `deleted` of a live row: the text `null` up to 2.42, `false` from 2.43 on.
LIVE_MARKS = frozenset({"null", "", "false"})
DELETED_MARK = "true"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one version speaks."""

    version: tuple[int, int]

    @classmethod
    def of(cls, version: str) -> "Dialect":
        """The dialect of `2.42.5.2`, `2.43-SNAPSHOT`, …; a newer one speaks like the newest we know."""
        match = re.match(r"(\d+)\.(\d+)", version)
        number = (int(match[1]), int(match[2])) if match else (0, 0)
        if number < OLDEST:
            raise UnsupportedServerError(
                "version de DHIS2",
                version or "aucune version",
                "2.40 ou plus récent (vérifié de 2.41 à 2.43)",
                "demander la mise à jour du serveur",
            )
        return cls(number)

    @property
    def keeps_zeros(self) -> bool:
        """Whether zeros are in analytics where the setting says so; up to 2.41 they stay out even then."""
        return self.version >= (2, 42)

    @property
    def names_period_types(self) -> bool:
        """Whether analytics has columns only for the period types an administrator named (2.43)."""
        return self.version >= (2, 43)

    @property
    def dates_builds(self) -> bool:
        """Whether `system/info` always has the time of the last build; up to 2.41 only a while after one."""
        return self.version >= (2, 42)

    def look_back(self, utc_offset_hours: float) -> timedelta:
        """How far before the last good pull an increment begins.

        Up to 2.42 `lastUpdated` is compared blind to the server's zone; 2.43 drops the time of day, so that it
        always answers a little more than was asked. The offset is taken off for both: too much is harmless.
        """
        return LONGEST_IMPORT + timedelta(hours=abs(utc_offset_hours))


def last_updated_text(moment: str) -> str:
    """`lastUpdated` as every version reads it: server time, whole seconds, without a zone."""
    return moment[:19]
