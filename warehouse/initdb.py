"""How does the embedded server's data folder come to be, and when is it not ours to open?"""

import shutil
from pathlib import Path

from layidu.errors import ConfigurationError, FailedSafeError, LayiduError
from warehouse import binaries
from warehouse.passwords import SUPERUSER, write_private
from warehouse.place import Place, make_folder

NEEDED_BYTES = 300 * 1024 * 1024
WHERE = "base de données intégrée"


def install(place: Place, password: str) -> None:
    """Create the data folder, whole or not at all."""
    make_folder(place.base, 0o755)
    if shutil.disk_usage(place.base).free < NEEDED_BYTES:
        raise disk_full(place.base)
    unfinished = place.base / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    place.give(unfinished)
    password_file = place.base / "initdb.password"
    write_private(password_file, password)
    place.give(password_file)
    try:
        done = place.run(
            "initdb",
            f"--pgdata={unfinished}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth-local=scram-sha-256",
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        )
    finally:
        password_file.unlink()
    if done.returncode != 0:
        raise server_error(place, f"la création a échoué : {done.stderr.strip()}")
    # Before the rename, so that a data folder without this line cannot exist. What a person adds to
    # postgresql.conf after it wins over our settings.
    with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\ninclude_if_exists = 'layidu.conf'\n")
    unfinished.rename(place.data)


def refuse_other_major_version(place: Place) -> None:
    """PostgreSQL reads only the data of its own major version."""
    found = (place.data / "PG_VERSION").read_text(encoding="ascii").strip()
    if found != str(binaries.MAJOR):
        raise ConfigurationError(
            where=f"{WHERE}, {place.data}",
            found=f"des données de PostgreSQL {found}",
            expected=f"des données de PostgreSQL {binaries.MAJOR}",
            todo="sauvegarder avec la version de layidu qui a créé ces données (pg_dump de cette version), "
            "écarter ce dossier, puis restaurer (pg_restore)",
        )


def server_error(place: Place, found: str) -> LayiduError:
    """The error of a server that does not do what was asked."""
    if "No space left on device" in found:
        return disk_full(place.base)
    return FailedSafeError(
        where=f"{WHERE}, {place.data}",
        found=found,
        expected="un serveur PostgreSQL qui démarre, répond et s'arrête",
        todo=f"lire la fin de {place.log} ; aucune donnée n'est perdue ; corriger la cause, puis relancer",
    )


def disk_full(folder: Path) -> FailedSafeError:
    """The error of a full disk: which, how much is needed, how much is left."""
    free = shutil.disk_usage(folder).free // (1024 * 1024)
    return FailedSafeError(
        where=f"{WHERE}, {folder}",
        found=f"disque plein : il reste {free} Mo",
        expected=f"au moins {NEEDED_BYTES // (1024 * 1024)} Mo libres",
        todo="libérer de la place sur ce disque ou déplacer LAYIDU_HOME, puis relancer",
    )
