"""The weekly reconciliation as a scheduled flow: the same steps as `layidu reconcile`, each a task."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.night import Night, Outcome
from flows.nightly import as_task, ending, message
from flows.rereading import reconcile as compare
from flows.session import conduct
from layidu.errors import LayiduError
from layidu.report.console import Console
from layidu.settings import read_settings


@flow(name="reconcile", flow_run_name="réconciliation", persist_result=False, validate_parameters=False)
def reconcile() -> State[Any]:
    """Compare the whole copy with its sources and heal it; the state says what the exit code would."""

    def work(at: Night) -> Outcome:
        outcome = Outcome()
        compare(at, outcome, as_task)
        return outcome

    try:
        outcome = conduct("reconcile", work, read_settings(), Console())
    except LayiduError as error:
        return ending(error.exit_code, str(error))
    return ending(outcome.exit_code, f"écart total : {outcome.drift}\n{message(outcome)}")
