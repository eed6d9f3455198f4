"""What did the night find? One HTML page that needs nothing but itself."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files

import pandas as pd
from jinja2 import Environment, FunctionLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from layidu.errors import LayiduError
from layidu.mapping.contracts import Thresholds
from layidu.model.frames import METADATA_EVENTS
from layidu.model.slices import SliceAccount
from layidu.report import french, night_words, promises
from layidu.report.board import LABELLED, Board
from layidu.report.cell import COLOURS
from layidu.report.country_map import DISTRICTS, RADIUS, CountryMap, country_map
from layidu.report.night_words import FOUND, REFUSED, PublicationProof
from layidu.report.promises import Promises
from layidu.report.series import charts

PHRASES = re.compile(r"(?= ; | × )")  # where a figure ends and what is said of many begins
NUMBER = re.compile(rf"[0-9][0-9{french.NARROW_SPACE}]*(?:,[0-9]+)?")
HOLE = "\ue000"  # where a number goes in a shared text; page.js knows it too
COLOUR_WORDS = {"GREEN": "vert", "YELLOW": "jaune", "RED": "rouge", "GREY": "gris"}


@dataclass(frozen=True, slots=True)
class Header:
    """Whose night it was, by which clock, with which versions."""

    country: str
    run: int
    server_clock: str  # the server's own date and time, as text
    sources: Sequence[str]  # "sandbox, DHIS2 2.42.5.2"
    versions: Mapping[str, str]  # layidu, déclarations, … -> version or digest
    sandbox: bool = False
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the page shows; frames have the declared columns (`cast` takes them from wider frames)."""

    header: Header
    board: Board
    labelled: pd.DataFrame  # board.LABELLED: totals suffice
    thresholds: Thresholds | None
    districts: pd.DataFrame  # country_map.DISTRICTS
    outlines: Sequence[str] = ()  # region outlines to draw, by name
    promises: Promises = field(default_factory=Promises)
    catalogue: Sequence[Mapping[str, object]] = ()  # rows of mart.catalogue
    accounts: Sequence[SliceAccount] = ()
    names: Mapping[str, str] = field(default_factory=dict)  # uid -> name, of data sets and branches
    refused: pd.DataFrame = field(default_factory=REFUSED.frame)
    findings: pd.DataFrame = field(default_factory=FOUND.frame)
    events: pd.DataFrame = field(default_factory=METADATA_EVENTS.frame)
    publications: Sequence[PublicationProof] = ()
    errors: Sequence[LayiduError] = ()
    waiting: Sequence[str] = ()  # French: what keeps its last values, and why


def render(page: Page) -> str:
    """The page as one HTML text: no request, no script but its own, every name escaped."""
    labelled = LABELLED.check(page.labelled)
    DISTRICTS.check(page.districts)
    drawn = country_map(labelled, page.districts, page.board, page.thresholds, page.outlines)
    style, script = shipped("page.css"), shipped("page.js")
    data, phrases = map_data(drawn)
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            policy=policy(style, script),
            style=Markup(style),  # noqa: S704 - a file of ours, not data
            script=Markup(script),  # noqa: S704
            data=data,
            phrases=phrases,
            map=drawn,
            district_rows=district_rows(page.districts),
            charts=charts(labelled, page.board, page.thresholds),
            verdict=night_words.verdict(page.header.exit_code, page.accounts, page.publications),
            equation=night_words.equation(page.accounts),
            balanced=night_words.balanced(page.accounts),
            vanished=night_words.totals(page.accounts)["vanished"],
            data_set_accounts=night_words.by_data_set(page.accounts, page.names),
            slice_accounts=night_words.by_slice(page.accounts, page.names),
            total_amounts=night_words.amounts(page.accounts),
            refused=night_words.grouped(page.refused, REFUSED),
            findings=night_words.grouped(page.findings, FOUND),
            events=night_words.event_groups(METADATA_EVENTS.check(page.events)),
        )
    )


def district_rows(districts: pd.DataFrame) -> list[dict[str, object]]:
    """The lines of the accessible table: by region, then by name."""
    rows = [
        {"place": place, "name": str(name), "parent": parent if isinstance(parent, str) else ""}
        for place, (name, parent) in enumerate(zip(districts["name"], districts["parent_name"], strict=True))
    ]
    return sorted(
        rows, key=lambda row: (french.alphabetical(str(row["parent"])), french.alphabetical(str(row["name"])))
    )


def environment() -> Environment:
    """Jinja with escaping everywhere, and an error for a name that does not exist."""
    built = Environment(
        loader=FunctionLoader(shipped),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    built.filters.update(
        number=number_or_dash,
        exact=exact_or_dash,
        rounded=rounded_or_dash,
        period=french.period,
        percent=french.percent,
    )
    built.globals.update(
        COLOURS=COLOURS,
        radius=RADIUS,
        COLOUR_WORDS=COLOUR_WORDS,
        COLOUR_CODES=promises.COLOURS,
        count=french.count,
    )
    return built


def number_or_dash(value: object, decimals: int = 0) -> str:
    """A number for readers; a dash for whatever a frame says is missing."""
    return french.number(float(value), decimals) if isinstance(value, int | float) else french.DASH


def rounded_or_dash(value: object) -> str:
    """A number with a decimal where it has any."""
    return french.exact(round(float(value), 1)) if isinstance(value, int | float) else french.DASH


def exact_or_dash(value: object) -> str:
    """A number with the decimals it has; a dash for whatever a frame says is missing."""
    return french.exact(float(value)) if isinstance(value, int | float) else french.DASH


def shipped(name: str) -> str:
    """A template, style or script of this package."""
    return files("layidu.report").joinpath("templates", name).read_text(encoding="utf-8")


def policy(style: str, script: str) -> str:
    """Content security: nothing may be loaded, only this very style and script may act."""
    return (
        f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def digest(text: str) -> str:
    """The hash by which a policy names an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def map_data(drawn: CountryMap) -> tuple[Markup, Markup]:
    """What the selector needs, as JSON that cannot end the script it stands in; and the texts that points share.

    Thousands of points say the same words with other numbers, and the page is carried on memory sticks: a point's
    text is the numbers of its figure, then the places of that figure's wording and of what is said after it.
    """
    texts: dict[str, int] = {}

    def short(words: str) -> str:
        figure, *rest = PHRASES.split(words.replace(HOLE, "\ufffd"), maxsplit=1)
        numbers = [number.replace(french.NARROW_SPACE, " ") for number in NUMBER.findall(figure)]
        shared = (NUMBER.sub(HOLE, figure), "".join(rest))
        return "|".join([*numbers, *(str(texts.setdefault(text, len(texts))) for text in shared)])

    themes = {
        code: {
            kind: {
                "classes": "".join(str(theme.classes[point.place]) for point in drawn.points),
                "words": [short(theme.cells[point.place].words) for point in drawn.points],
                "legend": [[shade.number, shade.words] for shade in theme.legend],
            }
            for kind, theme in kinds.items()
        }
        for code, kinds in drawn.themes.items()
    }
    return as_json(themes), as_json(list(texts))


def as_json(value: object) -> Markup:
    """JSON that cannot end the script it stands in."""
    return htmlsafe_json_dumps(value, ensure_ascii=False, separators=(",", ":"))
