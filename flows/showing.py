"""Do the dashboards show what we computed? Analytics is run once after the pushes, then asked everything."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from flows.access import client_for
from flows.copying import is_own_sandbox
from flows.night import AtHand, Night, Published
from layidu.dhis2 import analytics, target
from layidu.model.periods import month_number
from warehouse import read_sums


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
