-- An object that is gone because it was merged into another is told by both names.

CREATE OR REPLACE VIEW mart.changements AS SELECT
 m.source AS source,
 m.seen_at AS vu_le,
 CASE m.object_type WHEN 'org_unit' THEN 'unité d''organisation' WHEN 'data_element' THEN 'élément de données'
 WHEN 'category_option_combo' THEN 'combinaison' WHEN 'combo_option' THEN 'option d''une combinaison' WHEN 'data_set' THEN 'jeu de données'
 WHEN 'data_set_element' THEN 'élément d''un jeu de données'
 WHEN 'data_set_assignment' THEN 'affectation d''un jeu de données' ELSE m.object_type END AS objet,
 CASE m.kind WHEN 'added' THEN 'ajouté' WHEN 'gone' THEN 'n''est plus montré' WHEN 'moved' THEN 'déplacé'
 WHEN 'renamed' THEN 'renommé' WHEN 'closed' THEN 'fermé' WHEN 'reopened' THEN 'rouvert'
 WHEN 'changed' THEN 'modifié' WHEN 'merged' THEN 'fusionné' ELSE m.kind END AS changement,
 m.name AS nom,
 m.before AS avant,
 m.after AS apres,
 CASE
  WHEN m.uid IS NULL THEN format('Premier contact : %s trouvés.', m.after)
  WHEN m.kind = 'moved' THEN format('« %s » a quitté « %s » et dépend maintenant de « %s ».', m.name, m.before, m.after)
  WHEN m.kind = 'merged' THEN format('« %s » a fusionné dans « %s ».', m.name, m.after)
  WHEN m.kind = 'renamed' THEN format('« %s » s''appelle maintenant « %s ».', m.before, m.after)
  WHEN m.kind = 'closed' THEN format('« %s » est fermé depuis le %s.', m.name, left(m.after, 10))
  WHEN m.kind = 'reopened' THEN format('« %s » n''est plus fermé.', m.name)
  WHEN m.object_type = 'data_set_element' AND m.kind = 'added' THEN format('« %s » est entré dans le jeu « %s ».', m.name, m.after)
  WHEN m.object_type = 'data_set_element' AND m.kind = 'gone' THEN format('« %s » a quitté le jeu « %s ».', m.name, m.before)
  WHEN m.object_type = 'data_set_assignment' AND m.kind = 'added' THEN format('« %s » doit maintenant rapporter « %s ».', m.name, m.after)
  WHEN m.object_type = 'data_set_assignment' AND m.kind = 'gone' THEN format('« %s » ne doit plus rapporter « %s ».', m.name, m.before)
  WHEN m.object_type = 'data_set_element' AND m.kind = 'changed' THEN format('« %s » est ventilé autrement : %s devient %s.', m.name, m.before, m.after)
  WHEN m.object_type = 'combo_option' AND m.kind = 'added' THEN format('La combinaison « %s » comprend maintenant l''option « %s ».', m.name, m.after)
  WHEN m.object_type = 'combo_option' AND m.kind = 'gone' THEN format('La combinaison « %s » ne comprend plus l''option « %s ».', m.name, m.before)
  WHEN m.kind = 'added' AND m.before = 'gone' THEN format('« %s » est de nouveau montré.', m.name)
  WHEN m.kind = 'added' THEN format('« %s » est nouveau.', m.name)
  WHEN m.kind = 'gone' THEN format('« %s » n''est plus montré à ce compte ; ses valeurs restent dans la copie.', m.name)
  ELSE format('« %s » : %s, %s devient %s.', m.name,
   CASE split_part(coalesce(m.after, m.before), ': ', 1) WHEN 'opening_date' THEN 'date d''ouverture'
   WHEN 'category_combo' THEN 'ventilation' WHEN 'value_type' THEN 'type de valeur'
   WHEN 'aggregation_type' THEN 'type d''agrégation' WHEN 'zero_is_significant' THEN 'zéro enregistré'
   WHEN 'option_set' THEN 'liste d''options' WHEN 'period_type' THEN 'type de période'
   WHEN 'timely_days' THEN 'jours pour rapporter à temps' WHEN 'short_name' THEN 'nom court' WHEN 'level' THEN 'niveau'
   WHEN 'open_future_periods' THEN 'périodes futures ouvertes' ELSE split_part(coalesce(m.after, m.before), ': ', 1) END,
   coalesce(substr(m.before, strpos(m.before, ': ') + 2), 'rien'),
   coalesce(substr(m.after, strpos(m.after, ': ') + 2), 'rien'))
 END AS phrase,
 m.uid AS uid,
 m.run AS passage
FROM run.metadata_event m;
COMMENT ON COLUMN run.metadata_event.kind IS 'added, gone, merged, moved, renamed, closed, reopened or changed';
