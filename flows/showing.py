"""Do the dashboards show what we computed? Analytics is run once after the pushes, then asked everything."""

from collections.abc import Mapping, Sequence

import pandas as pd

from flows.access import client_for, has_account
from flows.computing import last_ended_month
from flows.copying import is_own_sandbox
from flows.night import AtHand, Night, Published, Waits
from flows.wanted import Wanted, wanted
from layidu.dhis2 import analytics, read_back
from layidu.dhis2.client import Client
from layidu.dhis2.elements import data_set_uid
from layidu.dhis2.shown import (
    Proof,
    compare,
    expected_figures,
    explained_by,
    figures_of_cells,
    figures_of_values,
)
from layidu.mapping.publishing import Publication
from layidu.model.periods import month_number
from warehouse import read_sums

EXAMPLES = 3


def show(
    night: Night, target: str, done_there: Sequence[tuple[AtHand, Published]], waits: Mapping[str, Waits]
) -> None:
    """Have analytics built once, then compare every published figure at every level and period with ours.

    Of results that wait nothing is compared.
    """
    client = built(night, target)
    zeros = analytics.zeros_included(client)
    for source, done in night.console.track(list(done_there), "relecture des tableaux de bord"):
        publication = night.mappings.publications[done.code]
        asked = wanted(night, source, done.code, publication, client, waits[source.name])
        assert_shown(night, source, publication, asked, client, done, zeros=zeros)


def built(night: Night, target: str) -> Client:
    """The account that reads analytics, once the tables are newer than the pushes.

    Run by the analytics account; where there is none, the server's own next run is waited for.
    """
    declared = night.mappings.sources[target]
    quick = is_own_sandbox(night, target)
    if has_account(night.settings, target, declared, "ANALYTICS"):
        client = client_for(night.settings, target, declared, "ANALYTICS")
        with night.console.waiting("construction des tables d'analyse de DHIS2"):
            analytics.run_and_wait(client, poll_s=0.5 if quick else 5)
        return client
    client = client_for(night.settings, target, declared)
    with night.console.waiting("attente de la prochaine construction des tables d'analyse par le serveur"):
        analytics.wait_for_next_run(client, timeout_s=60 * declared.analytics_wait_minutes)
    return client


def assert_shown(
    night: Night,
    source: AtHand,
    publication: Publication,
    asked: Wanted,
    client: Client,
    done: Published,
    *,
    zeros: bool,
) -> None:
    """Compare one publication's figures, and say which differ, which are explained and which zeros are left out."""
    tree = read_sums.tree(night.warehouse, source.name)
    expected = expected_of(source, publication, asked, tree)
    if expected.empty:
        return  # nothing was computed yet: there is nothing to show
    shown = analytics.read_figures(
        client, *(sorted(set(expected[column])) for column in ("dx", "period", "org_unit"))
    )
    proof = compare(expected, shown, zeros_included=zeros)
    if not proof.holds:
        # Where the server does not hold what we want (refused, typed by a person), dashboards show what it holds.
        push = client_for(
            night.settings, publication.target, night.mappings.sources[publication.target], "PUSH"
        )
        cells = read_back.read_cells(
            push,
            data_set_uid(publication),
            sorted(set(asked.cells["period"])),
            sorted(tree.loc[tree["parent"] == -1, "uid"]),
        )
        held = figures_of_cells(cells, asked.elements, tree, publication)
        proof = explained_by(proof, held, zeros_included=zeros)
    done.compared = proof.compared
    done.different = len(proof.differences) + len(proof.missing)
    done.zeros_left_out = len(proof.zeros_left_out)
    done.explained = len(proof.explained)
    if done.different:
        done.message = (
            f"analyse : {done.different} figures fausses ou absentes, par exemple {examples(proof)}"
        )
        if len(proof.missing) == proof.compared:
            done.message += (
                " ; aucune n'apparaît : voir dataOutputPeriodTypes (2.43), le partage du jeu de données, et que"
                " l'analyse a bien tourné"
            )


def expected_of(source: AtHand, publication: Publication, asked: Wanted, tree: pd.DataFrame) -> pd.DataFrame:
    """What analytics must show of a publication (`analytics.FIGURES`)."""
    if publication.kind == "figures":
        return figures_of_values(asked.cells, publication)
    through = last_ended_month(source.metadata.server.server_date.date())
    return expected_figures(
        asked.results,
        tree,
        asked.elements,
        level=publication.level,
        ended_through=str(month_number(through)),
    )


def examples(proof: Proof) -> str:
    """The first cells that are wrong, in words."""
    first = pd.concat([proof.differences, proof.missing]).head(EXAMPLES)
    return " ; ".join(
        f"{row['dx']} {row['period']} {row['org_unit']} : attendu {number(row['expected'])},"
        f" montré {number(row['shown'])}"
        for row in first.to_dict("records")
    )


def number(value: float) -> str:
    """A figure, or that there is none."""
    return "rien" if pd.isna(value) else f"{value:.12g}"
