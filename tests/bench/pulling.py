"""The product's own path over answers that were built beforehand: pull, check, load, with all its accounting."""

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from flows.copying import copy_slices
from flows.night import AtHand, Night
from layidu.dhis2.client import connect
from layidu.mapping.contracts import Mappings, Source, SourceDataSet
from layidu.mapping.reader import read_mappings
from layidu.model.frames import METADATA_EVENTS
from layidu.model.slices import Slice, SliceAccount
from layidu.report.console import Console
from layidu.settings import Credentials
from quality.rules import read_rules
from tests.bench.large_source import WORLD, Variant, cells
from tests.servers import EmbeddedServer, settings_of
from warehouse.connect import Warehouse
from warehouse.load_metadata import load_metadata
from warehouse.lock import hold


def fresh(server: EmbeddedServer) -> Warehouse:
    """A database that knows the source's metadata and none of its values."""
    warehouse = server.fresh()
    declared(settings_of(warehouse.home).mappings)
    with hold(warehouse, "bench", code_version="0", mappings_digest="0") as token:
        load_metadata(warehouse, WORLD.metadata(), token)
    return warehouse


@cache
def declared(folder: Path) -> Mappings:
    """What the product declares, and this source; read once, because it costs the same whatever is copied."""
    source = Source(url="bench", data_sets=[SourceDataSet(uid=WORLD.data_set)])
    return read_mappings(folder).model_copy(update={"sources": {WORLD.source: source}})


def pull(
    warehouse: Warehouse,
    address: str,
    groups: Sequence[tuple[str, ...]],
    *,
    variant: Variant = "first",
    rows_a_second: int = 0,
) -> list[SliceAccount]:
    """One run over these slices, as a night does it."""
    settings = settings_of(warehouse.home)
    url = f"{address}/{variant}/{rows_a_second}"
    client = connect(Credentials(url, username="bench", password="bench"))  # noqa: S106
    at_hand = AtHand(
        WORLD.source, client, WORLD.metadata(), METADATA_EVENTS.frame(), METADATA_EVENTS.frame(), cells()
    )
    slices = [Slice(WORLD.source, WORLD.data_set, group, WORLD.country) for group in groups]
    accounts: list[SliceAccount] = []
    with hold(warehouse, "bench", code_version="0", mappings_digest="0") as token:
        night = Night(
            settings,
            declared(settings.mappings),
            read_rules(settings.rules),
            warehouse,
            token,
            Console(quiet=True),
        )
        accounts += copy_slices(night, at_hand, slices)
    for body in (warehouse.home / "answers").rglob("*.gz"):
        with suppress(FileNotFoundError):
            body.unlink()
    return accounts
