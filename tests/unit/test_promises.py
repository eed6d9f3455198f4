"""How a commitment gets its colour: measures of places, milestones with evidence, and the roll-up."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from layidu.compute.commitments import Known, assess_commitments
from layidu.compute.observation import Observation, measured
from layidu.compute.places import Place, country, group_place
from layidu.compute.roll_up import roll_up
from layidu.compute.trajectory import due_share
from layidu.mapping.contracts import Mappings
from layidu.mapping.promises import (
    Commitment,
    GroupMember,
    MeasuredBy,
    OrgUnitGroup,
    Phasing,
    ProcessIndicator,
    ProcessPart,
    ResultIndicator,
    Target,
)
from layidu.model import frames
from layidu.model.promise_frames import EVIDENCE
from tests.spec.worked_examples import THRESHOLDS, indicator, small_tree

ON = date(2026, 4, 8)
TREE = small_tree(["A", "B", "C"])  # org unit 1, and 2, 3, 4 below it
CODES = {"A": 2, "B": 3, "C": 4, "D": 1}
STOCK = indicator(denominator="-", factor=100, unit="%")
COUNT = indicator(unit="femmes")


def group(*members: GroupMember | str) -> OrgUnitGroup:
    listed = [one if isinstance(one, GroupMember) else GroupMember(code=one) for one in members]
    return OrgUnitGroup(name="Zones", members=listed, source="x")


def results(*rows: tuple[int, str, float, float | None, float]) -> pd.DataFrame:
    """Org unit, month, numerator, denominator, completeness of the indicator X."""
    return frames.RESULTS.frame(
        [
            ("X", "", unit, month, above, below, above, "computed", complete)
            for unit, month, above, below, complete in rows
        ]
    )


def observed(frame: pd.DataFrame, place: Place, by: MeasuredBy | None = None, **declared: Any) -> Observation:
    by = by or MeasuredBy(indicator="X", source="x")
    return measured(by, declared.get("of", STOCK), frame, place, THRESHOLDS, declared.get("on", ON))


def test_a_group_is_its_members_of_the_month() -> None:
    until = GroupMember(code="A", valid_to="202512")
    assert group_place("Z", group("B", until), CODES, TREE, "202512").org_units == (2, 3)
    assert group_place("Z", group("B", until), CODES, TREE, "202601").org_units == (3,)
    assert "aucun lieu" in group_place("Z", group(until), CODES, TREE, "202601").refused
    assert country(TREE).org_units == (1,)


def test_a_group_that_nobody_listed_is_unknown_and_none_of_it_counts_twice() -> None:
    unknown = OrgUnitGroup(name="Zones", members=None, source="x")
    assert "liste des lieux non déclarée" in group_place("Z", unknown, CODES, TREE, "202601").refused
    assert "inconnus de DHIS2 : Q" in group_place("Z", group("A", "Q"), CODES, TREE, "202601").refused
    assert group_place("Z", group("D", "B"), CODES, TREE, "202601").org_units == (1,)  # B is in D
    named = group().model_copy(update={"name_starts": ["A", "C"]})
    assert group_place("Z", named, CODES, TREE, "202601").org_units == (2, 4)


def test_parts_of_a_place_are_summed_and_divided_never_averaged() -> None:
    place = group_place("Z", group("A", "B"), CODES, TREE, "202603")
    found = observed(
        results((2, "202603", 9, 10, 1.0), (3, "202603", 10, 90, 0.9), (4, "202603", 99, 99, 1.0)), place
    )
    assert (found.value, found.numerator, found.denominator) == (19.0, 19.0, 100.0)
    assert (found.date, found.completeness, found.refused) == ("202603", 0.9, "")
    assert found.at == 2025.25  # the end of March, by ended months


def test_a_member_without_a_value_makes_the_place_less_complete_not_smaller() -> None:
    place = group_place("Z", group("A", "B", "C"), CODES, TREE, "202603")
    found = observed(results((2, "202603", 9, 10, 1.0)), place)
    assert found.completeness == pytest.approx(1 / 3)
    assert found.refused == "complétude de 33 %, il en faut 60 %"
    assert found.value == 90.0  # shown, not judged


@pytest.mark.parametrize(
    ("frame", "refused"),
    [
        (results(), "aucune période calculée"),
        (results((1, "202604", 1, 2, 1.0)), "aucune période calculée"),  # April runs
        (results((1, "202603", 1, 0, 1.0)), "dénominateur nul"),
        (results((1, "202603", 1, 2, float("nan"))), "complétude inconnue"),
        (
            results((1, "202603", 1, 2, 1.0)).assign(status="denominator incomplete"),
            "dénominateur non utilisable",
        ),
    ],
)
def test_a_measure_that_may_not_be_judged_says_why(frame: pd.DataFrame, refused: str) -> None:
    assert refused in observed(frames.RESULTS.cast(frame), country(TREE)).refused


def test_an_indicator_of_quarters_is_read_by_quarters_and_months_come_first() -> None:
    quarters = [
        (1, "2025Q4", 1, 2, 1.0),
        (1, "2026Q1", 3, 4, 1.0),
        (1, "2026Q2", 9, 9, 1.0),
        (1, "2025", 5, 9, 1.0),
    ]
    found = observed(results(*quarters), country(TREE))
    assert (found.date, found.value, found.at) == ("2026Q1", 75.0, 2025.25)
    assert observed(results(*quarters, (1, "202602", 1, 4, 1.0)), country(TREE)).date == "202602"
    assert observed(results((1, "2025", 5, 10, 1.0)), country(TREE)).date == "2025"


def test_continuity_compares_the_same_month_of_the_units_that_have_both() -> None:
    by = MeasuredBy(indicator="X", against="year-before", source="x")
    place = group_place("Z", group("A", "B", "C"), CODES, TREE, "202603")
    frame = results(
        (2, "202603", 30, None, 1.0),
        (3, "202603", 60, None, 1.0),
        (4, "202603", 500, None, 1.0),  # had nothing a year ago
        (2, "202503", 60, None, 1.0),
        (3, "202503", 60, None, 1.0),
    )
    found = observed(frame, place, by, of=COUNT)
    assert (found.value, found.numerator, found.denominator) == (75.0, 90.0, 120.0)
    assert found.completeness == pytest.approx(2 / 3)
    assert found.unit == "%"
    alone = observed(results((2, "202603", 30, None, 1.0)), place, by, of=COUNT)
    assert alone.refused == "pas de période comparable : 202503"


def declared(*processes: ProcessIndicator, **results_: ResultIndicator) -> Mappings:
    commitment = Commitment(
        label="E",
        type="x",
        results=results_,
        processes={f"I{number}": one for number, one in enumerate(processes, start=1)},
        source="x",
    )
    return Mappings(
        folder=Path(),
        digest="",
        sources={},
        thresholds=THRESHOLDS,
        commitments={"E": commitment},
        indicators={"X": STOCK},
    )


def process(**changes: Any) -> ProcessIndicator:
    given = {
        "label": "P",
        "questionnaire": None,
        "block": "MED",
        "calculation": ["EVID"],
        "milestones": "budget",
    }
    return ProcessIndicator(**{**given, "source": "x", **changes})


def shown(*rows: tuple[str, str, date, str | None]) -> pd.DataFrame:
    """Object, milestone, day, who validated it (a day later)."""
    return EVIDENCE.frame(
        [
            (name, milestone, pd.Timestamp(day), "Arrêté", by, pd.Timestamp(day) if by else None)
            for name, milestone, day, by in rows
        ]
    )


def status(mappings: Mappings, known: Known, code: str, on: date = ON) -> "pd.Series[Any]":
    rows = assess_commitments(mappings, known, on=on)
    return rows.set_index("code").loc[code]


def known_by(evidence: pd.DataFrame, frame: pd.DataFrame | None = None) -> Known:
    everywhere = {"": country(TREE)}
    found = frames.RESULTS.frame() if frame is None else frame
    return replace(Known.nothing(), evidence=evidence, results=found, places=everywhere)


def test_the_furthest_validated_milestone_counts() -> None:
    early, late = date(2025, 6, 1), date(2026, 2, 1)
    evidence = shown(
        ("I1", "ligne dotée", early, "Comité"),
        ("I1", "plaidoyer", late, "Comité"),
        ("I1", "exécutée", late, None),
    )
    row = status(declared(process()), known_by(evidence), "I1")
    assert (row["colour"], row["value"], row["value_date"]) == ("GREEN", 0.8, "2025-06-01")
    assert "Arrêté ; validé par Comité le 01/06/2025" in row["value_source"]
    assert row["gap"] == pytest.approx(-0.2)


@pytest.mark.parametrize(
    ("milestone", "colour"),
    [("plaidoyer", "RED"), ("ligne créée", "YELLOW"), ("ligne dotée", "GREEN"), ("exécutée", "GREEN")],
)
def test_milestones_have_the_colours_of_the_thresholds(milestone: str, colour: str) -> None:
    """Advocacy alone cannot make « ligne budgétaire créée » anything but red: contradiction C13."""
    evidence = shown(("I1", milestone, date(2026, 2, 1), "Comité"))
    assert status(declared(process()), known_by(evidence), "I1")["colour"] == colour


def test_evidence_ages_waits_for_validation_and_may_be_of_no_scale() -> None:
    old = shown(("I1", "exécutée", date(2025, 2, 28), "Comité"))
    assert status(declared(process()), known_by(old), "I1", date(2026, 3, 31))["colour"] == "GREEN"
    row = status(declared(process()), known_by(old), "I1", date(2026, 4, 1))
    assert row["colour"] == "GREY"
    assert "donnée trop ancienne : 28/02/2025" in row["reason"]
    waiting = shown(("I1", "exécutée", date(2026, 2, 1), None), ("I1", "adopté", date(2026, 2, 1), "Comité"))
    row = status(declared(process()), known_by(waiting), "I1")
    assert (row["colour"], row["reason"]) == (
        "GREY",
        "aucune preuve validée : la saisir (layidu template evidence) ; 1 saisie(s) en attente de validation",
    )
    tomorrow = shown(("I1", "exécutée", date(2026, 4, 9), "Comité"))
    assert status(declared(process()), known_by(tomorrow), "I1")["colour"] == "GREY"


def test_a_process_with_parts_is_as_good_as_its_parts() -> None:
    parts = {
        "A": ProcessPart(label="a", milestones="document", source="x"),
        "B": ProcessPart(label="b", milestones="activité", source="x"),
    }
    mappings = declared(process(parts=parts))
    day = date(2026, 2, 1)

    def colours(*rows: tuple[str, str, date, str | None]) -> list[str]:
        rows_ = assess_commitments(mappings, known_by(shown(*rows)), on=ON).set_index("code")
        return [str(rows_.loc[code, "colour"]) for code in ("I1", "A", "B")]

    done, half = ("A", "mis en œuvre", day, "C"), ("B", "démarrée", day, "C")
    assert colours(done, ("B", "réalisée avec preuve", day, "C")) == ["GREEN", "GREEN", "GREEN"]
    assert colours(done, half) == ["YELLOW", "GREEN", "YELLOW"]
    assert colours(done) == ["GREY", "GREEN", "GREY"]
    assert colours(("A", "planifié", day, "C")) == ["RED", "RED", "GREY"]
    row = status(mappings, known_by(shown(done)), "A")
    assert (row["kind"], row["parent"], row["commitment"]) == ("part", "I1", "E")


def test_a_measure_comes_first_and_milestones_speak_where_it_is_grey() -> None:
    by = MeasuredBy(indicator="X", aim=100, source="x")
    mappings = declared(process(measured_by=by))
    evidence = shown(("I1", "exécutée", date(2026, 2, 1), "Comité"))
    told = status(mappings, known_by(evidence, results((1, "202603", 70, 100, 0.9))), "I1")
    assert (told["colour"], told["value"], told["target"], told["unit"]) == ("YELLOW", 70.0, 100.0, "%")
    assert (told["numerator"], told["denominator"], told["completeness"]) == (70.0, 100.0, 0.9)
    assert told["reason"].endswith("(cible proposée)")
    silent = status(mappings, known_by(evidence, results((1, "202603", 70, 100, 0.3))), "I1")
    assert silent["colour"] == "GREEN"
    assert "mesure : complétude de 30 %" in silent["reason"]
    neither = status(mappings, known_by(shown(), results((1, "202511", 70, 100, 0.9))), "I1")
    assert neither["colour"] == "GREY"
    assert "donnée trop ancienne : 202511, il y a 5 mois ; 4 au plus ; preuves : aucune" in neither["reason"]


def test_without_an_aim_a_measure_is_shown_and_not_judged() -> None:
    by = MeasuredBy(indicator="X", source="x")
    row = status(
        declared(process(measured_by=by)), known_by(shown(), results((1, "202603", 70, 100, 0.9))), "I1"
    )
    assert (row["colour"], row["value"]) == ("GREY", 70.0)
    assert "ne fixent pas de cible" in row["reason"]


def test_a_proxy_never_colours_a_commitment() -> None:
    """Whatever the proxy does, the row of the result and of its commitment stay as they are."""
    target = Target(
        baseline=17, baseline_year=2020, target=40, target_year=2030, direction="up", unit="%", source="x"
    )
    mappings = declared(R=ResultIndicator(name="R", reference="Y", target=target, proxies=["X"]))
    colours = set()
    for arrow in ("↑", "→", "↓", None):
        trends = pd.DataFrame({"indicator": ["X"], "trend": pd.array([arrow], dtype="str")})
        known = replace(known_by(shown(), results((1, "202603", 99, 100, 1.0))), trends=trends)
        rows = assess_commitments(mappings, known, on=ON).set_index("code")
        colours.add((rows.loc["E", "colour"], rows.loc["R", "colour"], bool(rows["value"].notna().any())))
        assert rows.loc["R", "proxy_trend"] == (arrow or "–")
    assert colours == {("GREY", "GREY", False)}


def rows_of(colours: str, kind: str = "process", target: float | None = 1.0) -> list[dict[str, object]]:
    names = {"g": "GREEN", "y": "YELLOW", "r": "RED", "-": "GREY"}
    return [{"kind": kind, "colour": names[each], "target": target} for each in colours]


@pytest.mark.parametrize(
    ("results_", "processes", "colour"),
    [
        ("r", "ggg", "RED"),  # a red result is red whatever is done
        ("r", "---", "RED"),
        ("", "rgg", "RED"),  # a third of three
        ("", "rggg", "YELLOW"),  # a quarter: not red, but none red is needed for green
        ("", "ggy", "GREEN"),  # two thirds of three
        ("", "gyy", "YELLOW"),
        ("g", "ggy", "GREEN"),
        ("y", "ggg", "GREEN"),  # the result is neither red nor unknown
        ("-", "ggg", "YELLOW"),  # an unknown result keeps from green
        ("g-", "ggg", "YELLOW"),
        ("g", "g--", "GREY"),  # one of three judged is too few
        ("g", "gg-", "GREEN"),
        ("", "g-", "YELLOW"),  # half of them is enough to be judged, not to be green
        ("", "---", "GREY"),
        ("g", "", "GREEN"),
        ("-", "", "GREY"),
        ("", "", "GREY"),
    ],
)
def test_roll_up(results_: str, processes: str, colour: str) -> None:
    judgement = roll_up(rows_of(results_, "result"), rows_of(processes), THRESHOLDS)
    assert judgement.colour == colour
    assert "indicateurs de processus" in judgement.reason


def test_a_result_no_document_sets_neither_helps_nor_hinders_and_parts_are_not_counted() -> None:
    proposed = rows_of("-r", "result", target=None)
    assert roll_up(proposed, rows_of("gg"), THRESHOLDS).colour == "GREEN"
    assert roll_up([], rows_of("gg") + rows_of("rr", "part"), THRESHOLDS).colour == "GREEN"
    assert roll_up(proposed, rows_of("gg"), None).colour == "GREY"


@pytest.mark.parametrize(
    ("rhythm", "on", "share"),
    [
        ("month", date(2026, 4, 8), 1 / 3 + 1 / 12),
        ("month", date(2026, 4, 30), 1 / 3 + 1 / 9),
        ("quarter", date(2026, 5, 31), 1 / 3 + 1 / 12),
        ("quarter", date(2026, 6, 30), 1 / 2),
        ("year", date(2026, 12, 30), 1 / 3),
        ("year", date(2026, 12, 31), 2 / 3),
        ("year", date(2029, 1, 1), 1.0),
        ("month", date(2024, 12, 31), 0.0),
        ("quarter", date(2025, 3, 30), 0.0),
    ],
)
def test_what_is_due_within_a_year_is_due_at_the_end_of_each_step(
    rhythm: Any, on: date, share: float
) -> None:
    thirds = Phasing(name="x", shares={"2025": 1 / 3, "2026": 2 / 3, "2027": 1.0}, rhythm=rhythm, source="x")
    assert due_share(thirds, on) == pytest.approx(share)


def test_a_milestone_is_due_at_its_end_and_not_in_parts() -> None:
    end = Phasing(
        name="x",
        shares={"2025": 0, "2026": 0, "2027": 1.0},
        rhythm="year",
        trajectory="milestone",
        source="x",
    )
    assert [due_share(end, day) for day in (date(2027, 12, 30), date(2027, 12, 31))] == [0.0, 1.0]
