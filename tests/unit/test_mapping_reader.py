"""A folder of declarations is read whole, and every slip in it is named with its place."""

import pickle
from pathlib import Path

import pytest

from layidu.mapping.problems import DeclarationErrors, Problem
from layidu.mapping.reader import read_mappings
from layidu.mapping.yaml_places import MAXIMUM_BYTES, Document, read_carefully, read_document
from layidu.settings import shipped

SOURCES = "national:\n  data_sets: [AbCdEfGhIj1]\n"


def folder(tmp_path: Path, **files: str) -> Path:
    """A mappings folder; `variables__a` is variables/a.yaml."""
    for name, text in {"sources": SOURCES, **files}.items():
        path = tmp_path / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def problems(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(DeclarationErrors) as caught:
        read_mappings(path)
    return caught.value.problems


def only(path: Path) -> Problem:
    (problem,) = problems(path)
    return problem


def at(problem: Problem) -> tuple[str, int, int]:
    assert problem.place is not None
    return Path(problem.place.file).name, problem.place.line, problem.place.column


def test_sources_alone_are_a_complete_folder(tmp_path: Path) -> None:
    mappings = read_mappings(folder(tmp_path))
    assert [one.uid for one in mappings.sources["national"].data_sets] == ["AbCdEfGhIj1"]
    assert mappings.sources["national"].since == "24"
    assert mappings.indicators == {}
    assert mappings.methods is None


def test_periods_and_words_stay_text_however_they_are_written(tmp_path: Path) -> None:
    text = "national:\n  label: no\n  since: 202401\n  data_sets:\n  - {uid: AbCdEfGhIj1, label: on, since: 0123}\n"
    source = read_mappings(folder(tmp_path, sources=text)).sources["national"]
    assert (source.label, source.since) == ("no", "202401")
    assert (source.data_sets[0].label, source.data_sets[0].since) == ("on", "0123")


def test_unknown_key_names_its_place_and_the_nearest_key(tmp_path: Path) -> None:
    problem = only(folder(tmp_path, sources="national:\n  data_sets: []\n  sinse: 24\n"))
    assert at(problem) == ("sources.yaml", 3, 3)
    assert (problem.path, problem.near) == ("national.sinse", "since")
    text = str(problem)
    assert all(part in text for part in ("trouvé", "attendu", "proche", "à faire", "sources.yaml:3:3"))


def test_an_unknown_key_deep_inside_a_list(tmp_path: Path) -> None:
    variables = (
        "anc1:\n  name: CPN1\n  unit: visites\n  cells:\n    national:\n"
        "    - {data_element: AbCdEfGhIj1, valid_form: 202401}\n"
    )
    problem = only(folder(tmp_path, variables__a=variables))
    assert problem.path == "anc1.cells.national[0].valid_form"
    assert problem.near == "valid_from"
    assert at(problem) == ("a.yaml", 6, 35)


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    indicators = "PF-NU:\n  name: Nouvelles\n  factor: mille\n"
    methods = "default_factor_set: 2022\nmethods: []\n"
    found = problems(
        folder(tmp_path, sources="national:\n  re_read: 0\n", indicators__fp=indicators, methods=methods)
    )
    paths = [problem.path for problem in found]
    assert "national.re_read" in paths
    assert "PF-NU.factor" in paths
    assert "PF-NU.owner" in paths
    assert "methods" in paths
    assert all(problem.place for problem in found)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("national:\n\tdata_sets: []\n", "yaml-syntax", (2, 1)),
        ("national:\n  data_sets: [AbCdEfGhIj1\n", "yaml-syntax", (3, 1)),
        ("national: {label: a: b}\n", "yaml-syntax", (1, 20)),
        ("national:\n  label: a\n  label: b\n", "duplicate-key", (3, 3)),
        ("national: &a\n  label: a\nother: *a\n", "yaml-alias", (1, 11)),
        ("national:\n  label: !!python/object/apply:os.system [x]\n", "yaml-tag", (2, 10)),
        ("national: {}\n---\nother: {}\n", "yaml-documents", (2, 1)),
        ("national: " + "[" * 40 + "]" * 40, "yaml-depth", (1, 31)),
        ("? [a, b]\n: {}\n", "yaml-key", (1, 3)),
        ("national:\n  label: \x07\n", "yaml-syntax", (2, 10)),
        ("", "empty-file", (1, 1)),
        ("# rien\n", "empty-file", (1, 1)),
        ("{}", "empty-file", (1, 1)),
        ("- national\n", "wrong-value", (1, 1)),
        ("national:\n  data_sets: [AbCdEfGhIj1, 1bCdEfGhIj1]\n", "wrong-value", (2, 28)),
        ("national:\n  data_sets:\n  - {uid: court}\n", "wrong-value", (3, 11)),
        ("national:\n  re_read: deux\n", "wrong-value", (2, 12)),
        ("national:\n  vanished_hold_share: 0,05\n", "wrong-value", (2, 24)),
        ("national:\n  vanished_hold_share: .inf\n", "wrong-value", (2, 24)),
        ("national:\n  re_read: peut-être\n", "wrong-value", (2, 12)),
    ],
)
def test_a_broken_file_is_named_by_kind_and_place(
    tmp_path: Path, text: str, code: str, place: tuple[int, int]
) -> None:
    found = problems(folder(tmp_path, sources=text))
    assert code in [problem.code for problem in found]
    first = next(problem for problem in found if problem.code == code)
    assert at(first) == ("sources.yaml", *place)


def test_an_alias_bomb_costs_nothing(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    assert only(folder(tmp_path, sources="\n".join(lines))).code == "yaml-alias"


def test_half_a_file_is_not_judged_by_its_missing_half(tmp_path: Path) -> None:
    text = "a:\n  name: A\n  unit: 'sans fin\n  cells: {}\n"
    assert [problem.code for problem in problems(folder(tmp_path, variables__a=text))] == ["yaml-syntax"]


def test_a_file_that_is_not_utf_8_is_named_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_bytes("national:\n  label: Santé\n".encode("latin-1"))
    problem = only(tmp_path)
    assert (problem.code, at(problem)) == ("not-utf-8", ("sources.yaml", 2, 14))


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_bytes(b"\xef\xbb\xbf" + SOURCES.encode())
    assert "national" in read_mappings(tmp_path).sources


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_bytes(b"#" * (MAXIMUM_BYTES + 1))
    assert only(tmp_path).code == "file-too-large"


def test_an_expression_left_without_quotes_is_explained(tmp_path: Path) -> None:
    indicators = (
        "X:\n  name: X\n  short_name: X\n  definition: X\n  numerator: #{a}\n  unit: x\n  theme: x\n"
        "  owner: x\n  source: x\n"
    )
    problem = only(folder(tmp_path, indicators__a=indicators))
    assert problem.path == "X.numerator"
    assert "guillemets" in problem.todo


def test_a_wrong_choice_names_the_nearest(tmp_path: Path) -> None:
    text = "a:\n  name: A\n  unit: x\n  over_time: lasts\n  cells: {}\n"
    problem = only(folder(tmp_path, variables__a=text))
    assert (problem.path, problem.near) == ("a.over_time", "last")


def test_a_union_complains_once(tmp_path: Path) -> None:
    text = "series: {}\nmeasures:\n  a: {name: A, series: [], share: un cinquième, source: x}\n"
    assert only(folder(tmp_path, populations=text)).path == "measures.a.share"


def test_a_misspelt_file_is_an_error_and_other_files_are_not(tmp_path: Path) -> None:
    (folder(tmp_path) / "LISEZMOI.txt").write_text("…", encoding="utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "mine.yaml").write_text("a: 1", encoding="utf-8")
    assert read_mappings(tmp_path).sources
    problem = only(folder(tmp_path, populatoins="{}"))
    assert (problem.code, problem.near) == ("unknown-file", "populations.yaml")


def test_a_name_in_two_files_is_named(tmp_path: Path) -> None:
    text = "a: {name: A, unit: x, cells: {}}\n"
    problem = only(folder(tmp_path, variables__a=text, variables__b=text))
    assert problem.code == "duplicate-key"
    assert at(problem)[0] == "b.yaml"
    assert "a.yaml:1:1" in problem.found


def test_no_sources_file_and_no_folder(tmp_path: Path) -> None:
    assert only(tmp_path).code == "no-sources"
    (tmp_path / "source.yaml").write_text(SOURCES, encoding="utf-8")
    assert problems(tmp_path)[0].near == "source.yaml"
    assert "aucun dossier" in only(tmp_path / "absent").found


def test_the_digest_follows_names_and_bytes(tmp_path: Path) -> None:
    first = read_mappings(folder(tmp_path)).digest
    assert read_mappings(tmp_path).digest == first
    (tmp_path / "sources.yaml").write_text(SOURCES + "# une remarque\n", encoding="utf-8")
    assert read_mappings(tmp_path).digest != first


def test_errors_survive_a_process_boundary_and_exit_with_3(tmp_path: Path) -> None:
    with pytest.raises(DeclarationErrors) as caught:
        read_mappings(folder(tmp_path, sources="national:\n  sinse: 24\n"))
    back = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert str(back) == str(caught.value)
    assert back.exit_code == 3
    assert str(back).endswith("Déclarations : 1 erreur, 0 avertissement.")


@pytest.mark.parametrize("path", sorted(shipped("mappings").rglob("*.yaml")), ids=lambda path: path.name)
def test_both_parsers_say_the_same_at_the_same_places(path: Path) -> None:
    fast = read_document(path, path.name)
    careful = read_carefully(path.read_text(encoding="utf-8"), Document(path.name, whole=False))
    assert fast.whole
    assert fast == careful
