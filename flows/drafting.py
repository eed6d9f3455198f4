"""`layidu draft`: a first version of the declarations from a live server, added to what is there and checked."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from flows import access
from flows.schemas import update_schemas
from layidu.dhis2.inventory import org_unit_levels, visible_data_sets
from layidu.dhis2.metadata import read_metadata
from layidu.errors import ConfigurationError
from layidu.mapping.checker import check_against, check_reading
from layidu.mapping.contracts import Source
from layidu.mapping.draft import Draft, draft
from layidu.mapping.draft_text import Texts, comments_of, fillable, write_draft
from layidu.mapping.nearest import nearest
from layidu.mapping.problems import DeclarationErrors, Problem
from layidu.mapping.reader import read_partly
from layidu.model.metadata import Metadata
from layidu.settings import read_settings
from layidu.whole_files import write_whole

SHOWN = 40  # data sets in a list of choices
#: What the metadata of some data sets cannot say of the others of a source.
NOT_ASKED = frozenset(
    {"data-set-not-visible", "data-set-not-assigned", "element-unknown", "element-not-pulled"}
)


def draft_declarations(source: str, data_sets: Sequence[str], *, dry_run: bool) -> int:
    """Write (or with `dry_run` print) what is missing for these data sets; without any, those of sources.yaml."""
    settings = read_settings()
    folder = settings.mappings
    reading = read_partly(folder)
    broken = [one for one in reading.problems if one.code not in {"no-sources", "empty-file"}]
    if broken:
        raise DeclarationErrors(broken)
    mappings = reading.mappings
    declared = mappings.sources.get(source, Source())
    client = access.client_for(settings, source, declared)
    visible = visible_data_sets(client)
    wanted = list(dict.fromkeys(data_sets)) or [one.uid for one in declared.data_sets]
    require_known(source, wanted, visible)
    metadata = read_metadata(client, source, wanted)
    drafted = draft(
        mappings, source, metadata, commented=comments_of(folder), fillable=fillable(mappings, source)
    )
    texts = write_draft(folder, mappings, drafted, org_unit_levels(client))
    prove(folder, texts, source, metadata)
    for relative, text in texts.items():
        if dry_run:
            sys.stdout.write(f"--- {folder / relative}\n{text}\n")
            continue
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    if texts and not dry_run:
        update_schemas(folder)
    sys.stdout.write(summary(folder, drafted, texts))
    return 0


def require_known(source: str, wanted: Sequence[str], visible: dict[str, str]) -> None:
    """The data sets are there; when none was named, the choice is shown."""
    unknown = [uid for uid in wanted if uid not in visible]
    if wanted and not unknown:
        return
    shown = [f"{uid} « {name} »" for uid, name in sorted(visible.items(), key=lambda item: item[1])]
    more = f" ; … ({len(shown)} en tout)" if len(shown) > SHOWN else ""
    near = nearest(unknown[0], visible) if unknown else None
    raise ConfigurationError(
        where=f"source « {source} », jeux de données",
        found=", ".join(unknown) + (f" (proche : {near})" if near else "")
        if unknown
        else "aucun jeu de données nommé",
        expected=f"un jeu de données que ce compte voit : {' ; '.join(shown[:SHOWN])}{more}",
        todo=f"layidu draft --source {source} --data-set UID (répétable)",
    )


def prove(folder: Path, texts: Texts, source: str, metadata: Metadata) -> None:
    """The draft is tried on a copy: what it adds must be declarations this server accepts."""
    with TemporaryDirectory() as temporary:
        copy = Path(temporary) / "mappings"
        if folder.is_dir():
            shutil.copytree(folder, copy)
        before = errors_of(copy) if folder.is_dir() else []
        for relative, text in texts.items():
            (copy / relative).parent.mkdir(parents=True, exist_ok=True)
            (copy / relative).write_text(text, encoding="utf-8")
        reading = read_partly(copy)
        found = check_reading(reading)
        found += [] if reading.problems else check_against(reading.mappings, source, metadata)
        known = {(one.code, one.path) for one in before}
        errors = [one for one in found if one.severity == "error" and one.code not in NOT_ASKED]
        new = [one for one in errors if (one.code, one.path) not in known]
        if new:
            raise DeclarationErrors(new)


def errors_of(folder: Path) -> list[Problem]:
    """The errors a folder has by itself."""
    return [one for one in check_reading(read_partly(folder)) if one.severity == "error"]


def summary(folder: Path, drafted: Draft, texts: Texts) -> str:
    """What was drafted, what was left out, and what to do next."""
    new = [one for one in drafted.variables if not one.known]
    filled = len(drafted.variables) - len(new)
    counts = (
        f"{len(new)} variable(s) nouvelle(s), {filled} complétée(s), {len(drafted.dimensions)} dimension(s)"
    )
    lines = [f"{counts}, {len(drafted.left_out)} élément(s) laissé(s) de côté"]
    lines += [f"  {folder / relative}" for relative in texts]
    if not texts:
        lines.append("rien à ajouter : chaque élément est déclaré, ou mis de côté en commentaire")
    else:
        lines.append("à suivre : relire ces fichiers, préciser les unités, puis layidu check --server")
    return "\n".join(lines) + "\n"
