"""Which rows of an entry file can be taken, and why are the others refused?

Every filled-in row is either kept or refused with what was found, what was expected and what to do. Two rows that
say different things about one entry are both refused: nobody can tell which is right.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from layidu.mapping import entry_cells
from layidu.mapping.contracts import Mappings
from layidu.mapping.entry_cells import CellError
from layidu.mapping.entry_files import EntryFile
from layidu.mapping.nearest import listed, nearest
from layidu.model.periods import parse

Row = dict[str, object]
Cells = Mapping[str, str]
Reading = Callable[[Cells, Mappings, date], Row]

#: Column of the file -> whether it must be there. What the template fills in itself comes last.
COLUMNS: Mapping[str, Mapping[str, bool]] = {
    "plan": {
        **dict.fromkeys(("ligne", "periode", "realise"), True),
        **dict.fromkeys(("statut", "piece", "lieu", "commentaire"), False),
        **dict.fromkeys(("libelle", "secteur", "unite", "quantite_prevue"), False),
    },
    "validation": {
        **dict.fromkeys(("objet", "statut_valide", "valide_par", "valide_le"), True),
        **dict.fromkeys(("document", "commentaire"), False),
        **dict.fromkeys(("libelle", "genre", "statut_declare"), False),
    },
    "evidence": {
        **dict.fromkeys(("objet", "jalon", "date_preuve", "document"), True),
        **dict.fromkeys(("valide_par", "valide_le", "commentaire"), False),
        **dict.fromkeys(("libelle", "jalons_possibles"), False),
    },
}
#: Columns whose filling makes a row an entry; the others stand in the template already.
FILLED = {
    "plan": ("realise", "statut", "piece", "lieu", "commentaire"),
    "validation": ("statut_valide", "valide_par", "valide_le", "document", "commentaire"),
    "evidence": ("jalon", "date_preuve", "document", "valide_par", "valide_le", "commentaire"),
}
KEYS = {
    "plan": ("line", "period"),
    "validation": ("object", "validated_on", "validated_by"),
    "evidence": ("object", "milestone", "evidence_on", "document"),
}


KEY_WORDS = {
    "plan": ("ligne", "periode"),
    "validation": ("objet", "valide_le", "valide_par"),
    "evidence": ("objet", "jalon", "date_preuve", "document"),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that is not taken."""

    line_number: int
    column_name: str
    found: str
    expected: str
    todo: str

    def __str__(self) -> str:
        return (
            f"ligne {self.line_number}, colonne {self.column_name}\n  trouvé  : {self.found}\n"
            f"  attendu : {self.expected}\n  à faire : {self.todo}"
        )


@dataclass(slots=True)
class Checked:
    """The rows that can be taken, in the order of the file, and the others; blank ones are neither."""

    rows: list[tuple[int, Row]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    blank: int = 0


def check_entries(
    kind: str, file: EntryFile, mappings: Mappings, known: Iterable[Row], today: date
) -> Checked:
    """Judge every row; `known`: the entries of this kind that hold already (their key and what they say)."""
    checked = Checked()
    for number in file.too_long:
        checked.refusals.append(
            Refusal(
                number,
                "(au-delà)",
                "plus de cellules que de titres",
                "une cellule par titre",
                "mettre entre guillemets un texte qui contient le séparateur",
            )
        )
    for number, cells in file.rows:
        if not any(column in cells for column in FILLED[kind]):
            checked.blank += 1
            continue
        try:
            checked.rows.append((number, READINGS[kind](cells, mappings, today)))
        except ColumnError as error:
            checked.refusals.append(error.refusal(number, cells))
    refuse_contradictions(kind, checked)
    holding = list(known)
    refuse_withdrawals(kind, checked, holding)
    if kind == "plan":
        refuse_overlaps(checked, holding)
    checked.refusals.sort(key=lambda refusal: refusal.line_number)
    return checked


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


def refuse_contradictions(kind: str, checked: Checked) -> None:
    """Rows about the same entry that do not say the same; those that do are one."""
    by_key: dict[tuple[object, ...], list[tuple[int, Row]]] = {}
    for number, row in checked.rows:
        by_key.setdefault(tuple(row[name] for name in KEYS[kind]), []).append((number, row))
    refused: dict[int, str] = {}
    for rows in by_key.values():
        if any(row != rows[0][1] for _, row in rows):
            lines = [number for number, _ in rows]
            refused |= {number: ", ".join(str(each) for each in lines if each != number) for number in lines}
    for number, others in refused.items():
        checked.refusals.append(
            Refusal(
                number,
                next(iter(COLUMNS[kind])),
                f"la même saisie, autrement, ligne {others}",
                "une seule ligne par saisie",
                "garder la bonne, vider les autres",
            )
        )
    checked.rows = [(number, row) for number, row in checked.rows if number not in refused]


def refuse_withdrawals(kind: str, checked: Checked, known: Iterable[Row]) -> None:
    """Nothing can be taken back that was never entered."""
    entered = {tuple(row[name] for name in KEYS[kind]) for row in known}
    kept: list[tuple[int, Row]] = []
    for number, row in checked.rows:
        if is_withdrawn(kind, row) and tuple(row[name] for name in KEYS[kind]) not in entered:
            checked.refusals.append(
                Refusal(
                    number,
                    next(iter(COLUMNS[kind])),
                    "une saisie à retirer, qui n'existe pas",
                    "une saisie faite auparavant, avec les mêmes " + ", ".join(KEY_WORDS[kind]),
                    "vérifier dans la vue mart.saisies, ou vider la ligne",
                )
            )
        else:
            kept.append((number, row))
    checked.rows = kept


def is_withdrawn(kind: str, row: Row) -> bool:
    """Whether a row takes an entry back."""
    return {
        "plan": row.get("quantity", 0) is None,
        "validation": row.get("colour", "") is None,
        "evidence": bool(row.get("withdrawn")),
    }[kind]


def refuse_overlaps(checked: Checked, known: Iterable[Row]) -> None:
    """A quarter of a year that is entered already would count twice."""
    holding: dict[object, dict[str, str]] = {}
    for row in known:
        if row["quantity"] is not None:
            holding.setdefault(row["line"], {})[str(row["period"])] = "déjà saisi"
    # Withdrawals first: a file may replace a year by its quarters.
    for _, row in checked.rows:
        if row["quantity"] is None:
            holding.get(row["line"], {}).pop(str(row["period"]), None)
    kept: list[tuple[int, Row]] = []
    for number, row in checked.rows:
        mine = holding.setdefault(row["line"], {})
        own = parse(str(row["period"]))
        across = [
            f"{period} ({how})"
            for period, how in mine.items()
            if period != own.id and parse(period).overlaps(own.start, own.end)
        ]
        if across and row["quantity"] is not None:
            checked.refusals.append(
                Refusal(
                    number,
                    "periode",
                    f"{own.id}, qui chevauche {', '.join(across)}",
                    "des périodes qui ne se chevauchent pas : une réalisation compte une fois",
                    "garder l'une des périodes ; pour remplacer l'autre, écrire « retirer » dans sa colonne realise",
                )
            )
            continue
        if row["quantity"] is not None:
            mine[own.id] = f"ligne {number}"
        kept.append((number, row))
    checked.rows = kept
