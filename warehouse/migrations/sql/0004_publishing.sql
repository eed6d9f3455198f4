-- What a push found out about each cell, what it changed, and where: to show, to retry and to roll back.

ALTER TABLE run.published_cell
    ADD COLUMN before TEXT,
    ADD COLUMN wanted TEXT,
    ADD COLUMN found TEXT,
    ADD COLUMN tries INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN first_refused_run INTEGER;
COMMENT ON COLUMN run.published_cell.before IS 'what the server held when it was sent; empty: nothing';
COMMENT ON COLUMN run.published_cell.state IS 'sent, confirmed (read back), withdrawn, rejected, unknown, blocked or foreign';
COMMENT ON COLUMN run.published_cell.code IS 'why it is not as wanted: the server''s error code, or ours';
COMMENT ON COLUMN run.published_cell.wanted IS 'what should stand there when it does not; empty: nothing should';
COMMENT ON COLUMN run.published_cell.found IS 'what the server holds where that is not ours';
COMMENT ON COLUMN run.published_cell.tries IS 'times in a row that the server refused it';
COMMENT ON COLUMN run.published_cell.first_refused_run IS 'run since which it is not as wanted; empty: it is';
COMMENT ON COLUMN run.published_cell.run IS 'run that last wrote this row';

CREATE TABLE run.published_change (
    key BIGINT GENERATED ALWAYS AS IDENTITY,
    target TEXT NOT NULL,
    data_set TEXT NOT NULL,
    data_element TEXT NOT NULL,
    period TEXT NOT NULL,
    org_unit TEXT NOT NULL,
    category_option_combo TEXT NOT NULL,
    attribute_option_combo TEXT NOT NULL,
    before TEXT,
    after TEXT,
    formula TEXT,
    run INTEGER NOT NULL,
    PRIMARY KEY (key)
);
CREATE INDEX published_change_run ON run.published_change (run);
COMMENT ON TABLE run.published_change IS 'Every change we made in a target, with what stood there before: what a roll-back restores';
COMMENT ON COLUMN run.published_change.key IS 'number of the row';
COMMENT ON COLUMN run.published_change.target IS 'name of the target in sources.yaml';
COMMENT ON COLUMN run.published_change.data_set IS 'uid of our data set';
COMMENT ON COLUMN run.published_change.data_element IS 'uid of our data element';
COMMENT ON COLUMN run.published_change.period IS 'DHIS2 period id';
COMMENT ON COLUMN run.published_change.org_unit IS 'uid';
COMMENT ON COLUMN run.published_change.category_option_combo IS 'uid';
COMMENT ON COLUMN run.published_change.attribute_option_combo IS 'uid';
COMMENT ON COLUMN run.published_change.before IS 'what the server held; empty: nothing';
COMMENT ON COLUMN run.published_change.after IS 'what was read back; empty: nothing any more';
COMMENT ON COLUMN run.published_change.formula IS 'version of the formula it was computed by';
COMMENT ON COLUMN run.published_change.run IS 'run that sent it';

CREATE TABLE run.published_element (
    target TEXT NOT NULL,
    data_element TEXT NOT NULL,
    data_set TEXT NOT NULL,
    publication TEXT NOT NULL,
    indicator TEXT NOT NULL,
    part TEXT NOT NULL,
    label TEXT NOT NULL,
    formula TEXT NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (target, data_element)
);
COMMENT ON TABLE run.published_element IS 'What each of our data elements in a target stands for';
COMMENT ON COLUMN run.published_element.target IS 'name of the target in sources.yaml';
COMMENT ON COLUMN run.published_element.data_element IS 'uid of our data element';
COMMENT ON COLUMN run.published_element.data_set IS 'uid of our data set';
COMMENT ON COLUMN run.published_element.publication IS 'code of the publication';
COMMENT ON COLUMN run.published_element.indicator IS 'code of the indicator, result or plan line';
COMMENT ON COLUMN run.published_element.part IS 'numerator, denominator, value, target, expected or colour';
COMMENT ON COLUMN run.published_element.label IS 'French label';
COMMENT ON COLUMN run.published_element.formula IS 'version of what it is computed by';
COMMENT ON COLUMN run.published_element.run IS 'run that last published it';

CREATE TABLE run.target_server (
    target TEXT NOT NULL,
    identity TEXT NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (target)
);
COMMENT ON TABLE run.target_server IS 'Which server each target was when we first wrote there: another one is never written to unasked';
COMMENT ON COLUMN run.target_server.target IS 'name of the target in sources.yaml';
COMMENT ON COLUMN run.target_server.identity IS 'its system id, else its address and the uids of its root org units';
COMMENT ON COLUMN run.target_server.run IS 'run that pinned it';

CREATE VIEW mart.publications AS SELECT
 e.publication AS publication,
 e.indicator AS code,
 e.label AS libelle,
 CASE e.part WHEN 'numerator' THEN 'numérateur' WHEN 'denominator' THEN 'dénominateur' WHEN 'value' THEN 'valeur'
 WHEN 'target' THEN 'cible' WHEN 'expected' THEN 'attendu' WHEN 'colour' THEN 'couleur' ELSE e.part END AS partie,
 region.name AS region,
 district.name AS district,
 coalesce(unite.name, c.org_unit) AS unite_organisation,
 c.period AS periode,
 c.value AS valeur_publiee,
 CASE c.state WHEN 'sent' THEN 'envoyée' WHEN 'confirmed' THEN 'publiée et relue' WHEN 'withdrawn' THEN 'retirée'
 WHEN 'rejected' THEN 'rejetée' WHEN 'unknown' THEN 'sans nouvelles' WHEN 'blocked' THEN 'retenue'
 WHEN 'foreign' THEN 'modifiée par une personne' ELSE c.state END AS etat,
 c.code AS code_motif,
 c.wanted AS valeur_voulue,
 c.found AS valeur_trouvee,
 c.first_refused_run AS depuis_le_passage,
 c.run AS passage,
 e.formula AS formule,
 c.target AS cible,
 c.org_unit AS uid_unite,
 c.data_element AS uid_element
FROM run.published_cell c
LEFT JOIN run.published_element e ON e.target = c.target AND e.data_element = c.data_element
LEFT JOIN LATERAL (SELECT o.* FROM source.org_unit o WHERE o.uid = c.org_unit ORDER BY o.source LIMIT 1) unite ON true
LEFT JOIN source.org_unit region ON region.source = unite.source AND region.uid = split_part(unite.path, '/', 3)
LEFT JOIN source.org_unit district ON district.source = unite.source AND district.uid = split_part(unite.path, '/', 4);
COMMENT ON VIEW mart.publications IS 'Cellules que layidu tient dans DHIS2 : ce qui est publié, ce qui ne l''est pas et pourquoi';
COMMENT ON COLUMN mart.publications.publication IS 'publication dont la cellule fait partie';
COMMENT ON COLUMN mart.publications.code IS 'code de l''indicateur, du résultat ou de la ligne du plan';
COMMENT ON COLUMN mart.publications.libelle IS 'libellé de l''élément de données publié';
COMMENT ON COLUMN mart.publications.partie IS 'numérateur, dénominateur, valeur, cible, attendu ou couleur';
COMMENT ON COLUMN mart.publications.region IS 'région sanitaire ; vide pour le pays';
COMMENT ON COLUMN mart.publications.district IS 'district sanitaire ; vide au-dessus';
COMMENT ON COLUMN mart.publications.unite_organisation IS 'lieu dont la cellule parle';
COMMENT ON COLUMN mart.publications.periode IS 'période DHIS2';
COMMENT ON COLUMN mart.publications.valeur_publiee IS 'ce que nous avons écrit et relu ; vide : rien de nous';
COMMENT ON COLUMN mart.publications.etat IS 'publiée et relue, retirée, rejetée, sans nouvelles, retenue ou modifiée par une personne';
COMMENT ON COLUMN mart.publications.code_motif IS 'code d''erreur du serveur, ou le nôtre, quand la cellule n''est pas comme voulue';
COMMENT ON COLUMN mart.publications.valeur_voulue IS 'ce qui devrait s''y trouver quand ce n''est pas le cas';
COMMENT ON COLUMN mart.publications.valeur_trouvee IS 'ce que le serveur tient quand ce n''est pas de nous';
COMMENT ON COLUMN mart.publications.depuis_le_passage IS 'passage depuis lequel la cellule n''est pas comme voulue';
COMMENT ON COLUMN mart.publications.passage IS 'dernier passage qui a touché à cette ligne';
COMMENT ON COLUMN mart.publications.formule IS 'version de la formule';
COMMENT ON COLUMN mart.publications.cible IS 'nom de la cible dans sources.yaml';
COMMENT ON COLUMN mart.publications.uid_unite IS 'identifiant DHIS2 du lieu';
COMMENT ON COLUMN mart.publications.uid_element IS 'identifiant DHIS2 de l''élément publié';
