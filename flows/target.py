"""The objects of publication in the target DHIS2: planned, applied, verified by the administrator's account."""

from collections.abc import Iterator

from flows.access import client_for
from flows.figures import declared_of
from layidu.dhis2 import provision
from layidu.dhis2.client import Client
from layidu.dhis2.elements import data_set_uid
from layidu.dhis2.metadata import read_metadata
from layidu.dhis2.target import TargetObjects, target_objects
from layidu.mapping.contracts import Mappings
from layidu.settings import Settings
from warehouse.connect import open_warehouse
from warehouse.read_ledger import elements_with_cells


def objects_of(settings: Settings, mappings: Mappings) -> Iterator[tuple[Client, TargetObjects]]:
    """For each publication: the administrator's client and everything the target must hold."""
    units: dict[str, dict[int, list[str]]] = {}
    warehouse = open_warehouse(settings)
    for code, publication in mappings.publications.items():
        source = mappings.sources[publication.target]
        client = client_for(settings, publication.target, source, "ADMIN")
        if publication.target not in units:
            reader = client_for(settings, publication.target, source)
            metadata = read_metadata(reader, publication.target, [one.uid for one in source.data_sets])
            found = metadata.org_units
            units[publication.target] = {
                level: sorted(found.loc[found["level"] == level, "uid"]) for level in found["level"].unique()
            }
        yield (
            client,
            target_objects(
                code,
                publication,
                mappings.indicators,
                org_unit_uids=[
                    uid
                    for level in publication.shown_levels
                    for uid in units[publication.target].get(level, [])
                ],
                kept_elements=elements_with_cells(warehouse, publication.target, data_set_uid(publication)),
                figures=declared_of(mappings, publication) if publication.kind == "figures" else None,
                defaults=provision.read_defaults(client),
                push_user=user_of(client_for(settings, publication.target, source, "PUSH")),
                data_readers=[user_of(client_for(settings, publication.target, source, "ANALYTICS"))],
            ),
        )


def user_of(client: Client) -> str:
    """The uid of the user an account is."""
    return str(client.read_json("me", {"fields": "id"})["id"])


def apply(settings: Settings, mappings: Mappings) -> list[str]:
    """Create or update what is missing; a French line for each change."""
    lines: list[str] = []
    for client, objects in objects_of(settings, mappings):
        report = provision.apply_target(client, objects)
        lines += report.lines
        lines.append(
            f"{objects.publication} : {report.created} créés, {report.updated} mis à jour, {report.unchanged} inchangés"
        )
    return lines


def differences(settings: Settings, mappings: Mappings) -> list[str]:
    """What is not as it should be; a French line each."""
    return [
        line
        for client, objects in objects_of(settings, mappings)
        for line in provision.plan_target(client, objects)
    ]
