"""Who asks, and what may they do? Users, their secrets, and the rights read from objects' sharing."""

import base64
import binascii
import hmac
import json
import secrets
import string
import zlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from layidu.sandbox.answers import Answer, RefusedError, Request, as_json, empty, refused, web_message
from layidu.sandbox.country import Account
from layidu.sandbox.dialects import Change, Dialect
from layidu.sandbox.uids import uid

FILE = "accounts.json"
ROLES = ("admin", "pull", "push", "analytics")
META_READ, META_WRITE, DATA_READ, DATA_WRITE = range(4)


@dataclass(frozen=True, slots=True)
class User:
    """The one who asks, with the methods his token allows (None: all)."""

    id: str
    account: Account
    methods: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """The user name, as stored on values."""
        return self.account.username

    @property
    def superuser(self) -> bool:
        """Whether no check applies."""
        return "ALL" in self.account.authorities

    def has(self, authority: str) -> bool:
        """Whether the user holds an authority."""
        return self.superuser or authority in self.account.authorities

    def must_have(self, authority: str) -> None:
        """Refuse whoever lacks an authority."""
        if not self.has(authority):
            raise refused(403, f"Access is denied, requires one Authority from [{authority}]")

    def may(self, right: int, item: dict[str, Any]) -> bool:
        """Whether an object's sharing gives the user a right (position in the access string)."""
        if self.superuser:
            return True
        sharing = item.get("sharing") or {}
        own = sharing.get("users", {}).get(self.id, {}).get("access", "")
        return any(access[right : right + 1] in {"r", "w"} for access in (sharing.get("public") or "", own))


def user_id(username: str) -> str:
    """The uid of a user of the sandbox."""
    return uid("user", username)


def new_token() -> str:
    """A personal access token in DHIS2's form: a type, 32 characters and their checksum."""
    code = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32))
    return f"d2p_{code}{zlib.crc32(code.encode()):010d}"


def has_checksum(token: str) -> bool:
    """Whether a token is well formed."""
    code, checksum = token[4:36], token[36:]
    return token.startswith("d2p_") and f"{zlib.crc32(code.encode()):010d}" == checksum


def with_secrets(folder: Path, accounts: tuple[Account, ...]) -> dict[str, Account]:
    """The country's accounts by role, with passwords and tokens made once for this folder."""
    path = folder / FILE
    if path.exists():
        return read(folder)
    roles = dict(zip([*ROLES, *(a.username for a in accounts[len(ROLES) :])], accounts, strict=False))
    ready = {
        role: replace(account, password=f"{secrets.token_urlsafe(18)}aA1!", token=new_token())
        for role, account in roles.items()
    }
    text = json.dumps(
        {role: asdict(account) for role, account in ready.items()}, ensure_ascii=False, indent=1
    )
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text, encoding="utf-8")
    return ready


def read(folder: Path) -> dict[str, Account]:
    """The accounts of a sandbox's folder, by role."""
    content: dict[str, dict[str, Any]] = json.loads((folder / FILE).read_text(encoding="utf-8"))
    return {role: _account(fields) for role, fields in content.items()}


def _account(fields: dict[str, Any]) -> Account:
    lists = ("authorities", "org_units", "data_read", "data_write")
    return Account(
        fields["username"], fields["password"], fields["token"], *(tuple(fields[name]) for name in lists)
    )


class Door:
    """Tells users apart by Basic or ApiToken, and answers those it does not know as DHIS2 does."""

    def __init__(self, accounts: dict[str, Account], dialect: Dialect) -> None:
        self._login = "/login/" if Change.V243_LOGIN_PAGE in dialect else "/dhis-web-login/"
        if Change.V242_LOGIN_SLASH not in dialect:
            self._login = self._login.rstrip("/")
        users = [User(user_id(account.username), account) for account in accounts.values()]
        self.by_name = {user.name: user for user in users}
        self._by_token = {user.account.token: user for user in users}

    def add_token(self, user: User, methods: tuple[str, ...] | None) -> str:
        """A further token for a user, perhaps for some methods only."""
        token = new_token()
        self._by_token[token] = replace(user, methods=methods)
        return token

    def move(self, name: str, org_units: tuple[str, ...]) -> None:
        """Give a user other org units, whichever way he comes in."""
        for known in (self.by_name, self._by_token):
            for key, user in known.items():
                if user.name == name:
                    known[key] = replace(user, account=replace(user.account, org_units=org_units))

    def who(self, request: Request) -> User:
        """The user of a request.

        Raises:
            RefusedError: nobody, a wrong password, a wrong token or a method the token does not allow.
        """
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            return self._by_password(credentials.strip())
        if scheme.lower() == "apitoken":
            return self._by_api_token(credentials.strip(), request.method)
        raise RefusedError(empty(302, Location=f"{request.base_url}{self._login}"))

    def _by_password(self, credentials: str) -> User:
        try:
            name, _, password = base64.b64decode(credentials).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name, password = "", ""
        user = self.by_name.get(name)
        if user is None or not hmac.compare_digest(user.account.password.encode(), password.encode()):
            message = web_message(401, "ERROR", "Unauthorized")
            raise RefusedError(as_json(message, 401, cache=None, chunked=False))
        return user

    def _by_api_token(self, token: str, method: str) -> User:
        if not has_checksum(token):
            raise RefusedError(_token_refused(400, "Checksum validation failed"))
        user = self._by_token.get(token)
        if user is None:
            raise RefusedError(_token_refused(401, "The API token does not exist"))
        if user.methods is not None and method not in user.methods:
            message = "Failed to authenticate API token, request http method is not allowed."
            raise RefusedError(_token_refused(401, message))
        return user


def _token_refused(status: int, message: str) -> Answer:
    return as_json(web_message(status, "ERROR", message), status, headers={"WWW-Authenticate": "ApiToken"})
