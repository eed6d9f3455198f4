"""What would other declarations do to the results? Which values change, appear or go, and the largest changes."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from layidu.mapping.contracts import Indicator
from layidu.mapping.publishing import Publication
from layidu.model.frames import RESULTS, TEXT, Contract
from layidu.report import french

SIDES = ("numerator", "denominator", "value", "status")
CHANGES = Contract(  # results that are not the same under both declarations
    "changes",
    {
        "indicator": TEXT,
        "disaggregation": TEXT,
        "org_unit": "int32",
        "period": TEXT,
        "kind": TEXT,  # new, gone, changed
        "published": "bool",  # stands in a target: it would be sent anew, or withdrawn
        "numerator_before": "float64",
        "numerator_after": "float64",
        "denominator_before": "float64",
        "denominator_after": "float64",
        "value_before": "float64",
        "value_after": "float64",
        "status_before": TEXT,
        "status_after": TEXT,
    },
    RESULTS.key,
)
KINDS = {
    "changed": ("changée", "changées"),
    "new": ("nouvelle", "nouvelles"),
    "gone": ("disparue", "disparues"),
}
SAME = 1e-9  # relative: what the last digits of a sum may differ by
SHOWN = 5


def compare(
    before: pd.DataFrame,
    after: pd.DataFrame,
    publications: Mapping[str, Publication],
    levels: Mapping[int, int],
) -> pd.DataFrame:
    """CHANGES between two frames of RESULTS; `levels` are those of the org units, by key."""
    key = list(RESULTS.key)
    sides = RESULTS.check(before)[[*key, *SIDES]].merge(
        RESULTS.check(after)[[*key, *SIDES]],
        on=key,
        how="outer",
        suffixes=("_before", "_after"),
        indicator="found",
    )
    kinds = sides["found"].map({"left_only": "gone", "right_only": "new", "both": "changed"}).astype("str")
    same = sides["status_before"].eq(sides["status_after"]) & kinds.eq("changed")
    for part in SIDES[:3]:
        same &= np.isclose(sides[f"{part}_before"], sides[f"{part}_after"], rtol=SAME, atol=0, equal_nan=True)
    rows = sides.assign(kind=kinds)[~same]
    return CHANGES.cast(rows.assign(published=is_published(rows, publications, levels)))


def is_published(
    rows: pd.DataFrame, publications: Mapping[str, Publication], levels: Mapping[int, int]
) -> "pd.Series[bool]":
    """Whether a value stands in a target: a total at a level and in a type of period of its publication."""
    shown = {
        (code, level, one.period_type)
        for one in publications.values()
        for code in one.indicators
        for level in one.shown_levels
    }
    keys = zip(rows["indicator"], rows["org_unit"].map(levels), rows["period"].map(period_type), strict=True)
    found = pd.Series([key in shown for key in keys], index=rows.index, dtype="bool")
    return found & rows["disaggregation"].eq("")


def period_type(period: str) -> str:
    """The type of a result's period: `2026`, `2026Q1`, `2026S1` or `202603`."""
    return "Yearly" if len(period) == 4 else {"Q": "Quarterly", "S": "SixMonthly"}.get(period[4], "Monthly")


def sizes(changes: pd.DataFrame) -> "pd.Series[float]":
    """How large each change is: relative to the value before; one that appears or goes is the largest."""
    before, after = changes["value_before"], changes["value_after"]
    gap = (after - before).abs() / before.abs().where(before != 0)
    return gap.fillna(
        (after.fillna(0) - before.fillna(0)).abs().where(before.eq(0) | after.isna() | before.isna())
    )


def largest(changes: pd.DataFrame, limit: int = SHOWN) -> pd.DataFrame:
    """The largest changes of totals, published ones first, then by relative size."""
    totals = changes[changes["disaggregation"].eq("") & changes["kind"].eq("changed")]
    ordered = totals.assign(size=sizes(totals)).sort_values(
        ["published", "size", "period", "org_unit"], ascending=[False, False, False, True], kind="stable"
    )
    return ordered.head(limit)


def difference_lines(
    changes: pd.DataFrame,
    compared: Mapping[str, int],
    indicators: Mapping[str, Indicator],
    places: Mapping[int, str],
    unnumbered: Mapping[str, str],
) -> Iterator[str]:
    """The differences as text, an indicator at a time, the most changed first.

    `compared` counts the values of both sides by indicator; `unnumbered` names formulas that changed under their old
    number, each with what changed.
    """
    found = CHANGES.check(changes)
    counts = found["indicator"].value_counts()
    for code in counts.index:
        of_one = found[found["indicator"] == code]
        name = indicators[code].name if code in indicators else "retiré des déclarations"
        yield f"{code} · {french.plain(name)}"
        by_kind = of_one["kind"].value_counts()
        told = [french.count(int(by_kind[kind]), *KINDS[kind]) for kind in KINDS if kind in by_kind]
        published = int(of_one["published"].sum())
        yield f"  {', '.join(told)} sur {french.number(compared.get(code, len(of_one)))}, dont {published} publiée(s)"
        if code in unnumbered:
            yield f"  ATTENTION : {unnumbered[code]} ; la numéroter (version, earlier), si ce n'était pas une erreur"
        decimals = indicators[code].decimals if code in indicators else 1
        for row in largest(of_one).to_dict("records"):
            place = french.plain(places.get(row["org_unit"], str(row["org_unit"])))
            before, after = (french.number(row[side], decimals) for side in ("value_before", "value_after"))
            status = (
                ""
                if row["status_before"] == row["status_after"]
                else f" ({french.status(row['status_after'])})"
            )
            star = " · publiée" if row["published"] else ""
            yield f"    {place}, {french.period(row['period'])} : {before} → {after}{status}{star}"
        yield ""
    for code in sorted(set(unnumbered) - set(counts.index)):
        yield f"{code} : {unnumbered[code]}, sans effet sur les valeurs de la copie"
    total, published = len(found), int(found["published"].sum())
    every = french.number(sum(compared.values()))
    yield (
        f"{french.count(total, 'différence')} sur {every} résultats, dont {french.number(published)} publiée(s)"
        if total
        else f"aucune différence sur {every} résultats"
    )


def difference_json(
    changes: pd.DataFrame,
    compared: Mapping[str, int],
    places: Mapping[int, str],
    unnumbered: Mapping[str, str],
) -> dict[str, Any]:
    """The same for a machine: counts by indicator, and every change of a total."""
    found = CHANGES.check(changes)
    by_indicator = {
        str(code): {
            "compared": int(compared.get(str(code), len(group))),
            **{kind: int((group["kind"] == kind).sum()) for kind in KINDS},
            "published": int(group["published"].sum()),
        }
        for code, group in found.groupby("indicator")
    }
    totals = found[found["disaggregation"].eq("")].assign(
        org_unit_name=lambda rows: rows["org_unit"].map(places)
    )
    plain = totals.astype(object).where(totals.notna(), None)
    return {
        "compared": int(sum(compared.values())),
        "differences": len(found),
        "published": int(found["published"].sum()),
        "indicators": by_indicator,
        "formulas_without_a_number": dict(unnumbered),
        "totals": [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")],
    }
