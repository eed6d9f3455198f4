"""How did the night go, in words and in accounts a person can check?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from layidu.model.frames import TEXT, Contract
from layidu.model.slices import SliceAccount
from layidu.report import french

REFUSED = Contract(  # open refusals, with names; names are missing where the uid is unknown
    "refused",
    {
        "code": TEXT,
        "reason": TEXT,
        "data_set_name": TEXT,
        "data_element": TEXT,
        "data_element_name": TEXT,
        "category_option_combo_name": TEXT,
        "org_unit": TEXT,
        "org_unit_name": TEXT,
        "period": TEXT,
        "value": TEXT,
        "new": "bool",  # not known before this run
    },
)
FOUND = Contract(  # findings: kept, but a person should look
    "found",
    {
        "code": TEXT,
        "reason": TEXT,
        "data_element_name": TEXT,
        "variable": TEXT,
        "org_unit": TEXT,
        "org_unit_name": TEXT,
        "period": TEXT,
        "value": TEXT,
    },
)
COUNTS = ("received", "new", "changed", "closed", "unchanged", "refused", "vanished")
KINDS = {
    "added": "ajout",
    "gone": "disparition",
    "moved": "déplacement",
    "renamed": "nouveau nom",
    "closed": "fermeture",
    "reopened": "réouverture",
    "changed": "changement",
    "merged": "fusion",
}
OBJECTS = {
    "org_unit": "structures",
    "data_element": "éléments de données",
    "category_option_combo": "combinaisons d'options",
    "attribute_option_combo": "combinaisons d'attributs",
    "combo_option": "options de combinaisons",
    "data_set": "jeux de données",
    "data_set_element": "éléments de jeux de données",
    "data_set_assignment": "affectations de jeux de données",
}
OUTCOMES = {
    "loaded": "chargée",
    "empty": "vide",
    "stopped": "arrêtée",
    "held": "retenue",
    "failed": "échouée",
}
EXAMPLES = 6
NO_NAMES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PublicationProof:
    """What was to be published, what left, what was read back, and what the dashboards show."""

    code: str
    name: str
    planned: int = 0
    sent: int = 0
    confirmed: int = 0
    rejected: int = 0
    unknown: int = 0
    foreign: int = 0
    withdrawn: int = 0
    moved: int = 0
    compared: int = 0
    different: int = 0
    zeros_left_out: int = 0
    held: str = ""
    message: str = ""

    @property
    def verdict(self) -> str:
        """One word or two for the table."""
        if self.held:
            return "attend une décision"
        if self.rejected or self.unknown or self.different or self.moved:
            return "à examiner"
        return "prouvé" if self.compared or not self.planned else "relu, non confronté"


class Group(NamedTuple):
    """Rows with one code: how many, and some of them."""

    code: str
    amount: int
    new: int
    examples: Sequence[Mapping[str, str]]


class Account(NamedTuple):
    """One line of the accounting: a slice, or a total."""

    name: str
    amounts: Sequence[str]
    outcome: str
    message: str


def totals(accounts: Sequence[SliceAccount]) -> dict[str, int]:
    """The seven numbers, over all slices."""
    return {name: sum(getattr(account, name) for account in accounts) for name in COUNTS}


def amounts(accounts: Sequence[SliceAccount]) -> list[str]:
    """The seven numbers as text."""
    return [french.number(amount) for amount in totals(accounts).values()]


def slice_name(
    account: SliceAccount, names: Mapping[str, str] = NO_NAMES, *, with_source: bool = True
) -> str:
    """Source, data set, window and branch of a slice, by name where there is one."""
    asked = account.slice
    first, last = asked.periods[0], asked.periods[-1]
    window = first if first == last else f"{first}-{last}"
    branch = names.get(asked.org_unit, asked.org_unit) + ("" if asked.children else " seul")
    manner = "" if asked.mode == "full" else " (touchées)"
    source = f"{asked.source} · " if with_source else ""
    return french.plain(f"{source}{names.get(asked.data_set, asked.data_set)} · {window} · {branch}{manner}")


def by_slice(accounts: Sequence[SliceAccount], names: Mapping[str, str]) -> list[Account]:
    """The accounting of each slice."""
    return [
        Account(slice_name(each, names), amounts([each]), OUTCOMES[each.outcome], each.message)
        for each in accounts
    ]


def by_data_set(accounts: Sequence[SliceAccount], names: Mapping[str, str]) -> list[Account]:
    """The accounting of each data set: slices loaded, slices asked for."""
    groups: dict[tuple[str, str], list[SliceAccount]] = {}
    for account in accounts:
        groups.setdefault((account.slice.source, account.slice.data_set), []).append(account)
    return [
        Account(
            f"{names.get(data_set, data_set)} ({source})",
            amounts(group),
            f"{sum(each.outcome in ('loaded', 'empty') for each in group)} sur {len(group)}",
            "",
        )
        for (source, data_set), group in groups.items()
    ]


def equation(accounts: Sequence[SliceAccount]) -> str:
    """Received = new + changed + closed + unchanged + refused, in the words used everywhere."""
    total = {name: french.number(amount) for name, amount in totals(accounts).items()}
    return (
        f"reçues {total['received']} = nouvelles {total['new']} + modifiées {total['changed']}"
        f" + fermées {total['closed']} + inchangées {total['unchanged']} + refusées {total['refused']}"
    )


def balanced(accounts: Sequence[SliceAccount]) -> bool:
    """Whether the equation holds over the slices that were loaded."""
    total = totals([account for account in accounts if account.outcome in ("loaded", "empty")])
    parts = ("new", "changed", "closed", "unchanged", "refused")
    return total["received"] == sum(total[name] for name in parts)


def grouped(frame: pd.DataFrame, contract: Contract) -> list[Group]:
    """Rows by code, the most frequent first, new rows first among the examples."""
    rows = contract.check(frame)
    groups = []
    for code, group in rows.groupby("code", sort=True):
        ordered = group.sort_values("new", ascending=False, kind="stable") if "new" in group else group
        examples = [texts(row) for row in ordered.head(EXAMPLES).to_dict("records")]
        new = int(group["new"].sum()) if "new" in group else 0
        groups.append(Group(str(code), len(group), new, examples))
    return sorted(groups, key=lambda group: (-group.amount, group.code))


def texts(row: Mapping[object, object]) -> dict[str, str]:
    """A row as text, nothing for what is missing."""
    return {str(name): value if isinstance(value, str) else "" for name, value in row.items()}


def event_groups(events: pd.DataFrame) -> list[Group]:
    """Changes of metadata by kind and type of object, moves first."""
    order = {
        kind: place for place, kind in enumerate(("merged", "moved", "gone", "closed", "renamed", "changed"))
    }
    groups = []
    for (kind, of), group in events.groupby(["kind", "object_type"], sort=True):
        label = f"{OBJECTS.get(str(of), str(of))} : {KINDS.get(str(kind), str(kind))}"
        examples = [texts(row) for row in group.head(EXAMPLES).to_dict("records")]
        groups.append((order.get(str(kind), len(order)), Group(label, len(group), 0, examples)))
    return [group for _, group in sorted(groups, key=lambda pair: (pair[0], pair[1].code))]


def verdict(exit_code: int, accounts: Sequence[SliceAccount], published: Sequence[PublicationProof]) -> str:
    """The night in one sentence."""
    starts = {
        0: "Tout est en ordre",
        1: "La nuit est terminée, avec des rejets nouveaux à examiner",
        2: "La nuit n'a pas pu tout faire, rien n'est perdu, la prochaine reprendra",
        3: "La configuration est à corriger avant la prochaine nuit",
        4: "La nuit attend la décision d'une personne",
    }
    total = totals(accounts)
    newly_refused = sum(account.newly_refused for account in accounts)
    facts = [
        french.count(total["received"], "valeur reçue", "valeurs reçues"),
        f"{french.count(total['refused'], 'refusée')}"
        + (f" (dont {french.count(newly_refused, 'nouvelle')})" if newly_refused else ""),
    ]
    if published:
        confirmed = sum(each.confirmed for each in published)
        facts.append(
            f"{french.count(confirmed, 'cellule publiée et relue', 'cellules publiées et relues')} à l'identique"
        )
        compared, different = (
            sum(getattr(each, name) for each in published) for name in ("compared", "different")
        )
        if compared:
            seen = french.count(compared, "chiffre confronté", "chiffres confrontés")
            facts.append(f"{seen} aux tableaux de bord, {french.count(different, 'différence')}")
    return f"{starts.get(exit_code, 'La nuit est terminée')} : {' ; '.join(facts)}."
