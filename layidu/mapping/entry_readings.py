"""What does one filled-in row say, by its kind? A cell that cannot be taken is an error that knows its column."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial

from layidu.mapping import entry_cells
from layidu.mapping.contracts import Mappings
from layidu.mapping.entry_cells import CellError
from layidu.mapping.entry_shapes import Cells, Refusal, Row
from layidu.mapping.nearest import listed, nearest

Reading = Callable[[Cells, Mappings, date], Row]


class ColumnError(ValueError):
    """A cell error that knows its column."""

    def __init__(self, column: str, error: CellError) -> None:
        super().__init__(column)
        self.column = column
        self.error = error

    def refusal(self, number: int, cells: Cells) -> Refusal:
        """The refusal of its row."""
        text = cells.get(self.column)
        found = self.error.found or (f"« {text} »" if text else "une cellule vide")
        return Refusal(number, self.column, found, self.error.expected, self.error.todo)


def taken(cells: Cells, column: str, read: Callable[[str], object]) -> object:
    """What a cell that must be filled says."""
    text = cells.get(column)
    if text is None:
        todo = f"remplir la colonne {column}, ou vider la ligne"
        raise ColumnError(column, CellError("une cellule remplie", todo))
    try:
        return read(text)
    except CellError as error:
        raise ColumnError(column, error) from None


def optional(cells: Cells, column: str, read: Callable[[str], object] = str) -> object:
    """What a cell says, None when it is empty."""
    return taken(cells, column, read) if column in cells else None


def one_of(text: str, valid: Iterable[str], what: str) -> str:
    """A code that exists, whatever its case."""
    names = {name.casefold(): name for name in valid}
    found = names.get(text.casefold())
    if found is None:
        near = nearest(text, names.values())
        expected = f"{what} : {listed(names.values(), limit=6)}" + (f" ; proche : {near}" if near else "")
        raise CellError(expected, "corriger le code")
    return found


def read_progress(cells: Cells, mappings: Mappings, today: date) -> Row:
    """A line's achievement in a period."""
    plan = mappings.plan
    if plan is None:
        raise ColumnError("ligne", CellError("un plan déclaré", "compléter mappings/commitments"))
    line = taken(cells, "ligne", partial(one_of, valid=plan.lines, what="une ligne du plan"))
    period = taken(
        cells,
        "periode",
        lambda text: entry_cells.period(text, plan.first_year, plan.last_year, today).id,
    )
    return {
        "line": line,
        "period": period,
        "quantity": taken(
            cells, "realise", lambda text: None if entry_cells.withdraws(text) else entry_cells.quantity(text)
        ),
        "declared_status": optional(cells, "statut", entry_cells.status),
        "document": optional(cells, "piece"),
        "place": optional(cells, "lieu"),
        "note": optional(cells, "commentaire"),
    }


def read_validation(cells: Cells, mappings: Mappings, today: date) -> Row:
    """A status that a meeting validated."""
    valid = [*promised(mappings), *(mappings.plan.lines if mappings.plan else ())]
    return {
        "object": taken(
            cells,
            "objet",
            partial(one_of, valid=valid, what="un code d'engagement, d'indicateur ou de ligne"),
        ),
        "validated_on": taken(cells, "valide_le", partial(entry_cells.day, today=today)),
        "validated_by": taken(cells, "valide_par", str),
        "colour": taken(
            cells,
            "statut_valide",
            lambda text: None if entry_cells.withdraws(text) else entry_cells.status(text),
        ),
        "document": optional(cells, "document"),
        "note": optional(cells, "commentaire"),
    }


def read_evidence(cells: Cells, mappings: Mappings, today: date) -> Row:
    """A document that shows a milestone."""
    scales = milestone_scales(mappings)
    name = str(
        taken(cells, "objet", partial(one_of, valid=scales, what="un indicateur de processus ou sa partie"))
    )
    withdrawn = entry_cells.withdraws(cells.get("commentaire", ""))
    validated_by = optional(cells, "valide_par")
    validated_on = optional(cells, "valide_le", partial(entry_cells.day, today=today))
    if (validated_by is None) != (validated_on is None):
        column = "valide_par" if validated_by is None else "valide_le"
        raise ColumnError(
            column,
            CellError(
                "valide_par et valide_le, ou ni l'un ni l'autre", "compléter la validation, ou la vider"
            ),
        )
    return {
        "object": name,
        "milestone": taken(cells, "jalon", partial(one_of, valid=scales[name], what=f"un jalon de {name}")),
        "evidence_on": taken(cells, "date_preuve", partial(entry_cells.day, today=today)),
        "document": taken(cells, "document", str),
        "withdrawn": withdrawn,
        "validated_by": validated_by,
        "validated_on": validated_on,
        "note": None if withdrawn else optional(cells, "commentaire"),
    }


READINGS: Mapping[str, Reading] = {
    "plan": read_progress,
    "validation": read_validation,
    "evidence": read_evidence,
}


def promised(mappings: Mappings) -> list[str]:
    """Commitments, process indicators and their parts."""
    codes: list[str] = []
    for code, commitment in mappings.commitments.items():
        codes.append(code)
        for name, process in commitment.processes.items():
            codes += [name, *process.parts]
    return codes


def milestone_scales(mappings: Mappings) -> dict[str, Sequence[str]]:
    """What evidence may be about -> the milestones of its scale; a process with parts is shown by its parts."""
    scales = mappings.thresholds.milestones.scales if mappings.thresholds else {}
    found: dict[str, Sequence[str]] = {}
    for commitment in mappings.commitments.values():
        for name, process in commitment.processes.items():
            if process.parts:
                found |= {part: list(scales.get(one.milestones, {})) for part, one in process.parts.items()}
            else:
                found[name] = list(scales.get(process.milestones, {}))
    return found
