"""The road back from a value to its cells: every cell, its subtotals, and a shout when they do not add up."""

import pandas as pd

from layidu.report.explanation import LEFT_OUT, POPULATION_TERMS, SOURCE_CELLS, Explained, explain
from tests.report_world import indicators

NAMES = {
    "malaria_rdt_positive": "TDR positifs",
    "malaria_rdt_done": "TDR réalisés",
    "population_at_risk": "Population à risque",
}


def cells(places: int = 3, *, bad: bool = False) -> pd.DataFrame:
    return SOURCE_CELLS.frame(
        (
            part,
            "variable",
            name,
            f"malaria_age={age}",
            f"e{name[:10]}",
            f"élément {name}",
            f"c{age}",
            age,
            f"uCscom{place:05d}",
            f"CSCom {place:05d}",
            "202603",
            "1,5" if bad and place == 0 and part == "numerator" else str(amount),
            None if bad and place == 0 and part == "numerator" else float(amount),
            1.0,
        )
        for part, name, amount in (
            ("numerator", "malaria_rdt_positive", 2),
            ("denominator", "malaria_rdt_done", 10),
        )
        for age in ("0-4", "5-14")
        for place in range(places)
    )


def explained(
    numerator: float, denominator: float, code: str = "PAL-TPR", period: str = "202603"
) -> Explained:
    return Explained(
        code=code,
        indicator=indicators()[code],
        org_unit_path=("Mali", "Koulikoro", "Kangaba"),
        org_unit_uid="uKangaba001",
        period=period,
        numerator=numerator,
        denominator=denominator,
        value=numerator / denominator * 100,
        status="computed",
        completeness=0.913,
        names=NAMES,
    )


def test_every_cell_is_listed_and_the_sums_are_the_parts() -> None:
    text = explain(explained(12.0, 60.0), cells(), POPULATION_TERMS.frame())
    for words in (
        "PAL-TPR · Taux de positivité",
        "Mali › Koulikoro › Kangaba [uKangaba001]",
        "mars 2026",
        "valeur       20,0 %",
        "calcul       12 ÷ 60 × 100",
        "statut       calculé",
        "complétude   91\u00a0%",
        "« TDR positifs »",
        "TDR positifs (malaria_age : 0-4) [malaria_rdt_positive]",
        "somme : 12 (6\u00a0lignes) = numérateur, vérifié",
        "somme : 60 (6\u00a0lignes) = dénominateur, vérifié",
    ):
        assert words in text, words
    assert text.count("CSCom ") == 12
    assert "ATTENTION" not in text


def test_a_difference_is_shouted() -> None:
    text = explain(explained(13.0, 60.0), cells(), POPULATION_TERMS.frame())
    assert "ATTENTION : la somme des cellules (12) n'est pas le numérateur calculé" in text
    assert "écart de \u22121" in text
    assert "somme : 60 (6\u00a0lignes) = dénominateur, vérifié" in text


def test_a_text_that_is_no_number_is_said() -> None:
    text = explain(explained(8.0, 60.0), cells(bad=True), POPULATION_TERMS.frame())
    assert "1,5" in text
    assert text.count("1\u00a0cellule sans nombre, hors du calcul") == 2
    assert "somme : 8 (6\u00a0lignes) = numérateur, vérifié" in text


def test_long_lists_are_cut_and_counted_but_the_sums_are_whole() -> None:
    value = explained(2.0 * 2 * 1000, 10.0 * 2 * 1000)
    cut = explain(value, cells(1000), POPULATION_TERMS.frame(), limit=5)
    assert cut.count("CSCom ") == 10
    assert "995\u00a0cellules de plus" in cut
    assert "1\u202f000\u00a0cellules de plus" in cut
    assert cut.count("vérifié") == 2
    whole = explain(value, cells(1000), POPULATION_TERMS.frame(), limit=None)
    assert whole.count("CSCom ") == 4000
    assert "de plus" not in whole


def test_populations_are_person_time() -> None:
    people = POPULATION_TERMS.frame(
        (
            "denominator",
            "population_at_risk",
            "dhis2",
            f"u{n}",
            f"District {n}",
            month,
            36500.0,
            0.5,
            days,
            1.0,
        )
        for n in (1, 2)
        for month, days in (("202601", 31.0), ("202602", 28.0), ("202603", 31.0))
    )
    numerator = SOURCE_CELLS.cast(cells()[cells()["part"] == "numerator"])
    text = explain(explained(12.0, 36500 * 0.5 * 90 / 365 * 2, "PAL-INC", "2026Q1"), numerator, people)
    assert "36\u202f500 × 0,5 × 31 ÷ 365" in text
    assert "sous-total : 9\u202f000 (6\u00a0lignes)" in text
    assert "somme : 9\u202f000 (6\u00a0lignes) = dénominateur, vérifié" in text
    flat = POPULATION_TERMS.frame(
        [("denominator", "population_at_risk", "dhis2", "u", "D", "2026", 1000.0, 0.2, None, 1.0)]
    )
    assert "somme : 200 (1\u00a0ligne)" in explain(explained(12.0, 200.0), numerator, flat)


def test_no_cells_at_all_is_not_zero() -> None:
    text = explain(explained(float("nan"), 60.0), SOURCE_CELLS.cast(cells()[cells()["part"] == "denominator"]),
                   POPULATION_TERMS.frame())  # fmt: skip
    assert "Numérateur = –" in text
    assert "manquant n'est pas zéro" in text


def test_names_cannot_speak_to_the_terminal() -> None:
    frame = SOURCE_CELLS.cast(
        cells().assign(org_unit_name="\x1b[2J", data_element_name="a\rb", value="\x072")
    )
    assert not set(explain(explained(12.0, 60.0), frame, POPULATION_TERMS.frame())) & set("\x1b\r\x07")


def test_cells_left_out_by_a_correction_are_counted_and_never_added() -> None:
    aside = LEFT_OUT.cast(cells(1).head(1).assign(value="999999", number=999999.0, reason="faute de frappe"))
    text = explain(explained(12.0, 60.0), cells(), POPULATION_TERMS.frame(), left_out=aside)
    assert "Hors du calcul, par correction déclarée : 1\u00a0cellule" in text
    assert "« 999999 » ; faute de frappe" in text
    assert text.count("vérifié") == 2
