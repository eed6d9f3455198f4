"""How many women use a modern method, as far as service statistics can tell (Estimated Modern Use)?

The steps of Track20's SS-to-EMU (github.com/shaunamooney/ss2emu, 66eb2a5): one type of statistic; short methods by
their couple-years; long methods by continuation; the sectors that do not report; users over women of 15-49. It is not a
prevalence and never stands in for one.
"""

from collections.abc import Mapping, Sequence


def users_of_short_method(units: float, couple_years: float) -> float:
    """Women protected by the units given out in one year; `couple_years` a unit."""
    return units * couple_years


def users_of_long_method(
    insertions: Sequence[float], continuation: Sequence[float], scale: float
) -> list[float]:
    """Users at each year's end: who still uses what was inserted, and what was before the first year known.

    `continuation` is the share still using in the year of insertion, the next one, and so on. `scale` is 1 for a
    method as common before the first year as in it, 0 for one introduced then.
    """
    return [
        sum(
            number * weight
            for number, weight in zip(
                insertions, weights_of_long_method(continuation, scale, years), strict=False
            )
        )
        for years in range(1, len(insertions) + 1)
    ]


def weights_of_long_method(continuation: Sequence[float], scale: float, years: int) -> list[float]:
    """Users at the end of the last of so many years, for each insertion of the first, the second… the last."""
    lasting = [*continuation[:years], *[0.0] * (years - len(continuation))][::-1]
    lasting[0] += scale * sum(continuation[years:])
    return lasting


def reported_share(shares: Mapping[str, float], presence: Mapping[str, float]) -> float:
    """The share of a method's users whose sector reports (presence 1, 0.5 or 0 by sector); 1 when unknown."""
    share = sum(part * presence.get(sector, 0.0) for sector, part in shares.items())
    return min(share, 1.0) if share > 0 else 1.0


def between(surveys: Mapping[int, Mapping[str, float]], year: int) -> Mapping[str, float]:
    """The sectors' shares of a year: those of a survey, between two of them a straight line, outside the nearest."""
    known = sorted(surveys)
    before = max((one for one in known if one <= year), default=known[0])
    after = min((one for one in known if one >= year), default=known[-1])
    if before >= after:
        return surveys[before]
    way = (year - before) / (after - before)
    sectors = sorted({*surveys[before], *surveys[after]})
    return {
        sector: surveys[before].get(sector, 0.0) * (1 - way) + surveys[after].get(sector, 0.0) * way
        for sector in sectors
    }


def years_to_keep(reporting_rates: Mapping[str, float], minimum: float) -> list[str]:
    """The years whose reporting rate (0 to 1) allows an estimate."""
    return [year for year, rate in sorted(reporting_rates.items()) if rate >= minimum]
