CREATE TABLE plan.formula (
    indicator TEXT NOT NULL,
    version SMALLINT NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_to INTEGER NOT NULL,
    numerator TEXT NOT NULL,
    denominator TEXT,
    factor DOUBLE PRECISION NOT NULL,
    annualised BOOLEAN NOT NULL,
    reason TEXT,
    PRIMARY KEY (indicator, version)
);
COMMENT ON TABLE plan.formula IS 'Every formula an indicator ever had, and the months it is valid in';
COMMENT ON COLUMN plan.formula.indicator IS 'code of plan.indicator';
COMMENT ON COLUMN plan.formula.version IS 'number of the formula';
COMMENT ON COLUMN plan.formula.valid_from IS 'first month yyyymm; 1: as far back as there are values';
COMMENT ON COLUMN plan.formula.valid_to IS 'last month yyyymm; 999912: until further notice';
COMMENT ON COLUMN plan.formula.numerator IS 'expression over variables';
COMMENT ON COLUMN plan.formula.denominator IS 'expression over variables and populations; empty: a count';
COMMENT ON COLUMN plan.formula.factor IS 'what the ratio is multiplied by';
COMMENT ON COLUMN plan.formula.annualised IS 'whether the denominator is person-time';
COMMENT ON COLUMN plan.formula.reason IS 'why it was given up; empty for the one in force';

ALTER TABLE result.indicator_value ADD COLUMN version SMALLINT NOT NULL DEFAULT 1;
ALTER TABLE result.indicator_value ALTER COLUMN version DROP DEFAULT;
COMMENT ON COLUMN result.indicator_value.version IS 'version of the indicator''s formula it was computed by';

CREATE OR REPLACE VIEW mart.indicateurs AS SELECT
 v.indicator AS code,
 i.name AS indicateur,
 region.name AS region,
 district.name AS district,
 CASE WHEN unite.level >= 4 THEN unite.name END AS structure,
 unite.name AS unite_organisation,
 coalesce(niveau.name, 'niveau ' || unite.level) AS niveau,
 v.period AS periode,
 CASE length(v.period) WHEN 4 THEN 'année' WHEN 6 THEN CASE WHEN v.period LIKE '%Q%' THEN 'trimestre' ELSE 'mois' END END AS type_periode,
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
COMMENT ON COLUMN mart.indicateurs.version_formule IS 'version de la formule par laquelle la valeur a été calculée (mart.formules)';

CREATE VIEW mart.formules AS SELECT
 f.indicator AS code,
 i.name AS indicateur,
 f.version AS version_formule,
 CASE WHEN f.valid_from > 1 THEN f.valid_from END AS premier_mois,
 CASE WHEN f.valid_to < 999912 THEN f.valid_to END AS dernier_mois,
 f.numerator AS numerateur,
 f.denominator AS denominateur,
 f.factor AS facteur,
 f.annualised AS annualise,
 f.reason AS raison_du_changement
FROM plan.formula f JOIN plan.indicator i ON i.code = f.indicator;
COMMENT ON VIEW mart.formules IS 'Formules des indicateurs, celles d''aujourd''hui et les précédentes, avec leurs mois de validité';
COMMENT ON COLUMN mart.formules.code IS 'code de l''indicateur';
COMMENT ON COLUMN mart.formules.indicateur IS 'nom de l''indicateur';
COMMENT ON COLUMN mart.formules.version_formule IS 'numéro de la formule ; une formule changée porte un nouveau numéro';
COMMENT ON COLUMN mart.formules.premier_mois IS 'premier mois (AAAAMM) ; vide : depuis toujours';
COMMENT ON COLUMN mart.formules.dernier_mois IS 'dernier mois (AAAAMM) ; vide : encore en vigueur';
COMMENT ON COLUMN mart.formules.numerateur IS 'numérateur, en variables de mappings/';
COMMENT ON COLUMN mart.formules.denominateur IS 'dénominateur ; vide pour un effectif';
COMMENT ON COLUMN mart.formules.facteur IS 'par quoi le rapport est multiplié';
COMMENT ON COLUMN mart.formules.annualise IS 'dénominateur en personnes-temps';
COMMENT ON COLUMN mart.formules.raison_du_changement IS 'pourquoi la formule a été abandonnée ; vide pour celle en vigueur';
