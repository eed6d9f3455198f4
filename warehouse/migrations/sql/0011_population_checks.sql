-- Other population totals beside ours, and two statuses in French.

CREATE TABLE result.population_check (
    position INTEGER NOT NULL,
    source TEXT NOT NULL,
    check_name TEXT NOT NULL,
    series TEXT NOT NULL,
    year SMALLINT NOT NULL,
    total DOUBLE PRECISION NOT NULL,
    found DOUBLE PRECISION NOT NULL,
    difference_percent DOUBLE PRECISION NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (position)
);
COMMENT ON TABLE result.population_check IS 'Other population totals beside ours; never a denominator';
COMMENT ON COLUMN result.population_check.position IS 'order of the rows';
COMMENT ON COLUMN result.population_check.source IS 'name of the source whose tree was summed';
COMMENT ON COLUMN result.population_check.check_name IS 'French: who published the other total';
COMMENT ON COLUMN result.population_check.series IS 'code of plan.population_series';
COMMENT ON COLUMN result.population_check.year IS 'year of both totals';
COMMENT ON COLUMN result.population_check.total IS 'what the other source says';
COMMENT ON COLUMN result.population_check.found IS 'what the series adds up to';
COMMENT ON COLUMN result.population_check.difference_percent IS '(found - total) / total x 100';
COMMENT ON COLUMN result.population_check.run IS 'run that wrote it';
COMMENT ON COLUMN result.digest.what IS 'value/<period>, commitment_status, plan_progress, data_quality or population_check';

CREATE VIEW mart.controles_population AS SELECT
 c.source AS source,
 s.name AS serie,
 c.year AS annee,
 c.found AS total_de_la_serie,
 c.check_name AS autre_source,
 c.total AS total_de_l_autre_source,
 c.found - c.total AS ecart,
 round(c.difference_percent::numeric, 2) AS ecart_pct,
 abs(c.difference_percent) >= 10 AS a_verifier
FROM result.population_check c JOIN plan.population_series s ON s.code = c.series
ORDER BY c.source, c.year, s.name, c.check_name;
COMMENT ON VIEW mart.controles_population IS 'Les totaux de population publiés ailleurs, à côté des nôtres ; jamais des dénominateurs';
COMMENT ON COLUMN mart.controles_population.source IS 'source dont l''arbre est additionné';
COMMENT ON COLUMN mart.controles_population.serie IS 'série de populations.yaml';
COMMENT ON COLUMN mart.controles_population.annee IS 'année des deux totaux';
COMMENT ON COLUMN mart.controles_population.total_de_la_serie IS 'somme de la série sur l''arbre';
COMMENT ON COLUMN mart.controles_population.autre_source IS 'qui a publié l''autre total';
COMMENT ON COLUMN mart.controles_population.total_de_l_autre_source IS 'l''autre total';
COMMENT ON COLUMN mart.controles_population.ecart IS 'total de la série moins l''autre total, en habitants';
COMMENT ON COLUMN mart.controles_population.ecart_pct IS 'écart rapporté à l''autre total, en pour cent';
COMMENT ON COLUMN mart.controles_population.a_verifier IS 'écart de 10 % ou plus (DHIS2, guide des dénominateurs)';

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
 WHEN 'insufficient data' THEN 'données insuffisantes : la source n''a pas ces tranches'
 WHEN 'parameter missing' THEN 'paramètre manquant dans les déclarations'
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
