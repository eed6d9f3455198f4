"""Who may do what in the warehouse, on our server and on somebody else's; and how its tables come to be."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from layidu.errors import ConfigurationError, FailedSafeError
from tests.servers import EmbeddedServer, ExternalServer, missing, settings_of
from warehouse import external, migrate
from warehouse.connect import Warehouse, of_server, open_warehouse, prefect_url
from warehouse.roles import Role, create_database

VIEW = "CREATE VIEW mart.canari AS SELECT run_id FROM run.run"

DENIED: list[tuple[Role, str]] = [
    ("loader", "CREATE TABLE source.mine (x int)"),
    ("loader", "CREATE TABLE public.mine (x int)"),
    ("loader", "DROP TABLE run.run"),
    ("loader", "DELETE FROM run.run"),
    ("loader", "TRUNCATE run.run CASCADE"),
    ("loader", "COPY run.run TO PROGRAM 'cat'"),
    ("loader", "SELECT pg_read_file('PG_VERSION')"),
    ("loader", "SET ROLE layidu_owner"),
    ("reader", "SELECT * FROM run.run"),
    ("reader", "SELECT * FROM run.lock"),
    ("reader", "CREATE TEMPORARY TABLE mine (x int)"),
    ("reader", "SET ROLE layidu_loader"),
    ("owner", "COPY run.run TO PROGRAM 'cat'"),
]


def allowed(warehouse: Warehouse, denied: list[tuple[Role, str]]) -> list[tuple[Role, str]]:
    """Those statements that should be refused and are not."""
    passed = []
    for role, statement in denied:
        with warehouse.connect(role) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.commit()
            try:
                connection.execute(statement)
            except psycopg.errors.InsufficientPrivilege:
                connection.rollback()
            else:
                passed.append((role, statement))
    return passed


def test_each_role_is_kept_to_its_rights(any_warehouse: Warehouse) -> None:
    """On somebody else's server the account may change roles, by design, and PUBLIC is left as it is."""
    theirs = [case for case in DENIED if not case[1].startswith(("SET ROLE", "CREATE TEMPORARY"))]
    denied = DENIED if any_warehouse.embedded else theirs
    assert len(denied) >= 10
    assert allowed(any_warehouse, denied) == []
    assert allowed(any_warehouse, [("loader", "SELECT 1")]) == [("loader", "SELECT 1")]


def test_reader_sees_new_views_of_the_mart(any_warehouse: Warehouse) -> None:
    with any_warehouse.connect("owner") as connection:
        connection.execute(VIEW)
    with any_warehouse.connect("loader") as connection:
        connection.execute("CREATE TEMPORARY TABLE staging (x int)")
        connection.execute("INSERT INTO run.run (kind, code_version, mappings_digest) VALUES ('a', 'b', 'c')")
    with any_warehouse.connect("reader") as connection:
        assert connection.execute("SELECT count(*) FROM canari").fetchone() == (1,)
        zone, statement = (
            connection.execute(f"SHOW {name}").fetchone() for name in ("timezone", "statement_timeout")
        )
        assert (zone, statement) == (("UTC",), ("10min",))
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE VIEW mart.other AS SELECT 1 AS one")


def test_psql_reads_with_the_printed_address_and_nothing_else(any_warehouse: Warehouse) -> None:
    if shutil.which("psql") is None:
        missing("no psql of the distribution")
    with any_warehouse.connect("owner") as connection:
        connection.execute(VIEW)
    address = any_warehouse.reading_url()
    assert "password" not in address
    done = subprocess.run(  # noqa: S603  our own words
        ["psql", address, "-XAt", "-c", "SELECT current_user, count(*) FROM canari"],  # noqa: S607
        env={"PATH": "/usr/bin:/bin", "PGPASSFILE": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("layidu_reader|0\n", "")


def test_sqlalchemy_engine_has_the_role(any_warehouse: Warehouse) -> None:
    engine = any_warehouse.engine("loader")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT current_user").scalar() == "layidu_loader"
    engine.dispose()


@pytest.mark.parametrize("kind", ["distribution_server", "wheel_server"])
def test_an_account_without_rights_runs_everything_itself(kind: str, request: pytest.FixtureRequest) -> None:
    server: ExternalServer = request.getfixturevalue(kind)
    with server.administer() as connection:
        connection.execute("DROP DATABASE IF EXISTS poor WITH (FORCE)")
        connection.execute("DROP ROLE IF EXISTS poor")
        connection.execute("CREATE ROLE poor LOGIN PASSWORD 'poor'")
        connection.execute("CREATE DATABASE poor OWNER poor")
    url = f"postgresql+psycopg://poor:poor@/poor?host={server.sockets}"
    warehouse = open_warehouse(settings_of(server.folder, url))
    assert not warehouse.has_roles
    assert migrate.migrate(warehouse) == migrate.revision(warehouse)
    for role in ("owner", "loader", "reader"):
        with warehouse.connect(role) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("poor",)
    with pytest.raises(ConfigurationError, match="ce compte ne peut en créer"):
        prefect_url(settings_of(server.folder, url))


def test_roles_are_created_on_a_newer_server_too(wheel_server: ExternalServer) -> None:
    """From PostgreSQL 16 on, creating a role no longer means being a member of it."""
    warehouse = wheel_server.fresh()
    try:
        assert warehouse.has_roles
        with warehouse.connect("loader") as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("layidu_loader",)
    finally:
        wheel_server.drop(warehouse)


def test_scheduler_database_on_somebody_elses_server(distribution_server: ExternalServer) -> None:
    settings = settings_of(distribution_server.folder, distribution_server.url("postgres"))
    first, second = prefect_url(settings), prefect_url(settings)
    assert first == second
    assert first.startswith("postgresql+asyncpg://country:")
    with psycopg.connect(first.replace("+asyncpg", "")) as connection:
        assert connection.info.dbname == "layidu_prefect"


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("mysql://a:hunter2@h/d", "commence par « mysql »"),
        ("hunter2", "une adresse sans « :// »"),
        ("postgresql://a:hunter2@h:port/d", "un port qui n'est pas un nombre"),
        ("postgresql://a:hunter2@h/", "sans nom d'utilisateur ou sans nom de base"),
        ("postgresql://a:hunter2@h/d?what=1", "ne comprend pas"),
    ],
)
def test_bad_addresses_are_refused(address: str, found: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=found) as refused:
        open_warehouse(settings_of(tmp_path, address))
    assert "hunter2" not in str(refused.value)


def test_wrong_login_old_server_and_silence_are_told_apart(
    distribution_server: ExternalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = distribution_server.url("postgres")
    wrong = f"postgresql+psycopg://country:hunter2@/postgres?host={distribution_server.sockets}"
    with pytest.raises(ConfigurationError, match="authentication failed") as refused:
        open_warehouse(settings_of(tmp_path, wrong))
    assert "hunter2" not in str(refused.value)
    with pytest.raises(ConfigurationError, match="does not exist"):
        open_warehouse(settings_of(tmp_path, distribution_server.url("nowhere")))
    with pytest.raises(FailedSafeError, match="rien n'est perdu") as away:
        open_warehouse(settings_of(tmp_path, "postgresql://a:hunter2@127.0.0.1:1/d"))
    assert "hunter2" not in str(away.value)
    monkeypatch.setattr(external, "OLDEST", 16)
    with pytest.raises(ConfigurationError, match="PostgreSQL 16 ou plus récent"):
        open_warehouse(settings_of(tmp_path, right))


def test_migrating_twice_and_a_newer_database(any_warehouse: Warehouse) -> None:
    head = migrate.revision(any_warehouse)
    assert migrate.migrate(any_warehouse) == head
    with any_warehouse.connect("owner") as connection:
        connection.execute("UPDATE run.schema_version SET version_num = '9999'")
    with pytest.raises(
        ConfigurationError, match="révision « 9999 », que cette version de layidu ne connaît pas"
    ):
        migrate.migrate(any_warehouse)


MIGRATION = """
from alembic import op
revision, down_revision = "{revision}", "{before}"
def upgrade():
    op.execute("{statement}")
"""


def with_migrations(folder: Path, *statements: str) -> Path:
    """The shipped migrations and some more after them."""
    copy = folder / "100 % migrations"
    shutil.copytree(migrate.MIGRATIONS, copy)
    before = max(path.name[:4] for path in (copy / "versions").glob("0*.py"))
    for number, statement in enumerate(statements, 9000):
        text = MIGRATION.format(revision=number, before=before, statement=statement)
        (copy / "versions" / f"{number}_test.py").write_text(text, encoding="utf-8")
        before = str(number)
    return copy


def test_migration_names_who_blocks_it(
    any_warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        migrate, "MIGRATIONS", with_migrations(tmp_path, "ALTER TABLE run.run ADD COLUMN more int")
    )
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(migrate, "ATTEMPTS", 1)
    head = migrate.revision(any_warehouse)
    with any_warehouse.connect("loader") as reader:
        reader.execute("SELECT FROM run.run")
        with pytest.raises(FailedSafeError) as refused:
            migrate.migrate(any_warehouse)
        assert f"processus {reader.info.backend_pid} (" in refused.value.found
        assert migrate.revision(any_warehouse) == head
    assert migrate.migrate(any_warehouse) == "9000"


def test_each_migration_is_a_transaction(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = "CREATE TABLE plan.good (x int)", "CREATE TABLE plan.bad (x int); SELECT 1/0"
    monkeypatch.setattr(migrate, "MIGRATIONS", with_migrations(tmp_path, good, bad))
    with pytest.raises(sqlalchemy.exc.DataError):
        migrate.migrate(warehouse)
    assert migrate.revision(warehouse) == "9000"
    with warehouse.connect("owner") as connection:
        tables = connection.execute(
            "SELECT to_regclass('plan.good')::text, to_regclass('plan.bad')::text"
        ).fetchone()
    assert tables == ("plan.good", None)


def test_eight_migrations_at_once(embedded_server: EmbeddedServer) -> None:
    with embedded_server.administer() as connection:
        create_database(connection, "empty", owner="layidu_owner")
    warehouse = of_server(embedded_server.home, embedded_server.server, "empty")
    with ThreadPoolExecutor(8) as threads:
        heads = set(threads.map(lambda _: migrate.migrate(warehouse), range(8)))
    assert heads == {migrate.revision(warehouse)}
    embedded_server.drop(warehouse)
