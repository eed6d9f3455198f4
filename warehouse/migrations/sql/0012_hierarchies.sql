-- mart.indicateurs speaks of today's tree alone: two hierarchies in one view would be added up by somebody.

CREATE VIEW mart.hierarchies AS SELECT
 s.indicator AS code,
 i.name AS indicateur,
 unite.name AS unite_organisation,
 coalesce(niveau.name, 'niveau ' || unite.level) AS niveau,
 p.id AS periode,
 coalesce(d.label, s.disaggregation) AS desagregation,
 round(now.value::numeric, i.decimals) AS valeur_actuelle,
 round(v.value::numeric, i.decimals) AS valeur_de_la_periode,
 round((now.value - v.value)::numeric, i.decimals) AS ecart,
 i.unit AS unite,
 now.numerator AS numerateur_actuel,
 v.numerator AS numerateur_de_la_periode,
 now.denominator AS denominateur_actuel,
 v.denominator AS denominateur_de_la_periode,
 unite.uid AS uid,
 unite.level AS rang_niveau,
 s.disaggregation AS code_desagregation,
 v.run AS passage
FROM result.value v
JOIN result.series s ON s.key = v.series
JOIN result.period p ON p.key = v.period
JOIN plan.indicator i ON i.code = s.indicator
JOIN source.org_unit unite ON unite.key = v.org_unit
LEFT JOIN result.value now ON now.series = v.series AND now.period = v.period AND now.org_unit = v.org_unit
 AND NOT now.as_it_was
LEFT JOIN plan.level niveau ON niveau.level = unite.level
LEFT JOIN plan.disaggregation d ON d.disaggregation = s.disaggregation
WHERE v.as_it_was;
COMMENT ON VIEW mart.hierarchies IS 'Ce que change le déplacement d''unités : résultats selon l''arbre d''aujourd''hui et selon celui de la période, là où ils diffèrent';
COMMENT ON COLUMN mart.hierarchies.code IS 'code de l''indicateur';
COMMENT ON COLUMN mart.hierarchies.indicateur IS 'nom de l''indicateur';
COMMENT ON COLUMN mart.hierarchies.unite_organisation IS 'lieu dont la ligne parle';
COMMENT ON COLUMN mart.hierarchies.niveau IS 'niveau du lieu';
COMMENT ON COLUMN mart.hierarchies.periode IS 'mois (202603), trimestre (2026Q1), semestre (2026S1) ou année (2026)';
COMMENT ON COLUMN mart.hierarchies.desagregation IS 'tranche d''âge, méthode… ; « Total » pour l''ensemble';
COMMENT ON COLUMN mart.hierarchies.valeur_actuelle IS 'valeur selon l''arbre d''aujourd''hui : celle que DHIS2 montre';
COMMENT ON COLUMN mart.hierarchies.valeur_de_la_periode IS 'valeur selon l''arbre de la période ; vide : rien n''y était rattaché';
COMMENT ON COLUMN mart.hierarchies.ecart IS 'valeur actuelle moins valeur de la période';
COMMENT ON COLUMN mart.hierarchies.unite IS 'unité de la valeur';
COMMENT ON COLUMN mart.hierarchies.numerateur_actuel IS 'numérateur selon l''arbre d''aujourd''hui';
COMMENT ON COLUMN mart.hierarchies.numerateur_de_la_periode IS 'numérateur selon l''arbre de la période';
COMMENT ON COLUMN mart.hierarchies.denominateur_actuel IS 'dénominateur selon l''arbre d''aujourd''hui ; vide pour un effectif';
COMMENT ON COLUMN mart.hierarchies.denominateur_de_la_periode IS 'dénominateur selon l''arbre de la période ; vide pour un effectif';
COMMENT ON COLUMN mart.hierarchies.uid IS 'identifiant DHIS2 du lieu';
COMMENT ON COLUMN mart.hierarchies.rang_niveau IS 'rang du niveau ; 1 pour le pays';
COMMENT ON COLUMN mart.hierarchies.code_desagregation IS 'désagrégation, forme stable';
COMMENT ON COLUMN mart.hierarchies.passage IS 'passage qui a modifié la ligne en dernier';
COMMENT ON COLUMN mart.indicateurs.hierarchie IS 'toujours « actuelle » : l''arbre d''aujourd''hui ; l''autre est dans mart.hierarchies';

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
 v.version AS version_formule
FROM result.indicator_value v
JOIN plan.indicator i ON i.code = v.indicator
JOIN source.org_unit unite ON unite.key = v.org_unit
LEFT JOIN plan.level niveau ON niveau.level = unite.level
LEFT JOIN plan.disaggregation d ON d.disaggregation = v.disaggregation
LEFT JOIN source.org_unit region ON region.source = unite.source AND region.uid = split_part(unite.path, '/', 3)
LEFT JOIN source.org_unit district ON district.source = unite.source AND district.uid = split_part(unite.path, '/', 4)
WHERE v.hierarchy = 'as_it_is';
