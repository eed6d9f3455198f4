"""Who reported what, and when? A facility that stayed silent leaves neither values nor a registration."""

from calendar import monthrange
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layidu.sandbox import seasons
from layidu.sandbox.country import CLOCK_START
from layidu.sandbox.places import Flags, World
from layidu.sandbox.uids import uid

TIMELY_DAYS = 15
#: reports of the last month that have not arrived yet when the clock starts, assumed
STILL_COMING = 0.08
LATEST = np.datetime64(CLOCK_START, "s") - np.timedelta64(3, "h")
#: completeness by kind of facility over that of health centres: 2018, third quarter (CSRéf 77, hospitals 75, CSCom 89)
BY_KIND = {"cscom": 1.0, "csref": 0.93, "hospital": 0.9, "clinic": 0.92}


@dataclass(frozen=True, slots=True)
class Reports:
    """For each data set: which facility reported which month, and the second it was typed in."""

    reported: dict[str, Flags]
    typed: dict[str, NDArray[np.datetime64]]
    typist: tuple[str, ...]  # who typed, by facility: made-up codes


def last_day(month: str) -> str:
    """The last day of a month, yyyy-mm-dd."""
    year, number = int(month[:4]), int(month[4:])
    return f"{year}-{number:02d}-{monthrange(year, number)[1]:02d}"


def plain(name: str) -> str:
    """Lower-case ASCII."""
    table = str.maketrans("éèêëàâîïôûç' ", "eeeeaaiiouc__")
    return name.lower().translate(table)


def reports(world: World, assigned: dict[str, Flags]) -> Reports:
    """Draw the reports of every monthly data set."""
    chance, places = world.chance, world.places
    mean = np.array(
        [
            seasons.completeness(region) * BY_KIND[kind]
            for region, kind in zip(places.region, places.kind, strict=True)
        ]
    )
    # Silence clusters: a few facilities hardly ever report where many do not.
    habit = chance.beta(mean * 6, (1 - mean) * 6)
    came = chance.random(world.shape) < habit[:, None]
    came[:, -1] &= chance.random(len(places)) >= STILL_COMING
    is_open = np.array(
        [places.open_in(f"{month[:4]}-{month[4:]}-01", last_day(month)) for month in world.months]
    ).T
    in_time = np.clip([seasons.timeliness(region) for region in places.region] / mean, 0, 1)
    reported, typed = {}, {}
    for data_set, mask in assigned.items():
        forgot = chance.random(world.shape) < 0.01
        reported[data_set] = came & is_open & mask[:, None] & ~forgot
        typed[data_set] = _typed(world, in_time)
    return Reports(reported, typed, tuple(f"saisie_{plain(region)}" for region in places.region))


def _typed(world: World, in_time: NDArray[np.float64]) -> NDArray[np.datetime64]:
    chance, shape = world.chance, world.shape
    early = chance.integers(2, TIMELY_DAYS + 1, shape)
    late = chance.integers(TIMELY_DAYS + 1, 55, shape)
    ends = np.array([np.datetime64(last_day(month), "s") for month in world.months])
    days = np.where(chance.random(shape) < in_time[:, None], early, late)
    # What is not in yet by the clock's start came in the week before it.
    room = (LATEST - ends).astype("timedelta64[D]").astype(np.int64)
    days = np.where(days > room, 1 + days % np.maximum(room, 1), days)
    seconds = chance.integers(8 * 3600, 17 * 3600, shape)
    moment = ends + days.astype("timedelta64[D]") + seconds.astype("timedelta64[s]")
    typed: NDArray[np.datetime64] = np.minimum(moment, LATEST)
    return typed


def registrations(world: World, made: Reports) -> pd.DataFrame:
    """Completeness registrations: one row per report."""
    frames = []
    for data_set, mask in made.reported.items():
        place, month = np.nonzero(mask)
        frames.append(
            pd.DataFrame(
                {
                    "data_set": uid("data_set", data_set),
                    "period": np.array(world.months)[month],
                    "org_unit": np.array(world.places.uid)[place],
                    "date": made.typed[data_set][place, month].astype("datetime64[D]").astype(str),
                    "stored_by": np.array(made.typist)[place],
                }
            )
        )
    return pd.concat(frames, ignore_index=True).astype("str")
