"""What may each account do in a target, and is that what it needs: nothing missing, nothing too much?

Asked of each account itself: a right is what the server says of the one who holds it, not what somebody granted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from layidu.dhis2.client import Client
from layidu.dhis2.listing import read_pages
from layidu.mapping.problems import Problem

#: What each role is called, and the authorities it cannot do without (each seen to be asked for by a server).
LABELS = {
    "": "compte de lecture",
    "PUSH": "compte d'envoi",
    "ANALYTICS": "compte d'analyse",
    "ADMIN": "compte d'administration",
}
NEEDED: Mapping[str, tuple[str, ...]] = {
    "": (),
    "PUSH": ("F_DATAVALUE_ADD",),
    "ANALYTICS": ("F_PERFORM_MAINTENANCE",),
    "ADMIN": ("F_DATAELEMENT_PUBLIC_ADD", "F_DATASET_PUBLIC_ADD", "F_INDICATOR_PUBLIC_ADD"),
}
#: Seeing more than needed changes nothing; M_… are applications.
HARMLESS = ("M_", "F_VIEW_", "F_EXPORT_DATA", "F_METADATA_EXPORT")
DATA_READ, DATA_WRITE = 2, 3  # positions in an access string
NAMED = 3


@dataclass(frozen=True, slots=True)
class Account:
    """One account as the server sees it."""

    role: str
    username: str
    uid: str
    groups: frozenset[str]
    authorities: frozenset[str]
    capture: frozenset[str]  # roots of the tree it writes in; on 2.43 of what it reads values of
    view: frozenset[str]  # roots of the tree it sees analytics of
    data_sets: Mapping[str, Mapping[str, Any]] = field(repr=False)  # those it sees, by uid: name, sharing

    @property
    def superuser(self) -> bool:
        """Whether nothing is checked for it."""
        return "ALL" in self.authorities

    def may(self, right: int, data_set: str) -> bool:
        """Whether sharing (public, its own, or of a group) gives a right on a data set it sees."""
        sharing = self.data_sets[data_set].get("sharing") or {}
        given = [sharing.get("public"), ((sharing.get("users") or {}).get(self.uid) or {}).get("access")]
        given += [((sharing.get("userGroups") or {}).get(group) or {}).get("access") for group in self.groups]
        return self.superuser or any(str(access or "")[right : right + 1] in {"r", "w"} for access in given)


@dataclass(frozen=True, slots=True)
class Unit:
    """An org unit results are put on."""

    name: str
    path: str  # /country/…/itself


def read_account(client: Client, role: str) -> Account:
    """Ask a server about the account that asks."""
    me = client.read_json(
        "me",
        {
            "fields": "id,username,authorities,organisationUnits[id],dataViewOrganisationUnits[id],userGroups[id]",
        },
    )
    capture = ids(me.get("organisationUnits"))
    return Account(
        role=role,
        username=str(me.get("username", "?")),
        uid=str(me["id"]),
        groups=ids(me.get("userGroups")),
        authorities=frozenset(str(one) for one in me.get("authorities") or []),
        capture=capture,
        view=ids(me.get("dataViewOrganisationUnits")) or capture,
        data_sets={one["id"]: one for one in read_pages(client, "dataSets", "id,name,sharing")},
    )


def ids(items: Iterable[Mapping[str, Any]] | None) -> frozenset[str]:
    """The uids of some references."""
    return frozenset(str(one["id"]) for one in items or [])


def check_authorities(target: str, account: Account) -> Iterator[Problem]:
    """A superuser, an authority that lacks, authorities nobody needs."""
    needed = NEEDED[account.role]
    words = ", ".join(needed) or "aucune autorisation"
    if account.superuser:
        if account.role != "ADMIN":
            yield problem(
                target,
                account,
                "account-is-superuser",
                "l'autorisation ALL : il peut tout changer, et aucun partage ne le retient",
                f"seulement ce qu'il emploie : {words}",
                "lui donner un rôle sans ALL, et un jeton à lui",
                severity="warning",
            )
        return
    for authority in needed:
        if authority not in account.authorities:
            yield problem(
                target,
                account,
                "account-lacks-authority",
                f"il n'a pas l'autorisation {authority}",
                words,
                f"lui donner un rôle d'utilisateur qui porte {authority}",
            )
    more = sorted(one for one in account.authorities - {*needed} if not one.startswith(HARMLESS))
    if more and account.role != "ADMIN":
        yield problem(
            target,
            account,
            "account-may-too-much",
            f"des autorisations dont il n'a pas besoin : {named(more)}",
            words,
            "les retirer de son rôle d'utilisateur",
            severity="warning",
        )


def check_pull(
    target: str, account: Account, data_sets: Sequence[str], ours: Iterable[str] = ()
) -> Iterator[Problem]:
    """The account that reads: the data of every declared data set, and no data it could write but `ours`."""
    yield from check_authorities(target, account)
    for uid in data_sets:
        if uid in account.data_sets and not account.may(DATA_READ, uid):
            yield no_sharing(target, account, uid, "de lire", "account-cannot-read-data")
    yield from writes_elsewhere(target, account, ours)


def check_push(
    target: str, account: Account, published: Mapping[str, str], units: Sequence[Unit]
) -> Iterator[Problem]:
    """The account that writes: `published` are our data sets (uid -> name), `units` where results go."""
    yield from check_authorities(target, account)
    for uid, name in published.items():
        if uid not in account.data_sets:
            yield problem(
                target,
                account,
                "data-set-not-there",
                f"le jeu de données « {name} » n'existe pas, ou ce compte ne le voit pas",
                "les objets de chaque publication, partagés avec ce compte",
                "lancer « layidu metadata apply », ou importer les fichiers de « layidu metadata package »",
                severity="warning",
            )
            continue
        if not account.may(DATA_WRITE, uid):
            yield no_sharing(target, account, uid, "d'écrire", "account-cannot-write-data")
        if not account.may(DATA_READ, uid):
            yield no_sharing(target, account, uid, "de lire", "account-cannot-read-data")
    yield from outside(target, account, account.capture, units, "de saisie")
    yield from writes_elsewhere(target, account, published)


def check_analytics(
    target: str, account: Account, published: Mapping[str, str], units: Sequence[Unit]
) -> Iterator[Problem]:
    """The account that has the tables built and reads the dashboards."""
    yield from check_authorities(target, account)
    for uid in published:
        if uid in account.data_sets and not account.may(DATA_READ, uid):
            yield no_sharing(target, account, uid, "de lire", "account-cannot-read-data")
    yield from outside(target, account, account.view, units, "d'analyse")
    yield from writes_elsewhere(target, account, ())


def no_sharing(target: str, account: Account, data_set: str, verb: str, code: str) -> Problem:
    """Data sharing that lacks on one data set."""
    name = account.data_sets[data_set].get("name")
    level = "saisir et voir" if code == "account-cannot-write-data" else "voir"
    return problem(
        target,
        account,
        code,
        f"il n'a pas le droit {verb} les données de « {name} » ({data_set})",
        f"le partage « données : {level} » sur ce jeu de données",
        "lancer « layidu metadata apply » pour un jeu de layidu ; sinon Maintenance > Jeux de données > Partage",
    )


def outside(
    target: str, account: Account, roots: frozenset[str], units: Sequence[Unit], tree: str
) -> Iterator[Problem]:
    """Org units of publications that lie outside the account's tree."""
    if account.superuser and not roots:
        return
    missed = [unit.name for unit in units if roots.isdisjoint(unit.path.split("/"))]
    if missed:
        yield problem(
            target,
            account,
            "units-outside-tree",
            f"{len(missed)} unité(s) de publication hors de son arbre {tree} : {named(missed)}",
            f"toutes dans ses unités {tree} ; pour un pays, sa racine",
            f"ajouter ces unités, ou la racine, à ses unités d'organisation {tree}",
        )


def writes_elsewhere(target: str, account: Account, ours: Iterable[str]) -> Iterator[Problem]:
    """Data sets of others whose data the account could change."""
    if account.superuser:
        return
    others = [
        str(item.get("name"))
        for uid, item in account.data_sets.items()
        if uid not in set(ours) and account.may(DATA_WRITE, uid)
    ]
    if others:
        yield problem(
            target,
            account,
            "account-writes-elsewhere",
            f"il peut écrire les données de {len(others)} jeu(x) qui ne sont pas les siens : {named(sorted(others))}",
            "l'écriture sur les seuls jeux de données de layidu" if ours else "aucune écriture de données",
            "retirer ce compte, ou le public, du partage de ces jeux de données",
            severity="warning",
        )


def problem(
    target: str,
    account: Account,
    code: str,
    found: str,
    expected: str,
    todo: str,
    severity: Any = "error",
) -> Problem:
    """A finding about an account."""
    path = f"{target}, {LABELS[account.role]} « {account.username} »"
    return Problem(code=code, path=path, found=found, expected=expected, todo=todo, severity=severity)


def named(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" et {len(names) - NAMED} de plus" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def absent(target: str, role: str, found: str) -> Problem:
    """A role without an account of its own."""
    variable = f"LAYIDU_{target.upper().replace('-', '_')}_{role}"
    return Problem(
        code="role-without-account",
        path=f"{target}, {LABELS[role]}",
        found=f"aucun compte à lui : {found}",
        expected="un compte par rôle, chacun avec ses seuls droits",
        todo=f"créer ce compte dans DHIS2, et définir {variable}_TOKEN",
        severity="warning",
    )
