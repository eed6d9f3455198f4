"""What is being explained: its name, its formula in words, its place and its parts?"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from layidu.mapping.contracts import Indicator
from layidu.model.disaggregation import read
from layidu.report import french

YEAR_DAYS = 365
REFERENCE = re.compile(r"#\{([^}|]+)(?:\|([^}]*))?\}")


@dataclass(frozen=True, slots=True)
class Explained:
    """The result that is explained, and the names its explanation needs."""

    code: str
    indicator: Indicator
    org_unit_path: Sequence[str]  # names, from the root down
    org_unit_uid: str
    period: str
    numerator: float | None
    denominator: float | None
    value: float | None
    status: str | None
    completeness: float | None
    disaggregation: str = ""
    version: int = 1  # of the formula
    run: int | None = None  # that computed it
    run_started: str = ""  # 2026-04-08 22:00, UTC
    waiting: str = ""  # French: what it waits for to be computed again
    names: Mapping[str, str] = field(default_factory=dict)  # variables and measures -> names

    @property
    def parts(self) -> dict[str, float | None]:
        """What compute says each part is worth; a count has no denominator."""
        both = {"numerator": self.numerator, "denominator": self.denominator}
        return both if self.indicator.denominator is not None else {"numerator": self.numerator}


def heading(explained: Explained) -> Iterator[str]:
    """What is explained: name, formula, place, period, value with its parts."""
    indicator = explained.indicator
    yield f"{explained.code} · {french.plain(indicator.name)}"
    yield f"  définition   {french.plain(indicator.definition)}"
    version = f" (version {explained.version})" if explained.version > 1 or indicator.earlier else ""
    yield f"  formule      {formula(indicator, explained.names)}{version}"
    if explained.disaggregation:
        yield f"  ventilation  {bands(explained.disaggregation)}"
    yield f"  lieu         {' › '.join(map(french.plain, explained.org_unit_path))} [{explained.org_unit_uid}]"
    yield f"  période      {french.period(explained.period)}"
    yield f"  valeur       {french.number(explained.value, indicator.decimals)} {french.plain(indicator.unit)}"
    parts = f"{french.exact(explained.numerator)}"
    if indicator.denominator is not None:
        parts += f" ÷ {french.exact(explained.denominator)}"
    yield f"  calcul       {parts} × {french.exact(indicator.factor)}"
    yield f"  statut       {french.status(explained.status)}"
    if explained.waiting:
        yield f"  en attente   {french.plain(explained.waiting)} ; la dernière valeur calculée reste"
    yield f"  complétude   {french.percent(explained.completeness)} des rapports attendus"
    if explained.run is not None:
        yield f"  calculé par  le passage {explained.run}, commencé le {explained.run_started} UTC"


def formula(indicator: Indicator, names: Mapping[str, str]) -> str:
    """The declared expressions with the names of their variables."""

    def worded(text: str) -> str:
        return REFERENCE.sub(lambda match: reference(match.group(1), match.group(2), names), text)

    text = worded(indicator.numerator)
    if indicator.numerator_weights is not None:
        what = "utilisatrices par unité" if indicator.numerator_weights.table == "use" else "facteur"
        text = f"({text}) × {what} de chaque {indicator.numerator_weights.dimension}"
    if indicator.numerator_minus is not None:
        text = f"{text} − {worded(f'#{{{indicator.numerator_minus}}}')}"
    if indicator.denominator is None:
        return text
    below = " × ".join(worded(f"#{{{name}}}") for name in indicator.denominator_times)
    below = f"{worded(indicator.denominator)}{f' × {below}' if below else ''}"
    text = f"({text}) ÷ ({below}) × {french.exact(indicator.factor)}"
    return f"{text}, population en personnes-temps (jours ÷ {YEAR_DAYS})" if indicator.annualised else text


def reference(name: str, bands_: str | None, names: Mapping[str, str]) -> str:
    """One variable of an expression, in words."""
    known = f"« {french.plain(names.get(name, name))} »"
    return f"{known} ({french.plain(bands_)})" if bands_ else known


def bands(disaggregation: str) -> str:
    """`age=15-24|method=pill` -> age : 15-24, method : pill."""
    return french.plain(", ".join(f"{name} : {band}" for name, band in read(disaggregation).items()))
