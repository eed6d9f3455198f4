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

    # Read in the source of 2.40.12, not recorded.
    V241_OWN_STAMPS = "`created` and `lastUpdated` in a push are ignored; 2.40 stores them"
    V241_JOBS_QUEUE = "a second analytics build waits for the first; 2.40 answers 409"

    V242_CHARSET = "JSON names its charset; before, none, or a lower-case one where a service writes the body"
    V242_LOGIN_SLASH = "the login page's path ends with a slash"
    V242_NOT_FOUND_PAGE = "an unknown path is an HTML page; before, the servlet's own JSON"
    V242_CSV_REASONS = "a refused .csv is told its reason in JSON; before, a 500 and a page"
    V242_BUILD_TIMES = (
        "system/info has the times of analytics from the first day; before, only a while after a build"
    )
    V242_DECIMAL_EXPIRY = "`expiryDays` has decimals"
    V242_EXTERNAL_SHARING = "`sharing` tells `external`"
    V242_REFUSAL_NAMES_AUTHORITY = "a 403 names the authority that lacks"
    V242_REPORTS_TYPED = (
        "a new token is an ObjectReport, before ApiTokenCreationResponse; a job a JobConfiguration"
    )
    V242_PARSER_IS_SILENT = "malformed JSON is a failed import without the parser's words"
    V242_ZEROS_WHEN_ASKED = "zeros are in analytics once the setting is on; before, they stay out even then"
    V242_MERGES = "data elements and category option combos can be merged; before, only org units"

    V243_LOGIN_PAGE = "nobody is sent to /login/, no longer to /dhis-web-login/"
    V243_ACCEPT_IGNORED = "data values are CSV by suffix or `format` only, not by `Accept`"
    V243_ATTACHMENT = "data values are always chunked, with a file name"
    V243_COLUMNS_LIFTED = (
        "data set, period and org unit stand at the top when there is one, and rows drop the latter two"
    )
    V243_NULLS_LEFT_OUT = "rows leave out what is null; CSV says `false` for a live row"
    V243_ROWS_ORDERED = "rows come by period, creation and data element; before, in no order"
    V243_FIRST_CHECK_WINS = "a GET is refused by the first check that fails, before by the last"
    V243_PERIOD_NEEDED = (
        "`lastUpdated` alone is no period (E2002), periods and dates exclude each other (E2003)"
    )
    V243_DAY_ONLY = "`lastUpdated` drops the time of day; an unreadable duration is ignored"
    V243_UNKNOWN_IS_EMPTY = "unknown ids are empty answers, malformed ids and periods are 400"
    V243_READ_REFUSED = "a missing right to read is 409 (E2010, E2012); before, 200 and zero bytes"
    V243_CODES_REQUIRED = "a code asked for where an object has none is 409 (E8200 to E8204)"
    V243_GROUP_REFUSED = (
        "one bad key, right or date refuses the whole push (E80xx, E8128); only values are row by row"
    )
    V243_STRINGS_ONLY = "a JSON number as a value and an unreadable period are 500, malformed JSON is 400"
    V243_UPSERTS = "every good row is `updated` and stamped, unchanged ones, zeros and absent deletions too"
    V243_MILLISECONDS = "stamps have milliseconds; before, whole seconds, up to one before the import began"
    V243_FOLLOW_UP = "the flag is read as `followUp` (it is still written `followup`)"
    V243_TRAILING_ZERO = "5.0 is an integer and stored as 5"
    V243_MAINTENANCE_SAYS_OK = "maintenance answers 200 with a message; before, 204"
    V243_CHANGE_LOG = "an object with data is held back by DataValueChangelog; before, by DataValueAudit"
    V243_NO_EXTERNAL_SHARING = "`sharing` no longer tells `external`"
    V243_SESSION_TIME = "system/info tells sessionTimeout and capability"
    V243_PERIOD_TYPES = (
        "sums and averages are shown for the period types of dataOutputPeriodTypes alone, without a word"
    )

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
