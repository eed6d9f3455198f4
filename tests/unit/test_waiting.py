"""What a slice that did not come, a hold or a broken mapping stops, and nothing else."""

from dataclasses import replace

import pandas as pd
import pytest

from flows.asking import changes_under_mappings
from flows.gaps import END, FAILED, STOPPED, as_text, never_copied, open_periods
from flows.night import AtHand, Outcome, Waits
from flows.waiting import (
    Wait,
    data_sets_of,
    indicators_waiting,
    waits_for_person,
    waits_for_slices,
    with_years_after,
)
from flows.words import account_line, waiting_lines
from layidu.dhis2.coverage import coverage_of
from layidu.dhis2.sizes import children_of
from layidu.mapping.contracts import (
    Cell,
    Indicator,
    Mappings,
    Measure,
    Populations,
    Series,
    State,
    Variable,
    Weights,
)
from layidu.mapping.depending import reached_by, variables_of, years_after
from layidu.model.frames import METADATA_EVENTS, VARIABLE_CELLS
from layidu.model.slices import Slice, SliceAccount
from layidu.settings import shipped
from tests.warehouse_world import World, uid
from warehouse.events_read import EVENTS_OF_RUNS
from warehouse.holds import Holding
from warehouse.not_copied import ASKED

WORLD = World()
OTHER, YEARLY = uid("Set", 2), uid("Set", 3)
ONE, TWO, PEOPLE = WORLD.element(1), WORLD.element(2), uid("People", 1)
METADATA = WORLD.metadata()
METADATA = replace(
    METADATA,
    data_sets=METADATA.data_sets.iloc[[0, 0, 0]]
    .assign(
        uid=[WORLD.data_set, OTHER, YEARLY],
        name=["SR/PF", "Paludisme", "Population"],
        period_type=["Monthly", "Monthly", "Yearly"],
    )
    .reset_index(drop=True),
    data_set_elements=pd.DataFrame(
        {
            "data_set": [WORLD.data_set, OTHER, YEARLY],
            "data_element": [ONE, TWO, PEOPLE],
            "category_combo": ["Combo"] * 3,
        }
    ).astype("str"),
)


def variable(element: str = "", **more: object) -> Variable:
    cells = {WORLD.source: [Cell(data_element=element)]} if element else {}
    return Variable(name="…", unit="…", cells=cells, **more)  # type: ignore[arg-type]


def indicator(numerator: str, denominator: str | None = None, **more: object) -> Indicator:
    return Indicator(
        name="Indicateur",
        short_name="…",
        definition="…",
        numerator=numerator,
        denominator=denominator,
        unit="…",
        theme="…",
        owner="…",
        source="…",
        **more,  # type: ignore[arg-type]
    )


MAPPINGS = Mappings(
    folder=shipped("mappings"),
    digest="",
    sources={},
    variables={
        "visits": variable(ONE),
        "cases": variable(TWO),
        "people": variable(PEOPLE, period_type="Yearly"),
        "out": variable(derived=State(of="#{cases}", test="zero")),
    },
    indicators={
        "VISITS": indicator("#{visits}"),
        "CASES": indicator("#{cases}", "#{women}"),
        "OUT": indicator("#{out}"),
        "PLAUSIBLE": indicator("#{values_plausible}"),
        "REPORTS": indicator("#{reports_received}"),
        "REPORTS-ONE": indicator("#{reports_received}", data_sets={WORLD.source: [WORLD.data_set]}),
    },
    populations=Populations(
        series={"census": Series(name="…", variable="people", source="…")},
        measures={"women": Measure(name="…", series=["census"], source="…")},
    ),
)


def at_hand(*events: tuple[object, ...]) -> AtHand:
    cells = VARIABLE_CELLS.frame([("visits", WORLD.source, ONE, uid("Combo", 1), "", 0, 999912)])
    frame = METADATA_EVENTS.frame(events)
    return AtHand(WORLD.source, None, METADATA, frame, METADATA_EVENTS.frame(), cells)  # type: ignore[arg-type]


def account(outcome: str) -> SliceAccount:
    asked = Slice(WORLD.source, WORLD.data_set, ("202603",), WORLD.country)
    return SliceAccount(asked, 0, 0, 0, 0, 0, 0, 0, outcome=outcome)  # type: ignore[arg-type]


def holding(kind: str, rest: str, decision: str | None = None, years: list[int] | None = None) -> Holding:
    return Holding(7, kind, f"{WORLD.source}/{rest}", decision, years)  # type: ignore[arg-type]


def test_an_indicator_is_computed_from_what_stands_behind_states_and_populations() -> None:
    found = {code: variables_of(MAPPINGS, one) for code, one in MAPPINGS.indicators.items()}
    assert found["VISITS"] == {"visits"}
    assert found["CASES"] == {"cases", "people"}
    assert found["OUT"] == {"out", "cases"}
    assert reached_by(MAPPINGS, ["cases"]) == ["CASES", "OUT", "PLAUSIBLE"]
    data_sets = {code: data_sets_of(at_hand(), MAPPINGS, one) for code, one in MAPPINGS.indicators.items()}
    assert data_sets["OUT"] == {OTHER}
    assert data_sets["CASES"] == {OTHER, YEARLY}
    assert reached_by(MAPPINGS, ["visits"]) == ["PLAUSIBLE", "VISITS"]
    assert data_sets["PLAUSIBLE"] == {WORLD.data_set, OTHER, YEARLY}
    assert data_sets["REPORTS"] == {WORLD.data_set, OTHER, YEARLY}
    assert data_sets["REPORTS-ONE"] == {WORLD.data_set}


def test_a_slice_that_did_not_come_concerns_its_data_set_and_year() -> None:
    lacking = {WORLD.data_set: {"202512": FAILED, "202601": FAILED, "202602": STOPPED}}
    waits = list(waits_for_slices(at_hand(), lacking, 2026))
    found = indicators_waiting(MAPPINGS, at_hand(), waits, 2026)
    assert set(found) == {
        (code, year) for code in ("PLAUSIBLE", "VISITS", "REPORTS", "REPORTS-ONE") for year in (2025, 2026)
    }
    assert found["VISITS", 2025].startswith("« SR/PF », 202512 : tranche pas arrivée")
    assert STOPPED in found["VISITS", 2026]


def test_a_population_that_did_not_come_concerns_later_years_too() -> None:
    waits = list(waits_for_slices(at_hand(), {YEARLY: {"2024": FAILED}}, 2026))
    found = indicators_waiting(MAPPINGS, at_hand(), waits, 2026)
    assert {key for key in found if key[0] == "CASES"} == {("CASES", year) for year in (2024, 2025, 2026)}
    assert not any(code == "VISITS" for code, _ in found)


@pytest.mark.parametrize(
    ("asked", "codes", "years"),
    [
        (holding("vanished", f"{OTHER}/202512/{WORLD.country}/full", years=[2025]), {"CASES", "OUT"}, {2025}),
        (holding("vanished", f"{OTHER}/202512/{WORLD.country}/full"), set(), set()),  # nothing lacks any more
        (holding("scope", OTHER), {"CASES", "OUT"}, {2025, 2026}),
        (holding("scope", "org_units"), {"CASES", "OUT", "VISITS", "REPORTS-ONE"}, {2025, 2026}),
        (holding("mapping", ONE), {"VISITS"}, {2025, 2026}),
        (holding("mapping", ONE, "rejected"), {"VISITS"}, {2025, 2026}),
        (holding("mapping", uid("Nobody", 1)), set(), set()),
        (holding("scope", "gone"), set(), set()),
    ],
)
def test_a_hold_concerns_what_it_is_about(asked: Holding, codes: set[str], years: set[int]) -> None:
    found = indicators_waiting(
        MAPPINGS, at_hand(), [waits_for_person(at_hand(), asked, range(2025, 2027))], 2026
    )
    assert {code for code, _ in found} - {"REPORTS", "PLAUSIBLE"} == codes
    assert {year for code, year in found if code != "PLAUSIBLE"} == years
    assert all("attente n° 7" in reason for reason in found.values())


def test_what_is_judged_by_the_year_before_waits_for_it_too() -> None:
    found = indicators_waiting(MAPPINGS, at_hand(), [Wait("…", [2025], frozenset({OTHER}))], 2026)
    assert {key for key in found if key[0] in ("OUT", "PLAUSIBLE")} == {
        ("OUT", 2025),
        ("PLAUSIBLE", 2025),
        ("PLAUSIBLE", 2026),
    }
    used = indicator("#{cases}", numerator_weights=Weights(dimension="method", table="use"))
    assert [years_after(one) for one in (*MAPPINGS.indicators.values(), used)] == [0, 0, 0, 1, 0, 0, None]
    assert with_years_after([2023, 2026], None, 2026) == [2023, 2024, 2025, 2026]
    assert with_years_after([2023, 2026], 1, 2026) == [2023, 2024, 2026]
    assert with_years_after([2027], None, 2026) == [2027]


def test_two_reasons_are_both_told() -> None:
    waits = [Wait(reason, [2026], frozenset({OTHER})) for reason in ("une", "deux", "une")]
    found = indicators_waiting(MAPPINGS, at_hand(), waits, 2026)
    assert found["OUT", 2026] == "une ; deux"
    [line] = waiting_lines({"ici": Waits(found)})
    assert line.startswith(
        "en attente, ici : 4 indicateurs (CASES, OUT, PLAUSIBLE, REPORTS), 2026 : une ; deux ; leurs dernières"
    )


@pytest.mark.parametrize(
    ("copied", "open_periods_left"),
    [
        ([], 1),
        ([(WORLD.country, 9)], 1),  # before it failed
        ([(WORLD.country, 11)], 0),
        ([(f"{WORLD.country}!", 11)], 1),
        ([(f"{WORLD.country}!", 11), (WORLD.district(1), 12)], 1),
        ([(f"{WORLD.country}!", 11), (WORLD.district(1), 12), (WORLD.district(2), 9)], 1),
        ([(f"{WORLD.country}!", 11), (WORLD.district(1), 12), (WORLD.district(2), 13)], 0),
    ],
)
def test_a_slice_is_healed_when_later_ones_cover_it_together(
    copied: list[tuple[str, int]], open_periods_left: int
) -> None:
    lacking = ASKED.frame([(WORLD.data_set, WORLD.country, "202603", 10, "failed")])
    numbers = {(branch, "202603"): as_text(key) for branch, key in copied}
    coverage = coverage_of(METADATA, children_of(METADATA.org_units), numbers, END)
    assert len(dict(open_periods(lacking, coverage, {"202603"}))) == open_periods_left
    whole = not list(never_copied(coverage, [WORLD.country], ["202603"]))
    assert whole is (coverage.complete(WORLD.country, "202603") is not None)
    # Outside the window nothing is asked for again: once copied is enough, whenever it was.
    outside = bool(dict(open_periods(lacking, coverage, {"202604"})))
    assert outside is (coverage.complete(WORLD.country, "202603") is None)


def test_changes_under_a_mapping_are_told_and_no_other_change_is() -> None:
    events = (
        ("changed", "data_element", ONE, "Visites", "category_combo: A", "category_combo: B"),
        ("changed", "data_element", ONE, "Visites", "value_type: NUMBER", "value_type: TEXT"),
        ("changed", "data_element", ONE, "Visites", "aggregation_type: SUM", "aggregation_type: AVERAGE"),
        ("changed", "data_element", ONE, "Visites", "code: x", "code: y"),
        ("renamed", "data_element", ONE, "Visites", "Avant", "category_combo: B"),
        ("gone", "data_set_element", uid("Left", 1), "Partie", "SR/PF", None),
        ("gone", "data_set_element", uid("Left", 2), "Jeu disparu", "Ancien jeu", None),
        ("gone", "data_set_element", ONE, "Encore ailleurs", "SR/PF", None),
        ("changed", "data_set_element", TWO, "Cas", "« Palu » : A", "« Palu » : B"),
    )
    found = EVENTS_OF_RUNS.cast(at_hand(*events).events.assign(run=3))
    told = list(changes_under_mappings(found, VARIABLE_CELLS.frame(), at_hand()))
    assert told == [
        (ONE, 3, "il est ventilé autrement (A -> B)"),
        (ONE, 3, "son type de valeur a changé (NUMBER -> TEXT)"),
        (ONE, 3, "son type d'agrégation a changé (SUM -> AVERAGE)"),
        (uid("Left", 1), 3, "il a quitté le jeu de données « SR/PF »"),
        (TWO, 3, "il est ventilé autrement (« Palu » : A -> « Palu » : B)"),
    ]


def test_a_band_that_no_option_combo_gives_any_more_is_told_and_a_merged_one_is_not() -> None:
    old, new, lost = (uid("Combo", number) for number in (1, 2, 3))
    row = ("visits", WORLD.source, ONE)
    before = VARIABLE_CELLS.frame(
        [(*row, combo, band, 0, 999912) for combo, band in ((old, "age=1"), (new, "age=1"), (lost, "age=2"))]
    )
    events = EVENTS_OF_RUNS.frame(
        [
            ("gone", "category_option_combo", combo, name, name, None, 4)
            for combo, name in ((old, "a"), (lost, "b"))
        ]
    )
    now = replace(at_hand(), cells=before[before["category_option_combo"] == new].reset_index(drop=True))
    told = list(changes_under_mappings(events, before, now))
    assert told == [(ONE, 4, "ses combinaisons « b » n'existent plus ou ont changé")]
    moved = EVENTS_OF_RUNS.frame([("added", "combo_option", new, "c", None, "Autre", 4)])
    other = replace(at_hand(), cells=before.assign(disaggregation="age=3"))
    assert list(changes_under_mappings(moved, before, other)) == [
        (ONE, 4, "ses combinaisons « c » n'existent plus ou ont changé")
    ]
    assert list(changes_under_mappings(moved, before, replace(at_hand(), cells=before))) == []


def test_two_looks_that_disagree_are_no_success() -> None:
    outcome = Outcome(accounts=[account("loaded")])
    assert outcome.exit_code == 0
    outcome.accounts.append(replace(account("loaded"), absent=3))
    assert outcome.exit_code == 2
    assert "absentes d'une seule lecture 3" in account_line(outcome.accounts[-1])


def test_what_waits_is_no_success_either() -> None:
    outcome = Outcome(waits={"ici": Waits()})
    assert outcome.exit_code == 0
    outcome.waits["là"] = Waits({("A", 2026): "…"})
    assert outcome.exit_code == 2
    outcome.waits["là"] = Waits({("A", 2026): "…"}, asked=True)
    assert outcome.exit_code == 4
