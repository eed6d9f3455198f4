"""Which colour does a value deserve against what was expected of it, and why?"""

from typing import Literal, NamedTuple

from layidu.mapping.contracts import Thresholds

Colour = Literal["GREEN", "YELLOW", "RED", "GREY"]
Direction = Literal["up", "down"]


class Judgement(NamedTuple):
    """A colour never goes without its reason; progress is None where no ratio makes sense."""

    progress: float | None
    colour: Colour
    reason: str


class Course(NamedTuple):
    """Where a promise started, where it should be now and where it must end."""

    baseline: float
    expected: float
    target: float
    direction: Direction


def number(value: float, decimals: int = 2) -> str:
    """A number as French readers write it: 1 234,5."""
    text = f"{value:,.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", "\u202f").replace(".", ",")


def at_least_as_good(value: float, than: float, direction: Direction) -> bool:
    """Whether a value is as good as another, in the direction of the promise."""
    return value >= than if direction == "up" else value <= than


def grey(reason: str) -> Judgement:
    """No judgement, and why."""
    return Judgement(None, "GREY", reason)


def judge(actual: float, course: Course, thresholds: Thresholds) -> Judgement:
    """Progress (actual - baseline) / (expected - baseline) and its colour; a target met is always green.

    So close to the baseline that the ratio would jump about, only the target can be judged.
    """
    gap = course.expected - course.baseline
    progress = progress_made(actual, course, thresholds)
    facts = f"{number(actual)} observé, {number(course.expected)} attendu"
    if at_least_as_good(actual, course.target, course.direction):
        return Judgement(progress, "GREEN", f"cible de {number(course.target)} atteinte : {facts}")
    if progress is None:
        return grey(
            f"trop tôt pour juger : {facts}, soit moins de {number(thresholds.unstable_gap)} d'écart avec le"
            f" départ ({number(course.baseline)}) ; cible de {number(course.target)} pas encore atteinte"
        )
    if gap == 0:
        return Judgement(progress, "GREEN" if progress else "RED", f"{facts}, égal au départ")
    colour, limit = graded(progress, thresholds)
    return Judgement(progress, colour, f"{facts} : progression de {number(progress)}, {limit}")


def progress_made(actual: float, course: Course, thresholds: Thresholds) -> float | None:
    """The share of the expected way that was gone (below 0: a step back); None when the way is too short."""
    gap = course.expected - course.baseline
    if gap == 0:
        return float(at_least_as_good(actual, course.expected, course.direction))
    if abs(gap) < thresholds.unstable_gap:
        return None
    return (actual - course.baseline) / gap


def judge_count(cumulated: float, expected: float, thresholds: Thresholds) -> Judgement:
    """A cumulated count against what was due by then."""
    if expected <= 0:
        return grey("rien n'est encore attendu à cette date")
    ratio = cumulated / expected
    colour, limit = graded(ratio, thresholds)
    facts = f"{number(cumulated, 0)} réalisé, {number(expected, 0)} attendu"
    return Judgement(ratio, colour, f"{facts} : rapport de {number(ratio)}, {limit}")


def judge_floor(actual: float, floor: float, thresholds: Thresholds) -> Judgement:
    """A value that must not be below a floor each year."""
    ratio = actual / floor
    facts = f"{number(actual)} observé, plancher de {number(floor)}"
    if ratio >= 1:
        return Judgement(ratio, "GREEN", f"{facts} respecté")
    limit = number(100 * thresholds.floor_yellow, 0)
    if ratio >= thresholds.floor_yellow:
        return Judgement(ratio, "YELLOW", f"{facts} atteint à {limit} % au moins")
    return Judgement(ratio, "RED", f"{facts} atteint à moins de {limit} %")


def graded(progress: float, thresholds: Thresholds) -> tuple[Colour, str]:
    """The colour of a share of the expected, and the limit that decided it."""
    if progress >= thresholds.progress_green:
        return "GREEN", f"au moins {number(thresholds.progress_green)}"
    if progress >= thresholds.progress_yellow:
        return "YELLOW", f"entre {number(thresholds.progress_yellow)} et {number(thresholds.progress_green)}"
    back = " (recul depuis le départ)" if progress < 0 else ""
    return "RED", f"sous {number(thresholds.progress_yellow)}{back}"


def judge_share(value: float, aim: float, thresholds: Thresholds) -> Judgement:
    """A value against the one that would be all of it."""
    ratio = value / aim
    colour, limit = graded(ratio, thresholds)
    return Judgement(
        ratio, colour, f"{number(value)} observé sur {number(aim)} : rapport de {number(ratio)}, {limit}"
    )


def judge_milestone(score: float, milestone: str, thresholds: Thresholds) -> Judgement:
    """The furthest milestone reached, on a scale from 0 to 1."""
    steps = thresholds.milestones
    facts = f"jalon « {milestone} » atteint ({number(score)})"
    if score >= steps.green:
        return Judgement(score, "GREEN", f"{facts}, au moins {number(steps.green)}")
    if score >= steps.yellow:
        return Judgement(score, "YELLOW", f"{facts}, entre {number(steps.yellow)} et {number(steps.green)}")
    return Judgement(score, "RED", f"{facts}, sous {number(steps.yellow)}")
