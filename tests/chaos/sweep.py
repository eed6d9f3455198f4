"""Kill a run once at every point it passes, and see that one ordinary run afterwards makes the copy equal again."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from tests.chaos.scene import Scene


def points_of(scene: Scene, folder: Path) -> list[str]:
    """The points a run passes now, each once, in order; the run itself is an ordinary one."""
    path = folder / "points"
    code = scene.child(folder / "output", points=path)
    assert code in (0, 1), (folder / "output").read_text(encoding="utf-8")
    found = list(dict.fromkeys(path.read_text(encoding="utf-8").splitlines()))
    path.unlink()
    return found


def sweep(scene: Scene, points: Sequence[str], folder: Path) -> int:
    """Kill at each point; how many states needed healing.

    A kill that leaves the state as it was needs no healing of its own: it is the state the next one starts from.
    """
    healed = 0
    before = scene.state()
    for point in points:
        code = scene.child(folder / "output", die_at=point)
        assert code == -signal.SIGKILL, f"{point} was not reached: {code}"
        assert scene.lost() == [], f"{point}: the cursor ran ahead of the rows"
        if scene.state() != before:
            heal(scene, point)
            healed += 1
            scene.change()
            before = scene.state()
    heal(scene, "the end")
    return healed


def heal(scene: Scene, after: str) -> None:
    """One ordinary run; then nothing may differ."""
    scene.pull()
    assert scene.differences() == [], f"not equal after {after}"


@contextmanager
def reader(scene: Scene) -> Iterator[Callable[[], int]]:
    """Somebody who reads all the time, and must never see a half-loaded slice; gives how often it read."""
    stop, seen, count = Event(), [], [0]

    def read() -> None:
        while not stop.is_set():
            seen.extend(scene.torn())
            count[0] += 1
            stop.wait(0.01)

    thread = Thread(target=read)
    thread.start()
    try:
        yield lambda: count[0]
    finally:
        stop.set()
        thread.join()
    assert seen == []
    assert count[0], "nobody read"
