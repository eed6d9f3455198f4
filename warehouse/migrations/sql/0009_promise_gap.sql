-- A process indicator has no dated path: its gap is to the target, and nothing is expected of it by a day.

COMMENT ON COLUMN result.commitment_status.gap IS 'value - expected; value - target where no path is declared';
COMMENT ON COLUMN mart.engagements.ecart IS 'valeur trouvée moins valeur attendue à sa date, ou moins la cible sans chemin déclaré';
COMMENT ON COLUMN mart.engagements.valeur_attendue IS 'valeur attendue à la date de la valeur trouvée ; vide sans chemin déclaré';
COMMENT ON COLUMN mart.engagements.attendu_aujourd_hui IS 'valeur attendue le jour du jugement ; vide sans chemin déclaré';
