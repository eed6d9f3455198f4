"""The shape of publications.yaml: which results go to which data set of which DHIS2, and what may not."""

from typing import Literal

from pydantic import Field

from layidu.mapping.declared import Declared

PeriodType = Literal["Monthly", "Quarterly", "SixMonthly", "Yearly"]
#: Whose computed status is published: the commitment as a whole, its results, its process indicators.
StatusKind = Literal["commitment", "result", "process"]


class SmallNumbers(Declared):
    """A decision that counts below a threshold are not shown; zero is shown, it tells of nobody."""

    below: int = Field(ge=2)
    #: withhold: the cell is not published. grey: nor is it, and its colour is grey (figures only).
    action: Literal["withhold", "grey"] = "withhold"
    decision: str  # who decided it, when and why
    source: str


class Publication(Declared):
    """One data set of one DHIS2 instance.

    `parts`: counts, and both parts of ratios, at one level; DHIS2 sums them over units and months, and divides.
    `figures`: values that nothing may add up, each level and period its own.
    """

    target: str  # a name of sources.yaml
    results_of: str | None = None  # whose results, a name of sources.yaml; default: the target's own
    name: str
    short_name: str = Field(max_length=50)
    code: str
    kind: Literal["parts", "figures"] = "parts"
    period_type: PeriodType = "Monthly"
    level: int = 3  # of parts: the lowest published, the only one
    levels: list[int] = [1]  # of figures
    since: str | None = None  # of promises and plan lines: the first period
    indicators: list[str] = []
    commitments: list[StatusKind] = []
    plan: bool = False  # the lines of the plan
    round_to: int = Field(default=4, ge=0, le=10)  # decimals of figures; parts are never rounded
    user_groups: list[str] = []  # codes or names of DHIS2 user groups that see the data
    small_numbers: dict[str, SmallNumbers] = {}  # indicator -> decision; none: every count is published
    changed_by_person: Literal["leave"] = "leave"  # a cell a person typed is reported and never touched
    note: str | None = None

    @property
    def shown_levels(self) -> list[int]:
        """The levels that hold cells of this publication."""
        return [self.level] if self.kind == "parts" else sorted(set(self.levels))
