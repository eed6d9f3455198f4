"""How is a PostgreSQL server of somebody else's used as the warehouse (LAYIDU_WAREHOUSE_URL)?

One account logs in and takes on our roles with SET ROLE. It may create them when it owns the database and
has CREATEROLE; or an administrator creates `layidu_owner`, `layidu_loader`, `layidu_reader` beforehand and
grants them to it; otherwise everything runs as that one account.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import conninfo, sql

from layidu.errors import ConfigurationError, FailedSafeError, LayiduError
from warehouse.passwords import write_private
from warehouse.place import make_folder
from warehouse.roles import ROLE_NAMES, Role, let_roles_in, take_roles

OLDEST = 15
SETTING = "LAYIDU_WAREHOUSE_URL"
PREFECT_DATABASE = "layidu_prefect"
# Any number; it keeps two first contacts from creating the same roles at the same time.
FIRST_CONTACT = 4_707_101


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody else's server is, and how to log in there."""

    place: str
    parameters: dict[str, str] = field(repr=False)
    has_roles: bool
    passfile: Path

    def role(self, role: Role) -> str | None:
        """The role to take on after logging in; None when there is only the account itself."""
        return ROLE_NAMES[role] if self.has_roles else None

    def reading_parameters(self) -> dict[str, str]:
        """What `psql` needs to read; the password stays in a private file."""
        wanted = {name: value for name, value in self.parameters.items() if name != "password"}
        options = (
            f"{wanted.get('options', '')} -c default_transaction_read_only=on -c search_path=mart".strip()
        )
        if self.has_roles:
            options = f"{options} -c role={ROLE_NAMES['reader']}"
        if "password" in self.parameters:
            password = self.parameters["password"].replace("\\", "\\\\").replace(":", "\\:")
            make_folder(self.passfile.parent, 0o700)
            write_private(self.passfile, f"*:*:*:*:{password}\n")
            wanted["passfile"] = str(self.passfile)
        return wanted | {"options": options}


def open_external(url: str, home: Path) -> Address:
    """Log in once: the server's version, and the roles."""
    parameters = read_address(url)
    place = describe(parameters)
    with log_in(parameters, place) as connection:
        version = connection.info.server_version // 10_000
        if version < OLDEST:
            raise ConfigurationError(
                where=place,
                found=f"PostgreSQL {version}",
                expected=f"PostgreSQL {OLDEST} ou plus récent",
                todo=f"mettre le serveur à jour, ou désigner un autre serveur par {SETTING}",
            )
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [FIRST_CONTACT])
        has_roles = take_roles(connection)
        if has_roles:
            let_roles_in(connection)
    digest = hashlib.sha256(place.encode()).hexdigest()[:8]
    return Address(place, parameters, has_roles, home / "postgresql" / f"pgpass-{digest}")


def read_address(url: str) -> dict[str, str]:
    """The libpq parameters of an address written as SQLAlchemy or libpq writes it."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise bad_address("une adresse sans « :// »")
    if scheme not in ("postgresql", "postgresql+psycopg", "postgres"):
        raise bad_address(f"une adresse qui commence par « {scheme[:30]} »")
    try:
        parameters = {
            name: str(value) for name, value in conninfo.conninfo_to_dict(f"postgresql://{rest}").items()
        }
    except psycopg.ProgrammingError:
        # Its message repeats the address, so the cause is left out on purpose.
        raise bad_address("une adresse que PostgreSQL ne comprend pas") from None
    if not all(port.isdigit() for port in parameters.get("port", "5432").split(",")):
        raise bad_address("un port qui n'est pas un nombre")
    if "dbname" not in parameters or "user" not in parameters:
        raise bad_address("une adresse sans nom d'utilisateur ou sans nom de base")
    return parameters


def bad_address(found: str) -> ConfigurationError:
    """The error of an address that cannot be read; the address itself may hold a password."""
    return ConfigurationError(
        where=SETTING,
        found=found,
        expected="postgresql+psycopg://UTILISATEUR:MOT_DE_PASSE@SERVEUR:5432/BASE",
        todo=f"corriger {SETTING} ; les signes spéciaux du mot de passe s'écrivent en %XX",
    )


def describe(parameters: dict[str, str]) -> str:
    """The server in words, without its password."""
    host, port = parameters.get("host", "localhost"), parameters.get("port", "5432")
    return (
        f"{SETTING} (base « {parameters['dbname']} » de {host}:{port}, utilisateur « {parameters['user']} »)"
    )


def log_in(parameters: dict[str, str], place: str) -> psycopg.Connection:
    """Connect as the account itself; a refusal is told apart from a server that is away."""
    try:
        address = {"connect_timeout": "10", "application_name": "layidu"} | parameters
        return psycopg.connect(conninfo.make_conninfo(**address))
    except psycopg.OperationalError as error:
        raise login_error(place, " ".join(str(error).split())) from error


def login_error(place: str, said: str) -> LayiduError:
    """Before a session exists libpq gives no error code, only words: the server's are matched."""
    refusals = (
        "authentication",
        "no password supplied",
        "does not exist",
        "no pg_hba.conf entry",
        "permission denied",
    )
    if any(words in said for words in refusals):
        return ConfigurationError(
            where=place,
            found=said,
            expected="un utilisateur, un mot de passe et une base que ce serveur accepte",
            todo=f"corriger {SETTING}, ou demander l'accès à l'administrateur du serveur",
        )
    return FailedSafeError(
        where=place,
        found=said,
        expected="un serveur PostgreSQL qui répond",
        todo="vérifier que le serveur est en marche et joignable, puis relancer ; rien n'est perdu",
    )


def prefect_address(url: str) -> str:
    """The scheduler's database beside the warehouse: created when our account may."""
    parameters = read_address(url)
    place = describe(parameters)
    with log_in(parameters, place) as connection:
        connection.autocommit = True
        name = [PREFECT_DATABASE]
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", name).rowcount:
            create_prefect_database(connection, place)
    parts = urlsplit(f"postgresql://{url.partition('://')[2]}")
    login = f"{quote(parameters['user'], safe='')}:{quote(parameters.get('password', ''), safe='')}"
    server = parts.netloc.rpartition("@")[2]
    query = f"?{parts.query}" if parts.query else ""
    return f"postgresql+asyncpg://{login}@{server}/{PREFECT_DATABASE}{query}"


def create_prefect_database(connection: psycopg.Connection, place: str) -> None:
    """Create the scheduler's database, or say who must."""
    try:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(PREFECT_DATABASE)))
    except psycopg.errors.DuplicateDatabase:
        return
    except psycopg.errors.InsufficientPrivilege as error:
        raise ConfigurationError(
            where=place,
            found=f"pas de base « {PREFECT_DATABASE} », et ce compte ne peut en créer",
            expected="une base de données à part pour le planificateur",
            todo=f"faire créer la base « {PREFECT_DATABASE} » pour ce compte, "
            "ou donner une autre adresse par LAYIDU_PREFECT_DATABASE_URL",
        ) from error
