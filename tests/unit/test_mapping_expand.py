"""Declared cells become source cells, and indicators become sums, on a small server of three data elements."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from layidu.mapping.checker import check_against, check_declarations
from layidu.mapping.contracts import Mappings
from layidu.mapping.expand import expand_cells, expand_terms, explain_formula, terms_digest
from layidu.mapping.reader import read_mappings
from layidu.model import frames
from layidu.model.metadata import Metadata, ServerInfo

SET = "DataSetAAA1"
USERS, UNITS, VISITS, NOTES = "Elem0Users1", "Elem0Units1", "Elem0Visit1", "Elem0Notes1"
PILL, IMPLANT, NATURAL = "OptMethPil1", "OptMethImp1", "OptMethNat1"
YOUNG, OLD, UNKNOWN = "OptAge15241", "OptAge25001", "OptAgeUnkn1"

FILES = {
    "sources.yaml": f"mali:\n  data_sets: [{SET}]\n",
    "disaggregations.yaml": """
age: {name: Âge, bands: {15-24: {name: 15-24}, 25+: {name: 25 et plus}, unknown: {name: inconnu}}}
method: {name: Méthode, bands: {pill: {name: Pilule}, implant: {name: Implant}}}
product: {name: Produit, bands: {coc: {name: COC}, jadelle: {name: Jadelle}}}
""",
    "methods.yaml": """
default_factor_set: 2022
methods:
  coc: {name: COC, unit: cycle, cyp: {2022: 0.1, 2011: 0.2}, source: x}
  jadelle: {name: Jadelle, unit: insertion, cyp: {2022: 4, 2011: 3}, source: x}
""",
    "populations.yaml": """
series: {census: {name: RGPH, totals: {ML: 100}, base_year: 2022, source: x}}
measures: {women: {name: Femmes, series: [census], share: 0.22, source: x}}
""",
    "variables/fp.yaml": f"""
new_users:
  name: Nouvelles utilisatrices
  unit: personnes
  dimensions: [method, age]
  cells:
    mali:
    - data_element: {USERS}
      bands:
        method: {{{PILL}: pill, {IMPLANT}: implant}}
        age: {{{YOUNG}: 15-24, {OLD}: 25+, {UNKNOWN}: unknown}}
units:
  name: Unités remises
  unit: unités
  dimensions: [product]
  cells: {{mali: [{{data_element: {UNITS}, bands: {{product: {{{PILL}: coc, {IMPLANT}: jadelle}}}}}}]}}
visits:
  name: Visites
  unit: visites
  cells: {{mali: [{{data_element: {VISITS}, valid_from: 202401}}]}}
absent: {{name: Absente, unit: x, cells: {{mali: null}}}}
""",
}
INDICATOR = """{code}:
  name: {code}
  short_name: {code}
  definition: d
  unit: u
  theme: t
  owner: o
  source: s
  {more}
"""


def indicator(code: str, **keys: object) -> str:
    return INDICATOR.format(code=code, more="\n  ".join(f"{key}: {value}" for key, value in keys.items()))


def declared(tmp_path: Path, *indicators: str, **replaced: str) -> Mappings:
    """The declarations above with these indicators; `variables__fp` replaces variables/fp.yaml."""
    files = {**FILES, "indicators/fp.yaml": "".join(indicators)}
    files.update({f"{name.replace('__', '/')}.yaml": text for name, text in replaced.items()})
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_mappings(tmp_path)


@pytest.fixture(scope="module")
def server() -> Metadata:
    methods, ages = {PILL: "Pilule", IMPLANT: "Implant", NATURAL: "Naturelle"}, {YOUNG: "15-24", OLD: "25+"}
    combos = [(f"Mx{m[-4:]}x{a[-4:]}", "ComboMxAge1", m, a) for m in methods for a in ages]
    plain = [(f"Method{m[-5:]}", "ComboMethod", m, None) for m in (PILL, IMPLANT)]
    options: list[tuple[str, str, str, str, str, str]] = []
    for combo, _, method, age in [*combos, *plain]:
        options.append((combo, "CatMethod01", "Méthode", method, method, methods[method]))
        if age:
            options.append((combo, "CatAge00001", "Âge", age, age, ages[age]))
    elements = [(USERS, "INTEGER"), (UNITS, "NUMBER"), (VISITS, "INTEGER"), (NOTES, "TEXT")]
    return Metadata(
        source="mali",
        server=ServerInfo(
            "http://localhost",
            "2.42.5",
            "iso8601",
            datetime(2026, 4, 8),  # noqa: DTZ001 - a server's own clock has no zone
            "Etc/UTC",
            0.0,
            None,
        ),
        user_org_units=(),
        org_units=frames.ORG_UNITS.frame(),
        data_elements=frames.DATA_ELEMENTS.frame(
            [(uid, uid, uid, uid, kind, "SUM", True, "DefaultComb", None) for uid, kind in elements]
        ),
        category_option_combos=frames.CATEGORY_OPTION_COMBOS.frame(
            [(combo, combo, combo, category_combo) for combo, category_combo, _, _ in [*combos, *plain]]
            + [("DefaultOpt1", "default", "default", "DefaultComb")]
        ),
        combo_options=frames.COMBO_OPTIONS.frame(options),
        data_sets=frames.DATA_SETS.frame([(SET, "S", "S", "S", "Monthly", "DefaultComb", 15, 0, 0)]),
        data_set_elements=frames.DATA_SET_ELEMENTS.frame(
            [
                (SET, USERS, "ComboMxAge1"),
                (SET, UNITS, "ComboMethod"),
                (SET, VISITS, "DefaultComb"),
                (SET, NOTES, "DefaultComb"),
            ]
        ),
        data_set_assignments=frames.DATA_SET_ASSIGNMENTS.frame(),
        option_values=pd.DataFrame({"option_set": [], "code": []}, dtype="str"),
    )


NU = indicator(
    "NU", numerator='"#{new_users}"', disaggregations="[{dimensions: [method]}, {dimensions: [age, method]}]"
)
CYPR = indicator(
    "CYPR",
    numerator='"#{units}"',
    numerator_weights="{dimension: product, table: cyp}",
    denominator='"#{women}"',
    annualised="true",
    factor=1000,
    disaggregations="[{dimensions: [product]}]",
)


def test_cells_take_the_bands_of_their_combos(tmp_path: Path, server: Metadata) -> None:
    cells, _ = expand_cells(declared(tmp_path), "mali", server)
    frames.VARIABLE_CELLS.check(cells)
    users = cells[cells["variable"] == "new_users"]
    assert sorted(users["disaggregation"]) == [
        "age=15-24|method=implant",
        "age=15-24|method=pill",
        "age=25+|method=implant",
        "age=25+|method=pill",
    ]
    visits = cells[cells["variable"] == "visits"].iloc[0]
    assert (visits["category_option_combo"], visits["disaggregation"]) == ("DefaultOpt1", "")
    assert (visits["valid_from"], visits["valid_to"]) == (202401, 999912)


def test_an_option_without_a_band_is_named_and_left_out(tmp_path: Path, server: Metadata) -> None:
    cells, problems = expand_cells(declared(tmp_path), "mali", server)
    natural = [problem for problem in problems if problem.code == "option-without-band"]
    assert len(natural) == 1  # one option, not one per combo
    assert "Naturelle" in natural[0].found
    assert natural[0].path == "new_users.cells.mali[0].bands.method"
    assert natural[0].place is not None
    assert not cells["category_option_combo"].str.contains("Nat1").any()


def test_a_variable_nobody_mapped_is_said_to_be_so(tmp_path: Path, server: Metadata) -> None:
    _, problems = expand_cells(declared(tmp_path), "mali", server)
    (absent,) = [problem for problem in problems if problem.code == "variable-not-mapped"]
    assert "« Absente » non cartographiée" in absent.found


def test_an_element_in_no_pulled_data_set_is_named(tmp_path: Path, server: Metadata) -> None:
    text = "a: {name: A, unit: x, cells: {mali: [{data_element: Elem0Other1, label: Autre}]}}\n"
    cells, problems = expand_cells(declared(tmp_path, variables__fp=text), "mali", server)
    assert cells.empty
    assert [problem.code for problem in problems] == ["element-not-pulled"]
    assert "Elem0Other1 (Autre)" in problems[0].found


def terms_of(mappings: Mappings, server: Metadata) -> pd.DataFrame:
    terms = expand_terms(mappings, expand_cells(mappings, "mali", server)[0])
    return frames.TERMS.check(terms)


def taken(terms: pd.DataFrame, disaggregation: str, part: str) -> dict[str, float]:
    chosen = terms[(terms["disaggregation"] == disaggregation) & (terms["part"] == part)]
    return dict(zip(chosen["filter"], chosen["coefficient"], strict=True))


def test_a_total_takes_every_sum_once_and_a_band_its_own(tmp_path: Path, server: Metadata) -> None:
    terms = terms_of(declared(tmp_path, NU), server)
    assert len(taken(terms, "", "numerator")) == 4
    assert taken(terms, "method=pill", "numerator") == {"age=15-24|method=pill": 1, "age=25+|method=pill": 1}
    assert taken(terms, "age=25+|method=implant", "numerator") == {"age=25+|method=implant": 1}
    assert "age=unknown|method=pill" not in set(terms["disaggregation"])  # declared, and no cell has it


def test_weights_and_population_parts(tmp_path: Path, server: Metadata) -> None:
    terms = terms_of(declared(tmp_path, CYPR), server)
    assert taken(terms, "", "numerator") == {"product=coc": 0.1, "product=jadelle": 4}
    assert taken(terms, "product=jadelle", "numerator") == {"product=jadelle": 4}
    women = terms[terms["part"] == "denominator"]
    assert set(women["kind"]) == {"population"}
    assert set(women["filter"]) == {""}
    assert set(women["disaggregation"]) == {"", "product=coc", "product=jadelle"}
    older = terms_of(declared(tmp_path, CYPR.replace("table: cyp", "table: cyp, factor_set: 2011")), server)
    assert taken(older, "", "numerator") == {"product=coc": 0.2, "product=jadelle": 3}


def test_a_denominator_is_restricted_where_it_knows_the_dimension(tmp_path: Path, server: Metadata) -> None:
    share = indicator(
        "J",
        numerator='"#{new_users|age=15-24}"',
        denominator='"#{new_users|age!=unknown} + 2 * #{visits}"',
        disaggregations="[{dimensions: [method]}]",
    )
    terms = terms_of(declared(tmp_path, share), server)
    assert taken(terms, "", "numerator") == {"age=15-24|method=implant": 1, "age=15-24|method=pill": 1}
    assert len(taken(terms, "", "denominator")) == 5
    assert taken(terms, "method=pill", "denominator") == {
        "": 2,  # visits know no method: their total
        "age=15-24|method=pill": 1,
        "age=25+|method=pill": 1,
    }


def test_a_sum_with_a_missing_variable_is_no_sum(tmp_path: Path, server: Metadata) -> None:
    gap = indicator("G", numerator='"#{visits} + #{absent}"')
    under = indicator("U", numerator='"#{visits}"', denominator='"#{absent}"')
    terms = terms_of(declared(tmp_path, gap, under), server)
    assert set(terms["indicator"]) == {"U"}
    assert set(terms["part"]) == {"numerator"}
    text = FILES["variables/fp.yaml"].replace("cells: {mali: null}", "cells: {mali: []}")
    assert set(terms_of(declared(tmp_path, gap, variables__fp=text), server)["indicator"]) == {"G"}


def test_terms_named_twice_add_up(tmp_path: Path, server: Metadata) -> None:
    twice = indicator("T", numerator='"3 * #{visits} - #{visits}"')
    assert taken(terms_of(declared(tmp_path, twice), server), "", "numerator") == {"": 2}


def test_completeness_counts_the_data_sets_of_the_indicator(tmp_path: Path, server: Metadata) -> None:
    complete = indicator("DQ", numerator='"#{reports_received}"', denominator='"#{reports_expected}"')
    terms = terms_of(declared(tmp_path, complete), server)
    assert taken(terms, "", "numerator") == {f"data_set={SET}": 1}
    assert set(terms["name"]) == {"reports_received", "reports_expected"}


def test_no_indicator_gives_an_empty_frame(tmp_path: Path, server: Metadata) -> None:
    assert terms_of(declared(tmp_path), server).empty


def test_the_digest_follows_the_terms_and_not_their_order(tmp_path: Path, server: Metadata) -> None:
    terms = terms_of(declared(tmp_path, CYPR, NU), server)
    assert terms_digest(terms.sample(frac=1, random_state=1)) == terms_digest(terms)
    assert terms_digest(terms.assign(coefficient=terms["coefficient"] * 2)) != terms_digest(terms)


def test_a_formula_in_words(tmp_path: Path) -> None:
    mappings = declared(
        tmp_path, CYPR, indicator("D", numerator='"#{visits} - 2 * #{new_users|age!=unknown}"')
    )
    assert explain_formula(mappings.indicators["CYPR"], mappings) == (
        "(somme de (Unités remises) × facteur CAP par produit) ÷ "
        "(Femmes (personnes-temps : population × jours / 365)) × 1000"
    )
    assert explain_formula(mappings.indicators["D"]) == "visits − 2 × new_users [age hors unknown]"


# --- the checks ----------------------------------------------------------------------------------------------------
def codes(mappings: Mappings) -> set[str]:
    return {problem.code for problem in check_declarations(mappings)}


def test_sound_declarations_have_only_the_warning_about_unused_variables(tmp_path: Path) -> None:
    assert codes(declared(tmp_path, NU, CYPR)) == {"unused-variable", "no-source"}


@pytest.mark.parametrize(
    ("keys", "code", "near"),
    [
        ({"numerator": '"#{new_user}"'}, "unknown-name", "new_users"),
        ({"numerator": '"#{new_users|ages=15-24}"'}, "unknown-name", "age"),
        ({"numerator": '"#{new_users|age=15-25}"'}, "unknown-name", "15-24"),
        ({"numerator": '"#{visits} * 3"'}, "expression", None),
        ({"numerator": '"#{visits}"', "annualised": "true"}, "annualised-without-population", None),
        ({"numerator": '"#{visits}"', "denominator": '"#{women}"'}, "population-not-annualised", None),
        (
            {"numerator": '"#{visits}"', "disaggregations": "[{dimensions: [methode]}]"},
            "unknown-name",
            "method",
        ),
        ({"numerator": '"#{visits}"', "disaggregations": "[{dimensions: [age]}]"}, "unknown-name", None),
        ({"numerator": '"#{visits}"', "data_sets": "{mali: [DataSetAAB1]}"}, "unknown-name", SET),
        ({"numerator": '"#{visits}"', "data_sets": "{mal: []}"}, "unknown-name", "mali"),
        (
            {
                "numerator": '"#{units}"',
                "numerator_weights": "{dimension: product, table: cyp, factor_set: 1999}",
            },
            "no-factor",
            None,
        ),
    ],
)
def test_a_wrong_indicator_is_named_where_it_stands(
    tmp_path: Path, keys: dict[str, str], code: str, near: str | None
) -> None:
    mappings = declared(tmp_path, indicator("BAD", **keys))
    problem = next(one for one in check_declarations(mappings) if one.severity == "error")
    assert (problem.code, problem.near) == (code, near)
    assert problem.place is not None
    assert problem.place.line > 1


def test_the_column_of_an_expression_points_at_the_slip(tmp_path: Path) -> None:
    mappings = declared(tmp_path, indicator("BAD", numerator='"#{visits} / 2"'))
    problem = next(one for one in check_declarations(mappings) if one.code == "expression")
    assert problem.place is not None
    line = (
        (tmp_path / "indicators" / "fp.yaml").read_text(encoding="utf-8").splitlines()[problem.place.line - 1]
    )
    assert line[problem.place.column - 1 :].startswith("/ 2")


def test_names_and_time_rules(tmp_path: Path) -> None:
    one = indicator("A", numerator='"#{visits}"')
    assert "name-not-unique" in codes(
        declared(tmp_path, one, indicator("B", numerator='"#{visits}"').replace("name: B", "name: A"))
    )
    text = FILES["variables/fp.yaml"].replace("unit: visites", "unit: visites\n  over_time: last")
    assert "summed-over-time" in codes(declared(tmp_path, one, variables__fp=text))
    last = indicator("A", numerator='"#{visits}"', over_time="last")
    assert "summed-over-time" not in codes(declared(tmp_path, last, variables__fp=text))
    yearly = FILES["variables/fp.yaml"].replace("unit: visites", "unit: visites\n  period_type: Yearly")
    assert "yearly-variable" in codes(declared(tmp_path, one, variables__fp=yearly))


def test_a_cell_twice_in_the_same_months(tmp_path: Path) -> None:
    cells = "{{data_element: Elem0Visit1{}}}, {{data_element: Elem0Visit1{}}}"
    text = "a: {{name: A, unit: x, cells: {{mali: [" + cells + "]}}}}\n"
    assert "cell-twice" in codes(declared(tmp_path, variables__fp=text.format("", "")))
    dated = text.format(", valid_to: 202412", ", valid_from: 202501")
    assert "cell-twice" not in codes(declared(tmp_path, variables__fp=dated))
    assert "validity" in codes(
        declared(tmp_path, variables__fp=text.format(", valid_from: 202501, valid_to: 202412", ""))
    )


def test_publications_plan_and_commitments_name_what_exists(tmp_path: Path) -> None:
    publication = "P: {target: nali, name: P, short_name: P, code: P, indicators: [NU, NU, NUU]}\n"
    plan = (
        "name: P\ndocument: d\nfirst_year: 2025\nlast_year: 2026\n"
        "phasings: {halves: {name: h, shares: {2025: 0.5, 2026: 0.9}, source: s}}\n"
        "lines:\n  L: {label: L, printed: L, sector: s, quantity: 1, quantity_from: chiffre imprimé, unit: u, "
        "responsible: null, printed_in: [V], calculation: c, phasing: halvs, companions: [NUX], source: s}\n"
    )
    found = check_declarations(
        declared(tmp_path, NU, publications=publication, commitments__caeb_2025_2027=plan)
    )
    errors = {(problem.path, problem.near) for problem in found if problem.severity == "error"}
    assert errors == {
        ("P.target", "mali"),
        ("P.indicators", None),  # NU twice
        ("P.indicators", "NU"),
        ("phasings.halves", None),
        ("plan.lines.L.phasing", "halves"),
        ("L.companions", "NU"),
    }


def test_against_a_server(tmp_path: Path, server: Metadata) -> None:
    text = (
        f"a: {{name: A, unit: x, cells: {{mali: [{{data_element: {NOTES}}}]}}}}\n"
        f"b:\n  name: B\n  unit: x\n  dimensions: [product]\n  cells:\n    mali:\n    - data_element: {UNITS}\n"
        f"      bands: {{product: {{{PILL}: coc, OptMethImp2: jadelle}}}}\n"
    )
    sources = f"mali:\n  data_sets: [{SET}, DataSetBBB1]\n"
    mappings = declared(tmp_path, sources=sources, variables__fp=text)
    found = {problem.code: problem for problem in check_against(mappings, "mali", server)}
    assert set(found) == {
        *("data-set-not-visible", "data-set-not-assigned", "unnamed-elements"),
        *("not-numeric", "unknown-option", "option-without-band"),
    }
    assert found["unknown-option"].near == IMPLANT
    assert found["not-numeric"].path == "a.cells.mali[0].data_element"
