-- Results by keys: a third of the size, and a switch that writes only the periods that differ.

DROP VIEW mart.indicateurs;
DROP TABLE result.indicator_value;
DELETE FROM result.digest;
COMMENT ON COLUMN result.digest.what IS 'value/<period>, commitment_status, plan_progress or data_quality';

CREATE TABLE result.series (
    key INTEGER GENERATED ALWAYS AS IDENTITY,
    indicator TEXT NOT NULL,
    disaggregation TEXT NOT NULL,
    PRIMARY KEY (key)
);
CREATE UNIQUE INDEX series_name ON result.series (indicator, disaggregation);
COMMENT ON TABLE result.series IS 'Every indicator, and every band of one, that ever had a result';
COMMENT ON COLUMN result.series.key IS 'number of the series';
COMMENT ON COLUMN result.series.indicator IS 'code of plan.indicator';
COMMENT ON COLUMN result.series.disaggregation IS 'as in age=15-24; empty for the total';

CREATE TABLE result.period (
    key INTEGER NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (key)
);
CREATE UNIQUE INDEX period_id ON result.period (id);
COMMENT ON TABLE result.period IS 'Every period that ever had a result';
COMMENT ON COLUMN result.period.key IS 'yyyymm; quarters yyyy21 to yyyy24, half-years yyyy31 and yyyy32, the year yyyy00';
COMMENT ON COLUMN result.period.id IS '202603, 2026Q1, 2026S1 or 2026';

CREATE TABLE result.status (
    key SMALLINT GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    PRIMARY KEY (key)
);
CREATE UNIQUE INDEX status_name ON result.status (name);
COMMENT ON TABLE result.status IS 'What can be said of a value';
COMMENT ON COLUMN result.status.key IS 'number of the status';
COMMENT ON COLUMN result.status.name IS 'computed, or why there is no value';

-- Columns in the order of their widths: no byte is lost to alignment.
CREATE TABLE result.value (
    series INTEGER NOT NULL,
    period INTEGER NOT NULL,
    org_unit INTEGER NOT NULL,
    run INTEGER NOT NULL,
    numerator DOUBLE PRECISION,
    denominator DOUBLE PRECISION,
    value DOUBLE PRECISION,
    completeness DOUBLE PRECISION,
    status SMALLINT NOT NULL,
    version SMALLINT NOT NULL,
    as_it_was BOOLEAN NOT NULL,
    PRIMARY KEY (series, period, org_unit, as_it_was)
);
COMMENT ON TABLE result.value IS 'Indicator values with both parts; result.indicator_value shows them by name';
COMMENT ON COLUMN result.value.series IS 'key of result.series';
COMMENT ON COLUMN result.value.period IS 'key of result.period';
COMMENT ON COLUMN result.value.org_unit IS 'key of source.org_unit';
COMMENT ON COLUMN result.value.as_it_was IS 'summed up the tree of that period; only where that differs from today''s tree';
COMMENT ON COLUMN result.value.numerator IS 'numerator, summed';
COMMENT ON COLUMN result.value.denominator IS 'denominator, summed';
COMMENT ON COLUMN result.value.value IS 'factor x numerator / denominator; the numerator of a count';
COMMENT ON COLUMN result.value.status IS 'key of result.status';
COMMENT ON COLUMN result.value.version IS 'version of the indicator''s formula it was computed by';
COMMENT ON COLUMN result.value.completeness IS 'reports received / expected, 0 to 1; empty where none was expected';
COMMENT ON COLUMN result.value.run IS 'run that last changed this row';

CREATE VIEW result.indicator_value AS SELECT
 (v.period / 100)::smallint AS year,
 s.indicator,
 s.disaggregation,
 p.id AS period,
 v.org_unit,
 CASE WHEN v.as_it_was THEN 'as_it_was' ELSE 'as_it_is' END AS hierarchy,
 v.numerator,
 v.denominator,
 v.value,
 t.name AS status,
 v.completeness,
 v.run,
 v.version
FROM result.value v
JOIN result.series s ON s.key = v.series
JOIN result.period p ON p.key = v.period
JOIN result.status t ON t.key = v.status;
COMMENT ON VIEW result.indicator_value IS 'Indicator values with both parts, by name';
COMMENT ON COLUMN result.indicator_value.year IS 'year of the period';
COMMENT ON COLUMN result.indicator_value.indicator IS 'code of plan.indicator';
COMMENT ON COLUMN result.indicator_value.disaggregation IS 'as in age=15-24; empty for the total';
COMMENT ON COLUMN result.indicator_value.period IS '202603, 2026Q1, 2026S1 or 2026';
COMMENT ON COLUMN result.indicator_value.org_unit IS 'key of source.org_unit';
COMMENT ON COLUMN result.indicator_value.hierarchy IS 'as_it_is (today''s tree) or as_it_was (the tree of that period, only where that differs)';
COMMENT ON COLUMN result.indicator_value.numerator IS 'numerator, summed';
COMMENT ON COLUMN result.indicator_value.denominator IS 'denominator, summed';
COMMENT ON COLUMN result.indicator_value.value IS 'factor x numerator / denominator; the numerator of a count';
COMMENT ON COLUMN result.indicator_value.status IS 'computed, or why there is no value';
COMMENT ON COLUMN result.indicator_value.completeness IS 'reports received / expected, 0 to 1; empty where none was expected';
COMMENT ON COLUMN result.indicator_value.version IS 'version of the indicator''s formula it was computed by';
COMMENT ON COLUMN result.indicator_value.run IS 'run that last changed this row';

CREATE VIEW mart.indicateurs AS SELECT
 v.indicator AS code,
 i.name AS indicateur,
 region.name AS region,
 district.name AS district,
 CASE WHEN unite.level >= 4 THEN unite.name END AS structure,
 unite.name AS unite_organisation,
 coalesce(niveau.name, 'niveau ' || unite.level) AS niveau,
 v.period AS periode,
 CASE length(v.period) WHEN 4 THEN 'année' ELSE CASE substr(v.period, 5, 1) WHEN 'Q' THEN 'trimestre' WHEN 'S' THEN 'semestre' ELSE 'mois' END END AS type_periode,
 coalesce(d.label, v.disaggregation) AS desagregation,
 trim_scale(round(v.numerator::numeric, 2)) AS numerateur,
 trim_scale(round(v.denominator::numeric, 2)) AS denominateur,
 round(v.value::numeric, i.decimals) AS valeur,
 i.unit AS unite,
 CASE v.status WHEN 'computed' THEN 'calculé' WHEN 'numerator missing' THEN 'numérateur manquant'
 WHEN 'denominator missing' THEN 'dénominateur manquant' WHEN 'denominator zero' THEN 'dénominateur nul'
 WHEN 'denominator incomplete' THEN 'dénominateur incomplet : il manque une partie de la population'
 ELSE v.status END AS statut,
 round((100 * v.completeness)::numeric, 1) AS completude_pct,
 v.value AS valeur_brute,
 v.numerator AS numerateur_brut,
 v.denominator AS denominateur_brut,
 unite.uid AS uid,
 unite.level AS rang_niveau,
 v.year AS annee,
 v.disaggregation AS code_desagregation,
 CASE v.hierarchy WHEN 'as_it_is' THEN 'actuelle' ELSE 'de la période' END AS hierarchie,
 v.run AS passage,
 v.version AS version_formule
FROM result.indicator_value v
JOIN plan.indicator i ON i.code = v.indicator
JOIN source.org_unit unite ON unite.key = v.org_unit
LEFT JOIN plan.level niveau ON niveau.level = unite.level
LEFT JOIN plan.disaggregation d ON d.disaggregation = v.disaggregation
LEFT JOIN source.org_unit region ON region.source = unite.source AND region.uid = split_part(unite.path, '/', 3)
LEFT JOIN source.org_unit district ON district.source = unite.source AND district.uid = split_part(unite.path, '/', 4);
COMMENT ON VIEW mart.indicateurs IS 'Résultats des indicateurs : une ligne par indicateur, lieu, période et désagrégation';
COMMENT ON COLUMN mart.indicateurs.code IS 'code de l''indicateur';
COMMENT ON COLUMN mart.indicateurs.indicateur IS 'nom de l''indicateur';
COMMENT ON COLUMN mart.indicateurs.region IS 'région sanitaire ; vide pour le pays';
COMMENT ON COLUMN mart.indicateurs.district IS 'district sanitaire ; vide au-dessus';
COMMENT ON COLUMN mart.indicateurs.structure IS 'structure de santé ; vide au-dessus';
COMMENT ON COLUMN mart.indicateurs.unite_organisation IS 'lieu dont la ligne parle';
COMMENT ON COLUMN mart.indicateurs.niveau IS 'niveau du lieu';
COMMENT ON COLUMN mart.indicateurs.periode IS 'mois (202603), trimestre (2026Q1), semestre (2026S1) ou année (2026)';
COMMENT ON COLUMN mart.indicateurs.type_periode IS 'mois, trimestre, semestre ou année';
COMMENT ON COLUMN mart.indicateurs.desagregation IS 'tranche d''âge, méthode… ; « Total » pour l''ensemble';
COMMENT ON COLUMN mart.indicateurs.numerateur IS 'numérateur, additionné, arrondi à deux décimales';
COMMENT ON COLUMN mart.indicateurs.denominateur IS 'dénominateur, additionné, arrondi à deux décimales ; vide pour un effectif';
COMMENT ON COLUMN mart.indicateurs.valeur IS 'valeur arrondie pour la lecture ; ne jamais en faire la moyenne : additionner les numérateurs et les dénominateurs';
COMMENT ON COLUMN mart.indicateurs.unite IS 'unité de la valeur';
COMMENT ON COLUMN mart.indicateurs.statut IS 'calculé, ou la raison pour laquelle il n''y a pas de valeur sûre';
COMMENT ON COLUMN mart.indicateurs.completude_pct IS 'rapports reçus pour cent rapports attendus ; vide si aucun n''était attendu';
COMMENT ON COLUMN mart.indicateurs.valeur_brute IS 'valeur sans arrondi';
COMMENT ON COLUMN mart.indicateurs.numerateur_brut IS 'numérateur sans arrondi';
COMMENT ON COLUMN mart.indicateurs.denominateur_brut IS 'dénominateur sans arrondi';
COMMENT ON COLUMN mart.indicateurs.uid IS 'identifiant DHIS2 du lieu';
COMMENT ON COLUMN mart.indicateurs.rang_niveau IS 'rang du niveau ; 1 pour le pays';
COMMENT ON COLUMN mart.indicateurs.annee IS 'année de la période';
COMMENT ON COLUMN mart.indicateurs.code_desagregation IS 'désagrégation, forme stable';
COMMENT ON COLUMN mart.indicateurs.hierarchie IS 'hiérarchie qui sert aux sommes : actuelle, ou celle de la période (seulement là où elle donne autre chose)';
COMMENT ON COLUMN mart.indicateurs.passage IS 'passage qui a modifié la ligne en dernier';
COMMENT ON COLUMN mart.indicateurs.version_formule IS 'version de la formule par laquelle la valeur a été calculée (mart.formules)';
