"""Rights and settings of a target: each one taken away or added in turn, and what `layidu check --server` says."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.checking_accounts import check_accounts
from layidu.dhis2.client import Client, connect
from layidu.dhis2.elements import data_set_uid
from layidu.dhis2.provision import apply_target, read_defaults
from layidu.dhis2.target import TargetObjects, target_objects
from layidu.mapping.contracts import Indicator, Mappings, Source, SourceDataSet
from layidu.mapping.problems import Problem
from layidu.mapping.publishing import Publication
from layidu.sandbox import accounts, countries
from layidu.sandbox.server import serve_in_thread
from layidu.settings import Credentials, Settings, shipped

ROLES = {"": "pull", "PUSH": "push", "ANALYTICS": "analytics", "ADMIN": "admin"}
COUNT = Indicator(
    name="Cas confirmés",
    short_name="Cas confirmés",
    definition="Un compte.",
    numerator="#{malaria_rdt_positive}",
    unit="cas",
    theme="paludisme",
    owner="PNLP",
    source="OMS",
)
PUBLICATION = Publication(
    target="cible",
    name="Paludisme (layidu)",
    short_name="Paludisme",
    code="LYD_PALU",
    indicators=["PAL-CONF"],
)
OURS = data_set_uid(PUBLICATION)
READ, WRITE = "r-r-----", "r-rw----"
HAMLET = countries.load("hamlet")
SOURCE_SET = next(one["id"] for one in HAMLET.metadata["dataSets"])
SOURCE_NAME = next(one["name"] for one in HAMLET.metadata["dataSets"])
LEAF = next(
    one["id"]
    for one in HAMLET.metadata["organisationUnits"]
    if all(
        (other.get("parent") or {}).get("id") != one["id"] for other in HAMLET.metadata["organisationUnits"]
    )
)


class Server:
    """A target whose accounts can be changed, and what is said of it."""

    def __init__(self, url: str, folder: Path, *, applied: bool = True) -> None:
        self.url = url
        self.tokens = {role: accounts.read(folder)[name].token for role, name in ROLES.items()}
        values = {"LAYIDU_CIBLE_URL": url}
        for role, token in self.tokens.items():
            values["_".join(["LAYIDU_CIBLE", *([role] if role else []), "TOKEN"])] = token
        self.values = values
        self.mappings = Mappings(
            folder=shipped("mappings"),
            digest="",
            sources={"cible": Source(data_sets=[SourceDataSet(uid=SOURCE_SET)])},
            publications={"PALU": PUBLICATION},
            indicators={"PAL-CONF": COUNT},
        )
        self.admin = self.client("ADMIN")
        if applied:
            apply_target(self.admin, self.objects())

    def client(self, role: str) -> Client:
        """A client of one role."""
        return connect(Credentials(self.url, token=self.tokens[role]))

    def user(self, role: str) -> str:
        """The uid of a role's user."""
        return str(self.client(role).read_json("me", {"fields": "id"})["id"])

    def objects(self) -> TargetObjects:
        """What holds the publication's data."""
        units = self.admin.read_json(
            "organisationUnits", {"filter": "level:eq:3", "fields": "id", "paging": "false"}
        )
        return target_objects(
            "PALU",
            PUBLICATION,
            {"PAL-CONF": COUNT},
            org_unit_uids=[one["id"] for one in units["organisationUnits"]],
            defaults=read_defaults(self.admin),
            push_user=self.user("PUSH"),
            data_readers=[self.user("ANALYTICS")],
        )

    def share(self, data_set: str, access: dict[str, str]) -> None:
        """Give exactly this to these roles on a data set."""
        people = [{"id": self.user(role), "access": text} for role, text in access.items()]
        self.admin.send_json(
            "sharing",
            {"object": {"publicAccess": "r-------", "userAccesses": people}},
            {"type": "dataSet", "id": data_set},
        )

    def findings(self, **values: str | None) -> dict[str, Problem]:
        """What is said, by code; zeros and a first build are as a fresh server leaves them, and asked elsewhere."""
        told = {name: text for name, text in {**self.values, **values}.items() if text is not None}
        settings = Settings(Path("/nowhere"), shipped("mappings"), shipped("quality/rules"), values=told)
        problems, failures = check_accounts(settings, self.mappings, "cible")
        assert failures == []
        assert len({one.code for one in problems}) == len(problems), problems
        return {
            one.code: one for one in problems if one.code not in {"zeros-left-out", "analytics-never-run"}
        }


def served(tmp_path: Path, changed: dict[str, dict[str, Any]], dialect: str = "2.42") -> Any:
    people = tuple(replace(one, **changed.get(one.username, {})) for one in HAMLET.accounts)
    return serve_in_thread(replace(HAMLET, accounts=people), tmp_path / "sandbox", dialect=dialect)


@pytest.fixture
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    with served(tmp_path, getattr(request, "param", {})) as url:
        yield Server(url, tmp_path / "sandbox")


def test_accounts_as_the_handbook_says_are_not_spoken_of(server: Server) -> None:
    assert server.findings() == {}


@pytest.mark.parametrize(
    ("server", "code", "path", "found"),
    [
        ({"push": {"authorities": ()}}, "account-lacks-authority", "compte d'envoi « push »",
         "il n'a pas l'autorisation F_DATAVALUE_ADD"),
        ({"analytics": {"authorities": ()}}, "account-lacks-authority", "compte d'analyse « analytics »",
         "il n'a pas l'autorisation F_PERFORM_MAINTENANCE"),
        ({"push": {"authorities": ("ALL",)}}, "account-is-superuser", "compte d'envoi « push »",
         "l'autorisation ALL : il peut tout changer, et aucun partage ne le retient"),
        ({"pull": {"authorities": ("ALL",)}}, "account-is-superuser", "compte de lecture « pull »",
         "l'autorisation ALL : il peut tout changer, et aucun partage ne le retient"),
        ({"pull": {"authorities": ("F_DATAVALUE_ADD", "M_dhis-web-dashboard")}}, "account-may-too-much",
         "compte de lecture « pull »", "des autorisations dont il n'a pas besoin : F_DATAVALUE_ADD"),
        ({"push": {"org_units": (LEAF,)}}, "units-outside-tree", "compte d'envoi « push »", None),
        ({"analytics": {"org_units": (LEAF,)}}, "units-outside-tree", "compte d'analyse « analytics »", None),
    ],
    indirect=["server"],
)  # fmt: skip
def test_a_right_that_lacks_or_is_too_much_is_named(
    server: Server, code: str, path: str, found: str | None
) -> None:
    [(told, one)] = server.findings().items()
    assert (told, one.path) == (code, f"cible, {path}")
    if found is not None:
        assert one.found == found
    else:
        assert "unité(s) de publication hors de son arbre" in one.found
    assert one.severity == ("warning" if "super" in code or "too-much" in code else "error")
    assert one.todo


def test_data_sharing_that_lacks_names_the_data_set(server: Server) -> None:
    server.share(OURS, {"PUSH": READ, "ANALYTICS": READ})
    assert {code: one.found for code, one in server.findings().items()} == {
        "account-cannot-write-data": f"il n'a pas le droit d'écrire les données de « Paludisme (layidu) » ({OURS})"
    }
    server.share(OURS, {"PUSH": WRITE})
    [one] = server.findings().values()
    assert one.path == "cible, compte d'analyse « analytics »"
    assert one.found == f"il n'a pas le droit de lire les données de « Paludisme (layidu) » ({OURS})"
    server.share(OURS, {"PUSH": WRITE, "ANALYTICS": READ})
    server.share(SOURCE_SET, {})
    [one] = server.findings().values()
    assert one.path == "cible, compte de lecture « pull »"
    assert one.found == f"il n'a pas le droit de lire les données de « {SOURCE_NAME} » ({SOURCE_SET})"


def test_an_account_that_can_write_elsewhere_is_named(server: Server) -> None:
    server.share(SOURCE_SET, {"": READ, "PUSH": WRITE})
    [one] = server.findings().values()
    assert (one.code, one.severity) == ("account-writes-elsewhere", "warning")
    assert one.found == f"il peut écrire les données de 1 jeu(x) qui ne sont pas les siens : {SOURCE_NAME}"


def test_before_apply_the_command_to_run_is_named(tmp_path: Path) -> None:
    with served(tmp_path, {}) as url:
        [one] = Server(url, tmp_path / "sandbox", applied=False).findings().values()
    assert one.code == "data-set-not-there"
    assert "layidu metadata apply" in one.todo


def test_a_role_without_an_account_is_told(server: Server) -> None:
    [one] = server.findings(LAYIDU_CIBLE_ANALYTICS_TOKEN=None).values()
    assert one.path == "cible, compte d'analyse"
    assert "LAYIDU_CIBLE_ANALYTICS_TOKEN" in one.todo


@pytest.mark.parametrize("dialect", ["2.40", "2.41", "2.42", "2.43"])
def test_settings_that_hide_results_are_named(tmp_path: Path, dialect: str) -> None:
    with served(tmp_path, {}, dialect) as url:
        server = Server(url, tmp_path / "sandbox")
        settings = Settings(
            Path("/nowhere"), shipped("mappings"), shipped("quality/rules"), values=server.values
        )

        def told() -> dict[str, str]:
            problems, _ = check_accounts(settings, server.mappings, "cible")
            return {one.code: one.found for one in problems}

        old = dialect in {"2.40", "2.41"}
        assert set(told()) == ({"zeros-left-out"} if old else {"zeros-left-out", "analytics-never-run"})
        server.admin.send_empty("systemSettings/keyIncludeZeroValuesInAnalytics", {"value": "true"})
        server.client("ANALYTICS").send_empty("resourceTables/analytics")
        assert set(told()) <= ({"zeros-left-out"} if old else {"analytics-never-run"})
        if dialect == "2.43":
            types = [{"name": "Monthly"}, {"name": "Yearly"}]
            server.admin.send("POST", "configuration/dataOutputPeriodTypes", {}, payload=types)  # type: ignore[arg-type]
            found = told()["period-types-not-shown"]
            assert found.startswith("dataOutputPeriodTypes n'a pas BiMonthly, Quarterly, SixMonthly :")
