"""Does every dashboard show exactly what we computed, at every level and for every period?

What DHIS2's analytics shows is asked for at each unit and period and compared with layidu's own results at that
level and period, not with re-added parts: a false sum on either side is a difference.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from layidu.dhis2.client import Client
from layidu.dhis2.push import undisaggregated
from layidu.errors import FailedSafeError
from layidu.model.frames import TEXT, Contract

FIGURES = Contract(
    "figures",
    {"dx": TEXT, "period": TEXT, "org_unit": TEXT, "value": "float64"},  # dx and org_unit are uids
    ("dx", "period", "org_unit"),
)
KEY = list(FIGURES.key)
SHOWN_COLUMNS = {"dx": "dx", "pe": "period", "ou": "org_unit", "value": "value"}

RELATIVE, ABSOLUTE = 1e-9, 1e-10  # DHIS2 rounds to ten decimals even with skipRounding
CELLS_PER_REQUEST = 50_000  # half of DHIS2's default keyAnalyticsMaxLimit
ORG_UNITS_PER_REQUEST = 200  # 2,400 characters of address
DX_PER_REQUEST = 100
ZERO_SETTING = "keyIncludeZeroValuesInAnalytics"
SKIPPED_TABLES = {"skipEvents": "true", "skipEnrollment": "true", "skipTrackedEntities": "true"}


@dataclass(frozen=True, slots=True)
class Proof:
    """Expected against shown."""

    compared: int  # figures expected
    equal: int
    differences: pd.DataFrame = field(repr=False)  # dx, period, org_unit, expected, shown
    missing: pd.DataFrame = field(repr=False)  # expected and not shown
    zeros_left_out: pd.DataFrame = field(repr=False)  # zeros this server leaves out by its settings

    @property
    def holds(self) -> bool:
        """Whether every figure is right; never on nothing."""
        return self.compared > 0 and self.differences.empty and self.missing.empty


def run_and_wait(
    client: Client,
    *,
    timeout_s: float = 3600,
    poll_s: float = 2,
    progress: Callable[[str], None] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Have the analytics tables built, wait until they are, and return the server's last message."""
    answer = client.send_empty("resourceTables/analytics", SKIPPED_TABLES)
    job = answer.body.get("response") or {}
    if answer.status >= 300 or "id" not in job:
        raise FailedSafeError(
            where=f"{client}, tables analytiques",
            found=f"statut {answer.status} : {answer.body.get('message', 'aucune explication')}",
            expected="un travail ANALYTICS_TABLE mis en route",
            todo="donner F_PERFORM_MAINTENANCE au compte d'analyse, ou attendre que le travail en cours finisse",
        )
    path = f"system/tasks/ANALYTICS_TABLE/{job['id']}"
    waited, last = 0.0, ""
    while waited <= timeout_s:
        messages = client.read_list(path)  # newest first; empty until the job has started
        refuse_failed(client, messages)
        if messages and messages[0].get("message") != last:
            last = str(messages[0].get("message"))
            if progress is not None:
                progress(last)
        if any(one.get("completed") for one in messages):
            return last
        sleep(poll_s)
        waited += poll_s
    raise FailedSafeError(
        where=f"{client}, tables analytiques",
        found=f"pas finies après {timeout_s:.0f} s (dernier message : {last or 'aucun'})",
        expected="le message de fin du travail",
        todo="attendre : la prochaine nuit vérifiera ; sinon voir Maintenance > Tables analytiques sur le serveur",
    )


def refuse_failed(client: Client, messages: Sequence[dict[str, object]]) -> None:
    """Raise when the job says it failed; `completed` alone only means that it ended."""
    failed = next((one for one in messages if one.get("level") == "ERROR"), None)
    if failed is not None:
        raise FailedSafeError(
            where=f"{client}, tables analytiques",
            found=f"le travail a échoué : {failed.get('message')}",
            expected="des tables construites sans erreur",
            todo="montrer ce message à l'administrateur du serveur ; les tableaux de bord gardent leur ancien état",
        )


def zeros_included(client: Client) -> bool:
    """Whether this server keeps zeros in analytics (its default is not to).

    A setting comes as plain text or, asked for as JSON, as an object of one entry, its value a text or not.
    """
    said = client.read_value(f"systemSettings/{ZERO_SETTING}")
    value = said.get(ZERO_SETTING) if isinstance(said, dict) else said
    return str(value).lower() == "true"


def expected_figures(
    results: pd.DataFrame,
    tree: pd.DataFrame,
    elements: pd.DataFrame,
    *,
    level: int,
    ended_through: str,
) -> pd.DataFrame:
    """What must be shown (`FIGURES`) at the published level and every one above, for months, quarters, years.

    Elements show parts, indicators numerator / denominator × factor where both are there and it divides.
    """
    units = tree.loc[tree["level"] <= level, ["org_unit", "uid"]]
    rows = undisaggregated(results, elements).merge(units, on="org_unit")
    rows = rows.loc[
        first_months(rows["period"]) <= ended_through,
        ["indicator", "period", "uid", "numerator", "denominator"],
    ]
    parts = rows.melt(["indicator", "period", "uid"], var_name="part").merge(
        elements[["indicator", "part", "data_element"]], on=["indicator", "part"]
    )
    shown = elements.dropna(subset="indicator_uid").drop_duplicates("indicator_uid")
    ratios = rows[rows["denominator"] != 0].merge(
        shown[["indicator", "indicator_uid", "factor"]], on="indicator"
    )
    ratios["value"] = ratios["numerator"] / ratios["denominator"] * ratios["factor"]
    both = pd.concat(
        [parts.rename(columns={"data_element": "dx"}), ratios.rename(columns={"indicator_uid": "dx"})]
    )
    figures = both.rename(columns={"uid": "org_unit"}).dropna(subset="value")
    return FIGURES.cast(figures.sort_values(KEY))


def first_months(periods: pd.Series) -> pd.Series:
    """The first month of each month, quarter or year, as `yyyymm` text."""
    quarter = pd.to_numeric(periods.str.extract(r"Q([1-4])$", expand=False)).fillna(0)
    months = (quarter * 3 - 2).clip(lower=1).astype(int).astype(str).str.zfill(2)
    return periods.where(periods.str.fullmatch(r"[0-9]{6}"), periods.str[:4] + months)


def read_figures(
    client: Client, dx: Sequence[str], periods: Sequence[str], org_units: Sequence[str]
) -> pd.DataFrame:
    """What analytics shows for all combinations (dx, period, org_unit, value); repeated rows are kept."""
    frames = [FIGURES.frame()]
    for wanted in requests(dx, periods, org_units):
        dimensions = [
            ("dimension", f"{name}:{';'.join(items)}")
            for name, items in zip(("dx", "pe", "ou"), wanted, strict=True)
        ]
        answer = client.read_json("analytics", [*dimensions, ("skipMeta", "true"), ("skipRounding", "true")])
        names = [header["name"] for header in answer["headers"]]
        rows = pd.DataFrame(answer["rows"], columns=names)[list(SHOWN_COLUMNS)].rename(columns=SHOWN_COLUMNS)
        rows["value"] = pd.to_numeric(rows["value"], errors="coerce")  # what is no number will not be equal
        frames.append(rows.astype(dict(FIGURES.columns)))
    return pd.concat(frames, ignore_index=True)


def requests(
    dx: Sequence[str], periods: Sequence[str], org_units: Sequence[str]
) -> Iterator[tuple[Sequence[str], Sequence[str], Sequence[str]]]:
    """Bounded blocks of the cube: by units, then by what fits of dx; all periods in every block."""
    if not periods:
        return
    for first in range(0, len(org_units), ORG_UNITS_PER_REQUEST):
        units = org_units[first : first + ORG_UNITS_PER_REQUEST]
        size = max(1, min(DX_PER_REQUEST, CELLS_PER_REQUEST // (len(units) * len(periods))))
        for start in range(0, len(dx), size):
            yield dx[start : start + size], periods, units


def compare(expected: pd.DataFrame, shown: pd.DataFrame, *, zeros_included: bool) -> Proof:
    """Every expected figure against what is shown; what is shown and was not computed is a difference too."""
    rows = FIGURES.check(expected).merge(
        shown, on=KEY, how="outer", suffixes=("", "_shown"), indicator="where"
    )
    rows = rows.rename(columns={"value": "expected", "value_shown": "shown"})
    tolerance = np.maximum(ABSOLUTE, RELATIVE * rows["expected"].abs())
    repeated = rows.duplicated(KEY, keep=False)
    equal = ((rows["expected"] - rows["shown"]).abs() <= tolerance) & ~repeated
    absent = rows["where"] == "left_only"
    left_out = absent & (rows["expected"] == 0) & (not zeros_included)
    columns = [*KEY, "expected", "shown"]
    return Proof(
        compared=len(expected),
        equal=int(equal.sum()),
        differences=rows.loc[~equal & ~absent, columns].reset_index(drop=True),
        missing=rows.loc[absent & ~left_out, columns].reset_index(drop=True),
        zeros_left_out=rows.loc[left_out, columns].reset_index(drop=True),
    )
