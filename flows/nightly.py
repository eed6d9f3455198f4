"""The night as a scheduled flow: the same steps, each a task, in the same order as the command line."""

from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.night import Outcome, Result
from flows.session import conduct
from flows.steps import night
from flows.words import outcome_lines
from layidu.errors import LayiduError
from layidu.report.console import Console
from layidu.settings import read_settings


def as_task(name: str, step: Callable[..., Result], /, *arguments: Any) -> Result:
    """Start a step as a task; retries are the client's and the next night's business, not the task's."""

    @task(name=name, cache_policy=NO_CACHE, persist_result=False)
    def started() -> Result:
        # The arguments do not go through Prefect: tables of a country are nothing to search or to keep.
        return step(*arguments)

    return started()


@flow(name="nightly", flow_run_name="nuit", persist_result=False, validate_parameters=False)
def nightly() -> State[Any]:
    """Pull, check, load, map, compute and publish; the state says what the exit code would."""
    try:
        outcome = conduct("nightly", lambda at: night(at, as_task), read_settings(), Console())
    except LayiduError as error:
        return ending(error.exit_code, str(error))
    return ending(outcome.exit_code, message(outcome))


def ending(exit_code: int, text: str) -> State[Any]:
    """0 and 1 completed (1 named), 4 failed and named, the rest failed."""
    if exit_code in (0, 1):
        return Completed(name="Completed" if exit_code == 0 else "avec rejets", message=text)
    return Failed(name="en attente" if exit_code == 4 else "Failed", message=text)


def message(outcome: Outcome) -> str:
    """What the command line would say of the night."""
    return "\n".join([*outcome_lines(outcome), *(str(error) for error in outcome.errors)])
