"""Is a target still the server it was when we first wrote there? Another one is never written to unasked."""

from flows.copying import is_own_sandbox
from flows.night import Night
from layidu.dhis2.client import Client
from layidu.dhis2.server import read_server
from layidu.errors import HeldError
from layidu.model.metadata import ServerInfo
from warehouse import holds, load_ledger

OTHER_SERVER = "other-server"


def known_server(night: Night, name: str, client: Client) -> tuple[ServerInfo, list[str]]:
    """Who answers for a target, and its root org units; pinned at first contact.

    Raises:
        HeldError: another server answers under this name, and nobody accepted it.
    """
    server = read_server(client)
    roots = root_org_units(client)
    identity = identity_of(night, name, server, roots)
    pinned = load_ledger.pinned_server(night.warehouse, name)
    if pinned == identity:
        return server, roots
    subject = f"{name}/{identity}"
    if pinned is not None and not holds.accepted(night.warehouse, OTHER_SERVER, subject):
        holds.open_hold(
            night.warehouse,
            night.token,
            kind=OTHER_SERVER,
            subject=subject,
            summary=f"la cible « {name} » était {pinned} ; elle répond maintenant comme {identity}",
            rows=0,
        )
        raise HeldError(
            where=f"cible « {name} », {client}",
            found=f"un autre serveur que celui où layidu a écrit jusqu'ici : {identity}",
            expected=pinned,
            todo="corriger LAYIDU_<CIBLE>_URL ; si le changement est voulu, « layidu holds accept N° --reason … »",
        )
    load_ledger.pin_server(night.warehouse, name, identity, night.token)
    return server, roots


def root_org_units(client: Client) -> list[str]:
    """The uids of the units without a parent."""
    answer = client.read_json(
        "organisationUnits", {"filter": "level:eq:1", "fields": "id", "paging": "false", "order": "id:asc"}
    )
    return sorted(str(unit["id"]) for unit in answer.get("organisationUnits", []))


def identity_of(night: Night, name: str, server: ServerInfo, roots: list[str]) -> str:
    """What tells one server from another: its own id; else where it is and whose country it holds.

    Our own sandbox takes another port each time it is started.
    """
    if server.system_id:
        return f"systemId {server.system_id}"
    place = night.mappings.sources[name].url if is_own_sandbox(night, name) else server.url
    return f"{place} ({', '.join(roots)})"
