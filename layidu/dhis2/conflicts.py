"""What does a refused row mean, and who has to do what? By error code: the servers' texts change and lie."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ConflictClass = Literal["retry", "fix-mapping", "locked", "forbidden", "harmless"]

MEANINGS: dict[str, tuple[ConflictClass, str]] = {
    # 2.42 and older
    "E7600": ("fix-mapping", "le jeu de données n'existe pas sur ce serveur"),
    "E7601": ("forbidden", "le compte d'envoi n'a pas le droit d'écrire dans ce jeu de données"),
    "E7610": ("fix-mapping", "l'élément de données n'existe pas ou n'est pas visible"),
    "E7611": ("fix-mapping", "la période n'est pas valide"),
    "E7612": ("fix-mapping", "l'unité d'organisation n'existe pas ou n'est pas visible"),
    "E7613": ("fix-mapping", "la combinaison d'options n'existe pas ou n'est pas visible"),
    "E7614": ("forbidden", "une option de catégorie n'est pas ouverte à l'écriture pour le compte d'envoi"),
    "E7615": ("fix-mapping", "la combinaison d'options d'attribut n'existe pas ou n'est pas visible"),
    "E7616": ("forbidden", "une option d'attribut n'est pas ouverte à l'écriture pour le compte d'envoi"),
    "E7617": ("forbidden", "l'unité d'organisation est hors du périmètre de saisie du compte d'envoi"),
    "E7618": ("fix-mapping", "la valeur est vide"),
    "E7619": ("fix-mapping", "la valeur n'est pas du type de l'élément de données"),
    "E7632": ("fix-mapping", "le type de période n'est pas celui du jeu de données"),
    "E7633": ("fix-mapping", "l'élément de données n'est pas dans le jeu de données"),
    "E7634": ("fix-mapping", "la combinaison d'options n'est pas celle de l'élément de données"),
    "E7635": ("fix-mapping", "la combinaison d'options d'attribut n'est pas celle du jeu de données"),
    "E7636": ("fix-mapping", "le jeu de données n'est pas affecté à cette unité d'organisation"),
    "E7640": ("locked", "le délai de saisie est dépassé"),
    "E7641": ("locked", "la période n'est pas encore ouverte"),
    "E7642": ("locked", "les données de cette période sont déjà approuvées"),
    "E7643": ("locked", "la fenêtre de saisie de cette période est fermée"),
    "E7644": ("locked", "aucune fenêtre de saisie n'est ouverte pour cette période"),
    # 2.43
    "E8003": ("fix-mapping", "l'élément de données n'est dans aucun jeu de données"),
    "E8004": ("fix-mapping", "l'identifiant du jeu de données est mal formé"),
    "E8005": ("fix-mapping", "le jeu de données n'existe pas sur ce serveur"),
    "E8010": ("forbidden", "le compte d'envoi n'a pas le droit d'écrire dans ce jeu de données"),
    "E8011": ("forbidden", "l'unité d'organisation est hors du périmètre de saisie du compte d'envoi"),
    "E8012": ("forbidden", "une option de catégorie n'est pas ouverte à l'écriture pour le compte d'envoi"),
    "E8020": ("fix-mapping", "l'élément de données n'est pas dans le jeu de données"),
    "E8021": ("fix-mapping", "le type de période n'est pas celui du jeu de données"),
    "E8022": ("fix-mapping", "le jeu de données n'est pas affecté à cette unité d'organisation"),
    "E8023": ("fix-mapping", "la combinaison d'options d'attribut n'est pas celle du jeu de données"),
    "E8024": ("fix-mapping", "la combinaison d'options n'est pas celle de l'élément de données"),
    "E8025": ("fix-mapping", "la combinaison d'attribut n'est pas permise dans cette unité d'organisation"),
    "E8030": ("locked", "la période est close, pas encore ouverte, ou hors de la fenêtre de saisie"),
    "E8031": ("locked", "l'unité d'organisation n'était pas ouverte pendant cette période"),
    "E8032": ("locked", "la période est hors des dates de l'option d'attribut"),
    "E8033": ("locked", "les données de cette période sont déjà approuvées"),
    "E8100": ("fix-mapping", "la période n'est pas valide"),
    "E8104": ("fix-mapping", "l'élément de données n'existe pas ou n'est pas visible"),
    "E8106": ("fix-mapping", "l'unité d'organisation n'existe pas ou n'est pas visible"),
    "E8120": ("fix-mapping", "la valeur est vide"),
    "E8122": ("fix-mapping", "la valeur n'est pas du type de l'élément de données"),
    "E8128": ("fix-mapping", "la même case figure deux fois dans l'envoi"),
    # ours: known before sending
    "element-not-in-set": ("fix-mapping", "l'élément de données n'est pas dans le jeu de données"),
    "org-unit-not-assigned": (
        "fix-mapping",
        "le jeu de données n'est pas affecté à cette unité d'organisation",
    ),
    "period-type": ("fix-mapping", "la période n'est pas du type du jeu de données"),
    "value-type": ("fix-mapping", "la valeur n'est pas du type de l'élément de données"),
    "zero-not-significant": (
        "fix-mapping",
        "le zéro de cet élément n'est pas significatif : le serveur l'effacerait",
    ),
    "future-period": ("locked", "la période n'est pas terminée"),
    "expired-period": ("locked", "le délai de saisie est dépassé"),
    "input-window-closed": ("locked", "la fenêtre de saisie de cette période est fermée"),
    "closed-org-unit": ("locked", "l'unité d'organisation n'était pas ouverte pendant cette période"),
    "approved": ("locked", "les données de cette période sont déjà approuvées"),
    "changed-by-person": ("locked", "une personne a modifié ou saisi cette case : elle est laissée"),
    # ours: what the answer's shape says when it bears no code
    "403": ("forbidden", "le compte d'envoi n'a pas l'autorisation F_DATAVALUE_ADD"),
    "no-answer": ("retry", "le serveur n'a pas répondu : on ignore s'il a écrit"),
    "unreadable-answer": ("retry", "la réponse du serveur ne dit pas ce qu'il a fait"),
    "not-sent": ("retry", "envoi interrompu avant cette case, le serveur ne répondait plus"),
    "group-refused": ("fix-mapping", "le serveur refuse le groupe de cases sans dire laquelle est en cause"),
    "too-large": ("retry", "le serveur, ou le relais devant lui, refuse même de très petits envois"),
    "not-stored": ("retry", "le serveur a dit oui mais ne rend pas la valeur envoyée"),
}

TO_DO: dict[ConflictClass, str] = {
    "retry": "rien à faire : la prochaine nuit relit puis renvoie ce qui manque",
    "fix-mapping": (
        "lancer « layidu metadata verify », puis demander à l'administrateur « layidu metadata apply »"
    ),
    "locked": "demander à l'administrateur d'ouvrir la période ou l'unité, ou laisser la valeur en place",
    "forbidden": "demander à l'administrateur de donner ce droit au compte d'envoi",
    "harmless": "rien à faire",
}

#: Refusals of the data set as a whole: sending fewer rows changes nothing, and no cell of it is to blame.
WHOLE_DATA_SET = frozenset({"403", "E7600", "E7601", "E8002", "E8003", "E8004", "E8005", "E8010"})
PREFIXES: tuple[tuple[str, ConflictClass], ...] = (
    ("E764", "locked"),
    ("E803", "locked"),
    ("E801", "forbidden"),
    ("E76", "fix-mapping"),
    ("E8", "fix-mapping"),
)

UID = re.compile(r"[A-Za-z][A-Za-z0-9]{10}")
ARGUMENTS = re.compile(r"(?P<shared>[^\[]*)\[(?P<listed>[^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means to a person."""

    code: str
    conflict_class: ConflictClass
    reason: str


def meaning(code: str) -> Meaning:
    """The class of an error code and a French sentence that ends with what to do."""
    kind, what = MEANINGS.get(code) or (class_of(code), f"le serveur a refusé la case (code {code})")
    return Meaning(code, kind, f"{what[0].upper()}{what[1:]} ({code}) ; à faire : {TO_DO[kind]}.")


def class_of(code: str) -> ConflictClass:
    """The class of a code we have no sentence for: by its family, else worth another try."""
    return next((kind for prefix, kind in PREFIXES if code.startswith(prefix)), "retry")


def names_the_row(arguments: str, data_set: str, row: Mapping[str, str | bool]) -> bool:
    """Whether a 2.43 group refusal names this row.

    2.43 joins its arguments with `-` into one text, offenders in brackets: `set-[unit]`, `set-element-[combo]`,
    `unit-[period]`. A row is named when one of its parts stands in the brackets and all of what stands before
    them (but the data set) are its own.
    """
    found = ARGUMENTS.fullmatch(arguments)
    if found is None:
        return False
    own = {part for part in row.values() if isinstance(part, str)}
    listed = {part.strip() for part in found["listed"].split(",")}
    shared = set(UID.findall(found["shared"])) - {data_set}
    return bool(listed & own) and shared <= own
