"""How does a drawn world become a Country? Forms, values with their errors, registrations and accounts, together."""

from collections.abc import Callable, Collection, Sequence

import pandas as pd

from layidu.sandbox import form_objects, org_units
from layidu.sandbox.country import Country
from layidu.sandbox.org_units import OrgUnit
from layidu.sandbox.people import accounts
from layidu.sandbox.places import Counts, Flags, World
from layidu.sandbox.planted import Ground
from layidu.sandbox.reporting import registrations, reports
from layidu.sandbox.texts import keep_reported, monthly_values, yearly_population
from layidu.sandbox.themes import generate
from layidu.sandbox.uids import uid


def assemble(
    name: str,
    units: Sequence[OrgUnit],
    world: World,
    assigned: dict[str, Flags],
    people: dict[str, Counts],
    plant: Callable[[Ground], None],
    elements: Collection[str] | None = None,
) -> Country:
    """Draw the values, put the errors in, and write everything as DHIS2 holds it."""
    monthly = {code: mask for code, mask in assigned.items() if code != "POP"}
    made = reports(world, monthly)
    sheets = generate(world)
    if elements is not None:
        sheets = {cell: counts for cell, counts in sheets.items() if cell[0] in elements}
    ground = Ground(world, keep_reported(sheets, made), made)
    plant(ground)
    values = [
        monthly_values(world, ground.sheets, made),
        ground.frame(),
        yearly_population(world.places, people),
    ]
    assignments = {
        code: [unit for unit, mine in zip(world.places.uid, mask, strict=True) if mine]
        for code, mask in assigned.items()
    }
    metadata = {
        "organisationUnitLevels": org_units.levels(),
        "organisationUnits": [unit.written() for unit in units],
        **form_objects.category_model(),
        "dataElements": form_objects.data_elements(elements),
        "dataSets": form_objects.data_sets(assignments, elements),
    }
    return Country(
        name=name,
        metadata=metadata,
        values=pd.concat(values, ignore_index=True),
        registrations=registrations(world, made),
        accounts=accounts(units[0].uid, [uid("data_set", code) for code in assigned]),
        planted=tuple(ground.planted),
    )
