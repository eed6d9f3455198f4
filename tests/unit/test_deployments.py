"""Does prefect.yaml say what was agreed: which flows, when, in which time zone?"""

from importlib import import_module

import pytest
from prefect import Flow
from ruamel.yaml import YAML

from flows.nightly import ending
from layidu.settings import shipped

DEPLOYMENTS = YAML(typ="safe").load(shipped("prefect.yaml"))["deployments"]
#: What runs by itself. A change here is a change of what a country's server is asked for every night.
AGREED = {
    "chaque-nuit": {
        "entrypoint": "flows.nightly.nightly",
        "schedules": [{"cron": "0 2 * * *", "timezone": "Africa/Bamako", "active": True}],
        "parameters": {},
        "concurrency_limit": 1,
        "pool": "layidu",
    },
    "chaque-semaine": {
        "entrypoint": "flows.reconcile.reconcile",
        "schedules": [{"cron": "0 4 * * 0", "timezone": "Africa/Bamako", "active": True}],
        "parameters": {},
        "concurrency_limit": 1,
        "pool": "layidu",
    },
    "reprise": {
        "entrypoint": "flows.backfill.backfill",
        "schedules": [],
        "parameters": {"first": "", "last": ""},
        "concurrency_limit": 1,
        "pool": "layidu",
    },
}


def test_the_schedules_are_the_agreed_ones() -> None:
    found = {
        deployment["name"]: {
            "entrypoint": deployment["entrypoint"],
            "schedules": deployment["schedules"],
            "parameters": deployment["parameters"],
            "concurrency_limit": deployment["concurrency_limit"],
            "pool": deployment["work_pool"]["name"],
        }
        for deployment in DEPLOYMENTS
    }
    assert found == AGREED


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_an_entrypoint_is_a_flow_that_accepts_its_parameters(deployment: dict[str, object]) -> None:
    module, _, name = str(deployment["entrypoint"]).rpartition(".")
    flow = getattr(import_module(module), name)
    assert isinstance(flow, Flow)
    assert set(deployment["parameters"] or {}) <= set(flow.parameters.properties)  # type: ignore[call-overload]
    assert set(flow.parameters.required) <= set(deployment["parameters"] or {})  # type: ignore[call-overload]


def test_nothing_is_fetched_before_a_run() -> None:
    assert YAML(typ="safe").load(shipped("prefect.yaml"))["pull"] == []


@pytest.mark.parametrize(
    ("exit_code", "kind", "name"),
    [
        (0, "COMPLETED", "Completed"),
        (1, "COMPLETED", "avec rejets"),
        (2, "FAILED", "Failed"),
        (3, "FAILED", "Failed"),
        (4, "FAILED", "en attente"),
        (75, "FAILED", "Failed"),
    ],
)
def test_the_state_of_a_run_says_what_the_exit_code_would(exit_code: int, kind: str, name: str) -> None:
    state = ending(exit_code, "ce que la nuit a fait")
    assert (state.type.value, state.name, state.message) == (kind, name, "ce que la nuit a fait")
