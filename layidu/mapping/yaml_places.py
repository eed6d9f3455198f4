"""What a YAML file says, and at which line and column it says it.

Read from the parser's events, never by constructing objects: no tags, no aliases (so no bomb), no guessing of
types. Every scalar arrives as the text that was written (`no`, `202401`, `007`), only an empty or
`null` one as None; the contracts turn text into numbers where they want numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.events import MappingEndEvent as MappingEnd
from ruamel.yaml.reader import ReaderError

from layidu.mapping.problems import Place, Problem

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
Path_: TypeAlias = tuple[str | int, ...]

MAXIMUM_BYTES = 5_000_000
MAXIMUM_DEPTH = 20
NULLS = frozenset({"", "~", "null", "Null", "NULL"})
#: What the parser says about the commonest slips, and how a person puts it.
SYNTAX = (
    (
        "'\\t'",
        "une tabulation",
        "des espaces pour décaler les lignes",
        "remplacer la tabulation par deux espaces",
    ),
    (
        "mapping values are not allowed",
        "un second « : » sur la même ligne",
        "une clé et une valeur par ligne",
        "mettre la valeur entre guillemets, ou la clé suivante sur sa propre ligne",
    ),
    (
        "end of stream",
        "la fin du fichier au milieu d'une valeur",
        "des guillemets, crochets et accolades fermés",
        "fermer le guillemet, le crochet ou l'accolade ouvert plus haut",
    ),
)


@dataclass(slots=True)
class Document:
    """A file as plain values, the place of every key and item by its path, and what could not be read."""

    file: str
    value: Value = None
    whole: bool = True  # False when reading stopped: what is missing then means nothing
    places: dict[Path_, Place] = field(default_factory=dict)  # of values
    keys: dict[Path_, Place] = field(default_factory=dict)  # of the keys before them
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class Open:
    """A mapping or list being filled; `key` waits for its value; `skip` swallows a repeated key's value."""

    container: dict[str, Value] | list[Value]
    path: Path_
    key: str | None = None
    skip: bool = False


def read_document(path: Path, file: str) -> Document:
    """Read one file; `file` is its name in messages. Problems are collected, never raised."""
    document = Document(file, whole=False)
    text = read_text(path, document)
    if text is None:
        return document
    try:
        # libyaml's parser is twenty times as fast; what it cannot read is read again for words and a place.
        Builder(document).build(YAML(typ="safe").parse(text))
    except YAMLError:
        return read_carefully(text, Document(file, whole=False))
    return document


def read_carefully(text: str, document: Document) -> Document:
    """Read a text that is not well-formed, by the parser that says best where and why."""
    file = document.file
    try:
        Builder(document).build(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
        document.problems.append(syntax_problem(str(error.problem or error.context), place))
    except ReaderError as error:
        before = text[: error.position]
        place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        document.problems.append(syntax_problem(f"le caractère U+{ord(text[error.position]):04X}", place))
    except YAMLError as error:
        document.problems.append(syntax_problem(str(error), Place(file, 1, 1)))
    return document


def read_text(path: Path, document: Document) -> str | None:
    """The file's text, or None and a problem when it is too large, unreadable or not UTF-8."""
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= MAXIMUM_BYTES else b""
    except OSError as error:
        document.problems.append(
            problem(
                "unreadable-file",
                str(error.strerror),
                "un fichier lisible",
                "vérifier les droits sur ce fichier",
                Place(document.file, 1, 1),
            )
        )
        return None
    if size > MAXIMUM_BYTES:
        document.problems.append(
            problem(
                "file-too-large",
                f"{size} octets",
                f"au plus {MAXIMUM_BYTES} octets",
                "séparer ce fichier, ou retirer ce qui n'est pas une déclaration",
                Place(document.file, 1, 1),
            )
        )
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        document.problems.append(
            problem(
                "not-utf-8",
                f"l'octet 0x{raw[error.start]:02x}, qui n'est pas de l'UTF-8",
                "un fichier en UTF-8",
                "enregistrer le fichier en UTF-8 (dans l'éditeur : « Enregistrer avec l'encodage »)",
                Place(document.file, before.count(b"\n") + 1, len(before) - before.rfind(b"\n")),
            )
        )
        return None


def problem(code: str, found: str, expected: str, todo: str, place: Place, path: str = "") -> Problem:
    """A problem of the file itself."""
    return Problem(code=code, path=path, found=found, expected=expected, todo=todo, place=place)


def syntax_problem(message: str, place: Place) -> Problem:
    """What the parser could not read, in French where the slip is a common one."""
    for sign, found, expected, todo in SYNTAX:
        if sign in message:
            return problem("yaml-syntax", found, expected, todo, place)
    todo = "corriger la ligne nommée (décalage, deux-points, guillemets)"
    return problem("yaml-syntax", message, "du YAML bien formé", todo, place)


class Builder:
    """Fills a document from parser events, with a stack of its own: depth costs no recursion."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.stack: list[Open] = []
        self.documents = 0

    def build(self, events: Iterator[Event]) -> None:
        """Take the events until the end, or until something that must not be read further."""
        for event in events:
            if isinstance(event, SequenceEndEvent | MappingEnd):
                self.stack.pop()
            elif isinstance(event, DocumentStartEvent):
                self.documents += 1
            if not self.readable(event):
                return
            if isinstance(event, ScalarEvent):
                self.scalar(event)
            elif isinstance(event, MappingStartEvent):
                self.open({}, event)
            elif isinstance(event, SequenceStartEvent):
                self.open([], event)
        self.document.whole = True

    def readable(self, event: Event) -> bool:
        """Refuse aliases, anchors, tags, a second document and absurd depth."""
        if isinstance(event, NodeEvent) and (isinstance(event, AliasEvent) or event.anchor):
            self.report(
                "yaml-alias", f"« {event.anchor} », une ancre ou un renvoi YAML", "la valeur elle-même", event
            )
        elif isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent) and event.tag:
            self.report("yaml-tag", f"l'étiquette « {event.tag} »", "une valeur sans étiquette « ! »", event)
        elif self.documents > 1:
            self.report("yaml-documents", "un second document « --- »", "un seul document par fichier", event)
        elif len(self.stack) > MAXIMUM_DEPTH:
            self.report("yaml-depth", f"plus de {MAXIMUM_DEPTH} niveaux", "un fichier moins profond", event)
        else:
            return True
        return False

    def report(self, code: str, found: str, expected: str, event: Event) -> None:
        """Add a problem at the place of an event."""
        todo = "écrire la valeur en clair à cet endroit"
        path = spelled(self.here()) if self.stack else ""
        self.document.problems.append(problem(code, found, expected, todo, self.place(event), path))

    def place(self, event: Event) -> Place:
        """Where an event starts."""
        return Place(self.document.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def here(self) -> Path_:
        """The path of the value that comes next."""
        top = self.stack[-1]
        return (*top.path, len(top.container) if isinstance(top.container, list) else top.key or "")

    def scalar(self, event: ScalarEvent) -> None:
        """A key, or a value as its text."""
        top = self.stack[-1] if self.stack else None
        if top and isinstance(top.container, dict) and top.key is None:
            self.key(top, top.container, event)
            return
        plain = not event.style  # None of one parser, nothing of the other
        self.put(None if plain and event.value in NULLS else str(event.value), event)

    def key(self, top: Open, mapping: dict[str, Value], event: ScalarEvent) -> None:
        """A key of a mapping; a repeated one is a problem with the place of the first."""
        top.key = str(event.value)
        top.skip = top.key in mapping
        path = (*top.path, top.key)
        if top.skip:
            first = self.document.keys[path]
            self.document.problems.append(
                problem(
                    "duplicate-key",
                    f"la clé « {top.key} » une seconde fois (déjà ligne {first.line})",
                    "chaque clé une seule fois",
                    "garder une seule des deux",
                    self.place(event),
                    spelled(path),
                )
            )
            return
        self.document.places[path] = self.document.keys[path] = self.place(event)
        mapping[top.key] = None

    def put(self, value: Value, event: Event) -> None:
        """Hang a value where it belongs; its place becomes the value's own, once there is one."""
        if not self.stack:
            self.document.value = value
            self.document.places[()] = self.place(event)
            return
        top, path = self.stack[-1], self.here()
        if isinstance(top.container, list):
            top.container.append(value)
            self.document.places[path] = self.place(event)
            return
        if not top.skip and top.key is not None:
            top.container[top.key] = value
            if isinstance(value, str):
                self.document.places[path] = self.place(event)
        top.key = None

    def open(self, container: dict[str, Value] | list[Value], event: Event) -> None:
        """Start a mapping or a list."""
        top = self.stack[-1] if self.stack else None
        if top and isinstance(top.container, dict) and top.key is None:
            self.report(
                "yaml-key", "une liste ou un bloc à la place d'une clé", "une clé en texte simple", event
            )
            top.key, top.skip = "", True
            path: Path_ = (*top.path, "")
            self.stack.append(Open(container, path))
            return
        path = self.here() if self.stack else ()
        if top and top.skip:
            path = (*path, "(bis)")  # its places must not replace those of the first
        self.put(container, event)
        self.stack.append(Open(container, path))


def spelled(path: Path_) -> str:
    """A path as people read it: `SM-CPN1.disaggregations[0].dimensions`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
