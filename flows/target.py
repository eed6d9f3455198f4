"""The objects of publication in the target DHIS2: planned, applied, verified by the administrator's account."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from flows.access import client_for, has_account
from flows.figures import declared_of
from layidu.dhis2 import provision
from layidu.dhis2.client import Client
from layidu.dhis2.dashboards import dashboard_objects
from layidu.dhis2.elements import data_set_uid
from layidu.dhis2.org_units import read_org_units
from layidu.dhis2.server import read_roots
from layidu.dhis2.target import Pass, TargetObjects, target_objects
from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Mappings, Source
from layidu.mapping.publishing import Publication
from layidu.settings import Role, Settings
from layidu.whole_files import write_whole
from warehouse.connect import open_warehouse
from warehouse.read_ledger import elements_with_cells

READ_ME = """Objets de publication de layidu pour « {target} », à importer par un administrateur.

Application Import/Export > Métadonnées, un fichier après l'autre : {files}.
Format JSON, identifiants UID, stratégie « créer et mettre à jour », mode atomique « tout » ; d'abord un essai à blanc.
Un partage donné par des personnes depuis que ces fichiers ont été faits serait perdu : les importer sans attendre.
Ensuite : layidu metadata verify.
"""


class Wished(NamedTuple):
    """What one publication wants of its target."""

    target: str  # name of sources.yaml
    client: Client
    data: TargetObjects
    shown: TargetObjects  # imported after all data: a chart refused never keeps data from being published


def objects_of(settings: Settings, mappings: Mappings, role: Role = "ADMIN") -> Iterator[Wished]:
    """For each publication: a client of this role and everything the target must hold."""
    units: dict[str, pd.DataFrame] = {}
    warehouse = open_warehouse(settings)
    for code, publication in mappings.publications.items():
        name = publication.target
        source = mappings.sources[name]
        client = client_for(settings, name, source, role)
        if name not in units:
            reader = client_for(settings, name, source)
            units[name] = read_org_units(reader, read_roots(reader))[1]
        chosen = units[name][units[name]["level"].isin(publication.shown_levels)].sort_values("uid")
        figures = declared_of(mappings, publication) if publication.kind == "figures" else None
        defaults = provision.read_defaults(client)
        data = target_objects(
            code,
            publication,
            mappings.indicators,
            org_unit_uids=chosen["uid"].tolist(),
            org_unit_names=dict(zip(chosen["uid"].tolist(), chosen["name"].tolist(), strict=True)),
            kept_elements=elements_with_cells(warehouse, name, data_set_uid(publication)),
            figures=figures,
            defaults=defaults,
            push_user=user_of(client_for(settings, name, source, "PUSH")),
            data_readers=readers_of(settings, name, source),
            reader_groups=groups_of(client, code, publication),
        )
        shown = dashboard_objects(code, publication, mappings.indicators, defaults, figures)
        yield Wished(name, client, data, shown)


def readers_of(settings: Settings, name: str, source: Source) -> list[str]:
    """Who reads the data besides the account that writes: the analytics account, where there is one."""
    if not has_account(settings, name, source, "ANALYTICS"):
        return []
    return [user_of(client_for(settings, name, source, "ANALYTICS"))]


def user_of(client: Client) -> str:
    """The uid of the user an account is."""
    return str(client.read_json("me", {"fields": "id"})["id"])


def groups_of(client: Client, code: str, publication: Publication) -> list[str]:
    """The uids of the user groups a publication names, by code or by name.

    Raises:
        ConfigurationError: the target has no such group.
    """
    if not publication.user_groups:
        return []
    answer = client.read_json("userGroups", {"fields": "id,code,name", "paging": "false"})
    found: dict[str, str] = {}
    for group in answer.get("userGroups", []):
        found.update({str(group[key]): str(group["id"]) for key in ("name", "code") if group.get(key)})
    for wanted in publication.user_groups:
        if wanted not in found:
            raise ConfigurationError(
                where=f"publications.yaml, {code}.user_groups",
                found=f"« {wanted} », que {client} ne connaît pas",
                expected=f"le code ou le nom d'un groupe d'utilisateurs : {', '.join(sorted(found)) or 'aucun'}",
                todo="corriger le nom, ou faire créer ce groupe par l'administrateur",
            )
    return [found[wanted] for wanted in publication.user_groups]


def apply(settings: Settings, mappings: Mappings) -> list[str]:
    """Create or update what is missing; a French line for each change."""
    lines: list[str] = []
    wished = list(objects_of(settings, mappings))
    stages = [(one.client, one.data, "") for one in wished]
    stages += [(one.client, one.shown, " (tableau de bord)") for one in wished]
    for client, objects, what in stages:
        report = provision.apply_target(client, objects)
        lines += report.lines
        lines.append(
            f"{objects.publication}{what} : {report.created} créés, {report.updated} mis à jour, "
            f"{report.unchanged} inchangés"
        )
    return lines


def differences(settings: Settings, mappings: Mappings) -> list[str]:
    """What is not as it should be; a French line each, once for what publications share."""
    return list(
        dict.fromkeys(
            line
            for one in objects_of(settings, mappings)
            for objects in (one.data, one.shown)
            for line in provision.plan_target(one.client, objects)
        )
    )


def package(settings: Settings, mappings: Mappings, folder: Path) -> list[str]:
    """Write what an administrator imports himself: two files a target, and how to; a French line a file.

    Nothing is asked as the administrator, whose account layidu then does not have.
    """
    bundles: dict[str, tuple[Pass, Pass]] = {}
    for one in objects_of(settings, mappings, role=""):
        for bundle, objects in zip(
            bundles.setdefault(one.target, ({}, {})), (one.data, one.shown), strict=True
        ):
            add(bundle, provision.whole(one.client, objects))
    lines = []
    for target, pair in bundles.items():
        place = folder / target
        place.mkdir(parents=True, exist_ok=True)
        files = ("1-donnees.json", "2-tableaux-de-bord.json")
        for name, bundle in zip(files, pair, strict=True):
            write_whole(place / name, json.dumps(bundle, ensure_ascii=False, indent=1))
            lines.append(f"{place / name} : {sum(len(group) for group in bundle.values())} objets")
        read_me = READ_ME.format(target=target, files=", puis ".join(files))
        write_whole(place / "LISEZMOI.txt", read_me)
    return lines


def add(bundle: Pass, more: Pass) -> None:
    """Add objects to a bundle, each once."""
    for kind, items in more.items():
        held = bundle.setdefault(kind, [])
        known = {item["id"] for item in held}
        held += [item for item in items if item["id"] not in known]
