"""Dashboards and colours on the sandbox, in every dialect: created once, mended, and what people did to them left."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from layidu.dhis2.client import Client, connect
from layidu.dhis2.dashboards import dashboard_objects
from layidu.dhis2.figures import DECLARED_FIGURES
from layidu.dhis2.provision import apply_target, plan_target, read_defaults, whole
from layidu.dhis2.target import TargetObjects, target_objects
from layidu.mapping.contracts import Indicator
from layidu.mapping.publishing import Publication
from layidu.sandbox import accounts, countries
from layidu.sandbox.server import serve_in_thread
from layidu.settings import Credentials

DIALECTS = ("2.40", "2.41", "2.42", "2.43")


def indicator(name: str, denominator: str | None, factor: float) -> Indicator:
    return Indicator(
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


INDICATORS = {
    "PAL-CONF": indicator("Cas confirmés", None, 1),
    "PAL-TPR": indicator("Taux de positivité", "#{malaria_rdt_done}", 100),
    "PAL-INC": indicator("Incidence", "#{population_at_risk}", 1000),
}
PARTS = Publication(
    target="sandbox",
    name="layidu — Paludisme",
    short_name="Paludisme",
    code="LYD_PALU",
    indicators=list(INDICATORS),
)
FIGURES = Publication(
    target="sandbox",
    name="layidu — Engagements",
    short_name="Engagements",
    code="LYD_FP",
    kind="figures",
    period_type="Yearly",
    levels=[1],
    since="2020",
    commitments=["result"],
)
DECLARED = DECLARED_FIGURES.frame(
    [
        *(
            ("E1", part, "E1 Prévalence", "Prévalence.", "")
            for part in ("value", "expected", "target", "colour")
        ),
        ("E2", "colour", "E2 Politique", "Politique.", ""),
    ]
)


class Target:
    """A server and what two publications want of it."""

    def __init__(self, admin: Client) -> None:
        self.admin = admin
        told = admin.read_json("organisationUnits", {"fields": "id,level,name", "paging": "false"})
        units = pd.DataFrame(told["organisationUnits"])
        defaults = read_defaults(admin)
        self.stages: list[TargetObjects] = []
        for code, publication, figures in (("PALU", PARTS, None), ("FP", FIGURES, DECLARED)):
            chosen = units[units["level"].isin(publication.shown_levels)]
            self.stages.append(
                target_objects(
                    code,
                    publication,
                    INDICATORS,
                    org_unit_uids=chosen["id"].tolist(),
                    org_unit_names=dict(zip(chosen["id"], chosen["name"], strict=True)),
                    defaults=defaults,
                    push_user=str(admin.read_json("me", {"fields": "id"})["id"]),
                    figures=figures,
                )
            )
            self.stages.append(dashboard_objects(code, publication, INDICATORS, defaults, figures))

    def apply(self) -> list[str]:
        """The lines of what was created or updated."""
        return [line for one in self.stages for line in apply_target(self.admin, one).lines]

    def plan(self) -> list[str]:
        """The lines of what would be."""
        return [line for one in self.stages for line in plan_target(self.admin, one)]

    def shown(self) -> list[dict[str, Any]]:
        """Every chart, table and layer of a map."""
        views = [view for one in self.stages for item in one.of("maps") for view in item["mapViews"]]
        return [item for one in self.stages for item in one.of("visualizations")] + views


@pytest.fixture
def target(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Target]:
    dialect = getattr(request, "param", "2.42")
    with serve_in_thread(countries.load("hamlet"), tmp_path / "sandbox", dialect=dialect) as url:
        token = accounts.read(tmp_path / "sandbox")["admin"].token
        yield Target(connect(Credentials(url, token=token)))


@pytest.mark.parametrize("target", DIALECTS, indirect=True)
def test_after_apply_there_is_nothing_to_do(target: Target) -> None:
    planned = target.plan()
    assert all(" : à créer" in line for line in planned)
    made = target.apply()
    assert sorted(set(planned)) == sorted(made)
    assert target.plan() == []
    assert target.apply() == []


def test_a_person_sees_charts_tables_a_map_and_colours(target: Target) -> None:
    target.apply()
    kinds = [(one.get("type") or one["layer"], one.get("legend")) for one in target.shown()]
    assert {kind for kind, _ in kinds} == {"LINE", "COLUMN", "PIVOT_TABLE", "thematic"}
    coloured = [one for one in target.shown() if one.get("legend")]
    assert len(coloured) == 1
    for entry in coloured[0]["dataDimensionItems"]:
        element = target.admin.read_json(
            f"dataElements/{entry['dataElement']['id']}", {"fields": "legendSets[legends[name,startValue]]"}
        )
        steps = element["legendSets"][0]["legends"]
        assert [(step["startValue"], step["name"]) for step in steps] == [
            (1, "gris"), (2, "rouge"), (3, "jaune"), (4, "vert"),
        ]  # fmt: skip
    boards = target.admin.read_json("dashboards", {"fields": "name,dashboardItems[type]", "paging": "false"})
    assert [one["name"] for one in boards["dashboards"]] == ["layidu — Engagements", "layidu — Paludisme"]
    assert {item["type"] for one in boards["dashboards"] for item in one["dashboardItems"]} == {
        "VISUALIZATION",
        "MAP",
    }


def test_what_people_put_on_a_dashboard_stays_and_what_they_took_away_is_named(target: Target) -> None:
    target.apply()
    [board] = target.stages[1].of("dashboards")
    first, *rest = board["dashboardItems"]
    own = {
        "id": "PersonItem1",
        "type": "TEXT",
        "text": "Lire la note",
        "x": 0,
        "y": 90,
        "width": 60,
        "height": 4,
    }
    target.admin.send_json(
        "metadata", {"dashboards": [{**board, "dashboardItems": [{**first, "y": 50}, *rest, own]}]}
    )
    assert target.plan() == []
    target.admin.send_json("metadata", {"dashboards": [{**board, "dashboardItems": [own, *rest]}]})
    [line] = target.plan()
    assert line.startswith("tableau de bord LYD_PALU_TABLEAU")
    assert "dashboardItems" in line


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("relativePeriods", {"last6Months": True}),
        ("rawPeriods", ["LAST_6_MONTHS"]),
        ("dataDimensionItems", []),
        ("colTotals", True),
        ("filterDimensions", ["dx"]),
        ("userOrganisationUnit", False),
    ],
)
def test_a_chart_that_was_changed_is_named(target: Target, field: str, value: object) -> None:
    target.apply()
    chart = target.stages[1].of("visualizations")[0]
    target.admin.send_json("metadata", {"visualizations": [{**chart, field: value}]})
    [line] = target.plan()
    assert chart["code"] in line
    assert field in line
    assert target.apply() == [line]
    assert target.plan() == []


def test_what_a_server_adds_to_its_answer_is_no_difference(target: Target) -> None:
    target.apply()
    chart = target.stages[1].of("visualizations")[0]
    filled = dict.fromkeys(("lastMonth", "thisYear", "last4Quarters"), False) | chart["relativePeriods"]
    told = {**chart, "relativePeriods": filled, "columns": [{"id": "dx"}], "sortOrder": 0, "axes": []}
    del told["rawPeriods"]  # older servers do not know it
    target.admin.send_json("metadata", {"visualizations": [told]})
    assert target.plan() == []


def test_a_changed_colour_is_mended(target: Target) -> None:
    target.apply()
    [scale] = target.stages[2].of("legendSets")
    red = [one | {"color": "#000000"} if one["name"] == "rouge" else one for one in scale["legends"]]
    target.admin.send_json("metadata", {"legendSets": [{**scale, "legends": red}]})
    [line] = target.plan()
    assert line.startswith("légende LYD_COULEURS")
    target.apply()
    assert target.plan() == []


def test_newly_assigned_org_units_are_named(target: Target) -> None:
    [line] = [one for one in target.plan() if one.startswith("jeu de données LYD_FP ")]
    [name] = target.stages[2].org_unit_names.values()
    assert line.endswith(f" ; 1 unité(s) nouvellement affectée(s) : {name}")


def test_nothing_shown_is_added_up_by_the_dashboard_itself(target: Target) -> None:
    shown = target.shown()
    assert len(shown) >= 8
    for one in shown:
        assert not any(one.get(name) for name in ("rowTotals", "colTotals", "rowSubTotals", "colSubTotals"))
        assert not one.get("cumulativeValues")
        assert one["aggregationType"] == "DEFAULT"
        sides = [*one["columnDimensions"], *one["rowDimensions"], *one["filterDimensions"]]
        assert sorted(sides) == ["dx", "ou", "pe"]
        if "pe" in one["filterDimensions"]:
            assert one["rawPeriods"] == ["LAST_MONTH"]
    for one in target.stages[3].of(
        "visualizations"
    ):  # figures: neither periods nor org units may be aggregated
        assert one["filterDimensions"] == []


def test_a_package_holds_every_object_once_and_imports_to_the_same(target: Target) -> None:
    bundles = [whole(target.admin, one) for one in target.stages]
    assert target.admin.read_json("dashboards")["dashboards"] == []
    for bundle in bundles:
        assert target.admin.send_json("metadata", bundle).status == 200
    assert target.plan() == []
