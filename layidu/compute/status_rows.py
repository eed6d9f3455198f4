"""How does a judgement become a row of `COMMITMENT_STATUS`?"""

from layidu.compute.colour import Judgement
from layidu.compute.observation import Observation
from layidu.mapping.promises import Target
from layidu.model.promise_frames import COMMITMENT_STATUS

Row = dict[str, object]
TEXTS = ("population", "value_date", "value_source", "proxy_indicator", "proxy_trend", "unit")


def status_row(
    commitment: str,
    code: str,
    kind: str,
    label: str,
    judgement: Judgement,
    *,
    parent: str | None = None,
    found: Observation | None = None,
    target: Target | None = None,
    expected: float | None = None,
    expected_today: float | None = None,
    expired: bool = False,
) -> Row:
    """A row without its proxies; texts that do not apply are empty, numbers missing."""
    row: Row = {**dict.fromkeys(COMMITMENT_STATUS.columns), **dict.fromkeys(TEXTS, "")}
    row |= {
        "commitment": commitment,
        "code": code,
        "kind": kind,
        "parent": parent if parent is not None else ("" if kind == "commitment" else commitment),
        "label": label,
        "colour": judgement.colour,
        "reason": judgement.reason,
        "progress": judgement.progress,
        "expected": expected,
        "expected_today": expected_today,
        "expired": expired,
    }
    if found is not None:
        row |= {
            "population": found.population,
            "value": found.value,
            "value_date": found.date,
            "value_source": found.source,
            "numerator": found.numerator,
            "denominator": found.denominator,
            "completeness": found.completeness,
        }
        against = expected if expected is not None else (target.target if target is not None else None)
        if found.value is not None and against is not None:
            row["gap"] = found.value - against
    if target is not None:
        row |= {
            name: getattr(target, name) for name in ("baseline", "baseline_year", "target", "target_year")
        }
        row["unit"] = target.unit
    return row
