"""The last step of a night: desired cells against ledger and server, sent, proved, shown."""

import getpass
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from flows.access import client_for
from flows.computing import last_ended_month
from flows.copying import is_own_sandbox
from flows.night import EVERYTHING, AtHand, Night, Published
from layidu.dhis2 import analytics, provision, push, read_back, target
from layidu.dhis2.client import Client
from layidu.dhis2.delivery import deliver
from layidu.dhis2.permitted import needs_form, permit
from layidu.dhis2.server import read_server
from layidu.dhis2.target_form import read_approvals, read_form
from layidu.mapping.contracts import Publication
from layidu.model.periods import month_number
from warehouse import holds, load_ledger, read_sums

FIRST_PUSH = "first-push"
PAUSE_S = 10  # after a lost answer, before reading back
ACTIONS = ("write", "rewrite", "withdraw", "leave", "foreign", "blocked")


@dataclass(frozen=True, slots=True)
class Prepared:
    """One publication, compared with its ledger and its server, nothing sent yet."""

    code: str
    publication: Publication
    client: Client
    elements: pd.DataFrame
    ledger: pd.DataFrame
    planned: pd.DataFrame  # frames.PUSH_PLAN
    read: Callable[[], pd.DataFrame]  # the server's cells, now


def prepare(night: Night, source: AtHand, code: str, publication: Publication, through: date) -> Prepared:
    """Desired cells minus the ledger minus what the server holds."""
    declared = night.mappings.sources[publication.target]
    client = client_for(night.settings, publication.target, declared, "PUSH")
    elements = target.elements_of(code, publication, night.mappings.indicators)
    results = read_sums.published_results(night.warehouse, source.name, sorted(set(elements["indicator"])))
    tree = read_sums.tree(night.warehouse, source.name)
    desired = push.desired_cells(
        results,
        tree,
        elements,
        level=publication.level,
        ended_through=str(month_number(through)),
        category_option_combo=provision.read_defaults(client).category_option_combo,
    )
    data_set = target.data_set_uid(publication)
    ledger, in_flight = load_ledger.read_ledger(night.warehouse, publication.target, data_set)
    roots = sorted(tree.loc[tree["parent"] == -1, "uid"])
    periods = sorted({*desired["period"], *ledger["period"], *in_flight["period"]})

    def read_now() -> pd.DataFrame:
        return read_back.read_cells(client, data_set, periods, roots)

    before = read_now()
    ledger = read_back.settle(ledger, in_flight, before)
    planned = permitted(client, data_set, push.plan(desired, ledger, before))
    return Prepared(code, publication, client, elements, ledger, planned, read_now)


def permitted(client: Client, data_set: str, planned: pd.DataFrame) -> pd.DataFrame:
    """The plan, its changes blocked that the server would refuse or store wrongly."""
    if not needs_form(planned):
        return planned
    form = read_form(client, data_set, read_server(client).server_date.date())
    pairs = push.changes(planned)[["period", "org_unit"]].drop_duplicates().itertuples(index=False, name=None)
    return permit(planned, form, read_approvals(client, form, pairs))


def publish(night: Night, source: AtHand, code: str, publication: Publication, through: date) -> Published:
    """Bring one DHIS2 data set to what was computed, and prove it by reading it back."""
    prepared = prepare(night, source, code, publication, through)
    done = Published(code)
    done.planned = len(push.changes(prepared.planned))
    done.foreign = int(prepared.planned["action"].eq("foreign").sum())
    done.blocked = int(prepared.planned["action"].eq("blocked").sum())
    if not held(night, prepared, done):
        send_and_prove(night, prepared, done)
    return done


def preview(night: Night, sources: Sequence[AtHand]) -> Iterator[str]:
    """The plan of every publication and its hash, nothing sent."""
    for source in sources:
        through = last_ended_month(source.metadata.server.server_date.date())
        for code, publication in night.mappings.publications.items():
            planned = prepare(night, source, code, publication, through).planned
            actions = planned["action"].value_counts().to_dict()
            counted = ", ".join(f"{action} {actions.get(action, 0)}" for action in ACTIONS)
            yield f"publication {code} : {counted} ; empreinte {push.plan_hash(planned)}"


def held(night: Night, prepared: Prepared, done: Published) -> bool:
    """The first push, and the first after a change of what is published, waits for a person."""
    if not done.planned:
        return False
    publication, planned = prepared.publication, prepared.planned
    subject = f"{publication.target}/{prepared.code}/{push.elements_hash(prepared.elements)}"
    if holds.accepted(night.warehouse, FIRST_PUSH, subject):
        return False
    digest = push.plan_hash(planned)
    holds.open_hold(
        night.warehouse,
        night.token,
        kind=FIRST_PUSH,
        subject=subject,
        summary=f"{done.planned} cellules à écrire dans « {publication.name} » ; empreinte du plan : {digest}",
        rows=done.planned,
    )
    for_sandbox = EVERYTHING in night.approve and is_own_sandbox(night, publication.target)
    if digest in night.approve or for_sandbox:
        accept(
            night,
            subject,
            "accepté par la démonstration, pour son bac à sable" if for_sandbox else f"--approve {digest}",
        )
        return False
    done.held = digest
    return True


def accept(night: Night, subject: str, reason: str) -> None:
    """Write down that the hold just opened is accepted, by whom and why."""
    for hold in holds.open_holds(night.warehouse):
        if (hold.kind, hold.subject) == (FIRST_PUSH, subject):
            holds.decide_hold(night.warehouse, hold.id, accept=True, reason=reason, who=getpass.getuser())


def send_and_prove(night: Night, prepared: Prepared, done: Published) -> None:
    """Send, read back, compare; the ledger knows what is in flight before anything leaves."""
    planned, name = prepared.planned, prepared.publication.target
    if done.planned:
        load_ledger.write_in_flight(night.warehouse, name, push.changes(planned), night.token)
    pause = 0 if is_own_sandbox(night, name) else PAUSE_S
    with night.console.waiting(f"envoi de {done.planned} cellules vers « {prepared.publication.name} »"):
        delivered = deliver(prepared.client, planned, prepared.read, pause_s=pause)
    states = delivered.proof["state"].value_counts()
    done.sent = delivered.sent
    done.confirmed = int(states.get("confirmed", 0))
    done.rejected = int(states.get("rejected", 0))
    done.unknown = int(states.get("unknown", 0))
    done.withdrawn = int(planned["action"].eq("withdraw").sum())
    done.moved = len(read_back.moved_outside(planned, delivered.after))
    load_ledger.write_proof(
        night.warehouse,
        name,
        delivered.proof,
        read_back.ledger_after(prepared.ledger, planned, delivered.proof),
        night.token,
    )


def show(night: Night, source: AtHand, published: Sequence[Published], through: date) -> None:
    """Have analytics built once, then compare every published figure at every level and period with ours."""
    target_name = night.mappings.publications[published[0].code].target
    declared = night.mappings.sources[target_name]
    client = client_for(night.settings, target_name, declared, "ANALYTICS")
    with night.console.waiting("construction des tables d'analyse de DHIS2"):
        analytics.run_and_wait(client, poll_s=0.5 if is_own_sandbox(night, target_name) else 5)
    zeros = analytics.zeros_included(client)
    tree = read_sums.tree(night.warehouse, source.name)
    for done in night.console.track(list(published), "relecture des tableaux de bord"):
        publication = night.mappings.publications[done.code]
        elements = target.elements_of(done.code, publication, night.mappings.indicators)
        results = read_sums.published_results(
            night.warehouse, source.name, sorted(set(elements["indicator"]))
        )
        expected = analytics.expected_figures(
            results, tree, elements, level=publication.level, ended_through=str(month_number(through))
        )
        shown = analytics.read_figures(
            client,
            sorted(set(expected["dx"])),
            sorted(set(expected["period"])),
            sorted(set(expected["org_unit"])),
        )
        proof = analytics.compare(expected, shown, zeros_included=zeros)
        done.compared = proof.compared
        done.different = len(proof.differences) + len(proof.missing)
        done.zeros_left_out = len(proof.zeros_left_out)
        if not proof.holds:
            first = pd.concat([proof.differences, proof.missing]).head(3).to_dict("records")
            done.message = f"analyse : {done.different} figures fausses ou absentes, par exemple {first}"
