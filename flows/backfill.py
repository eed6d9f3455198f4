"""A window pulled again as a flow that a person starts with its parameters; it has no schedule."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.night import Night, Outcome
from flows.nightly import as_task, ending, message
from flows.rereading import backfill as pull_again
from flows.rereading import span
from flows.session import conduct
from layidu.errors import LayiduError
from layidu.report.console import Console
from layidu.settings import read_settings


@flow(name="backfill", flow_run_name="reprise", persist_result=False)
def backfill(first: str, last: str, data_sets: list[str] | None = None) -> State[Any]:
    """Pull from one period to another again, of some data sets or all; the state says what the exit code would."""

    def work(at: Night) -> Outcome:
        outcome = Outcome()
        pull_again(at, outcome, *span(first, last), data_sets or [], as_task)
        return outcome

    try:
        outcome = conduct("backfill", work, read_settings(), Console())
    except LayiduError as error:
        return ending(error.exit_code, str(error))
    return ending(outcome.exit_code, message(outcome))
