-- A person reads 26,2 and not 26.200000000000003; result.* keeps every digit. The catalogue shows the latest values.

CREATE OR REPLACE VIEW mart.engagements AS SELECT
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
 round(s.value::numeric, 2)::double precision AS valeur,
 nullif(s.value_date, '') AS date_valeur,
 nullif(s.value_source, '') AS source_valeur,
 nullif(s.unit, '') AS unite,
 s.baseline AS valeur_depart,
 s.baseline_year AS annee_depart,
 s.target AS cible,
 s.target_year AS annee_cible,
 round(s.expected::numeric, 2)::double precision AS valeur_attendue,
 round(s.expected_today::numeric, 2)::double precision AS attendu_aujourd_hui,
 round(s.gap::numeric, 2)::double precision AS ecart,
 round((100 * s.progress)::numeric, 1) AS avancement_pct,
 s.expired AS echeance_depassee,
 round(s.numerator::numeric, 2)::double precision AS numerateur,
 round(s.denominator::numeric, 2)::double precision AS denominateur,
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

CREATE OR REPLACE VIEW mart.plan AS SELECT
 s.line AS ligne,
 s.label AS libelle,
 l.sector AS secteur,
 s.quantity AS quantite,
 s.unit AS unite,
 CASE d.declared_status WHEN 'GREEN' THEN 'vert' WHEN 'YELLOW' THEN 'jaune' WHEN 'RED' THEN 'rouge' WHEN 'GREY' THEN 'gris' END AS statut_declare,
 CASE s.colour WHEN 'GREEN' THEN 'vert' WHEN 'YELLOW' THEN 'jaune' WHEN 'RED' THEN 'rouge' WHEN 'GREY' THEN 'gris' END AS statut_calcule,
 CASE v.colour WHEN 'GREEN' THEN 'vert' WHEN 'YELLOW' THEN 'jaune' WHEN 'RED' THEN 'rouge' WHEN 'GREY' THEN 'gris' END AS statut_valide,
 s.reason AS raison,
 round(s.expected::numeric, 2)::double precision AS attendu_aujourd_hui,
 round(s.actual::numeric, 2)::double precision AS realise,
 round(s.gap::numeric, 2)::double precision AS ecart,
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

CREATE OR REPLACE VIEW mart.catalogue AS SELECT
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
 r.remark AS remarque,
 known.said AS dernieres_valeurs
FROM plan.catalogue c
LEFT JOIN plan.remark r ON r.indicator = c.code AND r.disaggregation = ''
LEFT JOIN result.series s ON s.indicator = c.code AND s.disaggregation = ''
LEFT JOIN LATERAL (
 (SELECT p.id AS period, (SELECT string_agg(replace(trim_scale(round(v.value::numeric, i.decimals))::text, '.', ','), ' ; ')
   FROM result.value v JOIN plan.indicator i ON i.code = c.code
   WHERE v.series = s.key AND v.period = p.key AND v.org_unit IN (SELECT o.key FROM source.org_unit o WHERE o.level = 1)
   AND v.value IS NOT NULL AND NOT v.as_it_was) AS said FROM result.period p
  WHERE c.kind = 'dhis2' AND EXISTS (SELECT FROM result.value v WHERE v.series = s.key AND v.period = p.key
   AND v.org_unit IN (SELECT o.key FROM source.org_unit o WHERE o.level = 1) AND v.value IS NOT NULL AND NOT v.as_it_was)
  ORDER BY p.key % 100 BETWEEN 1 AND 12 DESC, p.key DESC LIMIT 1)
 UNION ALL
 (SELECT x.year::text, string_agg(concat(replace(trim_scale(x.value::numeric)::text, '.', ','), ' (', x.population, ')'), ' ; ' ORDER BY x.population)
  FROM plan.reference_value x WHERE c.kind = 'reference' AND x.indicator = c.code GROUP BY x.year ORDER BY x.year DESC LIMIT 1)
) known ON true
ORDER BY c.theme, c.code;
COMMENT ON COLUMN mart.catalogue.dernieres_valeurs IS 'valeur du pays à cette période ; pour une référence, chaque valeur de cette année avec sa base';
