"""Which DHIS2 a name of `sources.yaml` stands for, and as whom we log in; a sandbox is started when needed."""

import json
from pathlib import Path

from layidu.dhis2.client import Client, connect
from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Source
from layidu.sandbox import process as sandbox_process
from layidu.settings import Credentials, Role, Settings

SANDBOX = "sandbox:"
#: Role of the settings -> account of a sandbox.
SANDBOX_ACCOUNTS: dict[Role, str] = {"": "pull", "ADMIN": "admin", "PUSH": "push", "ANALYTICS": "analytics"}


def sandbox_folder(settings: Settings, country: str) -> Path:
    """Where a sandbox country keeps its store."""
    return settings.home / "sandbox" / country


def is_sandbox(settings: Settings, name: str, source: Source) -> str | None:
    """The country of a sandbox source, or nothing for a real server."""
    url = settings.get(f"{name.upper().replace('-', '_')}_URL") or source.url or ""
    return url.removeprefix(SANDBOX) if url.startswith(SANDBOX) else None


def credentials(settings: Settings, name: str, source: Source, role: Role = "") -> Credentials:
    """The address and account of a source in a role; without an account of its own, push uses the base one."""
    country = is_sandbox(settings, name, source)
    if country is not None:
        return sandbox_credentials(settings, country, role)
    found = settings.credentials(name, role, default_url=source.url)
    if not found.complete and role == "PUSH":
        found = settings.credentials(name, "", default_url=source.url)
    if not found.complete:
        variable = f"LAYIDU_{name.upper().replace('-', '_')}" + (f"_{role}" if role else "")
        raise ConfigurationError(
            where=f"source « {name} »" + (f", compte {role}" if role else ""),
            found="aucun compte",
            expected=f"{variable}_TOKEN, ou {variable}_USERNAME et {variable}_PASSWORD",
            todo="définir ces variables dans l'environnement ou dans un layidu.toml de mode 0600, puis relancer",
        )
    return found


def has_account(settings: Settings, name: str, source: Source, role: Role) -> bool:
    """Whether a role has an account of its own; a sandbox has one for each."""
    if is_sandbox(settings, name, source) is not None:
        return True
    return settings.credentials(name, role, default_url=source.url).complete


def sandbox_credentials(settings: Settings, country: str, role: Role) -> Credentials:
    """Start the sandbox if it is not running, and read the account it gave itself."""
    folder = sandbox_folder(settings, country)
    running = sandbox_process.start(folder, country)
    account = json.loads((folder / "accounts.json").read_text(encoding="utf-8"))[SANDBOX_ACCOUNTS[role]]
    return Credentials(url=running.url, token=account["token"])


def client_for(settings: Settings, name: str, source: Source, role: Role = "") -> Client:
    """A client logged in as the account of this role."""
    allow_http = (settings.get("ALLOW_HTTP") or "").lower() in ("1", "true", "oui")
    return connect(credentials(settings, name, source, role), allow_http=allow_http)
