"""What is in this body: text or a file, proved whole, and not a page for people."""

import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO

import requests

from layidu.dhis2.answers import (
    Answer,
    AnswerError,
    BrokenOffAnswerError,
    CutAnswerError,
    LoginPageError,
    RightsError,
)
from layidu.dhis2.refusals import plain, raise_for_time_out, refusal, unknown_outcome
from layidu.dhis2.transport import BrokenOffError, NotWholeError, TooSlowError, is_packed, whole_body
from layidu.whole_files import whole_or_nothing

MOST_JSON_BYTES = 1 << 30
MOST_FILE_BYTES = 8 << 30


def text_of(method: str, response: requests.Response, deadline: float) -> str:
    """The whole body as text; of a refusal whose body is cut, the status alone says enough.

    `deadline` is a reading of `time.monotonic` by which the whole body must have come.
    """
    if response.status_code == HTTPStatus.NO_CONTENT:
        return ""
    try:
        pieces = whole_body(response, deadline=deadline, at_most=MOST_JSON_BYTES)
        return b"".join(pieces).decode("utf-8-sig")
    except TooSlowError:
        raise_for_time_out(method=method, url=response.url)
    except (NotWholeError, UnicodeDecodeError) as error:
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            return ""
        if method != "GET":
            where = f"{method} {plain(response.url)}"
            raise unknown_outcome(where, str(error), url=response.url, status=response.status_code) from None
        raise doubt(method, response.url, str(error), error) from None


def keep(response: requests.Response, target: Path, deadline: float) -> Answer:
    """Write a body to disk, packed and readable by us alone; nothing stays of one that is not whole."""
    try:
        with whole_or_nothing(target):
            return write_packed(response, target, deadline)
    except TooSlowError:
        raise_for_time_out(method="GET", url=response.url)
    except NotWholeError as error:
        raise doubt("GET", response.url, str(error), error) from None


def write_packed(response: requests.Response, target: Path, deadline: float) -> Answer:
    """Write a body to disk while its checksum is taken; what came packed is kept as it came."""
    digest, length, first, last = hashlib.sha256(), 0, b"", b""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        packed = is_packed(response)
        blocks = whole_body(
            response, deadline=deadline, at_most=MOST_FILE_BYTES, as_sent=file.write if packed else None
        )
        for block in blocks if packed else packed_into(file, blocks):
            first, last = first or block[:512], block[-1:]
            digest.update(block)
            length += len(block)
    refuse_page("GET", response, first.decode("utf-8", errors="replace"))
    return Answer(target, digest.hexdigest(), length, response.headers.get("Content-Type", ""), last)


def packed_into(file: BinaryIO, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same blocks, written to a file on their way, packed."""
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=1, mtime=0) as packed:
        for block in blocks:
            packed.write(block)
            yield block


def refuse_page(method: str, response: requests.Response, text: str) -> None:
    """Refuse a page for people that came with status 200."""
    if "html" not in response.headers.get("Content-Type", "").lower() and not text.lstrip().startswith("<"):
        return
    raise LoginPageError(
        f"{method} {plain(response.url)}",
        "une page web (connexion, maintenance ou mandataire) au lieu de données",
        "la réponse de l'API d'un serveur DHIS2",
        "vérifier l'adresse et le compte ; l'ouvrir dans un navigateur montre la page",
        status=response.status_code,
        url=plain(response.url),
    )


def refused(method: str, response: requests.Response, text: str) -> AnswerError:
    """The error a response of status 400 and more stands for."""
    return refusal(
        method=method,
        url=response.url,
        status=response.status_code,
        headers=response.headers,
        text=text,
    )


def as_json(text: str, url: str) -> Any:
    """The JSON value a text spells; nothing at all is how DHIS2 refuses an access."""
    if not text.strip():
        raise RightsError(
            f"GET {plain(url)}",
            "une réponse vide (zéro octet) malgré le statut 200",
            "du JSON, même sans contenu",
            "faire vérifier les droits de ce compte : c'est ainsi que DHIS2 refuse un accès",
            status=int(HTTPStatus.OK),
            url=plain(url),
        )
    try:
        return json.loads(text)
    except ValueError:
        raise doubt("GET", url, "du JSON coupé ou illisible") from None


def as_object(read: Any, url: str) -> dict[str, Any]:
    """A JSON object, or a doubt."""
    if not isinstance(read, dict):
        raise doubt("GET", url, "autre chose qu'un objet JSON")
    return read


def doubt(method: str, url: str, found: str, error: Exception | None = None) -> CutAnswerError:
    """An answer that nothing proves whole; one whose connection broke is an error of its own."""
    kind = BrokenOffAnswerError if isinstance(error, BrokenOffError) else CutAnswerError
    return kind(
        f"{method} {plain(url)}",
        found,
        "une réponse dont la fin est prouvée",
        "rien n'a été gardé ; la prochaine exécution reprendra. Si cela revient, prévenir l'administrateur",
        url=plain(url),
    )
