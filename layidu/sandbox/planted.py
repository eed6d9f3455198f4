"""Which errors are in the country on purpose? They are put in here, one entry of `Country.planted` each.

A cell with an error that a real server would have refused at entry stands for an old import: DHIS2 keeps what it
once stored.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from layidu.sandbox.country import VALUE_COLUMNS, Planted
from layidu.sandbox.form_objects import DEFAULT_OPTION_COMBO, cell_uid, option_combo_uid
from layidu.sandbox.forms import BY_CODE
from layidu.sandbox.places import Counts, World
from layidu.sandbox.reporting import Reports
from layidu.sandbox.themes import Sheets
from layidu.sandbox.uids import uid

Found = Literal["refused", "finding", "closed", "event"]
CORRECTED = "2026-04-06T10:15:00"


@dataclass(frozen=True, slots=True)
class Spot:
    """An error to put into one cell of one month: the facility is found among those that reported it."""

    code: str
    expected: str
    element: str
    options: tuple[str, ...]
    month: str
    note: str
    value: str = ""
    found_as: Found = "refused"
    least: int = 1  # smallest count the cell must hold


@dataclass(slots=True)
class Ground:
    """Sheets and rows as errors are put in; no two errors meet in one element of one facility."""

    world: World
    sheets: Sheets
    made: Reports
    rows: list[dict[str, object]] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    touched: set[tuple[int, str]] = field(default_factory=set)
    reserved: set[tuple[int, str]] = field(default_factory=set)

    def text(self, spot: Spot) -> None:
        """A value that is not what the element allows, in place of the good one."""
        place, month = self.find(spot)
        self._replace(spot, place, month, value=spot.value)

    def comment_only(self, spot: Spot) -> None:
        """A comment where the value was never typed."""
        place, month = self.find(spot)
        self._replace(spot, place, month, value=None, comment="À vérifier avec le DTC")

    def tombstone(self, spot: Spot) -> None:
        """A value someone deleted: DHIS2 keeps the row, marked."""
        place, month = self.find(spot)
        held = int(self.sheets[spot.element, spot.options][place, month])
        self._replace(spot, place, month, value=str(held), deleted=True, last_updated=CORRECTED)

    def late_correction(self, spot: Spot) -> None:
        """A value corrected more than a year after its month."""
        place, month = self.find(spot)
        held = int(self.sheets[spot.element, spot.options][place, month])
        self._replace(spot, place, month, value=str(held + 4), last_updated=CORRECTED)

    def wrong_combo(self, spot: Spot, combo: str, options: tuple[str, ...]) -> None:
        """A value under an option combo of another category combo."""
        place, month = self.find(spot)
        self._add(spot, place, month, option_combo_uid(combo, options), value=spot.value)

    def outside(self, spot: Spot, place: int) -> None:
        """A value of one named facility: not assigned, or closed by then."""
        self._replace(spot, place, self.world.months.index(spot.month), value=spot.value)

    def spike(self, spot: Spot) -> None:
        """Two zeros too many."""
        place, month = self.find(spot)
        counts = self.sheets[spot.element, spot.options]
        counts[place, month] *= 100
        self._note(spot, place, cell_uid(spot.element, spot.options), str(counts[place, month]))

    def positive_over_done(self, spot: Spot) -> None:
        """More positive tests in one age band than tests at all ages."""
        place, month = self.find(spot)
        done = [self.sheets[cell][place, month] for cell in self.sheets if cell[0] == "malaria_rdt_done"]
        counts = self.sheets[spot.element, spot.options]
        counts[place, month] = int(np.maximum(done, 0).sum()) + 7
        self.touched.add((place, "malaria_rdt_done"))
        self._note(spot, place, cell_uid(spot.element, spot.options), str(counts[place, month]))

    def copied_month(self, spot: Spot) -> None:
        """The whole form typed from last month's sheet."""
        place, month = self.find(spot)
        form = BY_CODE[spot.element].data_set
        for cell, counts in self.sheets.items():
            if BY_CODE[cell[0]].data_set == form:
                counts[place, month] = counts[place, month - 1]
        self.reserved.add((place, form))
        self._note(spot, place, None, None, element=None)

    def event(self, code: str, org_unit: str, note: str) -> None:
        """A change of metadata, already made in the tree."""
        self.planted.append(Planted(code, "event", code, None, None, org_unit, None, None, None, note))

    def find(self, spot: Spot) -> tuple[int, int]:
        """The facility for this spot: it reported enough, and has as few other errors as any."""
        month = self.world.months.index(spot.month)
        form = BY_CODE[spot.element].data_set
        enough = self.sheets[spot.element, spot.options][:, month] >= spot.least
        enough &= self.world.places.of_kind("cscom")
        if spot.code == "copied-month":
            enough &= self._cells_written(form, month - 1) >= 12
            enough &= self._cells_written(form, month) >= 12
        busy = Counter(place for place, _ in self.touched | self.reserved)
        size, turn = len(self.world.places), 137 * len(self.planted)
        free = [
            place
            for place in np.nonzero(enough)[0].tolist()
            if (place, spot.element) not in self.touched and (place, form) not in self.reserved
        ]
        place = min(free, key=lambda place: (busy[place], (place - turn) % size))
        self.touched.add((place, spot.element))
        return place, month

    def _cells_written(self, form: str, month: int) -> Counts:
        """How many cells of a form each facility wrote."""
        written = np.zeros(len(self.world.places), dtype=np.int64)
        for cell, counts in self.sheets.items():
            if BY_CODE[cell[0]].data_set == form:
                written += counts[:, month] >= 0
        return written

    def _replace(self, spot: Spot, place: int, month: int, **columns: object) -> None:
        """A row of its own in place of the generated one."""
        self.sheets[spot.element, spot.options][place, month] = -1
        self._add(spot, place, month, cell_uid(spot.element, spot.options), **columns)

    def _add(self, spot: Spot, place: int, month: int, combo: str, **columns: object) -> None:
        typed = str(self.made.typed[BY_CODE[spot.element].data_set][place, month])
        self.rows.append(
            {
                "data_element": uid("data_element", spot.element),
                "period": spot.month,
                "org_unit": self.world.places.uid[place],
                "category_option_combo": combo,
                "attribute_option_combo": DEFAULT_OPTION_COMBO,
                "stored_by": self.made.typist[place],
                "created": typed,
                "last_updated": typed,
                "comment": None,
                "deleted": False,
                **columns,
            }
        )
        value = columns["value"]
        self._note(spot, place, combo, None if value is None else str(value))

    def _note(
        self, spot: Spot, place: int, combo: str | None, value: str | None, element: str | None = "its own"
    ) -> None:
        self.touched.add((place, spot.element))
        self.planted.append(
            Planted(
                code=spot.code,
                found_as=spot.found_as,
                expected=spot.expected,
                data_element=uid("data_element", spot.element) if element else None,
                period=spot.month,
                org_unit=self.world.places.uid[place],
                category_option_combo=combo,
                attribute_option_combo=DEFAULT_OPTION_COMBO if combo else None,
                value=value,
                note=f"{spot.note} ({self.world.places.name[place]}, {spot.month})",
            )
        )

    def frame(self) -> pd.DataFrame:
        """The rows put in, as data values."""
        frame = pd.DataFrame(self.rows, columns=list(VALUE_COLUMNS))
        return frame.astype(
            {name: "str" for name in VALUE_COLUMNS if name != "deleted"} | {"deleted": "bool"}
        )
