"""How are DHIS2's analytics tables built, and what do they show? `shown` compares it with what we computed."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import pandas as pd

from layidu.dhis2.client import Client
from layidu.dhis2.dialects import Dialect
from layidu.errors import FailedSafeError
from layidu.model.frames import TEXT, Contract

FIGURES = Contract(
    "figures",
    {"dx": TEXT, "period": TEXT, "org_unit": TEXT, "value": "float64"},  # dx and org_unit are uids
    ("dx", "period", "org_unit"),
)
KEY = list(FIGURES.key)
SHOWN_COLUMNS = {"dx": "dx", "pe": "period", "ou": "org_unit", "value": "value"}

CELLS_PER_REQUEST = 50_000  # half of DHIS2's default keyAnalyticsMaxLimit
ORG_UNITS_PER_REQUEST = 200  # 2,400 characters of address
DX_PER_REQUEST = 100
LAST_BUILT = "lastAnalyticsTableSuccess"  # when the last build that succeeded began, not when it ended
ZERO_SETTING = "keyIncludeZeroValuesInAnalytics"
SKIPPED_TABLES = {"skipEvents": "true", "skipEnrollment": "true", "skipTrackedEntities": "true"}


def run_and_wait(
    client: Client,
    *,
    timeout_s: float = 3600,
    poll_s: float = 2,
    progress: Callable[[str], None] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Have the analytics tables built, wait until they are, and return the server's last message."""
    answer = client.send_empty("resourceTables/analytics", SKIPPED_TABLES)
    job = answer.body.get("response") or {}
    if answer.status >= 300 or "id" not in job:
        raise FailedSafeError(
            where=f"{client}, tables analytiques",
            found=f"statut {answer.status} : {answer.body.get('message', 'aucune explication')}",
            expected="un travail ANALYTICS_TABLE mis en route",
            todo="donner F_PERFORM_MAINTENANCE au compte d'analyse, ou attendre que le travail en cours finisse",
        )
    path = f"system/tasks/ANALYTICS_TABLE/{job['id']}"
    waited, last = 0.0, ""
    while waited <= timeout_s:
        messages = client.read_list(path)  # newest first; empty until the job has started
        refuse_failed(client, messages)
        if messages and messages[0].get("message") != last:
            last = str(messages[0].get("message"))
            if progress is not None:
                progress(last)
        if any(one.get("completed") for one in messages):
            return last
        sleep(poll_s)
        waited += poll_s
    raise FailedSafeError(
        where=f"{client}, tables analytiques",
        found=f"pas finies après {timeout_s:.0f} s (dernier message : {last or 'aucun'})",
        expected="le message de fin du travail",
        todo="attendre : la prochaine nuit vérifiera ; sinon voir Maintenance > Tables analytiques sur le serveur",
    )


def wait_for_next_run(
    client: Client,
    *,
    timeout_s: float = 3600,
    poll_s: float = 30,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Wait until the server has built its tables by itself since now (its own clock); when it did.

    Raises:
        FailedSafeError: it did not in time; the next night asks again.
    """
    since = str(client.read_json("system/info").get("serverDate"))
    waited = 0.0
    while waited <= timeout_s:
        info = client.read_json("system/info")
        last = str(info.get(LAST_BUILT) or "")
        # Tables hold what was there when their build began; one that had begun before the push proves nothing.
        if moment(last) > moment(since):
            return last
        sleep(poll_s)
        waited += poll_s
    raise FailedSafeError(
        where=f"{client}, tables analytiques",
        found=f"pas reconstruites par le serveur en {timeout_s / 60:.0f} min (dernière fois : {last or 'jamais'})",
        expected="la construction que le serveur fait lui-même, ou un compte d'analyse qui la demande",
        todo="attendre : la prochaine nuit vérifiera ; sinon donner un compte LAYIDU_<CIBLE>_ANALYTICS_*",
    )


def moment(text: str) -> datetime:
    """A server's time stamp without its zone: both sides of a comparison are the server's own."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return datetime(1970, 1, 1)  # noqa: DTZ001 - never built


def refuse_failed(client: Client, messages: Sequence[dict[str, object]]) -> None:
    """Raise when the job says it failed; `completed` alone only means that it ended."""
    failed = next((one for one in messages if one.get("level") == "ERROR"), None)
    if failed is not None:
        raise FailedSafeError(
            where=f"{client}, tables analytiques",
            found=f"le travail a échoué : {failed.get('message')}",
            expected="des tables construites sans erreur",
            todo="montrer ce message à l'administrateur du serveur ; les tableaux de bord gardent leur ancien état",
        )


def zeros_included(client: Client) -> bool:
    """Whether this server keeps zeros in analytics (its default is not to).

    A setting comes as plain text or, asked for as JSON, as an object of one entry, its value a text or not.
    Old versions do not keep it.
    """
    said = client.read_value(f"systemSettings/{ZERO_SETTING}")
    value = said.get(ZERO_SETTING) if isinstance(said, dict) else said
    if str(value).lower() != "true":
        return False
    return Dialect.of(str(client.read_json("system/info").get("version"))).keeps_zeros


def read_figures(
    client: Client, dx: Sequence[str], periods: Sequence[str], org_units: Sequence[str]
) -> pd.DataFrame:
    """What analytics shows for all combinations (dx, period, org_unit, value); repeated rows are kept."""
    frames = [FIGURES.frame()]
    for wanted in requests(dx, periods, org_units):
        dimensions = [
            ("dimension", f"{name}:{';'.join(items)}")
            for name, items in zip(("dx", "pe", "ou"), wanted, strict=True)
        ]
        answer = client.read_json("analytics", [*dimensions, ("skipMeta", "true"), ("skipRounding", "true")])
        names = [header["name"] for header in answer["headers"]]
        rows = pd.DataFrame(answer["rows"], columns=names)[list(SHOWN_COLUMNS)].rename(columns=SHOWN_COLUMNS)
        rows["value"] = pd.to_numeric(rows["value"], errors="coerce")  # what is no number will not be equal
        frames.append(rows.astype(dict(FIGURES.columns)))
    return pd.concat(frames, ignore_index=True)


def requests(
    dx: Sequence[str], periods: Sequence[str], org_units: Sequence[str]
) -> Iterator[tuple[Sequence[str], Sequence[str], Sequence[str]]]:
    """Bounded blocks of the cube: by units, then by what fits of dx; all periods in every block."""
    if not periods:
        return
    for first in range(0, len(org_units), ORG_UNITS_PER_REQUEST):
        units = org_units[first : first + ORG_UNITS_PER_REQUEST]
        size = max(1, min(DX_PER_REQUEST, CELLS_PER_REQUEST // (len(units) * len(periods))))
        for start in range(0, len(dx), size):
            yield dx[start : start + size], periods, units
