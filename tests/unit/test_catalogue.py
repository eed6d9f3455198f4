"""The catalogue as it was agreed: every code is declared, and says why where nothing can feed it."""

import pandas as pd
import pytest

from layidu.mapping.catalogue import Entry, as_declared, catalogue
from layidu.mapping.checker import check_declarations
from layidu.mapping.contracts import Mappings, Variable
from layidu.mapping.reader import read_mappings
from layidu.mapping.remarks import remarks
from layidu.mapping.terms import expand_terms
from layidu.model.frames import VARIABLE_CELLS
from layidu.settings import shipped

#: The codes of the catalogue, theme by theme; one that is split by programme or protocol names its parts.
AGREED = {
    "family planning": (
        *("PF-TPCM", "PF-BNS", "PF-DSAT", "PF-CYP", "PF-CYPR", "PF-EMU", "PF-MIX", "PF-NU", "PF-NU-J"),
        *("PF-UA", "PF-ADD", "PF-PP", "PF-PA", "PF-DMPASC", "PF-MLDA", "PF-RUPT", "PF-RUPTJ", "PF-DISPO3"),
        *("PF-DISPO5", "PF-GAMME", "PF-DESAG", "PF-AJ", "FIN-E6", "FIN-E6-ALLOC", "FIN-COMPACT"),
        "FIN-PF-ETAT",
    ),
    "maternal": (
        *("SM-CPN1", "SM-CPN1-T1", "SM-CPN4", "SM-CPN8", "SM-ACC", "SM-AAPQ", "SM-CPON", "SM-CES", "SM-DM"),
    ),
    "malaria": (
        *("PAL-SUSP", "PAL-CONF", "PAL-TOT", "PAL-TEST", "PAL-TPR", "PAL-INC", "PAL-CTA", "PAL-GRAVE"),
        *("PAL-DEC", "PAL-LET", "PAL-TPI1-CPN", "PAL-TPI1-POP", "PAL-TPI2-CPN", "PAL-TPI2-POP"),
        *("PAL-TPI3-CPN", "PAL-TPI3-POP", "PAL-MILDA-FE-CPN", "PAL-MILDA-FE-POP", "PAL-MILDA-ENF-VAR"),
        *("PAL-MILDA-ENF-POP", "PAL-RUPT-TDR", "PAL-RUPT-CTA", "PAL-RUPT-SP", "PAL-RUPT-ASJ", "PAL-CPS"),
    ),
    "nutrition": (
        *("NUT-ADM-MAS", "NUT-ADM-MAM", "NUT-GUER-MAS", "NUT-GUER-MAM", "NUT-DEC-MAS", "NUT-DEC-MAM"),
        *("NUT-ABAN-MAS", "NUT-ABAN-MAM", "NUT-NREP-MAS", "NUT-NREP-MAM", "NUT-DEPIST", "NUT-MAG-PB"),
        *("NUT-MAS-PB", "NUT-VITA", "NUT-AME", "NUT-IP", "NUT-COUV-MAS"),
    ),
    "data quality": ("DQ-COMPL", "DQ-PROMPT", "DQ-EDE", "DQ-OUT", "DQ-COH", "DQ-SCORE"),
}


@pytest.fixture(scope="module")
def shipped_mappings() -> Mappings:
    return read_mappings(shipped("mappings"))


def cells_of(variables: dict[str, Variable]) -> pd.DataFrame:
    """Every declared cell of the sandbox as if the server had one combo for each of its bands."""
    rows = []
    for name, variable in variables.items():
        for cell in variable.cells.get("sandbox") or ():
            bands = {dimension: sorted(set(of.values())) for dimension, of in cell.bands.items()}
            for dimension, names in bands.items() or [("", [""])]:
                rows += [
                    (
                        "sandbox",
                        cell.data_element,
                        f"{dimension}{band}",
                        name,
                        f"{dimension}={band}" if band else "",
                    )
                    for band in names
                ]
    frame = pd.DataFrame(
        rows, columns=["source", "data_element", "category_option_combo", "variable", "disaggregation"]
    )
    return VARIABLE_CELLS.cast(frame.assign(valid_from=0, valid_to=999912))


@pytest.fixture(scope="module")
def entries(shipped_mappings: Mappings) -> dict[str, Entry]:
    cells = cells_of(dict(shipped_mappings.variables))
    return {one.code: one for one in catalogue(shipped_mappings, cells)}


@pytest.mark.parametrize("theme", AGREED)
def test_every_agreed_code_is_declared(theme: str, entries: dict[str, Entry]) -> None:
    assert [code for code in AGREED[theme] if code not in entries] == []


def test_a_line_without_source_names_what_is_lacking(shipped_mappings: Mappings) -> None:
    """A variable nobody maps; one that a state asks for; and one that every source says it does not collect."""
    greys = {}
    for name, cells in (
        ("anc1_visits", {"sandbox": None}),
        ("fp_stock", {"sandbox": None}),
        ("deliveries", {"sandbox": []}),
    ):
        changed = shipped_mappings.variables[name].model_copy(update={"cells": cells})
        mappings = shipped_mappings.model_copy(
            update={"variables": {**shipped_mappings.variables, name: changed}}
        )
        greys[name] = {one.code: one.grey for one in catalogue(mappings, cells_of(dict(mappings.variables)))}
    assert greys["anc1_visits"]["SM-CPN1"] == (
        "source inconnue, numérateur : « Premières visites de CPN » n'a pas de cellule déclarée"
    )
    assert greys["anc1_visits"]["SM-CPN4"] is None
    assert "« Stock utilisable en fin de mois" in str(greys["fp_stock"]["PF-RUPT"])
    assert str(greys["deliveries"]["PF-PP"]).startswith("source inconnue, dénominateur : «")
    assert str(greys["deliveries"]["PF-PP"]).endswith("n'est collectée par aucune source")


def test_without_a_server_what_is_declared_counts_as_there(
    shipped_mappings: Mappings, entries: dict[str, Entry]
) -> None:
    """The same reasons; and of a source that nobody has mapped yet, one for every line that needs a cell."""
    assert {one.code: one.grey for one in as_declared(shipped_mappings)} == {
        code: one.grey for code, one in entries.items()
    }
    sources = {"national": shipped_mappings.sources["sandbox"]}
    unmapped = shipped_mappings.model_copy(update={"sources": sources})
    reasons = {one.code: str(one.grey) for one in as_declared(unmapped)}
    assert "n'a pas de cellule déclarée" in reasons["PF-RUPT"]
    assert "n'a pas de cellule déclarée" in reasons["PF-NU"]
    assert reasons["DQ-COMPL"] == "None"  # reports need no cell


def test_a_line_no_dhis2_feeds_has_a_value_or_a_reason(
    shipped_mappings: Mappings, entries: dict[str, Entry]
) -> None:
    valued = {value.indicator for value in shipped_mappings.reference_values}
    given = {code: one for code, one in entries.items() if one.kind == "reference"}
    assert given.keys() == shipped_mappings.reference_indicators.keys()
    assert all((code in valued) is (one.grey is None) for code, one in given.items())
    assert "quantification validée" in str(given["FIN-E6"].grey)
    assert str(entries["PF-EMU"].grey).startswith("paramètre manquant : ")


def test_a_value_of_nothing_and_an_indicator_of_nothing_are_named(shipped_mappings: Mappings) -> None:
    stray = shipped_mappings.reference_values[0].model_copy(update={"indicator": "PF-TPMC"})
    empty = shipped_mappings.reference_indicators["FIN-E6"].model_copy(update={"missing": None})
    full = shipped_mappings.reference_indicators["PF-DSAT"].model_copy(update={"missing": "rien"})
    broken = shipped_mappings.model_copy(
        update={
            "reference_values": [*shipped_mappings.reference_values, stray],
            "reference_indicators": {
                **shipped_mappings.reference_indicators,
                "FIN-E6": empty,
                "PF-DSAT": full,
                "PF-NU": full,
            },
        }
    )
    found = {(one.code, one.path.rpartition(".")[0] or one.path) for one in check_declarations(broken)}
    assert {
        ("unknown-name", f"[{len(shipped_mappings.reference_values)}]"),
        ("reference-without-value", "FIN-E6"),
        ("reference-not-missing", "PF-DSAT"),
        ("name-not-unique", "PF-NU"),
    } <= found


OVERLAP = "tranches qui se chevauchent dans la source : « 15-24 ans » et « 24 ans et plus »"
HARMONISED = "« 25 ans et plus » : tranche harmonisée, la source imprime « 24 ans et plus »"


def test_results_of_overlapping_bands_say_so(shipped_mappings: Mappings) -> None:
    cells = cells_of(dict(shipped_mappings.variables))
    found = remarks(shipped_mappings, cells, expand_terms(shipped_mappings, cells))
    assert found[("PF-NU", "age=15-24")] == OVERLAP
    assert found[("PF-NU", "age=25+")] == f"{OVERLAP} ; {HARMONISED}"
    assert found[("PF-NU-J", "")] == found[("PF-AJ", "")] == OVERLAP  # by its formula, and by its state
    # A total over all ages, another dimension, and bands that stand alone are as they are printed.
    assert not {("PF-NU", ""), ("PF-NU", "method=pill"), ("PF-NU", "age=10-14")} & found.keys()
    assert {code for code, _ in found} == {"PF-NU", "PF-NU-J", "PF-AJ", "PF-UA", "PF-MLDA"}


def test_bands_that_meet_are_no_overlap(shipped_mappings: Mappings) -> None:
    """A source that has 15-19 and 20-24 answers 15-24 without touching 25 and over."""
    cells = cells_of(dict(shipped_mappings.variables))
    finer = cells.assign(disaggregation=cells["disaggregation"].replace({"age=15-24": "age=15-19"}))
    found = remarks(shipped_mappings, finer, expand_terms(shipped_mappings, finer))
    assert ("PF-NU", "age=15-24") not in found
    assert found[("PF-NU", "age=25+")] == HARMONISED
