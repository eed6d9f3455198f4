"""`layidu schemas`: what an editor needs to help with the declarations, written beside them."""

import sys
from pathlib import Path

from layidu.errors import ConfigurationError
from layidu.mapping.nearest import listed
from layidu.mapping.schemas import FOLDER, schemas
from layidu.settings import read_settings
from quality.rules import Rule


def write_schemas(*, check: bool) -> int:
    """Write the schemas into the mappings folder; with `check` only say whether they are those of the contracts."""
    mappings = read_settings().mappings
    stale = stale_schemas(mappings)
    if check and stale:
        raise ConfigurationError(
            where=str(mappings / FOLDER),
            found=f"{len(stale)} schéma(s) qui ne sont pas ceux des contrats : {listed(stale)}",
            expected="les schémas que layidu écrit d'après ses contrats",
            todo="layidu schemas (ou make docs), puis relancer",
        )
    if not check:
        update_schemas(mappings)
    sys.stdout.write(
        f"{mappings / FOLDER} : {'à jour' if check or not stale else f'{len(stale)} écrit(s)'}\n"
    )
    return 0


def stale_schemas(mappings: Path) -> list[str]:
    """The files that are not as the contracts say: changed, missing, or of a contract that is gone."""
    made = schemas(Rule)
    found = {path.name: path.read_text(encoding="utf-8") for path in (mappings / FOLDER).glob("*.json")}
    return sorted(name for name in made.keys() | found.keys() if made.get(name) != found.get(name))


def update_schemas(mappings: Path) -> None:
    """Make the schemas of a mappings folder those of the contracts."""
    made = schemas(Rule)
    for name in stale_schemas(mappings):
        path = mappings / FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in made:
            path.write_text(made[name], encoding="utf-8")
        else:
            path.unlink()
