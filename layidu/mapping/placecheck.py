"""Whether the org units of the declarations hang together: a tree has no cycles."""

from collections.abc import Iterator, Mapping

from layidu.mapping.contracts import Mappings
from layidu.mapping.problems import Problem, unknown_name


def check_places(mappings: Mappings) -> Iterator[Problem]:
    """Expected parents name known sources, and following them upwards always ends."""
    declared = mappings.org_units
    if declared is None:
        return
    for key, by_source in (("expected_parents", declared.expected_parents), ("regions", declared.regions)):
        for source in by_source:
            if source not in mappings.sources:
                place = mappings.places.get(("org_units", key, source))
                kind = "une source de sources.yaml"
                yield unknown_name(f"{key}.{source}", source, kind, mappings.sources, place)
    for source, parents in declared.expected_parents.items():
        for cycle in cycles(parents):
            yield Problem(
                code="cycle",
                path=f"expected_parents.{source}.{cycle[0]}",
                found=f"un cercle : {' → '.join([*cycle, cycle[0]])}",
                expected="des unités dont les parents remontent jusqu'à une racine",
                todo="corriger le parent de l'une d'elles",
                place=mappings.places.get(("org_units", "expected_parents", source, cycle[0])),
            )


def cycles(parents: Mapping[str, str]) -> list[list[str]]:
    """The circles of a child -> parent map, each once, from its smallest name on, in the order of the arrows."""
    found: dict[frozenset[str], list[str]] = {}
    ended: set[str] = set()
    for start in sorted(parents):
        road: list[str] = []
        at = start
        while at in parents and at not in ended and at not in road:
            road.append(at)
            at = parents[at]
        if at in road:
            circle = road[road.index(at) :]
            first = circle.index(min(circle))
            found.setdefault(frozenset(circle), [*circle[first:], *circle[:first]])
        ended.update(road)
    return list(found.values())
