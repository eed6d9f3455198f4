-- What was known on a day, what changed in the metadata, which reports came: history that people can read.

CREATE TABLE run.metadata_event (
    key INTEGER GENERATED ALWAYS AS IDENTITY,
    run INTEGER NOT NULL,
    source TEXT NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    kind TEXT NOT NULL,
    object_type TEXT NOT NULL,
    uid TEXT,
    name TEXT,
    before TEXT,
    after TEXT,
    PRIMARY KEY (key)
);
CREATE INDEX metadata_event_run ON run.metadata_event (run);
COMMENT ON TABLE run.metadata_event IS 'What changed in a source''s metadata, one row a change; at first contact one row a kind, with their number';
COMMENT ON COLUMN run.metadata_event.key IS 'number of the row';
COMMENT ON COLUMN run.metadata_event.run IS 'run that saw it';
COMMENT ON COLUMN run.metadata_event.source IS 'name of the source';
COMMENT ON COLUMN run.metadata_event.seen_at IS 'server''s clock when it was seen';
COMMENT ON COLUMN run.metadata_event.kind IS 'added, gone, moved, renamed, closed, reopened or changed';
COMMENT ON COLUMN run.metadata_event.object_type IS 'org_unit, data_element, category_option_combo, data_set, data_set_element or data_set_assignment';
COMMENT ON COLUMN run.metadata_event.uid IS 'uid of the object; empty when the row counts objects';
COMMENT ON COLUMN run.metadata_event.name IS 'its name';
COMMENT ON COLUMN run.metadata_event.before IS 'how it was';
COMMENT ON COLUMN run.metadata_event.after IS 'how it is, or how many';

CREATE TABLE source.report_history (
    version INTEGER GENERATED ALWAYS AS IDENTITY,
    data_set INTEGER NOT NULL,
    period INTEGER NOT NULL,
    org_unit INTEGER NOT NULL,
    attribute_option_combo INTEGER NOT NULL,
    date DATE,
    completed BOOLEAN NOT NULL,
    reason TEXT NOT NULL,
    run INTEGER NOT NULL,
    closed_run INTEGER NOT NULL,
    PRIMARY KEY (version)
);
CREATE INDEX report_history_report ON source.report_history (data_set, period, org_unit);
COMMENT ON TABLE source.report_history IS 'Earlier versions of completeness registrations, and those that were withdrawn';
COMMENT ON COLUMN source.report_history.version IS 'number of the closed version';
COMMENT ON COLUMN source.report_history.data_set IS 'key of source.data_set';
COMMENT ON COLUMN source.report_history.period IS 'key of source.period';
COMMENT ON COLUMN source.report_history.org_unit IS 'key of source.org_unit';
COMMENT ON COLUMN source.report_history.attribute_option_combo IS 'key of source.category_option_combo';
COMMENT ON COLUMN source.report_history.date IS 'day the report was declared complete, in this version';
COMMENT ON COLUMN source.report_history.completed IS 'whether it was complete';
COMMENT ON COLUMN source.report_history.reason IS 'changed, or withdrawn (no longer registered)';
COMMENT ON COLUMN source.report_history.run IS 'run that loaded this version';
COMMENT ON COLUMN source.report_history.closed_run IS 'run that closed it';

ALTER TABLE result.data_quality ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE result.data_quality ALTER COLUMN source DROP DEFAULT;
COMMENT ON COLUMN result.data_quality.source IS 'name of the source';

CREATE OR REPLACE VIEW mart.qualite AS SELECT
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
 q.org_unit AS uid_unite,
 q.source AS source
FROM (
 SELECT source, code, severity, data_element, variable, period, org_unit, value, reason, 'règle' AS origin, first_run
 FROM run.issue WHERE resolved_run IS NULL
 UNION ALL
 SELECT source, code, severity, data_element, variable, period, org_unit, value, reason, 'statistique', run
 FROM result.data_quality
) q
LEFT JOIN source.instance i ON i.name = q.source
LEFT JOIN source.org_unit unite ON unite.source = i.key AND unite.uid = q.org_unit
LEFT JOIN source.data_element e ON e.source = i.key AND e.uid = q.data_element
LEFT JOIN plan.variable k ON k.code = q.variable
LEFT JOIN source.org_unit region ON region.source = i.key AND region.uid = split_part(unite.path, '/', 3)
LEFT JOIN source.org_unit district ON district.source = i.key AND district.uid = split_part(unite.path, '/', 4);
COMMENT ON COLUMN mart.qualite.source IS 'nom de la source';

CREATE VIEW mart.historique_valeurs AS SELECT
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
 known.started_at AS connue_du,
 closed.started_at AS connue_jusqu_au,
 CASE v.reason WHEN 'changed' THEN 'modifiée' WHEN 'deleted' THEN 'supprimée' WHEN 'vanished' THEN 'disparue'
 ELSE 'actuelle' END AS fin,
 v.valid_to AS remplacee_le,
 e.uid AS uid_element,
 c.uid AS uid_combinaison,
 a.uid AS uid_combinaison_attribut,
 unite.uid AS uid_unite,
 v.run AS passage,
 v.closed_run AS passage_fin
FROM (
 SELECT source, data_element, period, org_unit, category_option_combo, attribute_option_combo, value, number,
  last_updated, NULL::timestamptz AS valid_to, NULL AS reason, run, NULL::integer AS closed_run
 FROM source.data_value
 UNION ALL
 SELECT source, data_element, period, org_unit, category_option_combo, attribute_option_combo, value, number,
  valid_from, valid_to, reason, run, closed_run
 FROM source.data_value_history
) v
JOIN run.run known ON known.run_id = v.run
LEFT JOIN run.run closed ON closed.run_id = v.closed_run
JOIN source.instance s ON s.key = v.source
JOIN source.data_element e ON e.key = v.data_element
JOIN source.period p ON p.key = v.period
JOIN source.org_unit unite ON unite.key = v.org_unit
JOIN source.category_option_combo c ON c.key = v.category_option_combo
JOIN source.category_option_combo a ON a.key = v.attribute_option_combo
LEFT JOIN source.org_unit region ON region.source = unite.source AND region.uid = split_part(unite.path, '/', 3)
LEFT JOIN source.org_unit district ON district.source = unite.source AND district.uid = split_part(unite.path, '/', 4);
COMMENT ON VIEW mart.historique_valeurs IS 'Toutes les versions de chaque valeur : celle d''aujourd''hui et celles d''avant, avec les passages qui les ont connues';
COMMENT ON COLUMN mart.historique_valeurs.source IS 'nom de la source';
COMMENT ON COLUMN mart.historique_valeurs.element_donnees IS 'élément de données';
COMMENT ON COLUMN mart.historique_valeurs.combinaison IS 'combinaison d''options de catégories';
COMMENT ON COLUMN mart.historique_valeurs.combinaison_attribut IS 'combinaison d''options d''attributs';
COMMENT ON COLUMN mart.historique_valeurs.region IS 'région sanitaire, selon l''arbre d''aujourd''hui';
COMMENT ON COLUMN mart.historique_valeurs.district IS 'district sanitaire, selon l''arbre d''aujourd''hui';
COMMENT ON COLUMN mart.historique_valeurs.unite_organisation IS 'lieu de la valeur';
COMMENT ON COLUMN mart.historique_valeurs.periode IS 'période DHIS2';
COMMENT ON COLUMN mart.historique_valeurs.valeur IS 'texte de DHIS2 dans cette version';
COMMENT ON COLUMN mart.historique_valeurs.nombre IS 'cette version en nombre ; vide si le texte n''en est pas un';
COMMENT ON COLUMN mart.historique_valeurs.modifiee_le IS 'date de modification selon DHIS2';
COMMENT ON COLUMN mart.historique_valeurs.connue_du IS 'début du passage qui a chargé cette version';
COMMENT ON COLUMN mart.historique_valeurs.connue_jusqu_au IS 'début du passage qui l''a fermée ; vide : elle est actuelle';
COMMENT ON COLUMN mart.historique_valeurs.fin IS 'actuelle, modifiée, supprimée dans DHIS2, ou disparue de DHIS2 sans trace';
COMMENT ON COLUMN mart.historique_valeurs.remplacee_le IS 'date DHIS2 de ce qui l''a remplacée ; pour une valeur disparue, l''horloge du serveur';
COMMENT ON COLUMN mart.historique_valeurs.uid_element IS 'identifiant DHIS2 de l''élément de données';
COMMENT ON COLUMN mart.historique_valeurs.uid_combinaison IS 'identifiant DHIS2 de la combinaison';
COMMENT ON COLUMN mart.historique_valeurs.uid_combinaison_attribut IS 'identifiant DHIS2 de la combinaison d''attributs';
COMMENT ON COLUMN mart.historique_valeurs.uid_unite IS 'identifiant DHIS2 du lieu';
COMMENT ON COLUMN mart.historique_valeurs.passage IS 'passage qui a chargé cette version';
COMMENT ON COLUMN mart.historique_valeurs.passage_fin IS 'passage qui l''a fermée ; vide : elle est actuelle';

-- Inlined by the planner, so that a condition on it reaches the tables; it reads with the rights of its caller.
CREATE FUNCTION mart.valeurs_au(jour date) RETURNS SETOF mart.historique_valeurs LANGUAGE sql STABLE AS $$
 SELECT * FROM mart.historique_valeurs v
 WHERE v.connue_du < (jour + 1)::timestamp AT TIME ZONE 'UTC'
 AND (v.connue_jusqu_au IS NULL OR v.connue_jusqu_au >= (jour + 1)::timestamp AT TIME ZONE 'UTC')
$$;
COMMENT ON FUNCTION mart.valeurs_au(date) IS 'Ce que la copie savait à la fin de ce jour (UTC) : les passages commencés ce jour-là ou avant';

CREATE VIEW mart.changements AS SELECT
 m.source AS source,
 m.seen_at AS vu_le,
 CASE m.object_type WHEN 'org_unit' THEN 'unité d''organisation' WHEN 'data_element' THEN 'élément de données'
 WHEN 'category_option_combo' THEN 'combinaison' WHEN 'data_set' THEN 'jeu de données'
 WHEN 'data_set_element' THEN 'élément d''un jeu de données'
 WHEN 'data_set_assignment' THEN 'affectation d''un jeu de données' ELSE m.object_type END AS objet,
 CASE m.kind WHEN 'added' THEN 'ajouté' WHEN 'gone' THEN 'n''est plus montré' WHEN 'moved' THEN 'déplacé'
 WHEN 'renamed' THEN 'renommé' WHEN 'closed' THEN 'fermé' WHEN 'reopened' THEN 'rouvert'
 WHEN 'changed' THEN 'modifié' ELSE m.kind END AS changement,
 m.name AS nom,
 m.before AS avant,
 m.after AS apres,
 CASE
  WHEN m.uid IS NULL THEN format('Premier contact : %s trouvés.', m.after)
  WHEN m.kind = 'moved' THEN format('« %s » a quitté « %s » et dépend maintenant de « %s ».', m.name, m.before, m.after)
  WHEN m.kind = 'renamed' THEN format('« %s » s''appelle maintenant « %s ».', m.before, m.after)
  WHEN m.kind = 'closed' THEN format('« %s » est fermé depuis le %s.', m.name, left(m.after, 10))
  WHEN m.kind = 'reopened' THEN format('« %s » n''est plus fermé.', m.name)
  WHEN m.object_type = 'data_set_element' AND m.kind = 'added' THEN format('« %s » est entré dans le jeu « %s ».', m.name, m.after)
  WHEN m.object_type = 'data_set_element' AND m.kind = 'gone' THEN format('« %s » a quitté le jeu « %s ».', m.name, m.before)
  WHEN m.object_type = 'data_set_assignment' AND m.kind = 'added' THEN format('« %s » doit maintenant rapporter « %s ».', m.name, m.after)
  WHEN m.object_type = 'data_set_assignment' AND m.kind = 'gone' THEN format('« %s » ne doit plus rapporter « %s ».', m.name, m.before)
  WHEN m.kind = 'added' THEN format('« %s » est nouveau.', m.name)
  WHEN m.kind = 'gone' THEN format('« %s » n''est plus montré à ce compte ; ses valeurs restent dans la copie.', m.name)
  ELSE format('« %s » : %s devient %s.', m.name, coalesce(m.before, 'rien'), coalesce(m.after, 'rien'))
 END AS phrase,
 m.uid AS uid,
 m.run AS passage
FROM run.metadata_event m;
COMMENT ON VIEW mart.changements IS 'Ce qui a changé dans les métadonnées des sources : déplacements, fermetures, renommages, affectations, appartenances';
COMMENT ON COLUMN mart.changements.source IS 'nom de la source';
COMMENT ON COLUMN mart.changements.vu_le IS 'horloge du serveur DHIS2 quand le changement a été vu';
COMMENT ON COLUMN mart.changements.objet IS 'genre d''objet';
COMMENT ON COLUMN mart.changements.changement IS 'ce qui lui est arrivé';
COMMENT ON COLUMN mart.changements.nom IS 'nom de l''objet ; vide quand la ligne compte des objets';
COMMENT ON COLUMN mart.changements.avant IS 'comment il était';
COMMENT ON COLUMN mart.changements.apres IS 'comment il est, ou combien il y en a';
COMMENT ON COLUMN mart.changements.phrase IS 'le changement en une phrase';
COMMENT ON COLUMN mart.changements.uid IS 'identifiant DHIS2 de l''objet';
COMMENT ON COLUMN mart.changements.passage IS 'passage qui l''a vu';

CREATE VIEW mart.rapports AS
WITH read AS (
 SELECT s.key AS data_set, p.key AS period, max(c.server_date)::date AS through
 FROM source.data_set s JOIN source.instance i ON i.key = s.source
 JOIN run.cursor c ON c.source = i.name AND c.data_set = s.uid
 JOIN source.period p ON p.id = c.period AND p.type = s.period_type GROUP BY 1, 2
), assigned AS (
 SELECT data_set, org_unit, valid_from, 'infinity'::timestamptz AS valid_to FROM source.data_set_assignment
 UNION ALL SELECT data_set, org_unit, valid_from, valid_to FROM source.data_set_assignment_history
), expected AS (
 SELECT DISTINCT r.data_set, r.period, a.org_unit
 FROM read r JOIN source.period p ON p.key = r.period AND p.end_date < r.through
 JOIN assigned a ON a.data_set = r.data_set AND a.valid_from <= p.end_date AND a.valid_to > p.end_date
 JOIN source.org_unit o ON o.key = a.org_unit AND o.gone IS NULL
 WHERE (o.opening_date IS NULL OR o.opening_date <= p.end_date)
 AND (o.closed_date IS NULL OR o.closed_date >= p.start_date)
), registered AS (
 SELECT data_set, period, org_unit, min(date) AS date FROM source.report WHERE completed GROUP BY 1, 2, 3
)
SELECT
 i.name AS source,
 s.name AS jeu_de_donnees,
 region.name AS region,
 district.name AS district,
 unite.name AS unite_organisation,
 p.id AS periode,
 e.org_unit IS NOT NULL AS attendu,
 g.org_unit IS NOT NULL AS recu,
 g.org_unit IS NOT NULL AND (s.timely_days IS NULL OR g.date <= p.end_date + 1 + s.timely_days::int) AS a_temps,
 g.date AS declare_le,
 CASE WHEN s.timely_days IS NOT NULL THEN p.end_date + 1 + s.timely_days::int END AS limite,
 s.uid AS uid_jeu,
 unite.uid AS uid_unite
FROM expected e FULL JOIN registered g USING (data_set, period, org_unit)
JOIN source.data_set s ON s.key = data_set
JOIN source.instance i ON i.key = s.source
JOIN source.period p ON p.key = period
JOIN source.org_unit unite ON unite.key = org_unit
LEFT JOIN source.org_unit region ON region.source = unite.source AND region.uid = split_part(unite.path, '/', 3)
LEFT JOIN source.org_unit district ON district.source = unite.source AND district.uid = split_part(unite.path, '/', 4);
COMMENT ON VIEW mart.rapports IS 'Un rapport attendu ou reçu : un jeu de données, un lieu, une période finie ; attendu selon les affectations et les dates d''ouverture de ce temps-là';
COMMENT ON COLUMN mart.rapports.source IS 'nom de la source';
COMMENT ON COLUMN mart.rapports.jeu_de_donnees IS 'jeu de données';
COMMENT ON COLUMN mart.rapports.region IS 'région sanitaire';
COMMENT ON COLUMN mart.rapports.district IS 'district sanitaire';
COMMENT ON COLUMN mart.rapports.unite_organisation IS 'lieu';
COMMENT ON COLUMN mart.rapports.periode IS 'période DHIS2';
COMMENT ON COLUMN mart.rapports.attendu IS 'le lieu devait rapporter ; faux : un rapport reçu sans être attendu, qui ne compte dans aucun taux';
COMMENT ON COLUMN mart.rapports.recu IS 'le rapport a été déclaré complet';
COMMENT ON COLUMN mart.rapports.a_temps IS 'déclaré complet au plus tard à la limite';
COMMENT ON COLUMN mart.rapports.declare_le IS 'jour de la première déclaration';
COMMENT ON COLUMN mart.rapports.limite IS 'dernier jour pour être à temps ; vide : le jeu de données n''en a pas';
COMMENT ON COLUMN mart.rapports.uid_jeu IS 'identifiant DHIS2 du jeu de données';
COMMENT ON COLUMN mart.rapports.uid_unite IS 'identifiant DHIS2 du lieu';

CREATE VIEW mart.chevauchements AS
WITH counted AS (
 SELECT v.source, d.variable, d.disaggregation, v.period, v.org_unit, sum(v.number) AS total
 FROM source.data_value v
 JOIN plan.variable_cell c USING (data_element, category_option_combo)
 JOIN plan.variable_disaggregation d ON d.key = c.variable_disaggregation
 JOIN source.period p ON p.key = v.period AND p.number BETWEEN c.valid_from AND c.valid_to
 WHERE v.number IS NOT NULL AND (SELECT count(*) FROM source.instance) > 1
 GROUP BY 1, 2, 3, 4, 5
)
SELECT
 k.name AS variable,
 x.disaggregation AS desagregation,
 p.id AS periode,
 o.name AS unite_organisation,
 a.name AS source,
 x.total AS valeur,
 b.name AS autre_source,
 y.total AS autre_valeur,
 x.variable AS code,
 o.uid AS uid_unite,
 q.uid AS uid_autre_unite
FROM counted x
JOIN counted y ON y.source > x.source AND y.variable = x.variable AND y.disaggregation = x.disaggregation AND y.period = x.period
JOIN source.org_unit o ON o.key = x.org_unit
JOIN source.org_unit q ON q.key = y.org_unit AND (q.uid = o.uid OR q.code = o.code)
JOIN source.period p ON p.key = x.period
JOIN source.instance a ON a.key = x.source
JOIN source.instance b ON b.key = y.source
LEFT JOIN plan.variable k ON k.code = x.variable;
COMMENT ON VIEW mart.chevauchements IS 'Ce que deux sources comptent toutes les deux : même variable, même lieu (identifiant ou code), même période ; ne jamais les additionner';
COMMENT ON COLUMN mart.chevauchements.variable IS 'variable';
COMMENT ON COLUMN mart.chevauchements.desagregation IS 'désagrégation, forme stable';
COMMENT ON COLUMN mart.chevauchements.periode IS 'période DHIS2';
COMMENT ON COLUMN mart.chevauchements.unite_organisation IS 'lieu, selon la première source';
COMMENT ON COLUMN mart.chevauchements.source IS 'première source';
COMMENT ON COLUMN mart.chevauchements.valeur IS 'somme des cellules de la première source';
COMMENT ON COLUMN mart.chevauchements.autre_source IS 'seconde source';
COMMENT ON COLUMN mart.chevauchements.autre_valeur IS 'somme des cellules de la seconde source';
COMMENT ON COLUMN mart.chevauchements.code IS 'code de la variable';
COMMENT ON COLUMN mart.chevauchements.uid_unite IS 'identifiant du lieu dans la première source';
COMMENT ON COLUMN mart.chevauchements.uid_autre_unite IS 'identifiant du lieu dans la seconde source';
