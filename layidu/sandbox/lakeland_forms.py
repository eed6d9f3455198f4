"""What do the forms of Lakeland ask? An invented English-speaking country whose metadata owes nothing to Mali's.

Its lines are worded as registers of East and Southern Africa word them; none is copied from a real system.
"""

from dataclasses import dataclass, field

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a form: what it is called, how it is split, and how large it is for a facility of average size."""

    code: str
    name: str
    combo: str
    mean: float  # a month's (a quarter's, a year's) total of an average facility
    value_type: str = "INTEGER_ZERO_OR_POSITIVE"
    aggregation_type: str = "SUM"
    texts: tuple[str, ...] = ()  # what may be answered, for lines that are no counts
    option_set: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A data set, the facilities that fill it in, and its lines."""

    code: str
    name: str
    period_type: str
    lines: tuple[Line, ...]
    attribute_combo: str = DEFAULT
    kinds: tuple[str, ...] = ("Health centre", "Hospital", "Clinic")
    timely_days: int = 10


@dataclass(frozen=True, slots=True)
class Split:
    """A category: its options and how a total falls on them."""

    name: str
    options: dict[str, tuple[str, float]] = field(default_factory=dict)  # code -> name, share
    attribute: bool = False


SPLITS = {
    "SEX": Split("Sex", {"F": ("Female", 0.56), "M": ("Male", 0.44)}),
    "AGE": Split(
        "Age band",
        {
            "10_14": ("10-14 years", 0.02),
            "15_19": ("15-19 years", 0.16),
            "20_24": ("20-24 years", 0.27),
            "25": ("25+ years", 0.55),
        },
    ),
    "CHILD_AGE": Split("Child age", {"0_11": ("0-11 months", 0.4), "12_59": ("12-59 months", 0.6)}),
    "METHOD": Split(
        "FP method",
        {
            "OC": ("Combined oral pill", 0.14),
            "POP": ("Progestin-only pill", 0.05),
            "DMPA_IM": ("DMPA-IM injection", 0.24),
            "DMPA_SC": ("Self-injected DMPA-SC", 0.11),
            "IMPLANT_1": ("One-rod implant", 0.17),
            "IMPLANT_2": ("Two-rod implant", 0.08),
            "IUCD": ("IUCD", 0.05),
            "MALE_CONDOM": ("Male condoms", 0.11),
            "FEMALE_CONDOM": ("Female condoms", 0.01),
            "ECP": ("Emergency contraceptive pill", 0.02),
            "BTL": ("Tubal ligation", 0.015),
            "VASECTOMY": ("Vasectomy", 0.005),
        },
    ),
    "ACCEPTOR": Split("Client type", {"NEW": ("New acceptor", 0.35), "REVISIT": ("Revisit", 0.65)}),
    "PARTNER": Split(
        "Funding partner",
        {
            "GOV": ("Ministry of Health", 0.5),
            "FUND": ("Great Lake Health Fund", 0.35),
            "NGO": ("Harbour Families Trust", 0.15),
        },
        attribute=True,
    ),
}
COMBOS = {
    "METHOD_AGE": ("FP method and age", ("METHOD", "AGE")),
    "ACCEPTOR_AGE": ("Client type and age", ("ACCEPTOR", "AGE")),
    "SEX_AGE": ("Sex and age", ("SEX", "AGE")),
    "SEX_CHILD": ("Child age and sex", ("CHILD_AGE", "SEX")),
    "METHOD": ("FP method", ("METHOD",)),
    "PARTNER": ("Funding partner", ("PARTNER",)),
}
OPTION_SETS = {
    "WATER": (
        "Main water source",
        {"PIPED": "Piped supply", "BOREHOLE": "Borehole", "RAIN": "Rain water", "NONE": "No source on site"},
    )
}
FORMS = (
    Form(
        "MOH_RH1",
        "Reproductive health monthly summary",
        "Monthly",
        (
            Line("FP_CLIENTS", "FP clients served by method", "METHOD_AGE", 130),
            Line("FP_VISITS", "FP visits by client type", "ACCEPTOR_AGE", 120),
            Line("FP_PPFP", "Women given a method within 48 hours of birth", "AGE", 9),
            Line("ANC_FIRST", "ANC first contact", "AGE", 32),
            Line("ANC_FOUR", "ANC fourth contact", DEFAULT, 21),
            Line("ANC_EIGHT", "ANC eighth contact", DEFAULT, 4),
            Line("BIRTHS_SBA", "Births attended by skilled personnel", DEFAULT, 19),
            Line("LIVE_BIRTHS", "Live births", "SEX", 18),
            Line("STAFF_DAYS", "FP providers on duty, average", DEFAULT, 2.5, "NUMBER", "AVERAGE"),
        ),
    ),
    Form(
        "MOH_HTS",
        "HIV testing monthly summary",
        "Monthly",
        (
            Line("HTS_TESTED", "HIV tests done", "SEX_AGE", 75),
            Line("HTS_POSITIVE", "HIV tests positive", "SEX_AGE", 3),
            Line("HTS_LINKED", "Newly diagnosed started on ART", "SEX", 2.6),
        ),
        kinds=("Health centre", "Hospital"),
    ),
    Form(
        "MOH_COM",
        "FP commodities by funding partner",
        "Monthly",
        (
            Line("COM_ISSUED", "FP commodities issued to clients", "METHOD", 140),
            Line("COM_DAYS_OUT", "Days out of stock", "METHOD", 3),
        ),
        attribute_combo="PARTNER",
        kinds=("Health centre", "Hospital"),
    ),
    Form(
        "MOH_RDY",
        "Facility readiness quarterly review",
        "Quarterly",
        (
            Line(
                "RDY_WATER",
                "Main water source of the facility",
                DEFAULT,
                0,
                "TEXT",
                "NONE",
                option_set="WATER",
            ),
            Line("RDY_GUIDE", "Current FP guideline seen", DEFAULT, 0, "BOOLEAN", "NONE", ("true", "false")),
            Line("RDY_SCORE", "Readiness score", DEFAULT, 71, "PERCENTAGE", "AVERAGE"),
            Line(
                "RDY_TRAINED", "Providers trained in long-acting methods", "SEX", 3, aggregation_type="LAST"
            ),
        ),
        timely_days=20,
    ),
    Form(
        "MOH_POP",
        "Catchment population",
        "Yearly",
        (
            Line("POP_TOTAL", "Catchment population", DEFAULT, 11_500),
            Line("POP_WRA", "Women aged 15-49 in the catchment", DEFAULT, 2_760),
            Line("POP_CHILD", "Children under five in the catchment", "SEX_CHILD", 1_840),
        ),
        kinds=("Health centre",),
        timely_days=60,
    ),
)
#: DHIS2's own indicators: code, name, numerator and denominator in terms of lines, factor.
INDICATORS = (
    ("IND_HTS_YIELD", "HIV testing yield (%)", "HTS_POSITIVE", "HTS_TESTED", 100),
    ("IND_ANC4", "ANC fourth contact over first (%)", "ANC_FOUR", "ANC_FIRST", 100),
    ("IND_PPFP", "Births followed by a method within 48 hours (%)", "FP_PPFP", "BIRTHS_SBA", 100),
    ("IND_NEW_FP", "FP visits per 1,000 women aged 15-49", "FP_VISITS", "POP_WRA", 1000),
)
