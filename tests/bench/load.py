"""What does a copy cost, against the least that any copy must do, and against what is usually done?

B1: `curl` into COPY of an unlogged text table, then one plain INSERT … SELECT joined to the dimensions into an empty
keyed table. B2: the same COPY, then one join that finds no difference. U: dhis2.py, JSON, pandas, `to_sql(append)`.
All of them, and layidu, are sent the same prepared bytes.
"""

import multiprocessing
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import pandas as pd
import sqlalchemy
from dhis2 import Api

from tests.bench import Row
from tests.bench.body_server import serving
from tests.bench.large_source import MONTH_ROWS, WORLD, Bodies, build, months
from tests.bench.memory import peak_megabytes
from tests.bench.pulling import fresh, pull
from tests.servers import EmbeddedServer, embedded_in
from warehouse.connect import Warehouse
from warehouse.passwords import SUPERUSER

TITLE = "Loading: a million values"
ROUNDS = 5
A_SLICE = 2  # months: what `slice_rows` of sources.yaml gives at this size
TEXT_COLUMNS = (
    "data_element, period, org_unit, category_option_combo, attribute_option_combo, value, stored_by,"
    " last_updated, comment, followup, deleted"
)
STAGING = f"CREATE UNLOGGED TABLE bench.staging ({TEXT_COLUMNS.replace(',', ' text,')} text);"
# Without it PostgreSQL 18 chooses nested loops, and B1 takes twenty times as long.
ANALYSE = "ANALYZE bench.staging;"
KEYED = """
CREATE TABLE bench.keyed (period int, data_element int, org_unit int, category_option_combo int,
 attribute_option_combo int, value text, last_updated timestamptz,
 PRIMARY KEY (period, data_element, org_unit, category_option_combo, attribute_option_combo));
"""
JOINED = """FROM bench.staging s JOIN bench.period p ON p.id = s.period
 JOIN source.data_element e ON e.uid = s.data_element JOIN source.org_unit o ON o.uid = s.org_unit
 JOIN source.category_option_combo c ON c.uid = s.category_option_combo
 JOIN source.category_option_combo a ON a.uid = s.attribute_option_combo"""
INSERT = f"""INSERT INTO bench.keyed SELECT p.key, e.key, o.key, c.key, a.key, s.value, s.last_updated::timestamptz
 {JOINED};"""
DIFF = f"""SELECT count(*) {JOINED} LEFT JOIN bench.keyed k ON k.period = p.key AND k.data_element = e.key
 AND k.org_unit = o.key AND k.category_option_combo = c.key AND k.attribute_option_combo = a.key
 WHERE k.period IS NULL OR k.value <> s.value;"""


@dataclass(slots=True)
class Times:
    """Seconds of every round, by what was done."""

    taken: dict[str, list[float]] = field(default_factory=dict)

    def take(self, name: str, work: Callable[[], object]) -> None:
        """Do something and keep how long it took."""
        start = time.perf_counter()
        work()
        self.taken.setdefault(name, []).append(time.perf_counter() - start)

    def median(self, name: str) -> float:
        """The median of the rounds."""
        return statistics.median(self.taken[name])


def measure() -> list[Row]:
    """All figures, in one run."""
    with tempfile.TemporaryDirectory(prefix="ly-bench-") as folder:
        Path(folder).chmod(0o755)
        year = months(12)
        groups = [year[place : place + A_SLICE] for place in range(0, 12, A_SLICE)]
        bodies = build(Path(folder) / "million", groups, json=True)
        with embedded_in(Path(folder) / "home") as server, serving(bodies.folder) as address:
            times = Times()
            log = [one_round(server, address, bodies, times) for _ in range(ROUNDS)]
            times.take("usual", lambda: in_a_process(usual, address, server_url(server)))
        peaks = [peak(Path(folder), count) for count in (12, 60)]
    return rows_of(bodies.rows, times, log, peaks)


def rows_of(values: int, times: Times, log: Sequence[float], peaks: Sequence[float]) -> list[Row]:
    """The table."""
    b1, b2 = times.median("b1"), times.median("b2")
    first, again, changed = (times.median(name) for name in ("first", "again", "changed"))
    million = f"{values:,} values"
    return [
        Row("first load / B1", first / b1, 1.8, f"{million}: {first:.1f} s / {b1:.1f} s"),
        Row("the same again / B2", again / b2, 2.0, f"{again:.1f} s / {b2:.1f} s"),
        Row("1 % changed / B2", changed / b2, 2.2, f"{changed:.1f} s / {b2:.1f} s"),
        Row(
            "U / first load", times.median("usual") / first, None, "dhis2.py, pandas, to_sql; more is better"
        ),
        Row("write-ahead log of an unchanged million, MB", statistics.median(log), 10.0),
        Row("peak memory of the client, 1 M values, MB", peaks[0], 600.0),
        Row("peak memory of the client, 5 M values, MB", peaks[1], 600.0),
    ]


def one_round(server: EmbeddedServer, address: str, bodies: Bodies, times: Times) -> float:
    """B1, B2 and the three loads, each on a database of its own; the log an unchanged million wrote, in MB."""
    warehouse = fresh(server)
    try:
        prepare(server, warehouse, bodies)
        curls = [
            f"\\copy bench.staging FROM PROGRAM 'curl -sS --compressed"
            f' "{address}/first/0/api/dataValueSets.csv?period={group[0]}&period={group[-1]}"'
            "' (FORMAT csv, HEADER)"
            for group in bodies.groups
        ]
        times.take("b1", lambda: psql(server, warehouse, "\n".join([STAGING, *curls, ANALYSE, INSERT])))
        psql(server, warehouse, "DROP TABLE bench.staging; VACUUM ANALYZE bench.keyed;")
        times.take("b2", lambda: psql(server, warehouse, "\n".join([STAGING, *curls, ANALYSE, DIFF])))
        psql(server, warehouse, "SET client_min_messages = warning; DROP SCHEMA bench CASCADE;")
        times.take("first", lambda: expect(pull(warehouse, address, bodies.groups), "new", bodies.rows))
        before = written(warehouse)
        times.take("again", lambda: expect(pull(warehouse, address, bodies.groups), "unchanged", bodies.rows))
        log = written(warehouse) - before
        changed = MONTH_ROWS // 100 * len(bodies.groups) * A_SLICE
        times.take(
            "changed",
            lambda: expect(pull(warehouse, address, bodies.groups, variant="changed"), "changed", changed),
        )
    finally:
        server.drop(warehouse)
    return log / 1e6


def expect(accounts: Sequence[object], name: str, rows: int) -> None:
    """A benchmark of something that did not happen is worth nothing."""
    found = sum(getattr(account, name) for account in accounts)
    if found != rows:
        raise AssertionError(f"{found} values are {name}, expected {rows}")


def prepare(server: EmbeddedServer, warehouse: Warehouse, bodies: Bodies) -> None:
    """The tables of B1 and B2."""
    every = [month for group in bodies.groups for month in group]
    periods = ", ".join(f"('{month}', {place})" for place, month in enumerate(every))
    script = [
        "CREATE SCHEMA bench; CREATE TABLE bench.period (id text, key int);",
        f"INSERT INTO bench.period VALUES {periods};",  # noqa: S608
        "ANALYZE bench.period, source.data_element, source.org_unit, source.category_option_combo;",
        KEYED,
    ]
    psql(server, warehouse, "\n".join(script))


def psql(server: EmbeddedServer, warehouse: Warehouse, script: str) -> None:
    """Run a script as the superuser."""
    place = server.server
    subprocess.run(  # noqa: S603
        [  # noqa: S607
            "psql",
            *("-qXAt", "-v", "ON_ERROR_STOP=1", "-h", str(place.sockets), "-p", str(place.port)),
            *("-U", SUPERUSER, warehouse.parameters["owner"]["dbname"]),
        ],
        input=script,
        text=True,
        check=True,
        env={"PGPASSWORD": server.superuser_password, "PATH": "/usr/bin:/bin"},
        stdout=subprocess.DEVNULL,
    )


def written(warehouse: Warehouse) -> float:
    """Bytes of write-ahead log so far."""
    with warehouse.connect() as connection:
        row = connection.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn").fetchone()
    return 0.0 if row is None else float(row[0])


def server_url(server: EmbeddedServer, warehouse: Warehouse | None = None) -> str:
    """A database of the server, its own by default, for SQLAlchemy."""
    place = server.server
    database = "postgres" if warehouse is None else warehouse.parameters["owner"]["dbname"]
    return (
        f"postgresql+psycopg://{SUPERUSER}:{server.superuser_password}@/{database}?host={place.sockets}"
        f"&port={place.port}"
    )


def usual(address: str, database: str) -> None:
    """What a script of ten lines does."""
    api = Api(f"{address}/first/0", "bench", "bench")
    answer = api.get("dataValueSets", params={"dataSet": WORLD.data_set, "orgUnit": WORLD.country})
    frame = pd.DataFrame(answer.json()["dataValues"])
    frame.to_sql("usual", sqlalchemy.create_engine(database), if_exists="append", index=False)


def in_a_process(work: Callable[..., object], *arguments: object) -> None:
    """Do something in a process of its own."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise AssertionError(f"{work.__name__} ended with {process.exitcode}")


def peak(folder: Path, count: int) -> float:
    """Peak memory in MB of a client that loads so many months for the first time."""
    every = months(count)
    groups = [every[place : place + A_SLICE] for place in range(0, count, A_SLICE)]
    bodies = build(folder / f"peak-{count}", groups)
    with serving(bodies.folder) as address:
        ours, theirs = multiprocessing.get_context("spawn").Pipe(duplex=False)
        in_a_process(load_and_tell, folder / f"home-{count}", address, bodies, theirs)
        return float(ours.recv())


def load_and_tell(home: Path, address: str, bodies: Bodies, told: Connection) -> None:
    """Load, and say how much memory it took at most."""
    with embedded_in(home) as server:
        expect(pull(fresh(server), address, bodies.groups), "new", bodies.rows)
        told.send(peak_megabytes())
