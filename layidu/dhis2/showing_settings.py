"""Which settings of a server would leave our dashboards empty or with holes, without a word?"""

from collections.abc import Iterator, Sequence
from typing import Any

from layidu.dhis2.analytics import LAST_BUILT, moment, zeros_included
from layidu.dhis2.client import Client
from layidu.dhis2.dialects import Dialect
from layidu.dhis2.figures import COARSER
from layidu.mapping.problems import Problem
from layidu.mapping.publishing import Publication


def check_settings(client: Client, target: str, publications: Sequence[Publication]) -> Iterator[Problem]:
    """Ask one server, as any account that may read it."""
    info = client.read_json("system/info")
    dialect = Dialect.of(str(info.get("version")))
    yield from check_zeros(client, target, dialect)
    if dialect.names_period_types:
        yield from check_period_types(client, target, publications)
    told = str(info.get(LAST_BUILT) or "")
    if dialect.dates_builds and moment(told).year < 2000:
        yield problem(
            target,
            "analytics-never-run",
            "les tables d'analyse n'ont jamais été construites",
            "une construction par jour : sans elle, aucun tableau de bord ne montre rien",
            "donner un compte d'analyse à layidu, ou planifier les tables d'analyse dans Ordonnanceur",
        )


def check_zeros(client: Client, target: str, dialect: Dialect) -> Iterator[Problem]:
    """Zeros that analytics leaves out."""
    if zeros_included(client):
        return
    if dialect.keeps_zeros:
        found = "keyIncludeZeroValuesInAnalytics n'est pas « true » : un zéro publié ne se montre pas"
        todo = "Paramètres système > Analyse : inclure les zéros, puis reconstruire les tables d'analyse"
    else:
        found = "cette version laisse les zéros hors de l'analyse, quel que soit son réglage"
        todo = "rien : layidu compte ces cases à part ; une mise à jour de DHIS2 (2.42) les montrerait"
    yield problem(
        target, "zeros-left-out", found, "des zéros qui se montrent : zéro n'est pas manquant", todo
    )


def check_period_types(client: Client, target: str, publications: Sequence[Publication]) -> Iterator[Problem]:
    """Since 2.43: period types without columns in the tables; the answer is then empty, with status 200."""
    shown = {str(one.get("name")) for one in client.read_list("configuration/dataOutputPeriodTypes")}
    wanted = {name for one in publications for name in (one.period_type, *COARSER[one.period_type])}
    missing = sorted(wanted - shown)
    if missing:
        yield problem(
            target,
            "period-types-not-shown",
            f"dataOutputPeriodTypes n'a pas {', '.join(missing)} : l'analyse répond alors sans une ligne",
            f"au moins {', '.join(sorted(wanted))}",
            "Paramètres système > Analyse : cocher ces types de période, puis reconstruire les tables d'analyse",
            severity="error",
        )


def problem(
    target: str, code: str, found: str, expected: str, todo: str, severity: Any = "warning"
) -> Problem:
    """A finding about a server's settings."""
    path = f"{target}, réglages du serveur"
    return Problem(code=code, path=path, found=found, expected=expected, todo=todo, severity=severity)
