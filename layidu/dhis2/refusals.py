"""Why was there no answer: a refusal of the network or of the server becomes an error a person can act on.

Errors are classed by status and error code, never by message: messages change from version to version.
Addresses in messages are stripped of names, passwords and query strings.
"""

import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ReadTimeoutError

from layidu.dhis2.answers import (
    AnswerError,
    CredentialsError,
    LoginPageError,
    NetworkError,
    OutcomeUnknownError,
    RequestRefusedError,
    RightsError,
    ServerFailedError,
    TooMuchAskedError,
    WrongAddressError,
)

RIGHTS_CODES = frozenset({"E2001", "E2010", "E2011", "E2012", "E7601"})
TOO_LARGE = frozenset({HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_URI_TOO_LONG})
SHOWN_CHARACTERS = 200


def plain(url: str) -> str:
    """An address without account, query or fragment: fit for messages and logs."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}" if host else parts.path


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and everything that caused it, once each."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        reasons = (getattr(current, "reason", None), *current.args, current.__cause__, current.__context__)
        waiting.extend(reason for reason in reasons if isinstance(reason, BaseException))


def raise_for_network(error: requests.RequestException, *, method: str, url: str) -> NoReturn:
    """Raise what a failed connection means."""
    where, host = f"{method} {plain(url)}", urlsplit(url).hostname or url
    all_causes = list(causes(error))
    for cause in all_causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            raise NetworkError(
                where,
                f"le certificat de {host} est refusé ({cause.verify_message})",
                "un certificat valable pour ce nom, signé par une autorité connue",
                "faire corriger le certificat, ou désigner l'autorité interne par REQUESTS_CA_BUNDLE",
                url=plain(url),
            ) from None
        if isinstance(cause, socket.gaierror) and cause.errno != socket.EAI_AGAIN:
            raise WrongAddressError(
                where,
                f"le nom {host} n'existe pas",
                "l'adresse d'un serveur DHIS2",
                "corriger l'adresse (LAYIDU_<SOURCE>_URL), puis relancer",
                url=plain(url),
            ) from None
    if any(isinstance(cause, requests.ReadTimeout | ReadTimeoutError) for cause in all_causes):
        raise_for_time_out(method=method, url=url)
    if method not in {"GET", "HEAD"} and not isinstance(error, requests.ConnectTimeout) and sent(all_causes):
        raise unknown_outcome(where, f"la connexion à {host} s'est rompue", url=url) from None
    raise NetworkError(
        where,
        f"pas de connexion à {host} ({type(all_causes[-1]).__name__})",
        "un serveur qui répond",
        "vérifier l'adresse, le réseau et que le serveur tourne ; la prochaine exécution reprendra",
        url=plain(url),
    ) from None


def sent(all_causes: list[BaseException]) -> bool:
    """Whether the request may have reached the server before the connection broke."""
    return not any(
        isinstance(cause, ConnectionRefusedError | socket.gaierror | ssl.SSLError) for cause in all_causes
    )


def raise_for_time_out(*, method: str, url: str) -> NoReturn:
    """Raise what silence means: less should be asked for, or the outcome of a write is unknown."""
    where = f"{method} {plain(url)}"
    if method not in {"GET", "HEAD"}:
        raise unknown_outcome(where, "pas de réponse dans le délai", url=url) from None
    raise TooMuchAskedError(
        where,
        "pas de réponse dans le délai",
        "une réponse complète",
        "demander moins à la fois (slice_rows dans sources.yaml) ; la prochaine exécution reprendra",
        url=plain(url),
    ) from None


def unknown_outcome(where: str, found: str, *, url: str, status: int | None = None) -> OutcomeUnknownError:
    """A write nobody knows the outcome of."""
    return OutcomeUnknownError(
        where,
        found,
        "une réponse qui dit ce qui a été enregistré",
        "rien à faire à la main : relire ce que le serveur tient avant d'envoyer de nouveau",
        status=status,
        url=plain(url),
    )


def envelope(text: str) -> dict[str, Any]:
    """The JSON object a refusal usually carries, or nothing."""
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def said(body: Mapping[str, Any], text: str) -> str:
    """What the server said, short enough for a message and on one line."""
    message = str(body.get("message") or "") or ("une page web" if text.lstrip().startswith("<") else text)
    code = f"{body['errorCode']} " if body.get("errorCode") else ""
    return " ".join(f"{code}{message}".split())[:SHOWN_CHARACTERS] or "aucune explication"


def raise_for_redirect(*, method: str, url: str, location: str, status: int) -> NoReturn:
    """Raise for a 3xx: never followed, because the account would travel along."""
    target = plain(location) or "ailleurs"
    where = f"{method} {plain(url)}"
    if "login" in target.lower():
        raise LoginPageError(
            where,
            f"une page de connexion : le serveur renvoie vers {target}",
            "des données, avec le compte donné",
            "vérifier le jeton, ou le nom et le mot de passe, de cette source (LAYIDU_<SOURCE>_TOKEN, …)",
            status=status,
            url=plain(url),
        )
    raise WrongAddressError(
        where,
        f"le serveur renvoie vers {target}",
        "une réponse de l'API, sans renvoi (aucun n'est suivi : le compte partirait avec)",
        "donner cette adresse-là dans LAYIDU_<SOURCE>_URL si elle est la bonne",
        status=status,
        url=plain(url),
    )


def refusal(*, method: str, url: str, status: int, headers: Mapping[str, str], text: str) -> AnswerError:
    """The error a status of 400 and more stands for."""
    body = envelope(text)
    where, what = f"{method} {plain(url)}", f"statut {status} : {said(body, text)}"
    code = body.get("errorCode")
    refused, expected, todo = kind(method, status, str(code or ""), headers, body, text)
    return refused(
        where,
        what,
        expected,
        todo,
        status=status,
        error_code=code if isinstance(code, str) else None,
        url=plain(url),
        body=body,
    )


def kind(
    method: str, status: int, code: str, headers: Mapping[str, str], body: Mapping[str, Any], text: str
) -> tuple[type[AnswerError], str, str]:
    """The class of a refusal, what was expected and what to do."""
    token_refused = status == HTTPStatus.BAD_REQUEST and (
        headers.get("WWW-Authenticate", "").startswith("ApiToken")
        or body.get("message") == "Checksum validation failed"
    )
    if status == HTTPStatus.UNAUTHORIZED or token_refused:
        return (
            CredentialsError,
            "un compte que le serveur accepte",
            "corriger le jeton, ou le nom et le mot de passe ; sinon faire vérifier le compte",
        )
    if status == HTTPStatus.FORBIDDEN or code in RIGHTS_CODES:
        return (
            RightsError,
            "un compte qui a ce droit",
            "faire donner au compte le partage des données et les unités d'organisation qu'il doit voir",
        )
    if status == HTTPStatus.NOT_FOUND:
        return (
            WrongAddressError,
            "l'API d'un serveur DHIS2",
            "vérifier l'adresse (avec son chemin, sans /api)",
        )
    if status in TOO_LARGE or (status == HTTPStatus.GATEWAY_TIMEOUT and method in {"GET", "HEAD"}):
        return (
            TooMuchAskedError,
            "une réponse complète",
            "demander moins à la fois ; la suite reprendra d'elle-même",
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return server_failed(method, text)
    return RequestRefusedError, "une demande que le serveur accepte", "lire le message du serveur et corriger"


def server_failed(method: str, text: str) -> tuple[type[AnswerError], str, str]:
    """The class of a 5xx: behind a proxy a write may have been stored all the same."""
    if method in {"GET", "HEAD"}:
        waiting = "une page web" if text.lstrip().startswith("<") else "ce message"
        return (
            ServerFailedError,
            "une réponse",
            f"attendre, puis relancer ; si {waiting} revient, prévenir l'administrateur du serveur",
        )
    return (
        OutcomeUnknownError,
        "une réponse qui dit ce qui a été enregistré",
        "rien à faire à la main : relire ce que le serveur tient avant d'envoyer de nouveau",
    )
