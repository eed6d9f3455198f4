"""Whether commitments, the report's statuses, the plan and the groups of org units name things that exist."""

from collections.abc import Iterable, Iterator

from layidu.mapping.contracts import Mappings
from layidu.mapping.crosschecks import known_indicators
from layidu.mapping.nearest import listed
from layidu.mapping.problems import Problem, unknown_name
from layidu.mapping.promises import Contradiction, GroupMember, MeasuredBy, Phasing, Plan, Target

At = tuple[str | int, ...]
FIRST, LAST = "000000", "999912"


def check_commitments(mappings: Mappings) -> Iterator[Problem]:
    """Results and process indicators name indicators, groups, reference values and scales that exist."""
    references = mappings.reference_indicators
    for name, commitment in mappings.commitments.items():
        for code, result in commitment.results.items():
            at: At = ("commitments", name, "results", code)
            yield from known_indicators(mappings, f"{name}.{code}", (*at, "proxies"), result.proxies)
            if result.reference is not None and result.reference not in references:
                place = mappings.places.get((*at, "reference"))
                kind = "un indicateur de reference_indicators.yaml"
                yield unknown_name(f"{name}.{code}.reference", result.reference, kind, references, place)
            yield from check_target(mappings, f"{name}.{code}.target", (*at, "target"), result.target)
            yield from check_measure(mappings, f"{name}.{code}", at, result.measured_by)
        for code, process in commitment.processes.items():
            at = ("commitments", name, "processes", code)
            yield from check_measure(mappings, f"{name}.{code}", at, process.measured_by)
            scales = {process.milestones, *(part.milestones for part in process.parts.values())}
            known = mappings.thresholds.milestones.scales if mappings.thresholds else {}
            for scale in sorted(scales - set(known)):
                kind = "une échelle de milestones dans thresholds.yaml"
                yield unknown_name(f"{name}.{code}.milestones", scale, kind, known, mappings.places.get(at))


def check_target(mappings: Mappings, path: str, at: At, target: Target) -> Iterator[Problem]:
    """A trajectory has what it needs: a logistic one percentages between 0 and 100, a dated one its dates."""
    place = mappings.places.get(at)
    limits = (target.baseline, target.target)
    if target.trajectory == "logistic" and not all(each is not None and 0 < each < 100 for each in limits):
        yield Problem(
            code="trajectory",
            path=path,
            found=f"une trajectoire logistique de {target.baseline} à {target.target}",
            expected="un départ et une cible strictement compris entre 0 et 100",
            todo="choisir une trajectoire linéaire, ou corriger le départ ou la cible",
            place=place,
        )
    if target.trajectory == "floor" and target.target is not None and target.target <= 0:
        yield Problem(
            code="trajectory",
            path=path,
            found=f"un plancher de {target.target:g}",
            expected="un plancher au-dessus de zéro",
            todo="corriger la cible, ou choisir une autre trajectoire",
            place=place,
        )
    years = (target.baseline_year, target.target_year)
    if years[0] is not None and years[1] is not None and years[0] >= years[1]:
        yield Problem(
            code="trajectory",
            path=path,
            found=f"un départ en {years[0]} et une échéance en {years[1]}",
            expected="un départ qui précède l'échéance",
            todo="corriger l'une des deux années",
            place=place,
        )


def check_measure(mappings: Mappings, path: str, at: At, measure: MeasuredBy | None) -> Iterator[Problem]:
    """A measure names an indicator and, where it does, a group."""
    if measure is None:
        return
    if measure.indicator not in mappings.indicators:
        place = mappings.places.get((*at, "measured_by", "indicator"))
        kind = "un indicateur de mappings/indicators/"
        yield unknown_name(f"{path}.measured_by", measure.indicator, kind, mappings.indicators, place)
    elif measure.against is not None and mappings.indicators[measure.indicator].denominator is not None:
        yield Problem(
            code="ratio-compared",
            path=f"{path}.measured_by",
            found=f"{measure.indicator}, un rapport, comparé au même mois de l'an dernier",
            expected="un compte : les parts d'un rapport ne se comparent pas ainsi",
            todo="nommer un indicateur sans dénominateur, ou retirer « against »",
            place=mappings.places.get((*at, "measured_by")),
        )
    yield from known_group(
        mappings, f"{path}.measured_by.group", (*at, "measured_by", "group"), measure.group
    )


def known_group(mappings: Mappings, path: str, at: At, group: str | None) -> Iterator[Problem]:
    """A group of org_units.yaml, or none."""
    groups = mappings.org_units.groups if mappings.org_units else {}
    if group is not None and group not in groups:
        yield unknown_name(path, group, "un groupe de org_units.yaml", groups, mappings.places.get(at))


def check_report(mappings: Mappings) -> Iterator[Problem]:
    """Every declared status is about an indicator that exists, in words that mean something."""
    report = mappings.report
    if report is None:
        return
    processes = {code for one in mappings.commitments.values() for code in one.processes}
    words = report.words
    for position, title in enumerate(report.titles):
        at: At = ("report", "titles", position)
        yield from known(mappings, at, "indicator", title.indicator, processes)
        yield from known(mappings, at, "word", title.word, words)
    for position, row in enumerate(report.recapitulation):
        at = ("report", "recapitulation", position)
        yield from known(mappings, at, "indicator", row.indicator, processes)
        yield from known(mappings, at, "instead_of", row.instead_of, processes)
        yield from known(mappings, at, "word", row.word, words)
    for word in report.summary.counts:
        yield from known(mappings, ("report", "summary", "counts"), word, word, words)
    for position, verdict in enumerate(report.verdicts):
        for code in verdict.commitments:
            at = ("report", "verdicts", position)
            yield from known(mappings, at, "commitments", code, mappings.commitments)
    valid = {*mappings.commitments, *processes}
    yield from check_contradictions(mappings, ("report", "contradictions"), report.contradictions, valid)


def known(mappings: Mappings, at: At, key: str, name: str | None, valid: Iterable[str]) -> Iterator[Problem]:
    """A name that must be one of these; None is no name."""
    names = set(valid)
    if name is not None and name not in names:
        path = ".".join(str(part) for part in (*at, key))
        kind = "un nom déclaré"
        yield unknown_name(path, name, kind, names, mappings.places.get((*at, key), mappings.places.get(at)))


def check_contradictions(
    mappings: Mappings, at: At, found: dict[str, Contradiction], valid: set[str]
) -> Iterator[Problem]:
    """A contradiction concerns things that exist."""
    for code, contradiction in found.items():
        for name in contradiction.concerns:
            yield from known(mappings, (*at, code), "concerns", name, valid)


def check_plan(mappings: Mappings) -> Iterator[Problem]:
    """Lines name indicators and phasings, and each phasing runs up to 1 within the plan's years."""
    plan = mappings.plan
    if plan is None:
        return
    for name, phasing in plan.phasings.items():
        yield from check_phasing(mappings, plan, name, phasing)
    yield from known_group(mappings, "companion_group", ("plan", "companion_group"), plan.companion_group)
    for code, line in plan.lines.items():
        at: At = ("plan", "lines", code)
        yield from known_indicators(mappings, code, (*at, "companions"), line.companions)
        yield from known(mappings, at, "phasing", line.phasing, plan.phasings)
        if (line.quantity is None) != (line.quantity_from is None):
            yield Problem(
                code="quantity-source",
                path=f"{code}.quantity_from",
                found=f"quantité {line.quantity}, lue dans : {line.quantity_from}",
                expected="une quantité avec l'endroit où elle se lit, ou ni l'une ni l'autre",
                todo="compléter quantity_from, ou le retirer",
                place=mappings.places.get(at),
            )
    yield from check_contradictions(
        mappings, ("plan", "contradictions"), plan.contradictions, set(plan.lines)
    )


def check_phasing(mappings: Mappings, plan: Plan, name: str, phasing: Phasing) -> Iterator[Problem]:
    """One cumulative share a year, growing, 1 at the end."""
    years = [str(year) for year in range(plan.first_year, plan.last_year + 1)]
    shares = [phasing.shares[year] for year in sorted(phasing.shares)]
    if sorted(phasing.shares) != years or shares != sorted(shares) or shares[-1:] != [1.0] or shares[0] < 0:
        yield Problem(
            code="phasing",
            path=f"phasings.{name}",
            found=", ".join(f"{year} : {share:g}" for year, share in sorted(phasing.shares.items())),
            expected=f"une part cumulée croissante par année ({years[0]} à {years[-1]}), 1 à la fin",
            todo="corriger les parts",
            place=mappings.places.get(("plan", "phasings", name)),
        )


def check_groups(mappings: Mappings) -> Iterator[Problem]:
    """A unit is in a group once a month, or its numbers count twice."""
    if mappings.org_units is None:
        return
    for name, group in mappings.org_units.groups.items():
        members = group.members or []
        for position, member in enumerate(members):
            twice = [other.code for other in members[:position] if overlap(member, other)]
            if twice:
                yield Problem(
                    code="member-twice",
                    path=f"groups.{name}.members[{position}]",
                    found=f"{listed(twice)} deux fois pour les mêmes mois",
                    expected="chaque lieu une fois par mois",
                    todo="retirer l'une des deux lignes, ou dater valid_from et valid_to",
                    place=mappings.places.get(("org_units", "groups", name, "members", position)),
                )


def overlap(one: GroupMember, other: GroupMember) -> bool:
    """The same unit in the same months."""
    starts = max(one.valid_from or FIRST, other.valid_from or FIRST)
    ends = min(one.valid_to or LAST, other.valid_to or LAST)
    return one.code == other.code and starts <= ends
