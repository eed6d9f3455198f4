"""What does computing cost, against the least it can, and against what is usually done?

C: COPY out of the mapped sums, dense numpy, binary COPY into an empty table, then its key; a year at a time. P:
`read_sql`, merge of the levels, groupby for each level and period type, pivot, `to_sql`, for one year, times the years.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
import sqlalchemy

from flows.ahead import ahead
from flows.mapped_years import MappedYears
from layidu.compute.indicators import year_in_pieces
from layidu.mapping.contracts import Mappings
from layidu.mapping.reader import read_mappings
from tests.bench import Row
from tests.bench.large_copy import COUNTRY, ELEMENTS, YEARS, filled, indicators, mappings, populations, terms
from tests.bench.load import in_a_process, server_url
from tests.bench.memory import peak_megabytes
from tests.servers import EmbeddedServer, embedded_in, settings_of
from warehouse import read_sums
from warehouse.connect import Warehouse
from warehouse.load_results import switching
from warehouse.lock import hold
from warehouse.result_rows import NUMBERS, ROW, copy_rows
from warehouse.staging import binary_row

TITLE = "Computing: five million values of three years"
ROUNDS = 5
THROUGH = date(2026, 12, 31)
OLDER = tuple(range(2014, 2024))
BARE = """
CREATE SCHEMA IF NOT EXISTS bench; DROP TABLE IF EXISTS bench.bare; CREATE TABLE bench.bare (LIKE result.value);
"""
SUMS = """
SELECT substr(v.variable, 2)::int AS variable, d.org_unit, p.number AS period, sum(d.number)
FROM source.data_value d JOIN source.period p ON p.key = d.period
JOIN plan.variable_cell c ON c.data_element = d.data_element AND c.category_option_combo = d.category_option_combo
JOIN plan.variable_disaggregation v ON v.key = c.variable_disaggregation
WHERE p.number / 100 = {year} GROUP BY 1, 2, 3
"""
KEY = "ALTER TABLE bench.bare ADD PRIMARY KEY (series, period, org_unit, as_it_was)"


def measure() -> list[Row]:
    """All figures, in one run."""
    with tempfile.TemporaryDirectory(prefix="ly-bench-") as folder:
        Path(folder).chmod(0o755)
        with embedded_in(Path(folder) / "home") as server:
            declared = mappings(read_mappings(settings_of(server.home).mappings))
            warehouse = filled(server, declared)
            taken: dict[str, list[float]] = {}
            for _ in range(ROUNDS):
                empty(warehouse)
                take(taken, "bound", lambda: bound(server, warehouse))
                take(taken, "whole", lambda: compute(warehouse, declared, YEARS))
                touch(warehouse)
                take(taken, "month", lambda: compute(warehouse, declared, YEARS[-1:]))
            rows = stored(warehouse)
            take(taken, "usual", lambda: in_a_process(usual, server_url(server, warehouse)))
            later = filled(server, declared, (*OLDER, *YEARS))
            compute(later, declared, (*OLDER, *YEARS))
            for _ in range(ROUNDS):
                touch(later)
                take(taken, "month beside ten years more", lambda: compute(later, declared, YEARS[-1:]))
        peak = peak_of(Path(folder))
    middle = {name: statistics.median(seconds) for name, seconds in taken.items()}
    return [
        Row(
            "whole / C",
            middle["whole"] / middle["bound"],
            1.5,
            f"{rows:,} results: {middle['whole']:.1f} s / {middle['bound']:.1f} s",
        ),
        Row("P / whole", middle["usual"] * len(YEARS) / middle["whole"], None, "more is better"),
        Row("one changed month / whole", middle["month"] / middle["whole"], 0.4, f"{middle['month']:.1f} s"),
        Row(
            "the same with ten more years stored / whole",
            middle["month beside ten years more"] / middle["whole"],
            0.4,
            f"{middle['month beside ten years more']:.1f} s",
        ),
        Row("peak memory of the client, MB", peak, 800.0),
    ]


def take(taken: dict[str, list[float]], name: str, work: Callable[[], object]) -> None:
    """Do something and keep how long it took."""
    start = time.perf_counter()
    work()
    taken.setdefault(name, []).append(time.perf_counter() - start)


def compute(warehouse: Warehouse, declared: Mappings, years: tuple[int, ...]) -> None:
    """Map, compute and write, a year at a time, as a night does."""
    with hold(warehouse, "bench", code_version="0", mappings_digest="0") as token:
        tree = read_sums.tree(warehouse, COUNTRY.source)
        mapped = MappedYears(warehouse, COUNTRY.source)
        pieces = (
            (year, piece) for year in years for piece in results_of(warehouse, declared, tree, mapped, year)
        )
        with switching(warehouse, token) as switch:
            for year, of_year in groupby(ahead(pieces), key=itemgetter(0)):
                switch.year(year, ((piece, False) for _, piece in of_year))


def results_of(
    warehouse: Warehouse, declared: Mappings, tree: pd.DataFrame, mapped: MappedYears, year: int
) -> Iterator[pd.DataFrame]:
    """One year, in pieces."""
    yield from year_in_pieces(
        year=year,
        ended_through=THROUGH,
        tree=tree,
        mapped=mapped.of(year),
        reports=read_sums.reports(warehouse, COUNTRY.source, year, THROUGH),
        populations=populations(year, tree),
        terms=terms(),
        indicators=declared.indicators,
        source=COUNTRY.source,
        variables=declared.variables,
    )


def empty(warehouse: Warehouse) -> None:
    """No result yet."""
    with warehouse.connect("loader") as connection:
        connection.execute("TRUNCATE result.value")
        connection.execute("DELETE FROM result.digest")


def stored(warehouse: Warehouse) -> int:
    """How many results there are."""
    with warehouse.connect("loader") as connection:
        row = connection.execute("SELECT count(*) FROM result.value").fetchone()
    return 0 if row is None else int(row[0])


def touch(warehouse: Warehouse) -> None:
    """Every value of one month really changes."""
    with warehouse.connect("loader") as connection:
        connection.execute(
            "UPDATE source.data_value d SET number = d.number + 1, value = (d.number + 1)::int::text"
            " FROM source.period p WHERE p.key = d.period AND p.id = '202606'"
        )
    with warehouse.connect("owner") as connection:
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE source.data_value")


def bound(server: EmbeddedServer, warehouse: Warehouse) -> None:
    """C."""
    with psycopg.connect(server_url(server, warehouse).replace("+psycopg", "")) as connection:
        connection.execute(BARE)
        tree = read_sums.tree(warehouse, COUNTRY.source)
        unit = np.zeros(int(tree["org_unit"].max()) + 1, dtype=np.int64)
        unit[tree["org_unit"]] = np.arange(len(tree))
        parents = unit[tree["parent"].clip(lower=0)]
        levels = tree["level"].to_numpy()
        for year in YEARS:
            cubes = dense(copied_out(connection, year), unit, len(tree), parents, levels)
            rows = bare_rows(cubes, tree, year)
            copy_rows(connection, "bench.bare", rows, np.arange(len(rows)), 1)
        connection.execute(KEY)


def copied_out(connection: psycopg.Connection, year: int) -> np.ndarray:
    """One year of values as variables, by binary COPY."""
    statement = f"COPY ({SUMS.format(year=year)}) TO STDOUT (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        body = b"".join(copy)
    row = binary_row({"variable": "i4", "org_unit": "i4", "period": "i4", "sum": "f8"})
    return np.frombuffer(body, row, (len(body) - 21) // row.itemsize, 19)


def dense(
    mapped: np.ndarray, unit: np.ndarray, units: int, parents: np.ndarray, levels: np.ndarray
) -> np.ndarray:
    """Variables x org units x periods, summed up the tree and over time."""
    place = (
        (mapped["variable"].astype(np.int64) * units + unit[mapped["org_unit"]]) * 12
        + mapped["period"] % 100
        - 1
    )
    cube = np.bincount(place, mapped["sum"], ELEMENTS * units * 12).reshape(ELEMENTS, units, 12)
    for level in range(int(levels.max()), 1, -1):
        here = np.flatnonzero(levels == level)
        order = here[np.argsort(parents[here], kind="stable")]
        fathers, starts = np.unique(parents[order], return_index=True)
        cube[:, fathers] += np.add.reduceat(cube[:, order], starts, axis=1)
    quarters = cube.reshape(ELEMENTS, units, 4, 3).sum(axis=3)
    return np.concatenate([cube, quarters, cube.sum(axis=2, keepdims=True)], axis=2)


def bare_rows(cubes: np.ndarray, tree: pd.DataFrame, year: int) -> np.ndarray:
    """Sixty-four indicators from the dense sums."""
    codes = np.array([*range(1, 13), *range(21, 25), 0]) + year * 100
    shape = cubes.shape[1:]
    blocks = []
    for number, indicator in enumerate(indicators().values()):
        rows = np.empty(shape, dtype=ROW)
        rows["series"], rows["status"], rows["version"], rows["as_it_was"] = number, 1, 1, False
        rows["period"], rows["org_unit"] = codes, tree["org_unit"].to_numpy()[:, None]
        above = cubes[number % len(cubes)]
        below = cubes[(number * 7 + 3) % len(cubes)] if indicator.denominator else np.full(shape, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = above / below if indicator.denominator else above
        for name, numbers in zip(NUMBERS, (above, below, value, np.ones(shape)), strict=True):
            rows[name] = numbers
        blocks.append(rows.reshape(-1))
    return np.concatenate(blocks)


def usual(url: str) -> None:
    """P, for one year."""
    engine = sqlalchemy.create_engine(url)
    query = sqlalchemy.text(
        "SELECT d.org_unit, p.number AS period, v.variable, d.number FROM source.data_value d"
        " JOIN source.period p ON p.key = d.period JOIN plan.variable_cell c ON c.data_element = d.data_element"
        " AND c.category_option_combo = d.category_option_combo JOIN plan.variable_disaggregation v"
        " ON v.key = c.variable_disaggregation WHERE p.number / 100 = :year"
    )
    values = pd.read_sql(query, engine, params={"year": YEARS[0]})
    paths = pd.read_sql("SELECT key AS org_unit, path FROM source.org_unit", engine)
    levels = paths["path"].str.split("/", expand=True).add_prefix("level")
    values = values.merge(paths[["org_unit"]].join(levels), on="org_unit")
    month = values["period"] % 100
    values["month"] = values["period"].astype("str")
    values["quarter"] = values["period"].floordiv(100).astype("str") + "Q" + ((month + 2) // 3).astype("str")
    values["year"] = values["period"].floordiv(100).astype("str")
    for level in range(1, 6):
        for kind in ("month", "quarter", "year"):
            sums = values.groupby([f"level{level}", kind, "variable"])["number"].sum().reset_index()
            wide = sums.pivot(index=[f"level{level}", kind], columns="variable", values="number")
            results = []
            for number, (code, indicator) in enumerate(indicators().items()):
                above = wide[f"v{number % wide.shape[1]}"]
                below = wide[f"v{(number * 7 + 3) % wide.shape[1]}"] if indicator.denominator else None
                value = above if below is None else above / below
                frame = pd.DataFrame({"numerator": above, "denominator": below, "value": value})
                results.append(frame.assign(indicator=code).reset_index())
            together = pd.concat(results).set_axis(
                ["org_unit", "period", "numerator", "denominator", "value", "indicator"], axis=1
            )
            together.to_sql("usual_results", engine, if_exists="append", index=False)


def peak_of(folder: Path) -> float:
    """Peak memory in MB of a client that computes everything once."""
    told = folder / "peak"
    in_a_process(compute_and_tell, folder / "peak-home", told)
    return float(told.read_text())


def compute_and_tell(home: Path, told: Path) -> None:
    """Compute, and say how much memory it took at most."""
    with embedded_in(home) as server:
        declared = mappings(read_mappings(settings_of(server.home).mappings))
        compute(filled(server, declared), declared, YEARS)
    told.write_text(str(peak_megabytes()))
