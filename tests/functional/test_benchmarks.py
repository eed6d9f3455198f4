"""The benchmarks measure something that happened: each runs once, small, so that it does not rot between two uses."""

from pathlib import Path

import pytest

from layidu.mapping.reader import read_mappings
from layidu.settings import shipped
from tests.bench import computing, large_copy, load
from tests.bench.body_server import serving
from tests.bench.large_source import build, months
from tests.servers import EmbeddedServer


def test_a_copy_is_measured_against_its_bounds(embedded_server: EmbeddedServer, tmp_path: Path) -> None:
    bodies = build(tmp_path / "bodies", [months(load.A_SLICE)])
    times = load.Times()
    with serving(bodies.folder) as address:
        load.one_round(embedded_server, address, bodies, times)
    assert {name: len(seconds) for name, seconds in times.taken.items()} == dict.fromkeys(
        ("b1", "b2", "first", "again", "changed"), 1
    )


def test_a_computation_is_measured_against_its_bound(
    embedded_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in {"REGIONS": 2, "DISTRICTS": 4, "AREAS": 8, "FACILITIES": 20}.items():
        monkeypatch.setattr(large_copy, name, size)
    declared = large_copy.mappings(read_mappings(shipped("mappings")))
    warehouse = large_copy.filled(embedded_server, declared)
    try:
        computing.bound(embedded_server, warehouse)
        computing.compute(warehouse, declared, large_copy.YEARS)
        rows = computing.stored(warehouse)
        units = sum((1, 2, 4, 8, 20))
        assert rows == 64 * units * 17 * len(large_copy.YEARS)  # months, quarters, the year
        computing.touch(warehouse)
        computing.compute(warehouse, declared, large_copy.YEARS[-1:])
        with warehouse.connect() as connection:
            again = connection.execute(
                "SELECT count(DISTINCT period) FROM result.value WHERE run = (SELECT max(run) FROM result.value)"
            ).fetchone()
        assert again == (3,)  # the month that changed, its quarter, its year
        assert computing.stored(warehouse) == rows
    finally:
        embedded_server.drop(warehouse)
