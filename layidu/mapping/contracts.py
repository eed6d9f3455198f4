"""The shape of every file in `mappings/`.

Each model forbids unknown keys, so a misspelt key is an error with its place, never a setting ignored. Facts
that are not known are `null` in the files and `None` here.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from layidu.mapping.declared import Declared, Month, Uid
from layidu.mapping.estimating import EstimatedUse, MethodUse
from layidu.mapping.parameters import Parameter
from layidu.mapping.problems import Place
from layidu.mapping.promises import Commitment, Milestones, OrgUnitGroup, Plan, RollUp, StatusReport
from layidu.mapping.publishing import PeriodType, Publication

Places = dict[tuple[str | int, ...], Place]
Bands = dict[str, str]  # category option uid -> band name of disaggregations.yaml


# sources.yaml: NAME -> Source
class SourceDataSet(Declared):
    """A data set to pull; a bare uid in YAML is the same as `{uid: …}`."""

    uid: Uid
    label: str | None = None
    since: str | None = None  # months back ("24") or a first month ("202404"); default: the source's


class Source(Declared):
    """A DHIS2 instance layidu reads from (and, for a target, writes results to)."""

    label: str | None = None
    url: str | None = None  # `sandbox:mali`, `sandbox:hamlet`, or none: LAYIDU_<NAME>_URL
    data_sets: list[SourceDataSet] = []
    since: str = "24"
    re_read: int = Field(default=4, ge=1)  # last k periods pulled in full every night
    org_units: list[Uid] | None = None  # default: what /api/me allows
    keep_answers_days: int = 14
    vanished_hold_share: float = 0.05
    vanished_hold_rows: int = 20
    slice_rows: int = 200_000
    requests_at_once: int = Field(default=2, ge=1, le=8)
    second_look_seconds: int = Field(default=60, ge=0)  # before what vanished, or emptiness, is believed
    reconcile_since: str = "24"  # months back, or a first month: what `reconcile` reads in full
    push_rows: int = Field(default=2000, ge=50, le=5000)  # of one request, when results are sent there
    analytics_wait_minutes: int = Field(default=60, ge=0)  # without an analytics account of ours


# variables/*.yaml: NAME -> Variable
class Cell(Declared):
    """One data element of one source, and which option means which band."""

    data_element: Uid
    label: str | None = None
    bands: dict[str, Bands] = {}  # dimension -> option uid -> band
    valid_from: Month | None = None
    valid_to: Month | None = None


class State(Declared):
    """What is counted where a condition holds at one org unit in one month (or ended quarter).

    The condition is tested on `of`, an expression over variables: `present` (a value is there), `zero`, `positive`,
    `equals` another expression, or its `ratio` to another one. Where `of` (or `asked`) has no value at all, nothing is
    counted, not even zero.
    """

    counts: str = "facilities"  # facilities: 1; facility_days: days of the month; or a variable: its value
    of: str
    test: Literal["present", "zero", "positive", "equals", "ratio"]
    other: str | None = None  # what `of` must equal, or is divided by
    minimum: float | None = None  # of a ratio
    maximum: float | None = None  # of a ratio
    stored: bool = False  # only what is stored counts: no zeros from a report received
    asked: str | None = (
        None  # where this has a value the answer counts, zero included; default: where `of` has one
    )
    by: list[str] = []  # a state for each band of these dimensions
    over: str | None = None  # a dimension whose bands are tested one by one
    at_least: int | None = None  # in so many bands of `over`
    all_of: list[str] = []  # in each of these bands of `over`
    per: Literal["month", "quarter"] = "month"
    in_group: str | None = None  # only org units of this group of org_units.yaml
    zones: dict[str, dict[str, str | None]] = {}  # dimension -> band -> group (null: all other org units)
    level: int | None = (
        None  # tested on the sums of the branches of this level; default: each org unit itself
    )


class Variable(Declared):
    """A countable thing, whatever the source calls it: source cells, or a state derived from other variables."""

    name: str
    unit: str
    over_time: Literal["sum", "last", "average"] = "sum"
    period_type: Literal["Monthly", "Yearly"] = "Monthly"
    absence: Literal["missing", "zero-if-reported"] = "missing"
    dimensions: list[str] = []
    cells: dict[str, list[Cell] | None] = {}  # source name -> cells; null: to be drafted
    derived: State | None = None  # instead of cells
    source: str | None = None


# disaggregations.yaml: DIMENSION -> Dimension
class Band(Declared):
    """One band of a dimension."""

    name: str
    minimum: int | None = None
    maximum: int | None = None
    overlaps: list[str] = []
    printed: str | None = None  # what the source's form prints, where this band is another: a harmonised one
    note: str | None = None


class Dimension(Declared):
    """A way to split a variable."""

    name: str
    bands: dict[str, Band]
    source: str | None = None


# methods.yaml
class Method(Declared):
    """A contraceptive method; cyp maps factor set ("2022") to couple-years per unit (null: not given)."""

    name: str
    unit: str
    modern: bool = True
    cyp: dict[str, float | None]
    use: MethodUse | None = None  # what Estimated Modern Use asks of it
    source: str


class Methods(Declared):
    """methods.yaml."""

    default_factor_set: str
    methods: dict[str, Method]
    estimated_use: EstimatedUse | None = None


# populations.yaml
class Series(Declared):
    """Where a population total per org unit and year comes from."""

    name: str
    variable: str | None = None  # a yearly variable of DHIS2's population data set
    totals: dict[str, float] = {}  # org unit code -> total in base_year, for series typed in here
    base_year: int | None = None
    growth: float | None = None
    yearly: dict[str, dict[str, float]] = {}  # org unit code -> year -> total, for series published by year
    #: hierarchy -> org unit code -> codes of `totals` it holds; the first whose org units all exist is used
    maps: dict[str, dict[str, list[str]]] = {}
    obtained: bool = True  # false: declared, and nobody has given its numbers yet
    source: str
    note: str | None = None


CascadeStep = Literal["pregnancies", "deliveries", "births", "infants_of_penta", "infants_of_measles"]


class Cascade(Declared):
    """The rates that lead from live births to pregnancies, deliveries and surviving infants (0 to 1)."""

    twin_rate: float = Field(ge=0, lt=1)
    stillbirth_rate: float = Field(ge=0, lt=1)
    pregnancy_loss: float = Field(ge=0, lt=1)
    neonatal_mortality: float = Field(ge=0, lt=1)
    post_neonatal_mortality: float = Field(ge=0, lt=1)
    source: str
    note: str | None = None


class Measure(Declared):
    """A denominator: a share or a rate of a population series, or a step of the cascade from live births."""

    name: str
    series: list[str]  # in order of priority
    level: int = 4  # lowest declared level; summed upwards from there
    share: float | dict[str, float | None] = 1.0  # constant, or by year (null: not known that year)
    of: str | None = None  # the measure of live births a cascade starts from; share then multiplies it
    cascade: CascadeStep | None = None
    source: str
    note: str | None = None


class Check(Declared):
    """Another total, shown with its difference, never a denominator."""

    name: str
    year: int
    total: float
    org_unit_level: int = 1
    source: str


class Populations(Declared):
    """populations.yaml."""

    series: dict[str, Series]
    measures: dict[str, Measure]
    cascade: Cascade | None = None
    checks: list[Check] = []


# indicators/*.yaml: CODE -> Indicator
#: parts: each part is a sum over org units and months, and DHIS2 divides; figure: one value a level and period of
#: its own, which nothing may add up; nothing: it stays in the warehouse.
PublishedAs = Literal["parts", "figure", "nothing"]


class Weights(Declared):
    """Multiply a part's terms by a table along one dimension: couple-years of protection, or users (`use`)."""

    dimension: str
    table: Literal["cyp", "use"]
    factor_set: str | None = None  # default: methods.yaml's


class Disaggregation(Declared):
    """Split the indicator along dimensions, from this level upwards."""

    dimensions: list[str]
    lowest_level: int = 3
    share_of_total: bool = False  # the denominator keeps all bands: each band's value is its share


class Formula(Declared):
    """How an indicator was computed before: what it replaces of today's declaration, and until when."""

    version: int = Field(ge=1)
    valid_from: Month | None = None  # a January; none: as far back as there are values
    valid_to: Month  # a December: no quarter and no year mixes two formulas
    numerator: str
    denominator: str | None = None
    numerator_weights: Weights | None = None
    factor: float = 1
    annualised: bool = False
    reason: str  # why it was given up, and who decided


class Indicator(Declared):
    """One line of the catalogue; its parts are written in the grammar of `expressions.py`."""

    name: str
    short_name: str = Field(max_length=50)
    definition: str
    version: int = Field(default=1, ge=1)  # of the formula; a changed formula is a new version
    valid_from: Month | None = None  # a January: first month of this formula
    valid_to: Month | None = None  # a December: last month of an indicator that is given up
    earlier: list[Formula] = []  # the formulas before this one
    numerator: str
    denominator: str | None = None  # none: a count
    numerator_weights: Weights | None = None
    numerator_minus: str | None = None  # a parameter: what the country's total is compared with
    denominator_times: list[str] = []  # parameters the denominator is multiplied by
    factor: float = 1
    unit: str
    annualised: bool = False  # the denominator is a population, taken as person-time
    over_time: Literal["sum", "last"] = "sum"
    periods: list[PeriodType] = ["Monthly", "Quarterly", "Yearly"]
    ended_only: bool = False  # a quarter, half-year or year that still runs has no value
    lowest_level: int = 99  # the deepest level the total is computed at
    published_as: PublishedAs = "parts"
    missing: str | None = None  # a parameter nobody has given: there is no value, and the status says so
    disaggregations: list[Disaggregation] = []
    data_sets: dict[
        str, list[Uid]
    ] = {}  # source -> data sets whose reporting rate is this one's completeness
    direction: Literal["up", "down", "none"] = "none"
    theme: str
    owner: str
    source: str
    note: str | None = None
    decimals: int = 1


# reference_indicators.yaml: CODE -> ReferenceIndicator
class ReferenceIndicator(Declared):
    """One line of the catalogue that no DHIS2 feeds; its values stand in reference_values.yaml."""

    name: str
    short_name: str = Field(max_length=50)
    definition: str
    unit: str
    direction: Literal["up", "down", "none"] = "none"
    theme: str
    owner: str
    source: str
    missing: str | None = None  # why there is no value yet, and what would give one
    note: str | None = None


# reference_values.yaml
class ReferenceValue(Declared):
    """A value DHIS2 does not hold."""

    indicator: str
    year: int
    value: float
    population: str
    source: str
    note: str | None = None
    kind: Literal["SURVEY", "MODEL", "BUDGET"] = "SURVEY"


# thresholds.yaml
class Outliers(Declared):
    """When a monthly total stands out of its series (FASTR's rule), and what a sound report needs besides."""

    deviations: float = Field(gt=0)  # from the median, more than so many deviations
    share: float = Field(gt=0, le=1)  # or more than this share of the twelve months that end with it
    minimum: float = Field(ge=0)  # and above this
    months: int = Field(ge=3)  # values a series needs to be judged
    coherent: list[str] = []  # states of pairs that must agree in a report's district
    source: str


class Thresholds(Declared):
    """Where colours change; nothing of this stands in code."""

    progress_green: float
    progress_yellow: float
    unstable_gap: float
    floor_yellow: float  # share of a yearly floor from which on it is yellow
    milestones: Milestones
    roll_up: RollUp
    minimum_completeness: float
    maximum_age_months: dict[str, int]
    small_denominator: float
    completeness_good: float
    completeness_watch: float
    spike_modified_z: float
    spike_minimum: float
    copied_minimum_cells: int
    outliers: Outliers | None = None  # without it nothing is said of plausible values and sound reports
    source: str


# org_units.yaml
class OrgUnits(Declared):
    """Level names, and where a source's units are expected to hang (a moved unit is then a finding)."""

    levels: dict[str, str]  # "1": pays …
    expected_parents: dict[str, dict[str, str]] = {}  # source -> org unit code -> code of its parent
    regions: dict[str, dict[str, str]] = {}  # source -> region code -> name of its outline
    groups: dict[str, OrgUnitGroup] = {}
    source: str | None = None
    note: str | None = None


# corrections.yaml
class Correction(Declared):
    """A known error of the source: a cell left out of compute."""

    source: str
    data_element: Uid
    org_unit: Uid
    period: str
    category_option_combo: Uid | None = None
    value: str  # guard: only while the cell still holds this
    reason: str
    told: str | None = None
    date: str


class Mappings(BaseModel):
    """Everything `mappings/` says. A folder with nothing but sources.yaml is complete: the rest is empty."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    folder: Path
    digest: str  # sha256 of the files, for the run's record
    sources: dict[str, Source]
    variables: dict[str, Variable] = {}
    dimensions: dict[str, Dimension] = {}
    methods: Methods | None = None
    populations: Populations | None = None
    indicators: dict[str, Indicator] = {}
    reference_indicators: dict[str, ReferenceIndicator] = {}
    reference_values: list[ReferenceValue] = []
    commitments: dict[str, Commitment] = {}
    report: StatusReport | None = None  # what was declared of the commitments
    plan: Plan | None = None
    thresholds: Thresholds | None = None
    org_units: OrgUnits | None = None
    publications: dict[str, Publication] = {}
    parameters: dict[str, Parameter] = {}
    corrections: list[Correction] = []
    places: Places = Field(default={}, repr=False)  # (section, key, …) -> where it is written
