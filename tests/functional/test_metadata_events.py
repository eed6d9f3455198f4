"""Every kind of change of metadata is an event, and a sentence that a person can read; one test a kind."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from layidu.model import frames
from layidu.model.metadata import Metadata
from tests.warehouse_world import World, hold, uid
from warehouse.connect import Warehouse
from warehouse.load_metadata import load_metadata

WORLD = World()
FACILITY, COMBO = WORLD.facility(1, 1), uid("Combo", 1)
ELEMENT = WORLD.element(1)
AS_BEFORE, OTHERWISE = uid("Cat", 1), uid("Cat", 7)
NAMES = {
    "org_units": frames.ORG_UNITS,
    "data_elements": frames.DATA_ELEMENTS,
    "category_option_combos": frames.CATEGORY_OPTION_COMBOS,
    "combo_options": frames.COMBO_OPTIONS,
    "data_sets": frames.DATA_SETS,
    "data_set_elements": frames.DATA_SET_ELEMENTS,
    "data_set_assignments": frames.DATA_SET_ASSIGNMENTS,
}
Change = Callable[[Metadata], Metadata]


def having(frame: str, column: str, value: str, **values: object) -> Change:
    """Rows of a frame with a value in a column, changed."""

    def change(metadata: Metadata) -> Metadata:
        rows = getattr(metadata, frame).copy()
        for name, text in values.items():
            rows.loc[rows[column] == value, name] = text
        return replace(metadata, **{frame: NAMES[frame].cast(rows)})

    return change


def without(frame: str, **where: str) -> Change:
    """Rows of a frame taken away."""

    def change(metadata: Metadata) -> Metadata:
        rows = getattr(metadata, frame)
        gone = pd.Series(data=True, index=rows.index)
        for name, text in where.items():
            gone &= rows[name] == text
        assert gone.any()
        return replace(metadata, **{frame: NAMES[frame].cast(rows[~gone])})

    return change


def both(*changes: Change) -> Change:
    """One after the other."""

    def change(metadata: Metadata) -> Metadata:
        for one in changes:
            metadata = one(metadata)
        return metadata

    return change


def told(warehouse: Warehouse, before: Metadata, after: Metadata) -> list[str]:
    """What is said of the second snapshot."""
    for metadata in (before, after):
        with hold(warehouse, "test", code_version="0", mappings_digest="0") as run:
            load_metadata(warehouse, metadata, run)
    with warehouse.connect() as connection:
        rows = connection.execute(
            "SELECT phrase FROM mart.changements WHERE passage = %s ORDER BY phrase", [run.run_id]
        ).fetchall()
    return [str(phrase) for (phrase,) in rows]


MOVED = having(
    "org_units",
    "uid",
    FACILITY,
    parent=WORLD.district(2),
    path=f"/{WORLD.country}/{WORLD.district(2)}/{FACILITY}",
)
CLOSED = having("org_units", "uid", FACILITY, closed_date=pd.Timestamp("2026-03-31"))
OPENED = having("org_units", "uid", FACILITY, opening_date=pd.Timestamp("2001-02-03"))
UNITS = both(without("data_set_assignments", org_unit=FACILITY), without("org_units", uid=FACILITY))
OPTIONS = without("combo_options", category_option_combo=COMBO)
SPLIT = having("data_set_elements", "data_element", ELEMENT, category_combo=OTHERWISE)
ELEMENTS = both(without("data_set_elements", data_element=ELEMENT), without("data_elements", uid=ELEMENT))


@pytest.mark.parametrize(
    ("change", "there", "back"),
    [
        pytest.param(
            MOVED,
            ["« CSCom 1.1 » a quitté « District 1 » et dépend maintenant de « District 2 »."],
            ["« CSCom 1.1 » a quitté « District 2 » et dépend maintenant de « District 1 »."],
            id="an org unit moves",
        ),
        pytest.param(
            CLOSED,
            ["« CSCom 1.1 » est fermé depuis le 2026-03-31."],
            ["« CSCom 1.1 » n'est plus fermé."],
            id="an org unit closes and opens again",
        ),
        pytest.param(
            OPENED,
            ["« CSCom 1.1 » : date d'ouverture, 2000-01-01 devient 2001-02-03."],
            ["« CSCom 1.1 » : date d'ouverture, 2001-02-03 devient 2000-01-01."],
            id="an org unit opened on another day",
        ),
        pytest.param(
            UNITS,
            [
                "« CSCom 1.1 » n'est plus montré à ce compte ; ses valeurs restent dans la copie.",
                "« CSCom 1.1 » ne doit plus rapporter « SR/PF ».",
            ],
            ["« CSCom 1.1 » doit maintenant rapporter « SR/PF ».", "« CSCom 1.1 » est de nouveau montré."],
            id="an org unit goes and comes back",
        ),
        pytest.param(
            having("org_units", "uid", FACILITY, name="CSCom Un"),
            ["« CSCom 1.1 » s'appelle maintenant « CSCom Un »."],
            ["« CSCom Un » s'appelle maintenant « CSCom 1.1 »."],
            id="an org unit is renamed",
        ),
        pytest.param(
            having("data_elements", "uid", ELEMENT, category_combo="Autre", value_type="TEXT"),
            [
                f"« Élément {ELEMENT} » : type de valeur, INTEGER_ZERO_OR_POSITIVE devient TEXT.",
                f"« Élément {ELEMENT} » : ventilation, {uid('Cat', 1)} devient Autre.",
            ],
            [
                f"« Élément {ELEMENT} » : type de valeur, TEXT devient INTEGER_ZERO_OR_POSITIVE.",
                f"« Élément {ELEMENT} » : ventilation, Autre devient {uid('Cat', 1)}.",
            ],
            id="an element is split otherwise, and of another type",
        ),
        pytest.param(
            SPLIT,
            [
                f"« Élément {ELEMENT} » est ventilé autrement : {AS_BEFORE} (SR/PF) devient {OTHERWISE} (SR/PF)."
            ],
            [
                f"« Élément {ELEMENT} » est ventilé autrement : {OTHERWISE} (SR/PF) devient {AS_BEFORE} (SR/PF)."
            ],
            id="a data set splits an element its own way",
        ),
        pytest.param(
            having("category_option_combos", "uid", COMBO, name="15-24, Implant"),
            ["« Bande 1 » s'appelle maintenant « 15-24, Implant »."],
            ["« 15-24, Implant » s'appelle maintenant « Bande 1 »."],
            id="an option combo is renamed",
        ),
        pytest.param(
            both(OPTIONS, without("category_option_combos", uid=COMBO)),
            ["« Bande 1 » n'est plus montré à ce compte ; ses valeurs restent dans la copie."],
            ["« Bande 1 » est de nouveau montré."],
            id="an option combo goes and comes back",
        ),
        pytest.param(
            having(
                "combo_options",
                "category_option_combo",
                COMBO,
                category_option=uid("Opt", 9),
                category_option_name="15-24 ans",
            ),
            [
                "La combinaison « Bande 1 » comprend maintenant l'option « 15-24 ans ».",
                "La combinaison « Bande 1 » ne comprend plus l'option « Bande 1 ».",
            ],
            [
                "La combinaison « Bande 1 » comprend maintenant l'option « Bande 1 ».",
                "La combinaison « Bande 1 » ne comprend plus l'option « 15-24 ans ».",
            ],
            id="an option combo has another option",
        ),
        pytest.param(
            ELEMENTS,
            [
                f"« Élément {ELEMENT} » a quitté le jeu « SR/PF ».",
                f"« Élément {ELEMENT} » n'est plus montré à ce compte ; ses valeurs restent dans la copie.",
            ],
            [
                f"« Élément {ELEMENT} » est de nouveau montré.",
                f"« Élément {ELEMENT} » est entré dans le jeu « SR/PF ».",
            ],
            id="an element leaves its data set and comes back",
        ),
        pytest.param(
            without("data_set_assignments", org_unit=FACILITY),
            ["« CSCom 1.1 » ne doit plus rapporter « SR/PF »."],
            ["« CSCom 1.1 » doit maintenant rapporter « SR/PF »."],
            id="an assignment ends and begins",
        ),
        pytest.param(
            having("data_sets", "uid", WORLD.data_set, period_type="Quarterly"),
            ["« SR/PF » : type de période, Monthly devient Quarterly."],
            ["« SR/PF » : type de période, Quarterly devient Monthly."],
            id="a data set has another period type",
        ),
    ],
)
def test_a_change_is_told_and_so_is_its_return(
    warehouse: Warehouse, change: Change, there: list[str], back: list[str]
) -> None:
    first = WORLD.metadata()
    later = change(first)
    assert sorted(told(warehouse, first, later)) == sorted(there)
    assert sorted(told(warehouse, later, first)) == sorted(back)


def test_a_new_unit_is_told(warehouse: Warehouse) -> None:
    assert told(warehouse, UNITS(WORLD.metadata()), WORLD.metadata()) == [
        "« CSCom 1.1 » doit maintenant rapporter « SR/PF ».",
        "« CSCom 1.1 » est nouveau.",
    ]
