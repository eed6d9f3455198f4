"""Kill runs at random instants, at length, while somebody reads: `python -m tests.chaos [--kills N] [--minutes M]`.

Each round: values change on the server, a run starts and is killed after a random time, one ordinary run follows, and
the copy must be equal, the cursor never ahead of the rows, and no reader have seen half a slice. Prints survived/tried;
exit code 1 when one did not survive, and 1 when nothing was killed.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos import processes
from tests.chaos.scene import Scene, scene
from tests.chaos.sweep import reader
from tests.servers import address_of, embedded_in, fast_folder


@dataclass
class Tally:
    """What happened so far."""

    tried: int = 0
    ended: int = 0  # runs that were over before their time came
    lost: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        survived = self.tried - len(self.lost)
        return f"{survived}/{self.tried} survived ({self.ended} runs were over before they were to be killed)"


def main() -> int:
    """Kill until it is enough or time is up."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=30.0, help="stop after so long, whatever was done")
    parser.add_argument(
        "--seed", type=int, default=int(time.time()), help="printed, so that a run can be repeated"
    )
    asked = parser.parse_args()
    sys.stdout.write(f"seed {asked.seed}\n")
    chance, tally = random.Random(asked.seed), Tally()  # noqa: S311  not a secret
    until = time.monotonic() + asked.minutes * 60
    with tempfile.TemporaryDirectory(prefix="ly-chaos-", dir=fast_folder()) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with embedded_in(folder / "server") as server:
            warehouse = server.fresh()
            settings = {"LAYIDU_WAREHOUSE_URL": address_of(server, warehouse)}
            with scene(folder, warehouse, folder / "home", settings) as night:
                night.pull()
                night.change()
                with reader(night) as reads:
                    while tally.tried < asked.kills and time.monotonic() < until:
                        one_round(night, folder / "output", chance, tally)
                        sys.stdout.write(f"{tally}, {reads()} reads\n" if tally.tried % 20 == 0 else "")
                        sys.stdout.flush()
    sys.stdout.write("".join(f"NOT SURVIVED: {what}\n" for what in tally.lost))
    sys.stdout.write(f"{tally}\n")
    return 1 if tally.lost or not tally.tried else 0


def one_round(night: Scene, output: Path, chance: random.Random, tally: Tally) -> None:
    """Kill one run, let one run, compare."""
    night.change()
    started = time.monotonic()
    process = processes.start(night.person.environment({}), ["pull"], output)
    # A whole run takes as long as the last ordinary one; most instants are inside.
    process.join(chance.uniform(0, night.seconds))
    instant = time.monotonic() - started
    process.kill()
    process.join()
    if process.exitcode != -signal.SIGKILL:
        tally.ended += 1
    else:
        tally.tried += 1
    what = f"killed after {instant:.3f} s"
    if ahead := night.lost():
        tally.lost.append(f"{what}: the cursor ran ahead of {len(ahead)} cells, as {ahead[0]}")
    night.pull()
    if differing := night.differences():
        tally.lost.append(f"{what}: {len(differing)} cells differ after an ordinary run, as {differing[0]}")


if __name__ == "__main__":
    sys.exit(main())
