"""What must wait tonight, and what depends on it? A failed or held slice stops its own publications, nothing else.

Waiting is by data set: a publication waits when one of its indicators is computed from a data set of which a slice
failed, was held or stopped, or about which a person has yet to decide. Its last published values stay.
"""

from collections.abc import Iterable, Mapping, Sequence

from flows.night import AtHand, Night
from layidu.mapping.publishing import Publication
from layidu.mapping.versions import YearlyTerms
from layidu.model.slices import SliceAccount
from warehouse import holds
from warehouse.holds import Hold
from warehouse.scope import units_out_of_sight

NOT_COPIED = frozenset({"failed", "held", "stopped"})
EVERYTHING = "org_units"  # in a hold's subject: the whole source
MAPPING = "mapping"
COMBO = "category_combo: "


def waiting_data_sets(
    accounts: Iterable[SliceAccount], asked: Iterable[Hold], source: AtHand
) -> frozenset[str]:
    """The data sets of a source that wait, by tonight's slices and by what a person was asked."""
    every = frozenset(source.metadata.data_sets["uid"])
    found = {
        account.slice.data_set
        for account in accounts
        if account.slice.source == source.name and account.outcome in NOT_COPIED
    }
    for hold in asked:
        name, _, rest = hold.subject.partition("/")
        if name != source.name:
            continue
        what = rest.partition("/")[0]
        if hold.kind == MAPPING:
            members = source.metadata.data_set_elements
            found |= set(members.loc[members["data_element"] == what, "data_set"])
        elif hold.kind in ("vanished", "scope"):
            found |= every if what == EVERYTHING else {what}
    return frozenset(found)


def data_sets_of(night: Night, source: AtHand, publication: Publication) -> frozenset[str]:
    """The data sets a publication is computed from; all of the source's where its figures come from elsewhere."""
    every = frozenset(source.metadata.data_sets["uid"])
    if publication.kind == "figures":
        return every
    terms = YearlyTerms(night.mappings, source.cells).today
    own = terms[terms["indicator"].isin(publication.indicators)]
    variables = set(own.loc[own["kind"] == "variable", "name"])
    if own["kind"].eq("population").any():  # populations are read from yearly variables
        variables |= {name for name, one in night.mappings.variables.items() if one.period_type == "Yearly"}
    elements = source.cells.loc[source.cells["variable"].isin(variables), "data_element"]
    members = source.metadata.data_set_elements
    declared = {
        uid
        for code in publication.indicators
        for uid in night.mappings.indicators[code].data_sets.get(source.name) or ()
    }
    return frozenset(members.loc[members["data_element"].isin(elements), "data_set"]) | (declared & every)


def what_waits(
    night: Night, source: AtHand, accounts: Sequence[SliceAccount]
) -> Mapping[str, frozenset[str]]:
    """Publication -> the data sets it waits for; those that wait for none are not in it."""
    waiting = waiting_data_sets(accounts, asked_of_a_person(night), source)
    if not waiting:
        return {}
    found = {
        code: data_sets_of(night, source, publication) & waiting
        for code, publication in night.mappings.publications.items()
    }
    return {code: data_sets for code, data_sets in found.items() if data_sets}


def asked_of_a_person(night: Night) -> list[Hold]:
    """What is undecided, and the changed mappings that a person rejected: those wait until the mapping is mended."""
    rejected = holds.read_holds(
        night.warehouse, "kind = %(kind)s AND decision = 'rejected'", {"kind": MAPPING}
    )
    return [*holds.open_holds(night.warehouse), *rejected]


def ask_about_changes(night: Night, source: AtHand) -> None:
    """Ask a person about what shrank out of sight, and about a new disaggregation under a mapping."""
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
    for uid, name, before, after in changed_combos(source):
        holds.open_hold(
            night.warehouse,
            night.token,
            kind=MAPPING,
            subject=f"{source.name}/{uid}",
            summary=f"l'élément « {name} » est ventilé autrement ({before} -> {after}) et une variable s'en sert : "
            "corriger mappings/variables, puis accepter ; rejeter le garde hors des publications",
            rows=0,
        )


def changed_combos(source: AtHand) -> list[tuple[str, str, str, str]]:
    """Mapped elements whose category combination is no longer the same: uid, name, before, after."""
    events = source.events
    changed = events[
        (events["object_type"] == "data_element")
        & (events["kind"] == "changed")
        & events["uid"].isin(source.cells["data_element"])
        & events["after"].fillna("").str.startswith(COMBO)
    ]
    return [
        (str(row["uid"]), str(row["name"]), text(row["before"]), text(row["after"]))
        for row in changed.to_dict("records")
    ]


def text(value: object) -> str:
    """A change as it is told, without its column."""
    return value.removeprefix(COMBO) if isinstance(value, str) else "rien"
