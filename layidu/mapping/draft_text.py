"""How a draft is written: new text at the end of a file, or in place of a `null`; every other byte stays.

Nothing is parsed and printed again, so comments, order and quotes of what a person wrote cannot change.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from layidu.mapping.contracts import Mappings
from layidu.mapping.draft import Draft, DraftDimension, DraftVariable, LeftOut
from layidu.mapping.draft_names import UNKNOWN, in_braces, key_of, quoted
from layidu.mapping.schemas import mark_of

SOURCES, DIMENSIONS, ORG_UNITS = "sources.yaml", "disaggregations.yaml", "org_units.yaml"
HEADER = """\
# Brouillon de « layidu draft », tiré des métadonnées de « {source} ». À relire ligne par ligne :
# - « à préciser » : ce que personne ne peut deviner ; « layidu check » les compte.
# - Un nom, une unité, une tranche se changent librement : un second « layidu draft » n'ajoute que ce qui manque.
# - Une variable dont on ne veut pas se remplace par un commentaire qui garde son identifiant : elle ne revient pas.
# - absence: zero-if-reported, si une case vide d'un rapport reçu vaut zéro ; par défaut elle manque.
"""
Texts = dict[str, str]  # relative name -> whole new text


def comments_of(folder: Path) -> frozenset[str]:
    """The ids that stand in comments of `variables/`: what a person set aside."""
    found: set[str] = set()
    for path in (folder / "variables").glob("*.yaml"):
        for line in path.read_text(encoding="utf-8-sig").splitlines():
            comment = line.partition("#")[2]
            found |= set(re.findall(r"\b[a-zA-Z][a-zA-Z0-9]{10}\b", comment))
    return frozenset(found)


def write_draft(folder: Path, mappings: Mappings, drafted: Draft, levels: Mapping[int, str]) -> Texts:
    """The files a draft changes, whole; nothing is written to disk. `levels` names those of the org-unit tree."""
    texts: Texts = {}
    if levels and not (folder / ORG_UNITS).is_file():
        names = [f'  "{level}": {quoted(name)}' for level, name in sorted(levels.items())]
        origin = quoted(f"DHIS2 « {drafted.source} », niveaux d'organisation")
        texts[ORG_UNITS] = "\n".join(["levels:", *names, f"source: {origin}"]) + "\n"
    known = [one for one in drafted.variables if one.known]
    for variable in known:
        fill(folder, mappings, drafted.source, variable, texts)
    for uid, name in drafted.data_sets.items():
        variables = [one for one in drafted.variables if one.data_set == uid and not one.known]
        left_out = [one for one in drafted.left_out if one.data_set == uid]
        if variables or left_out:
            relative = f"variables/{key_of(name)}.yaml"
            before = text_of(folder, relative, texts)
            new = "\n".join([*blocks(drafted, name, variables), *set_aside(left_out)])
            head = before.rstrip("\n") + "\n" if before else HEADER.format(source=drafted.source)
            texts[relative] = f"{head}\n{new}"
    if drafted.dimensions:
        before = text_of(folder, DIMENSIONS, texts)
        head = before.rstrip("\n") + "\n\n" if before else ""
        texts[DIMENSIONS] = head + "\n".join(
            dimension_block(drafted.source, one) for one in drafted.dimensions
        )
    sources = with_data_sets(text_of(folder, SOURCES, texts), mappings, drafted)
    if sources is not None:
        texts[SOURCES] = sources
    return {relative: marked(folder, relative, text) for relative, text in texts.items()}


def marked(folder: Path, relative: str, text: str) -> str:
    """A new file begins with the line that tells an editor its schema."""
    mark = mark_of(relative)
    return text if (folder / relative).is_file() or mark is None else f"{mark}\n{text}"


def text_of(folder: Path, relative: str, texts: Texts) -> str:
    """A file as it will be so far; empty when there is none."""
    if relative in texts:
        return texts[relative]
    path = folder / relative
    return path.read_text(encoding="utf-8-sig") if path.is_file() else ""


def blocks(drafted: Draft, data_set: str, variables: Iterable[DraftVariable]) -> Iterator[str]:
    """Each new variable."""
    for one in variables:
        lines = [
            f"{one.key}:",
            f"  name: {quoted(one.name)}",
            f"  unit: {UNKNOWN}  # femmes, visites, tests, unités…",
        ]
        lines += [f"  over_time: {one.over_time}"] if one.over_time != "sum" else []
        lines += [f"  period_type: {one.period_type}"] if one.period_type != "Monthly" else []
        if one.dimensions:
            lines.append(f"  dimensions: [{', '.join(dimension.key for dimension in one.dimensions)}]")
        lines.append(f"  source: {quoted(f'DHIS2 « {drafted.source} », {data_set}')}")
        yield "\n".join([*lines, "  cells:", f"    {drafted.source}:", *cell_lines(one, 6)]) + "\n"


def cell_lines(one: DraftVariable, indent: int) -> list[str]:
    """The cell of a variable."""
    space = " " * indent
    lines = [f"{space}- data_element: {one.data_element}", f"{space}  label: {quoted(one.name)}"]
    if one.dimensions:
        lines.append(f"{space}  bands:")
    for dimension in one.dimensions:
        lines.append(f"{space}    {dimension.key}:")
        lines += [
            f"{space}      {uid}: {quoted(band.key)}  # {band.name}" for uid, band in dimension.bands.items()
        ]
    return lines


def set_aside(left_out: Iterable[LeftOut]) -> list[str]:
    """Elements that make no variable, as comments."""
    lines = [f"#   {one.data_element} « {one.name} » : {one.reason}" for one in left_out]
    return ["# Laissés de côté :", *lines, ""] if lines else []


def dimension_block(source: str, one: DraftDimension) -> str:
    """One new dimension."""
    lines = [
        f"{one.key}:  # À RELIRE : brouillon",
        f"  name: {quoted(one.name)}",
        f"  source: {quoted(f'DHIS2 « {source} », catégorie « {one.name} »')}",
        "  bands:",
    ]
    for band in dict.fromkeys(one.bands.values()):
        ages = [f"minimum: {band.minimum}"] if band.minimum is not None else []
        ages += [f"maximum: {band.maximum}"] if band.maximum is not None else []
        lines.append(f"    {quoted(band.key)}: {{{', '.join([f'name: {in_braces(band.name)}', *ages])}}}")
    return "\n".join(lines) + "\n"


def fill(folder: Path, mappings: Mappings, source: str, one: DraftVariable, texts: Texts) -> None:
    """Put cells in place of the `null` of a declared variable; its line is the only one that changes."""
    path = Path(mappings.places[("variables", one.key)].file).resolve()
    relative = path.relative_to(folder.resolve()).as_posix()
    lines = text_of(folder, relative, texts).splitlines()
    at, match = null_line(lines, one.key, source) or (-1, None)
    if match is None:
        raise LookupError(one.key)  # `fillable` had said otherwise
    space, comment = match["space"], (match["comment"] or "").removeprefix("#").strip()
    guess = f"{space}{source}:  # À RELIRE : proposé d'après le nom" + (f" ; {comment}" if comment else "")
    lines[at : at + 1] = [guess, *cell_lines(one, len(space) + 2)]
    texts[relative] = "\n".join(lines) + "\n"


def null_line(lines: list[str], variable: str, source: str) -> tuple[int, re.Match[str]] | None:
    """The line of a variable that says `SOURCE: null` and nothing else, with its position."""
    pattern = re.compile(rf"^(?P<space>\s+){re.escape(source)}:\s*(?:null|~)?\s*(?P<comment>#.*)?$")
    inside = False
    for at, line in enumerate(lines):
        if re.match(r"[^\s#]", line):
            inside = line.startswith(f"{variable}:")
        elif inside and (match := pattern.match(line)):
            return at, match
    return None


def fillable(mappings: Mappings, source: str) -> frozenset[str]:
    """The variables whose cells for a source are a `null` on a line of its own."""
    found: set[str] = set()
    for name, variable in mappings.variables.items():
        if variable.cells.get(source, []) is None:
            lines = (
                Path(mappings.places[("variables", name)].file).read_text(encoding="utf-8-sig").splitlines()
            )
            found |= {name} if null_line(lines, name, source) else set()
    return frozenset(found)


def with_data_sets(text: str, mappings: Mappings, drafted: Draft) -> str | None:
    """`sources.yaml` with the drafted data sets; None when they stand there already."""
    declared = mappings.sources.get(drafted.source)
    known = [one.uid for one in declared.data_sets] if declared else []
    new = {uid: name for uid, name in drafted.data_sets.items() if uid not in known}
    if not new:
        return None
    if declared is None:
        lines = [f"{drafted.source}:", "  data_sets:", *entries(new, 4)]
        return (text.rstrip("\n") + "\n\n" if text.strip() else "") + "\n".join(lines) + "\n"
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if re.match(rf"{re.escape(drafted.source)}:", line))
    last = at
    for i in range(at + 1, len(lines)):
        if re.match(r"\S", lines[i]) and not lines[i].startswith("#"):
            break
        last = i if lines[i].strip() and not lines[i].startswith("#") else last
    for i in range(at, last + 1):
        flow = re.match(r"^(\s+)data_sets:\s*\[([\sa-zA-Z0-9,]*)\]\s*(#.*)?$", lines[i])
        if flow:
            uids = [one.strip() for one in flow[2].split(",") if one.strip()]
            lines[i] = f"{flow[1]}data_sets: [{', '.join([*uids, *new])}]" + (
                f"  {flow[3]}" if flow[3] else ""
            )
            return "\n".join(lines) + "\n"
        if re.match(r"^\s+data_sets:\s*(#.*)?$", lines[i]):
            return "\n".join([*lines[: i + 1], *entries(new, dash_column(lines, i)), *lines[i + 1 :]]) + "\n"
    return "\n".join([*lines[: last + 1], "  data_sets:", *entries(new, 4), *lines[last + 1 :]]) + "\n"


def dash_column(lines: list[str], at: int) -> int:
    """Where the dashes of a block list stand."""
    return next((line.index("-") for line in lines[at + 1 :] if line.strip().startswith("-")), 4)


def entries(data_sets: Mapping[str, str], column: int) -> list[str]:
    """Lines of a list of data sets."""
    return [f"{' ' * column}- {{uid: {uid}, label: {in_braces(name)}}}" for uid, name in data_sets.items()]
