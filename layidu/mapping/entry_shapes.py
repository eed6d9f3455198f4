"""What do entry files look like: the columns of each kind, what makes a row an entry, what a refusal says?"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Row = dict[str, object]
Cells = Mapping[str, str]

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
