"""What is wrong in the declarations, and where: the lines `layidu check` prints."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from layidu.errors import ConfigurationError
from layidu.mapping.nearest import listed, nearest

Severity = Literal["error", "warning"]


class Place(NamedTuple):
    """A position in a file, counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to correct. The code is stable and English, the texts are French sentences."""

    code: str
    path: str  # SM-CPN1.denominator
    found: str
    expected: str
    todo: str
    place: Place | None = None
    near: str | None = None
    severity: Severity = "error"
    name: str | None = (
        None  # of an unknown name: as written, for the checker to see whether it was read at all
    )

    @property
    def where(self) -> str:
        """`file:line:column: path`, as far as known."""
        return ": ".join(str(part) for part in (self.place, self.path) if part)

    def __str__(self) -> str:
        head = "erreur" if self.severity == "error" else "avertissement"
        lines = [
            f"{head} : {self.where}",
            f"  trouvé  : {self.found}",
            f"  attendu : {self.expected}",
        ]
        if self.near:
            lines.append(f"  proche  : {self.near}")
        lines.append(f"  à faire : {self.todo}")
        return "\n".join(lines)


class DeclarationErrors(ConfigurationError):  # noqa: N818 - it carries all of them, the plural is the point
    """All problems of the declarations at once; the four parts are those of the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(first.where, first.found, first.expected, first.todo)
        self.args = (self.problems,)  # what pickle hands to __init__ on the other side

    def __str__(self) -> str:
        return report(self.problems)


def unknown_name(
    path: str, found: str, kind: str, valid: Iterable[str], place: Place | None, code: str = "unknown-name"
) -> Problem:
    """A name that no declaration knows, with the nearest one that exists; `kind` says what was expected."""
    names = sorted(valid)
    return Problem(
        code=code,
        path=path,
        found=f"« {found} »",
        expected=f"{kind} : {listed(names)}",
        todo="corriger le nom, ou le déclarer ; puis relancer « layidu check »",
        place=place,
        near=nearest(found.removeprefix("#{").removesuffix("}"), names),
        name=found.removeprefix("#{").removesuffix("}"),
    )


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether at least one problem stops the work (a warning does not)."""
    return any(problem.severity == "error" for problem in problems)


def report(problems: Sequence[Problem]) -> str:
    """What `layidu check` prints: errors first, each with its place, then the count."""
    if not problems:
        return "Déclarations : aucun problème."
    ordered = sorted(problems, key=order)
    errors = sum(problem.severity == "error" for problem in problems)
    counts = f"{plural(errors, 'erreur')}, {plural(len(problems) - errors, 'avertissement')}"
    return "\n\n".join([*map(str, ordered), f"Déclarations : {counts}."])


def order(problem: Problem) -> tuple[bool, str, int, int, str, str]:
    """Errors before warnings, then by place in the files."""
    file, line, column = problem.place or ("~", 0, 0)
    return (problem.severity != "error", file, line, column, problem.path, problem.code)


def plural(number: int, word: str) -> str:
    """`2 erreurs`, `1 erreur`, `0 erreur`: French takes the plural from two on."""
    return f"{number} {word}{'s' if number > 1 else ''}"
