"""What is in the schema `result`? What compute found; it switches once a run, in one transaction."""

from sqlalchemy import Index, Table

from warehouse.tables.columns import (
    BOOL,
    DATE,
    INT,
    METADATA,
    NUMBER,
    SMALL,
    TEXT,
    numbered,
    optional,
    part,
    required,
)

SERIES = Table(
    "series",
    METADATA,
    numbered("key", "number of the series"),
    required("indicator", TEXT, "code of plan.indicator"),
    required("disaggregation", TEXT, "as in age=15-24; empty for the total"),
    Index("series_name", "indicator", "disaggregation", unique=True),
    schema="result",
    comment="Every indicator, and every band of one, that ever had a result",
)

PERIOD = Table(
    "period",
    METADATA,
    part("key", INT, "yyyymm; quarters yyyy21 to yyyy24, half-years yyyy31 and yyyy32, the year yyyy00"),
    required("id", TEXT, "202603, 2026Q1, 2026S1 or 2026"),
    Index("period_id", "id", unique=True),
    schema="result",
    comment="Every period that ever had a result",
)

STATUS = Table(
    "status",
    METADATA,
    numbered("key", "number of the status", SMALL),
    required("name", TEXT, "computed, or why there is no value"),
    Index("status_name", "name", unique=True),
    schema="result",
    comment="What can be said of a value",
)

VALUE = Table(
    "value",
    METADATA,
    part("series", INT, "key of result.series"),
    part("period", INT, "key of result.period"),
    part("org_unit", INT, "key of source.org_unit"),
    required("run", INT, "run that last changed this row"),
    optional("numerator", NUMBER, "numerator, summed"),
    optional("denominator", NUMBER, "denominator, summed"),
    optional("value", NUMBER, "factor x numerator / denominator; the numerator of a count"),
    optional("completeness", NUMBER, "reports received / expected, 0 to 1; empty where none was expected"),
    required("status", SMALL, "key of result.status"),
    required("version", SMALL, "version of the indicator's formula it was computed by"),
    part("as_it_was", BOOL, "summed up the tree of that period; only where that differs from today's tree"),
    schema="result",
    comment="Indicator values with both parts; result.indicator_value shows them by name",
)

COMMITMENT_STATUS = Table(
    "commitment_status",
    METADATA,
    part("position", INT, "order of the rows"),
    required("commitment", TEXT, "code of the commitment"),
    required("code", TEXT, "of the commitment, result, process indicator or part"),
    required("kind", TEXT, "commitment, result, process or part"),
    optional("parent", TEXT, "code above"),
    required("label", TEXT, "French name"),
    optional("population", TEXT, "base or place of the value"),
    required("colour", TEXT, "computed status: GREEN, YELLOW, RED or GREY"),
    required("reason", TEXT, "French sentence: why this colour"),
    optional("value", NUMBER, "value found"),
    optional("value_date", TEXT, "year, month or day of the value"),
    optional("value_source", TEXT, "where the value found comes from"),
    optional("numerator", NUMBER, "numerator of a value from DHIS2"),
    optional("denominator", NUMBER, "denominator of a value from DHIS2"),
    optional("completeness", NUMBER, "completeness of a value from DHIS2, 0 to 1"),
    optional("baseline", NUMBER, "value at the start"),
    optional("baseline_year", SMALL, "year of the start"),
    optional("target", NUMBER, "value to reach"),
    optional("target_year", SMALL, "year to reach it"),
    optional("expected", NUMBER, "value the trajectory expects at the date of the value"),
    optional("expected_today", NUMBER, "value the trajectory expects on the day of the assessment"),
    optional("gap", NUMBER, "value - expected; value - target where no path is declared"),
    optional("progress", NUMBER, "(value - baseline) / (expected - baseline), or value / target"),
    optional("unit", TEXT, "unit of the value"),
    required("expired", BOOL, "whether the target year is over"),
    optional("proxy_indicator", TEXT, "indicator shown beside, never the value"),
    optional("proxy_trend", TEXT, "trend of that indicator"),
    required("assessed_on", DATE, "day of the assessment, on the server's clock"),
    required("run", INT, "run that wrote it"),
    schema="result",
    comment="Computed status of commitments, their results and process indicators",
)

PLAN_PROGRESS = Table(
    "plan_progress",
    METADATA,
    part("position", INT, "order of the rows"),
    required("line", TEXT, "code of the plan line"),
    required("label", TEXT, "French name of the line"),
    optional("quantity", NUMBER, "what the plan promises"),
    required("unit", TEXT, "unit of the quantity"),
    optional("expected", NUMBER, "quantity expected on the day of the assessment"),
    optional("actual", NUMBER, "quantity found, cumulated"),
    optional("gap", NUMBER, "actual - expected"),
    optional("ratio", NUMBER, "actual / expected"),
    required("colour", TEXT, "computed status: GREEN, YELLOW, RED or GREY"),
    required("reason", TEXT, "French sentence: why this colour"),
    optional("last_period", TEXT, "latest period entered"),
    optional("actual_source", TEXT, "document, author and date of the latest entry"),
    optional("companions", TEXT, "DHIS2 indicators shown beside, never the measure of the line"),
    required("assessed_on", DATE, "day of the assessment, on the server's clock"),
    required("run", INT, "run that wrote it"),
    schema="result",
    comment="Where each line of CAEB's plan stands",
)

DATA_QUALITY = Table(
    "data_quality",
    METADATA,
    part("position", INT, "order of the rows"),
    required("code", TEXT, "code of the statistic"),
    required("severity", TEXT, "warn or info"),
    optional("data_element", TEXT, "uid"),
    optional("variable", TEXT, "code of plan.variable"),
    optional("period", TEXT, "period it is about"),
    optional("org_unit", TEXT, "uid"),
    optional("category_option_combo", TEXT, "uid"),
    optional("attribute_option_combo", TEXT, "uid"),
    optional("value", TEXT, "what was found"),
    required("reason", TEXT, "French sentence"),
    required("run", INT, "run that wrote it"),
    required("source", TEXT, "name of the source"),
    schema="result",
    comment="What the statistics of data quality found; no value is ever adjusted",
)

POPULATION_CHECK = Table(
    "population_check",
    METADATA,
    part("position", INT, "order of the rows"),
    required("source", TEXT, "name of the source whose tree was summed"),
    required("check_name", TEXT, "French: who published the other total"),
    required("series", TEXT, "code of plan.population_series"),
    required("year", SMALL, "year of both totals"),
    required("total", NUMBER, "what the other source says"),
    required("found", NUMBER, "what the series adds up to"),
    required("difference_percent", NUMBER, "(found - total) / total x 100"),
    required("run", INT, "run that wrote it"),
    schema="result",
    comment="Other population totals beside ours; never a denominator",
)

DIGEST = Table(
    "digest",
    METADATA,
    numbered("key", "number of the row"),
    required(
        "what", TEXT, "value/<period>, commitment_status, plan_progress, data_quality or population_check"
    ),
    required("sha256", TEXT, "of the rows as written; the same rows are not written twice"),
    required("run", INT, "run that wrote them"),
    schema="result",
    comment="Fingerprints of the results, so that an unchanged one is not written",
)
