"""What becomes of a data set that a source no longer shows: deleted, or no longer shared with our account?

The others flow. Its values, and what was known of it, stay as they are; a person decides whether the right is given
back or the data set is no longer to be copied, and what is computed from it is not published until then.
"""

from collections.abc import Iterable

from flows.night import AtHand, Night, Outcome
from layidu.dhis2.answers import UnseenDataSetsError
from layidu.dhis2.client import Client
from layidu.dhis2.metadata import read_metadata
from layidu.errors import HeldError
from layidu.mapping.contracts import Source
from layidu.model.metadata import Metadata
from layidu.model.slices import SliceAccount
from warehouse import holds, read_runs
from warehouse.stored_metadata import with_stored

SCOPE = "scope"


def read_seen(
    night: Night, client: Client, name: str, source: Source
) -> tuple[Metadata, UnseenDataSetsError | None]:
    """The metadata of a source; of data sets it no longer shows, what the copy knew, and the error that names them."""
    declared = [data_set.uid for data_set in source.data_sets]
    try:
        return read_metadata(client, name, declared), None
    except UnseenDataSetsError as error:
        shown = [uid for uid in declared if uid not in error.missing]
        metadata = read_metadata(client, name, shown)
        return with_stored(night.warehouse, metadata, error.missing), error


def ask_about_lost(night: Night, at_hand: AtHand, outcome: Outcome) -> None:
    """Put on record what is no longer shown; what was read before waits for a person, unless one has decided."""
    if at_hand.unseen is None:
        return
    names = dict(zip(at_hand.metadata.data_sets["uid"], at_hand.metadata.data_sets["name"], strict=True))
    read_before = read_runs.loaded(night.warehouse, at_hand.name).keys()
    if not set(at_hand.lost) <= read_before:  # a declaration to correct, or a right that was never given
        outcome.errors.append(at_hand.unseen)
    for uid in sorted(set(at_hand.lost) & read_before):
        subject, shown = f"{at_hand.name}/{uid}", f"« {names.get(uid, uid)} » ({uid})"
        if holds.settled(night.warehouse, SCOPE, subject):
            night.console.line(f"{at_hand.name} : {shown} n'est plus copié, comme une personne l'a décidé")
            continue
        holds.open_hold(
            night.warehouse,
            night.token,
            kind=SCOPE,
            subject=subject,
            summary=f"la source ne montre plus le jeu de données {shown} : supprimé, ou plus partagé avec ce compte ; "
            "ses valeurs restent telles quelles dans la copie. Le faire rendre et rejeter, ou accepter s'il n'est "
            "plus à copier",
            rows=0,
        )
        outcome.errors.append(
            HeldError(
                where=f"source « {at_hand.name} », jeu de données {shown}",
                found="la source ne le montre plus : supprimé, ou plus partagé avec ce compte",
                expected="un jeu de données que ce compte voit, comme à la dernière lecture",
                todo="rien n'est perdu : ses valeurs restent, ses publications attendent. Faire vérifier le partage "
                "(métadonnées et données), ou décider avec « layidu holds »",
            )
        )


def forget_found(night: Night, at_hand: AtHand, accounts: Iterable[SliceAccount]) -> None:
    """A question about a data set that was read again tonight is moot."""
    outcomes: dict[str, set[str]] = {}
    for account in accounts:
        if account.slice.source == at_hand.name:
            outcomes.setdefault(account.slice.data_set, set()).add(account.outcome)
    for uid, found in outcomes.items():
        if found <= {"loaded", "empty"}:
            holds.close_moot(
                night.warehouse,
                night.token,
                kind=SCOPE,
                subject=f"{at_hand.name}/{uid}",
                reason="sans objet : le jeu de données est lu de nouveau",
            )
