"""How a folder of declarations becomes `Mappings`, with every problem of every file named at once."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_origin

from pydantic import TypeAdapter, ValidationError

from layidu.mapping import contracts, parameters, promises, publishing
from layidu.mapping.named import shown_path
from layidu.mapping.nearest import listed, nearest
from layidu.mapping.problems import DeclarationErrors, Place, Problem
from layidu.mapping.violations import problems_of
from layidu.mapping.yaml_places import Document, Path_, read_document

SOURCES = "sources.yaml"


@dataclass(frozen=True, slots=True)
class Section:
    """One field of `Mappings`: which files fill it, and the shape of each."""

    name: str
    files: str  # a name, or FOLDER/* when several files are merged
    shape: Any  # what pydantic validates: a model, dict[str, model] or list[model]


SECTIONS = (
    Section("sources", SOURCES, dict[str, contracts.Source]),
    Section("variables", "variables/*", dict[str, contracts.Variable]),
    Section("dimensions", "disaggregations.yaml", dict[str, contracts.Dimension]),
    Section("methods", "methods.yaml", contracts.Methods),
    Section("populations", "populations.yaml", contracts.Populations),
    Section("parameters", "parameters.yaml", dict[str, parameters.Parameter]),
    Section("indicators", "indicators/*", dict[str, contracts.Indicator]),
    Section("reference_indicators", "reference_indicators.yaml", dict[str, contracts.ReferenceIndicator]),
    Section("reference_values", "reference_values.yaml", list[contracts.ReferenceValue]),
    Section("commitments", "commitments/fp2030.yaml", dict[str, promises.Commitment]),
    Section("report", "commitments/fp2030_report_2022.yaml", promises.StatusReport),
    Section("plan", "commitments/caeb_2025_2027.yaml", promises.Plan),
    Section("thresholds", "thresholds.yaml", contracts.Thresholds),
    Section("org_units", "org_units.yaml", contracts.OrgUnits),
    Section("publications", "publications.yaml", dict[str, publishing.Publication]),
    Section("corrections", "corrections.yaml", list[contracts.Correction]),
)
#: Folders of a mappings folder that other rooms read.
NOT_OURS = frozenset({"rules"})


@dataclass(slots=True)
class Gathered:
    """What has been read so far."""

    sections: dict[str, Any] = field(default_factory=dict)
    places: dict[Path_, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)  # names of entries that broke their contract
    unsure: bool = False  # a file was not read at all: what it declares is not known


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of a folder, what could not, and which names were met in what could not."""

    mappings: contracts.Mappings
    problems: tuple[Problem, ...]
    unread: frozenset[str]
    unsure: bool


def read_mappings(folder: Path) -> contracts.Mappings:
    """Read and validate a whole folder; only `sources.yaml` must be there.

    Raises:
        DeclarationErrors: with every problem of every file.
    """
    reading = read_partly(folder)
    if reading.problems:
        raise DeclarationErrors(reading.problems)
    return reading.mappings


def read_partly(folder: Path) -> Reading:
    """Read as much of a folder as keeps its contracts, so that what is left can still be checked."""
    files = declared_files(folder)
    gathered = Gathered()
    require_sources(folder, files, gathered)
    for relative, path in files.items():
        read_file(relative, path, shown_path(path), gathered)
    mappings = contracts.Mappings(
        folder=folder,
        digest=digest(files),
        places=gathered.places,
        **{"sources": {}, **gathered.sections},
    )
    problems = tuple(gathered.problems)
    return Reading(mappings, problems, frozenset(gathered.unread), gathered.unsure)


def declared_files(folder: Path) -> dict[str, Path]:
    """The YAML files of a folder by relative name, sorted; other files are none of our business."""
    found = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.suffix in {".yaml", ".yml"} and path.is_file()
    }
    return {
        name: found[name]
        for name in sorted(found)
        if name.split("/")[0] not in NOT_OURS and "/." not in f"/{name}"
    }


def digest(files: dict[str, Path]) -> str:
    """One fingerprint of names and bytes, for the run's record."""
    running = hashlib.sha256()
    for name, path in sorted(files.items()):
        content = path.read_bytes()
        running.update(f"{name}\0{len(content)}\0".encode())
        running.update(content)
    return running.hexdigest()


def require_sources(folder: Path, files: dict[str, Path], gathered: Gathered) -> None:
    """A folder without `sources.yaml` names no DHIS2 to read from."""
    if SOURCES in files:
        return
    found = (
        listed(files) if files else "aucun fichier YAML" if folder.is_dir() else "aucun dossier à cet endroit"
    )
    gathered.problems.append(
        Problem(
            code="no-sources",
            path=str(folder / SOURCES),
            found=found,
            expected="un fichier sources.yaml, qui nomme au moins une instance DHIS2",
            todo="créer sources.yaml, ou corriger LAYIDU_MAPPINGS ; puis relancer",
            near=nearest(SOURCES, files),
        )
    )


def section_of(relative: str) -> Section | None:
    """Which section a file fills; None for a name nobody reads."""
    folder = relative.rpartition("/")[0]
    for section in SECTIONS:
        if section.files == relative or (
            folder and section.files == f"{folder}/*" and relative.endswith(".yaml")
        ):
            return section
    return None


def read_file(relative: str, path: Path, shown: str, gathered: Gathered) -> None:
    """Read one file into its section."""
    section = section_of(relative)
    if section is None:
        gathered.problems.append(unknown_file(relative, shown))
        gathered.unsure = True
        return
    document = read_document(path, shown)
    gathered.problems.extend(document.problems)
    if not document.whole:
        gathered.unsure = True
        return
    if document.value is None:
        if section.name == "sources":
            gathered.problems.append(nothing_in(shown, "au moins une source"))
        return
    expand_short_forms(section, document)
    try:
        read = TypeAdapter(section.shape).validate_python(document.value)
    except ValidationError as error:
        gathered.problems.extend(problems_of(error, section.shape, document))
        read = sound_entries(error, section, document, gathered)
    if read is not None:
        keep(section, document, read, gathered)


def sound_entries(
    error: ValidationError, section: Section, document: Document, gathered: Gathered
) -> dict[str, Any] | None:
    """The entries of a file of named things that keep the contract; their broken siblings are remembered."""
    broken = {str(detail["loc"][0]) for detail in error.errors(include_url=False) if detail["loc"]}
    if get_origin(section.shape) is not dict or not isinstance(document.value, dict) or not broken:
        gathered.unsure = True
        return None
    gathered.unread |= broken
    kept = {name: value for name, value in document.value.items() if name not in broken}
    read: dict[str, Any] = TypeAdapter(section.shape).validate_python(kept)
    return read


def expand_short_forms(section: Section, document: Document) -> None:
    """A bare uid in a source's `data_sets` is `{uid: …}`."""
    if section.name != "sources" or not isinstance(document.value, dict):
        return
    for name, source in document.value.items():
        listed_sets = source.get("data_sets") if isinstance(source, dict) else None
        if not isinstance(listed_sets, list):
            continue
        for position, item in enumerate(listed_sets):
            if isinstance(item, str):
                listed_sets[position] = {"uid": item}
                place = document.places[(name, "data_sets", position)]
                document.places[(name, "data_sets", position, "uid")] = place


def keep(section: Section, document: Document, read: object, gathered: Gathered) -> None:
    """Add what a file says to its section; a name declared in two files is a problem."""
    if section.name == "sources" and not document.value:
        gathered.problems.append(nothing_in(document.file, "au moins une source"))
    known = gathered.sections.get(section.name)
    if isinstance(known, dict) and isinstance(read, dict):
        gathered.problems.extend(
            declared_twice(section, name, document, gathered) for name in read if name in known
        )
        known.update(read)
    else:
        gathered.sections[section.name] = read
    for path, place in document.places.items():
        gathered.places.setdefault((section.name, *path), place)


def declared_twice(section: Section, name: str, document: Document, gathered: Gathered) -> Problem:
    """The same name in two files of one folder."""
    first = gathered.places[(section.name, name)]
    return Problem(
        code="duplicate-key",
        path=name,
        found=f"« {name} » une seconde fois (déjà dans {first})",
        expected="chaque nom dans un seul fichier",
        todo="garder une seule des deux déclarations",
        place=document.keys.get((name,)),
    )


def nothing_in(shown: str, expected: str) -> Problem:
    """A file that says nothing where something is needed."""
    return Problem(
        code="empty-file",
        path="",
        found="un fichier vide",
        expected=expected,
        todo="nommer une source et ses jeux de données ; puis relancer",
        place=Place(shown, 1, 1),
    )


def unknown_file(relative: str, shown: str) -> Problem:
    """A YAML file nobody reads is a misspelt one."""
    valid = [section.files.replace("*", "NOM.yaml") for section in SECTIONS]
    near = nearest(relative, valid)
    return Problem(
        code="unknown-file",
        path="",
        found=f"le fichier « {relative} », que layidu ne lit pas",
        expected=f"l'un de : {listed(valid, limit=len(valid))}",
        todo="renommer ou retirer ce fichier",
        place=Place(shown, 1, 1),
        near=near,
    )
