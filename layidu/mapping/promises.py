"""The shape of what was promised: commitments, what the report declared of them, and the lines of the plan."""

from typing import Literal

from pydantic import Field

from layidu.mapping.declared import Declared, Month

Colour = Literal["GREEN", "YELLOW", "RED"]
Standing = Literal["proposé", "validé"]
Scale = Literal["document", "loi", "activité", "budget"]


# org_units.yaml, groups: NAME -> OrgUnitGroup
class GroupMember(Declared):
    """An org unit and the months it belongs to a group."""

    code: str  # DHIS2 code of the org unit
    valid_from: Month | None = None
    valid_to: Month | None = None


class OrgUnitGroup(Declared):
    """Org units that are looked at together; `members: null` means that nobody has given the list yet."""

    name: str
    members: list[GroupMember] | None
    name_starts: list[str] = []  # and every org unit whose name begins so
    source: str
    note: str | None = None


# commitments/fp2030.yaml: CODE -> Commitment
class Target(Declared):
    """From where to where, by when, along which path."""

    baseline: float | None
    baseline_year: int | None
    target: float | None
    target_year: int | None
    trajectory: Literal["linear", "logistic", "cumulative", "milestone", "floor"] = "linear"
    direction: Literal["up", "down"] = "up"
    unit: str
    source: str
    note: str | None = None


class MeasuredBy(Declared):
    """The DHIS2 indicator that tells how far something is, in the country or in a group of org units."""

    indicator: str
    group: str | None = None
    against: Literal["year-before"] | None = None  # the same month of last year is 100
    aim: float | None = Field(
        default=None, gt=0
    )  # the value that would be all of it; null: the documents set none
    aim_status: Standing = "proposé"
    source: str
    note: str | None = None


class ResultIndicator(Declared):
    """The quantity a commitment is judged by, and the proxies that only stand beside it."""

    name: str
    origin: Literal["document", "proposition"] = "document"
    reference: str | None = None  # `indicator` of reference_values.yaml
    population: str | None = None  # base of the reference values; null when the document does not say
    measured_by: MeasuredBy | None = None
    target: Target
    proxies: list[str] = []  # indicator codes: a trend arrow, never a colour
    missing: list[str] = []  # what somebody must bring before it can be judged


class ProcessPart(Declared):
    """A sub-indicator of the questionnaire."""

    label: str
    milestones: Scale
    source: str


class ProcessIndicator(Declared):
    """One of the fifteen process indicators; what computes its status is its measure, else its milestones."""

    label: str
    questionnaire: str | None  # letter of the annex
    block: str  # code of the six health-system blocks
    calculation: list[Literal["AUTO_DHIS2", "AUTO_LMIS", "QUEST", "EVID", "BUDGET", "SURVEY"]]
    milestones: Scale
    measured_by: MeasuredBy | None = None
    parts: dict[str, ProcessPart] = {}
    source: str
    note: str | None = None


class Commitment(Declared):
    """One of the six FP2030 commitments."""

    label: str
    type: str
    results: dict[str, ResultIndicator] = {}
    processes: dict[str, ProcessIndicator] = {}
    source: str
    note: str | None = None


# commitments/fp2030_report_2022.yaml: what was declared, where, in which words
class PrintedTitle(Declared):
    """A section title of the report, with the status printed in it."""

    number: str  # as printed
    indicator: str
    printed: str
    word: str | None
    note: str | None = None


class RecapitulationRow(Declared):
    """A row of the recapitulation, in its order and as printed."""

    engagement: str  # as printed
    indicator: str  # the one its text names
    instead_of: str | None = None  # the one that should stand there
    printed: str
    word: str | None
    note: str | None = None


class PrintedTally(Declared):
    """Counts that the report prints without saying which indicators they count."""

    counts: dict[str, int]  # word as printed -> how many
    source: str
    note: str | None = None


class Verdict(Declared):
    """What the report says of whole commitments, in prose."""

    commitments: list[str]
    printed: str
    source: str


class Contradiction(Declared):
    """Two statements of the documents that cannot both hold; both are kept."""

    topic: str
    one: str
    other: str
    handling: str
    concerns: list[str] = []  # codes of commitments, process indicators or plan lines


class StatusReport(Declared):
    """Every status a report declared, by the place it stands in."""

    name: str
    document: str
    titles_source: str
    recapitulation_source: str
    words: dict[str, Colour]  # every spelling of a status
    titles: list[PrintedTitle]
    recapitulation: list[RecapitulationRow]
    summary: PrintedTally
    verdicts: list[Verdict] = []
    contradictions: dict[str, Contradiction] = {}

    def colour(self, word: str | None) -> Colour | None:
        """What a printed word means; None for a blank, which is no red."""
        return None if word is None else self.words[word]


# commitments/caeb_2025_2027.yaml
class Phasing(Declared):
    """Which share of a quantity is due by when."""

    name: str
    shares: dict[str, float] = Field(min_length=1)  # year -> cumulative share due at its end
    rhythm: Literal["month", "quarter", "year"] = "month"  # what is due within a year: at the end of each
    trajectory: Literal["cumulative", "milestone"] = "cumulative"
    status: Standing = "proposé"
    source: str


class PlanLine(Declared):
    """One line of CAEB's plan."""

    label: str
    printed: str  # the plan's own words
    sector: str
    quantity: float | None
    quantity_from: Literal["chiffre imprimé", "mot « un »"] | None = None
    unit: str
    responsible: str | None
    involved: str | None = None
    printed_in: list[Literal["V", "VI"]]
    calculation: str
    phasing: str | None = None  # a name of `phasings`
    companions: list[str] = []  # DHIS2 indicators shown beside, never the measure of the line
    source: str
    note: str | None = None


class Plan(Declared):
    """caeb_2025_2027.yaml."""

    name: str
    document: str
    first_year: int
    last_year: int
    companion_group: str | None = None  # the group of org units the companions are shown for
    phasings: dict[str, Phasing] = {}
    contradictions: dict[str, Contradiction] = {}
    lines: dict[str, PlanLine]

    def phasing_of(self, line: PlanLine) -> Phasing | None:
        """The phasing a line names."""
        return None if line.phasing is None else self.phasings[line.phasing]


# thresholds.yaml
class RollUp(Declared):
    """How the colours below a commitment make its own."""

    red_share: float = Field(gt=0, le=1)  # so many process indicators red: red
    green_share: float = Field(gt=0, le=1)  # so many green, none red: green
    minimum_judged: float = Field(ge=0, le=1)  # fewer judged: grey


class Milestones(Declared):
    """How far a milestone goes, and where its colours change."""

    green: float
    yellow: float
    scales: dict[Scale, dict[str, float]]
