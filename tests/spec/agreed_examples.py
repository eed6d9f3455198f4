"""The 34 worked examples agreed for the arithmetic (vectors.json), each computed by the program with what is shipped.

`found` gives an example's result in the shape of its expectation; `calculation` says it in words for the documentation.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from layidu.compute import emu, outliers
from layidu.compute.adjustment import for_completeness
from layidu.compute.cascade import per_live_birth
from layidu.compute.colour import Course, judge, judge_count
from layidu.compute.data_quality import robust_score
from layidu.compute.indicators import compute_year
from layidu.compute.populations import population_checks, population_values
from layidu.compute.ratio import divide
from layidu.compute.trajectory import expected_value, phased_share
from layidu.mapping.contracts import Populations
from layidu.mapping.promises import Target
from layidu.mapping.reader import read_mappings
from layidu.mapping.terms import expand_states, expand_terms
from layidu.model import frames
from layidu.settings import shipped
from tests.spec.worked_examples import small_tree

AGREED: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("vectors.json").read_text(encoding="utf-8")
)
MAPPINGS = read_mappings(shipped("mappings"))
SOURCE, DISTRICT, FACILITY = "sandbox", 1, 2
COLOURS = {"GREEN": "VERT", "YELLOW": "JAUNE", "RED": "ROUGE"}
Cells = Mapping[str, float]  # "variable" or "variable|dimension=band" -> number


def facility(number: int, cells: Cells) -> dict[tuple[int, str], float]:
    """The cells of one facility."""
    return {(number, name): value for name, value in cells.items()}


def district(
    codes: list[str],
    cells: Mapping[tuple[int, str], float],
    *,
    month: int = 202601,
    people: Mapping[str, float] | None = None,
    units: int = 1,
) -> dict[str, float]:
    """Values of declared indicators in a district of `units` CSCom, in one month."""
    indicators = {code: MAPPINGS.indicators[code] for code in codes}
    mappings = MAPPINGS.model_copy(update={"indicators": indicators})
    listed = sorted({name for _, name in cells})
    known = frames.VARIABLE_CELLS.frame(
        [
            (split(name)[0], SOURCE, f"element{n:04d}", "combo", split(name)[1], 0, 999912)
            for n, name in enumerate(listed)
        ]
    )
    mapped = [(*split(name), unit, month, value) for (unit, name), value in cells.items()]
    year = month // 100
    tree = small_tree([f"CSCom {n}" for n in range(units)])
    reports = [
        (data_set, FACILITY + n, month, 1, 1, 1)
        for data_set in sorted({uid for one in indicators.values() for uid in one.data_sets.get(SOURCE, [])})
        for n in range(units)
    ]
    results = compute_year(
        year=year,
        ended_through=date(year, 12, 31),
        tree=tree,
        mapped=frames.MAPPED_SUMS.frame(mapped),
        reports=frames.REPORTS.frame(reports),
        populations=frames.POPULATIONS.frame(
            [(measure, FACILITY, year, number, "exemple") for measure, number in (people or {}).items()]
        ),
        terms=expand_terms(mappings, known),
        indicators=indicators,
        source=SOURCE,
        variables=MAPPINGS.variables,
        states=expand_states(mappings, known),
        groups={"PREMIER_NIVEAU": [], "REFERENCE": []},
    )
    rows = results[
        (results["org_unit"] == DISTRICT)
        & (results["period"] == str(month))
        & (results["disaggregation"] == "")
    ]
    return dict(zip(rows["indicator"].tolist(), rows["value"].tolist(), strict=True))


def split(name: str) -> tuple[str, str]:
    """A cell's name as variable and disaggregation."""
    variable, _, disaggregation = name.partition("|")
    return variable, disaggregation


def units_given(inputs: Mapping[str, float]) -> Cells:
    """Products by their code."""
    return {f"fp_units|product={name}": float(number) for name, number in inputs.items()}


def couple_years(code: str) -> Callable[[Any], float]:
    """A CYP indicator on the products of an example."""
    return lambda inputs: district([code], facility(FACILITY, units_given(inputs)))[code]


def continued(inputs: Any) -> list[float]:
    """Users of a long method."""
    return emu.users_of_long_method(inputs["q"], inputs["c"], inputs["scale"])


def inverse_share(presence: Mapping[str, float]) -> Callable[[Any], float]:
    """By how much a sector's silence multiplies the users."""
    return lambda inputs: 1 / emu.reported_share(inputs, presence)


def estimated_use(inputs: Any) -> dict[str, float]:
    """Injectables by the share of TV05, implants by that of the public sector in 2023."""
    injectables = next(one for one in AGREED if one["code"] == "TV05")["inputs"]
    factor = (MAPPINGS.methods.methods["dmpa_im"].cyp["2022"] or 0) if MAPPINGS.methods else 0
    users = emu.users_of_short_method(inputs["doses"], factor)
    users /= emu.reported_share(injectables, {"public": 1})
    users += inputs["impl"] / emu.reported_share({"public": 0.8764, "other": 0.1236}, {"public": 1})
    share, _ = divide(np.array([users]), np.array([float(inputs["fap"])]), 100)
    return {"users": users, "emu_pct": float(share[0])}


def all_women(inputs: Any) -> float:
    """A ratio of sums of women in union and not."""
    users = inputs["mw"] * inputs["n_mw"] + inputs["uw"] * inputs["n_uw"]
    value, _ = divide(np.array([users]), np.array([inputs["n_mw"] + inputs["n_uw"]]), 100)
    return float(value[0])


def young(inputs: Any) -> float:
    """A source that has 15-19 and 20-24 answers for 15-24."""
    bands = {"15-19": "a1519", "20-24": "a2024", "25+": "a25"}
    cells = {f"fp_new_users|age={age}|method=pill": float(inputs[name]) for age, name in bands.items()}
    return district(["PF-NU-J"], facility(FACILITY, cells))["PF-NU-J"]


def out_of_stock(inputs: Any) -> float:
    """45 facilities, of which 40 report a stock of implants and 6 of these have none; five report nothing."""
    cells: dict[tuple[int, str], float] = {}
    for number in range(inputs["offer_report"]):
        cells[FACILITY + number, "fp_stock|method=implant"] = 0.0 if number < inputs["zero"] else 12.0
    return district(["PF-RUPT"], cells, units=inputs["offer_report"] + 5)["PF-RUPT"]


def financed(inputs: Any) -> dict[str, Any]:
    """The State's part of the envelope, of the needs, and over the target of 20 %."""
    state, partners, needs = (float(inputs[name]) for name in ("etat", "partenaires", "besoin"))
    shares, _ = divide(np.array([state, state]), np.array([state + partners, needs]), 100)
    of_target, _ = divide(shares[1:], np.array([20.0]), 1)
    return {
        "part_du_total": float(shares[0]),
        "part_du_besoin": float(shares[1]),
        "ratio_cible": float(of_target[0]),
        "compact_1pct": bool(shares[1] >= 1),
    }


def on_the_way(years: list[int], trajectory: str, percent: float = 1) -> Callable[[Any], list[float | None]]:
    """What a target expects in some years."""

    def values(inputs: Any) -> list[float | None]:
        target = Target(
            baseline=inputs["b"] * percent,
            baseline_year=inputs["y0"],
            target=inputs["t"] * percent,
            target_year=inputs["y1"],
            trajectory=trajectory,  # type: ignore[arg-type]
            unit="%",
            source="exemple",
        )
        return [expected_value(target, year) for year in years]

    return values


def judged(target: float, direction: str) -> Callable[[Any], list[list[Any]]]:
    """Progress and colour of each value observed."""

    def colours(inputs: Any) -> list[list[Any]]:
        assert MAPPINGS.thresholds is not None
        course = Course(inputs["b"], inputs["e"], target, direction)  # type: ignore[arg-type]
        found = [judge(float(actual), course, MAPPINGS.thresholds) for actual in inputs["obs"]]
        return [[one.progress, COLOURS[one.colour]] for one in found]

    return colours


def cumulated(inputs: Any) -> dict[str, Any]:
    """A plan line two thirds of the way, with the shipped phasing of a third a year."""
    assert MAPPINGS.thresholds is not None
    assert MAPPINGS.plan is not None
    shares = MAPPINGS.plan.phasings[MAPPINGS.plan.lines["CAEB-SR-06"].phasing or ""].shares
    done, expected = sum(inputs["q"]), inputs["t"] * phased_share(shares, 2026)
    colour = judge_count(done, expected, MAPPINGS.thresholds).colour
    return {"pct": done / inputs["t"] * 100, "ratio": done / expected, "feu": COLOURS[colour]}


def first_visits(inputs: Any) -> dict[str, float]:
    """Person-time of the 29 days of February 2024; beside it, twelve times the month."""
    found = district(
        ["SM-CPN1"],
        facility(FACILITY, {"anc1_visits": inputs["n"]}),
        month=202402,
        people={"expected_pregnancies": inputs["d"]},
    )
    return {"dhis2": found["SM-CPN1"], "x12": inputs["n"] / inputs["d"] * 100 * 12}


def yearly(value: float, year: int) -> pd.DataFrame:
    """One facility's population in one year."""
    return frames.MAPPED_SUMS.frame([("population_total", "", FACILITY, year * 100, value)])


def declared_populations() -> Populations:
    """The shipped populations."""
    assert MAPPINGS.populations is not None
    return MAPPINGS.populations


def cascade(inputs: Any) -> dict[str, float]:
    """The shipped measures of 100 000 people in 2022, whose birth rate is that of the example."""
    found = population_values(declared_populations(), yearly(inputs["pop"], 2022), small_tree(["A"]), 2022)
    values = dict(zip(found["measure"].tolist(), found["value"].tolist(), strict=True))
    names = {
        "lb": "expected_live_births",
        "grossesses": "expected_pregnancies",
        "accouchements": "expected_deliveries",
    }
    rates = declared_populations().cascade
    assert rates is not None
    infants = values["expected_live_births"] * per_live_birth("infants_of_penta", rates)
    return {**{name: values[measure] for name, measure in names.items()}, "penta_elig": infants}


def projected(inputs: Any) -> float:
    """The census projected by its growth, four years on."""
    series = declared_populations().series["rgph5"]
    alone = series.model_copy(update={"totals": {"A": inputs["p"]}, "growth": inputs["g"], "maps": {}})
    only = {
        "people": declared_populations()
        .measures["population_at_risk"]
        .model_copy(update={"series": ["census"], "share": 1.0})
    }
    declared = Populations(series={"census": alone}, measures=only)
    year = (series.base_year or 0) + inputs["n"]
    found = population_values(
        declared, frames.MAPPED_SUMS.frame(), small_tree(["A"]), year, org_unit_codes={"A": FACILITY}
    )
    return float(round(found["value"].item()))


def ratio_of_sums(inputs: Any) -> dict[str, float]:
    """Two facilities of one district; beside it the mean of their percentages."""
    cells: dict[tuple[int, str], float] = {}
    for unit, name in ((FACILITY, "A"), (FACILITY + 1, "B")):
        cells[unit, "postpartum_fp"], cells[unit, "deliveries"] = map(float, inputs[name])
    wrong = sum(above / below for above, below in inputs.values()) / 2 * 100
    return {"juste": district(["PF-PP"], cells, units=2)["PF-PP"], "faux": wrong}


def dropout(inputs: Any) -> list[float]:
    """First dose less third, over the first, by the formula of PAL-TPI-ABAN."""
    code = "PAL-TPI-ABAN"
    pairs = (inputs["a"], inputs["b"])
    return [
        district([code], facility(FACILITY, {"iptp1": first, "iptp3": third}))[code] for first, third in pairs
    ]


def malaria(inputs: Any) -> dict[str, float]:
    """One month of one facility."""
    names = {
        "suspect": "malaria_suspected",
        "tdr": "malaria_rdt_done",
        "tdr_pos": "malaria_rdt_positive",
        "ge": "malaria_microscopy_done",
        "ge_pos": "malaria_microscopy_positive",
        "presume": "malaria_presumed",
        "cta": "malaria_treated_act",
    }
    cells = {f"{names[key]}|malaria_age=15+": float(value) for key, value in inputs.items()}
    codes = {
        "test": "PAL-TEST",
        "tpr": "PAL-TPR",
        "conf": "PAL-CONF",
        "total": "PAL-TOT",
        "incid": "PAL-INC",
        "cta": "PAL-CTA",
    }
    found = district(list(codes.values()), facility(FACILITY, cells), people={"population_at_risk": 48_000})
    return {key: found[code] for key, code in codes.items()}


def preventive(inputs: Any) -> dict[str, float]:
    """Doses over first visits, never annualised."""
    cells = {"anc1_visits": inputs["cpn1"], "iptp1": inputs["tpi1"], "iptp3": inputs["tpi3"]}
    codes = {"tpi1": "PAL-TPI1-CPN", "tpi3": "PAL-TPI3-CPN", "abandon": "PAL-TPI-ABAN"}
    found = district(list(codes.values()), facility(FACILITY, cells))
    return {key: found[code] for key, code in codes.items()}


def exits(inputs: Any) -> dict[str, list[float]]:
    """The exits of severe acute malnutrition, with and without transfers."""
    bands = {
        "gueri": "cured",
        "deces": "died",
        "abandon": "defaulted",
        "nonrep": "non_responder",
        "transfert": "transferred",
    }
    cells = {f"sam_exits|exit={bands[key]}": float(value) for key, value in inputs.items()}
    kinds = ("GUER", "DEC", "ABAN", "NREP")
    sphere = [f"NUT-{kind}-MAS" for kind in kinds]
    wfp = [f"NUT-{kind}-MAS-PAM" for kind in kinds]
    found = district([*sphere, *wfp], facility(FACILITY, cells))
    return {"sphere": [found[code] for code in sphere], "avec_transferts": [found[code] for code in wfp]}


def series(inputs: Any) -> tuple[Any, int]:
    """The numbers and the place of the last one."""
    values = np.array(inputs, dtype=np.float64)
    return values, len(values) - 1


def modified(inputs: Any) -> dict[str, Any]:
    """Modified z, flagged at the shipped threshold."""
    assert MAPPINGS.thresholds is not None
    found = robust_score(*series(inputs))
    assert found.score is not None
    flagged = found.score > MAPPINGS.thresholds.spike_modified_z
    return {"median": found.median, "mad": found.deviation, "mz": found.score, "flag": flagged}


def classic(inputs: Any) -> dict[str, float]:
    """Classic z."""
    found = outliers.standard_score(*series(inputs))
    return {"mean": found.mean, "sd": found.deviation, "z": found.score}


def fastr(inputs: Any) -> dict[str, Any]:
    """FASTR's deviation."""
    deviation, away = outliers.fastr_deviation(*series(inputs))
    return {"mad": deviation, "res": away, "flag": outliers.fastr_flag(*series(inputs))}


def most_of_a_year(inputs: Any) -> dict[str, Any]:
    """FASTR's share of twelve months."""
    values, last = series(inputs["v"])
    return {"pc": outliers.share_of_year(values, last), "flag": outliers.fastr_flag(values, last)}


def adjusted(inputs: Any) -> list[float]:
    """900 at a reporting rate of 80 %."""
    return [for_completeness(900, 0.8, k) for k in inputs["k"]]


def consistent(inputs: Any) -> dict[str, Any]:
    """A year beside those before it."""
    ratio, off = outliers.consistency(float(inputs["cur"]), np.array(inputs["prev"], dtype=np.float64))
    return {"ratio": ratio, "flag33": off}


def element_completeness(inputs: Any) -> float:
    """Three facilities in four months; two months of one are missing, a zero is a value received."""
    months = [202601, 202602, 202603, 202604]
    assert inputs == {"attendu": 3 * len(months), "recu": 3 * len(months) - 2}
    names = ("malaria_suspected|malaria_age=15+", "malaria_rdt_done|malaria_age=15+")
    total = {}
    for month in months:
        present = range(2 if month in (202601, 202602) else 3)
        cells = {(FACILITY + n, name): 0.0 if n == 1 else 5.0 for n in present for name in names}
        total[month] = district(["DQ-EDE"], cells, month=month, units=3)["DQ-EDE"]
    return sum(total.values()) / len(total)  # each month expects the same three reports


def beside(inputs: Any) -> dict[str, Any]:
    """DHIS2's population beside the census."""
    declared = declared_populations()
    check = next(one for one in declared.checks if one.total == inputs["b"] * 1_000_000)
    only = declared.model_copy(update={"checks": [check]})
    found = population_checks(only, yearly(inputs["a"] * 1_000_000, check.year), small_tree(["A"]))
    gap = float(found.loc[found["series"] == "dhis2_population", "difference_percent"].item())
    return {"ecart": gap, "flag10": abs(gap) >= 10}


EXAMPLES: dict[str, Callable[[Any], Any]] = {
    "TV01": couple_years("PF-CYP"),
    "TV02": couple_years("PF-CYP-2011"),
    "TV03": continued,
    "TV04": continued,
    "TV05": inverse_share({"public": 1}),
    "TV06": inverse_share({"public": 1, "ngo": 0.5}),
    "TV07": estimated_use,
    "TV08": lambda inputs: emu.years_to_keep(inputs, 0.6),
    "TV09": all_women,
    "TV10": young,
    "TV11": out_of_stock,
    "TV12": financed,
    "TV13": on_the_way([2022, 2025, 2026], "linear"),
    "TV14": on_the_way([2022, 2025, 2026], "logistic", 100),
    "TV15": on_the_way([2022, 2025], "linear"),
    "TV16": judged(40, "up"),
    "TV17": judged(13, "down"),
    "TV18": cumulated,
    "TV19": first_visits,
    "TV20": cascade,
    "TV21": projected,
    "TV22": ratio_of_sums,
    "TV23": dropout,
    "TV24": malaria,
    "TV25": preventive,
    "TV26": exits,
    "TV27": modified,
    "TV28": classic,
    "TV29": fastr,
    "TV30": most_of_a_year,
    "TV31": adjusted,
    "TV32": consistent,
    "TV33": element_completeness,
    "TV34": beside,
}
#: Where each example stands in the program, for the page of the documentation.
ROADS = {
    **dict.fromkeys(("TV01", "TV02"), "PF-CYP et PF-CYP-2011, facteurs de methods.yaml"),
    **dict.fromkeys(("TV03", "TV04", "TV05", "TV06", "TV07", "TV08"), "compute/emu.py"),
    "TV09": "somme des numérateurs ÷ somme des dénominateurs",
    "TV10": "PF-NU-J ; 15-24 est la somme de 15-19 et 20-24",
    "TV11": "PF-RUPT, états de variables/states.yaml",
    "TV12": "part de l'enveloppe, part des besoins : deux indicateurs",
    **dict.fromkeys(("TV13", "TV14", "TV15"), "compute/trajectory.py"),
    **dict.fromkeys(("TV16", "TV17"), "compute/colour.py, thresholds.yaml"),
    "TV18": "phasage proposé d'un tiers par an, thresholds.yaml",
    "TV19": "SM-CPN1, personnes-temps P × jours ÷ 365",
    "TV20": "populations.yaml, cascade",
    "TV21": "populations.yaml, P × (1 + croissance)^années",
    "TV22": "PF-PP, rapport de sommes",
    "TV23": "formule de PAL-TPI-ABAN : (1re − 3e) ÷ 1re",
    "TV24": "PAL-TEST, PAL-TPR, PAL-CONF, PAL-TOT, PAL-INC, PAL-CTA",
    "TV25": "PAL-TPI1-CPN, PAL-TPI3-CPN, PAL-TPI-ABAN",
    "TV26": "NUT-GUER, DEC, ABAN, NREP (MAS), Sphère et PAM",
    "TV27": "compute/data_quality.py, seuil de thresholds.yaml",
    **dict.fromkeys(("TV28", "TV29", "TV30", "TV32"), "compute/outliers.py"),
    "TV31": "compute/adjustment.py ; pour l'analyse, jamais publié",
    "TV33": "DQ-EDE ; un zéro saisi est une valeur reçue",
    "TV34": "populations.yaml, contrôles",
}


def found(example: Mapping[str, Any]) -> Any:
    """What the program makes of an example's inputs."""
    return EXAMPLES[example["code"]](example["inputs"])
