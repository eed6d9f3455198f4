-- Promises as they were declared, entered, computed and validated: their tables, and the views people read.
-- What compute wrote is written again by the next run; what mappings/ declare is loaded again.

DROP VIEW mart.engagements;
DROP VIEW mart.plan;
DROP TABLE plan.commitment;
DROP TABLE plan.plan_line;
DROP TABLE result.commitment_status;
DROP TABLE result.plan_progress;
DELETE FROM plan.version;
DELETE FROM result.digest WHERE what IN ('commitment_status', 'plan_progress');

CREATE TABLE plan.commitment (
    commitment TEXT NOT NULL,
    result TEXT NOT NULL,
    label TEXT NOT NULL,
    type TEXT NOT NULL,
    result_name TEXT,
    origin TEXT,
    reference TEXT,
    population TEXT,
    measured_by TEXT,
    baseline DOUBLE PRECISION,
    baseline_year SMALLINT,
    target DOUBLE PRECISION,
    target_year SMALLINT,
    trajectory TEXT,
    direction TEXT,
    unit TEXT,
    target_source TEXT,
    target_note TEXT,
    proxies TEXT,
    missing TEXT,
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
COMMENT ON COLUMN plan.commitment.origin IS 'document: the promise sets this result; proposition: the project does';
COMMENT ON COLUMN plan.commitment.reference IS 'quantity of plan.reference_value';
COMMENT ON COLUMN plan.commitment.population IS 'base of the reference values';
COMMENT ON COLUMN plan.commitment.measured_by IS 'DHIS2 indicator that measures it';
COMMENT ON COLUMN plan.commitment.baseline IS 'value at the start';
COMMENT ON COLUMN plan.commitment.baseline_year IS 'year of the start';
COMMENT ON COLUMN plan.commitment.target IS 'value to reach';
COMMENT ON COLUMN plan.commitment.target_year IS 'year to reach it';
COMMENT ON COLUMN plan.commitment.trajectory IS 'path from baseline to target';
COMMENT ON COLUMN plan.commitment.direction IS 'up or down';
COMMENT ON COLUMN plan.commitment.unit IS 'unit of the target';
COMMENT ON COLUMN plan.commitment.target_source IS 'where the target is written';
COMMENT ON COLUMN plan.commitment.target_note IS 'what to know about the target';
COMMENT ON COLUMN plan.commitment.proxies IS 'indicators shown beside, never a colour; comma separated';
COMMENT ON COLUMN plan.commitment.missing IS 'what must be brought before it can be judged; semicolon separated';
COMMENT ON COLUMN plan.commitment.source IS 'document it comes from';
COMMENT ON COLUMN plan.commitment.note IS 'what to know before using it';

CREATE TABLE plan.process_indicator (
    code TEXT NOT NULL,
    commitment TEXT NOT NULL,
    parent TEXT,
    label TEXT NOT NULL,
    questionnaire TEXT,
    block TEXT,
    calculation TEXT,
    milestones TEXT NOT NULL,
    measured_by TEXT,
    measured_in TEXT,
    aim DOUBLE PRECISION,
    aim_status TEXT,
    source TEXT NOT NULL,
    note TEXT,
    PRIMARY KEY (code)
);
COMMENT ON TABLE plan.process_indicator IS 'Process indicators of the commitments, and their parts';
COMMENT ON COLUMN plan.process_indicator.code IS 'code of the process indicator or of its part';
COMMENT ON COLUMN plan.process_indicator.commitment IS 'code of the commitment';
COMMENT ON COLUMN plan.process_indicator.parent IS 'code of the process indicator a part belongs to';
COMMENT ON COLUMN plan.process_indicator.label IS 'French text';
COMMENT ON COLUMN plan.process_indicator.questionnaire IS 'letter of the annex';
COMMENT ON COLUMN plan.process_indicator.block IS 'health-system block, deduced';
COMMENT ON COLUMN plan.process_indicator.calculation IS 'where its status comes from, the first one first; comma separated';
COMMENT ON COLUMN plan.process_indicator.milestones IS 'scale of thresholds.yaml';
COMMENT ON COLUMN plan.process_indicator.measured_by IS 'DHIS2 indicator that measures it';
COMMENT ON COLUMN plan.process_indicator.measured_in IS 'group of org units; empty: the country';
COMMENT ON COLUMN plan.process_indicator.aim IS 'value that would be all of it';
COMMENT ON COLUMN plan.process_indicator.aim_status IS 'proposed or validated';
COMMENT ON COLUMN plan.process_indicator.source IS 'where it is written';
COMMENT ON COLUMN plan.process_indicator.note IS 'what to know before using it';

CREATE TABLE plan.declared_status (
    place TEXT NOT NULL,
    number SMALLINT NOT NULL,
    code TEXT NOT NULL,
    instead_of TEXT,
    printed TEXT NOT NULL,
    word TEXT,
    colour TEXT,
    amount SMALLINT,
    source TEXT NOT NULL,
    note TEXT,
    PRIMARY KEY (place, number, code)
);
COMMENT ON TABLE plan.declared_status IS 'Every status that a report declared, by the place it stands in';
COMMENT ON COLUMN plan.declared_status.place IS 'titre, récapitulatif, résumé (counts only) or synthèse (prose)';
COMMENT ON COLUMN plan.declared_status.number IS 'order of the statement in its place';
COMMENT ON COLUMN plan.declared_status.code IS 'what it is about; empty in the summary, which does not say';
COMMENT ON COLUMN plan.declared_status.instead_of IS 'code that should stand in this row';
COMMENT ON COLUMN plan.declared_status.printed IS 'the words around the status';
COMMENT ON COLUMN plan.declared_status.word IS 'status as printed; empty: none';
COMMENT ON COLUMN plan.declared_status.colour IS 'what the word means: GREEN, YELLOW, RED';
COMMENT ON COLUMN plan.declared_status.amount IS 'how many indicators the summary counts';
COMMENT ON COLUMN plan.declared_status.source IS 'where it is written';
COMMENT ON COLUMN plan.declared_status.note IS 'what to know about it';

CREATE TABLE plan.contradiction (
    code TEXT NOT NULL,
    document TEXT NOT NULL,
    topic TEXT NOT NULL,
    one TEXT NOT NULL,
    other TEXT NOT NULL,
    handling TEXT NOT NULL,
    concerns TEXT NOT NULL,
    PRIMARY KEY (code)
);
COMMENT ON TABLE plan.contradiction IS 'Statements of the documents that cannot both hold';
COMMENT ON COLUMN plan.contradiction.code IS 'C01… in the FP2030 report, K01… in the plan of CAEB';
COMMENT ON COLUMN plan.contradiction.document IS 'document it is found in';
COMMENT ON COLUMN plan.contradiction.topic IS 'French: what it is about';
COMMENT ON COLUMN plan.contradiction.one IS 'one statement';
COMMENT ON COLUMN plan.contradiction.other IS 'the other';
COMMENT ON COLUMN plan.contradiction.handling IS 'French: what layidu makes of it';
COMMENT ON COLUMN plan.contradiction.concerns IS 'codes it concerns, comma separated';

CREATE TABLE plan.plan_line (
    line TEXT NOT NULL,
    position SMALLINT NOT NULL,
    label TEXT NOT NULL,
    printed TEXT NOT NULL,
    sector TEXT NOT NULL,
    quantity DOUBLE PRECISION,
    quantity_from TEXT,
    unit TEXT NOT NULL,
    responsible TEXT,
    involved TEXT,
    printed_in TEXT NOT NULL,
    calculation TEXT NOT NULL,
    phasing TEXT NOT NULL,
    phasing_name TEXT NOT NULL,
    phasing_status TEXT NOT NULL,
    rhythm TEXT NOT NULL,
    trajectory TEXT NOT NULL,
    companions TEXT NOT NULL,
    source TEXT NOT NULL,
    note TEXT,
    PRIMARY KEY (line)
);
COMMENT ON TABLE plan.plan_line IS 'The lines of CAEB''s plan';
COMMENT ON COLUMN plan.plan_line.line IS 'code of the line';
COMMENT ON COLUMN plan.plan_line.position IS 'order in the plan';
COMMENT ON COLUMN plan.plan_line.label IS 'French name of the line';
COMMENT ON COLUMN plan.plan_line.printed IS 'the plan''s own words';
COMMENT ON COLUMN plan.plan_line.sector IS 'sector or axis of the plan';
COMMENT ON COLUMN plan.plan_line.quantity IS 'what the plan promises; empty: not printed';
COMMENT ON COLUMN plan.plan_line.quantity_from IS 'a printed figure, or the word « un »';
COMMENT ON COLUMN plan.plan_line.unit IS 'unit of the quantity';
COMMENT ON COLUMN plan.plan_line.responsible IS 'who is responsible';
COMMENT ON COLUMN plan.plan_line.involved IS 'who else is involved';
COMMENT ON COLUMN plan.plan_line.printed_in IS 'V: list of activities; VI: plan of action';
COMMENT ON COLUMN plan.plan_line.calculation IS 'how the actual quantity is found';
COMMENT ON COLUMN plan.plan_line.phasing IS 'year: cumulative share, comma separated';
COMMENT ON COLUMN plan.plan_line.phasing_name IS 'French name of the phasing';
COMMENT ON COLUMN plan.plan_line.phasing_status IS 'proposed or validated';
COMMENT ON COLUMN plan.plan_line.rhythm IS 'what is due within a year is due at the end of each month, quarter or year';
COMMENT ON COLUMN plan.plan_line.trajectory IS 'cumulative or milestone';
COMMENT ON COLUMN plan.plan_line.companions IS 'indicators shown beside, comma separated';
COMMENT ON COLUMN plan.plan_line.source IS 'document it comes from';
COMMENT ON COLUMN plan.plan_line.note IS 'what to know before using it';

CREATE TABLE plan.import_file (
    key INTEGER GENERATED ALWAYS AS IDENTITY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    author TEXT NOT NULL,
    imported_at TIMESTAMP WITH TIME ZONE NOT NULL,
    received INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    "new" INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    PRIMARY KEY (key)
);
COMMENT ON TABLE plan.import_file IS 'Files of entries that brought something new, or were refused in part';
COMMENT ON COLUMN plan.import_file.key IS 'number of the file';
COMMENT ON COLUMN plan.import_file.kind IS 'plan, validation or evidence';
COMMENT ON COLUMN plan.import_file.name IS 'name of the file';
COMMENT ON COLUMN plan.import_file.sha256 IS 'of its bytes';
COMMENT ON COLUMN plan.import_file.author IS 'who brought it';
COMMENT ON COLUMN plan.import_file.imported_at IS 'the database''s clock';
COMMENT ON COLUMN plan.import_file.received IS 'filled-in rows: kept + refused';
COMMENT ON COLUMN plan.import_file.kept IS 'new + changed + unchanged';
COMMENT ON COLUMN plan.import_file.new IS 'rows about something not entered before';
COMMENT ON COLUMN plan.import_file.changed IS 'rows that replace an entry';
COMMENT ON COLUMN plan.import_file.unchanged IS 'rows that say what was known';
COMMENT ON COLUMN plan.import_file.refused IS 'rows that were not taken';

CREATE TABLE plan.import_refusal (
    import_file INTEGER NOT NULL,
    line_number INTEGER NOT NULL,
    column_name TEXT NOT NULL,
    found TEXT NOT NULL,
    expected TEXT NOT NULL,
    todo TEXT NOT NULL,
    PRIMARY KEY (import_file, line_number)
);
COMMENT ON TABLE plan.import_refusal IS 'Rows of those files that were not taken';
COMMENT ON COLUMN plan.import_refusal.import_file IS 'key of plan.import_file';
COMMENT ON COLUMN plan.import_refusal.line_number IS 'line of the file; 1 is the header';
COMMENT ON COLUMN plan.import_refusal.column_name IS 'column of the file';
COMMENT ON COLUMN plan.import_refusal.found IS 'French: what was found';
COMMENT ON COLUMN plan.import_refusal.expected IS 'French: what was expected';
COMMENT ON COLUMN plan.import_refusal.todo IS 'French: what to do';

CREATE TABLE plan.progress_entry (
    key INTEGER GENERATED ALWAYS AS IDENTITY,
    line TEXT NOT NULL,
    period TEXT NOT NULL,
    quantity DOUBLE PRECISION,
    declared_status TEXT,
    document TEXT,
    place TEXT,
    note TEXT,
    import_file INTEGER NOT NULL,
    author TEXT NOT NULL,
    entered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (key)
);
COMMENT ON TABLE plan.progress_entry IS 'Achievements of plan lines as entered; every version is kept';
COMMENT ON COLUMN plan.progress_entry.key IS 'order of entry: of the same line and period the last one holds';
COMMENT ON COLUMN plan.progress_entry.line IS 'code of plan.plan_line';
COMMENT ON COLUMN plan.progress_entry.period IS 'DHIS2 period id';
COMMENT ON COLUMN plan.progress_entry.quantity IS 'achieved in that period, not cumulated; empty: the entry is withdrawn';
COMMENT ON COLUMN plan.progress_entry.declared_status IS 'what the responsible says: GREEN, YELLOW, RED';
COMMENT ON COLUMN plan.progress_entry.document IS 'what shows it';
COMMENT ON COLUMN plan.progress_entry.place IS 'where';
COMMENT ON COLUMN plan.progress_entry.note IS 'comment';
COMMENT ON COLUMN plan.progress_entry.import_file IS 'key of plan.import_file';
COMMENT ON COLUMN plan.progress_entry.author IS 'who entered it';
COMMENT ON COLUMN plan.progress_entry.entered_at IS 'the database''s clock';

CREATE TABLE plan.validation (
    key INTEGER GENERATED ALWAYS AS IDENTITY,
    object TEXT NOT NULL,
    colour TEXT,
    validated_by TEXT NOT NULL,
    validated_on DATE NOT NULL,
    document TEXT,
    note TEXT,
    import_file INTEGER NOT NULL,
    author TEXT NOT NULL,
    entered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (key)
);
COMMENT ON TABLE plan.validation IS 'Statuses that a meeting validated; every version is kept';
COMMENT ON COLUMN plan.validation.key IS 'order of entry';
COMMENT ON COLUMN plan.validation.object IS 'commitment, process indicator, part or plan line';
COMMENT ON COLUMN plan.validation.colour IS 'validated status: GREEN, YELLOW, RED; empty: the validation is withdrawn';
COMMENT ON COLUMN plan.validation.validated_by IS 'role or organisation, as entered';
COMMENT ON COLUMN plan.validation.validated_on IS 'day of the meeting';
COMMENT ON COLUMN plan.validation.document IS 'minutes';
COMMENT ON COLUMN plan.validation.note IS 'comment';
COMMENT ON COLUMN plan.validation.import_file IS 'key of plan.import_file';
COMMENT ON COLUMN plan.validation.author IS 'who entered it';
COMMENT ON COLUMN plan.validation.entered_at IS 'the database''s clock';

CREATE TABLE plan.evidence (
    key INTEGER GENERATED ALWAYS AS IDENTITY,
    object TEXT NOT NULL,
    milestone TEXT NOT NULL,
    evidence_on DATE NOT NULL,
    document TEXT NOT NULL,
    withdrawn BOOLEAN NOT NULL,
    validated_by TEXT,
    validated_on DATE,
    note TEXT,
    import_file INTEGER NOT NULL,
    author TEXT NOT NULL,
    entered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (key)
);
COMMENT ON TABLE plan.evidence IS 'Documents that show a milestone; every version is kept';
COMMENT ON COLUMN plan.evidence.key IS 'order of entry';
COMMENT ON COLUMN plan.evidence.object IS 'process indicator or part';
COMMENT ON COLUMN plan.evidence.milestone IS 'step of its scale';
COMMENT ON COLUMN plan.evidence.evidence_on IS 'date of what it shows';
COMMENT ON COLUMN plan.evidence.document IS 'what shows it';
COMMENT ON COLUMN plan.evidence.withdrawn IS 'whether the entry is withdrawn';
COMMENT ON COLUMN plan.evidence.validated_by IS 'role or organisation; empty: not validated, so it counts for nothing';
COMMENT ON COLUMN plan.evidence.validated_on IS 'when it was validated';
COMMENT ON COLUMN plan.evidence.note IS 'comment';
COMMENT ON COLUMN plan.evidence.import_file IS 'key of plan.import_file';
COMMENT ON COLUMN plan.evidence.author IS 'who entered it';
COMMENT ON COLUMN plan.evidence.entered_at IS 'the database''s clock';

CREATE TABLE result.commitment_status (
    position INTEGER NOT NULL,
    commitment TEXT NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    parent TEXT,
    label TEXT NOT NULL,
    population TEXT,
    colour TEXT NOT NULL,
    reason TEXT NOT NULL,
    value DOUBLE PRECISION,
    value_date TEXT,
    value_source TEXT,
    numerator DOUBLE PRECISION,
    denominator DOUBLE PRECISION,
    completeness DOUBLE PRECISION,
    baseline DOUBLE PRECISION,
    baseline_year SMALLINT,
    target DOUBLE PRECISION,
    target_year SMALLINT,
    expected DOUBLE PRECISION,
    expected_today DOUBLE PRECISION,
    gap DOUBLE PRECISION,
    progress DOUBLE PRECISION,
    unit TEXT,
    expired BOOLEAN NOT NULL,
    proxy_indicator TEXT,
    proxy_trend TEXT,
    assessed_on DATE NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (position)
);
COMMENT ON TABLE result.commitment_status IS 'Computed status of commitments, their results and process indicators';
COMMENT ON COLUMN result.commitment_status.position IS 'order of the rows';
COMMENT ON COLUMN result.commitment_status.commitment IS 'code of the commitment';
COMMENT ON COLUMN result.commitment_status.code IS 'of the commitment, result, process indicator or part';
COMMENT ON COLUMN result.commitment_status.kind IS 'commitment, result, process or part';
COMMENT ON COLUMN result.commitment_status.parent IS 'code above';
COMMENT ON COLUMN result.commitment_status.label IS 'French name';
COMMENT ON COLUMN result.commitment_status.population IS 'base or place of the value';
COMMENT ON COLUMN result.commitment_status.colour IS 'computed status: GREEN, YELLOW, RED or GREY';
COMMENT ON COLUMN result.commitment_status.reason IS 'French sentence: why this colour';
COMMENT ON COLUMN result.commitment_status.value IS 'value found';
COMMENT ON COLUMN result.commitment_status.value_date IS 'year, month or day of the value';
COMMENT ON COLUMN result.commitment_status.value_source IS 'where the value found comes from';
COMMENT ON COLUMN result.commitment_status.numerator IS 'numerator of a value from DHIS2';
COMMENT ON COLUMN result.commitment_status.denominator IS 'denominator of a value from DHIS2';
COMMENT ON COLUMN result.commitment_status.completeness IS 'completeness of a value from DHIS2, 0 to 1';
COMMENT ON COLUMN result.commitment_status.baseline IS 'value at the start';
COMMENT ON COLUMN result.commitment_status.baseline_year IS 'year of the start';
COMMENT ON COLUMN result.commitment_status.target IS 'value to reach';
COMMENT ON COLUMN result.commitment_status.target_year IS 'year to reach it';
COMMENT ON COLUMN result.commitment_status.expected IS 'value the trajectory expects at the date of the value';
COMMENT ON COLUMN result.commitment_status.expected_today IS 'value the trajectory expects on the day of the assessment';
COMMENT ON COLUMN result.commitment_status.gap IS 'value - expected';
COMMENT ON COLUMN result.commitment_status.progress IS '(value - baseline) / (expected - baseline), or value / target';
COMMENT ON COLUMN result.commitment_status.unit IS 'unit of the value';
COMMENT ON COLUMN result.commitment_status.expired IS 'whether the target year is over';
COMMENT ON COLUMN result.commitment_status.proxy_indicator IS 'indicator shown beside, never the value';
COMMENT ON COLUMN result.commitment_status.proxy_trend IS 'trend of that indicator';
COMMENT ON COLUMN result.commitment_status.assessed_on IS 'day of the assessment, on the server''s clock';
COMMENT ON COLUMN result.commitment_status.run IS 'run that wrote it';

CREATE TABLE result.plan_progress (
    position INTEGER NOT NULL,
    line TEXT NOT NULL,
    label TEXT NOT NULL,
    quantity DOUBLE PRECISION,
    unit TEXT NOT NULL,
    expected DOUBLE PRECISION,
    actual DOUBLE PRECISION,
    gap DOUBLE PRECISION,
    ratio DOUBLE PRECISION,
    colour TEXT NOT NULL,
    reason TEXT NOT NULL,
    last_period TEXT,
    actual_source TEXT,
    companions TEXT,
    assessed_on DATE NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (position)
);
COMMENT ON TABLE result.plan_progress IS 'Where each line of CAEB''s plan stands';
COMMENT ON COLUMN result.plan_progress.position IS 'order of the rows';
COMMENT ON COLUMN result.plan_progress.line IS 'code of the plan line';
COMMENT ON COLUMN result.plan_progress.label IS 'French name of the line';
COMMENT ON COLUMN result.plan_progress.quantity IS 'what the plan promises';
COMMENT ON COLUMN result.plan_progress.unit IS 'unit of the quantity';
COMMENT ON COLUMN result.plan_progress.expected IS 'quantity expected on the day of the assessment';
COMMENT ON COLUMN result.plan_progress.actual IS 'quantity found, cumulated';
COMMENT ON COLUMN result.plan_progress.gap IS 'actual - expected';
COMMENT ON COLUMN result.plan_progress.ratio IS 'actual / expected';
COMMENT ON COLUMN result.plan_progress.colour IS 'computed status: GREEN, YELLOW, RED or GREY';
COMMENT ON COLUMN result.plan_progress.reason IS 'French sentence: why this colour';
COMMENT ON COLUMN result.plan_progress.last_period IS 'latest period entered';
COMMENT ON COLUMN result.plan_progress.actual_source IS 'document, author and date of the latest entry';
COMMENT ON COLUMN result.plan_progress.companions IS 'DHIS2 indicators shown beside, never the measure of the line';
COMMENT ON COLUMN result.plan_progress.assessed_on IS 'day of the assessment, on the server''s clock';
COMMENT ON COLUMN result.plan_progress.run IS 'run that wrote it';

CREATE FUNCTION plan.keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
 RAISE EXCEPTION 'rows of %.% are added, never changed or deleted', TG_TABLE_SCHEMA, TG_TABLE_NAME;
END $$;
COMMENT ON FUNCTION plan.keep_history() IS 'refuses to change or delete what people entered';
CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE OR TRUNCATE ON plan.import_file
 FOR EACH STATEMENT EXECUTE FUNCTION plan.keep_history();
CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE OR TRUNCATE ON plan.import_refusal
 FOR EACH STATEMENT EXECUTE FUNCTION plan.keep_history();
CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE OR TRUNCATE ON plan.progress_entry
 FOR EACH STATEMENT EXECUTE FUNCTION plan.keep_history();
CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE OR TRUNCATE ON plan.validation
 FOR EACH STATEMENT EXECUTE FUNCTION plan.keep_history();
CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE OR TRUNCATE ON plan.evidence
 FOR EACH STATEMENT EXECUTE FUNCTION plan.keep_history();

CREATE VIEW mart.engagements AS SELECT
 s.commitment AS engagement,
 s.code AS code,
 CASE s.kind WHEN 'commitment' THEN 'engagement' WHEN 'result' THEN 'résultat' WHEN 'process' THEN 'indicateur de processus' ELSE 'sous-indicateur' END AS genre,
 s.label AS libelle,
 nullif(s.population, '') AS population,
 CASE WHEN t.code IS NOT NULL OR r.code IS NOT NULL THEN concat('titre : ', coalesce(t.word, 'sans statut'), ' ; récapitulatif : ', coalesce(r.word, 'absent')) WHEN y.code IS NOT NULL THEN concat('synthèse : « ', y.printed, ' »') END AS statut_declare,
 CASE s.colour WHEN 'GREEN' THEN 'vert' WHEN 'YELLOW' THEN 'jaune' WHEN 'RED' THEN 'rouge' WHEN 'GREY' THEN 'gris' END AS statut_calcule,
 CASE v.colour WHEN 'GREEN' THEN 'vert' WHEN 'YELLOW' THEN 'jaune' WHEN 'RED' THEN 'rouge' WHEN 'GREY' THEN 'gris' END AS statut_valide,
 s.reason AS raison,
 t.word AS declare_titre,
 r.word AS declare_recapitulatif,
 coalesce(t.colour <> r.colour, false) OR EXISTS (SELECT FROM plan.declared_status d WHERE d.instead_of = s.code) AS declaration_contradictoire,
 v.validated_by AS valide_par,
 v.validated_on AS valide_le,
 s.value AS valeur,
 nullif(s.value_date, '') AS date_valeur,
 nullif(s.value_source, '') AS source_valeur,
 nullif(s.unit, '') AS unite,
 s.baseline AS valeur_depart,
 s.baseline_year AS annee_depart,
 s.target AS cible,
 s.target_year AS annee_cible,
 s.expected AS valeur_attendue,
 s.expected_today AS attendu_aujourd_hui,
 s.gap AS ecart,
 round((100 * s.progress)::numeric, 1) AS avancement_pct,
 s.expired AS echeance_depassee,
 s.numerator AS numerateur,
 s.denominator AS denominateur,
 round((100 * s.completeness)::numeric, 1) AS completude_pct,
 nullif(s.proxy_indicator, '') AS indicateur_proche,
 nullif(s.proxy_trend, '') AS tendance_proche,
 (SELECT string_agg(c.code, ', ' ORDER BY c.code) FROM plan.contradiction c WHERE s.code = ANY (string_to_array(c.concerns, ','))) AS contradictions,
 coalesce(p.source, CASE WHEN s.kind = 'result' THEN coalesce(c.target_source, c.source) END, e.source) AS document,
 s.assessed_on AS date_jugement
FROM result.commitment_status s
LEFT JOIN plan.declared_status t ON t.place = 'titre' AND t.code = s.code
LEFT JOIN plan.declared_status r ON r.place = 'récapitulatif' AND r.code = s.code AND r.instead_of IS NULL
LEFT JOIN plan.declared_status y ON y.place = 'synthèse' AND y.code = s.code
LEFT JOIN plan.process_indicator p ON p.code = s.code
LEFT JOIN plan.commitment c ON c.commitment = s.commitment AND c.result = s.code
LEFT JOIN (SELECT DISTINCT commitment, source FROM plan.commitment) e ON e.commitment = s.commitment
LEFT JOIN LATERAL (SELECT v.* FROM (
  SELECT DISTINCT ON (v.validated_on, v.validated_by) v.* FROM plan.validation v
  WHERE v.object = s.code ORDER BY v.validated_on, v.validated_by, v.key DESC) v
 WHERE v.colour IS NOT NULL ORDER BY v.validated_on DESC, v.key DESC LIMIT 1) v ON true
ORDER BY s.position;
COMMENT ON VIEW mart.engagements IS 'Engagements FP2030 : statuts déclarés, calculé et validé, valeur, cible, attendu, écart, et pourquoi c''est gris';
COMMENT ON COLUMN mart.engagements.engagement IS 'code de l''engagement';
COMMENT ON COLUMN mart.engagements.code IS 'code de la ligne : engagement, résultat, indicateur de processus ou sous-indicateur';
COMMENT ON COLUMN mart.engagements.genre IS 'ce que la ligne est';
COMMENT ON COLUMN mart.engagements.libelle IS 'texte de la ligne';
COMMENT ON COLUMN mart.engagements.population IS 'base ou lieu de la valeur';
COMMENT ON COLUMN mart.engagements.statut_declare IS 'ce que le rapport déclare, et où';
COMMENT ON COLUMN mart.engagements.statut_calcule IS 'vert, jaune, rouge, ou gris quand on ne peut pas juger';
COMMENT ON COLUMN mart.engagements.statut_valide IS 'statut validé par une réunion ; vide : aucune validation saisie';
COMMENT ON COLUMN mart.engagements.raison IS 'pourquoi ce statut calculé';
COMMENT ON COLUMN mart.engagements.declare_titre IS 'statut imprimé dans le titre de section';
COMMENT ON COLUMN mart.engagements.declare_recapitulatif IS 'statut imprimé dans le tableau récapitulatif';
COMMENT ON COLUMN mart.engagements.declaration_contradictoire IS 'le rapport se contredit sur cette ligne';
COMMENT ON COLUMN mart.engagements.valide_par IS 'rôle ou organisation qui a validé';
COMMENT ON COLUMN mart.engagements.valide_le IS 'jour de la validation';
COMMENT ON COLUMN mart.engagements.valeur IS 'valeur trouvée';
COMMENT ON COLUMN mart.engagements.date_valeur IS 'année, mois ou jour de la valeur';
COMMENT ON COLUMN mart.engagements.source_valeur IS 'd''où vient la valeur trouvée';
COMMENT ON COLUMN mart.engagements.unite IS 'unité des valeurs';
COMMENT ON COLUMN mart.engagements.valeur_depart IS 'valeur de départ';
COMMENT ON COLUMN mart.engagements.annee_depart IS 'année de départ';
COMMENT ON COLUMN mart.engagements.cible IS 'valeur à atteindre';
COMMENT ON COLUMN mart.engagements.annee_cible IS 'année de la cible';
COMMENT ON COLUMN mart.engagements.valeur_attendue IS 'valeur attendue à la date de la valeur trouvée';
COMMENT ON COLUMN mart.engagements.attendu_aujourd_hui IS 'valeur attendue le jour du jugement';
COMMENT ON COLUMN mart.engagements.ecart IS 'valeur trouvée moins valeur attendue à sa date';
COMMENT ON COLUMN mart.engagements.avancement_pct IS 'chemin parcouru pour cent attendus';
COMMENT ON COLUMN mart.engagements.echeance_depassee IS 'l''année de la cible est passée : cible à renouveler';
COMMENT ON COLUMN mart.engagements.numerateur IS 'numérateur d''une valeur de DHIS2';
COMMENT ON COLUMN mart.engagements.denominateur IS 'dénominateur d''une valeur de DHIS2';
COMMENT ON COLUMN mart.engagements.completude_pct IS 'complétude d''une valeur de DHIS2';
COMMENT ON COLUMN mart.engagements.indicateur_proche IS 'indicateur montré à côté ; ce n''est pas la valeur de l''engagement';
COMMENT ON COLUMN mart.engagements.tendance_proche IS 'tendance de cet indicateur';
COMMENT ON COLUMN mart.engagements.contradictions IS 'contradictions des documents qui la concernent (mart.contradictions)';
COMMENT ON COLUMN mart.engagements.document IS 'où la promesse est écrite';
COMMENT ON COLUMN mart.engagements.date_jugement IS 'jour du jugement, à l''heure du serveur';

CREATE VIEW mart.plan AS SELECT
 s.line AS ligne,
 s.label AS libelle,
 l.sector AS secteur,
 s.quantity AS quantite,
 s.unit AS unite,
 CASE d.declared_status WHEN 'GREEN' THEN 'vert' WHEN 'YELLOW' THEN 'jaune' WHEN 'RED' THEN 'rouge' WHEN 'GREY' THEN 'gris' END AS statut_declare,
 CASE s.colour WHEN 'GREEN' THEN 'vert' WHEN 'YELLOW' THEN 'jaune' WHEN 'RED' THEN 'rouge' WHEN 'GREY' THEN 'gris' END AS statut_calcule,
 CASE v.colour WHEN 'GREEN' THEN 'vert' WHEN 'YELLOW' THEN 'jaune' WHEN 'RED' THEN 'rouge' WHEN 'GREY' THEN 'gris' END AS statut_valide,
 s.reason AS raison,
 s.expected AS attendu_aujourd_hui,
 s.actual AS realise,
 s.gap AS ecart,
 round((100 * s.ratio)::numeric, 1) AS realisation_pct,
 s.last_period AS derniere_periode,
 s.actual_source AS source_valeur,
 d.author AS declare_par,
 d.entered_at::date AS declare_le,
 v.validated_by AS valide_par,
 v.validated_on AS valide_le,
 l.responsible AS responsable,
 l.involved AS personnes_impliquees,
 l.phasing_name AS phasage,
 l.phasing_status AS statut_phasage,
 CASE l.trajectory WHEN 'milestone' THEN 'jalon' WHEN 'cumulative' THEN 'cumul' END AS trajectoire,
 l.quantity_from AS origine_quantite,
 l.calculation AS calcul,
 nullif(s.companions, '') AS indicateurs_a_cote,
 l.printed_in AS imprime_dans,
 l.printed AS texte_imprime,
 (SELECT string_agg(c.code, ', ' ORDER BY c.code) FROM plan.contradiction c WHERE s.line = ANY (string_to_array(c.concerns, ','))) AS contradictions,
 l.note AS note,
 l.source AS document,
 s.assessed_on AS date_jugement
FROM result.plan_progress s
LEFT JOIN plan.plan_line l ON l.line = s.line
LEFT JOIN LATERAL (SELECT e.* FROM (
  SELECT DISTINCT ON (e.period) e.* FROM plan.progress_entry e WHERE e.line = s.line ORDER BY e.period, e.key DESC) e
 WHERE e.quantity IS NOT NULL AND e.declared_status IS NOT NULL ORDER BY e.key DESC LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT v.* FROM (
  SELECT DISTINCT ON (v.validated_on, v.validated_by) v.* FROM plan.validation v
  WHERE v.object = s.line ORDER BY v.validated_on, v.validated_by, v.key DESC) v
 WHERE v.colour IS NOT NULL ORDER BY v.validated_on DESC, v.key DESC LIMIT 1) v ON true
ORDER BY s.position;
COMMENT ON VIEW mart.plan IS 'Lignes du plan de CAEB : statuts déclaré, calculé et validé, quantité promise, attendue, réalisée, écart, et pourquoi c''est gris';
COMMENT ON COLUMN mart.plan.ligne IS 'code de la ligne';
COMMENT ON COLUMN mart.plan.libelle IS 'texte de la ligne';
COMMENT ON COLUMN mart.plan.secteur IS 'secteur ou axe du plan';
COMMENT ON COLUMN mart.plan.quantite IS 'quantité promise sur tout le plan ; vide : le plan n''en imprime pas';
COMMENT ON COLUMN mart.plan.unite IS 'unité de la quantité';
COMMENT ON COLUMN mart.plan.statut_declare IS 'ce que le responsable déclare avec sa dernière saisie ; le plan lui-même n''en imprime pas';
COMMENT ON COLUMN mart.plan.statut_calcule IS 'vert, jaune, rouge, ou gris quand on ne peut pas juger';
COMMENT ON COLUMN mart.plan.statut_valide IS 'statut validé par une réunion ; vide : aucune validation saisie';
COMMENT ON COLUMN mart.plan.raison IS 'pourquoi ce statut calculé';
COMMENT ON COLUMN mart.plan.attendu_aujourd_hui IS 'quantité attendue le jour du jugement, selon le phasage';
COMMENT ON COLUMN mart.plan.realise IS 'quantité réalisée, cumulée ; vide : rien n''a été saisi';
COMMENT ON COLUMN mart.plan.ecart IS 'réalisé moins attendu';
COMMENT ON COLUMN mart.plan.realisation_pct IS 'réalisé pour cent attendus';
COMMENT ON COLUMN mart.plan.derniere_periode IS 'dernière période saisie';
COMMENT ON COLUMN mart.plan.source_valeur IS 'pièce, auteur et date de la dernière saisie';
COMMENT ON COLUMN mart.plan.declare_par IS 'qui a déclaré';
COMMENT ON COLUMN mart.plan.declare_le IS 'quand';
COMMENT ON COLUMN mart.plan.valide_par IS 'rôle ou organisation qui a validé';
COMMENT ON COLUMN mart.plan.valide_le IS 'jour de la validation';
COMMENT ON COLUMN mart.plan.responsable IS 'responsable de la ligne';
COMMENT ON COLUMN mart.plan.personnes_impliquees IS 'qui d''autre y travaille';
COMMENT ON COLUMN mart.plan.phasage IS 'phasage de la quantité';
COMMENT ON COLUMN mart.plan.statut_phasage IS 'phasage proposé ou validé';
COMMENT ON COLUMN mart.plan.trajectoire IS 'jalon ou cumul';
COMMENT ON COLUMN mart.plan.origine_quantite IS 'chiffre imprimé, ou mot « un »';
COMMENT ON COLUMN mart.plan.calcul IS 'comment le réalisé se trouve';
COMMENT ON COLUMN mart.plan.indicateurs_a_cote IS 'indicateurs DHIS2 montrés à côté ; ils ne mesurent pas la ligne';
COMMENT ON COLUMN mart.plan.imprime_dans IS 'V : liste des activités ; VI : plan d''action';
COMMENT ON COLUMN mart.plan.texte_imprime IS 'les mots du plan';
COMMENT ON COLUMN mart.plan.contradictions IS 'contradictions des documents qui la concernent (mart.contradictions)';
COMMENT ON COLUMN mart.plan.note IS 'ce qu''il faut savoir';
COMMENT ON COLUMN mart.plan.document IS 'où la ligne est écrite';
COMMENT ON COLUMN mart.plan.date_jugement IS 'jour du jugement, à l''heure du serveur';

CREATE VIEW mart.decomptes AS SELECT
 endroit AS endroit,
 vert AS vert,
 jaune AS jaune,
 rouge AS rouge,
 sans_statut AS sans_statut,
 lignes AS lignes,
 origine AS origine,
 remarque AS remarque
FROM (SELECT 1 AS rang, 'titres de section' AS endroit,
 count(*) FILTER (WHERE colour = 'GREEN') AS vert, count(*) FILTER (WHERE colour = 'YELLOW') AS jaune,
 count(*) FILTER (WHERE colour = 'RED') AS rouge,
 count(*) FILTER (WHERE colour IS NULL OR colour = 'GREY') AS sans_statut, count(*) AS lignes,
 'compté' AS origine, NULL::text AS remarque FROM plan.declared_status WHERE place = 'titre' HAVING count(*) > 0
UNION ALL SELECT 2 AS rang, 'récapitulatif, lignes imprimées' AS endroit,
 count(*) FILTER (WHERE colour = 'GREEN') AS vert, count(*) FILTER (WHERE colour = 'YELLOW') AS jaune,
 count(*) FILTER (WHERE colour = 'RED') AS rouge,
 count(*) FILTER (WHERE colour IS NULL OR colour = 'GREY') AS sans_statut, count(*) AS lignes,
 'compté' AS origine, nullif(concat_ws(' ', count(*) FILTER (WHERE instead_of IS NOT NULL), 'ligne doublée'), '0 ligne doublée') AS remarque FROM plan.declared_status WHERE place = 'récapitulatif' HAVING count(*) > 0
UNION ALL SELECT 3, 'résumé (tableau)', sum(amount) FILTER (WHERE colour = 'GREEN'), sum(amount) FILTER (WHERE colour = 'YELLOW'),
 sum(amount) FILTER (WHERE colour = 'RED'), 0, sum(amount), 'imprimé', max(note)
 FROM plan.declared_status WHERE place = 'résumé' HAVING count(*) > 0
UNION ALL SELECT 4 AS rang, 'statuts calculés' AS endroit,
 count(*) FILTER (WHERE colour = 'GREEN') AS vert, count(*) FILTER (WHERE colour = 'YELLOW') AS jaune,
 count(*) FILTER (WHERE colour = 'RED') AS rouge,
 count(*) FILTER (WHERE colour IS NULL OR colour = 'GREY') AS sans_statut, count(*) AS lignes,
 'compté' AS origine, NULL::text AS remarque FROM result.commitment_status WHERE kind = 'process' HAVING count(*) > 0
UNION ALL SELECT 5 AS rang, 'statuts validés' AS endroit,
 count(*) FILTER (WHERE colour = 'GREEN') AS vert, count(*) FILTER (WHERE colour = 'YELLOW') AS jaune,
 count(*) FILTER (WHERE colour = 'RED') AS rouge,
 count(*) FILTER (WHERE colour IS NULL OR colour = 'GREY') AS sans_statut, count(*) AS lignes,
 'compté' AS origine, NULL::text AS remarque FROM (SELECT s.code, v.colour FROM result.commitment_status s
 LEFT JOIN LATERAL (SELECT v.* FROM (
  SELECT DISTINCT ON (v.validated_on, v.validated_by) v.* FROM plan.validation v
  WHERE v.object = s.code ORDER BY v.validated_on, v.validated_by, v.key DESC) v
 WHERE v.colour IS NOT NULL ORDER BY v.validated_on DESC, v.key DESC LIMIT 1) v ON true WHERE s.kind = 'process') x WHERE true HAVING count(*) > 0) AS x ORDER BY rang;
COMMENT ON VIEW mart.decomptes IS 'Décomptes des statuts des indicateurs de processus : déclarés par endroit, calculés, validés';
COMMENT ON COLUMN mart.decomptes.endroit IS 'où les statuts se lisent';
COMMENT ON COLUMN mart.decomptes.vert IS 'combien de verts';
COMMENT ON COLUMN mart.decomptes.jaune IS 'combien de jaunes';
COMMENT ON COLUMN mart.decomptes.rouge IS 'combien de rouges';
COMMENT ON COLUMN mart.decomptes.sans_statut IS 'combien sans statut, ou gris';
COMMENT ON COLUMN mart.decomptes.lignes IS 'combien de lignes en tout';
COMMENT ON COLUMN mart.decomptes.origine IS 'compté par layidu, ou imprimé tel quel';
COMMENT ON COLUMN mart.decomptes.remarque IS 'ce qu''il faut savoir';

CREATE VIEW mart.contradictions AS SELECT
 code AS code,
 document AS document,
 topic AS sujet,
 one AS enonce,
 other AS autre_enonce,
 handling AS traitement,
 nullif(concerns, '') AS concerne
FROM plan.contradiction ORDER BY document, code;
COMMENT ON VIEW mart.contradictions IS 'Contradictions des documents : les deux énoncés, et ce que layidu en fait';
COMMENT ON COLUMN mart.contradictions.code IS 'C : rapport FP2030 ; K : plan de CAEB';
COMMENT ON COLUMN mart.contradictions.document IS 'document où elle se trouve';
COMMENT ON COLUMN mart.contradictions.sujet IS 'de quoi il s''agit';
COMMENT ON COLUMN mart.contradictions.enonce IS 'un énoncé';
COMMENT ON COLUMN mart.contradictions.autre_enonce IS 'l''autre énoncé';
COMMENT ON COLUMN mart.contradictions.traitement IS 'ce que layidu en fait';
COMMENT ON COLUMN mart.contradictions.concerne IS 'codes concernés';

CREATE VIEW mart.saisies AS SELECT
 genre AS genre,
 objet AS objet,
 periode AS periode,
 valeur AS valeur,
 document AS piece,
 par AS par,
 en_vigueur AS en_vigueur,
 x.author AS auteur,
 x.entered_at AS saisi_le,
 f.name AS fichier
FROM (
 SELECT 'réalisation' AS genre, e.line AS objet, e.period AS periode, e.quantity::text AS valeur, e.document, NULL::text AS par,
  e.key = max(e.key) OVER (PARTITION BY e.line, e.period) AND e.quantity IS NOT NULL AS en_vigueur, e.author, e.entered_at, e.import_file
 FROM plan.progress_entry e
 UNION ALL SELECT 'validation', v.object, v.validated_on::text, CASE v.colour WHEN 'GREEN' THEN 'vert' WHEN 'YELLOW' THEN 'jaune' WHEN 'RED' THEN 'rouge' WHEN 'GREY' THEN 'gris' END, v.document, v.validated_by,
  v.key = max(v.key) OVER (PARTITION BY v.object, v.validated_on, v.validated_by) AND v.colour IS NOT NULL, v.author, v.entered_at, v.import_file
 FROM plan.validation v
 UNION ALL SELECT 'preuve', p.object, p.evidence_on::text, CASE WHEN NOT p.withdrawn THEN p.milestone END, p.document, p.validated_by,
  p.key = max(p.key) OVER (PARTITION BY p.object, p.milestone, p.evidence_on, p.document) AND NOT p.withdrawn, p.author, p.entered_at, p.import_file
 FROM plan.evidence p) x JOIN plan.import_file f ON f.key = x.import_file ORDER BY x.entered_at, x.objet, x.periode;
COMMENT ON VIEW mart.saisies IS 'Tout ce que des personnes ont saisi, versions remplacées comprises';
COMMENT ON COLUMN mart.saisies.genre IS 'réalisation, validation ou preuve';
COMMENT ON COLUMN mart.saisies.objet IS 'ligne du plan, engagement ou indicateur';
COMMENT ON COLUMN mart.saisies.periode IS 'période ou jour';
COMMENT ON COLUMN mart.saisies.valeur IS 'quantité, statut ou jalon ; vide : saisie retirée';
COMMENT ON COLUMN mart.saisies.piece IS 'pièce citée';
COMMENT ON COLUMN mart.saisies.par IS 'rôle ou organisation qui valide';
COMMENT ON COLUMN mart.saisies.en_vigueur IS 'la version qui compte aujourd''hui';
COMMENT ON COLUMN mart.saisies.auteur IS 'qui l''a saisie';
COMMENT ON COLUMN mart.saisies.saisi_le IS 'quand';
COMMENT ON COLUMN mart.saisies.fichier IS 'fichier importé';
