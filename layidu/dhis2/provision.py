"""Does the target server hold our objects, and how do they get there? By the administrator's account only.

Only what differs is sent: validated all together first, then imported pass by pass, as complete objects (an
update replaces). What people may have added to an object's sharing stays. Success is reading the objects back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from layidu.dhis2.answers import ServerAnswer
from layidu.dhis2.client import Client
from layidu.dhis2.publishable import DhisObject
from layidu.dhis2.target import Defaults, Pass, TargetObjects
from layidu.errors import ConfigurationError, FailedSafeError

FRENCH_KIND = {
    "dataElements": "élément de données",
    "indicatorTypes": "type d'indicateur",
    "indicators": "indicateur",
    "dataSets": "jeu de données",
}
NESTED = {
    "categoryCombo": "categoryCombo[id]",
    "indicatorType": "indicatorType[id]",
    "dataSetElements": "dataSetElements[dataElement[id]]",
    "organisationUnits": "organisationUnits[id]",
}
IDS_PER_REQUEST = 100  # 1,200 characters of address
SHOWN_ERRORS = 5


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that is not on the server as it should be."""

    kind: str
    wanted: DhisObject
    found: DhisObject | None
    fields: tuple[str, ...]

    @property
    def line(self) -> str:
        """The difference in French."""
        name = f"{FRENCH_KIND[self.kind]} {self.wanted['code']} « {self.wanted['name']} »"
        if self.found is None:
            return f"{name} : à créer"
        changes = ", ".join(change(field, self.wanted[field], self.found.get(field)) for field in self.fields)
        return f"{name} : à mettre à jour ({changes})"


@dataclass(frozen=True, slots=True)
class TargetReport:
    """What an import did."""

    created: int
    updated: int
    unchanged: int
    lines: tuple[str, ...]


def read_defaults(client: Client) -> Defaults:
    """The default category combo and its option combo, as this server calls them."""
    answer = client.read_json(
        "categoryCombos", {"filter": "name:eq:default", "fields": "id,categoryOptionCombos[id,name]"}
    )
    found = [
        (combo["id"], [option["id"] for option in combo.get("categoryOptionCombos", [])])
        for combo in answer.get("categoryCombos", [])
    ]
    if len(found) != 1 or len(found[0][1]) != 1:
        raise ConfigurationError(
            where=f"{client}, combinaison de catégories « default »",
            found=f"{len(found)} combinaison(s) de ce nom",
            expected="une seule, avec une seule combinaison d'options",
            todo="demander à l'administrateur du serveur de réparer la combinaison « default »",
        )
    return Defaults(found[0][0], found[0][1][0])


def plan_target(client: Client, objects: TargetObjects) -> list[str]:
    """What would change on the server, in French; empty when there is nothing to do."""
    return [difference.line for difference in differences(client, objects)]


def verify_target(client: Client, objects: TargetObjects) -> list[str]:
    """What is not as it should be; the same question as `plan_target`, asked after the fact."""
    return plan_target(client, objects)


def apply_target(client: Client, objects: TargetObjects) -> TargetReport:
    """Make the server hold these objects, and prove it by reading them back."""
    found = differences(client, objects)
    if found:
        import_pass(client, everything(found), validate=True)
        for one in objects.passes:
            here = [difference for difference in found if difference.kind in one]
            if here:
                import_pass(client, everything(here), validate=False)
        left = verify_target(client, objects)
        if left:
            raise FailedSafeError(
                where=f"{client}, import des métadonnées de « {objects.publication} »",
                found=f"après l'import, {len(left)} objet(s) diffèrent encore : {' ; '.join(left[:SHOWN_ERRORS])}",
                expected="des objets relus tels qu'envoyés",
                todo="relancer « layidu metadata apply » ; si l'écart reste, montrer ces lignes à l'administrateur",
            )
    created = sum(difference.found is None for difference in found)
    total = sum(len(group) for one in objects.passes for group in one.values())
    return TargetReport(
        created, len(found) - created, total - len(found), tuple(difference.line for difference in found)
    )


def differences(client: Client, objects: TargetObjects) -> list[Difference]:
    """Compare every field we own with what the server holds."""
    result = []
    for one in objects.passes:
        for kind, wanted in one.items():
            held = read_held(client, kind, wanted)
            for item in wanted:
                found = held.get(item["id"])
                fields = () if found is None else differing(item, found)
                if found is None or fields:
                    result.append(Difference(kind, item, found, fields))
    return result


def read_held(client: Client, kind: str, wanted: Sequence[DhisObject]) -> dict[str, DhisObject]:
    """The server's own version of these objects, by uid."""
    if not wanted:
        return {}
    fields = ",".join(NESTED.get(name, name) for name in wanted[0])
    held: dict[str, DhisObject] = {}
    for start in range(0, len(wanted), IDS_PER_REQUEST):
        ids = ",".join(item["id"] for item in wanted[start : start + IDS_PER_REQUEST])
        answer = client.read_json(kind, {"filter": f"id:in:[{ids}]", "fields": fields, "paging": "false"})
        held.update({item["id"]: item for item in answer.get(kind, [])})
    return held


def differing(wanted: DhisObject, found: DhisObject) -> tuple[str, ...]:
    """The fields in which the server's object is not ours; of sharing only the accounts we name."""
    return tuple(
        name
        for name, value in wanted.items()
        if (
            not shared_as_wanted(value, found.get(name) or {})
            if name == "sharing"
            else comparable(value) != comparable(found.get(name))
        )
    )


def shared_as_wanted(wanted: DhisObject, found: DhisObject) -> bool:
    """Whether every account we name has at least what we give it."""
    held = found.get("users") or {}
    return all(
        covers((held.get(uid) or {}).get("access", ""), entry["access"])
        for uid, entry in wanted["users"].items()
    )


def covers(held: str, wanted: str) -> bool:
    """Whether an access string allows all another one does."""
    return all(
        letter in ("-", have) for letter, have in zip(wanted, held.ljust(len(wanted), "-"), strict=False)
    )


def wider(held: str, wanted: str) -> str:
    """All that either access string allows."""
    padded = held.ljust(len(wanted), "-")
    return "".join(have if letter == "-" else letter for letter, have in zip(wanted, padded, strict=False))


def comparable(value: Any) -> Any:
    """A value without what servers vary in: order of lists, null for empty, references as objects."""
    if isinstance(value, dict):
        return reference(value)
    if isinstance(value, list):
        return frozenset(reference(item) if isinstance(item, dict) else item for item in value) or None
    return None if value == "" else value


def reference(value: DhisObject) -> Any:
    """The uid an object stands for: its own, or its data element's (a row of dataSetElements)."""
    return value["dataElement"]["id"] if "dataElement" in value else value.get("id")


def change(field: str, wanted: Any, found: Any) -> str:
    """One change in a few words; lists as counts, because a list of 75 districts is not read by anybody."""
    if isinstance(wanted, list):
        before, after = comparable(found) or frozenset(), comparable(wanted) or frozenset()
        return f"{field} : {len(after - before)} à ajouter, {len(before - after)} à retirer"
    if field == "sharing":
        return "sharing : droits de nos comptes à donner"
    return f"{field} : {shown(found)} -> {shown(wanted)}"


def shown(value: Any) -> str:
    """A value short enough for a line."""
    text = str(reference(value) if isinstance(value, dict) else value)
    return f"« {text if len(text) <= 60 else text[:59] + '…'} »"


def everything(found: Iterable[Difference]) -> Pass:
    """The complete objects to send, with what people added to the sharing kept."""
    payload: Pass = {}
    for difference in found:
        payload.setdefault(difference.kind, []).append(
            {**difference.wanted, **merged_sharing(difference.wanted, difference.found or {})}
        )
    return payload


def merged_sharing(wanted: DhisObject, found: DhisObject) -> DhisObject:
    """Ours over what the server holds; an access wider than ours stays."""
    if "sharing" not in wanted:
        return {}
    ours, theirs = wanted["sharing"], found.get("sharing") or {}
    users = dict(theirs.get("users") or {})
    for uid, entry in ours["users"].items():
        held = (users.get(uid) or {}).get("access", "")
        users[uid] = {"id": uid, "access": wider(held, entry["access"])}
    kept = {"public": ours["public"], "userGroups": {}, **theirs}
    return {"sharing": {**kept, "users": users}}


def import_pass(client: Client, payload: Pass, *, validate: bool) -> None:
    """Send objects to /api/metadata; everything or nothing is stored."""
    answer = client.send_json(
        "metadata",
        payload,
        {
            "importMode": "VALIDATE" if validate else "COMMIT",
            "importStrategy": "CREATE_AND_UPDATE",
            "atomicMode": "ALL",
            "identifier": "UID",
            "skipTranslation": "true",
        },
    )
    errors = reported_errors(answer)
    if answer.status < 300 and not errors:
        return
    raise ConfigurationError(
        where=f"{client}, {'validation' if validate else 'import'} des métadonnées",
        found="; ".join(errors[:SHOWN_ERRORS])
        or f"statut {answer.status} : {answer.body.get('message', 'aucune explication')}",
        expected="des objets que le serveur accepte (rien n'a été enregistré de cette passe)",
        todo="montrer ce message à l'administrateur : un code ou un nom déjà pris (E5003), une référence absente "
        "(E5002), un texte trop long (E4001) ou un droit qui manque (E3000, E3001)",
    )


def reported_errors(answer: ServerAnswer) -> list[str]:
    """Every error of an import report, one line an object; read from typeReports, because stats miscount."""
    report = answer.body.get("response") or answer.body
    return [
        f"{one.get('uid', '?')} : "
        + ", ".join(f"{error.get('errorCode')} {error.get('message')}" for error in one["errorReports"])
        for kind in report.get("typeReports", [])
        for one in kind.get("objectReports", [])
        if one.get("errorReports")
    ]
