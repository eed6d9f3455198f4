"""What is in the schema `plan`? What `mappings/` declares, loaded whole whenever it changes."""

from sqlalchemy import Table

from warehouse.tables.columns import BOOL, INT, METADATA, NUMBER, SMALL, TEXT, optional, part, required

VERSION = Table(
    "version",
    METADATA,
    part("hash", TEXT, "sha256 of everything in this schema; the same hash is not loaded twice"),
    required("mappings_digest", TEXT, "sha256 of the declaration files"),
    required("run", INT, "run that loaded it"),
    schema="plan",
    comment="Which version of the declarations is loaded: one row",
)

VARIABLE = Table(
    "variable",
    METADATA,
    part("code", TEXT, "name in mappings/variables"),
    required("name", TEXT, "French name"),
    required("unit", TEXT, "what is counted"),
    required("over_time", TEXT, "sum, last or average over months"),
    required("period_type", TEXT, "Monthly or Yearly"),
    required("absence", TEXT, "what a missing cell means: missing, zero-if-reported"),
    required("dimensions", TEXT, "its dimensions, comma separated"),
    schema="plan",
    comment="Countable things, whatever the sources call them",
)

VARIABLE_DISAGGREGATION = Table(
    "variable_disaggregation",
    METADATA,
    part("key", INT, "number of the pair in this version"),
    required("variable", TEXT, "code of plan.variable"),
    required("disaggregation", TEXT, "as in age=15-24|method=implant; empty when there is none"),
    schema="plan",
    comment="What a source cell is counted as: a variable and one of its disaggregations",
)

VARIABLE_CELL = Table(
    "variable_cell",
    METADATA,
    part("data_element", INT, "key of source.data_element"),
    part("category_option_combo", INT, "key of source.category_option_combo"),
    part("variable_disaggregation", INT, "key of plan.variable_disaggregation"),
    part("valid_from", INT, "first month yyyymm; 0: always"),
    required("valid_to", INT, "last month yyyymm; 999912: until further notice"),
    schema="plan",
    comment="The map: source cell -> variable and disaggregation",
)

FORMULA = Table(
    "formula",
    METADATA,
    part("indicator", TEXT, "code of plan.indicator"),
    part("version", SMALL, "number of the formula"),
    required("valid_from", INT, "first month yyyymm; 1: as far back as there are values"),
    required("valid_to", INT, "last month yyyymm; 999912: until further notice"),
    required("numerator", TEXT, "expression over variables"),
    optional("denominator", TEXT, "expression over variables and populations; empty: a count"),
    required("factor", NUMBER, "what the ratio is multiplied by"),
    required("annualised", BOOL, "whether the denominator is person-time"),
    optional("reason", TEXT, "why it was given up; empty for the one in force"),
    schema="plan",
    comment="Every formula an indicator ever had, and the months it is valid in",
)

CORRECTION = Table(
    "correction",
    METADATA,
    part("number", INT, "position in corrections.yaml"),
    required("source", TEXT, "name of the source"),
    required("data_element", TEXT, "uid"),
    required("org_unit", TEXT, "uid"),
    required("period", TEXT, "DHIS2 period id"),
    optional("category_option_combo", TEXT, "uid; empty: all of them"),
    required("value", TEXT, "left out only while the cell still holds this text"),
    required("reason", TEXT, "French: what is wrong"),
    optional("told", TEXT, "who was told at the source"),
    required("date", TEXT, "when it was written down"),
    schema="plan",
    comment="Cells that are left out of compute because they are known to be wrong",
)

INDICATOR = Table(
    "indicator",
    METADATA,
    part("code", TEXT, "stable code, as in PAL-TPR"),
    required("name", TEXT, "French name"),
    required("short_name", TEXT, "French name of at most 50 characters"),
    required("definition", TEXT, "French definition"),
    required("unit", TEXT, "unit of the value"),
    required("factor", NUMBER, "what the ratio is multiplied by"),
    required("numerator", TEXT, "expression over variables"),
    optional("denominator", TEXT, "expression over variables and populations; empty: a count"),
    required("annualised", BOOL, "whether the denominator is person-time"),
    required("over_time", TEXT, "sum or last over months"),
    required("direction", TEXT, "which way is better: up, down, none"),
    required("theme", TEXT, "French theme"),
    required("owner", TEXT, "who answers for it"),
    required("source", TEXT, "where the definition comes from"),
    optional("note", TEXT, "what to know before using it"),
    required("decimals", SMALL, "decimals when shown"),
    schema="plan",
    comment="The catalogue of indicators",
)

TERM = Table(
    "term",
    METADATA,
    part("position", INT, "position in the list of terms"),
    required("indicator", TEXT, "code of plan.indicator"),
    required("disaggregation", TEXT, "band the row is for; empty for the total"),
    required("part", TEXT, "numerator or denominator"),
    required("kind", TEXT, "variable or population"),
    required("name", TEXT, "code of the variable or measure"),
    required("filter", TEXT, "disaggregation of the variable that is taken"),
    required("coefficient", NUMBER, "what it is multiplied by"),
    schema="plan",
    comment="An indicator's part is the sum over its terms of coefficient x variable",
)

DISAGGREGATION = Table(
    "disaggregation",
    METADATA,
    part("disaggregation", TEXT, "stable text, as in age=15-24|method=implant"),
    required("label", TEXT, "French label"),
    schema="plan",
    comment="French labels of disaggregations",
)

LEVEL = Table(
    "level",
    METADATA,
    part("level", SMALL, "depth in the tree; 1 is the country"),
    required("name", TEXT, "French name"),
    schema="plan",
    comment="French names of the levels of the org-unit tree",
)

POPULATION_SERIES = Table(
    "population_series",
    METADATA,
    part("code", TEXT, "name in populations.yaml"),
    required("name", TEXT, "French name"),
    optional("variable", TEXT, "yearly variable that holds it"),
    optional("base_year", SMALL, "year of the totals typed in the declaration"),
    optional("growth", NUMBER, "yearly growth"),
    required("source", TEXT, "where it comes from"),
    optional("note", TEXT, "what to know before using it"),
    schema="plan",
    comment="Where population totals come from",
)

POPULATION_MEASURE = Table(
    "population_measure",
    METADATA,
    part("code", TEXT, "name in populations.yaml"),
    required("name", TEXT, "French name"),
    required("series", TEXT, "series in order of priority, comma separated"),
    required("level", SMALL, "lowest declared level; summed upwards from there"),
    required("share", TEXT, "share of the series: one number, or year: number"),
    required("source", TEXT, "where the share comes from"),
    optional("note", TEXT, "what to know before using it"),
    schema="plan",
    comment="Denominators: shares of a population series",
)

REFERENCE_VALUE = Table(
    "reference_value",
    METADATA,
    part("indicator", TEXT, "name of the quantity"),
    part("year", SMALL, "year it stands for"),
    part("population", TEXT, "base: all women, married women, …"),
    part("kind", TEXT, "SURVEY, MODEL or BUDGET"),
    part("source", TEXT, "document it comes from"),
    required("value", NUMBER, "the value"),
    optional("note", TEXT, "what to know before using it"),
    schema="plan",
    comment="What DHIS2 does not hold: survey values, model estimates, budgets",
)

CATALOGUE = Table(
    "catalogue",
    METADATA,
    part("code", TEXT, "stable code, of plan.indicator or plan.reference_value"),
    required("kind", TEXT, "dhis2, or reference: surveys, models and budgets"),
    required("name", TEXT, "French name"),
    required("short_name", TEXT, "French name of at most 50 characters"),
    required("definition", TEXT, "French definition"),
    required("unit", TEXT, "unit of the value"),
    required("theme", TEXT, "French theme"),
    required("owner", TEXT, "who answers for it"),
    required("source", TEXT, "where the definition comes from"),
    optional("note", TEXT, "what to know before using it"),
    required("version", SMALL, "version of the formula in force"),
    optional("grey", TEXT, "why there can be no value, in French; empty: nothing stands in its way"),
    schema="plan",
    comment="Every indicator that is promised, whatever feeds it, or why nothing does",
)

REMARK = Table(
    "remark",
    METADATA,
    part("indicator", TEXT, "code of plan.indicator"),
    part("disaggregation", TEXT, "band the remark is about; empty for the total"),
    required(
        "remark",
        TEXT,
        "French: bands that overlap or are not those the source prints, numbers nobody has given",
    ),
    schema="plan",
    comment="What to know of the bands a series rests on",
)
