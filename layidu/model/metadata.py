"""One DHIS2 instance's metadata, as frames: what pull reads, check uses, load stores."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """Who answered, and what time it was there."""

    url: str
    version: str  # "2.42.5.2"
    calendar: str  # "iso8601"
    server_date: datetime  # the server's own clock, naive, in its own zone
    server_time_zone: str  # "Etc/UTC"
    utc_offset_hours: float
    system_id: str | None


@dataclass(frozen=True, slots=True)
class Metadata:
    """Metadata of the data sets layidu pulls, limited to what the user may see."""

    source: str  # the name in sources.yaml
    server: ServerInfo
    user_org_units: tuple[str, ...]  # roots the user may read, uids
    org_units: pd.DataFrame  # frames.ORG_UNITS
    data_elements: pd.DataFrame  # frames.DATA_ELEMENTS
    category_option_combos: pd.DataFrame  # frames.CATEGORY_OPTION_COMBOS
    combo_options: pd.DataFrame  # frames.COMBO_OPTIONS
    data_sets: pd.DataFrame  # frames.DATA_SETS
    data_set_elements: pd.DataFrame  # frames.DATA_SET_ELEMENTS
    data_set_assignments: pd.DataFrame  # frames.DATA_SET_ASSIGNMENTS
    option_values: pd.DataFrame  # columns option_set, code (both str): the legal codes of each option set
