"""Which passwords do the embedded server's roles have?

Drawn once, kept in one file in libpq's own format that only its owner can read; libpq reads it by itself,
so passwords are in no URL, log or command line.
"""

import os
import secrets
from pathlib import Path

from layidu.errors import ConfigurationError

SUPERUSER = "layidu_admin"
LOGINS = (SUPERUSER, "layidu_owner", "layidu_loader", "layidu_reader", "prefect")


def read_passwords(path: Path) -> dict[str, str]:
    """The password of every role in the file."""
    lines = path.read_text(encoding="ascii").splitlines()
    return {line.split(":")[3]: line.split(":")[4] for line in lines if line}


def ensure_passwords(path: Path, data: Path) -> dict[str, str]:
    """Read the file, or draw the passwords of a server that does not exist yet."""
    if path.is_file():
        return read_passwords(path)
    if data.is_dir():
        raise ConfigurationError(
            where=str(path),
            found="le fichier des mots de passe manque, mais la base de données existe",
            expected="le fichier créé avec la base",
            todo="remettre ce fichier depuis une sauvegarde de LAYIDU_HOME ; "
            "sinon écarter le dossier de la base et relancer « layidu init »",
        )
    passwords = {role: secrets.token_urlsafe(24) for role in LOGINS}
    write_private(path, "".join(f"*:*:*:{role}:{password}\n" for role, password in passwords.items()))
    return passwords


def write_private(path: Path, text: str) -> None:
    """Write a file that was never readable to anybody else, whole or not at all."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(
        os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
