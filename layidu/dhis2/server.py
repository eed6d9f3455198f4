"""Who answers, what time is it there, and what may this account see?"""

import re
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from layidu.dhis2.answers import RightsError, UnsupportedServerError, WrongAddressError
from layidu.dhis2.client import Client
from layidu.dhis2.dialects import Dialect
from layidu.dhis2.listing import Item
from layidu.dhis2.refusals import plain
from layidu.model.metadata import ServerInfo

CALENDARS = frozenset({"iso8601", "gregorian"})
UTC_NAMES = frozenset({"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Z", "Zulu", "Universal"})
OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d{1,2}):?(\d{2})?")


def read_server(client: Client) -> ServerInfo:
    """Read `system/info`; refuse what is no DHIS2, an unknown version and a calendar other than ISO's."""
    info = client.read_json("system/info")
    address = plain(client.base_url)
    version, moment = info.get("version"), info.get("serverDate")
    if not isinstance(version, str) or not isinstance(moment, str):
        raise WrongAddressError(
            f"serveur {address}",
            "une réponse JSON sans version ni heure de serveur",
            "l'API d'un serveur DHIS2",
            "vérifier l'adresse (avec son chemin, sans /api)",
            url=address,
        )
    Dialect.of(version)
    calendar = str(info.get("calendar") or "iso8601")
    if calendar not in CALENDARS:
        raise UnsupportedServerError(
            f"serveur {address}",
            f"un calendrier « {calendar} »",
            "le calendrier ISO (iso8601)",
            "layidu ne sait pas lire ce serveur : ses périodes ne sont pas des mois de l'année civile",
            url=address,
        )
    zone = str(info.get("serverTimeZoneId") or "Etc/UTC")
    server_date = datetime.fromisoformat(moment)
    offset = utc_offset_hours(zone, server_date)
    if server_date.tzinfo is not None and zone not in UTC_NAMES:
        server_date = server_date.astimezone(ZoneInfo(zone))
    system_id = info.get("systemId")
    return ServerInfo(
        url=address,
        version=version,
        calendar=calendar,
        server_date=server_date.replace(tzinfo=None),
        server_time_zone=zone,
        utc_offset_hours=offset,
        system_id=system_id if isinstance(system_id, str) else None,
    )


def utc_offset_hours(zone: str, moment: datetime) -> float:
    """Hours by which a server's zone is ahead of UTC at a moment."""
    if zone in UTC_NAMES:
        return 0.0
    spelled = OFFSET.fullmatch(zone)
    if spelled:
        hours = int(spelled[2]) + int(spelled[3] or 0) / 60
        return hours if spelled[1] == "+" else -hours
    try:
        offset = moment.replace(tzinfo=ZoneInfo(zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UnsupportedServerError(
            "fuseau horaire du serveur",
            f"« {zone} », que cette machine ne connaît pas",
            "un nom de la base des fuseaux horaires",
            "installer le paquet tzdata du système, puis relancer",
        ) from error
    return offset.total_seconds() / 3600 if offset else 0.0


def read_roots(client: Client) -> list[Item]:
    """The org units `/api/me` gives: those of entry, else those of analysis; none for a superuser without any.

    DHIS2 up to 2.42 reads values under the units of analysis and falls back to those of entry, 2.43 under
    those of entry alone; registrations are read under those of entry on all.
    """
    fields = "id,username,authorities,organisationUnits[id,path],dataViewOrganisationUnits[id,path]"
    me = client.read_json("me", {"fields": fields})
    roots = me.get("organisationUnits") or me.get("dataViewOrganisationUnits") or []
    if roots or "ALL" in (me.get("authorities") or []):
        return [root for root in roots if isinstance(root, dict)]
    raise RightsError(
        f"compte « {me.get('username', '?')} » sur {plain(client.base_url)}",
        "aucune unité d'organisation",
        "au moins une unité d'organisation, de saisie ou d'analyse",
        "faire attribuer au compte les unités qu'il doit lire (pour un pays, sa racine)",
    )
