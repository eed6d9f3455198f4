"""What does a night look like on a terminal of 120 columns?"""

import io
from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from layidu.model.slices import SliceAccount
from layidu.report import french
from layidu.report.board import Board, Line, Place
from layidu.report.cell import Cell, Colour
from layidu.report.night_words import NO_NAMES, OUTCOMES, amounts, slice_name

WIDTH = 120
PLACES = 12  # the country and eleven regions: what 120 columns hold
NAME = 7  # characters of a column
STYLES: dict[Colour, str] = {
    "GREEN": "bold green",
    "YELLOW": "yellow",
    "RED": "bold red",
    "GREY": "bright_black",
}
UNSURE = "°"
LEGEND = (
    "Flèche : mois de cette année comparés aux mêmes mois de l'an dernier. Après le code, la flèche voulue."
    " Vert : bon sens ; rouge : mauvais sens ; jaune : stable ; gris : pas de jugement."
    f" {UNSURE} : données trop incomplètes pour juger. – : aucun résultat ; num. – : numérateur manquant ;"
    " dén. – : dénominateur manquant ; dén. 0 : dénominateur nul. k : milliers, M : millions."
)
HEADS = ("reçues", "= nouvelles", "+ modifiées", "+ fermées", "+ inchangées", "+ refusées", "disparues")


def table(board: Board) -> Table:
    """Indicators × country and regions for the latest ended month, in colours and arrows."""
    shown = board.places[:PLACES]
    names = abbreviations([place.name for place in shown])
    title = f"Indicateurs de {board.periods[0].name}" if board.periods else "Aucun mois n'est encore calculé"
    built = Table(
        title=title,
        caption=caption(board, shown, names),
        min_width=80,
        box=box.SIMPLE_HEAD,
        padding=(0, 0),
        pad_edge=False,
    )
    built.add_column("Indicateur", no_wrap=True, min_width=18)
    for name in names:
        built.add_column(Text(name), justify="right", no_wrap=True, min_width=NAME, max_width=NAME + 1)
    for theme, lines in board.themes.items():
        built.add_row(Text(french.plain(theme), style="italic"))
        for line in lines if board.periods else ():
            built.add_row(line_label(line), *(cell_text(cell) for cell in line.cells["month"][:PLACES]))
    return built


def line_label(line: Line) -> Text:
    """The code, and the arrow that would be good news."""
    return Text(f"{line.code} {line.wanted}".rstrip())


def cell_text(cell: Cell) -> Text:
    """A value and its arrow; without colours it still says what cannot be judged."""
    mark = UNSURE if cell.value is not None and not cell.solid else cell.arrow or " "
    return Text(f"{cell.short}{mark if cell.value is not None else ''}", style=STYLES[cell.colour])


def abbreviations(names: Sequence[str]) -> list[str]:
    """Names of at most seven characters, all different."""
    taken: set[str] = set()
    short: list[str] = []
    for name in map(french.plain, names):
        text = name if len(name) <= NAME else f"{name[: NAME - 1].rstrip()}."
        number = 2
        while text in taken:
            text = f"{name[: NAME - 1 - len(str(number))]}.{number}"
            number += 1
        taken.add(text)
        short.append(text)
    return short


def caption(board: Board, shown: Sequence[Place], names: Sequence[str]) -> Text:
    """The legend: how to read it, and which abbreviation is which place."""
    pairs = [f"{short} = {french.plain(place.name)}" for short, place in zip(names, shown, strict=True)]
    cut = [
        pair for pair, short in zip(pairs, names, strict=True) if short.endswith(".") or short[-1:].isdigit()
    ]
    words = [LEGEND]
    if cut:
        words.append(f"Abréviations : {', '.join(cut)}.")
    if len(board.places) > PLACES:
        words.append(f"{len(board.places) - PLACES} autres colonnes sont sur la page de résultats.")
    return Text(" ".join(words), justify="left")


def account_table(accounts: Sequence[SliceAccount], names: Mapping[str, str] = NO_NAMES) -> Table:
    """One line a slice, in the words of the equation, and their total; `names` gives names to uids."""
    built = Table(title="Comptes de la nuit", box=box.SIMPLE_HEAD, padding=(0, 0), pad_edge=False)
    several = len({account.slice.source for account in accounts}) > 1
    built.add_column("Tranche", overflow="fold")
    for head in HEADS:
        built.add_column(head, justify="right", no_wrap=True)
    built.add_column("issue", no_wrap=True)
    for account in accounts:
        own = map(Text, amounts([account]))
        outcome = OUTCOMES[account.outcome]
        built.add_row(
            Text(slice_name(account, names, with_source=several)),
            *own,
            Text(outcome, style=outcome_style(account)),
        )
    built.add_section()
    built.add_row(Text("Total", style="bold"), *map(Text, amounts(accounts)), "")
    return built


def outcome_style(account: SliceAccount) -> str:
    """Green, grey for an empty slice, red for what did not load."""
    return {"loaded": "green", "empty": "bright_black"}.get(account.outcome, "bold red")


def as_text(built: Table, *, width: int = WIDTH, colours: bool = False) -> str:
    """The table as text, with or without the terminal's colour codes."""
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=colours,
        color_system="standard" if colours else None,
        legacy_windows=False,
    )
    console.print(built)
    return stream.getvalue()
