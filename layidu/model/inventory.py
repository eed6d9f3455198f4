"""What a DHIS2 shows an account beyond the data sets that are pulled: enough to say what an unknown id is."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A data element that exists, and the data sets that hold it (uids)."""

    name: str
    data_sets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inventory:
    """The data sets the account sees, and what was asked about single ids; uids are that instance's."""

    data_sets: Mapping[str, str] = field(default_factory=dict)  # uid -> name, of every data set
    elements: Mapping[str, Elsewhere] = field(default_factory=dict)  # of those asked about, what exists
    org_units: frozenset[str] = frozenset()  # of those asked about, what exists
