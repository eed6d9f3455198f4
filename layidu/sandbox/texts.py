"""How do counts become DHIS2 data values? Arrays in, the text columns of `country.VALUE_COLUMNS` out."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from layidu.sandbox.country import VALUE_COLUMNS
from layidu.sandbox.form_objects import DEFAULT_OPTION_COMBO, cell_uid
from layidu.sandbox.forms import BY_CODE
from layidu.sandbox.places import Counts, Places, World
from layidu.sandbox.reporting import Reports
from layidu.sandbox.themes import Cell, Sheets
from layidu.sandbox.uids import uid


def keep_reported(sheets: Sheets, made: Reports) -> Sheets:
    """Blank what was never reported."""
    return {
        cell: np.where(made.reported[BY_CODE[cell[0]].data_set], counts, -1)
        for cell, counts in sheets.items()
        if BY_CODE[cell[0]].data_set in made.reported
    }


def monthly_values(world: World, sheets: Sheets, made: Reports) -> pd.DataFrame:
    """One row per written cell."""
    forms = list(made.typed)
    stamps = np.concatenate([made.typed[form].ravel() for form in forms])
    moments = pa.array(np.datetime_as_string(stamps, unit="s"))
    size = len(world.places) * len(world.months)
    cell_list: list[Cell] = list(sheets)
    cell_index, place, month, count, moment = [], [], [], [], []
    for number, cell in enumerate(cell_list):
        rows, columns = np.nonzero(sheets[cell] >= 0)
        cell_index.append(np.full(len(rows), number))
        place.append(rows)
        month.append(columns)
        count.append(sheets[cell][rows, columns])
        offset = forms.index(BY_CODE[cell[0]].data_set) * size
        moment.append(offset + rows * len(world.months) + columns)
    cells_at, at, when = np.concatenate(cell_index), np.concatenate(place), np.concatenate(month)
    typed = moments.take(pa.array(np.concatenate(moment)))
    return _frame(
        data_element=_take([uid("data_element", element) for element, _ in cell_list], cells_at),
        period=_take(world.months, when),
        org_unit=_take(world.places.uid, at),
        category_option_combo=_take([cell_uid(*cell) for cell in cell_list], cells_at),
        value=pc.cast(pa.array(np.concatenate(count)), pa.string()),
        stored_by=_take(made.typist, at),
        created=typed,
        last_updated=typed,
    )


def yearly_population(places: Places, by_year: dict[str, Counts]) -> pd.DataFrame:
    """The population data set: one row per health area and year; typed in the February of its year."""
    frames = []
    for year, people in by_year.items():
        rows = np.nonzero(people > 0)[0]
        typed = pa.array([f"{year}-02-10T10:00:00"] * len(rows))
        frames.append(
            _frame(
                data_element=_take([uid("data_element", "population_total")], np.zeros(len(rows), np.int64)),
                period=_take([year], np.zeros(len(rows), np.int64)),
                org_unit=_take(places.uid, rows),
                category_option_combo=_take([DEFAULT_OPTION_COMBO], np.zeros(len(rows), np.int64)),
                value=pc.cast(pa.array(people[rows]), pa.string()),
                stored_by=pa.array(["import_population"] * len(rows)),
                created=typed,
                last_updated=typed,
            )
        )
    return pd.concat(frames, ignore_index=True)


def _take(texts: Iterable[str], index: Counts) -> pa.Array:
    return pa.array(list(texts), pa.string()).take(pa.array(index))


def _frame(**columns: pa.Array) -> pd.DataFrame:
    rows = len(columns["value"])
    columns["attribute_option_combo"] = _take([DEFAULT_OPTION_COMBO], np.zeros(rows, np.int64))
    columns["comment"] = pa.nulls(rows, pa.string())
    columns["deleted"] = pa.array(np.zeros(rows, np.bool_))
    frame: pd.DataFrame = pa.table({name: columns[name] for name in VALUE_COLUMNS}).to_pandas()
    return frame
