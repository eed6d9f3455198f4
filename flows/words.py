"""What a run did, in French lines for a person."""

from collections.abc import Iterator, Mapping

from flows.night import Outcome, Published, Waits
from layidu.model.slices import SliceAccount

INDICATORS_NAMED = 6


def account_line(account: SliceAccount) -> str:
    """The equation of one slice, in the words used everywhere."""
    words = (
        f"{account.slice.name} : reçues {account.received} = nouvelles {account.new} + modifiées {account.changed}"
        f" + fermées {account.closed} + inchangées {account.unchanged} + refusées {account.refused}"
    )
    if account.vanished:
        words += f" ; disparues {account.vanished}"
    if account.absent:
        words += f" ; absentes d'une seule lecture {account.absent}, gardées"
    if account.outcome not in ("loaded", "empty"):
        words += f" [{account.outcome}]"
    return f"{words} {account.message}".rstrip()


def published_line(done: Published) -> str:
    """What became of one publication."""
    if done.held:
        return (
            f"publication {done.code} : {done.planned} cellules attendent un accord ; "
            f"layidu publish --approve {done.held}"
        )
    words = f"publication {done.code} : {done.sent} cellules envoyées, {done.confirmed} relues et égales"
    counts = (
        (done.waiting, "en attente et laissées"),
        (done.rejected, "rejetées"),
        (done.unknown, "sans nouvelles"),
        (done.withheld, "petits effectifs retenus par décision"),
        (done.blocked, "retenues avant l'envoi (layidu refused)"),
        (done.foreign, "modifiées par une personne et laissées"),
    )
    words += "".join(f", {count} {said}" for count, said in counts if count)
    return f"{words}{shown_words(done)}{' ; ' + done.message if done.message else ''}"


def shown_words(done: Published) -> str:
    """What the dashboards show of it; nothing when they were not asked."""
    if not done.compared:
        return ""
    words = f" ; tableaux de bord : {done.compared - done.different} figures sur {done.compared} égales"
    if done.zeros_left_out:
        words += f" (dont {done.zeros_left_out} zéros que ce serveur n'affiche pas)"
    if done.explained:
        words += f" (dont {done.explained} montrent ce que DHIS2 tient et que layidu ne peut pas changer)"
    return words


def waiting_lines(waits: Mapping[str, Waits]) -> Iterator[str]:
    """What keeps its last values tonight, one line a source and reason."""
    for source, one in waits.items():
        by_reason: dict[str, list[tuple[str, int]]] = {}
        for key, reason in sorted(one.reasons.items()):
            by_reason.setdefault(reason, []).append(key)
        for reason, keys in by_reason.items():
            codes, years = sorted({code for code, _ in keys}), sorted({year for _, year in keys})
            named = f"{', '.join(codes[:INDICATORS_NAMED])}{', …' if len(codes) > INDICATORS_NAMED else ''}"
            span = str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"
            yield (
                f"en attente, {source} : {len(codes)} indicateurs ({named}), {span} : {reason} ; leurs dernières "
                "valeurs restent, calculées et publiées"
            )


def outcome_lines(outcome: Outcome) -> Iterator[str]:
    """The night, in a few lines; the last is the exit code and what it means."""
    total = outcome.summary()
    yield (
        f"copie : {total['slices']} tranches, reçues {total['received']} = nouvelles {total['new']}"
        f" + modifiées {total['changed']} + fermées {total['closed']} + inchangées {total['unchanged']}"
        f" + refusées {total['refused']} ; disparues {total['vanished']}"
    )
    written = sum(account.written for account in outcome.accounts)
    yield f"lignes écrites dans la copie : {written} ; refus nouveaux : {total['newly_refused']}"
    if outcome.computed_years:
        years = ", ".join(str(year) for year in outcome.computed_years)
        yield f"calcul : {years} ; {outcome.results_written} résultats écrits ; {outcome.findings} signalements"
    elif outcome.accounts:
        yield "calcul : rien n'a changé, rien n'est recalculé"
    for one in outcome.overlaps:
        yield (
            f"chevauchement : « {one.source} » et « {one.other} » donnent toutes deux {one.cells} cellules (variable, "
            f"lieu, période), dont {one.different} différentes ; chaque source est calculée à part, rien n'est "
            "additionné (mart.chevauchements)"
        )
    for done in outcome.published:
        yield published_line(done)
    yield f"code de sortie {outcome.exit_code} : {MEANINGS[outcome.exit_code]}"


MEANINGS = {
    0: "tout tient",
    1: "terminé, avec des refus ou des rejets nouveaux (layidu refused)",
    2: "échec sans dégât ; la prochaine exécution répare",
    3: "configuration, comptes ou déclarations à corriger",
    4: "une personne doit décider (layidu holds)",
}
