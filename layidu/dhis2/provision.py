"""Does the target server hold our objects, and how do they get there? By the administrator's account only.

An object of somebody else under one of our ids or codes stops everything. Only what differs is sent: validated all
together first, then imported pass by pass, as complete objects (an update replaces). What people may have added to an
object's sharing stays. Success is reading the objects back.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from layidu.dhis2.answers import ServerAnswer
from layidu.dhis2.client import Client
from layidu.dhis2.object_differences import FRENCH_KIND, Difference, differing, fields_of, merged_sharing
from layidu.dhis2.publishable import DhisObject
from layidu.dhis2.target import Defaults, Pass, TargetObjects
from layidu.errors import ConfigurationError, FailedSafeError

IDS_PER_REQUEST = 100  # 1,200 characters of address
CODES_PER_REQUEST = 50  # of up to 50 characters each
SHOWN_ERRORS = 5


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


def whole(client: Client, objects: TargetObjects) -> Pass:
    """All objects, for somebody else to import: what the server shows of their sharing is kept."""
    bundle: Pass = {}
    for one in objects.passes:
        for kind, wanted in one.items():
            held = read_held(client, kind, wanted)
            refuse_foreign(client, kind, wanted, held)
            items = [{**item, **merged_sharing(item, held.get(item["id"], {}))} for item in wanted]
            bundle.setdefault(kind, []).extend(items)
    return bundle


def differences(client: Client, objects: TargetObjects) -> list[Difference]:
    """Compare every field we own with what the server holds.

    Raises:
        ConfigurationError: somebody else's object has one of our ids or codes.
    """
    result = []
    for one in objects.passes:
        for kind, wanted in one.items():
            held = read_held(client, kind, wanted)
            refuse_foreign(client, kind, wanted, held)
            for item in wanted:
                found = held.get(item["id"])
                fields = () if found is None else differing(item, found, kind)
                if found is None or fields:
                    result.append(Difference(kind, item, found, fields, objects.org_unit_names))
    return result


def read_held(client: Client, kind: str, wanted: Sequence[DhisObject]) -> dict[str, DhisObject]:
    """The server's own version of these objects, by uid."""
    if not wanted:
        return {}
    fields = fields_of({name: None for item in wanted for name in item})
    held: dict[str, DhisObject] = {}
    for start in range(0, len(wanted), IDS_PER_REQUEST):
        ids = ",".join(item["id"] for item in wanted[start : start + IDS_PER_REQUEST])
        answer = client.read_json(kind, {"filter": f"id:in:[{ids}]", "fields": fields, "paging": "false"})
        held.update({item["id"]: item for item in answer.get(kind, [])})
    return held


def refuse_foreign(
    client: Client, kind: str, wanted: Sequence[DhisObject], held: dict[str, DhisObject]
) -> None:
    """Raise for the first object that is not ours and has what is ours; nobody else's object is ever replaced."""
    codes = {item["code"]: item["id"] for item in wanted}
    others = [
        (item, f"le code {item['code']} est celui de l'objet {item['id']}")
        for item in with_codes(client, kind, sorted(codes))
        if item["id"] != codes.get(item["code"])
    ]
    others += [
        (
            held[item["id"]],
            f"l'identifiant {item['id']} est celui d'un objet de code {held[item['id']].get('code')}",
        )
        for item in wanted
        if item["id"] in held and held[item["id"]].get("code") != item["code"]
    ]
    if others:
        item, found = others[0]
        raise ConfigurationError(
            where=f"{client}, {FRENCH_KIND[kind]} « {item.get('name', item['id'])} »",
            found=f"{found}, qui n'est pas de layidu ({len(others)} objet(s) dans ce cas)",
            expected="des identifiants et des codes LYD_… que personne d'autre n'emploie",
            todo="faire changer ce code par l'administrateur, ou celui de la publication ; rien n'a été écrit",
        )


def with_codes(client: Client, kind: str, codes: Sequence[str]) -> Iterator[DhisObject]:
    """The server's objects that have one of these codes."""
    for start in range(0, len(codes), CODES_PER_REQUEST):
        asked = ",".join(codes[start : start + CODES_PER_REQUEST])
        answer = client.read_json(
            kind, {"filter": f"code:in:[{asked}]", "fields": "id,code,name", "paging": "false"}
        )
        yield from answer.get(kind, [])


def everything(found: Iterable[Difference]) -> Pass:
    """The complete objects to send, with what people added to the sharing kept."""
    payload: Pass = {}
    for difference in found:
        payload.setdefault(difference.kind, []).append(
            {**difference.wanted, **merged_sharing(difference.wanted, difference.found or {})}
        )
    return payload


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
