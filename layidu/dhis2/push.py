"""What must change on the server so that it holds our results, and no cell of anybody else is touched?

Desired cells against the ledger (what we wrote, confirmed) and the server give a plan in which every key of the
three stands exactly once: write, rewrite, withdraw, leave or foreign (`permitted` then blocks what may not be
sent). A cell is ours as long as the server holds the value the ledger says; anything else was typed by a person,
is reported and left.
"""

import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from layidu.dhis2.canonical import canonicals, texts
from layidu.mapping.publishing import SmallNumbers
from layidu.model.frames import PUSH_PLAN, TARGET_CELLS

CHANGES = ("write", "rewrite", "withdraw")
KEY = list(TARGET_CELLS.key)
PARTS = ("numerator", "denominator")
MONTH = r"[0-9]{6}"


def desired_cells(
    results: pd.DataFrame,
    tree: pd.DataFrame,
    elements: pd.DataFrame,
    *,
    level: int,
    ended_through: str,
    category_option_combo: str,
) -> pd.DataFrame:
    """The cells a publication stands by (`TARGET_CELLS`).

    Undisaggregated parts of its indicators, one level, months up to `ended_through` ("202603"). A missing part
    gives no cell; zero is a value. `category_option_combo` is the server's default one, for both combos.
    """
    units = tree.loc[tree["level"] == level, ["org_unit", "uid"]]
    rows = undisaggregated(results, elements).merge(units, on="org_unit")
    rows = rows[rows["period"].str.fullmatch(MONTH) & (rows["period"] <= ended_through)]
    parts = rows.melt(
        id_vars=["indicator", "period", "uid"], value_vars=list(PARTS), var_name="part", value_name="number"
    ).dropna(subset="number")
    cells = parts.merge(elements, on=["indicator", "part"]).rename(columns={"uid": "org_unit"})
    return TARGET_CELLS.cast(
        cells.assign(
            category_option_combo=category_option_combo,
            attribute_option_combo=category_option_combo,
            value=texts(cells["number"]),
        ).sort_values(KEY)
    )


def without_small_numbers(results: pd.DataFrame, decisions: Mapping[str, SmallNumbers]) -> pd.DataFrame:
    """The results that a declared decision does not keep back: a count, or either part, from 1 to below it.

    Zero tells of nobody and is shown. Both parts go, or the one would give the other away.
    """
    below = results["indicator"].map({code: one.below for code, one in decisions.items()})
    small = pd.Series(data=False, index=results.index)
    for part in PARTS:
        small |= (results[part] > 0) & (results[part] < below)
    return results[~small]


def undisaggregated(results: pd.DataFrame, elements: pd.DataFrame) -> pd.DataFrame:
    """The total rows of the published indicators, of all units and periods."""
    published = results["indicator"].isin(elements["indicator"].unique())
    return results[published & (results["disaggregation"] == "")]


def plan(desired: pd.DataFrame, ledger: pd.DataFrame, server: pd.DataFrame) -> pd.DataFrame:
    """What to do with every cell of the three frames (`PUSH_PLAN`).

    equal to what is desired -> leave, whoever wrote it · the server has none -> write · the server holds what
    the ledger says -> rewrite, or withdraw when no longer desired · anything else -> foreign.
    """
    merged = (
        named(desired, "value")
        .merge(named(ledger, "ours"), on=KEY, how="outer")
        .merge(named(server, "before"), on=KEY, how="outer")
    )
    wanted, ours, held = (merged[name].notna() for name in ("value", "ours", "before"))
    # A missing text equals nothing, so that a comparison with it is false.
    equal = merged["value"] == merged["before"]
    still_ours = merged["ours"] == merged["before"]
    conditions = {
        "leave": (wanted & held & equal) | (~wanted & ~held),
        "write": wanted & ~held,
        "rewrite": wanted & held & ours & still_ours,
        "withdraw": ~wanted & held & ours & still_ours,
    }
    merged["action"] = np.select(list(conditions.values()), list(conditions), default="foreign")
    merged["code"] = pd.Series(None, index=merged.index, dtype="str")
    return PUSH_PLAN.cast(merged.sort_values(KEY))


def named(cells: pd.DataFrame, name: str) -> pd.DataFrame:
    """Key and canonical value under a name of its own."""
    checked = TARGET_CELLS.check(cells)
    return checked[KEY].assign(**{name: canonicals(checked["value"])})


def changes(planned: pd.DataFrame) -> pd.DataFrame:
    """The rows of a plan that need sending."""
    return planned[planned["action"].isin(CHANGES)]


def plan_hash(planned: pd.DataFrame) -> str:
    """Sixteen characters that stand for exactly these changes, for a person to approve."""
    rows = changes(planned).sort_values(KEY)[list(PUSH_PLAN.columns)].fillna("")
    lines = "\n".join("\t".join(row) for row in rows.itertuples(index=False, name=None))
    return hashlib.sha256(lines.encode("utf-8")).hexdigest()[:16]


def elements_hash(described: pd.DataFrame) -> str:
    """Sixteen characters that stand for what is published, whatever its values: a change needs a new consent.

    Of PUBLISHED_ELEMENTS: another element, or an element computed by another formula, is a change; a label is not.
    """
    columns = ["data_set", "data_element", "formula"]
    rows = described.sort_values(columns)[columns].fillna("")
    lines = "\n".join("\t".join(row) for row in rows.itertuples(index=False, name=None))
    return hashlib.sha256(lines.encode("utf-8")).hexdigest()[:16]
