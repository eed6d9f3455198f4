"""Settings: environment variables first, then `layidu.toml`; secrets never from YAML.

Read once, in the command line and in `flows`; everything else is handed a `Settings`.
"""

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from layidu.errors import ConfigurationError

Role = Literal["", "ADMIN", "ANALYTICS", "PUSH"]


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to log in to one DHIS2 instance; its text never shows a secret."""

    url: str
    token: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def complete(self) -> bool:
        """Whether there is something to log in with."""
        return bool(self.token or (self.username and self.password))


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are, and the values a person set."""

    home: Path
    mappings: Path
    rules: Path
    warehouse_url: str | None = field(default=None, repr=False)
    prefect_database_url: str | None = field(default=None, repr=False)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def get(self, name: str, default: str | None = None) -> str | None:
        """One `LAYIDU_<name>` setting, from the environment or layidu.toml."""
        return self.values.get(f"LAYIDU_{name}", default)

    def credentials(self, source: str, role: Role = "", default_url: str | None = None) -> Credentials:
        """`LAYIDU_<SOURCE>_URL`, `_TOKEN` or `_USERNAME` + `_PASSWORD`; with a role, the same after it."""
        name = source.upper().replace("-", "_")
        account = f"{name}_{role}" if role else name
        url = self.get(f"{account}_URL") or self.get(f"{name}_URL") or default_url
        if not url:
            raise ConfigurationError(
                where=f"source « {source} »",
                found="aucune adresse",
                expected=f"LAYIDU_{name}_URL dans l'environnement ou dans layidu.toml",
                todo=f"définir LAYIDU_{name}_URL (par exemple https://dhis2.exemple.org), puis relancer",
            )
        parts = urlsplit(url)
        if parts.username or parts.password:
            raise ConfigurationError(
                where=f"LAYIDU_{name}_URL",
                found="un nom ou un mot de passe dans l'adresse",
                expected="une adresse sans secret",
                todo=f"mettre le compte dans LAYIDU_{account}_USERNAME et LAYIDU_{account}_PASSWORD",
            )
        return Credentials(
            url=url.rstrip("/"),
            token=self.get(f"{account}_TOKEN"),
            username=self.get(f"{account}_USERNAME"),
            password=self.get(f"{account}_PASSWORD"),
        )


def default_home() -> Path:
    """The user's data folder; as root a system one, because another user must run PostgreSQL there."""
    if os.geteuid() == 0:
        return Path("/var/lib/layidu")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "layidu"


def shipped(name: str) -> Path:
    """A folder that came with the product (`mappings`, `quality/rules`)."""
    return Path(__file__).resolve().parent.parent / name


def read_settings(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Read the environment over `layidu.toml` (in the working folder) over the defaults."""
    environment = os.environ if environment is None else environment
    values = read_file((folder or Path.cwd()) / "layidu.toml")
    values |= {name: value for name, value in environment.items() if name.startswith("LAYIDU_") and value}
    mappings = Path(values.get("LAYIDU_MAPPINGS") or shipped("mappings")).expanduser().resolve()
    own_rules = mappings / "rules"
    return Settings(
        home=Path(values.get("LAYIDU_HOME") or default_home()).expanduser().resolve(),
        mappings=mappings,
        rules=own_rules if own_rules.is_dir() else shipped("quality/rules"),
        warehouse_url=values.get("LAYIDU_WAREHOUSE_URL"),
        prefect_database_url=values.get("LAYIDU_PREFECT_DATABASE_URL"),
        values=values,
    )


def read_file(path: Path) -> dict[str, str]:
    """Read `layidu.toml`: flat keys, LAYIDU_ or not; refused when it holds secrets that others can read."""
    if not path.is_file():
        return {}
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            where=str(path),
            found=str(error),
            expected='des lignes NOM = "valeur" (TOML, UTF-8)',
            todo="corriger la ligne nommée, puis relancer",
        ) from error
    values: dict[str, str] = {}
    for name, value in read.items():
        if isinstance(value, dict | list):
            raise ConfigurationError(
                where=f"{path}, {name}",
                found="une table ou une liste",
                expected='une ligne NOM = "valeur"',
                todo="écrire chaque réglage sur sa propre ligne",
            )
        key = name.upper()
        values[key if key.startswith("LAYIDU_") else f"LAYIDU_{key}"] = str(value)
    secret = [
        name for name in values if name.endswith(("_TOKEN", "_PASSWORD", "WAREHOUSE_URL", "DATABASE_URL"))
    ]
    if secret and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationError(
            where=str(path),
            found=f"un secret ({secret[0]}) dans un fichier que d'autres peuvent lire",
            expected="un fichier que seul son propriétaire peut lire (mode 0600)",
            todo=f"chmod 600 {path}",
        )
    return values
