-- What waits for a slice or for a person is not computed again: it keeps its last value, and says so.

CREATE TABLE result.waiting (
    position INTEGER NOT NULL,
    source TEXT NOT NULL,
    indicator TEXT NOT NULL,
    year SMALLINT NOT NULL,
    reason TEXT NOT NULL,
    since_run INTEGER NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (position)
);
CREATE UNIQUE INDEX waiting_result ON result.waiting (indicator, year, source);
COMMENT ON TABLE result.waiting IS 'Results that are not computed again until a slice arrives or a person decides; they keep their last value';
COMMENT ON COLUMN result.waiting.position IS 'order of the rows';
COMMENT ON COLUMN result.waiting.source IS 'name of the source';
COMMENT ON COLUMN result.waiting.indicator IS 'code of plan.indicator';
COMMENT ON COLUMN result.waiting.year IS 'year whose results keep their last value';
COMMENT ON COLUMN result.waiting.reason IS 'French: what is waited for';
COMMENT ON COLUMN result.waiting.since_run IS 'run since which it waits';
COMMENT ON COLUMN result.waiting.run IS 'run that wrote the row';
COMMENT ON COLUMN result.digest.what IS 'value/<period>, commitment_status, plan_progress, data_quality, population_check or waiting';

CREATE VIEW mart.attentes AS SELECT
 w.source AS source,
 w.indicator AS code,
 i.name AS indicateur,
 w.year AS annee,
 w.reason AS raison,
 r.started_at AS depuis,
 w.since_run AS passage
FROM result.waiting w LEFT JOIN plan.indicator i ON i.code = w.indicator
LEFT JOIN run.run r ON r.run_id = w.since_run
ORDER BY w.source, w.indicator, w.year;
COMMENT ON VIEW mart.attentes IS 'Résultats en attente : ils gardent leur dernière valeur, calculée et publiée, jusqu''à ce qu''une tranche arrive ou qu''une personne décide';
COMMENT ON COLUMN mart.attentes.source IS 'nom de la source';
COMMENT ON COLUMN mart.attentes.code IS 'code de l''indicateur';
COMMENT ON COLUMN mart.attentes.indicateur IS 'nom de l''indicateur';
COMMENT ON COLUMN mart.attentes.annee IS 'année dont les résultats attendent';
COMMENT ON COLUMN mart.attentes.raison IS 'ce qui est attendu';
COMMENT ON COLUMN mart.attentes.depuis IS 'début du passage depuis lequel ils attendent';
COMMENT ON COLUMN mart.attentes.passage IS 'passage depuis lequel ils attendent';

CREATE OR REPLACE VIEW mart.indicateurs AS SELECT
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
 WHEN 'insufficient data' THEN 'données insuffisantes : les tranches de la source ne répondent pas à la question'
 WHEN 'parameter missing' THEN 'paramètre manquant : une table déclarée n''est pas encore remplie'
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
 v.version AS version_formule,
 r.remark AS remarque,
 'en attente : ' || w.reason AS attente
FROM result.indicator_value v
JOIN plan.indicator i ON i.code = v.indicator
JOIN source.org_unit unite ON unite.key = v.org_unit
LEFT JOIN plan.level niveau ON niveau.level = unite.level
LEFT JOIN plan.disaggregation d ON d.disaggregation = v.disaggregation
LEFT JOIN plan.remark r ON r.indicator = v.indicator AND r.disaggregation = v.disaggregation
LEFT JOIN source.instance instance ON instance.key = unite.source
LEFT JOIN result.waiting w ON w.indicator = v.indicator AND w.year = v.year AND w.source = instance.name
LEFT JOIN source.org_unit region ON region.source = unite.source AND region.uid = split_part(unite.path, '/', 3)
LEFT JOIN source.org_unit district ON district.source = unite.source AND district.uid = split_part(unite.path, '/', 4)
WHERE v.hierarchy = 'as_it_is';
COMMENT ON COLUMN mart.indicateurs.attente IS 'ce que ce résultat attend pour être recalculé ; vide : il est à jour';
