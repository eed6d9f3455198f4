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
 WHEN 'reporting too low' THEN 'trop peu de rapports dans l''année pour une estimation'
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
COMMENT ON COLUMN mart.indicateurs.remarque IS 'tranches qui se chevauchent dans la source ou sont harmonisées, nombres que personne n''a donnés ; vide si rien de tel';
COMMENT ON COLUMN plan.remark.remark IS 'French: bands that overlap or are not those the source prints, numbers nobody has given';
