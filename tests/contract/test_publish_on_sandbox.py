"""Publishing the whole road on a server: objects, cells, proof, analytics; and then again."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from layidu.dhis2.analytics import read_figures, run_and_wait, zeros_included
from layidu.dhis2.client import Client, connect
from layidu.dhis2.elements import elements_of
from layidu.dhis2.provision import apply_target, plan_target, read_defaults, verify_target
from layidu.dhis2.push import CHANGES, changes, desired_cells, plan
from layidu.dhis2.read_back import ledger_after, moved_outside, prove, read_cells
from layidu.dhis2.sending import send
from layidu.dhis2.shown import compare, expected_figures
from layidu.dhis2.target import TargetObjects, target_objects
from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Indicator
from layidu.mapping.publishing import Publication
from layidu.model.frames import RESULTS, TARGET_CELLS, TREE
from layidu.sandbox import accounts, countries
from layidu.sandbox.server import serve_in_thread
from layidu.settings import Credentials

MONTHS = ("202511", "202512", "202601", "202602", "202603")
PERIODS = (
    *(*MONTHS, "2025Q4", "2026Q1", "2025", "2026"),
    *("202506B", "202601B", "202602B", "2025S2", "2026S1"),
)
DECLARED = {
    "PAL-CONF": ("Cas confirmés", None, 1),
    "PAL-TPR": ("Taux de positivité", "#{malaria_rdt_done}", 100),
    "PAL-INC": ("Incidence", "#{population_at_risk}", 1000),
}
INDICATORS = {
    code: Indicator(
        name=name,
        short_name=name,
        definition=f"{name}.",
        numerator="#{malaria_rdt_positive}",
        denominator=denominator,
        factor=factor,
        unit="%",
        theme="paludisme",
        owner="PNLP",
        source="OMS",
    )
    for code, (name, denominator, factor) in DECLARED.items()
}
PUBLICATION = Publication(
    target="sandbox",
    name="Paludisme (layidu)",
    short_name="Paludisme",
    code="LYD_PALU",
    indicators=list(INDICATORS),
)

Parts = tuple[float | None, float | None]


@dataclass
class World:
    """A server, its accounts and what is to be published there."""

    client: Callable[[str], Client]
    tree: pd.DataFrame
    elements: pd.DataFrame
    objects: TargetObjects

    def units(self, level: int) -> list[str]:
        """The uids of a level."""
        return self.tree.loc[self.tree["level"] == level, "uid"].tolist()

    def server_cells(self) -> pd.DataFrame:
        """What the data set holds, read by the push account."""
        return read_cells(self.client("push"), self.objects.data_set, MONTHS, self.units(1))

    def desired(self, results: pd.DataFrame) -> pd.DataFrame:
        """The cells of some results."""
        return desired_cells(
            results,
            self.tree,
            self.elements,
            level=3,
            ended_through="202603",
            category_option_combo=self.objects.defaults.category_option_combo,
        )

    def push(
        self, results: pd.DataFrame, ledger: pd.DataFrame
    ) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """One night: plan, proof and the new ledger."""
        planned = plan(self.desired(results), ledger, self.server_cells())
        sent = send(self.client("push"), planned, rows=7)
        after = self.server_cells()
        assert moved_outside(planned, after).empty
        proof = prove(planned, sent, after)
        return planned, proof, ledger_after(ledger, planned, proof)


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    dialect = getattr(request, "param", "2.42")
    with serve_in_thread(countries.load("hamlet"), tmp_path / "sandbox", dialect=dialect) as url:
        known = accounts.read(tmp_path / "sandbox")

        def client(role: str) -> Client:
            return connect(Credentials(url, token=known[role].token))

        admin = client("admin")
        units = admin.read_json(
            "organisationUnits",
            {"fields": "id,name,level,parent[id]", "paging": "false", "order": "level:asc"},
        )["organisationUnits"]
        key = {unit["id"]: number for number, unit in enumerate(units)}
        tree = TREE.frame(
            [
                (
                    key[unit["id"]],
                    key.get(unit.get("parent", {}).get("id"), -1),
                    unit["level"],
                    unit["id"],
                    unit["name"],
                    "2000-01-01",
                    None,
                )
                for unit in units
            ]
        )
        objects = target_objects(
            "PALU",
            PUBLICATION,
            INDICATORS,
            org_unit_uids=tree.loc[tree["level"] == 3, "uid"].tolist(),
            defaults=read_defaults(admin),
            push_user=client("push").read_json("me", {"fields": "id"})["id"],
        )
        yield World(client, tree, elements_of("PALU", PUBLICATION, INDICATORS), objects)


def results_of(world: World, seed: int = 1) -> pd.DataFrame:
    """District months by chance (some missing, some zero), added up by hand to all levels and periods."""
    chance = random.Random(seed)  # noqa: S311 - a world of numbers, not a secret
    parents = dict(zip(world.tree["org_unit"], world.tree["parent"], strict=True))
    sums: dict[tuple[str, int, str], list[float | None]] = defaultdict(lambda: [None, None])
    for code, indicator in INDICATORS.items():
        for unit in world.tree.loc[world.tree["level"] == 3, "org_unit"]:
            for month in MONTHS:
                numerator = chance.choice([None, 0.0, float(chance.randrange(1, 200))])
                denominator = None if indicator.denominator is None else 1000 * 31 / 365 + chance.random()
                add(sums, parents, code, unit, month, (numerator, denominator))
    rows = [
        (code, "", unit, period, numerator, denominator, None, "computed", 1.0)
        for (code, unit, period), (numerator, denominator) in sums.items()
    ]
    return RESULTS.frame(rows)


def add(
    sums: dict[tuple[str, int, str], list[float | None]],
    parents: dict[int, int],
    code: str,
    unit: int,
    month: str,
    parts: Parts,
) -> None:
    """Add a district month to everything above it."""
    quarter = f"{month[:4]}Q{(int(month[4:]) + 2) // 3}"
    while unit != -1:
        for period in (month, quarter, month[:4]):
            kept = sums[code, unit, period]
            for side, part in enumerate(parts):
                if part is not None:
                    kept[side] = (kept[side] or 0.0) + part
        unit = parents[unit]


def test_the_objects_are_created_once_and_then_there_is_nothing_to_do(world: World) -> None:
    admin = world.client("admin")
    lines = plan_target(admin, world.objects)
    assert len(lines) == 5 + 3 - 1 + 2 + 1  # elements, types of the two ratios, indicators, data set
    assert all(" : à créer" in line for line in lines)
    report = apply_target(admin, world.objects)
    assert (report.created, report.updated, report.unchanged) == (10, 0, 0)
    assert plan_target(admin, world.objects) == []
    again = apply_target(admin, world.objects)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 10)
    assert verify_target(admin, world.objects) == []


def test_a_changed_object_is_named_and_mended_and_the_others_are_left(world: World) -> None:
    admin = world.client("admin")
    apply_target(admin, world.objects)
    element = dict(world.objects.of("dataElements")[0])
    admin.send_json("metadata", {"dataElements": [element | {"zeroIsSignificant": False}]})
    [line] = plan_target(admin, world.objects)
    assert "LYD_PALU_PAL-CONF_N" in line
    assert "zeroIsSignificant" in line
    report = apply_target(admin, world.objects)
    assert (report.created, report.updated, report.unchanged) == (0, 1, 9)


def test_a_code_that_is_taken_stops_everything_before_anything_is_stored(world: World) -> None:
    admin = world.client("admin")
    foreign = dict(world.objects.of("dataElements")[2]) | {
        "id": "Foreign0001",
        "name": "autre",
        "shortName": "autre",
    }
    admin.send_json("metadata", {"dataElements": [foreign]})
    for attempt in (plan_target, apply_target):
        with pytest.raises(ConfigurationError) as caught:
            attempt(admin, world.objects)
        assert caught.value.found.startswith(
            f"le code {foreign['code']} est celui de l'objet Foreign0001, qui n'est pas de layidu"
        )
        assert caught.value.exit_code == 3
    assert admin.read_json("dataElements/Foreign0001", {"fields": "name"}) == {"name": "autre"}
    held = admin.read_json("dataElements", {"filter": "code:like:LYD_PALU", "fields": "id"})
    assert [one["id"] for one in held["dataElements"]] == ["Foreign0001"]


def test_an_id_that_is_taken_stops_everything_too(world: World) -> None:
    admin = world.client("admin")
    [wanted] = world.objects.of("dataSets")
    foreign = {
        "id": wanted["id"],
        "code": "SAISIE",
        "name": "Saisie",
        "shortName": "Saisie",
        "periodType": "Monthly",
    }
    admin.send_json("metadata", {"dataSets": [foreign]})
    with pytest.raises(ConfigurationError) as caught:
        apply_target(admin, world.objects)
    assert caught.value.found.startswith(f"l'identifiant {wanted['id']} est celui d'un objet de code SAISIE")
    assert admin.read_json(f"dataSets/{wanted['id']}", {"fields": "name"}) == {"name": "Saisie"}


def test_the_push_account_cannot_make_objects(world: World) -> None:
    with pytest.raises(ConfigurationError) as caught:
        apply_target(world.client("push"), world.objects)
    assert "E3001" in caught.value.found
    assert len(plan_target(world.client("admin"), world.objects)) == 10


def test_first_night_second_night_and_a_changed_result(world: World) -> None:
    apply_target(world.client("admin"), world.objects)
    results = results_of(world)
    planned, proof, ledger = world.push(results, TARGET_CELLS.frame())
    assert planned["action"].unique().tolist() == ["write"]
    assert len(planned) == len(world.desired(results)) > 40
    assert proof["state"].unique().tolist() == ["confirmed"]
    pd.testing.assert_frame_equal(ledger, world.desired(results))

    planned, proof, ledger = world.push(results, ledger)
    assert planned["action"].unique().tolist() == ["leave"]
    assert proof.empty

    other = results_of(world, seed=2)
    planned, proof, ledger = world.push(other, ledger)
    assert set(CHANGES) <= set(planned["action"])
    assert proof["state"].unique().tolist() == ["confirmed"]
    pd.testing.assert_frame_equal(ledger, world.desired(other))
    assert changes(world.push(other, ledger)[0]).empty


def test_what_a_person_typed_stays_and_is_reported(world: World) -> None:
    apply_target(world.client("admin"), world.objects)
    results = results_of(world)
    _, _, ledger = world.push(results, TARGET_CELLS.frame())
    cell = ledger.iloc[0]
    row = {
        "dataElement": cell["data_element"],
        "period": cell["period"],
        "orgUnit": cell["org_unit"],
        "value": "4321",
    }
    world.client("admin").send_json("dataValueSets", {"dataSet": world.objects.data_set, "dataValues": [row]})
    planned, proof, kept = world.push(results_of(world, seed=2), ledger)
    [foreign] = planned[planned["action"] == "foreign"].itertuples()
    assert foreign.before == "4321"
    assert proof["state"].unique().tolist() == ["confirmed"]
    held = world.server_cells()
    assert "4321" in held["value"].tolist()
    assert len(kept) >= len(held)


def test_a_period_that_is_not_open_is_refused_row_by_row_with_a_reason(world: World) -> None:
    apply_target(world.client("admin"), world.objects)
    desired = world.desired(results_of(world))
    future = desired.head(1).assign(period="202712")
    planned = plan(
        pd.concat([desired, future], ignore_index=True), TARGET_CELLS.frame(), world.server_cells()
    )
    sent = send(world.client("push"), planned)
    [refused] = sent[sent["state"] == "rejected"].itertuples()
    assert (refused.period, refused.code, refused.conflict_class) == ("202712", "E7641", "locked")
    proof = prove(planned, sent, world.server_cells())
    assert proof["state"].value_counts().to_dict() == {"confirmed": len(desired), "rejected": 1}


def test_a_data_set_the_account_may_not_write_is_a_named_refusal(world: World) -> None:
    apply_target(world.client("admin"), world.objects)
    planned = plan(world.desired(results_of(world)), TARGET_CELLS.frame(), world.server_cells())
    sent = send(world.client("pull"), planned)
    assert set(sent["state"]) == {"rejected"}
    assert set(sent["conflict_class"]) == {"forbidden"}
    assert world.server_cells().empty


@pytest.mark.parametrize(
    ("world", "is_set", "with_zeros"),
    [("2.42", False, False), ("2.42", True, True), ("2.43", True, True), ("2.41", True, False)],
    indirect=["world"],
)
def test_analytics_shows_every_figure_at_every_level_and_period(
    world: World, *, is_set: bool, with_zeros: bool
) -> None:
    admin, analyst = world.client("admin"), world.client("analytics")
    apply_target(admin, world.objects)
    if is_set:
        admin.send_empty("systemSettings/keyIncludeZeroValuesInAnalytics", {"value": "true"})
    results = results_of(world)
    world.push(results, TARGET_CELLS.frame())
    run_and_wait(analyst, poll_s=0.05, timeout_s=60)

    expected = expected_figures(results, world.tree, world.elements, level=3, ended_through="202603")
    dx = [*world.elements["data_element"], *world.elements["indicator_uid"].dropna().unique()]
    units = world.units(1) + world.units(2) + world.units(3)
    shown = read_figures(analyst, dx, PERIODS, units)
    assert zeros_included(analyst) is with_zeros
    proof = compare(expected, shown, zeros_included=with_zeros)
    assert proof.holds, (proof.differences, proof.missing)
    assert proof.equal + len(proof.zeros_left_out) == proof.compared == len(expected) > 200
    assert proof.zeros_left_out.empty is with_zeros
    assert set(expected["org_unit"]) == set(units)
    assert set(expected["period"]) == set(PERIODS)

    # One cell that is not ours, and the proof no longer holds: at its district, its region and the country.
    cell = world.desired(results).iloc[-1]
    row = {
        "dataElement": cell["data_element"],
        "period": cell["period"],
        "orgUnit": cell["org_unit"],
        "value": "99999",
    }
    admin.send_json("dataValueSets", {"dataSet": world.objects.data_set, "dataValues": [row]})
    run_and_wait(analyst, poll_s=0.05, timeout_s=60)
    broken = compare(expected, read_figures(analyst, dx, PERIODS, units), zeros_included=with_zeros)
    assert not broken.holds
    assert set(broken.differences["org_unit"]) >= {cell["org_unit"], *world.units(1)}
