"""What a foreign DHIS2's metadata would be in the declarations: variables, dimensions, and what nobody can guess.

A draft only adds. What a person wrote is never read again as something to improve: an element that a variable of this
source names, or that stands in a comment of `variables/`, is left alone.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from layidu.mapping.contracts import Mappings
from layidu.mapping.draft_names import band_of, key_of, plain
from layidu.mapping.servercheck import AVERAGED, NUMERIC, OVER_TIME, RATIOS
from layidu.mapping.terms import BUILT_IN, DATA_SET
from layidu.model.metadata import Metadata

PERIOD_TYPES = ("Monthly", "Yearly")


@dataclass(frozen=True, slots=True)
class DraftBand:
    """One band of a drafted dimension."""

    key: str
    name: str
    minimum: int | None
    maximum: int | None


@dataclass(slots=True)
class DraftDimension:
    """A category as a dimension; `new` when the declarations did not have it."""

    key: str
    name: str
    bands: dict[str, DraftBand] = field(default_factory=dict)  # option uid -> band
    new: bool = True


@dataclass(frozen=True, slots=True)
class DraftVariable:
    """A data element as a variable, or (`known`) as the missing cells of one that is declared."""

    key: str
    name: str
    data_element: str
    data_set: str  # uid of the first data set that holds it
    over_time: str
    period_type: str
    dimensions: tuple[DraftDimension, ...]
    known: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A data element that makes no variable, and why, as a French phrase."""

    data_element: str
    name: str
    data_set: str
    reason: str


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything a draft proposes for some data sets."""

    source: str
    data_sets: Mapping[str, str]  # uid -> name
    variables: tuple[DraftVariable, ...]
    dimensions: tuple[DraftDimension, ...]
    left_out: tuple[LeftOut, ...]


def draft(
    mappings: Mappings,
    source: str,
    metadata: Metadata,
    *,
    commented: frozenset[str] = frozenset(),
    fillable: frozenset[str] = frozenset(),
) -> Draft:
    """Propose declarations for all elements of the metadata's data sets that have none.

    `commented` uids were set aside by a person; `fillable` variables may be given cells where they have none.
    """
    return Drafter(mappings, source, metadata, commented, fillable).draft()


class Drafter:
    """Goes through the elements once, in the order of data sets and names."""

    def __init__(
        self,
        mappings: Mappings,
        source: str,
        metadata: Metadata,
        commented: frozenset[str],
        fillable: frozenset[str],
    ) -> None:
        self.mappings = mappings
        self.source = source
        self.metadata = metadata
        self.mapped = commented | {
            cell.data_element for one in mappings.variables.values() for cell in one.cells.get(source) or ()
        }
        measures = mappings.populations.measures if mappings.populations else {}
        self.taken = {*mappings.variables, *measures, *BUILT_IN}
        self.dimensions: dict[str, DraftDimension] = {}  # category uid -> dimension
        self.waiting = waiting_by_name(mappings, fillable)
        self.categories = categories_by_element(metadata)

    def draft(self) -> Draft:
        """All of it."""
        variables: list[DraftVariable] = []
        left_out: list[LeftOut] = []
        for row in self.elements():
            reason = reason_to_leave(row)
            if reason:
                left_out.append(LeftOut(row["uid"], row["name"], row["data_set"], reason))
            else:
                variables.append(self.variable(row))
        used = {one.key for variable in variables for one in variable.dimensions}
        sets = self.metadata.data_sets
        return Draft(
            source=self.source,
            data_sets=dict(zip(sets["uid"].tolist(), sets["name"].tolist(), strict=True)),
            variables=tuple(variables),
            dimensions=tuple(one for one in self.dimensions.values() if one.new and one.key in used),
            left_out=tuple(left_out),
        )

    def elements(self) -> Iterator[dict[str, str]]:
        """The elements nobody has mapped, each once, in its first data set."""
        sets = self.metadata.data_sets[["uid", "name", "period_type"]]
        sets = sets.rename(columns={"uid": "data_set", "name": "data_set_name"})
        elements = self.metadata.data_elements[["uid", "name", "value_type", "aggregation_type"]]
        members = self.metadata.data_set_elements.merge(sets, on="data_set")
        rows = members.merge(elements, left_on="data_element", right_on="uid")
        rows = rows.sort_values(["data_set_name", "name", "uid"], kind="stable").drop_duplicates("uid")
        for row in rows.to_dict("records"):
            if row["uid"] not in self.mapped:
                yield {str(name): str(value) for name, value in row.items()}

    def variable(self, row: Mapping[str, str]) -> DraftVariable:
        """One element as a variable, under the name of a declared one that waits for it, or a name of its own."""
        dimensions = tuple(self.dimension(uid) for uid in self.categories.get(row["uid"], {}))
        waiting = self.waiting.pop(plain(row["name"]), None)
        known = waiting is not None and self.fits(waiting, row, dimensions)
        key = waiting if known and waiting is not None else key_of(row["name"], self.taken)
        self.taken.add(key)
        return DraftVariable(
            key=key,
            name=row["name"],
            data_element=row["uid"],
            data_set=row["data_set"],
            over_time=OVER_TIME.get(row["aggregation_type"], "sum"),
            period_type=row["period_type"],
            dimensions=dimensions,
            known=known,
        )

    def fits(self, name: str, row: Mapping[str, str], dimensions: tuple[DraftDimension, ...]) -> bool:
        """Whether a declared variable is split as the element is: then its cells can be proposed."""
        variable = self.mappings.variables[name]
        same = sorted(variable.dimensions) == sorted(one.key for one in dimensions)
        return same and variable.period_type == row["period_type"]

    def dimension(self, category: str) -> DraftDimension:
        """A category as a dimension: a declared one whose bands its options are, else a new one."""
        if category in self.dimensions:
            return self.dimensions[category]
        rows = self.metadata.combo_options
        rows = rows[rows["category"] == category].drop_duplicates("category_option")
        options = dict(
            zip(rows["category_option"].tolist(), map(str, rows["category_option_name"]), strict=True)
        )
        name = str(rows["category_name"].iloc[0])
        found = self.declared(options) or self.new(name, options)
        self.dimensions[category] = found
        return found

    def declared(self, options: Mapping[str, str]) -> DraftDimension | None:
        """A declared dimension that has a band for every option, by its name or its key."""
        for key, dimension in self.mappings.dimensions.items():
            by_name = {plain(band.name): name for name, band in dimension.bands.items()}
            by_name |= {plain(name): name for name in dimension.bands}
            if options and all(plain(one) in by_name for one in options.values()):
                bands = {uid: by_name[plain(name)] for uid, name in options.items()}
                return DraftDimension(
                    key,
                    dimension.name,
                    {uid: DraftBand(band, options[uid], None, None) for uid, band in bands.items()},
                    new=False,
                )
        return None

    def new(self, name: str, options: Mapping[str, str]) -> DraftDimension:
        """A dimension of its own, its bands in the order of ages where they are ages."""
        taken = {*self.mappings.dimensions, DATA_SET, *(one.key for one in self.dimensions.values())}
        found = DraftDimension(key_of(name, taken), name)
        by_name: dict[str, DraftBand] = {}
        for uid, option in sorted(options.items(), key=lambda item: in_order(item[1])):
            if option not in by_name:
                key, minimum, maximum = band_of(option, {one.key for one in by_name.values()})
                by_name[option] = DraftBand(key, option, minimum, maximum)
            found.bands[uid] = by_name[option]
        return found


def in_order(option: str) -> tuple[int, str]:
    """Options by the first number in their name, then by the name."""
    number = re.search(r"\d+", option)
    return (int(number.group()) if number else -1, plain(option))


def reason_to_leave(row: Mapping[str, str]) -> str:
    """Why an element makes no variable; empty when it makes one."""
    if row["value_type"] not in NUMERIC:
        return f"pas un nombre ({row['value_type']})"
    if row["value_type"] in RATIOS or row["aggregation_type"] in AVERAGED:
        return f"un taux ou une moyenne ({row['aggregation_type']}) : relever ses deux parts, s'il y en a"
    if row["period_type"] not in PERIOD_TYPES:
        return f"saisi par {row['period_type']} : copié et vérifié, pas calculé"
    return ""


def waiting_by_name(mappings: Mappings, fillable: frozenset[str]) -> dict[str, str]:
    """Name or label of another source's cell -> the variable that has no cells for this source yet."""
    found: dict[str, str] = {}
    for key in sorted(fillable):
        variable = mappings.variables[key]
        labels = [cell.label for cells in variable.cells.values() for cell in cells or () if cell.label]
        for name in (variable.name, *labels):
            found.setdefault(plain(name), key)
    return found


def categories_by_element(metadata: Metadata) -> dict[str, dict[str, None]]:
    """Data element -> the categories (uids) that split it, in a fixed order; `default` splits nothing."""
    combos = metadata.category_option_combos[["uid", "category_combo"]]
    options = metadata.combo_options
    real = options[options["category"].notna() & ~options["category_name"].eq("default")]
    of_combo = combos.merge(real, left_on="uid", right_on="category_option_combo")
    of_combo = of_combo[["category_combo", "category", "category_name"]].drop_duplicates()
    joined: pd.DataFrame = metadata.data_set_elements.merge(of_combo, on="category_combo")
    joined = joined.sort_values(["category_name", "category"])
    found: dict[str, dict[str, None]] = {}
    for element, category in joined[["data_element", "category"]].itertuples(index=False, name=None):
        found.setdefault(str(element), {})[str(category)] = None
    return found
