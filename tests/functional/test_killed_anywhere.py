"""A run killed at any instant: one ordinary run later the copy is equal, and nobody ever read half a slice.

Every distinct point of a night with news, and those only a first night passes, once; `make chaos` kills at random.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.scene import Scene, scene
from tests.chaos.sweep import points_of, reader, sweep
from tests.servers import EmbeddedServer, WarehouseFactory, address_of

SceneFactory = Callable[[], Scene]
PARTS = 2  # one for each process of the suite


@pytest.fixture
def scenes(
    warehouse_factory: WarehouseFactory, embedded_server: EmbeddedServer, tmp_path: Path
) -> Iterator[SceneFactory]:
    """As many scenes as a test wants, on one served hamlet."""
    with scene(tmp_path, warehouse_factory(), tmp_path / "home") as first:

        def make() -> Scene:
            warehouse = warehouse_factory()
            settings = {
                **first.person.settings,
                "LAYIDU_WAREHOUSE_URL": address_of(embedded_server, warehouse),
            }
            return Scene(
                first.site, type(first.person)(tmp_path / "home", first.person.mappings, settings), warehouse
            )

        yield make


@pytest.mark.timeout(1200)  # a hundred processes; on a busy machine each takes seconds
@pytest.mark.parametrize("part", range(PARTS))
def test_a_run_is_killed_at_every_point_and_heals(scenes: SceneFactory, tmp_path: Path, part: int) -> None:
    known = scenes()
    first_points = points_of(known, tmp_path)
    known.change()
    points = points_of(known, tmp_path)
    assert len(points) > 60
    assert any("write_differences" in point for point in points)
    known.change()
    with reader(known):
        assert sweep(known, points[part::PARTS], tmp_path) > 3
    only_first = [point for point in first_points if point not in points][part::PARTS]
    for point in only_first:
        fresh = scenes()
        sweep(fresh, [point], tmp_path)
