"""`layidu check --server`: what each account of an instance lacks or has too much, and settings that hide results."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from flows.access import client_for, has_account
from layidu.dhis2 import rights
from layidu.dhis2.client import Client
from layidu.dhis2.elements import data_set_uid
from layidu.dhis2.listing import read_pages
from layidu.dhis2.showing_settings import check_settings
from layidu.errors import LayiduError
from layidu.mapping.contracts import Mappings
from layidu.mapping.problems import Problem
from layidu.mapping.publishing import Publication
from layidu.settings import Role, Settings


def check_accounts(
    settings: Settings, mappings: Mappings, name: str
) -> tuple[list[Problem], list[LayiduError]]:
    """Every finding about one instance; an account that is refused is told, and hides none of the others."""
    asked = Instance(settings, mappings, name)
    questions = [asked.of_pull]
    if asked.publications:
        questions += [asked.of_push, asked.of_analytics, asked.of_admin, asked.of_settings]
    problems: list[Problem] = []
    failures: list[LayiduError] = []
    for ask in questions:
        try:
            problems += ask()
        except LayiduError as error:
            failures.append(error)
    return problems, failures


@dataclass
class Instance:
    """One DHIS2 and what is declared of it."""

    settings: Settings
    mappings: Mappings
    name: str

    @property
    def publications(self) -> list[Publication]:
        """What is published there."""
        return [one for one in self.mappings.publications.values() if one.target == self.name]

    @property
    def published(self) -> dict[str, str]:
        """Our data sets there, by uid."""
        return {data_set_uid(one): one.name for one in self.publications}

    @cached_property
    def units(self) -> list[rights.Unit]:
        """The org units results are put on."""
        levels = sorted({level for one in self.publications for level in one.shown_levels})
        wanted = f"level:in:[{','.join(str(level) for level in levels)}]"
        found = read_pages(self.client(""), "organisationUnits", "id,name,path", [wanted])
        return [rights.Unit(str(one.get("name")), str(one.get("path"))) for one in found]

    def client(self, role: Role) -> Client:
        """A client of one role."""
        return client_for(self.settings, self.name, self.mappings.sources[self.name], role)

    def has(self, role: Role) -> bool:
        """Whether a role has an account of its own."""
        return has_account(self.settings, self.name, self.mappings.sources[self.name], role)

    def account(self, role: Role) -> rights.Account:
        """The account of a role, as the server sees it."""
        return rights.read_account(self.client(role), role)

    def of_pull(self) -> Iterator[Problem]:
        """The account that reads."""
        declared = [one.uid for one in self.mappings.sources[self.name].data_sets]
        ours = () if self.has("PUSH") else self.published
        yield from rights.check_pull(self.name, self.account(""), declared, ours)

    def of_push(self) -> Iterator[Problem]:
        """The account that writes."""
        if not self.has("PUSH"):
            found = "la publication emploie le compte de lecture, qui doit pouvoir écrire"
            yield rights.absent(self.name, "PUSH", found)
        yield from rights.check_push(self.name, self.account("PUSH"), self.published, self.units)

    def of_analytics(self) -> Iterator[Problem]:
        """The account that has analytics built."""
        if self.has("ANALYTICS"):
            account = self.account("ANALYTICS")
            yield from rights.check_analytics(self.name, account, self.published, self.units)
        else:
            found = "chaque nuit attend la construction suivante que fait le serveur"
            yield rights.absent(self.name, "ANALYTICS", found)

    def of_admin(self) -> Iterator[Problem]:
        """The account that makes our objects, where we have it."""
        if self.has("ADMIN"):
            yield from rights.check_authorities(self.name, self.account("ADMIN"))

    def of_settings(self) -> Iterator[Problem]:
        """The server's own settings."""
        yield from check_settings(self.client(""), self.name, self.publications)
