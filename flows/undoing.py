"""`layidu publish --undo RUN`: put back in a target what stood there before a run, cell by cell, and prove it.

Only cells that still hold what that run put there: what a later run or a person changed since is counted and left.
The next push of these publications waits for a person, or it would do the same again.
"""

import pandas as pd

from flows.night import Night, Outcome, Published
from flows.publishing import ROLLED_BACK, compare, push_client, send_and_prove
from layidu.dhis2 import ledger, push
from layidu.dhis2.elements import data_set_uid
from layidu.errors import ConfigurationError
from layidu.model.frames import TARGET_CELLS
from warehouse import holds, load_ledger, read_ledger


def undo(night: Night, run: int, outcome: Outcome) -> None:
    """Take back everything a run changed, in every target."""
    changes = read_ledger.changes_of(night.warehouse, run)
    if not changes:
        raise ConfigurationError(
            where=f"publication de l'exécution {run}",
            found="aucune cellule que cette exécution ait changée",
            expected="le numéro d'une exécution qui a publié",
            todo="lire les numéros avec « layidu status »",
        )
    codes = {data_set_uid(one): code for code, one in night.mappings.publications.items()}
    for (name, data_set), changed in changes.items():
        if name not in night.mappings.sources:
            raise ConfigurationError(
                where=f"publication de l'exécution {run}",
                found=f"la cible « {name} » n'est plus dans sources.yaml",
                expected="la cible où elle a écrit",
                todo="remettre cette cible dans sources.yaml, puis relancer",
            )
        outcome.published.append(
            undo_data_set(night, run, name, data_set, changed, codes.get(data_set, data_set))
        )


def undo_data_set(
    night: Night, run: int, name: str, data_set: str, changed: pd.DataFrame, code: str
) -> Published:
    """Take back what a run changed in one data set."""
    done = Published(code)
    rows = load_ledger.read_ledger(night.warehouse, name, data_set)
    ours = TARGET_CELLS.cast(rows.dropna(subset="value"))
    desired, newer = as_before(ours, changed)
    compared = compare(night, name, push_client(night, name), data_set, desired)
    done.planned = len(push.changes(compared.planned))
    holds.open_hold(
        night.warehouse,
        night.token,
        kind=ROLLED_BACK,
        subject=f"{name}/{code}",
        summary=f"retour en arrière de l'exécution {run} : la prochaine publication de {code} attend un accord",
        rows=len(changed),
    )
    send_and_prove(night, compared, done, code)
    done.message = f"retour en arrière de l'exécution {run}" + (
        f", {newer} cellules changées depuis et laissées" if newer else ""
    )
    return done


def as_before(ours: pd.DataFrame, changed: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """What should stand in the data set (TARGET_CELLS), and how many cells were changed again since."""
    now = changed.merge(ours[[*push.KEY, "value"]], on=push.KEY, how="left", validate="1:1")
    newer = ledger.differs(now["value"], now["after"])
    back = now[~newer]
    kept = ours.merge(back[push.KEY], on=push.KEY, how="left", indicator="where")
    restored = back.drop(columns="value").rename(columns={"before": "value"}).dropna(subset="value")
    together = pd.concat([kept[kept["where"] == "left_only"][[*push.KEY, "value"]], restored])
    return TARGET_CELLS.cast(together.sort_values(push.KEY)), int(newer.sum())
