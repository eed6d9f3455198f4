"""What does a person get to fill in? One row for each thing that may be entered, with what is known of it."""

from collections.abc import Iterator
from datetime import date

from layidu.mapping.contracts import Mappings
from layidu.mapping.entry_files import written
from layidu.mapping.entry_readings import milestone_scales
from layidu.mapping.entry_shapes import COLUMNS

Cells = dict[str, str]
HEADERS = {
    "plan": (
        *("ligne", "libelle", "secteur", "unite", "quantite_prevue"),
        *("periode", "realise", "statut", "piece", "lieu", "commentaire"),
    ),
    "validation": (
        *("objet", "genre", "libelle", "statut_declare"),
        *("statut_valide", "valide_par", "valide_le", "document", "commentaire"),
    ),
    "evidence": (
        *("objet", "libelle", "jalons_possibles"),
        *("jalon", "date_preuve", "document", "valide_par", "valide_le", "commentaire"),
    ),
}


#: Columns of workbooks that are not plain text, and those the template fills in itself.
KINDS = {"quantite_prevue": "number", "realise": "number", "valide_le": "day", "date_preuve": "day"}
GIVEN = frozenset(
    {
        *("ligne", "libelle", "secteur", "unite", "quantite_prevue"),
        *("objet", "genre", "statut_declare", "jalons_possibles"),
    }
)
TITLES = {
    "quantite_prevue": "Quantité prévue",
    "periode": "Période",
    "realise": "Réalisé",
    "piece": "Pièce",
    "libelle": "Libellé",
    "unite": "Unité",
    "valide_par": "Validé par",
    "valide_le": "Validé le",
    "statut_valide": "Statut validé",
    "statut_declare": "Statut déclaré",
    "date_preuve": "Date preuve",
    "jalons_possibles": "Jalons possibles",
}
HELP = {
    "plan": "Remplir Période et Réalisé (ce qui a été fait dans la période, pas le cumul) ; une ligne laissée vide est"
    " ignorée. Période : 202603, 2026Q1, 2026S1 ou 2026. Des valeurs, pas de formules. Le mot « retirer » à la place du"
    " nombre retire une saisie.",
    "validation": "Remplir Statut validé (vert, jaune, rouge), Validé par (rôle ou organisation) et Validé le"
    " (14/03/2026). Une ligne laissée vide est ignorée. Le mot « retirer » à la place du statut retire une saisie.",
    "evidence": "Remplir Jalon (l'un des jalons possibles), Date preuve (14/03/2026) et Document. La preuve ne compte"
    " qu'une fois Validé par et Validé le remplis. Une ligne laissée vide est ignorée.",
}


def template(kind: str, mappings: Mappings, today: date, *, workbook: bool = False) -> bytes:
    """The file of one kind (plan, validation or evidence), as CSV or as a workbook."""
    filled = {"plan": plan_rows, "validation": validation_rows, "evidence": evidence_rows}[kind](
        mappings, today
    )
    header = HEADERS[kind]
    if set(header) != set(COLUMNS[kind]):
        raise AssertionError(f"{kind}: the template and the reader do not have the same columns")
    rows = ([cells.get(column, "") for column in header] for cells in filled)
    if not workbook:
        return written(header, rows)
    from layidu.mapping import workbooks

    columns = [
        workbooks.Column(
            TITLES.get(name, name.replace("_", " ").capitalize()), KINDS.get(name, "text"), name in GIVEN
        )
        for name in header
    ]
    return workbooks.written("Saisie", columns, rows, HELP[kind])


def plan_rows(mappings: Mappings, today: date) -> Iterator[Cells]:
    """One row a line of the plan, with the last quarter that ended."""
    if mappings.plan is None:
        return
    quarter = last_quarter(today)
    inside = mappings.plan.first_year <= int(quarter[:4]) <= mappings.plan.last_year
    for code, line in mappings.plan.lines.items():
        yield {
            "ligne": code,
            "libelle": line.label,
            "secteur": line.sector,
            "unite": line.unit,
            "quantite_prevue": "" if line.quantity is None else f"{line.quantity:g}",
            "periode": quarter if inside else "",
        }


def last_quarter(today: date) -> str:
    """The quarter before the one that runs."""
    number = (today.month - 1) // 3
    return f"{today.year}Q{number}" if number else f"{today.year - 1}Q4"


def validation_rows(mappings: Mappings, _today: date) -> Iterator[Cells]:
    """One row a commitment, process indicator, part and plan line, with the status declared in the section title."""
    titles = (
        {title.indicator: title.word or "" for title in mappings.report.titles} if mappings.report else {}
    )
    for code, commitment in mappings.commitments.items():
        yield {"objet": code, "genre": "engagement", "libelle": commitment.label}
        for name, process in commitment.processes.items():
            yield {
                "objet": name,
                "genre": "indicateur de processus",
                "libelle": process.label,
                "statut_declare": titles.get(name, ""),
            }
            for part, one in process.parts.items():
                yield {"objet": part, "genre": "sous-indicateur", "libelle": one.label}
    for code, line in mappings.plan.lines.items() if mappings.plan else ():
        yield {"objet": code, "genre": "ligne du plan", "libelle": line.label}


def evidence_rows(mappings: Mappings, _today: date) -> Iterator[Cells]:
    """One row a process indicator or part, with the milestones it may reach."""
    labels: dict[str, str] = {}
    for commitment in mappings.commitments.values():
        for name, process in commitment.processes.items():
            labels |= {name: process.label, **{part: one.label for part, one in process.parts.items()}}
    for code, milestones in milestone_scales(mappings).items():
        yield {"objet": code, "libelle": labels[code], "jalons_possibles": ", ".join(milestones)}
