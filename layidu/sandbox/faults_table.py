"""Which faults are there? One line each: a name, a sentence, what it does, its options and what it meets by default."""

from layidu.sandbox import faults_status, faults_wire
from layidu.sandbox.faults_kind import Kind

VALUES = "/api/dataValueSets"
PAGE: dict[str, str | int | float | bool] = {
    "status": 500,
    "html": True,
    "message": "",
    "commit": False,
    "retry_after": "",
    "as_date": False,
}

#: Everything that can go wrong on the way.
TRANSPORT = {
    "delay": Kind("attend avant de répondre", faults_wire.delay, {"seconds": 1.0}),
    "drip": Kind("répond au compte-gouttes", faults_wire.drip, {"bytes": 1, "seconds": 0.1}),
    "hang": Kind(
        "se tait, connexion ouverte ; at : après n octets du corps",
        faults_wire.hang,
        {"seconds": 3600.0, "at": -1},
    ),
    "reset": Kind("coupe la connexion après n octets du corps", faults_wire.reset_at, {"at": 0}),
    "lost_answer": Kind("fait le travail et coupe sans répondre", faults_wire.lost_answer),
    "gzip_cut": Kind(
        "corps compressé coupé après n octets, transport entier", faults_wire.gzip_cut, {"at": 100}
    ),
    "no_terminator": Kind("dernier chunk manquant", faults_wire.no_terminator),
    "plain_close": Kind("corps entier, sans longueur ni chunks", faults_wire.plain_close),
    "wrong_length": Kind("Content-Length faux de n octets", faults_wire.wrong_length, {"by": 10}),
    "slow_insert": Kind(
        "met un temps par ligne reçue", faults_wire.slow_insert, {"seconds": 0.01}, "POST", VALUES
    ),
}

#: What answers in the server's place.
STATUS = {
    "status": Kind("répond par un code ; commit : après avoir travaillé", faults_status.status, PAGE),
    "too_many": Kind("429", faults_status.status, {**PAGE, "status": 429}),
    "unavailable": Kind("503 du proxy", faults_status.status, {**PAGE, "status": 503}),
    "bad_gateway": Kind("502 du proxy", faults_status.status, {**PAGE, "status": 502}),
    "gateway_timeout": Kind(
        "504 du proxy ; commit : le serveur travaille quand même",
        faults_status.status,
        {**PAGE, "status": 504},
    ),
    "unauthorised": Kind(
        "401 ; after : à partir de la n-ième requête",
        faults_status.status,
        {**PAGE, "status": 401, "html": False, "message": "Unauthorized"},
    ),
    "too_large": Kind(
        "413 au-delà de n octets ou n lignes", faults_status.too_large, {"bytes": 0, "rows": 0}, "POST"
    ),
    "uri_too_long": Kind("414 au-delà de n octets d'adresse", faults_status.uri_too_long, {"bytes": 8000}),
    "login_page": Kind("page de connexion, code 200", faults_status.login_page),
    "redirect": Kind(
        "redirige vers la connexion, ou vers l'hôte « to »",
        faults_status.redirect,
        {"to": "", "keep_path": True, "status": 302},
    ),
    "literal": Kind(
        "un corps tel quel : vide, null, [], une phrase (encodé comme une URL)",
        faults_status.literal,
        {"text": "", "content_type": "", "status": 200},
    ),
}

TABLE: dict[str, Kind] = {**TRANSPORT, **STATUS}
