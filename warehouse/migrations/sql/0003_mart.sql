-- The mart: what people and their tools read. A renamed column here is a breaking change (CHANGELOG).

CREATE VIEW mart.indicateurs AS SELECT
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
 v.run AS passage
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
COMMENT ON COLUMN mart.indicateurs.periode IS 'mois (202603), trimestre (2026Q1) ou année (2026)';
COMMENT ON COLUMN mart.indicateurs.type_periode IS 'mois, trimestre ou année';
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
COMMENT ON COLUMN mart.indicateurs.hierarchie IS 'hiérarchie qui sert aux sommes : actuelle, ou celle de la période';
COMMENT ON COLUMN mart.indicateurs.passage IS 'passage qui a modifié la ligne en dernier';

CREATE VIEW mart.valeurs AS SELECT
 s.name AS source,
 e.name AS element_donnees,
 c.name AS combinaison,
 a.name AS combinaison_attribut,
 region.name AS region,
 district.name AS district,
 unite.name AS unite_organisation,
 p.id AS periode,
 v.value AS valeur,
 v.number AS nombre,
 v.last_updated AS modifiee_le,
 e.uid AS uid_element,
 c.uid AS uid_combinaison,
 a.uid AS uid_combinaison_attribut,
 unite.uid AS uid_unite,
 v.run AS passage
FROM source.data_value v
JOIN source.instance s ON s.key = v.source
JOIN source.data_element e ON e.key = v.data_element
JOIN source.period p ON p.key = v.period
JOIN source.org_unit unite ON unite.key = v.org_unit
JOIN source.category_option_combo c ON c.key = v.category_option_combo
JOIN source.category_option_combo a ON a.key = v.attribute_option_combo
LEFT JOIN source.org_unit region ON region.source = unite.source AND region.uid = split_part(unite.path, '/', 3)
LEFT JOIN source.org_unit district ON district.source = unite.source AND district.uid = split_part(unite.path, '/', 4);
COMMENT ON VIEW mart.valeurs IS 'Valeurs de DHIS2, telles que la source les tient aujourd''hui : une ligne par cellule';
COMMENT ON COLUMN mart.valeurs.source IS 'nom de la source';
COMMENT ON COLUMN mart.valeurs.element_donnees IS 'élément de données';
COMMENT ON COLUMN mart.valeurs.combinaison IS 'combinaison d''options de catégories';
COMMENT ON COLUMN mart.valeurs.combinaison_attribut IS 'combinaison d''options d''attributs';
COMMENT ON COLUMN mart.valeurs.region IS 'région sanitaire';
COMMENT ON COLUMN mart.valeurs.district IS 'district sanitaire';
COMMENT ON COLUMN mart.valeurs.unite_organisation IS 'lieu de la valeur';
COMMENT ON COLUMN mart.valeurs.periode IS 'période DHIS2';
COMMENT ON COLUMN mart.valeurs.valeur IS 'texte de DHIS2';
COMMENT ON COLUMN mart.valeurs.nombre IS 'la valeur en nombre ; vide si le texte n''en est pas un';
COMMENT ON COLUMN mart.valeurs.modifiee_le IS 'date de modification selon DHIS2';
COMMENT ON COLUMN mart.valeurs.uid_element IS 'identifiant DHIS2 de l''élément de données';
COMMENT ON COLUMN mart.valeurs.uid_combinaison IS 'identifiant DHIS2 de la combinaison';
COMMENT ON COLUMN mart.valeurs.uid_combinaison_attribut IS 'identifiant DHIS2 de la combinaison d''attributs';
COMMENT ON COLUMN mart.valeurs.uid_unite IS 'identifiant DHIS2 du lieu';
COMMENT ON COLUMN mart.valeurs.passage IS 'passage qui a chargé cette version';

CREATE VIEW mart.engagements AS SELECT
 s.commitment AS engagement,
 c.label AS libelle,
 s.name AS resultat,
 s.population AS population,
 s.year AS annee,
 s.baseline AS valeur_depart,
 s.expected AS valeur_attendue,
 s.actual AS valeur_trouvee,
 s.target AS cible,
 c.target_year AS annee_cible,
 c.unit AS unite,
 round((100 * s.progress)::numeric, 1) AS avancement_pct,
 CASE lower(s.colour) WHEN 'green' THEN 'vert' WHEN 'yellow' THEN 'jaune' WHEN 'red' THEN 'rouge'
 WHEN 'grey' THEN 'gris' ELSE s.colour END AS couleur,
 s.reason AS raison,
 s.actual_source AS source_valeur,
 s.proxy_indicator AS indicateur_proche,
 s.proxy_trend AS tendance_proche,
 c.source AS document
FROM result.commitment_status s
LEFT JOIN plan.commitment c ON c.commitment = s.commitment AND c.result = coalesce(s.result, '')
ORDER BY s.position;
COMMENT ON VIEW mart.engagements IS 'Engagements FP2030 : cible, valeur attendue, valeur trouvée, couleur et raison';
COMMENT ON COLUMN mart.engagements.engagement IS 'code de l''engagement';
COMMENT ON COLUMN mart.engagements.libelle IS 'texte de l''engagement';
COMMENT ON COLUMN mart.engagements.resultat IS 'résultat qui juge l''engagement';
COMMENT ON COLUMN mart.engagements.population IS 'population de la valeur';
COMMENT ON COLUMN mart.engagements.annee IS 'année de la valeur trouvée';
COMMENT ON COLUMN mart.engagements.valeur_depart IS 'valeur de départ';
COMMENT ON COLUMN mart.engagements.valeur_attendue IS 'valeur que la trajectoire attend cette année-là';
COMMENT ON COLUMN mart.engagements.valeur_trouvee IS 'valeur trouvée';
COMMENT ON COLUMN mart.engagements.cible IS 'valeur à atteindre';
COMMENT ON COLUMN mart.engagements.annee_cible IS 'année de la cible';
COMMENT ON COLUMN mart.engagements.unite IS 'unité des valeurs';
COMMENT ON COLUMN mart.engagements.avancement_pct IS 'chemin parcouru pour cent attendus';
COMMENT ON COLUMN mart.engagements.couleur IS 'vert, jaune, rouge, ou gris quand on ne peut pas juger';
COMMENT ON COLUMN mart.engagements.raison IS 'pourquoi cette couleur';
COMMENT ON COLUMN mart.engagements.source_valeur IS 'd''où vient la valeur trouvée';
COMMENT ON COLUMN mart.engagements.indicateur_proche IS 'indicateur montré à côté ; ce n''est pas la valeur de l''engagement';
COMMENT ON COLUMN mart.engagements.tendance_proche IS 'tendance de cet indicateur';
COMMENT ON COLUMN mart.engagements.document IS 'document de l''engagement';

CREATE VIEW mart.plan AS SELECT
 s.line AS ligne,
 s.label AS libelle,
 l.sector AS secteur,
 s.quantity AS quantite,
 s.unit AS unite,
 s.year AS annee,
 s.expected AS attendu,
 s.actual AS realise,
 round((100 * s.ratio)::numeric, 1) AS realisation_pct,
 CASE lower(s.colour) WHEN 'green' THEN 'vert' WHEN 'yellow' THEN 'jaune' WHEN 'red' THEN 'rouge'
 WHEN 'grey' THEN 'gris' ELSE s.colour END AS couleur,
 s.reason AS raison,
 l.responsible AS responsable,
 l.phasing_status AS statut_phasage,
 l.source AS document
FROM result.plan_progress s LEFT JOIN plan.plan_line l ON l.line = s.line
ORDER BY s.position;
COMMENT ON VIEW mart.plan IS 'Lignes du plan du CAEB : quantité promise, attendue, réalisée, couleur et raison';
COMMENT ON COLUMN mart.plan.ligne IS 'code de la ligne';
COMMENT ON COLUMN mart.plan.libelle IS 'texte de la ligne';
COMMENT ON COLUMN mart.plan.secteur IS 'secteur du plan';
COMMENT ON COLUMN mart.plan.quantite IS 'quantité promise sur tout le plan';
COMMENT ON COLUMN mart.plan.unite IS 'unité de la quantité';
COMMENT ON COLUMN mart.plan.annee IS 'année du jugement';
COMMENT ON COLUMN mart.plan.attendu IS 'quantité attendue à cette date';
COMMENT ON COLUMN mart.plan.realise IS 'quantité réalisée';
COMMENT ON COLUMN mart.plan.realisation_pct IS 'réalisé pour cent attendus';
COMMENT ON COLUMN mart.plan.couleur IS 'vert, jaune, rouge, ou gris quand on ne peut pas juger';
COMMENT ON COLUMN mart.plan.raison IS 'pourquoi cette couleur';
COMMENT ON COLUMN mart.plan.responsable IS 'responsable de la ligne';
COMMENT ON COLUMN mart.plan.statut_phasage IS 'phasage proposé ou validé';
COMMENT ON COLUMN mart.plan.document IS 'document du plan';

CREATE VIEW mart.qualite AS SELECT
 q.code AS code,
 CASE q.severity WHEN 'warn' THEN 'à vérifier' ELSE 'information' END AS gravite,
 coalesce(e.name, k.name, q.data_element, q.variable) AS objet,
 region.name AS region,
 district.name AS district,
 coalesce(unite.name, q.org_unit) AS unite_organisation,
 q.period AS periode,
 q.value AS valeur,
 q.reason AS raison,
 q.origin AS origine,
 q.first_run AS premier_passage,
 q.org_unit AS uid_unite
FROM (
 SELECT code, severity, data_element, variable, period, org_unit, value, reason, 'règle' AS origin, first_run
 FROM run.issue WHERE resolved_run IS NULL
 UNION ALL
 SELECT code, severity, data_element, variable, period, org_unit, value, reason, 'statistique', run
 FROM result.data_quality
) q
LEFT JOIN source.org_unit unite ON unite.uid = q.org_unit
LEFT JOIN source.data_element e ON e.uid = q.data_element AND e.source = unite.source
LEFT JOIN plan.variable k ON k.code = q.variable
LEFT JOIN source.org_unit region ON region.source = unite.source AND region.uid = split_part(unite.path, '/', 3)
LEFT JOIN source.org_unit district ON district.source = unite.source AND district.uid = split_part(unite.path, '/', 4);
COMMENT ON VIEW mart.qualite IS 'Signalements de qualité : valeurs gardées, qu''une personne doit regarder';
COMMENT ON COLUMN mart.qualite.code IS 'code du contrôle';
COMMENT ON COLUMN mart.qualite.gravite IS 'à vérifier, ou information';
COMMENT ON COLUMN mart.qualite.objet IS 'élément de données ou variable';
COMMENT ON COLUMN mart.qualite.region IS 'région sanitaire';
COMMENT ON COLUMN mart.qualite.district IS 'district sanitaire';
COMMENT ON COLUMN mart.qualite.unite_organisation IS 'lieu';
COMMENT ON COLUMN mart.qualite.periode IS 'période';
COMMENT ON COLUMN mart.qualite.valeur IS 'ce qui a été trouvé ; jamais corrigé par layidu';
COMMENT ON COLUMN mart.qualite.raison IS 'explication, et quoi faire';
COMMENT ON COLUMN mart.qualite.origine IS 'règle du chargement, ou statistique du calcul';
COMMENT ON COLUMN mart.qualite.premier_passage IS 'passage qui l''a trouvé en premier';
COMMENT ON COLUMN mart.qualite.uid_unite IS 'identifiant DHIS2 du lieu';

CREATE VIEW mart.fraicheur AS SELECT
 i.name AS source,
 s.code AS code,
 s.name AS jeu_de_donnees,
 d.last_pull AS derniere_lecture,
 d.newest AS periode_la_plus_recente,
 d.received AS recues,
 d.refused AS refus_ouverts,
 s.uid AS uid
FROM source.data_set s
JOIN source.instance i ON i.key = s.source
CROSS JOIN LATERAL (SELECT
 (SELECT max(x.server_date) FROM run.slice x
  WHERE x.source = i.name AND x.data_set = s.uid AND x.outcome IN ('loaded', 'empty')) AS last_pull,
 (SELECT sum(x.received) FROM run.slice x WHERE x.source = i.name AND x.data_set = s.uid
  AND x.run = (SELECT max(y.run) FROM run.slice y WHERE y.source = i.name AND y.data_set = s.uid)) AS received,
 (SELECT p.id FROM source.period p WHERE p.type = s.period_type AND EXISTS (
  SELECT FROM source.data_value v JOIN source.data_set_element m ON m.data_element = v.data_element
  WHERE m.data_set = s.key AND v.period = p.key) ORDER BY p.end_date DESC LIMIT 1) AS newest,
 (SELECT count(*) FROM run.refused_value r
  WHERE r.source = i.name AND r.data_set = s.uid AND r.resolved_run IS NULL) AS refused) d
WHERE s.gone IS NULL
ORDER BY i.name, s.name;
COMMENT ON VIEW mart.fraicheur IS 'Fraîcheur de chaque jeu de données : dernière lecture réussie, période la plus récente';
COMMENT ON COLUMN mart.fraicheur.source IS 'nom de la source';
COMMENT ON COLUMN mart.fraicheur.code IS 'code du jeu de données';
COMMENT ON COLUMN mart.fraicheur.jeu_de_donnees IS 'nom du jeu de données';
COMMENT ON COLUMN mart.fraicheur.derniere_lecture IS 'dernière lecture réussie, à l''heure du serveur DHIS2';
COMMENT ON COLUMN mart.fraicheur.periode_la_plus_recente IS 'période la plus récente qui a des valeurs';
COMMENT ON COLUMN mart.fraicheur.recues IS 'enregistrements reçus à la dernière lecture';
COMMENT ON COLUMN mart.fraicheur.refus_ouverts IS 'valeurs refusées qui attendent une correction';
COMMENT ON COLUMN mart.fraicheur.uid IS 'identifiant DHIS2 du jeu de données';

CREATE VIEW mart.rejets AS SELECT
 r.code AS code,
 r.reason AS raison,
 coalesce(e.name, r.data_element) AS element_donnees,
 coalesce(c.name, r.category_option_combo) AS combinaison,
 region.name AS region,
 district.name AS district,
 coalesce(unite.name, r.org_unit) AS unite_organisation,
 r.period AS periode,
 r.value AS valeur,
 coalesce(s.name, r.data_set) AS jeu_de_donnees,
 r.first_run AS premier_passage,
 r.last_run AS dernier_passage,
 r.source AS source,
 r.org_unit AS uid_unite,
 r.data_element AS uid_element
FROM run.refused_value r
LEFT JOIN source.instance i ON i.name = r.source
LEFT JOIN source.data_set s ON s.source = i.key AND s.uid = r.data_set
LEFT JOIN source.data_element e ON e.source = i.key AND e.uid = r.data_element
LEFT JOIN source.category_option_combo c ON c.source = i.key AND c.uid = r.category_option_combo
LEFT JOIN source.org_unit unite ON unite.source = i.key AND unite.uid = r.org_unit
LEFT JOIN source.org_unit region ON region.source = unite.source AND region.uid = split_part(unite.path, '/', 3)
LEFT JOIN source.org_unit district ON district.source = unite.source AND district.uid = split_part(unite.path, '/', 4)
WHERE r.resolved_run IS NULL;
COMMENT ON VIEW mart.rejets IS 'Valeurs refusées au chargement, encore ouvertes, avec la raison et ce qu''il faut faire';
COMMENT ON COLUMN mart.rejets.code IS 'code de la raison';
COMMENT ON COLUMN mart.rejets.raison IS 'explication, et quoi faire';
COMMENT ON COLUMN mart.rejets.element_donnees IS 'élément de données';
COMMENT ON COLUMN mart.rejets.combinaison IS 'combinaison d''options de catégories';
COMMENT ON COLUMN mart.rejets.region IS 'région sanitaire';
COMMENT ON COLUMN mart.rejets.district IS 'district sanitaire';
COMMENT ON COLUMN mart.rejets.unite_organisation IS 'lieu';
COMMENT ON COLUMN mart.rejets.periode IS 'période';
COMMENT ON COLUMN mart.rejets.valeur IS 'texte reçu';
COMMENT ON COLUMN mart.rejets.jeu_de_donnees IS 'jeu de données';
COMMENT ON COLUMN mart.rejets.premier_passage IS 'passage qui l''a refusée en premier';
COMMENT ON COLUMN mart.rejets.dernier_passage IS 'passage qui l''a refusée en dernier';
COMMENT ON COLUMN mart.rejets.source IS 'nom de la source';
COMMENT ON COLUMN mart.rejets.uid_unite IS 'identifiant DHIS2 du lieu';
COMMENT ON COLUMN mart.rejets.uid_element IS 'identifiant DHIS2 de l''élément de données';
