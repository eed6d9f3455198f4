-- The whole catalogue, whatever feeds each line of it, and what to know of the bands a series rests on.

CREATE TABLE plan.catalogue (
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    short_name TEXT NOT NULL,
    definition TEXT NOT NULL,
    unit TEXT NOT NULL,
    theme TEXT NOT NULL,
    owner TEXT NOT NULL,
    source TEXT NOT NULL,
    note TEXT,
    version SMALLINT NOT NULL,
    grey TEXT,
    PRIMARY KEY (code)
);
COMMENT ON TABLE plan.catalogue IS 'Every indicator that is promised, whatever feeds it, or why nothing does';
COMMENT ON COLUMN plan.catalogue.code IS 'stable code, of plan.indicator or plan.reference_value';
COMMENT ON COLUMN plan.catalogue.kind IS 'dhis2, or reference: surveys, models and budgets';
COMMENT ON COLUMN plan.catalogue.name IS 'French name';
COMMENT ON COLUMN plan.catalogue.short_name IS 'French name of at most 50 characters';
COMMENT ON COLUMN plan.catalogue.definition IS 'French definition';
COMMENT ON COLUMN plan.catalogue.unit IS 'unit of the value';
COMMENT ON COLUMN plan.catalogue.theme IS 'French theme';
COMMENT ON COLUMN plan.catalogue.owner IS 'who answers for it';
COMMENT ON COLUMN plan.catalogue.source IS 'where the definition comes from';
COMMENT ON COLUMN plan.catalogue.note IS 'what to know before using it';
COMMENT ON COLUMN plan.catalogue.version IS 'version of the formula in force';
COMMENT ON COLUMN plan.catalogue.grey IS 'why there can be no value, in French; empty: nothing stands in its way';

CREATE TABLE plan.remark (
    indicator TEXT NOT NULL,
    disaggregation TEXT NOT NULL,
    remark TEXT NOT NULL,
    PRIMARY KEY (indicator, disaggregation)
);
COMMENT ON TABLE plan.remark IS 'What to know of the bands a series rests on';
COMMENT ON COLUMN plan.remark.indicator IS 'code of plan.indicator';
COMMENT ON COLUMN plan.remark.disaggregation IS 'band the remark is about; empty for the total';
COMMENT ON COLUMN plan.remark.remark IS 'French: bands that overlap, or that are not those the source prints';

CREATE VIEW mart.catalogue AS SELECT
 c.code AS code,
 c.name AS indicateur,
 c.short_name AS nom_court,
 c.theme AS theme,
 CASE c.kind WHEN 'dhis2' THEN 'calculé à partir de DHIS2' ELSE 'valeurs de référence : enquête, modèle ou budget' END AS origine,
 CASE WHEN known.period IS NULL THEN 'gris' ELSE 'renseigné' END AS etat,
 CASE WHEN known.period IS NULL THEN coalesce(c.grey, CASE c.kind
  WHEN 'dhis2' THEN 'déclaré et cartographié, mais aucune valeur : la copie n''a rien pour ses cellules, ou rien n''est encore calculé'
  ELSE 'aucune valeur de référence n''est saisie' END) END AS pourquoi_gris,
 known.period AS derniere_periode,
 c.unit AS unite,
 c.definition AS definition,
 c.version AS version_formule,
 c.owner AS responsable,
 c.source AS source,
 c.note AS note,
 r.remark AS remarque
FROM plan.catalogue c
LEFT JOIN plan.remark r ON r.indicator = c.code AND r.disaggregation = ''
LEFT JOIN result.series s ON s.indicator = c.code AND s.disaggregation = ''
LEFT JOIN LATERAL (
 (SELECT p.id AS period FROM result.period p
  WHERE c.kind = 'dhis2' AND EXISTS (SELECT FROM result.value v WHERE v.series = s.key AND v.period = p.key
   AND v.org_unit IN (SELECT o.key FROM source.org_unit o WHERE o.level = 1) AND v.value IS NOT NULL AND NOT v.as_it_was)
  ORDER BY p.key % 100 BETWEEN 1 AND 12 DESC, p.key DESC LIMIT 1)
 UNION ALL
 (SELECT max(x.year)::text FROM plan.reference_value x WHERE c.kind = 'reference' AND x.indicator = c.code HAVING max(x.year) IS NOT NULL)
) known ON true
ORDER BY c.theme, c.code;
COMMENT ON VIEW mart.catalogue IS 'Tous les indicateurs du catalogue, ceux que rien n''alimente encore compris : d''où vient chacun, renseigné ou gris, et pourquoi';
COMMENT ON COLUMN mart.catalogue.code IS 'code de l''indicateur';
COMMENT ON COLUMN mart.catalogue.indicateur IS 'nom de l''indicateur';
COMMENT ON COLUMN mart.catalogue.nom_court IS 'nom d''au plus 50 caractères';
COMMENT ON COLUMN mart.catalogue.theme IS 'thème';
COMMENT ON COLUMN mart.catalogue.origine IS 'calculé à partir de DHIS2, ou valeurs de référence (mart.valeurs_reference)';
COMMENT ON COLUMN mart.catalogue.etat IS 'renseigné : le pays a au moins une valeur ; gris : aucune';
COMMENT ON COLUMN mart.catalogue.pourquoi_gris IS 'source inconnue, paramètre manquant ou valeur jamais saisie ; vide si renseigné';
COMMENT ON COLUMN mart.catalogue.derniere_periode IS 'dernier mois (ou dernière période) dont le pays a une valeur ; dernière année d''une valeur de référence';
COMMENT ON COLUMN mart.catalogue.unite IS 'unité de la valeur';
COMMENT ON COLUMN mart.catalogue.definition IS 'définition';
COMMENT ON COLUMN mart.catalogue.version_formule IS 'version de la formule en vigueur (mart.formules)';
COMMENT ON COLUMN mart.catalogue.responsable IS 'qui répond de l''indicateur';
COMMENT ON COLUMN mart.catalogue.source IS 'd''où vient la définition';
COMMENT ON COLUMN mart.catalogue.note IS 'ce qu''il faut savoir avant de s''en servir';
COMMENT ON COLUMN mart.catalogue.remarque IS 'tranches qui se chevauchent ou harmonisées, sur lesquelles repose le total';

CREATE VIEW mart.valeurs_reference AS SELECT
 v.indicator AS code,
 c.name AS indicateur,
 v.year AS annee,
 v.value AS valeur,
 c.unit AS unite,
 v.population AS population,
 CASE v.kind WHEN 'SURVEY' THEN 'enquête' WHEN 'MODEL' THEN 'modèle' WHEN 'BUDGET' THEN 'budget' ELSE v.kind END AS nature,
 v.source AS source,
 v.note AS note
FROM plan.reference_value v LEFT JOIN plan.catalogue c ON c.code = v.indicator
ORDER BY v.indicator, v.year, v.population;
COMMENT ON VIEW mart.valeurs_reference IS 'Ce que le DHIS2 ne contient pas : enquêtes, modèles, budgets, chaque valeur avec sa base et sa source';
COMMENT ON COLUMN mart.valeurs_reference.code IS 'code de l''indicateur (mart.catalogue)';
COMMENT ON COLUMN mart.valeurs_reference.indicateur IS 'nom de l''indicateur';
COMMENT ON COLUMN mart.valeurs_reference.annee IS 'année que la valeur représente';
COMMENT ON COLUMN mart.valeurs_reference.valeur IS 'valeur, telle que la source la donne';
COMMENT ON COLUMN mart.valeurs_reference.unite IS 'unité de la valeur';
COMMENT ON COLUMN mart.valeurs_reference.population IS 'base : toutes les femmes, femmes en union, besoins annuels…';
COMMENT ON COLUMN mart.valeurs_reference.nature IS 'enquête, modèle ou budget';
COMMENT ON COLUMN mart.valeurs_reference.source IS 'document d''où vient la valeur';
COMMENT ON COLUMN mart.valeurs_reference.note IS 'ce qu''il faut savoir avant de s''en servir';

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
 r.remark AS remarque
FROM result.indicator_value v
JOIN plan.indicator i ON i.code = v.indicator
JOIN source.org_unit unite ON unite.key = v.org_unit
LEFT JOIN plan.level niveau ON niveau.level = unite.level
LEFT JOIN plan.disaggregation d ON d.disaggregation = v.disaggregation
LEFT JOIN plan.remark r ON r.indicator = v.indicator AND r.disaggregation = v.disaggregation
LEFT JOIN source.org_unit region ON region.source = unite.source AND region.uid = split_part(unite.path, '/', 3)
LEFT JOIN source.org_unit district ON district.source = unite.source AND district.uid = split_part(unite.path, '/', 4)
WHERE v.hierarchy = 'as_it_is';
COMMENT ON COLUMN mart.indicateurs.remarque IS 'tranches qui se chevauchent dans la source, ou harmonisées ; vide si rien de tel';
