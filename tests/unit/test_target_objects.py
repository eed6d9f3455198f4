"""The objects of a publication, before any server sees them."""

import re

import pytest

from layidu.dhis2.elements import elements_of
from layidu.dhis2.object_differences import differing, merged_sharing
from layidu.dhis2.target import Defaults, TargetObjects, target_objects
from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Indicator
from layidu.mapping.publishing import Publication
from layidu.model.ids import is_uid

DEFAULTS = Defaults("bjDvmb4bfuf", "HllvX50cXC0")
DISTRICTS = ("Lyd00000003", "Lyd00000004")
PUSHER = "Lyd00000051"


def indicator(short_name: str, **changes: object) -> Indicator:
    values: dict[str, object] = {
        "name": f"{short_name}, en toutes lettres",
        "short_name": short_name,
        "definition": "Ce que cela compte.",
        "numerator": "#{malaria_rdt_positive}",
        "denominator": "#{malaria_rdt_done}",
        "factor": 100,
        "unit": "%",
        "theme": "paludisme",
        "owner": "PNLP",
        "source": "OMS",
    }
    return Indicator.model_validate(values | changes)


INDICATORS = {
    "PAL-CONF": indicator("Cas confirmés", denominator=None, factor=1),
    "PAL-TPR": indicator("Taux de positivité"),
    "PAL-INC": indicator("Incidence", denominator="#{population_at_risk}", factor=1000, annualised=True),
}
PUBLICATION = Publication(
    target="sandbox",
    name="Paludisme (résultats de layidu)",
    short_name="Paludisme layidu",
    code="LYD_PALU",
    indicators=list(INDICATORS),
)


def objects(
    publication: Publication = PUBLICATION, indicators: dict[str, Indicator] = INDICATORS
) -> TargetObjects:
    return target_objects(
        "PALU",
        publication,
        indicators,
        org_unit_uids=DISTRICTS,
        defaults=DEFAULTS,
        push_user=PUSHER,
    )


def test_a_count_has_one_element_a_ratio_two_and_an_indicator() -> None:
    frame = elements_of("PALU", PUBLICATION, INDICATORS)
    assert list(zip(frame["indicator"], frame["part"], strict=True)) == [
        ("PAL-CONF", "numerator"),
        ("PAL-TPR", "numerator"),
        ("PAL-TPR", "denominator"),
        ("PAL-INC", "numerator"),
        ("PAL-INC", "denominator"),
    ]
    assert frame["indicator_uid"].isna().tolist() == [True, False, False, False, False]
    assert frame["factor"].tolist() == [1, 100, 100, 1000, 1000]
    elements = {one["code"]: one for one in objects().of("dataElements")}
    assert list(elements) == [
        "LYD_PALU_PAL-CONF_N",
        "LYD_PALU_PAL-TPR_N",
        "LYD_PALU_PAL-TPR_D",
        "LYD_PALU_PAL-INC_N",
        "LYD_PALU_PAL-INC_D",
    ]
    assert [one["id"] for one in elements.values()] == frame["data_element"].tolist()
    shown = [one["id"] for one in objects().of("indicators")]
    assert shown == frame["indicator_uid"].dropna().unique().tolist()


def test_every_element_can_be_summed_and_keeps_its_zeros() -> None:
    for element in objects().of("dataElements"):
        assert (element["aggregationType"], element["valueType"], element["domainType"]) == (
            "SUM",
            "NUMBER",
            "AGGREGATE",
        )
        assert element["zeroIsSignificant"] is True
        assert element["categoryCombo"] == {"id": "bjDvmb4bfuf"}
        assert len(element["shortName"]) <= 50
        assert "Source : OMS" in element["description"]


def test_an_indicator_divides_its_own_parts_and_is_never_annualised() -> None:
    made = objects()
    elements = {one["code"]: one["id"] for one in made.of("dataElements")}
    factors = {one["id"]: one["factor"] for one in made.of("indicatorTypes")}
    incidence = next(one for one in made.of("indicators") if one["code"] == "LYD_PALU_PAL-INC")
    assert incidence["numerator"] == f"#{{{elements['LYD_PALU_PAL-INC_N']}}}"
    assert incidence["denominator"] == f"#{{{elements['LYD_PALU_PAL-INC_D']}}}"
    assert incidence["annualized"] is False
    assert factors[incidence["indicatorType"]["id"]] == 1000


def test_the_data_set_lies_on_the_districts_alone_and_opens_for_the_push_account() -> None:
    made = objects()
    [data_set] = made.of("dataSets")
    assert data_set["organisationUnits"] == [{"id": uid} for uid in DISTRICTS]
    assert data_set["periodType"] == "Monthly"
    assert data_set["openFuturePeriods"] == 0
    assert data_set["sharing"]["users"] == {PUSHER: {"id": PUSHER, "access": "r-rw----"}}
    assert {row["dataElement"]["id"] for row in data_set["dataSetElements"]} == {
        one["id"] for one in made.of("dataElements")
    }
    assert all(row["dataSet"]["id"] == data_set["id"] == made.data_set for row in data_set["dataSetElements"])


def test_passes_only_refer_to_what_an_earlier_pass_made() -> None:
    known = {DEFAULTS.category_combo, DEFAULTS.category_option_combo, PUSHER, *DISTRICTS}
    for one in objects().passes:
        here = {item["id"] for group in one.values() for item in group}
        for group in one.values():
            for item in group:
                referred = set(re.findall(r"'id': '([A-Za-z0-9]{11})'", str(item)))
                referred |= set(re.findall(r"#\{([A-Za-z0-9]{11})\}", str(item)))
                assert referred <= known | here
        known |= here


def test_uids_and_codes_are_the_same_every_time_and_unique() -> None:
    everything = [item for one in objects().passes for group in one.values() for item in group]
    assert [item["id"] for item in everything] == [
        item["id"] for one in objects().passes for group in one.values() for item in group
    ]
    assert all(is_uid(item["id"]) for item in everything)
    assert len({item["id"] for item in everything}) == len(everything)
    assert len({item["code"] for item in everything}) == len(everything)
    names = [item["name"] for item in objects().of("dataElements")]
    short_names = [item["shortName"] for item in objects().of("dataElements")]
    assert len(set(names)) == len(names)
    assert len(set(short_names)) == len(short_names)


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"PAL-TPR": indicator("Stock", over_time="last")}, "over_time"),
        ({"PAL-TPR": indicator("Demi", factor=0.5)}, "factor"),
        ({"PAL-TPR": indicator("Milliers", denominator=None, factor=1000)}, "compte"),
        ({"PAL-TPR": None}, "aucun fichier"),
        ({"PAL-TPR": indicator("Long", name="x" * 300)}, "caractères"),
    ],
)
def test_what_sums_cannot_show_is_an_error_with_its_place(
    changed: dict[str, Indicator | None], found: str
) -> None:
    indicators = {code: one for code, one in (INDICATORS | changed).items() if one is not None}
    with pytest.raises(ConfigurationError) as caught:
        objects(indicators=indicators)
    assert found in caught.value.found
    assert "PALU" in caught.value.where
    assert "PAL-TPR" in caught.value.where


def test_a_server_s_own_way_of_writing_an_object_is_no_difference() -> None:
    [wanted] = objects().of("dataSets")
    found = {
        **wanted,
        "expiryDays": 0.0,
        "organisationUnits": list(reversed(wanted["organisationUnits"])),
        "dataSetElements": [
            {"dataElement": row["dataElement"]} for row in reversed(wanted["dataSetElements"])
        ],
        "sharing": {
            "owner": "Lyd00000054",
            "external": False,
            "public": "rw------",
            "users": {
                PUSHER: {"id": PUSHER, "access": "rwrw----", "displayName": "x"},
                "Lyd00000099": {"id": "Lyd00000099", "access": "r-r-----"},
            },
            "userGroups": {},
        },
    }
    assert differing(wanted, found) == ()
    del found["organisationUnits"][0]
    found["periodType"] = "Yearly"
    assert differing(wanted, found) == ("periodType", "organisationUnits")
    [element, *_] = objects().of("dataElements")
    held = {name: value for name, value in element.items() if name != "aggregationLevels"}
    assert differing(element, held) == ()


def test_what_people_gave_in_the_sharing_stays() -> None:
    [wanted] = objects().of("dataSets")
    found = {
        "sharing": {
            "owner": "Lyd00000054",
            "public": "rw------",
            "users": {
                PUSHER: {"id": PUSHER, "access": "rw------"},
                "Lyd00000099": {"id": "Lyd00000099", "access": "r-r-----"},
            },
            "userGroups": {"Lyd00000077": {"id": "Lyd00000077", "access": "r-r-----"}},
        }
    }
    assert differing(wanted, {**wanted, **found}) == ("sharing",)
    merged = merged_sharing(wanted, found)["sharing"]
    assert merged["users"][PUSHER]["access"] == "rwrw----"
    assert merged["users"]["Lyd00000099"]["access"] == "r-r-----"
    assert merged["userGroups"] == found["sharing"]["userGroups"]
    assert (merged["owner"], merged["public"]) == ("Lyd00000054", "rw------")
