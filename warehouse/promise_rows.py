"""What do the tables of promises hold for these declarations? Commitments, statuses and plan lines as plain values."""

from layidu.mapping.contracts import Mappings
from layidu.mapping.promises import (
    Commitment,
    Contradiction,
    ProcessIndicator,
    ResultIndicator,
    StatusReport,
)
from warehouse.plan_rows import Row, Rows, names_of, pairs, picked
from warehouse.tables import promises

TITLE, RECAPITULATION, SUMMARY, SYNTHESIS = "titre", "récapitulatif", "résumé", "synthèse"


def promised_rows(mappings: Mappings) -> Rows:
    """The rows of every table of promises."""
    return {
        "commitment": commitments(mappings),
        "process_indicator": process_indicators(mappings),
        "declared_status": declared_statuses(mappings.report) if mappings.report else [],
        "contradiction": contradictions(mappings),
        "plan_line": plan_lines(mappings),
    }


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
    row: Row = dict.fromkeys(names_of(promises.COMMITMENT))
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
            "origin": result.origin,
            "reference": result.reference,
            "population": result.population,
            "measured_by": result.measured_by.indicator if result.measured_by else None,
            "proxies": ",".join(result.proxies),
            "missing": " ; ".join(result.missing),
            "target_source": result.target.source,
            "target_note": result.target.note,
            **target,
        }
    return row


def process_indicators(mappings: Mappings) -> list[Row]:
    """One row a process indicator, one a part of it."""
    rows: list[Row] = []
    for code, commitment in sorted(mappings.commitments.items()):
        for name, process in commitment.processes.items():
            rows.append(process_row(code, name, process))
            for part, declared in process.parts.items():
                row: Row = dict.fromkeys(names_of(promises.PROCESS_INDICATOR))
                own = picked(("label", "milestones", "source"), vars(declared))
                rows.append(row | own | {"code": part, "commitment": code, "parent": name})
    return rows


def process_row(commitment: str, code: str, process: ProcessIndicator) -> Row:
    """A process indicator and its measure."""
    by = process.measured_by
    return {
        "code": code,
        "commitment": commitment,
        "parent": None,
        **picked(("label", "questionnaire", "block", "milestones", "source", "note"), vars(process)),
        "calculation": ",".join(process.calculation),
        "measured_by": by.indicator if by else None,
        "measured_in": by.group if by else None,
        "aim": by.aim if by else None,
        "aim_status": by.aim_status if by else None,
    }


def declared_statuses(report: StatusReport) -> list[Row]:
    """One row a statement: titles, rows of the recapitulation, counts of the summary, sentences of the synthesis."""
    empty: Row = dict.fromkeys(names_of(promises.DECLARED_STATUS))
    rows: list[Row] = []
    for number, title in enumerate(report.titles, start=1):
        own = picked(("word", "note"), vars(title)) | {"code": title.indicator}
        printed = f"{title.number} {title.printed}"
        source = f"{report.titles_source} {title.number}"
        rows.append(empty | own | {"place": TITLE, "number": number, "printed": printed, "source": source})
    for number, line in enumerate(report.recapitulation, start=1):
        own = picked(("word", "note", "instead_of"), vars(line)) | {"code": line.indicator}
        printed = f"{line.engagement} : {line.printed}"
        source = f"{report.recapitulation_source}, ligne {number}"
        rows.append(
            empty | own | {"place": RECAPITULATION, "number": number, "printed": printed, "source": source}
        )
    for number, (word, amount) in enumerate(report.summary.counts.items(), start=1):
        own = {"word": word, "amount": amount, "printed": f"{amount} {word}", "code": ""}
        rows.append(
            empty
            | own
            | {
                "place": SUMMARY,
                "number": number,
                "source": report.summary.source,
                "note": report.summary.note,
            }
        )
    for number, verdict in enumerate(report.verdicts, start=1):
        own = picked(("printed", "source"), vars(verdict))
        rows += [
            empty | own | {"place": SYNTHESIS, "number": number, "code": code} for code in verdict.commitments
        ]
    return [row | {"colour": report.colour(as_word(row["word"]))} for row in rows]


def as_word(value: object) -> str | None:
    """A printed word, or none."""
    return value if isinstance(value, str) else None


def contradictions(mappings: Mappings) -> list[Row]:
    """Those of the report, then those of the plan."""
    rows: list[Row] = []
    if mappings.report:
        rows += contradiction_rows(mappings.report.document, mappings.report.contradictions)
    if mappings.plan:
        rows += contradiction_rows(mappings.plan.document, mappings.plan.contradictions)
    return rows


def contradiction_rows(document: str, found: dict[str, Contradiction]) -> list[Row]:
    """One row a contradiction of one document."""
    names = ("topic", "one", "other", "handling")
    return [
        {"code": code, "document": document, **picked(names, vars(one)), "concerns": ",".join(one.concerns)}
        for code, one in found.items()
    ]


def plan_lines(mappings: Mappings) -> list[Row]:
    """One row a line of the plan, in its order."""
    if mappings.plan is None:
        return []
    names = (
        *("label", "printed", "sector", "quantity", "quantity_from", "unit", "responsible", "involved"),
        *("calculation", "source", "note"),
    )
    rows: list[Row] = []
    for position, (code, line) in enumerate(mappings.plan.lines.items(), start=1):
        phasing = mappings.plan.phasing_of(line)
        rows.append(
            {
                "line": code,
                "position": position,
                **picked(names, vars(line)),
                "printed_in": ", ".join(line.printed_in),
                "phasing": pairs(phasing.shares) if phasing else "",
                "phasing_name": phasing.name if phasing else "",
                "phasing_status": phasing.status if phasing else "",
                "rhythm": phasing.rhythm if phasing else "",
                "trajectory": phasing.trajectory if phasing else "",
                "companions": ",".join(line.companions),
            }
        )
    return rows
