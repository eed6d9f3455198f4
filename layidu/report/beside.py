"""What stands beside the sum of an explanation: what was kept out, what was published, and on whose word?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from layidu.model.frames import TEXT, Contract
from layidu.report import french

KEPT_OUT = Contract(  # records refused, or kept and flagged, on the cells of the indicator's variables
    "kept_out",
    {
        "data_element": TEXT,
        "data_element_name": TEXT,
        "category_option_combo": TEXT,
        "category_option_combo_name": TEXT,
        "org_unit_uid": TEXT,
        "org_unit_name": TEXT,
        "period": TEXT,
        "value": TEXT,
        "code": TEXT,
        "reason": TEXT,
        "first_run": "int64",
    },
)
PUBLISHED = Contract(  # what stands in a target
    "published_parts",
    {
        "target": TEXT,
        "part": TEXT,
        "value": TEXT,
        "state": TEXT,
        "code": TEXT,
        "wanted": TEXT,
        "formula": TEXT,
        "run": "int64",
    },
)
STATES = {
    "confirmed": "relu et confirmé",
    "sent": "envoyé, pas encore relu",
    "withdrawn": "retiré",
    "rejected": "rejeté par le serveur",
    "unknown": "envoyé, sort inconnu",
    "blocked": "bloqué",
    "foreign": "saisi par une autre main, laissé en place",
}
PARTS = {"numerator": "numérateur", "denominator": "dénominateur", "value": "valeur"}


@dataclass(frozen=True, slots=True)
class Document:
    """On whose word something is as it is."""

    what: str  # indicateur, variable, population, règle
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Beside:
    """Everything that is not in the sum."""

    refused: pd.DataFrame = field(default_factory=KEPT_OUT.frame)
    remarks: pd.DataFrame = field(default_factory=KEPT_OUT.frame)
    published: pd.DataFrame = field(default_factory=PUBLISHED.frame)
    notes: tuple[str, ...] = ()  # how the parts add up over time, when that is no plain sum
    documents: tuple[Document, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)  # code of a rule -> its source


def beside_lines(beside: Beside, limit: int | None) -> Iterator[str]:
    """All of it, as text."""
    yield from kept_out_lines("Refusées, hors de la copie", beside.refused, beside.rules, limit)
    yield from kept_out_lines("Comptées, mais signalées", beside.remarks, beside.rules, limit)
    yield from published_lines(beside.published)
    if beside.documents:
        yield from ("", "Sources")
    for one in beside.documents:
        yield f"  {one.what} « {french.plain(one.name)} » : {french.plain(one.source)}"


def kept_out_lines(
    title: str, rows: pd.DataFrame, rules: Mapping[str, str], limit: int | None
) -> Iterator[str]:
    """One block of records with their reasons."""
    found = KEPT_OUT.check(rows)
    if found.empty:
        return
    yield ""
    yield f"{title} : {french.count(len(found), 'cellule')}"
    for row in found.head(len(found) if limit is None else limit).to_dict("records"):
        place = f"{french.plain(row['org_unit_name'])} [{row['org_unit_uid']}]"
        element = (
            f"{french.plain(row['data_element_name'])}, {french.plain(row['category_option_combo_name'])}"
        )
        yield f"      {place}, {row['period']}, {element} : « {french.plain(row['value'])} »"
        yield f"        {row['code']} : {french.plain(row['reason'])}"
        if row["code"] in rules:
            yield f"        règle de : {french.plain(rules[row['code']])}"
    if limit is not None and len(found) > limit:
        yield f"      … {french.count(len(found) - limit, 'cellule')} de plus (--all)"


def published_lines(rows: pd.DataFrame) -> Iterator[str]:
    """What stands in the targets."""
    found = PUBLISHED.check(rows)
    if found.empty:
        return
    yield from ("", "Publié")
    for row in found.to_dict("records"):
        held = row["value"] if isinstance(row["value"], str) else "rien"
        state = STATES.get(row["state"], row["state"])
        wanted = f", voulu : {row['wanted']}" if isinstance(row["wanted"], str) else ""
        code = f" ({row['code']})" if isinstance(row["code"], str) else ""
        part = PARTS.get(row["part"], row["part"])
        yield f"  {row['target']} : {part} {held}, {state}{code}{wanted}, passage {row['run']}"
