-- The tables of source, plan, result and run, as warehouse/tables declares them at this revision.

CREATE TABLE plan.commitment (
    commitment TEXT NOT NULL,
    result TEXT NOT NULL,
    label TEXT NOT NULL,
    type TEXT NOT NULL,
    result_name TEXT,
    reference TEXT,
    population TEXT,
    baseline DOUBLE PRECISION,
    baseline_year SMALLINT,
    target DOUBLE PRECISION,
    target_year SMALLINT,
    trajectory TEXT,
    direction TEXT,
    unit TEXT,
    proxies TEXT,
    source TEXT NOT NULL,
    note TEXT,
    PRIMARY KEY (commitment, result)
);
COMMENT ON TABLE plan.commitment IS 'FP2030 commitments and the results they are judged by';
COMMENT ON COLUMN plan.commitment.commitment IS 'code of the commitment';
COMMENT ON COLUMN plan.commitment.result IS 'name of the result it is judged by; empty: none is declared';
COMMENT ON COLUMN plan.commitment.label IS 'French text of the commitment';
COMMENT ON COLUMN plan.commitment.type IS 'kind of commitment';
COMMENT ON COLUMN plan.commitment.result_name IS 'French name of the result';
COMMENT ON COLUMN plan.commitment.reference IS 'quantity of plan.reference_value';
COMMENT ON COLUMN plan.commitment.population IS 'base of the reference values';
COMMENT ON COLUMN plan.commitment.baseline IS 'value at the start';
COMMENT ON COLUMN plan.commitment.baseline_year IS 'year of the start';
COMMENT ON COLUMN plan.commitment.target IS 'value to reach';
COMMENT ON COLUMN plan.commitment.target_year IS 'year to reach it';
COMMENT ON COLUMN plan.commitment.trajectory IS 'path from baseline to target';
COMMENT ON COLUMN plan.commitment.direction IS 'up or down';
COMMENT ON COLUMN plan.commitment.unit IS 'unit of the target';
COMMENT ON COLUMN plan.commitment.proxies IS 'indicators shown beside, never a colour; comma separated';
COMMENT ON COLUMN plan.commitment.source IS 'document it comes from';
COMMENT ON COLUMN plan.commitment.note IS 'what to know before using it';

CREATE TABLE plan.correction (
    number INTEGER NOT NULL,
    source TEXT NOT NULL,
    data_element TEXT NOT NULL,
    org_unit TEXT NOT NULL,
    period TEXT NOT NULL,
    category_option_combo TEXT,
    value TEXT NOT NULL,
    reason TEXT NOT NULL,
    told TEXT,
    date TEXT NOT NULL,
    PRIMARY KEY (number)
);
COMMENT ON TABLE plan.correction IS 'Cells that are left out of compute because they are known to be wrong';
COMMENT ON COLUMN plan.correction.number IS 'position in corrections.yaml';
COMMENT ON COLUMN plan.correction.source IS 'name of the source';
COMMENT ON COLUMN plan.correction.data_element IS 'uid';
COMMENT ON COLUMN plan.correction.org_unit IS 'uid';
COMMENT ON COLUMN plan.correction.period IS 'DHIS2 period id';
COMMENT ON COLUMN plan.correction.category_option_combo IS 'uid; empty: all of them';
COMMENT ON COLUMN plan.correction.value IS 'left out only while the cell still holds this text';
COMMENT ON COLUMN plan.correction.reason IS 'French: what is wrong';
COMMENT ON COLUMN plan.correction.told IS 'who was told at the source';
COMMENT ON COLUMN plan.correction.date IS 'when it was written down';

CREATE TABLE plan.disaggregation (
    disaggregation TEXT NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (disaggregation)
);
COMMENT ON TABLE plan.disaggregation IS 'French labels of disaggregations';
COMMENT ON COLUMN plan.disaggregation.disaggregation IS 'stable text, as in age=15-24|method=implant';
COMMENT ON COLUMN plan.disaggregation.label IS 'French label';

CREATE TABLE plan.indicator (
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    short_name TEXT NOT NULL,
    definition TEXT NOT NULL,
    unit TEXT NOT NULL,
    factor DOUBLE PRECISION NOT NULL,
    numerator TEXT NOT NULL,
    denominator TEXT,
    annualised BOOLEAN NOT NULL,
    over_time TEXT NOT NULL,
    direction TEXT NOT NULL,
    theme TEXT NOT NULL,
    owner TEXT NOT NULL,
    source TEXT NOT NULL,
    note TEXT,
    decimals SMALLINT NOT NULL,
    PRIMARY KEY (code)
);
COMMENT ON TABLE plan.indicator IS 'The catalogue of indicators';
COMMENT ON COLUMN plan.indicator.code IS 'stable code, as in PAL-TPR';
COMMENT ON COLUMN plan.indicator.name IS 'French name';
COMMENT ON COLUMN plan.indicator.short_name IS 'French name of at most 50 characters';
COMMENT ON COLUMN plan.indicator.definition IS 'French definition';
COMMENT ON COLUMN plan.indicator.unit IS 'unit of the value';
COMMENT ON COLUMN plan.indicator.factor IS 'what the ratio is multiplied by';
COMMENT ON COLUMN plan.indicator.numerator IS 'expression over variables';
COMMENT ON COLUMN plan.indicator.denominator IS 'expression over variables and populations; empty: a count';
COMMENT ON COLUMN plan.indicator.annualised IS 'whether the denominator is person-time';
COMMENT ON COLUMN plan.indicator.over_time IS 'sum or last over months';
COMMENT ON COLUMN plan.indicator.direction IS 'which way is better: up, down, none';
COMMENT ON COLUMN plan.indicator.theme IS 'French theme';
COMMENT ON COLUMN plan.indicator.owner IS 'who answers for it';
COMMENT ON COLUMN plan.indicator.source IS 'where the definition comes from';
COMMENT ON COLUMN plan.indicator.note IS 'what to know before using it';
COMMENT ON COLUMN plan.indicator.decimals IS 'decimals when shown';

CREATE TABLE plan.level (
    level SMALLINT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (level)
);
COMMENT ON TABLE plan.level IS 'French names of the levels of the org-unit tree';
COMMENT ON COLUMN plan.level.level IS 'depth in the tree; 1 is the country';
COMMENT ON COLUMN plan.level.name IS 'French name';

CREATE TABLE plan.plan_line (
    line TEXT NOT NULL,
    label TEXT NOT NULL,
    sector TEXT NOT NULL,
    quantity DOUBLE PRECISION,
    unit TEXT NOT NULL,
    responsible TEXT,
    calculation TEXT NOT NULL,
    phasing TEXT NOT NULL,
    phasing_status TEXT NOT NULL,
    companions TEXT NOT NULL,
    source TEXT NOT NULL,
    note TEXT,
    PRIMARY KEY (line)
);
COMMENT ON TABLE plan.plan_line IS 'The lines of CAEB''s plan';
COMMENT ON COLUMN plan.plan_line.line IS 'code of the line';
COMMENT ON COLUMN plan.plan_line.label IS 'French text of the line';
COMMENT ON COLUMN plan.plan_line.sector IS 'sector of the plan';
COMMENT ON COLUMN plan.plan_line.quantity IS 'what the plan promises; empty: not printed';
COMMENT ON COLUMN plan.plan_line.unit IS 'unit of the quantity';
COMMENT ON COLUMN plan.plan_line.responsible IS 'who is responsible';
COMMENT ON COLUMN plan.plan_line.calculation IS 'how the actual quantity is found';
COMMENT ON COLUMN plan.plan_line.phasing IS 'year: cumulative share, comma separated';
COMMENT ON COLUMN plan.plan_line.phasing_status IS 'proposed or validated';
COMMENT ON COLUMN plan.plan_line.companions IS 'indicators shown beside, comma separated';
COMMENT ON COLUMN plan.plan_line.source IS 'document it comes from';
COMMENT ON COLUMN plan.plan_line.note IS 'what to know before using it';

CREATE TABLE plan.population_measure (
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    series TEXT NOT NULL,
    level SMALLINT NOT NULL,
    share TEXT NOT NULL,
    source TEXT NOT NULL,
    note TEXT,
    PRIMARY KEY (code)
);
COMMENT ON TABLE plan.population_measure IS 'Denominators: shares of a population series';
COMMENT ON COLUMN plan.population_measure.code IS 'name in populations.yaml';
COMMENT ON COLUMN plan.population_measure.name IS 'French name';
COMMENT ON COLUMN plan.population_measure.series IS 'series in order of priority, comma separated';
COMMENT ON COLUMN plan.population_measure.level IS 'lowest declared level; summed upwards from there';
COMMENT ON COLUMN plan.population_measure.share IS 'share of the series: one number, or year: number';
COMMENT ON COLUMN plan.population_measure.source IS 'where the share comes from';
COMMENT ON COLUMN plan.population_measure.note IS 'what to know before using it';

CREATE TABLE plan.population_series (
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    variable TEXT,
    base_year SMALLINT,
    growth DOUBLE PRECISION,
    source TEXT NOT NULL,
    note TEXT,
    PRIMARY KEY (code)
);
COMMENT ON TABLE plan.population_series IS 'Where population totals come from';
COMMENT ON COLUMN plan.population_series.code IS 'name in populations.yaml';
COMMENT ON COLUMN plan.population_series.name IS 'French name';
COMMENT ON COLUMN plan.population_series.variable IS 'yearly variable that holds it';
COMMENT ON COLUMN plan.population_series.base_year IS 'year of the totals typed in the declaration';
COMMENT ON COLUMN plan.population_series.growth IS 'yearly growth';
COMMENT ON COLUMN plan.population_series.source IS 'where it comes from';
COMMENT ON COLUMN plan.population_series.note IS 'what to know before using it';

CREATE TABLE plan.reference_value (
    indicator TEXT NOT NULL,
    year SMALLINT NOT NULL,
    population TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    note TEXT,
    PRIMARY KEY (indicator, year, population, kind, source)
);
COMMENT ON TABLE plan.reference_value IS 'What DHIS2 does not hold: survey values, model estimates, budgets';
COMMENT ON COLUMN plan.reference_value.indicator IS 'name of the quantity';
COMMENT ON COLUMN plan.reference_value.year IS 'year it stands for';
COMMENT ON COLUMN plan.reference_value.population IS 'base: all women, married women, …';
COMMENT ON COLUMN plan.reference_value.kind IS 'SURVEY, MODEL or BUDGET';
COMMENT ON COLUMN plan.reference_value.source IS 'document it comes from';
COMMENT ON COLUMN plan.reference_value.value IS 'the value';
COMMENT ON COLUMN plan.reference_value.note IS 'what to know before using it';

CREATE TABLE plan.term (
    position INTEGER NOT NULL,
    indicator TEXT NOT NULL,
    disaggregation TEXT NOT NULL,
    part TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    filter TEXT NOT NULL,
    coefficient DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (position)
);
COMMENT ON TABLE plan.term IS 'An indicator''s part is the sum over its terms of coefficient x variable';
COMMENT ON COLUMN plan.term.position IS 'position in the list of terms';
COMMENT ON COLUMN plan.term.indicator IS 'code of plan.indicator';
COMMENT ON COLUMN plan.term.disaggregation IS 'band the row is for; empty for the total';
COMMENT ON COLUMN plan.term.part IS 'numerator or denominator';
COMMENT ON COLUMN plan.term.kind IS 'variable or population';
COMMENT ON COLUMN plan.term.name IS 'code of the variable or measure';
COMMENT ON COLUMN plan.term.filter IS 'disaggregation of the variable that is taken';
COMMENT ON COLUMN plan.term.coefficient IS 'what it is multiplied by';

CREATE TABLE plan.variable (
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    over_time TEXT NOT NULL,
    period_type TEXT NOT NULL,
    absence TEXT NOT NULL,
    dimensions TEXT NOT NULL,
    PRIMARY KEY (code)
);
COMMENT ON TABLE plan.variable IS 'Countable things, whatever the sources call them';
COMMENT ON COLUMN plan.variable.code IS 'name in mappings/variables';
COMMENT ON COLUMN plan.variable.name IS 'French name';
COMMENT ON COLUMN plan.variable.unit IS 'what is counted';
COMMENT ON COLUMN plan.variable.over_time IS 'sum, last or average over months';
COMMENT ON COLUMN plan.variable.period_type IS 'Monthly or Yearly';
COMMENT ON COLUMN plan.variable.absence IS 'what a missing cell means: missing, zero-if-reported';
COMMENT ON COLUMN plan.variable.dimensions IS 'its dimensions, comma separated';

CREATE TABLE plan.variable_cell (
    data_element INTEGER NOT NULL,
    category_option_combo INTEGER NOT NULL,
    variable_disaggregation INTEGER NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_to INTEGER NOT NULL,
    PRIMARY KEY (data_element, category_option_combo, variable_disaggregation, valid_from)
);
COMMENT ON TABLE plan.variable_cell IS 'The map: source cell -> variable and disaggregation';
COMMENT ON COLUMN plan.variable_cell.data_element IS 'key of source.data_element';
COMMENT ON COLUMN plan.variable_cell.category_option_combo IS 'key of source.category_option_combo';
COMMENT ON COLUMN plan.variable_cell.variable_disaggregation IS 'key of plan.variable_disaggregation';
COMMENT ON COLUMN plan.variable_cell.valid_from IS 'first month yyyymm; 0: always';
COMMENT ON COLUMN plan.variable_cell.valid_to IS 'last month yyyymm; 999912: until further notice';

CREATE TABLE plan.variable_disaggregation (
    key INTEGER NOT NULL,
    variable TEXT NOT NULL,
    disaggregation TEXT NOT NULL,
    PRIMARY KEY (key)
);
COMMENT ON TABLE plan.variable_disaggregation IS 'What a source cell is counted as: a variable and one of its disaggregations';
COMMENT ON COLUMN plan.variable_disaggregation.key IS 'number of the pair in this version';
COMMENT ON COLUMN plan.variable_disaggregation.variable IS 'code of plan.variable';
COMMENT ON COLUMN plan.variable_disaggregation.disaggregation IS 'as in age=15-24|method=implant; empty when there is none';

CREATE TABLE plan.version (
    hash TEXT NOT NULL,
    mappings_digest TEXT NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (hash)
);
COMMENT ON TABLE plan.version IS 'Which version of the declarations is loaded: one row';
COMMENT ON COLUMN plan.version.hash IS 'sha256 of everything in this schema; the same hash is not loaded twice';
COMMENT ON COLUMN plan.version.mappings_digest IS 'sha256 of the declaration files';
COMMENT ON COLUMN plan.version.run IS 'run that loaded it';

CREATE TABLE result.commitment_status (
    position INTEGER NOT NULL,
    commitment TEXT NOT NULL,
    result TEXT,
    name TEXT,
    population TEXT,
    year INTEGER,
    baseline DOUBLE PRECISION,
    target DOUBLE PRECISION,
    expected DOUBLE PRECISION,
    actual DOUBLE PRECISION,
    actual_source TEXT,
    progress DOUBLE PRECISION,
    colour TEXT,
    reason TEXT,
    proxy_indicator TEXT,
    proxy_trend TEXT,
    run INTEGER NOT NULL,
    PRIMARY KEY (position)
);
COMMENT ON TABLE result.commitment_status IS 'Where each commitment stands';
COMMENT ON COLUMN result.commitment_status.position IS 'order of the rows';
COMMENT ON COLUMN result.commitment_status.commitment IS 'code of the commitment';
COMMENT ON COLUMN result.commitment_status.result IS 'result it is judged by';
COMMENT ON COLUMN result.commitment_status.name IS 'French name';
COMMENT ON COLUMN result.commitment_status.population IS 'base of the value';
COMMENT ON COLUMN result.commitment_status.year IS 'year of the assessment';
COMMENT ON COLUMN result.commitment_status.baseline IS 'value at the start';
COMMENT ON COLUMN result.commitment_status.target IS 'value to reach';
COMMENT ON COLUMN result.commitment_status.expected IS 'value the trajectory expects that year';
COMMENT ON COLUMN result.commitment_status.actual IS 'value found';
COMMENT ON COLUMN result.commitment_status.actual_source IS 'where the value found comes from';
COMMENT ON COLUMN result.commitment_status.progress IS '(actual - baseline) / (expected - baseline)';
COMMENT ON COLUMN result.commitment_status.colour IS 'green, yellow, red or grey';
COMMENT ON COLUMN result.commitment_status.reason IS 'French sentence: why this colour';
COMMENT ON COLUMN result.commitment_status.proxy_indicator IS 'indicator shown beside, never the value';
COMMENT ON COLUMN result.commitment_status.proxy_trend IS 'trend of that indicator';
COMMENT ON COLUMN result.commitment_status.run IS 'run that wrote it';

CREATE TABLE result.data_quality (
    position INTEGER NOT NULL,
    code TEXT NOT NULL,
    severity TEXT NOT NULL,
    data_element TEXT,
    variable TEXT,
    period TEXT,
    org_unit TEXT,
    category_option_combo TEXT,
    attribute_option_combo TEXT,
    value TEXT,
    reason TEXT NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (position)
);
COMMENT ON TABLE result.data_quality IS 'What the statistics of data quality found; no value is ever adjusted';
COMMENT ON COLUMN result.data_quality.position IS 'order of the rows';
COMMENT ON COLUMN result.data_quality.code IS 'code of the statistic';
COMMENT ON COLUMN result.data_quality.severity IS 'warn or info';
COMMENT ON COLUMN result.data_quality.data_element IS 'uid';
COMMENT ON COLUMN result.data_quality.variable IS 'code of plan.variable';
COMMENT ON COLUMN result.data_quality.period IS 'period it is about';
COMMENT ON COLUMN result.data_quality.org_unit IS 'uid';
COMMENT ON COLUMN result.data_quality.category_option_combo IS 'uid';
COMMENT ON COLUMN result.data_quality.attribute_option_combo IS 'uid';
COMMENT ON COLUMN result.data_quality.value IS 'what was found';
COMMENT ON COLUMN result.data_quality.reason IS 'French sentence';
COMMENT ON COLUMN result.data_quality.run IS 'run that wrote it';

CREATE TABLE result.digest (
    key INTEGER GENERATED ALWAYS AS IDENTITY,
    what TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (key)
);
COMMENT ON TABLE result.digest IS 'Fingerprints of the results, so that an unchanged one is not written';
COMMENT ON COLUMN result.digest.key IS 'number of the row';
COMMENT ON COLUMN result.digest.what IS 'indicator_value/<year>, commitment_status, plan_progress or data_quality';
COMMENT ON COLUMN result.digest.sha256 IS 'of the rows as written; the same rows are not written twice';
COMMENT ON COLUMN result.digest.run IS 'run that wrote them';

CREATE TABLE result.indicator_value (
    year SMALLINT NOT NULL,
    indicator TEXT NOT NULL,
    disaggregation TEXT NOT NULL,
    period TEXT NOT NULL,
    org_unit INTEGER NOT NULL,
    hierarchy TEXT NOT NULL,
    numerator DOUBLE PRECISION,
    denominator DOUBLE PRECISION,
    value DOUBLE PRECISION,
    status TEXT NOT NULL,
    completeness DOUBLE PRECISION,
    run INTEGER NOT NULL,
    PRIMARY KEY (year, indicator, disaggregation, period, org_unit, hierarchy)
);
COMMENT ON TABLE result.indicator_value IS 'Indicator values with both parts, their status and their completeness';
COMMENT ON COLUMN result.indicator_value.year IS 'year of the period: the unit of recomputation';
COMMENT ON COLUMN result.indicator_value.indicator IS 'code of plan.indicator';
COMMENT ON COLUMN result.indicator_value.disaggregation IS 'as in age=15-24; empty for the total';
COMMENT ON COLUMN result.indicator_value.period IS '202603, 2026Q1 or 2026';
COMMENT ON COLUMN result.indicator_value.org_unit IS 'key of source.org_unit';
COMMENT ON COLUMN result.indicator_value.hierarchy IS 'as_it_is (today''s tree) or as_it_was (the tree of that period)';
COMMENT ON COLUMN result.indicator_value.numerator IS 'numerator, summed';
COMMENT ON COLUMN result.indicator_value.denominator IS 'denominator, summed';
COMMENT ON COLUMN result.indicator_value.value IS 'factor x numerator / denominator; the numerator of a count';
COMMENT ON COLUMN result.indicator_value.status IS 'computed, or why there is no value';
COMMENT ON COLUMN result.indicator_value.completeness IS 'reports received / expected, 0 to 1; empty where none was expected';
COMMENT ON COLUMN result.indicator_value.run IS 'run that last changed this row';

CREATE TABLE result.plan_progress (
    position INTEGER NOT NULL,
    line TEXT NOT NULL,
    label TEXT,
    quantity DOUBLE PRECISION,
    unit TEXT,
    year INTEGER,
    expected DOUBLE PRECISION,
    actual DOUBLE PRECISION,
    ratio DOUBLE PRECISION,
    colour TEXT,
    reason TEXT,
    run INTEGER NOT NULL,
    PRIMARY KEY (position)
);
COMMENT ON TABLE result.plan_progress IS 'Where each line of CAEB''s plan stands';
COMMENT ON COLUMN result.plan_progress.position IS 'order of the rows';
COMMENT ON COLUMN result.plan_progress.line IS 'code of the plan line';
COMMENT ON COLUMN result.plan_progress.label IS 'French text of the line';
COMMENT ON COLUMN result.plan_progress.quantity IS 'what the plan promises';
COMMENT ON COLUMN result.plan_progress.unit IS 'unit of the quantity';
COMMENT ON COLUMN result.plan_progress.year IS 'year of the assessment';
COMMENT ON COLUMN result.plan_progress.expected IS 'quantity expected by then';
COMMENT ON COLUMN result.plan_progress.actual IS 'quantity found';
COMMENT ON COLUMN result.plan_progress.ratio IS 'actual / expected';
COMMENT ON COLUMN result.plan_progress.colour IS 'green, yellow, red or grey';
COMMENT ON COLUMN result.plan_progress.reason IS 'French sentence: why this colour';
COMMENT ON COLUMN result.plan_progress.run IS 'run that wrote it';

CREATE TABLE run.cursor (
    source TEXT NOT NULL,
    data_set TEXT NOT NULL,
    org_unit TEXT NOT NULL,
    period TEXT NOT NULL,
    server_date TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (source, data_set, org_unit, period)
);
COMMENT ON TABLE run.cursor IS 'How far the copy is complete, by data set, branch and period; moves with the rows, never alone';
COMMENT ON COLUMN run.cursor.source IS 'name of the source';
COMMENT ON COLUMN run.cursor.data_set IS 'uid of the data set';
COMMENT ON COLUMN run.cursor.org_unit IS 'uid of the branch; with ! the unit alone';
COMMENT ON COLUMN run.cursor.period IS 'DHIS2 period id';
COMMENT ON COLUMN run.cursor.server_date IS 'what was touched before this, on the server''s clock and in its zone, is in the copy';
COMMENT ON COLUMN run.cursor.run IS 'run that moved it';

CREATE TABLE run.hold (
    id INTEGER GENERATED ALWAYS AS IDENTITY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    summary TEXT NOT NULL,
    rows INTEGER NOT NULL,
    run INTEGER NOT NULL,
    decision TEXT,
    reason TEXT,
    decided_by TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    applied_run INTEGER,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX hold_waiting ON run.hold (kind, subject) WHERE decision IS NULL;
COMMENT ON TABLE run.hold IS 'What waits for a person''s decision, and what was decided';
COMMENT ON COLUMN run.hold.id IS 'number a person decides by';
COMMENT ON COLUMN run.hold.kind IS 'vanished, publication, …';
COMMENT ON COLUMN run.hold.subject IS 'what is held: the slice''s name, the publication''s hash';
COMMENT ON COLUMN run.hold.summary IS 'French sentence: what waits and why';
COMMENT ON COLUMN run.hold.rows IS 'how many rows it is about';
COMMENT ON COLUMN run.hold.run IS 'run that opened it';
COMMENT ON COLUMN run.hold.decision IS 'accepted or rejected; empty: waiting';
COMMENT ON COLUMN run.hold.reason IS 'why it was decided so';
COMMENT ON COLUMN run.hold.decided_by IS 'who decided';
COMMENT ON COLUMN run.hold.decided_at IS 'when it was decided';
COMMENT ON COLUMN run.hold.applied_run IS 'run that carried an accepted hold out';

CREATE TABLE run.issue (
    key INTEGER GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    data_set TEXT NOT NULL,
    branch TEXT NOT NULL,
    data_element TEXT NOT NULL,
    period TEXT NOT NULL,
    org_unit TEXT NOT NULL,
    category_option_combo TEXT NOT NULL,
    attribute_option_combo TEXT NOT NULL,
    code TEXT NOT NULL,
    value TEXT,
    reason TEXT NOT NULL,
    severity TEXT NOT NULL,
    variable TEXT,
    first_run INTEGER NOT NULL,
    last_run INTEGER NOT NULL,
    resolved_run INTEGER,
    resolution TEXT,
    PRIMARY KEY (key)
);
CREATE UNIQUE INDEX issue_open ON run.issue (source, data_element, period, org_unit, category_option_combo, attribute_option_combo, code) WHERE resolved_run IS NULL;
COMMENT ON TABLE run.issue IS 'Values that were kept and that a person should look at';
COMMENT ON COLUMN run.issue.key IS 'number of the row';
COMMENT ON COLUMN run.issue.source IS 'name of the source';
COMMENT ON COLUMN run.issue.data_set IS 'uid of the data set it came in';
COMMENT ON COLUMN run.issue.branch IS 'uid of the branch the slice asked for; with ! the unit alone';
COMMENT ON COLUMN run.issue.data_element IS 'uid, as received; empty text when it had none';
COMMENT ON COLUMN run.issue.period IS 'DHIS2 period id, as received; empty text when it had none';
COMMENT ON COLUMN run.issue.org_unit IS 'uid, as received; empty text when it had none';
COMMENT ON COLUMN run.issue.category_option_combo IS 'uid, as received; empty text when it had none';
COMMENT ON COLUMN run.issue.attribute_option_combo IS 'uid, as received; empty text when it had none';
COMMENT ON COLUMN run.issue.code IS 'code of the rule';
COMMENT ON COLUMN run.issue.value IS 'the value that was kept';
COMMENT ON COLUMN run.issue.reason IS 'French sentence';
COMMENT ON COLUMN run.issue.severity IS 'warn or info';
COMMENT ON COLUMN run.issue.variable IS 'code of plan.variable, when it is about one';
COMMENT ON COLUMN run.issue.first_run IS 'run that first found it';
COMMENT ON COLUMN run.issue.last_run IS 'run that last found it';
COMMENT ON COLUMN run.issue.resolved_run IS 'run that no longer found it; empty: open';
COMMENT ON COLUMN run.issue.resolution IS 'cured or gone';

CREATE TABLE run.published_cell (
    target TEXT NOT NULL,
    data_set TEXT NOT NULL,
    data_element TEXT NOT NULL,
    period TEXT NOT NULL,
    org_unit TEXT NOT NULL,
    category_option_combo TEXT NOT NULL,
    attribute_option_combo TEXT NOT NULL,
    value TEXT,
    in_flight BOOLEAN NOT NULL,
    sent TEXT,
    state TEXT NOT NULL,
    code TEXT,
    run INTEGER NOT NULL,
    PRIMARY KEY (target, data_set, data_element, period, org_unit, category_option_combo, attribute_option_combo)
);
COMMENT ON TABLE run.published_cell IS 'The write ledger: every cell we put into a target, and what became of it';
COMMENT ON COLUMN run.published_cell.target IS 'name of the target in sources.yaml';
COMMENT ON COLUMN run.published_cell.data_set IS 'uid of our data set';
COMMENT ON COLUMN run.published_cell.data_element IS 'uid of our data element';
COMMENT ON COLUMN run.published_cell.period IS 'DHIS2 period id';
COMMENT ON COLUMN run.published_cell.org_unit IS 'uid';
COMMENT ON COLUMN run.published_cell.category_option_combo IS 'uid';
COMMENT ON COLUMN run.published_cell.attribute_option_combo IS 'uid';
COMMENT ON COLUMN run.published_cell.value IS 'what we wrote and read back, in canonical decimal text; empty: nothing of ours';
COMMENT ON COLUMN run.published_cell.in_flight IS 'sent, and not yet known what became of it';
COMMENT ON COLUMN run.published_cell.sent IS 'what was sent; empty: a withdrawal';
COMMENT ON COLUMN run.published_cell.state IS 'sent, confirmed (read back), rejected, unknown or withdrawn';
COMMENT ON COLUMN run.published_cell.code IS 'error code of the server, when rejected';
COMMENT ON COLUMN run.published_cell.run IS 'run that last wrote it';

CREATE TABLE run.refused_value (
    key INTEGER GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    data_set TEXT NOT NULL,
    branch TEXT NOT NULL,
    data_element TEXT NOT NULL,
    period TEXT NOT NULL,
    org_unit TEXT NOT NULL,
    category_option_combo TEXT NOT NULL,
    attribute_option_combo TEXT NOT NULL,
    code TEXT NOT NULL,
    value TEXT,
    reason TEXT NOT NULL,
    rule TEXT NOT NULL,
    first_run INTEGER NOT NULL,
    last_run INTEGER NOT NULL,
    resolved_run INTEGER,
    resolution TEXT,
    PRIMARY KEY (key)
);
CREATE UNIQUE INDEX refused_value_open ON run.refused_value (source, data_element, period, org_unit, category_option_combo, attribute_option_combo, code) WHERE resolved_run IS NULL;
COMMENT ON TABLE run.refused_value IS 'Records kept out of the copy, with the reason; one open row a cell and reason';
COMMENT ON COLUMN run.refused_value.key IS 'number of the row';
COMMENT ON COLUMN run.refused_value.source IS 'name of the source';
COMMENT ON COLUMN run.refused_value.data_set IS 'uid of the data set it came in';
COMMENT ON COLUMN run.refused_value.branch IS 'uid of the branch the slice asked for; with ! the unit alone';
COMMENT ON COLUMN run.refused_value.data_element IS 'uid, as received; empty text when it had none';
COMMENT ON COLUMN run.refused_value.period IS 'DHIS2 period id, as received; empty text when it had none';
COMMENT ON COLUMN run.refused_value.org_unit IS 'uid, as received; empty text when it had none';
COMMENT ON COLUMN run.refused_value.category_option_combo IS 'uid, as received; empty text when it had none';
COMMENT ON COLUMN run.refused_value.attribute_option_combo IS 'uid, as received; empty text when it had none';
COMMENT ON COLUMN run.refused_value.code IS 'stable code of the reason';
COMMENT ON COLUMN run.refused_value.value IS 'the text that was refused';
COMMENT ON COLUMN run.refused_value.reason IS 'French sentence, with what to do';
COMMENT ON COLUMN run.refused_value.rule IS 'structure, or the name of the rule';
COMMENT ON COLUMN run.refused_value.first_run IS 'run that first refused it';
COMMENT ON COLUMN run.refused_value.last_run IS 'run that last refused it';
COMMENT ON COLUMN run.refused_value.resolved_run IS 'run that found it cured or gone; empty: open';
COMMENT ON COLUMN run.refused_value.resolution IS 'cured (accepted), gone (no longer in the source) or replaced (another reason)';

CREATE TABLE run.slice (
    key INTEGER GENERATED ALWAYS AS IDENTITY,
    run INTEGER NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    data_set TEXT NOT NULL,
    periods TEXT[] NOT NULL,
    org_unit TEXT NOT NULL,
    mode TEXT NOT NULL,
    last_updated TEXT,
    outcome TEXT NOT NULL,
    message TEXT NOT NULL,
    received INTEGER NOT NULL,
    "new" INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    vanished INTEGER NOT NULL,
    newly_refused INTEGER NOT NULL,
    changed_years INTEGER[] NOT NULL,
    rules_run INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    body TEXT NOT NULL,
    bytes_received BIGINT NOT NULL,
    server_date TIMESTAMP WITHOUT TIME ZONE,
    PRIMARY KEY (key)
);
CREATE INDEX slice_run ON run.slice (run);
COMMENT ON TABLE run.slice IS 'The accounting of every slice: what was received and what became of it';
COMMENT ON COLUMN run.slice.key IS 'number of the row';
COMMENT ON COLUMN run.slice.run IS 'run that loaded it';
COMMENT ON COLUMN run.slice.name IS 'stable name of the slice';
COMMENT ON COLUMN run.slice.source IS 'name of the source';
COMMENT ON COLUMN run.slice.data_set IS 'uid of the data set';
COMMENT ON COLUMN run.slice.periods IS 'DHIS2 period ids that were asked for';
COMMENT ON COLUMN run.slice.org_unit IS 'uid of the branch; with ! the unit alone';
COMMENT ON COLUMN run.slice.mode IS 'full (what is missing has vanished) or increment (only what was touched)';
COMMENT ON COLUMN run.slice.last_updated IS 'lastUpdated asked for, of an increment';
COMMENT ON COLUMN run.slice.outcome IS 'loaded, empty, stopped, held or failed';
COMMENT ON COLUMN run.slice.message IS 'French sentence when it did not load';
COMMENT ON COLUMN run.slice.received IS 'records in the answer = new + changed + closed + unchanged + refused';
COMMENT ON COLUMN run.slice."new" IS 'cells not known before';
COMMENT ON COLUMN run.slice.changed IS 'cells whose value differs';
COMMENT ON COLUMN run.slice.closed IS 'tombstones that closed a value';
COMMENT ON COLUMN run.slice.unchanged IS 'cells that were already so';
COMMENT ON COLUMN run.slice.refused IS 'records kept out, with a reason';
COMMENT ON COLUMN run.slice.vanished IS 'values absent from a full answer; beside the equation';
COMMENT ON COLUMN run.slice.newly_refused IS 'of refused: not open before this run';
COMMENT ON COLUMN run.slice.changed_years IS 'years whose values changed';
COMMENT ON COLUMN run.slice.rules_run IS 'rules that were evaluated';
COMMENT ON COLUMN run.slice.sha256 IS 'of the uncompressed answer';
COMMENT ON COLUMN run.slice.body IS 'file of the untouched answer';
COMMENT ON COLUMN run.slice.bytes_received IS 'size of the uncompressed answer';
COMMENT ON COLUMN run.slice.server_date IS 'server''s clock, in its own zone, just before the request';

CREATE TABLE source.category_option_combo (
    key INTEGER GENERATED ALWAYS AS IDENTITY,
    source SMALLINT NOT NULL,
    uid TEXT NOT NULL,
    code TEXT,
    name TEXT NOT NULL,
    category_combo TEXT,
    valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
    first_seen_run INTEGER NOT NULL,
    run INTEGER NOT NULL,
    gone TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (key),
    UNIQUE (source, uid)
);
COMMENT ON TABLE source.category_option_combo IS 'Category option combos; attribute option combos are of the same kind and stand here too';
COMMENT ON COLUMN source.category_option_combo.key IS 'number of the object in this warehouse';
COMMENT ON COLUMN source.category_option_combo.source IS 'key of source.instance';
COMMENT ON COLUMN source.category_option_combo.uid IS 'DHIS2 uid';
COMMENT ON COLUMN source.category_option_combo.code IS 'DHIS2 code';
COMMENT ON COLUMN source.category_option_combo.name IS 'DHIS2 name';
COMMENT ON COLUMN source.category_option_combo.category_combo IS 'uid of the category combination';
COMMENT ON COLUMN source.category_option_combo.valid_from IS 'since when it reads like this; -infinity: since before the first contact';
COMMENT ON COLUMN source.category_option_combo.first_seen_run IS 'run that first saw it';
COMMENT ON COLUMN source.category_option_combo.run IS 'run that last changed this row';
COMMENT ON COLUMN source.category_option_combo.gone IS 'since when the source no longer shows it to our user; empty: it does';

CREATE TABLE source.combo_option (
    category_option_combo INTEGER NOT NULL,
    category_option TEXT NOT NULL,
    category TEXT,
    category_name TEXT,
    category_option_code TEXT,
    category_option_name TEXT,
    run INTEGER NOT NULL,
    PRIMARY KEY (category_option_combo, category_option)
);
COMMENT ON TABLE source.combo_option IS 'The category options each category option combo is made of';
COMMENT ON COLUMN source.combo_option.category_option_combo IS 'key of source.category_option_combo';
COMMENT ON COLUMN source.combo_option.category_option IS 'uid of the option';
COMMENT ON COLUMN source.combo_option.category IS 'uid of the option''s category';
COMMENT ON COLUMN source.combo_option.category_name IS 'name of the category';
COMMENT ON COLUMN source.combo_option.category_option_code IS 'code of the option';
COMMENT ON COLUMN source.combo_option.category_option_name IS 'name of the option';
COMMENT ON COLUMN source.combo_option.run IS 'run that last changed this row';

CREATE TABLE source.data_element (
    key INTEGER GENERATED ALWAYS AS IDENTITY,
    source SMALLINT NOT NULL,
    uid TEXT NOT NULL,
    code TEXT,
    name TEXT NOT NULL,
    short_name TEXT,
    value_type TEXT NOT NULL,
    aggregation_type TEXT,
    zero_is_significant BOOLEAN,
    category_combo TEXT,
    option_set TEXT,
    valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
    first_seen_run INTEGER NOT NULL,
    run INTEGER NOT NULL,
    gone TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (key),
    UNIQUE (source, uid)
);
COMMENT ON TABLE source.data_element IS 'Data elements';
COMMENT ON COLUMN source.data_element.key IS 'number of the object in this warehouse';
COMMENT ON COLUMN source.data_element.source IS 'key of source.instance';
COMMENT ON COLUMN source.data_element.uid IS 'DHIS2 uid';
COMMENT ON COLUMN source.data_element.code IS 'DHIS2 code';
COMMENT ON COLUMN source.data_element.name IS 'DHIS2 name';
COMMENT ON COLUMN source.data_element.short_name IS 'DHIS2 short name';
COMMENT ON COLUMN source.data_element.value_type IS 'DHIS2 value type, as in INTEGER_ZERO_OR_POSITIVE';
COMMENT ON COLUMN source.data_element.aggregation_type IS 'DHIS2 aggregation type';
COMMENT ON COLUMN source.data_element.zero_is_significant IS 'whether DHIS2 stores zeros of this element';
COMMENT ON COLUMN source.data_element.category_combo IS 'uid of its category combination';
COMMENT ON COLUMN source.data_element.option_set IS 'uid of its option set';
COMMENT ON COLUMN source.data_element.valid_from IS 'since when it reads like this; -infinity: since before the first contact';
COMMENT ON COLUMN source.data_element.first_seen_run IS 'run that first saw it';
COMMENT ON COLUMN source.data_element.run IS 'run that last changed this row';
COMMENT ON COLUMN source.data_element.gone IS 'since when the source no longer shows it to our user; empty: it does';

CREATE TABLE source.data_set (
    key INTEGER GENERATED ALWAYS AS IDENTITY,
    source SMALLINT NOT NULL,
    uid TEXT NOT NULL,
    code TEXT,
    name TEXT NOT NULL,
    short_name TEXT,
    period_type TEXT NOT NULL,
    category_combo TEXT,
    timely_days DOUBLE PRECISION,
    expiry_days DOUBLE PRECISION,
    open_future_periods SMALLINT,
    valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
    first_seen_run INTEGER NOT NULL,
    run INTEGER NOT NULL,
    gone TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (key),
    UNIQUE (source, uid)
);
COMMENT ON TABLE source.data_set IS 'Data sets';
COMMENT ON COLUMN source.data_set.key IS 'number of the object in this warehouse';
COMMENT ON COLUMN source.data_set.source IS 'key of source.instance';
COMMENT ON COLUMN source.data_set.uid IS 'DHIS2 uid';
COMMENT ON COLUMN source.data_set.code IS 'DHIS2 code';
COMMENT ON COLUMN source.data_set.name IS 'DHIS2 name';
COMMENT ON COLUMN source.data_set.short_name IS 'DHIS2 short name';
COMMENT ON COLUMN source.data_set.period_type IS 'DHIS2 period type';
COMMENT ON COLUMN source.data_set.category_combo IS 'uid of the category combination of its attribute option combos';
COMMENT ON COLUMN source.data_set.timely_days IS 'days after the period''s end within which a report is on time';
COMMENT ON COLUMN source.data_set.expiry_days IS 'days after which entry is closed; 0: never';
COMMENT ON COLUMN source.data_set.open_future_periods IS 'how many future periods are open for entry';
COMMENT ON COLUMN source.data_set.valid_from IS 'since when it reads like this; -infinity: since before the first contact';
COMMENT ON COLUMN source.data_set.first_seen_run IS 'run that first saw it';
COMMENT ON COLUMN source.data_set.run IS 'run that last changed this row';
COMMENT ON COLUMN source.data_set.gone IS 'since when the source no longer shows it to our user; empty: it does';

CREATE TABLE source.data_set_assignment (
    data_set INTEGER NOT NULL,
    org_unit INTEGER NOT NULL,
    valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (data_set, org_unit)
);
COMMENT ON TABLE source.data_set_assignment IS 'Which org units are expected to report which data set, today';
COMMENT ON COLUMN source.data_set_assignment.data_set IS 'key of source.data_set';
COMMENT ON COLUMN source.data_set_assignment.org_unit IS 'key of source.org_unit';
COMMENT ON COLUMN source.data_set_assignment.valid_from IS 'server''s clock when it was first seen; -infinity: at the first contact';
COMMENT ON COLUMN source.data_set_assignment.run IS 'run that last changed this row';

CREATE TABLE source.data_set_assignment_history (
    data_set INTEGER NOT NULL,
    org_unit INTEGER NOT NULL,
    valid_to TIMESTAMP WITH TIME ZONE NOT NULL,
    valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (data_set, org_unit, valid_to)
);
COMMENT ON TABLE source.data_set_assignment_history IS 'Assignments of data sets to org units that have ended';
COMMENT ON COLUMN source.data_set_assignment_history.data_set IS 'key of source.data_set';
COMMENT ON COLUMN source.data_set_assignment_history.org_unit IS 'key of source.org_unit';
COMMENT ON COLUMN source.data_set_assignment_history.valid_to IS 'server''s clock when the assignment was seen gone';
COMMENT ON COLUMN source.data_set_assignment_history.valid_from IS 'server''s clock when it was first seen; -infinity: at the first contact';
COMMENT ON COLUMN source.data_set_assignment_history.run IS 'run that saw the end';

CREATE TABLE source.data_set_element (
    data_set INTEGER NOT NULL,
    data_element INTEGER NOT NULL,
    category_combo TEXT,
    run INTEGER NOT NULL,
    PRIMARY KEY (data_set, data_element)
);
COMMENT ON TABLE source.data_set_element IS 'Which data elements a data set holds';
COMMENT ON COLUMN source.data_set_element.data_set IS 'key of source.data_set';
COMMENT ON COLUMN source.data_set_element.data_element IS 'key of source.data_element';
COMMENT ON COLUMN source.data_set_element.category_combo IS 'uid of the category combination used in this data set';
COMMENT ON COLUMN source.data_set_element.run IS 'run that last changed this row';

CREATE TABLE source.data_value (
    period INTEGER NOT NULL,
    data_element INTEGER NOT NULL,
    org_unit INTEGER NOT NULL,
    category_option_combo INTEGER NOT NULL,
    attribute_option_combo INTEGER NOT NULL,
    source SMALLINT NOT NULL,
    value TEXT NOT NULL,
    number DOUBLE PRECISION,
    last_updated TIMESTAMP WITH TIME ZONE,
    first_seen_run INTEGER NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (period, data_element, org_unit, category_option_combo, attribute_option_combo, source)
);
COMMENT ON TABLE source.data_value IS 'Data values, exactly as DHIS2 holds them now: one row a cell';
COMMENT ON COLUMN source.data_value.period IS 'key of source.period';
COMMENT ON COLUMN source.data_value.data_element IS 'key of source.data_element';
COMMENT ON COLUMN source.data_value.org_unit IS 'key of source.org_unit';
COMMENT ON COLUMN source.data_value.category_option_combo IS 'key of source.category_option_combo: the disaggregation';
COMMENT ON COLUMN source.data_value.attribute_option_combo IS 'key of source.category_option_combo: the attribute';
COMMENT ON COLUMN source.data_value.source IS 'key of source.instance';
COMMENT ON COLUMN source.data_value.value IS 'DHIS2''s own text';
COMMENT ON COLUMN source.data_value.number IS 'the value as a number; empty when the text is none';
COMMENT ON COLUMN source.data_value.last_updated IS 'DHIS2''s lastUpdated of this version';
COMMENT ON COLUMN source.data_value.first_seen_run IS 'run that first loaded this cell';
COMMENT ON COLUMN source.data_value.run IS 'run that loaded this version';

CREATE TABLE source.data_value_history (
    version INTEGER GENERATED ALWAYS AS IDENTITY,
    period INTEGER NOT NULL,
    data_element INTEGER NOT NULL,
    org_unit INTEGER NOT NULL,
    category_option_combo INTEGER NOT NULL,
    attribute_option_combo INTEGER NOT NULL,
    source SMALLINT NOT NULL,
    value TEXT NOT NULL,
    number DOUBLE PRECISION,
    valid_from TIMESTAMP WITH TIME ZONE,
    valid_to TIMESTAMP WITH TIME ZONE,
    reason TEXT NOT NULL,
    run INTEGER NOT NULL,
    closed_run INTEGER NOT NULL,
    PRIMARY KEY (version)
);
CREATE INDEX data_value_history_cell ON source.data_value_history (period, data_element, org_unit, category_option_combo, attribute_option_combo);
COMMENT ON TABLE source.data_value_history IS 'Earlier versions of data values, and values that are no longer in DHIS2';
COMMENT ON COLUMN source.data_value_history.version IS 'number of the closed version';
COMMENT ON COLUMN source.data_value_history.period IS 'key of source.period';
COMMENT ON COLUMN source.data_value_history.data_element IS 'key of source.data_element';
COMMENT ON COLUMN source.data_value_history.org_unit IS 'key of source.org_unit';
COMMENT ON COLUMN source.data_value_history.category_option_combo IS 'key of source.category_option_combo: the disaggregation';
COMMENT ON COLUMN source.data_value_history.attribute_option_combo IS 'key of source.category_option_combo: the attribute';
COMMENT ON COLUMN source.data_value_history.source IS 'key of source.instance';
COMMENT ON COLUMN source.data_value_history.value IS 'DHIS2''s text in this version';
COMMENT ON COLUMN source.data_value_history.number IS 'this version as a number';
COMMENT ON COLUMN source.data_value_history.valid_from IS 'DHIS2''s lastUpdated of this version';
COMMENT ON COLUMN source.data_value_history.valid_to IS 'lastUpdated of what replaced it; the server''s clock when it vanished';
COMMENT ON COLUMN source.data_value_history.reason IS 'changed (a newer value), deleted (a tombstone), vanished (absent from a full answer)';
COMMENT ON COLUMN source.data_value_history.run IS 'run that loaded this version';
COMMENT ON COLUMN source.data_value_history.closed_run IS 'run that closed it';

CREATE TABLE source.instance (
    key SMALLINT GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    url TEXT,
    version TEXT,
    calendar TEXT,
    time_zone TEXT,
    utc_offset_hours DOUBLE PRECISION NOT NULL,
    system_id TEXT,
    user_org_units TEXT,
    run INTEGER,
    PRIMARY KEY (key),
    UNIQUE (name)
);
COMMENT ON TABLE source.instance IS 'DHIS2 instances that are copied';
COMMENT ON COLUMN source.instance.key IS 'number of the source in this warehouse';
COMMENT ON COLUMN source.instance.name IS 'name of the source in sources.yaml';
COMMENT ON COLUMN source.instance.url IS 'address that answered, without secrets';
COMMENT ON COLUMN source.instance.version IS 'DHIS2 version';
COMMENT ON COLUMN source.instance.calendar IS 'DHIS2 calendar; only iso8601 is read';
COMMENT ON COLUMN source.instance.time_zone IS 'time zone of the server';
COMMENT ON COLUMN source.instance.utc_offset_hours IS 'hours the server''s clock is ahead of UTC';
COMMENT ON COLUMN source.instance.system_id IS 'identity of the server, where it gives one';
COMMENT ON COLUMN source.instance.user_org_units IS 'uids of the org units our user may read, comma separated';
COMMENT ON COLUMN source.instance.run IS 'run that last changed this row';

CREATE TABLE source.option_value (
    source SMALLINT NOT NULL,
    option_set TEXT NOT NULL,
    code TEXT NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (source, option_set, code)
);
COMMENT ON TABLE source.option_value IS 'The legal codes of option sets';
COMMENT ON COLUMN source.option_value.source IS 'key of source.instance';
COMMENT ON COLUMN source.option_value.option_set IS 'uid of the option set';
COMMENT ON COLUMN source.option_value.code IS 'legal code';
COMMENT ON COLUMN source.option_value.run IS 'run that last changed this row';

CREATE TABLE source.org_unit (
    key INTEGER GENERATED ALWAYS AS IDENTITY,
    source SMALLINT NOT NULL,
    uid TEXT NOT NULL,
    code TEXT,
    name TEXT NOT NULL,
    short_name TEXT,
    parent TEXT,
    path TEXT NOT NULL,
    level SMALLINT NOT NULL,
    opening_date DATE,
    closed_date DATE,
    longitude DOUBLE PRECISION,
    latitude DOUBLE PRECISION,
    valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
    first_seen_run INTEGER NOT NULL,
    run INTEGER NOT NULL,
    gone TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (key),
    UNIQUE (source, uid)
);
COMMENT ON TABLE source.org_unit IS 'Org units, as today''s tree has them';
COMMENT ON COLUMN source.org_unit.key IS 'number of the object in this warehouse';
COMMENT ON COLUMN source.org_unit.source IS 'key of source.instance';
COMMENT ON COLUMN source.org_unit.uid IS 'DHIS2 uid';
COMMENT ON COLUMN source.org_unit.code IS 'DHIS2 code';
COMMENT ON COLUMN source.org_unit.name IS 'DHIS2 name';
COMMENT ON COLUMN source.org_unit.short_name IS 'DHIS2 short name';
COMMENT ON COLUMN source.org_unit.parent IS 'uid of the parent; empty for a root';
COMMENT ON COLUMN source.org_unit.path IS 'uids from the root to this unit, as in /country/district/unit';
COMMENT ON COLUMN source.org_unit.level IS 'depth in the tree; 1 is the country';
COMMENT ON COLUMN source.org_unit.opening_date IS 'day it opened';
COMMENT ON COLUMN source.org_unit.closed_date IS 'day it closed';
COMMENT ON COLUMN source.org_unit.longitude IS 'degrees east';
COMMENT ON COLUMN source.org_unit.latitude IS 'degrees north';
COMMENT ON COLUMN source.org_unit.valid_from IS 'since when it reads like this; -infinity: since before the first contact';
COMMENT ON COLUMN source.org_unit.first_seen_run IS 'run that first saw it';
COMMENT ON COLUMN source.org_unit.run IS 'run that last changed this row';
COMMENT ON COLUMN source.org_unit.gone IS 'since when the source no longer shows it to our user; empty: it does';

CREATE TABLE source.org_unit_history (
    org_unit INTEGER NOT NULL,
    valid_to TIMESTAMP WITH TIME ZONE NOT NULL,
    valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    opening_date DATE,
    closed_date DATE,
    run INTEGER NOT NULL,
    PRIMARY KEY (org_unit, valid_to)
);
COMMENT ON TABLE source.org_unit_history IS 'Earlier versions of org units: where a unit hung, what it was called, when it was open';
COMMENT ON COLUMN source.org_unit_history.org_unit IS 'key of source.org_unit';
COMMENT ON COLUMN source.org_unit_history.valid_to IS 'server''s clock when the next version was seen';
COMMENT ON COLUMN source.org_unit_history.valid_from IS 'server''s clock when this version was first seen; -infinity: before that';
COMMENT ON COLUMN source.org_unit_history.name IS 'name in that time';
COMMENT ON COLUMN source.org_unit_history.path IS 'path in that time';
COMMENT ON COLUMN source.org_unit_history.opening_date IS 'opening date in that time';
COMMENT ON COLUMN source.org_unit_history.closed_date IS 'closing date in that time';
COMMENT ON COLUMN source.org_unit_history.run IS 'run that saw the change';

CREATE TABLE source.period (
    key INTEGER GENERATED ALWAYS AS IDENTITY,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    start_date DATE NOT NULL,
    end_date DATE NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (key),
    UNIQUE (id)
);
COMMENT ON TABLE source.period IS 'Periods that values were received for, with their days';
COMMENT ON COLUMN source.period.key IS 'number of the period in this warehouse';
COMMENT ON COLUMN source.period.id IS 'DHIS2 period id, as in 202603, 2026Q1, 2026, 2026W5';
COMMENT ON COLUMN source.period.type IS 'DHIS2 period type, as in Monthly';
COMMENT ON COLUMN source.period.start_date IS 'first day';
COMMENT ON COLUMN source.period.end_date IS 'last day';
COMMENT ON COLUMN source.period.number IS 'yyyymm of the first day; yyyy00 for a year';

CREATE TABLE source.report (
    data_set INTEGER NOT NULL,
    period INTEGER NOT NULL,
    org_unit INTEGER NOT NULL,
    attribute_option_combo INTEGER NOT NULL,
    date DATE,
    completed BOOLEAN NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (data_set, period, org_unit, attribute_option_combo)
);
COMMENT ON TABLE source.report IS 'Completeness registrations: who declared which report complete, and when';
COMMENT ON COLUMN source.report.data_set IS 'key of source.data_set';
COMMENT ON COLUMN source.report.period IS 'key of source.period';
COMMENT ON COLUMN source.report.org_unit IS 'key of source.org_unit';
COMMENT ON COLUMN source.report.attribute_option_combo IS 'key of source.category_option_combo';
COMMENT ON COLUMN source.report.date IS 'day the report was declared complete, server''s local time';
COMMENT ON COLUMN source.report.completed IS 'whether it is complete';
COMMENT ON COLUMN source.report.run IS 'run that last changed this row';

CREATE TABLE source.tombstone (
    period INTEGER NOT NULL,
    data_element INTEGER NOT NULL,
    org_unit INTEGER NOT NULL,
    category_option_combo INTEGER NOT NULL,
    attribute_option_combo INTEGER NOT NULL,
    source SMALLINT NOT NULL,
    value TEXT,
    last_updated TIMESTAMP WITH TIME ZONE,
    run INTEGER NOT NULL,
    PRIMARY KEY (period, data_element, org_unit, category_option_combo, attribute_option_combo, source)
);
COMMENT ON TABLE source.tombstone IS 'Values that DHIS2 keeps marked as deleted, whether or not they were ever seen alive';
COMMENT ON COLUMN source.tombstone.period IS 'key of source.period';
COMMENT ON COLUMN source.tombstone.data_element IS 'key of source.data_element';
COMMENT ON COLUMN source.tombstone.org_unit IS 'key of source.org_unit';
COMMENT ON COLUMN source.tombstone.category_option_combo IS 'key of source.category_option_combo: the disaggregation';
COMMENT ON COLUMN source.tombstone.attribute_option_combo IS 'key of source.category_option_combo: the attribute';
COMMENT ON COLUMN source.tombstone.source IS 'key of source.instance';
COMMENT ON COLUMN source.tombstone.value IS 'DHIS2''s text beside the mark, if any';
COMMENT ON COLUMN source.tombstone.last_updated IS 'DHIS2''s lastUpdated of the deletion';
COMMENT ON COLUMN source.tombstone.run IS 'run that first saw it';
