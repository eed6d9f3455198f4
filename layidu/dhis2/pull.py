"""How does one slice come over? One request, an untouched answer on disk, and its records, or an error."""

import os
import re
from http import HTTPStatus
from pathlib import Path

from layidu.dhis2.answers import Answer, AnswerError, CutAnswerError, RightsError
from layidu.dhis2.client import Client
from layidu.dhis2.records import DoubtfulError, read_records, require_inside, require_single
from layidu.dhis2.refusals import plain
from layidu.model.frames import DATA_VALUES
from layidu.model.metadata import Metadata
from layidu.model.slices import Pulled, Slice

PATH = "dataValueSets.csv"


def pull_slice(client: Client, wanted: Slice, metadata: Metadata, folder: Path) -> Pulled:
    """Pull one slice; a doubtful answer is asked for once more, and then the slice has failed.

    Two different records of one cell are a doubt too; given a second time, they are the check's to refuse.

    Raises:
        CutAnswerError: twice an answer that is not proved whole, or not what was asked for.
        BrokenOffAnswerError: of these, one whose connection broke: less may come through.
        TooMuchAskedError: ask for less (`slices.halve`).
        RightsError: the account may not read this data set, or not here.
    """
    try:
        return pull_once(client, wanted, metadata, folder, contradictions=False)
    except CutAnswerError:
        client.wait_before(1)
        return pull_once(client, wanted, metadata, folder, contradictions=True)


def pull_once(
    client: Client, wanted: Slice, metadata: Metadata, folder: Path, *, contradictions: bool
) -> Pulled:
    """Pull one slice, believing nothing that is not proved; a doubtful body does not stay on disk."""
    target = body_path(folder, wanted, metadata)
    try:
        answer = client.download(PATH, parameters(wanted), target)
        if answer.length == 0:
            raise no_right(client, wanted, metadata, "une réponse vide (zéro octet) malgré le statut 200")
        return parsed(answer, wanted, metadata, contradictions=contradictions)
    except RightsError as error:
        target.unlink(missing_ok=True)
        raise no_right(client, wanted, metadata, error.found, error) from error
    except AnswerError:
        target.unlink(missing_ok=True)
        raise
    except DoubtfulError as error:
        target.unlink(missing_ok=True)
        raise CutAnswerError(
            f"tranche {wanted.name}",
            str(error),
            "une réponse entière, et rien d'autre que ce qui était demandé",
            "rien n'a été gardé ; la prochaine exécution reprendra. Si cela revient, prévenir l'administrateur",
            url=plain(client.address(PATH)),
        ) from error


def parameters(wanted: Slice) -> list[tuple[str, str]]:
    """What is asked of the server: explicit periods, because 2.43 refuses `lastUpdated` alone."""
    asked = [
        ("dataSet", wanted.data_set),
        ("orgUnit", wanted.org_unit),
        ("children", "true" if wanted.children else "false"),
        ("includeDeleted", "true"),
    ]
    if wanted.last_updated is not None:
        asked.append(("lastUpdated", wanted.last_updated))
    return [*asked, *(("period", period) for period in wanted.periods)]


def parsed(answer: Answer, wanted: Slice, metadata: Metadata, *, contradictions: bool) -> Pulled:
    """The records of an answer, each inside what was asked."""
    if answer.last_byte != b"\n":
        raise DoubtfulError("une dernière ligne coupée")
    values = read_records(answer.path)
    if values.num_rows:
        of_set = metadata.data_set_elements["data_set"] == wanted.data_set
        require_inside(
            values,
            data_elements=frozenset(metadata.data_set_elements.loc[of_set, "data_element"]),
            periods=frozenset(wanted.periods),
            org_units=branch(metadata, wanted),
        )
        require_single(values, contradictions=contradictions)
    return Pulled(
        slice=wanted,
        outcome="data" if values.num_rows else "empty",
        values=values if values.num_rows else DATA_VALUES.empty_table(),
        body=answer.path,
        sha256=answer.sha256,
        bytes_received=answer.length,
        server_date=metadata.server.server_date,
    )


def branch(metadata: Metadata, wanted: Slice) -> frozenset[str]:
    """The org units a slice may hold."""
    if not wanted.children:
        return frozenset({wanted.org_unit})
    units = metadata.org_units
    within = (units["path"] + "/").str.contains(f"/{wanted.org_unit}/", regex=False)
    return frozenset(units.loc[within, "uid"])


def data_set_name(metadata: Metadata, wanted: Slice) -> str:
    """A data set as people call it."""
    names = metadata.data_sets.loc[metadata.data_sets["uid"] == wanted.data_set, "name"]
    return f"« {names.iloc[0]} » ({wanted.data_set})" if len(names) else wanted.data_set


def body_path(folder: Path, wanted: Slice, metadata: Metadata) -> Path:
    """A name of our making for the untouched answer, in folders that only we can read."""
    place = folder / safe(wanted.source) / safe(wanted.data_set)
    for part in (folder, place.parent, place):
        if not part.is_dir():
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = metadata.server.server_date.strftime("%Y%m%dT%H%M%S")
    stem = f"{stamp}_{safe('_'.join(wanted.name.split('/')[2:]))}"
    for number in range(1, 1000):
        path = place / (f"{stem}.csv.gz" if number == 1 else f"{stem}_{number}.csv.gz")
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"{place / stem}: a thousand answers to one slice")


def safe(text: str) -> str:
    """A piece of a file name: nothing in it can leave its folder."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", text)


def no_right(
    client: Client, wanted: Slice, metadata: Metadata, found: str, error: RightsError | None = None
) -> RightsError:
    """What a refused data set means, and whom to ask."""
    return RightsError(
        f"source « {wanted.source} », jeu de données {data_set_name(metadata, wanted)}",
        found,
        "le droit de lire les données de ce jeu, et celles de l'unité d'organisation demandée",
        "faire partager le jeu de données avec le compte (données : lecture), et lui attribuer l'unité "
        f"d'organisation {wanted.org_unit} en saisie et en analyse",
        status=error.status if error else int(HTTPStatus.OK),
        error_code=error.error_code if error else None,
        url=plain(client.address(PATH)),
        body=error.body if error else None,
    )
