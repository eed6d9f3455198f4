"""The rules of `quality/rules/*.yaml`: what a person declared about values, and what to do when it fails.

A rule names variables of `mappings/`, never ids, so it holds for every source that maps them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from layidu.mapping.contracts import Places
from layidu.mapping.declared import Declared
from layidu.mapping.named import read_named

Action = Literal["stop", "refuse", "warn"]


class Rule(Declared):
    """One rule; its name is the stable code of what it refuses or flags."""

    check: Literal["at-most-days-of-period", "between", "not-more-than", "touched-within-days"]
    action: Action
    reason: str  # French, with what to do
    variables: list[str] = Field(default_factory=list)  # empty: every value
    left: list[str] = Field(default_factory=list)  # not-more-than: left <= right, cell by cell
    right: list[str] = Field(default_factory=list)
    minimum: float | None = None
    maximum: float | None = None
    days: int | None = None
    source: str | None = None

    @model_validator(mode="after")
    def complete(self) -> "Rule":
        """Each check has what it needs."""
        needed = {
            "at-most-days-of-period": bool(self.variables),
            "between": bool(self.variables) and (self.minimum is not None or self.maximum is not None),
            "not-more-than": bool(self.left and self.right),
            "touched-within-days": self.days is not None,
        }
        if not needed[self.check]:
            raise ValueError(f"rule « {self.check} »: a key it needs is missing")
        if self.check == "not-more-than" and self.action == "refuse":
            raise ValueError("a pair of values cannot say which of the two is wrong: stop or warn")
        return self


def read_rules(folder: Path, places: Places | None = None) -> Mapping[str, Rule]:
    """Every rule of a folder by name; an empty folder is an error, for a gate without rules checks nothing."""
    return read_named(folder, Rule, places)
