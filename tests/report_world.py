"""A country of eleven regions and 75 districts, made up of sums, for the tests of pictures and words."""

import csv
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import pandas as pd

from layidu.compute.trend import yearly_trends
from layidu.errors import FailedSafeError
from layidu.mapping.contracts import Indicator, Mappings, Thresholds
from layidu.mapping.reader import read_mappings
from layidu.model.frames import METADATA_EVENTS, RESULTS
from layidu.model.slices import Slice, SliceAccount
from layidu.report.board import ARROWS, LABELLED, board
from layidu.report.country_map import DISTRICTS
from layidu.report.night_words import FOUND, REFUSED, PublicationProof
from layidu.report.page import Header, Page
from layidu.report.promises import grouped
from layidu.settings import shipped

MONTHS = [f"{year}{month:02d}" for year in (2024, 2025, 2026) for month in range(1, 13)][3:27]
ROOT = Path(__file__).parents[1]
Row = tuple[object, ...]


@lru_cache
def declarations() -> Mappings:
    return read_mappings(shipped("mappings"))


def indicators() -> dict[str, Indicator]:
    return declarations().indicators


def thresholds() -> Thresholds:
    found = declarations().thresholds
    assert found is not None
    return found


def units() -> list[tuple[int, str, str, int, str | None, float, float]]:
    """Key, uid, name, level, parent's name, longitude, latitude."""
    data = ROOT / "layidu/sandbox/data"
    with (data / "regions.csv").open(encoding="utf-8") as lines:
        regions = [
            (row["name"], float(row["longitude"]), float(row["latitude"])) for row in csv.DictReader(lines)
        ]
    with (data / "districts.csv").open(encoding="utf-8") as lines:
        districts = [
            (row["name"], row["region"], row["longitude"], row["latitude"]) for row in csv.DictReader(lines)
        ]
    centre = {name: (longitude, latitude) for name, longitude, latitude in regions}
    made: list[tuple[int, str, str, int, str | None, float, float]] = [
        (1, "uCountry001", "Mali", 1, None, -4.0, 17.0)
    ]
    for number, (name, longitude, latitude) in enumerate(regions):
        made.append((10 + number, f"uRegion{number:04d}", name, 2, "Mali", longitude, latitude))
    for number, (name, region, east, north) in enumerate(districts):
        longitude, latitude = (float(east), float(north)) if east else centre[region]
        made.append((100 + number, f"uDistri{number:04d}", name, 3, region, longitude, latitude))
    return made


@lru_cache
def labelled() -> pd.DataFrame:
    """Totals of every indicator at every level, month, quarter and year: sums of districts, then divided."""
    places = units()
    keys = {name: key for key, _, name, level, *_ in places if level == 2}
    parents = {key: keys[str(parent)] for key, _, _, level, parent, *_ in places if level == 3}
    rows: list[Row] = []
    for number, (code, indicator) in enumerate(indicators().items()):
        parts: dict[tuple[int, str], list[float]] = {}
        for district, region in parents.items():
            for at, month in enumerate(MONTHS):
                below = 900.0 + 37 * (district % 23) + 5 * number
                above = (
                    below
                    * (0.25 + 0.02 * ((district * 7 + number) % 20))
                    * (1 + 0.01 * (at * (number % 3 - 1)))
                )
                got = 4.0 if keys["Kidal"] == region else 9.0 + (district + at) % 2
                for unit in (district, region, 1):
                    for period in (month, f"{month[:4]}Q{(int(month[4:]) + 2) // 3}", month[:4]):
                        have = parts.setdefault((unit, period), [0.0, 0.0, 0.0, 0.0])
                        for place, amount in enumerate((round(above), round(below), got, 10.0)):
                            have[place] += amount
        for (unit, period), (above, below, got, due) in parts.items():
            ratio = indicator.denominator is not None
            value = (above / below if ratio else above) * indicator.factor
            rows.append(
                (code, unit, period, above, below if ratio else None, value, "computed", min(got / due, 1.0))
            )
    frame = pd.DataFrame(
        rows,
        columns=[
            "indicator",
            "org_unit",
            "period",
            "numerator",
            "denominator",
            "value",
            "status",
            "completeness",
        ],
    ).assign(disaggregation="")
    names = pd.DataFrame(
        [place[:5] for place in places], columns=["org_unit", "uid", "org_unit_name", "level", "parent_name"]
    )
    return LABELLED.cast(frame.merge(names, on="org_unit"))


@lru_cache
def trends() -> pd.DataFrame:
    results = labelled()
    wide = results[results["level"] <= 2]
    return yearly_trends(RESULTS.cast(wide), on=date(2026, 4, 8))


def accounts() -> list[SliceAccount]:
    asked = Slice("sandbox", "PuQ5MIbJy9Y", ("202601", "202602", "202603"), "uRegion0001")
    other = Slice("sandbox", "H6f8HJyCHLO", ("202603",), "uRegion0002", mode="increment")
    return [
        SliceAccount(
            asked, 181_234, 181_200, 4, 1, 20, 9, 3, "loaded", newly_refused=9, changed_years=(2026,)
        ),
        SliceAccount(other, 5, 0, 0, 0, 5, 0, 0, "loaded"),
        SliceAccount(other, 0, 0, 0, 0, 0, 0, 0, "failed", message="le serveur n'a pas répondu"),
    ]


def page(text: str | None = None) -> Page:
    """A page of the made-up country; `text` replaces every name and free text a stranger could choose."""
    results = labelled()
    arrows = trends()
    districts = DISTRICTS.frame(
        (key, uid, name, parent, east, north)
        for key, uid, name, level, parent, east, north in units()
        if level == 3
    )
    declared = indicators()
    if text is not None:
        results = LABELLED.cast(results.assign(org_unit_name=text, parent_name=text))
        districts = DISTRICTS.cast(districts.assign(name=text, parent_name=text))
        declared = {
            code: each.model_copy(
                update={
                    "name": text,
                    "unit": text,
                    "theme": text,
                    "definition": text,
                    "note": text,
                    "source": text,
                }
            )
            for code, each in declared.items()
        }

    def said(words: str) -> str:
        return words if text is None else text

    error = FailedSafeError(said("tranche"), said("délai dépassé"), said("une réponse"), said("relancer"))
    return Page(
        header=Header(
            said("Mali"),
            12,
            said("2026-04-08 02:00 UTC"),
            [said("sandbox, DHIS2 2.42.5.2")],
            {"layidu": said("0.1.0")},
            sandbox=True,
            exit_code=1,
        ),
        board=board(
            results, ARROWS.cast(arrows), declared, thresholds(), catalogue=catalogue_rows(declared, said)
        ),
        catalogue=catalogue_rows(declared, said),
        labelled=results,
        thresholds=thresholds(),
        districts=districts,
        outlines=["Bamako", "Kayes", "Koulikoro", "Sikasso", "Ségou", "Mopti", "Tombouctou", "Gao", "Kidal"],
        promises=grouped(promise_rows(said)),
        accounts=accounts(),
        names={"PuQ5MIbJy9Y": said("Paludisme"), "H6f8HJyCHLO": said("SR/PF"), "uRegion0001": said("Kayes")},
        refused=REFUSED.frame(
            (
                "integer-expected",
                said(f"« {n},5 » n'est pas un nombre entier ; corriger."),
                said("Paludisme"),
                "aaaaaaaaaaa",
                said("TDR positifs"),
                said("0-4 ans"),
                "bbbbbbbbbbb",
                said("CSCom de Banconi"),
                "202603",
                said(f"{n},5"),
                n < 9,
            )
            for n in range(20)
        ),
        findings=FOUND.frame(
            [
                (
                    "spike",
                    said("Valeur cent fois plus grande que d'habitude ; vérifier."),
                    said("Cas suspects"),
                    None,
                    "bbbbbbbbbbb",
                    said("CSCom de Banconi"),
                    "202602",
                    said("12300"),
                )
            ]
        ),
        events=METADATA_EVENTS.frame(
            [("moved", "org_unit", "ccccccccccc", said("Kangaba"), said("Koulikoro"), said("Bamako"))]
        ),
        publications=[
            PublicationProof(
                "PALU-RES",
                said("Paludisme : résultats"),
                planned=9000,
                sent=9000,
                confirmed=9000,
                compared=4300,
                message=said("tout est là"),
            )
        ],
        errors=[error],
    )


def catalogue_rows(declared: dict[str, Indicator], said: Callable[[str], str]) -> list[dict[str, object]]:
    """Rows as mart.catalogue gives them: every indicator, and one that only documents can feed."""
    rows: list[dict[str, object]] = [
        {
            "code": code,
            "indicateur": one.name,
            "definition": one.definition,
            "unite": one.unit,
            "source": one.source,
            "note": one.note,
            "responsable": said(one.owner),
            "derniere_periode": "202603",
            "dernieres_valeurs": said("12,3"),
            "pourquoi_gris": None,
            "remarque": said("tranches qui se chevauchent") if code == "PF-NU-J" else None,
        }
        for code, one in declared.items()
    ]
    grey = said("Aucune dépense exécutée n'est donnée.")
    financed = {"code": "FIN-E6", "indicateur": said("Part de l'État"), "derniere_periode": None}
    return [*rows, {**rows[0], **financed, "pourquoi_gris": grey}]


def promise_rows(said: Callable[[str], str]) -> dict[str, list[dict[str, object]]]:
    """Rows as the mart's views give them: a commitment with a result and a process indicator, two plan lines."""
    nothing = dict.fromkeys(
        (
            *(
                "population",
                "statut_declare",
                "statut_valide",
                "valide_par",
                "valide_le",
                "valeur",
                "date_valeur",
            ),
            *("source_valeur", "unite", "valeur_depart", "annee_depart", "cible", "annee_cible"),
            *("valeur_attendue", "attendu_aujourd_hui", "ecart", "indicateur_proche", "tendance_proche"),
            *("contradictions", "numerateur", "denominateur", "completude_pct"),
        )
    )
    common = {
        **nothing,
        "engagement": "FP2030-E2",
        "declaration_contradictoire": False,
        "echeance_depassee": False,
        "document": said("[S003] §1.1"),
    }
    engagements = [
        {
            **common,
            "code": "FP2030-E2",
            "genre": "engagement",
            "libelle": said("Revoir à la hausse le TPCm"),
            "statut_calcule": "rouge",
            "statut_declare": said("synthèse : « beaucoup d'actions »"),
            "raison": said("résultats : 1 rouge"),
        },
        {
            **common,
            "code": "FP2030-R2",
            "genre": "résultat",
            "libelle": said("Taux de prévalence contraceptive moderne"),
            "population": said("toutes les femmes"),
            "statut_calcule": "rouge",
            "raison": said("15,3 observé, 23,9 attendu"),
            "valeur": 15.3,
            "date_valeur": "2023",
            "source_valeur": said("enquête"),
            "valeur_depart": 17.0,
            "annee_depart": 2020,
            "valeur_attendue": 23.9,
            "attendu_aujourd_hui": 28.5,
            "cible": 40.0,
            "annee_cible": 2030,
            "ecart": -8.6,
            "unite": "%",
            "indicateur_proche": said("PF-CYP, PF-CYPR"),
            "tendance_proche": "↑, →",
        },
        {
            **common,
            "code": "FP2030-I2.1",
            "genre": "indicateur de processus",
            "libelle": said("Approvisionnement régulier"),
            "statut_declare": said("titre : Réalisé ; récapitulatif : Réalisé"),
            "statut_calcule": "gris",
            "statut_valide": "jaune",
            "valide_par": said("Comité de suivi"),
            "valide_le": date(2026, 3, 14),
            "raison": said("aucune preuve validée"),
            "valeur": 250 / 1193 * 100,
            "date_valeur": "202603",
            "numerateur": 250.0,
            "denominateur": 1193.0,
            "completude_pct": Decimal("88.2"),
            "contradictions": "C14",
        },
    ]
    line = {
        **nothing,
        "secteur": said("Protection"),
        "unite": said("personne"),
        "realise": None,
        "derniere_periode": None,
        "indicateurs_a_cote": None,
        "note": said("à préciser"),
        "responsable": None,
        "document": said("[S002] §V"),
    }
    return {
        "engagements": engagements,
        "plan": [
            {
                **line,
                "ligne": "L07",
                "libelle": said("Former des relais"),
                "quantite": 1200.0,
                "attendu_aujourd_hui": 500.0,
                "statut_calcule": "gris",
                "raison": said("rien"),
            },
            {
                **line,
                "ligne": "L08",
                "libelle": said("Comités"),
                "quantite": 30.0,
                "attendu_aujourd_hui": 10.0,
                "realise": 12.0,
                "ecart": 2.0,
                "derniere_periode": "2026Q1",
                "statut_calcule": "vert",
                "raison": said("en avance"),
            },
        ],
        "decomptes": [
            {
                "endroit": said("titres de section"),
                "vert": 8,
                "jaune": 3,
                "rouge": 0,
                "sans_statut": 4,
                "lignes": 15,
                "origine": "compté",
                "remarque": None,
            }
        ],
        "contradictions": [
            {
                "code": "C02",
                "document": said("[S003]"),
                "sujet": said("Décompte"),
                "enonce": said("10"),
                "autre_enonce": said("8"),
                "traitement": said("les deux restent"),
                "concerne": None,
            }
        ],
    }
