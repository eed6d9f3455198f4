"""Which colour does a commitment as a whole deserve, from its results and its process indicators?"""

from collections import Counter
from collections.abc import Sequence

from layidu.compute.colour import Judgement, grey
from layidu.compute.status_rows import Row
from layidu.mapping.contracts import Thresholds

EPSILON = 1e-6  # a third of three is one
WORDS = {"GREEN": "vert", "YELLOW": "jaune", "RED": "rouge", "GREY": "gris"}


def roll_up(results: Sequence[Row], processes: Sequence[Row], thresholds: Thresholds | None) -> Judgement:
    """Red, green, grey or else yellow, in this order.

    Red: a result is red, or a third of the process indicators. Green: no result is red or grey, two thirds of the
    process indicators are green and none red. Grey: too few process indicators are judged. Results that no document
    sets (their target is unknown) neither help nor hinder, and proxies are not looked at.
    """
    if thresholds is None:
        return grey("seuils non déclarés : compléter thresholds.yaml")
    rules = thresholds.roll_up
    counted = [row for row in processes if row["kind"] == "process"]
    colours = Counter(str(row["colour"]) for row in counted)
    total = len(counted)
    judging = [str(row["colour"]) for row in results if row["target"] is not None]
    facts = told(judging, colours, total)
    if "RED" in judging or (total and colours["RED"] / total >= rules.red_share - EPSILON):
        return Judgement(None, "RED", facts)
    judged = total - colours["GREY"]
    known = [colour for colour in judging if colour != "GREY"]
    if not total and not known:
        return grey(f"{facts} ; rien n'est jugé")
    if total and judged / total < rules.minimum_judged - EPSILON:
        return grey(f"{facts} ; trop peu d'indicateurs de processus jugés pour une couleur")
    enough = not total or colours["GREEN"] / total >= rules.green_share - EPSILON
    if enough and not colours["RED"] and "GREY" not in judging:
        return Judgement(None, "GREEN", facts)
    return Judgement(None, "YELLOW", facts)


def told(judging: Sequence[str], colours: Counter[str], total: int) -> str:
    """`résultats : 1 rouge ; indicateurs de processus : 1 vert, 1 gris sur 2`."""
    result = counted_words(Counter(judging)) or "aucun résultat chiffré par les documents"
    process = f"{counted_words(colours)} sur {total}" if total else "aucun"
    return f"résultats : {result} ; indicateurs de processus : {process}"


def counted_words(colours: Counter[str]) -> str:
    """`2 rouges, 1 gris`."""
    return ", ".join(
        f"{colours[colour]} {word}{'s' if colours[colour] > 1 and colour != 'GREY' else ''}"
        for colour, word in WORDS.items()
        if colours[colour]
    )
