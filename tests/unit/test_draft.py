"""A draft adds what is missing and leaves every byte a person wrote."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layidu.dhis2.client import connect
from layidu.dhis2.metadata import read_metadata
from layidu.mapping.checker import check_against, check_declarations
from layidu.mapping.draft import draft
from layidu.mapping.draft_names import band_of, in_braces, key_of, quoted
from layidu.mapping.draft_text import comments_of, fillable, write_draft
from layidu.mapping.reader import read_mappings, read_partly
from layidu.mapping.yaml_places import read_document
from layidu.model.metadata import Metadata
from layidu.sandbox import accounts
from layidu.sandbox.server import serve_in_thread
from layidu.settings import Credentials, shipped
from tests.loaded_countries import loaded

#: A form of each kind: several categories, funding partners, quarters and texts, a year.
LAKELAND = ("rQkEhSmqBMK", "jEzappkRUXx", "fhPMTGMoOzD", "BJzTDXX9pSa")
HAMLET = ("H6f8HJyCHLO", "PuQ5MIbJy9Y", "IAE2UO6xXnX")
LEVELS = {1: "Country", 2: "Province"}


def metadata_of(folder: Path, country: str, data_sets: tuple[str, ...]) -> Iterator[Metadata]:
    with serve_in_thread(loaded(country), folder) as url:
        token = accounts.read(folder)["pull"].token
        yield read_metadata(connect(Credentials(url=url, token=token), allow_http=True), "lac", data_sets)


@pytest.fixture(scope="module")
def lakeland(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Metadata]:
    yield from metadata_of(tmp_path_factory.mktemp("lakeland"), "lakeland", LAKELAND)


@pytest.fixture(scope="module")
def hamlet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Metadata]:
    yield from metadata_of(tmp_path_factory.mktemp("hamlet"), "hamlet", HAMLET)


def drafted(folder: Path, metadata: Metadata, source: str = "lac") -> dict[str, str]:
    """Draft into a folder; what was written."""
    mappings = read_partly(folder).mappings
    proposal = draft(
        mappings, source, metadata, commented=comments_of(folder), fillable=fillable(mappings, source)
    )
    texts = write_draft(folder, mappings, proposal, LEVELS)
    for relative, text in texts.items():
        (folder / relative).parent.mkdir(parents=True, exist_ok=True)
        (folder / relative).write_text(text, encoding="utf-8")
    return texts


def test_metadata_never_seen_become_declarations_the_server_accepts(
    tmp_path: Path, lakeland: Metadata
) -> None:
    drafted(tmp_path, lakeland)
    mappings = read_mappings(tmp_path)
    found = [*check_declarations(mappings), *check_against(mappings, "lac", lakeland)]
    assert {one.code for one in found} == {"draft-unfinished", "unnamed-elements"}
    assert len(mappings.variables) == 13
    clients = mappings.variables["fp_clients_served_by_method"]
    assert clients.dimensions == ["age_band", "fp_method"]
    ages = mappings.dimensions["age_band"].bands
    assert [(name, band.minimum, band.maximum) for name, band in ages.items()] == [
        ("10-14", 10, 14),
        ("15-19", 15, 19),
        ("20-24", 20, 24),
        ("25+", 25, None),
    ]
    assert mappings.variables["catchment_population"].period_type == "Yearly"
    assert mappings.org_units is not None
    assert mappings.org_units.levels["2"] == "Province"


def test_what_makes_no_variable_is_said_with_its_reason(tmp_path: Path, lakeland: Metadata) -> None:
    drafted(tmp_path, lakeland)
    monthly = (tmp_path / "variables" / "reproductive_health_monthly_summary.yaml").read_text(
        encoding="utf-8"
    )
    assert "#   gI7xzE5EyL6 « FP providers on duty, average » : un taux ou une moyenne (AVERAGE)" in monthly
    quarterly = (tmp_path / "variables" / "facility_readiness_quarterly_review.yaml").read_text(
        encoding="utf-8"
    )
    assert "pas un nombre (TEXT)" in quarterly
    assert "saisi par Quarterly" in quarterly


def test_a_second_draft_changes_nothing(tmp_path: Path, lakeland: Metadata) -> None:
    drafted(tmp_path, lakeland)
    assert drafted(tmp_path, lakeland) == {}


def test_what_a_person_edited_stays_to_the_last_byte(tmp_path: Path, lakeland: Metadata) -> None:
    drafted(tmp_path, lakeland)
    path = tmp_path / "variables" / "reproductive_health_monthly_summary.yaml"
    text = path.read_text(encoding="utf-8")
    edited = text.replace("anc_first_contact:", "cpn1:   # le nom de chez nous").replace(
        "name: ANC first contact", "name:   'Première CPN'"
    )
    start = edited.index("live_births:")
    block = edited[start : edited.index("\n\n", start)]
    edited = edited.replace(block, "# live_births (gJg73OjtSUd) : pas chez nous")
    lost = edited[edited.index("anc_fourth_contact:") : edited.index("births_attended")]
    path.write_text(edited.replace(lost, ""), encoding="utf-8")  # deleted by mistake, without a comment
    before = path.read_text(encoding="utf-8")
    assert set(drafted(tmp_path, lakeland)) == {"variables/reproductive_health_monthly_summary.yaml"}
    after = path.read_text(encoding="utf-8")
    assert after.startswith(before.rstrip("\n"))
    added = after[len(before.rstrip("\n")) :]
    assert "anc_fourth_contact:" in added
    assert "gJg73OjtSUd" not in added
    assert "Y0gNfVpQ9tk" not in added
    assert read_mappings(tmp_path).variables["cpn1"].name == "Première CPN"


@pytest.mark.parametrize(
    "sources",
    [
        "# à nous\nlac:\n  label: Lac  # ici\n  data_sets: [rQkEhSmqBMK]  # un seul\n  since: 12\nb: {since: 6}\n",
        "lac:\n  data_sets:\n  - rQkEhSmqBMK   # le premier\n  since: 12\n# fin\n",
        "lac:\n  since: 12\n",
        "autre:\n  data_sets: []\n",
    ],
)
def test_the_data_sets_join_the_sources_without_touching_the_rest(
    tmp_path: Path, lakeland: Metadata, sources: str
) -> None:
    (tmp_path / "sources.yaml").write_text(sources, encoding="utf-8")
    drafted(tmp_path, lakeland)
    text = (tmp_path / "sources.yaml").read_text(encoding="utf-8")
    kept = [line for line in sources.splitlines() if "[rQkEhSmqBMK]" not in line]
    assert [line for line in text.splitlines() if line in kept] == kept
    assert {one.uid for one in read_mappings(tmp_path).sources["lac"].data_sets} == set(LAKELAND)
    assert ("# un seul" in text) == ("# un seul" in sources)


def test_cells_that_wait_are_proposed_by_name_and_marked(tmp_path: Path, hamlet: Metadata) -> None:
    folder = tmp_path / "mappings"
    shutil.copytree(shipped("mappings"), folder)
    before = (folder / "variables" / "maternal.yaml").read_text(encoding="utf-8")
    drafted(folder, hamlet, "national")
    mappings = read_mappings(folder)
    cells = mappings.variables["anc1_visits"].cells["national"]
    assert cells is not None
    assert cells[0].data_element == "cWP4FvYsG4D"
    suspected = mappings.variables["malaria_suspected"].cells
    assert suspected["national"] is not None
    assert suspected["national"][0].bands == (suspected["sandbox"] or [])[0].bands
    assert (
        mappings.variables["fp_new_users"].cells["national"] is None
    )  # its ages overlap: a person's decision
    after = (folder / "variables" / "maternal.yaml").read_text(encoding="utf-8").splitlines()
    kept = [line for line in before.splitlines() if line.strip() != "national: null"]
    assert not list_difference(kept, after)
    assert "national:  # À RELIRE : proposé d'après le nom" in "\n".join(after)
    assert not [one for one in check_against(mappings, "national", hamlet) if one.severity == "error"]


def list_difference(kept: list[str], after: list[str]) -> list[str]:
    """The lines that are no longer there in their order."""
    rest = iter(after)
    return [line for line in kept if line not in rest]


@pytest.mark.parametrize(
    ("option", "band"),
    [
        ("10-14 years", ("10-14", 10, 14)),
        ("24 ans et plus", ("24+", 24, None)),
        ("< 5 ans", ("<5", 0, 4)),
        ("Moins de 5 ans", ("<5", 0, 4)),
        ("0-11 months", ("0-11m", None, None)),
        ("15 à 24 ans", ("15-24", 15, 24)),
        ("Méthode naturelle (MAMA, MJF)", ("methode_naturelle_mama_mjf", None, None)),
        ("Œdème", ("oedeme", None, None)),
        ("3-4 doses", ("3-4", None, None)),
    ],
)
def test_an_option_becomes_a_band(option: str, band: tuple[str, int | None, int | None]) -> None:
    assert band_of(option) == band


def test_names_are_numbered_when_taken() -> None:
    assert key_of("Première visite") == "premiere_visite"
    assert key_of("Première visite", {"premiere_visite", "premiere_visite_2"}) == "premiere_visite_3"
    assert key_of("1ère visite") == "n_1ere_visite"
    assert key_of("—") == "element"
    assert len(key_of("mot " * 100)) <= 48


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"), min_size=1))
def test_any_text_is_read_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "quoted.yaml"
    path.write_text(f"a: {quoted(text)}\nb: {{c: {in_braces(text)}, d: 1}}\n", encoding="utf-8", newline="")
    assert read_document(path, "quoted.yaml").value == {"a": text, "b": {"c": text, "d": "1"}}
