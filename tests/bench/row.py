"""What does a benchmark say? Rows of figures, most of them ratios of two times taken in one run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, with the bound it must keep where there is one."""

    name: str
    figure: float  # a ratio, or an absolute figure whose unit the name says
    bound: float | None = None  # the figure must not exceed it
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the bound holds; nothing where there is none."""
        if self.bound is None:
            return ""
        return "holds" if self.figure <= self.bound else "DOES NOT HOLD"
