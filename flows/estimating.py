"""What does Estimated Modern Use take from the warehouse: the years before, and since when the copy is whole?"""

from collections import Counter
from collections.abc import Collection

import pandas as pd

from layidu.compute.estimated_use import EstimatedUsers, estimated_users, years_needed
from layidu.mapping.contracts import Mappings
from layidu.mapping.terms import USERS
from layidu.model.frames import MAPPED_SUMS
from warehouse import read_sums
from warehouse.connect import Warehouse
from warehouse.other_plan import OtherPlan

MONTHS = 12


def users_of(
    warehouse: Warehouse,
    mappings: Mappings,
    source: str,
    terms: pd.DataFrame,
    year: int,
    other: OtherPlan | None = None,
) -> EstimatedUsers | None:
    """What a unit stands for in a year, and who goes on from earlier years; None where nothing asks for it."""
    of_users = terms[terms["kind"] == USERS].reset_index(drop=True)
    if of_users.empty or mappings.methods is None:
        return None
    dimension, first = basis(warehouse, mappings, source, of_users)
    needed = years_needed(mappings.methods, of_users, dimension, first, year)
    wanted = set(zip(of_users["name"], of_users["filter"], strict=True))
    earlier = read_sums.sums_by_year(warehouse, source, needed, wanted, other)
    return estimated_users(mappings.methods, of_users, dimension, MAPPED_SUMS.check(earlier), first, year)


def basis(warehouse: Warehouse, mappings: Mappings, source: str, terms: pd.DataFrame) -> tuple[str, int]:
    """The dimension that names the methods, and the first year that is known whole."""
    indicators = [mappings.indicators[code] for code in sorted(set(terms["indicator"]))]
    weights = [one.numerator_weights for one in indicators if one.numerator_weights]
    declared = mappings.methods.estimated_use if mappings.methods else None
    if declared is not None and declared.first_year is not None:
        return weights[0].dimension, declared.first_year
    data_sets = sorted({uid for one in indicators for uid in one.data_sets.get(source, [])})
    return weights[0].dimension, first_whole_year(read_sums.copied_months(warehouse, source, data_sets))


def first_whole_year(months: Collection[int]) -> int:
    """The first year with its twelve months; a year that never comes where none has them."""
    counted = Counter(month // 100 for month in months)
    return min((year for year, number in counted.items() if number == MONTHS), default=9999)


def with_later(years: Collection[int], known: Collection[int], mappings: Mappings) -> list[int]:
    """These years, and the later ones: a method inserted in a year makes users of the next ones."""
    methods = mappings.methods.methods.values() if mappings.methods else ()
    if not years or not any(one.use is not None and one.use.continuation for one in methods):
        return sorted(years)
    return [year for year in sorted(known) if year in years or year > min(years)]
