"""How do numbers, periods, statuses and names read in French?"""

import math
import unicodedata

NARROW_SPACE = "\u202f"  # between thousands, as French typography wants
NO_BREAK_SPACE = "\u00a0"
DASH = "–"

MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)

#: Statuses of `layidu.compute.ratio`, in words for readers and short for a narrow column.
STATUSES = {
    "computed": ("calculé", ""),
    "denominator incomplete": ("dénominateur incomplet : il manque une partie de la population", "dén. inc."),
    "denominator zero": ("dénominateur nul", "dén. 0"),
    "denominator missing": ("dénominateur manquant", "dén. –"),
    "insufficient data": ("données insuffisantes : la source n'a pas ces tranches", "insuf."),
    "parameter missing": ("paramètre manquant dans les déclarations", "param. –"),
    "reporting too low": ("trop peu de rapports dans l'année pour une estimation", "rapports –"),
    "numerator missing": ("numérateur manquant", "num. –"),
}
NO_RESULT = ("aucun résultat", DASH)


def number(value: float | None, decimals: int = 0) -> str:
    """A number with a narrow space between thousands and a decimal comma; a dash for what is missing."""
    if value is None or not math.isfinite(value):
        return DASH
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace(",", NARROW_SPACE).replace(".", ",").replace("-", "\u2212")


def exact(value: float | None) -> str:
    """A number with every decimal that matters (six at most) and no more."""
    text = number(value, 6)
    return text.rstrip("0").rstrip(",") if "," in text else text


def compact(value: float, decimals: int) -> str:
    """A number in six characters: 12,3 or 12 345 or 123 k or 1,23 M."""
    size = abs(value)
    if size >= 999_950_000:
        return f"{number(value / 1e9, 1)}{NARROW_SPACE}G"
    if size >= 999_500:
        return (
            f"{number(value / 1e6, 2 if size < 9_995_000 else 1 if size < 99_950_000 else 0)}{NARROW_SPACE}M"
        )
    if size >= 99_999.5:
        return f"{number(value / 1e3)}{NARROW_SPACE}k"
    return number(value, 0 if size >= 999.5 else decimals)


def percent(share: float | None) -> str:
    """A share between 0 and 1 as a percentage."""
    if share is None or not math.isfinite(share):
        return DASH
    return f"{number(share * 100, 0)}{NO_BREAK_SPACE}%"


def count(amount: int, singular: str, plural: str = "") -> str:
    """`1 valeur`, `12 345 valeurs`."""
    word = singular if abs(amount) < 2 else plural or f"{singular}s"
    return f"{number(amount)}{NO_BREAK_SPACE}{word}"


def period(text: str) -> str:
    """`202603` -> mars 2026, `2026Q1` -> 1er trimestre 2026; any other id as it is."""
    if len(text) == 6 and text.isascii() and text.isdigit() and 1 <= int(text[4:]) <= 12:
        return f"{MONTHS[int(text[4:]) - 1]} {text[:4]}"
    if len(text) == 6 and text[4] == "S" and text[5] in "12":
        return f"{'1er' if text[5] == '1' else '2e'} semestre {text[:4]}"
    if len(text) == 6 and text[4] == "Q" and text[5] in "1234":
        return f"{'1er' if text[5] == '1' else text[5] + 'e'} trimestre {text[:4]}"
    return text


def running(text: str, month: str) -> str:
    """The name of a quarter or a year, with how far it has come when `month` is not its last."""
    last = int(text[5]) * 3 if len(text) == 6 and text[4] == "Q" else 12
    now = int(month[4:])
    return period(text) if now == last else f"{period(text)}, jusqu'à fin {MONTHS[now - 1]}"


def status(text: str | None) -> str:
    """A status in words; an unknown one as it is."""
    return NO_RESULT[0] if text is None else STATUSES.get(text, (text, text))[0]


def short_status(text: str | None) -> str:
    """A status in six characters, for the terminal."""
    return NO_RESULT[1] if text is None else STATUSES.get(text, (text, text))[1]


def alphabetical(text: str) -> str:
    """A sort key that ignores case and accents."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(each for each in parts if not unicodedata.combining(each)).casefold()


def plain(text: object) -> str:
    """Text that cannot move a terminal's cursor or change its colours: control characters become `�`."""
    if not isinstance(text, str):
        return ""
    return "".join("\ufffd" if unicodedata.category(each) in ("Cc", "Cf", "Cs") else each for each in text)
