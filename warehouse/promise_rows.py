"""What do the tables of promises hold for these declarations? Commitments and plan lines as plain values."""

from layidu.mapping.contracts import Mappings
from layidu.mapping.promises import Commitment, ResultIndicator
from warehouse.plan_rows import Row, Rows, names_of, pairs, picked
from warehouse.tables import plan


def promised_rows(mappings: Mappings) -> Rows:
    """The rows of every table of promises."""
    return {"commitment": commitments(mappings), "plan_line": plan_lines(mappings)}


def commitments(mappings: Mappings) -> list[Row]:
    """One row a result of a commitment; one without results has a row all the same."""
    rows: list[Row] = []
    for code, commitment in sorted(mappings.commitments.items()):
        rows += [
            commitment_row(code, commitment, name, found)
            for name, found in sorted(commitment.results.items())
        ]
        if not commitment.results:
            rows.append(commitment_row(code, commitment, "", None))
    return rows


def commitment_row(code: str, commitment: Commitment, name: str, result: ResultIndicator | None) -> Row:
    """A commitment and one result it is judged by."""
    row: Row = dict.fromkeys(names_of(plan.COMMITMENT))
    row |= {
        "commitment": code,
        "result": name,
        **picked(("label", "type", "source", "note"), vars(commitment)),
    }
    if result is not None:
        target = picked(
            ("baseline", "baseline_year", "target", "target_year", "trajectory", "direction", "unit"),
            vars(result.target),
        )
        row |= {
            "result_name": result.name,
            "reference": result.reference,
            "population": result.population,
            "proxies": ",".join(result.proxies),
            **target,
        }
    return row


def plan_lines(mappings: Mappings) -> list[Row]:
    """One row a line of the plan."""
    if mappings.plan is None:
        return []
    names = ("label", "sector", "quantity", "unit", "responsible", "calculation", "source", "note")
    rows: list[Row] = []
    for code, line in sorted(mappings.plan.lines.items()):
        phasing = mappings.plan.phasing_of(line)
        rows.append(
            {
                "line": code,
                **picked(names, vars(line)),
                "phasing": pairs(phasing.shares) if phasing else "",
                "phasing_status": phasing.status if phasing else "",
                "companions": ",".join(line.companions),
            }
        )
    return rows
