"""What does one cell of an entry file say: a number, a period, a day, a status? A doubt is a refusal."""

import re
from datetime import date
from typing import NoReturn

from layidu.mapping.entry_files import plain
from layidu.model.periods import Period, parse

NUMBER = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{1,6})?")
#: Thousands as French spreadsheets group them: by blanks of any kind.
GROUPED = re.compile(r"[0-9]{1,3}(?:[ \u00a0\u202f\u2009][0-9]{3}){1,3}(?:,[0-9]{1,6})?")
UNSURE = re.compile(r"[0-9]{1,3}[.,][0-9]{3}")
FRENCH_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
PERIOD_FORMS = (
    (re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])"), r"\1\2"),
    (re.compile(r"(0[1-9]|1[0-2])/([0-9]{4})"), r"\2\1"),
    (re.compile(r"[Tt]([1-4])[ -]?([0-9]{4})"), r"\2Q\1"),
    (re.compile(r"([0-9]{4})[ -]?[TtQq]([1-4])"), r"\1Q\2"),
)
PERIOD_TYPES = ("Monthly", "Quarterly", "SixMonthly", "Yearly")
#: What takes an entry back.
WITHDRAW = ("retirer", "retire", "annuler")
STATUSES = {
    "vert": "GREEN",
    "realise": "GREEN",
    "realisee": "GREEN",
    "jaune": "YELLOW",
    "sur_la_bonne_voie": "YELLOW",
    "en_bonne_voie": "YELLOW",
    "rouge": "RED",
    "pas_sur_la_bonne_voie": "RED",
}


class CellError(ValueError):
    """A cell that cannot be taken: what was expected, and what to do; the reader adds where and what was found."""

    def __init__(self, expected: str, todo: str, found: str | None = None) -> None:
        super().__init__(expected, todo, found)
        self.expected = expected
        self.todo = todo
        self.found = found


def withdraws(text: str) -> bool:
    """Whether a cell takes an entry back."""
    return plain(text) in WITHDRAW


def quantity(text: str) -> float:
    """A quantity of 0 or more, as French or English people write it: 1 200, 1200, 12,5 or 12.5."""
    if UNSURE.fullmatch(text):
        raise CellError(
            "un nombre sans séparateur de milliers",
            f"écrire {re.sub('[.,]', '', text)} si ce sont des milliers, sinon deux décimales au plus",
        )
    if not (NUMBER.fullmatch(text) or GROUPED.fullmatch(text)):
        raise CellError(
            "un nombre positif ou nul, par exemple 12 ou 12,5", "corriger le nombre, ou vider la cellule"
        )
    return float(re.sub(r"[\s\u00a0\u202f\u2009]", "", text).replace(",", "."))


def period(text: str, first_year: int, last_year: int, today: date) -> Period:
    """A month, quarter, half-year or year of the plan that has begun."""
    name = text
    for form, replacement in PERIOD_FORMS:
        name = form.sub(replacement, name) if form.fullmatch(name) else name
    try:
        found = parse(name)
    except ValueError:
        found = None
    if found is None or found.type not in PERIOD_TYPES:
        raise CellError(
            "un mois (202603), un trimestre (2026Q1), un semestre (2026S1) ou une année (2026)",
            "corriger la période",
        )
    if not first_year <= found.start.year <= last_year:
        raise CellError(f"une période du plan, de {first_year} à {last_year}", "corriger l'année")
    if found.start > today:
        raise CellError("une période déjà commencée", "attendre que la période commence, ou corriger la date")
    return found


def day(text: str, today: date) -> date:
    """A day that is not in the future: 2026-03-14 or 14/03/2026."""
    french = FRENCH_DAY.fullmatch(text)
    try:
        if french:
            number, month, year = (int(part) for part in french.groups())
            found = date(year, month, number)
        else:
            found = date.fromisoformat(text)
    except ValueError:
        refuse_day()
    if found > today:
        raise CellError("un jour passé", "corriger la date")
    return found


def refuse_day() -> NoReturn:
    """No such day."""
    raise CellError("un jour, par exemple 14/03/2026 ou 2026-03-14", "corriger la date") from None


def status(text: str) -> str:
    """The colour a status word means."""
    found = STATUSES.get(plain(text))
    if found is None:
        raise CellError(
            "vert, jaune ou rouge (ou les mots du rapport : Réalisé, En bonne voie…)", "corriger le statut"
        )
    return found
