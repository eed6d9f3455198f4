"""`layidu check`: every problem of declarations and rules at once; with a server, of every live instance too."""

import sys

from flows import access
from flows.checking_accounts import check_accounts
from layidu.dhis2.inventory import take_inventory, visible_data_sets
from layidu.dhis2.metadata import read_metadata
from layidu.errors import LayiduError
from layidu.mapping.catalogue import as_declared
from layidu.mapping.checker import check_against, check_reading, has_errors, report, told
from layidu.mapping.contracts import Mappings
from layidu.mapping.problems import Problem
from layidu.mapping.reader import Reading, read_partly
from layidu.settings import Settings, read_settings
from quality.rulecheck import check_rules

#: If several hold, the first one decides the exit code.
GRAVITY = (3, 4, 2, 1)
GREY_SHOWN = 20


def check_mappings(*, server: bool) -> int:
    """Print every problem; a server that cannot be asked is said, and hides none of the others."""
    settings = read_settings()
    reading = read_partly(settings.mappings)
    problems = declared_problems(settings, reading)
    failures: list[LayiduError] = []
    for name in reading.mappings.sources if server else ():
        try:
            problems += check_source(settings, reading.mappings, name)
        except LayiduError as error:
            failures.append(error)
            continue
        found, refused = check_accounts(settings, reading.mappings, name)
        problems += found
        failures += refused
    if problems:
        sys.stderr.write(f"{report(problems)}\n")
    for failure in failures:
        sys.stderr.write(f"{failure}\n")
    sys.stdout.write(
        f"{settings.mappings} : {len(reading.mappings.indicators)} indicateurs, "
        f"{len(reading.mappings.variables)} variables, {len(problems)} remarque(s)\n"
    )
    for line in () if has_errors(problems) else grey_lines(reading.mappings):
        sys.stdout.write(f"{line}\n")
    codes = {failure.exit_code for failure in failures} | ({3} if has_errors(problems) else set())
    return next((code for code in GRAVITY if code in codes), 0)


def grey_lines(mappings: Mappings) -> list[str]:
    """The indicators that can have no value as things are declared, and why: no mistake, but to be known."""
    grey = [entry for entry in as_declared(mappings) if entry.grey is not None]
    if not grey:
        return []
    said = [f"  gris  {entry.code} : {entry.grey}" for entry in grey[:GREY_SHOWN]]
    more = [f"  … et {len(grey) - GREY_SHOWN} autres"] if len(grey) > GREY_SHOWN else []
    return [f"sans valeur possible : {len(grey)} indicateur(s) (aussi dans mart.catalogue)", *said, *more]


def declared_problems(settings: Settings, reading: Reading) -> list[Problem]:
    """Everything that can be said without a server: of the files, between them, and of the rules."""
    return [*check_reading(reading), *told(check_rules(settings, reading.mappings), reading)]


def check_source(settings: Settings, mappings: Mappings, name: str) -> list[Problem]:
    """All problems between the declarations and one live instance."""
    source = mappings.sources[name]
    client = access.client_for(settings, name, source)
    visible = visible_data_sets(client)
    declared = [one.uid for one in source.data_sets]
    metadata = read_metadata(client, name, [uid for uid in declared if uid in visible])
    pulled = set(metadata.data_elements["uid"])
    cells = [cell for one in mappings.variables.values() for cell in one.cells.get(name) or ()]
    corrected = [one for one in mappings.corrections if one.source == name]
    asked = {cell.data_element for cell in cells} | {one.data_element for one in corrected}
    inventory = take_inventory(client, sorted(asked - pulled), sorted({one.org_unit for one in corrected}))
    return check_against(mappings, name, metadata, inventory)
