"""Which reports were declared complete? Completeness registrations, read whole: they have no `lastUpdated`."""

from collections.abc import Iterable, Sequence

import pandas as pd

from layidu.dhis2.answers import CutAnswerError
from layidu.dhis2.client import Client
from layidu.dhis2.listing import Item, batches
from layidu.dhis2.org_units import day
from layidu.dhis2.refusals import plain
from layidu.model.frames import REGISTRATIONS
from layidu.model.metadata import Metadata

COLLECTION = "completeDataSetRegistrations"
PERIODS_IN_ONE_REQUEST = 24
KEYS = ("dataSet", "period", "organisationUnit", "attributeOptionCombo")


def read_registrations(
    client: Client,
    metadata: Metadata,
    data_set: str,
    periods: Sequence[str],
    org_units: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Read REGISTRATIONS of a data set under some org units (all the account may see, unless named)."""
    roots = metadata.user_org_units if org_units is None else org_units
    seen = frozenset(metadata.org_units["uid"])
    rows = [
        registration
        for root in roots
        for some in batches(list(periods), PERIODS_IN_ONE_REQUEST)
        for registration in ask(client, data_set, some, root)
        if registration["organisationUnit"] in seen
    ]
    unique = sorted({row(item) for item in rows}, key=str)
    if len({key[: len(KEYS)] for key in unique}) != len(unique):
        raise doubtful(client, data_set, "deux déclarations différentes de la même clé")
    return REGISTRATIONS.frame(unique)


def ask(client: Client, data_set: str, periods: Sequence[str], root: str) -> Iterable[Item]:
    """Ask for some periods of one branch; an answer without a list is one without registrations."""
    params = [("dataSet", data_set), ("orgUnit", root), ("children", "true")]
    answer = client.read_json(COLLECTION, [*params, *(("period", period) for period in periods)])
    found = answer.get(COLLECTION, [])
    asked = frozenset(periods)
    for item in found:
        if (
            any(not item.get(key) for key in KEYS)
            or item["dataSet"] != data_set
            or item["period"] not in asked
        ):
            raise doubtful(client, data_set, "une déclaration incomplète, ou qui n'était pas demandée")
    return list(found)


def doubtful(client: Client, data_set: str, found: str) -> CutAnswerError:
    """An answer that is not what was asked for."""
    return CutAnswerError(
        f"déclarations de complétude du jeu de données {data_set}",
        found,
        "une déclaration au plus par période, unité et combinaison demandées",
        "rien n'a été gardé ; la prochaine exécution reprendra",
        url=plain(client.address(COLLECTION)),
    )


def row(item: Item) -> tuple[object, ...]:
    """One row of REGISTRATIONS."""
    return (*(item[key] for key in KEYS), day(item.get("date")), bool(item.get("completed", True)))
