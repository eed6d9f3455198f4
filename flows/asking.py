"""What must a person be asked about tonight's metadata? A view that shrank, and changes that break a mapping.

A change breaks a mapping when a declared cell no longer is what it was declared for: its element is split otherwise,
holds another kind of number, adds up otherwise or is collected no more, or its option combos no longer give a band.
"""

from collections.abc import Iterator, Mapping

import pandas as pd

from flows.night import AtHand, Night
from layidu.mapping.contracts import Mappings
from layidu.mapping.depending import reached_by, variables_from
from warehouse import holds
from warehouse.behind_read import variable_cells
from warehouse.events_read import events_since_last_good_run
from warehouse.scope import units_out_of_sight

EVERYTHING = "org_units"  # in a hold's subject: the whole source
MAPPING = "mapping"
#: Columns of an element that a mapping stands on, and what is said when one changes.
COLUMNS = {
    "category_combo": "il est ventilé autrement",
    "value_type": "son type de valeur a changé",
    "aggregation_type": "son type d'agrégation a changé",
}
NAMED = 3  # option combos in a sentence


def ask_about_changes(night: Night, source: AtHand) -> None:
    """Ask a person about what shrank out of sight, and about every change under a mapping."""
    ask_about_scope(night, source)
    for uid, changes in broken_elements(night, source).items():
        summary = question(night.mappings, source, uid, changes)
        if summary:
            holds.open_hold(
                night.warehouse,
                night.token,
                kind=MAPPING,
                subject=f"{source.name}/{uid}",
                summary=summary,
                rows=0,
            )


def ask_about_scope(night: Night, source: AtHand) -> None:
    """Ask about org units that are under none of the account's roots any more."""
    lost = units_out_of_sight(
        night.warehouse, source.name, source.metadata.user_org_units, night.token.run_id
    )
    if lost:
        holds.open_hold(
            night.warehouse,
            night.token,
            kind="scope",
            subject=f"{source.name}/{EVERYTHING}",
            summary=f"ce compte ne voit plus {len(lost)} unités d'organisation ({', '.join(lost[:5])}) ; leurs valeurs "
            "restent telles quelles dans la copie. Faire rendre le droit et rejeter, ou accepter la vue réduite",
            rows=len(lost),
        )


def broken_elements(night: Night, source: AtHand) -> dict[str, list[str]]:
    """Mapped elements that changed, with what changed in French.

    Changes that a run saw which did not end well are asked about as well, unless it had asked.
    """
    earlier = events_since_last_good_run(night.warehouse, source.name, night.token.run_id)
    events = pd.concat([source.events.assign(run=night.token.run_id), earlier], ignore_index=True)
    if events.empty:
        return {}
    before = variable_cells(night.warehouse)
    before = before[before["source"] == source.name]
    found: dict[str, dict[str, None]] = {}
    for uid, run, change in changes_under_mappings(events, before, source):
        asked = holds.last_question(night.warehouse, MAPPING, f"{source.name}/{uid}")
        if asked is None or asked.run < run or asked.decision is None:
            found.setdefault(uid, {})[change] = None
    return {uid: list(changes) for uid, changes in found.items()}


def changes_under_mappings(
    events: pd.DataFrame, before: pd.DataFrame, source: AtHand
) -> Iterator[tuple[str, int, str]]:
    """Element, run and change, of every event that touches what a cell stands on; elements may be unmapped."""
    collected = set(source.metadata.data_set_elements["data_element"])
    sets = set(source.metadata.data_sets["name"])
    for event in events.astype(object).where(events.notna(), None).to_dict("records"):
        uid, run = str(event["uid"]), int(event["run"])
        what = (event["object_type"], event["kind"])
        if what == ("data_element", "changed"):
            column = str(event["after"] or event["before"]).partition(":")[0]
            if column in COLUMNS:
                yield uid, run, f"{COLUMNS[column]} ({bare(event['before'])} -> {bare(event['after'])})"
        elif what == ("data_set_element", "changed"):
            yield uid, run, f"{COLUMNS['category_combo']} ({event['before']} -> {event['after']})"
        elif what == ("data_set_element", "gone") and uid not in collected and event["before"] in sets:
            yield uid, run, f"il a quitté le jeu de données « {event['before']} »"
    yield from lost_bands(events, before, source)


def lost_bands(events: pd.DataFrame, before: pd.DataFrame, source: AtHand) -> Iterator[tuple[str, int, str]]:
    """Elements with a band that only option combos gave that are gone, or that now stand for another."""
    combos = events[events["object_type"].isin(["category_option_combo", "combo_option"])]
    combos = combos[combos["kind"].isin(["gone", "added"]) & (combos["before"] != "gone")]
    run_of = dict(zip(combos["uid"].tolist(), combos["run"].tolist(), strict=True))
    name_of = dict(zip(combos["uid"].tolist(), combos["name"].tolist(), strict=True))
    cell = ["variable", "data_element", "category_option_combo"]
    touched = before[before["category_option_combo"].isin(list(run_of))]
    now = source.cells[[*cell, "disaggregation"]].drop_duplicates()
    there = touched.merge(now.rename(columns={"disaggregation": "now"}), on=cell, how="left")
    bands = set(now[["variable", "data_element", "disaggregation"]].itertuples(index=False, name=None))
    lost: dict[str, dict[str, None]] = {}
    for row in there.astype(object).where(there.notna(), None).to_dict("records"):
        moved = row["now"] is not None and row["now"] != row["disaggregation"]
        gone = (
            row["now"] is None and (row["variable"], row["data_element"], row["disaggregation"]) not in bands
        )
        if moved or gone:
            lost.setdefault(str(row["data_element"]), {})[str(row["category_option_combo"])] = None
    for uid, found in lost.items():
        names = [f"« {name_of[one]} »" for one in list(found)[:NAMED]]
        more = f" et {len(found) - NAMED} autres" if len(found) > NAMED else ""
        run = max(int(run_of[one]) for one in found)
        yield uid, run, f"ses combinaisons {', '.join(names)}{more} n'existent plus ou ont changé"


def question(mappings: Mappings, source: AtHand, uid: str, changes: list[str]) -> str:
    """What a person is asked about an element; empty when no indicator is computed from it."""
    variables = variables_from(mappings, source.name, uid)
    codes = reached_by(mappings, variables)
    if not codes:
        return ""
    indicators = ", ".join(f"« {mappings.indicators[code].name} » ({code})" for code in codes)
    return (
        f"l'élément « {name_of(mappings, source, uid, variables)} » n'est plus celui qui a été déclaré : "
        f"{' ; '.join(changes)}. Variables : {', '.join(variables)}. Indicateurs en attente, qui gardent leurs "
        f"dernières valeurs : {indicators}. Corriger mappings/variables s'il le faut, puis accepter : la prochaine "
        "nuit les recalcule et les publie. Rejeter les laisse en attente tant que les déclarations nomment cet "
        "élément, ou que cette attente n'est pas acceptée"
    )


def name_of(mappings: Mappings, source: AtHand, uid: str, variables: list[str]) -> str:
    """The element's name, or what the declarations call it when the server shows it no more."""
    elements: Mapping[str, str] = dict(
        zip(source.metadata.data_elements["uid"], source.metadata.data_elements["name"], strict=True)
    )
    labels = [
        cell.label
        for name in variables
        for cell in mappings.variables[name].cells.get(source.name) or ()
        if cell.data_element == uid and cell.label
    ]
    return elements.get(uid) or next(iter(labels), uid)


def bare(value: object) -> str:
    """A change as it is told, without its column."""
    return value.partition(": ")[2] if isinstance(value, str) else "rien"
