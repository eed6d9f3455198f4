"""Which faults are there? One line each: a name, a sentence, what it does, its options and what it meets by default."""

from layidu.sandbox import faults_body, faults_status, faults_store, faults_wire
from layidu.sandbox.dialects import VERSIONS
from layidu.sandbox.faults_body import on_bytes, on_rows
from layidu.sandbox.faults_kind import Kind
from layidu.sandbox.wire import CHUNKS, CLOSE, OPEN

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
    "lost_answer": Kind(
        "coupe sans répondre, travail fait ; commit=false : avant de le faire",
        faults_wire.lost_answer,
        {"commit": True},
    ),
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

#: What is wrong with the body of a good answer.
BODY = {
    "cut": Kind(
        "corps coupé à n octets ou à une part, record : en fin de ligne ; end=chunks|close|open : fin du transport",
        faults_body.cut,
        {"at": 0, "share": 0.0, "record": False, "end": CHUNKS},
        path=VALUES,
        choices={"end": (CHUNKS, CLOSE, OPEN)},
    ),
    "short": Kind(
        "corps bien formé auquel il manque des lignes",
        on_rows(faults_body.short),
        {"share": 0.0, "rows": 1, "seed": 1},
        path=VALUES,
    ),
    "without": Kind(
        "lignes d'une valeur de colonne cachées (droit perdu sur une combinaison)",
        on_rows(faults_body.without),
        {"column": "attributeOptionCombo", "id": ""},
        path=VALUES,
    ),
    "doubled": Kind("premières lignes en double", on_rows(faults_body.doubled), {"rows": 1}, path=VALUES),
    "ambiguous": Kind(
        "premières clés en double, autre valeur", on_rows(faults_body.ambiguous), {"rows": 1}, path=VALUES
    ),
    "foreign": Kind(
        "une ligne d'une structure, période ou d'un élément non demandé",
        on_rows(faults_body.foreign),
        {"column": "orgUnit", "id": ""},
        path=VALUES,
    ),
    "shuffled": Kind("lignes dans un autre ordre", on_rows(faults_body.shuffled), {"seed": 1}, path=VALUES),
    "changed_values": Kind(
        "autre valeur dans les premières lignes ; digits : un nombre de n chiffres",
        on_rows(faults_body.changed_values),
        {"rows": 1, "text": "", "digits": 0},
        path=VALUES,
    ),
    "missing_column": Kind(
        "colonne absente", on_rows(faults_body.missing_column), {"column": "value"}, path=VALUES
    ),
    "extra_column": Kind(
        "colonne de trop, en tête", on_rows(faults_body.extra_column), {"column": "source"}, path=VALUES
    ),
    "renamed_column": Kind(
        "colonne renommée",
        on_rows(faults_body.renamed_column),
        {"column": "value", "to": "amount"},
        path=VALUES,
    ),
    "bom": Kind("marque d'ordre des octets en tête", on_bytes(faults_body.bom)),
    "latin_1": Kind("texte en latin-1", on_bytes(faults_body.latin_1)),
    "broken_utf8": Kind("une lettre coupée au milieu du texte", on_bytes(faults_body.broken_utf8)),
    "deep": Kind("JSON imbriqué n fois", faults_body.deep, {"depth": 100_000}),
    "bomb": Kind("gzip qui se déplie en n Mo", faults_body.bomb, {"megabytes": 200}),
    "identity": Kind(
        "le serveur dit être un autre",
        on_bytes(faults_body.field),
        {
            "systemId": "AutreServer",
            "systemName": "",
            "contextPath": "",
            "instanceBaseUrl": "",
            "version": "",
        },
        path="/api/system/info",
    ),
}

#: What changes in the server, or is not what it says. Those that change a state do it once.
STORE = {
    "late_row": Kind(
        "après une lecture, enregistre une ligne à l'horodatage ancien",
        faults_store.late_row,
        {**dict.fromkeys((*faults_store.KEY, "value"), ""), "seconds": 3600.0},
        "GET",
        VALUES,
        times=1,
    ),
    "lost_sharing": Kind(
        "retire à un compte le partage des données d'un ensemble",
        faults_store.lost_sharing,
        {"data_set": "", "who": ""},
        "GET",
        VALUES,
        times=1,
    ),
    "narrowed": Kind(
        "réduit l'arbre d'un compte à une structure",
        faults_store.narrowed,
        {"who": "", "org_unit": ""},
        times=1,
    ),
    "clock_jump": Kind("l'horloge du serveur saute", faults_store.clock_jump, {"seconds": -86400.0}, times=1),
    "rewind": Kind(
        "la base revient à son état d'à l'instant où la panne est demandée",
        faults_store.rewind,
        times=1,
        prepare=faults_store.keep_a_copy,
    ),
    "upgrade": Kind(
        "le serveur change de version",
        faults_store.upgrade,
        {"to": "2.43"},
        times=1,
        choices={"to": tuple(VERSIONS)},
    ),
    "swallowed": Kind("dit OK et n'enregistre rien", faults_store.swallowed, {}, "POST", VALUES),
    "half_stored": Kind(
        "dit OK et n'enregistre qu'une part", faults_store.half_stored, {"share": 0.5}, "POST", VALUES
    ),
    "stored_other": Kind(
        "dit OK et enregistre d'autres valeurs",
        faults_store.stored_other,
        {"rows": 1, "text": "", "digits": 0},
        "POST",
        VALUES,
    ),
    "stale_analytics": Kind(
        "l'analytique dit être refaite et garde ses anciens chiffres",
        faults_store.stale_analytics,
        {},
        "POST",
        "/api/resourceTables",
    ),
    "endless_job": Kind(
        "un traitement qui ne finit jamais", faults_store.endless_job, {}, "GET", "/api/system/tasks"
    ),
    "failed_job": Kind("un traitement qui échoue", faults_store.failed_job, {}, "GET", "/api/system/tasks"),
}

TABLE: dict[str, Kind] = {**TRANSPORT, **STATUS, **BODY, **STORE}
