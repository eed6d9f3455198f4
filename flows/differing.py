"""`layidu diff`: what a change of the declarations would do to the results, before it is applied."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from flows.computing import given, results_of
from flows.memory import last_seen
from flows.night import AtHand, Night
from flows.session import filled_warehouse, read_declared, sound
from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Mappings
from layidu.mapping.expand import expand_cells
from layidu.mapping.reader import read_mappings
from layidu.mapping.versions import REPLACED, YearlyTerms, formulas_of
from layidu.model.frames import METADATA_EVENTS, RESULTS
from layidu.report.console import Console
from layidu.report.mapping_difference import CHANGES, compare, difference_json, difference_lines
from layidu.settings import Settings, read_settings
from warehouse import read_sums, runs
from warehouse.connect import Warehouse
from warehouse.other_plan import OtherPlan
from warehouse.read_plan import loaded_digest, stored_formulas
from warehouse.stored_metadata import known_sources, stored_metadata

ANY_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 - a server's own clock has no zone; cells do not look at it


def show_difference(against: str | None, *, as_json: bool) -> int:
    """Compare the results of these declarations with those that stand (or that others would give)."""
    settings = read_settings()
    night = looking(settings, Console(quiet=as_json))
    last = newest_run(night.warehouse)
    with other_folder(settings.mappings, against) as folder:
        before = sound(read_mappings(folder)) if folder else None
        changes, compared, places = differences(night, before)
        unnumbered = formulas_without_a_number(
            formulas_by_number(before) if before else stored_formulas(night.warehouse), night.mappings
        )
    standing = loaded_digest(night.warehouse) == night.mappings.digest
    if newest_run(night.warehouse) != last:
        sys.stderr.write("un passage a commencé pendant la comparaison : la relancer quand il sera fini\n")
    if as_json:
        told = json.dumps(
            difference_json(changes, compared, places, unnumbered), ensure_ascii=False, indent=1
        )
        sys.stdout.write(f"{told}\n")
        return 0
    sys.stdout.write(f"avant : {against or 'les résultats en place'} ; après : {settings.mappings}\n\n")
    if standing and not against:
        sys.stdout.write(
            "déclarations inchangées depuis le dernier calcul : ce qui diffère vient des données\n"
        )
    for line in difference_lines(changes, compared, night.mappings.indicators, places, unnumbered):
        sys.stdout.write(f"{line}\n")
    return 0


def looking(settings: Settings, console: Console) -> Night:
    """What a computation needs that writes nothing: no lock, so that no night has to wait for it."""
    token: Any = None
    return Night(settings, read_declared(settings), {}, filled_warehouse(settings), token, console)


def newest_run(warehouse: Warehouse) -> int:
    """The number of the latest run, or none."""
    return max((one.run_id for one in runs.last_runs(warehouse, 1)), default=0)


@contextmanager
def other_folder(mappings: Path, against: str | None) -> Iterator[Path | None]:
    """The folder to compare with: one on disk, or that of a git revision, unpacked for as long as it is needed."""
    if against is None or Path(against).is_dir():
        yield Path(against).resolve() if against else None
        return
    with TemporaryDirectory() as temporary:
        unpack(mappings, against, Path(temporary))
        yield Path(temporary)


def unpack(mappings: Path, revision: str, target: Path) -> None:
    """The mappings folder as a revision had it."""
    try:
        # A text that looks like an option is none; what git repeats of it comes before the hash.
        asked = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
        commit = git(mappings, *asked).decode().split()[-1]
        prefix = git(mappings, "rev-parse", "--show-prefix").decode().strip()
        top = Path(git(mappings, "rev-parse", "--show-toplevel").decode().strip())
        archive = git(top, "archive", "--format=tar", f"{commit}:{prefix}")
    except (OSError, subprocess.CalledProcessError) as error:
        raise ConfigurationError(
            where=f"--against {revision}",
            found="ni un dossier, ni une révision de git de ce dossier de déclarations",
            expected="le chemin d'un autre dossier mappings/, ou une révision comme HEAD~1",
            todo="corriger, puis relancer ; sans --against, on compare aux résultats en place",
        ) from error
    with subprocess.Popen(["tar", "-x", "-C", str(target)], stdin=subprocess.PIPE) as tar:  # noqa: S603, S607
        tar.communicate(archive)


def git(folder: Path, *arguments: str) -> bytes:
    """What git answers."""
    done = subprocess.run(  # noqa: S603
        ["git", "-C", str(folder), *arguments],  # noqa: S607
        capture_output=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def differences(night: Night, before: Mappings | None) -> tuple[pd.DataFrame, dict[str, int], dict[int, str]]:
    """CHANGES of all sources and years, how many results were compared by indicator, and the names of places."""
    found: list[pd.DataFrame] = []
    compared: dict[str, int] = {}
    places: dict[int, str] = {}
    for name in known_sources(night.warehouse):
        if name not in night.mappings.sources or last_seen(night.warehouse, name) is None:
            continue
        tree = read_sums.tree(night.warehouse, name)
        levels = dict(zip(tree["org_unit"].tolist(), tree["level"].tolist(), strict=True))
        places |= dict(zip(tree["org_unit"].tolist(), tree["name"].tolist(), strict=True))
        new = results_by_year(night, name)
        old = results_by_year(replace(night, mappings=before), name) if before else None
        for year, after in new:
            standing = next(old)[1] if old else read_sums.stored_year(night.warehouse, name, year)
            found.append(compare(standing, after, night.mappings.publications, levels))
            rows = pd.concat([standing["indicator"], after["indicator"]]).value_counts()
            for code, count in rows.items():
                gone_or_new = found[-1]["indicator"].eq(code) & found[-1]["kind"].ne("changed")
                compared[str(code)] = compared.get(str(code), 0) + (int(count) + int(gone_or_new.sum())) // 2
    return CHANGES.cast(pd.concat(found)) if found else CHANGES.frame(), compared, places


def results_by_year(night: Night, name: str) -> Iterator[tuple[int, pd.DataFrame]]:
    """The results of one source under these declarations, a year at a time; nothing is written."""
    through = last_seen(night.warehouse, name)
    if through is None:
        return
    metadata = stored_metadata(
        night.warehouse, name, datetime.combine(through + timedelta(days=1), datetime.min.time())
    )
    cells = expand_cells(night.mappings, name, metadata)[0]
    at_hand = AtHand(
        name=name,
        client=None,  # type: ignore[arg-type]  # nothing is asked of the server
        metadata=metadata,
        events=METADATA_EVENTS.frame(),
        moved=METADATA_EVENTS.frame(),
        cells=cells,
    )
    every = pd.concat([cells_of(night, other) for other in known_sources(night.warehouse)], ignore_index=True)
    terms = YearlyTerms(night.mappings, every)
    known = given(night, at_hand, OtherPlan(night.mappings, cells))
    for year in read_sums.years(night.warehouse, name):
        pieces = [piece for piece, then in results_of(night, at_hand, known, terms, year) if not then]
        yield year, RESULTS.cast(pd.concat(pieces, ignore_index=True)) if pieces else RESULTS.frame()


def cells_of(night: Night, name: str) -> pd.DataFrame:
    """The cells of a source under these declarations, against the metadata of the copy."""
    return expand_cells(night.mappings, name, stored_metadata(night.warehouse, name, ANY_DAY))[0]


def formulas_by_number(mappings: Mappings) -> dict[tuple[str, int], dict[str, object]]:
    """(indicator, version) -> the formula."""
    return {
        (code, one.version): {key: getattr(one, key) for key in COMPARED}
        for code, indicator in mappings.indicators.items()
        for one in formulas_of(indicator)
    }


COMPARED = tuple(key for key in REPLACED if key not in ("version", "numerator_weights"))


def formulas_without_a_number(
    before: Mapping[tuple[str, int], Mapping[str, object]], mappings: Mappings
) -> dict[str, str]:
    """Indicators whose formula changed under the number it had, with what changed."""
    found: dict[str, str] = {}
    for (code, version), now in formulas_by_number(mappings).items():
        then = before.get((code, version))
        if then is None:
            continue
        changed = [key for key in COMPARED if then[key] != now[key]]
        if changed:
            found[code] = f"formule changée sous son numéro {version} ({', '.join(changed)})"
    return found
