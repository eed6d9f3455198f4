"""The last step of a night: desired cells against ledger and server, sent, proved, written down."""

import getpass
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from flows.access import client_for
from flows.copying import is_own_sandbox
from flows.night import EVERYTHING, AtHand, Night, Published, Waits
from flows.target_server import known_server
from flows.wanted import Wanted, wanted
from layidu.dhis2 import ledger, push, read_back
from layidu.dhis2.answers import RightsError
from layidu.dhis2.client import Client
from layidu.dhis2.conflicts import WHOLE_DATA_SET, meaning
from layidu.dhis2.delivery import Delivered, deliver
from layidu.dhis2.elements import data_set_uid
from layidu.dhis2.permitted import needs_form, permit
from layidu.dhis2.target_form import read_approvals, read_form
from layidu.errors import ConfigurationError
from layidu.mapping.publishing import Publication
from layidu.model.frames import TARGET_CELLS
from warehouse import holds, load_ledger

FIRST_PUSH, ROLLED_BACK = "first-push", "rolled-back"
PREVIEWED = 60  # lines of a plan shown for one publication
ACTIONS = ("write", "rewrite", "withdraw", "leave", "foreign", "blocked")


@dataclass(frozen=True, slots=True)
class Compared:
    """Desired cells of one data set against its ledger and its server, nothing sent yet."""

    target: str  # name of sources.yaml
    data_set: str
    client: Client
    known: ledger.Known
    before: pd.DataFrame = field(repr=False)  # frames.TARGET_CELLS: what the server held
    planned: pd.DataFrame = field(repr=False)  # frames.PUSH_PLAN
    read: Callable[[], pd.DataFrame]  # the server's cells, now


@dataclass(frozen=True, slots=True)
class Prepared:
    """One publication, compared."""

    code: str
    publication: Publication
    wanted: Wanted
    compared: Compared


def prepare(night: Night, source: AtHand, code: str, publication: Publication, waits: Waits) -> Prepared:
    """What a publication stands by, compared with what we and the server know."""
    client = push_client(night, publication.target)
    asked = wanted(night, source, code, publication, client, waits)
    data_set = data_set_uid(publication)
    compared = compare(night, publication.target, client, data_set, asked.cells, asked.waiting)
    return Prepared(code, publication, asked, compared)


def push_client(night: Night, name: str) -> Client:
    """The account that writes values into a target, and nothing else."""
    return client_for(night.settings, name, night.mappings.sources[name], "PUSH")


def compare(
    night: Night,
    name: str,
    client: Client,
    data_set: str,
    desired: pd.DataFrame,
    waiting: Collection[tuple[str, str]] = (),
) -> Compared:
    """Desired cells minus the ledger minus what the server holds, less what may not be sent.

    `waiting`: elements and years whose last published cells are what is desired.
    """
    server, roots = known_server(night, name, client)
    rows = load_ledger.read_ledger(night.warehouse, name, data_set)
    periods = sorted({*desired["period"], *rows["period"]})

    def read_now() -> pd.DataFrame:
        return read_back.read_cells(client, data_set, periods, roots)

    try:
        before = read_now()
    except RightsError:
        read_form(client, data_set, server.server_date.date())  # says so when it was never created
        raise
    known = ledger.known(rows, before)
    if waiting:
        desired = TARGET_CELLS.cast(
            pd.concat([desired, of_elements(known.ours, waiting)]).sort_values(push.KEY)
        )
    planned = push.plan(desired, known.ours, before)
    if needs_form(planned):
        form = read_form(client, data_set, server.server_date.date())
        pairs = push.changes(planned)[["period", "org_unit"]].drop_duplicates()
        approved = read_approvals(client, form, pairs.itertuples(index=False, name=None))
        planned = permit(planned, form, approved)
    if not night.retry:
        planned = ledger.set_aside(planned, rows)
    return Compared(name, data_set, client, known, before, planned, read_now)


def of_elements(cells: pd.DataFrame, chosen: Collection[tuple[str, str]]) -> pd.DataFrame:
    """The cells of these elements and years."""
    keys = zip(cells["data_element"], cells["period"].str[:4], strict=True)
    return cells[pd.Series([key in chosen for key in keys], index=cells.index, dtype=bool)]


def publish(night: Night, source: AtHand, code: str, publication: Publication, waits: Waits) -> Published:
    """Bring one DHIS2 data set to what was computed, and prove it by reading it back; what waits stays as it is."""
    prepared = prepare(night, source, code, publication, waits)
    done = Published(code)
    done.waiting = len(of_elements(prepared.compared.planned, prepared.wanted.waiting))
    done.planned = len(push.changes(prepared.compared.planned))
    done.withheld = prepared.wanted.withheld
    if not held(night, prepared, done):
        load_ledger.write_elements(
            night.warehouse, publication.target, prepared.wanted.described, night.token
        )
        send_and_prove(night, prepared.compared, done, publication.name)
    return done


def preview(night: Night, sources: Sequence[AtHand], waits: Mapping[str, Waits]) -> Iterator[str]:
    """The plan of every publication and its hash, nothing sent."""
    for code, publication in night.mappings.publications.items():
        source = source_of(publication, sources)
        if source is None:
            yield f"publication {code} : la source de ses résultats n'a pas été lue"
            continue
        prepared = prepare(night, source, code, publication, waits[source.name])
        planned = prepared.compared.planned
        actions = planned["action"].value_counts().to_dict()
        counted = ", ".join(f"{action} {actions.get(action, 0)}" for action in ACTIONS)
        yield f"publication {code} : {counted} ; empreinte {push.plan_hash(planned)}"
        yield from plan_lines(planned, prepared.wanted.described)
        for reason, cells in planned["code"].dropna().value_counts().items():
            yield f"  {cells} retenues : {meaning(str(reason)).reason}"
        if prepared.wanted.withheld:
            yield f"  {prepared.wanted.withheld} petits effectifs retenus par décision déclarée"


def plan_lines(planned: pd.DataFrame, described: pd.DataFrame) -> Iterator[str]:
    """What would change, a line an element and action, with its periods and an example."""
    rows = planned[planned["action"] != "leave"].merge(described[["data_element", "label"]], how="left")
    rows["label"] = rows["label"].fillna(rows["data_element"])
    groups = list(rows.groupby(["label", "action"], sort=True))
    for (label, action), cells in groups[:PREVIEWED]:
        first = cells.iloc[0]
        values = " -> ".join(
            "rien" if pd.isna(one) else str(one) for one in (first["before"], first["value"])
        )
        yield (
            f"  {action} {len(cells)} : {label}, {cells['period'].min()} à {cells['period'].max()}"
            f" (par exemple {first['org_unit']} {first['period']} : {values})"
        )
    if len(groups) > PREVIEWED:
        yield f"  … et {len(groups) - PREVIEWED} autres lignes"


def source_of(publication: Publication, sources: Sequence[AtHand]) -> AtHand | None:
    """Whose results a publication shows; nothing when that source was not read tonight."""
    name = publication.results_of or publication.target
    return next((source for source in sources if source.name == name), None)


def held(night: Night, prepared: Prepared, done: Published) -> bool:
    """Whether a person must decide first.

    The first push, the first after a change of what is published, and the first after a roll-back.
    """
    if not done.planned:
        return False
    publication, planned = prepared.publication, prepared.compared.planned
    digest = push.plan_hash(planned)
    place = f"{publication.target}/{prepared.code}"
    counted = f"{done.planned} cellules à écrire dans « {publication.name} » ; empreinte du plan : {digest}"
    questions = [(FIRST_PUSH, f"{place}/{push.elements_hash(prepared.wanted.described)}", counted)]
    if holds.last_question(night.warehouse, ROLLED_BACK, place) is not None:
        questions.append((ROLLED_BACK, place, f"reprise après un retour en arrière : {counted}"))
    waiting = [one for one in questions if not holds.settled(night.warehouse, *one[:2])]
    for_sandbox = EVERYTHING in night.approve and is_own_sandbox(night, publication.target)
    for kind, subject, summary in waiting:
        holds.open_hold(
            night.warehouse, night.token, kind=kind, subject=subject, summary=summary, rows=done.planned
        )
        if digest in night.approve or for_sandbox:
            reason = (
                "accepté par la démonstration, pour son bac à sable" if for_sandbox else f"--approve {digest}"
            )
            accept(night, kind, subject, reason)
        else:
            done.held = digest
    return bool(done.held)


def accept(night: Night, kind: str, subject: str, reason: str) -> None:
    """Write down that the hold just opened is accepted, by whom and why."""
    for hold in holds.open_holds(night.warehouse):
        if (hold.kind, hold.subject) == (kind, subject):
            holds.decide_hold(night.warehouse, hold.id, accept=True, reason=reason, who=getpass.getuser())


def send_and_prove(night: Night, compared: Compared, done: Published, name: str) -> None:
    """Send, read back, compare; the ledger knows what is in flight before anything leaves."""
    planned = compared.planned
    if done.planned:
        load_ledger.write_in_flight(night.warehouse, compared.target, push.changes(planned), night.token)
        pause = 0 if is_own_sandbox(night, compared.target) else night.pause_s
        rows = night.mappings.sources[compared.target].push_rows
        with night.console.waiting(f"envoi de {done.planned} cellules vers « {name} »"):
            delivered = deliver(compared.client, planned, compared.read, rows=rows, pause_s=pause)
    else:
        delivered = Delivered(read_back.PROOF.frame(), compared.before)
    changed = ledger.changed(planned, delivered.proof, night.token.run_id)
    landed = compared.known.landed.merge(changed[push.KEY], on=push.KEY, how="left", indicator="where")
    earlier = landed[landed["where"] == "left_only"].drop(columns="where")
    load_ledger.write_outcome(
        night.warehouse,
        compared.target,
        compared.data_set,
        ledger.outcome(compared.known, planned, delivered.proof),
        pd.concat([earlier, changed], ignore_index=True) if len(earlier) else changed,
        night.token,
    )
    states, actions = delivered.proof["state"].value_counts(), planned["action"].value_counts()
    done.sent = delivered.sent
    done.confirmed = int(states.get("confirmed", 0))
    done.rejected = int(states.get("rejected", 0))
    done.unknown = int(states.get("unknown", 0))
    done.foreign = int(actions.get("foreign", 0))
    done.blocked = int(actions.get("blocked", 0))
    done.withdrawn = int(actions.get("withdraw", 0))
    done.moved = len(read_back.moved_outside(planned, delivered.after))
    done.newly_refused = load_ledger.newly_refused(
        night.warehouse, compared.target, compared.data_set, night.token
    )
    done.refusal = whole_refusal(compared, delivered.proof, name)


def whole_refusal(compared: Compared, proof: pd.DataFrame, name: str) -> ConfigurationError | None:
    """What is wrong when the server takes nothing at all of a data set: that is no matter of its cells."""
    codes = proof["code"].dropna().unique()
    if proof.empty or not proof["state"].eq("rejected").all() or not WHOLE_DATA_SET.issuperset(codes):
        return None
    return ConfigurationError(
        where=f"publication vers « {name} », cible « {compared.target} »",
        found=f"le serveur refuse les {len(proof)} cellules envoyées : {meaning(str(codes[0])).reason}",
        expected="un compte d'envoi qui peut écrire dans ce jeu de données",
        todo="layidu check --server dit ce qui manque à chaque compte ; la nuit suivante enverra de nouveau",
    )
