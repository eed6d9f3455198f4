"""The French sentence behind each refusal code: what is wrong and what to do."""

REASONS = {
    "key-missing": "La ligne n'a pas les cinq clés d'une valeur ; la ressaisir dans DHIS2.",
    "data-element-unknown": (
        "L'élément de données « {data_element} » n'est pas dans ce jeu de données ; vérifier le jeu de "
        "données dans DHIS2."
    ),
    "period-invalid": "« {period} » n'est pas une période de DHIS2 ; faire supprimer cette valeur.",
    "period-type": (
        "La période « {period} » n'est pas du type du jeu de données ({expected}) ; ressaisir la valeur à la "
        "bonne période, puis supprimer celle-ci."
    ),
    "org-unit-unknown": (
        "La structure « {org_unit} » est inconnue ou hors de vue du compte ; vérifier les droits du compte."
    ),
    "org-unit-not-assigned": (
        "La structure « {org_unit} » ne fait pas partie du jeu de données ; l'y affecter dans DHIS2, ou "
        "supprimer la valeur."
    ),
    "org-unit-closed": (
        "La structure « {org_unit} » est fermée à la période « {period} » ; corriger la date de fermeture, "
        "ou supprimer la valeur."
    ),
    "org-unit-not-open": (
        "La structure « {org_unit} » n'est pas encore ouverte à la période « {period} » ; corriger la date "
        "d'ouverture, ou supprimer la valeur."
    ),
    "combo-not-of-element": (
        "La combinaison « {category_option_combo} » n'est pas une ventilation de cet élément de données ; "
        "ressaisir la valeur dans la bonne case, puis supprimer celle-ci."
    ),
    "attribute-combo-not-of-data-set": (
        "La combinaison d'attributs « {attribute_option_combo} » n'est pas celle du jeu de données ; "
        "ressaisir la valeur, puis supprimer celle-ci."
    ),
    "ambiguous-source": (
        "Le serveur a donné deux contenus différents pour cette même cellule (ici « {value} ») ; aucun n'est gardé. "
        "Relancer ; si cela revient, alerter l'administrateur de DHIS2."
    ),
    "key-doubled": "La même cellule est présente plusieurs fois ; relancer, puis alerter l'administrateur.",
    "comment-only": "La cellule porte un commentaire sans valeur ; saisir la valeur ou l'effacer.",
    "value-missing": "La cellule est vide ; saisir la valeur, ou la supprimer.",
    "number-too-large": "« {value} » est trop grand pour être un nombre ; corriger la saisie.",
    "true-expected": "« {value} » n'est pas « true », seule valeur de ce type ; corriger la saisie.",
    "datetime-expected": "« {value} » n'est pas une date avec son heure (AAAA-MM-JJTHH:MM) ; corriger la saisie.",
    "coordinate-expected": "« {value} » n'est pas un lieu ([longitude,latitude]) ; corriger la saisie.",
    "letter-expected": "« {value} » n'est pas une seule lettre ; corriger la saisie.",
    "url-expected": "« {value} » n'est pas une adresse web ; corriger la saisie.",
    "file-expected": "« {value} » n'est pas l'identifiant d'un fichier de DHIS2 ; corriger la saisie.",
    "integer-expected": "« {value} » n'est pas un nombre entier ; saisir un entier, sans virgule ni espace.",
    "integer-too-large": "« {value} » dépasse le plus grand entier de DHIS2 (2 147 483 647) ; corriger.",
    "number-expected": (
        "« {value} » n'est pas un nombre ; l'écrire avec un point décimal, sans espace ni unité."
    ),
    "negative-not-allowed": "« {value} » est négatif alors que l'élément compte ; corriger la saisie.",
    "positive-expected": "« {value} » n'est pas un entier plus grand que zéro ; corriger la saisie.",
    "negative-expected": "« {value} » n'est pas un entier négatif ; corriger la saisie.",
    "percentage-expected": "« {value} » n'est pas un pourcentage entre 0 et 100 ; corriger la saisie.",
    "unit-interval-expected": "« {value} » n'est pas un nombre entre 0 et 1 ; corriger la saisie.",
    "boolean-expected": "« {value} » n'est ni vrai ni faux (true, false) ; corriger la saisie.",
    "date-expected": "« {value} » n'est pas une date (AAAA-MM-JJ) ; corriger la saisie.",
    "option-unknown": "« {value} » n'est pas un code de la liste d'options ; choisir une option de la liste.",
    "text-too-long": "Le texte dépasse 50 000 caractères ; le raccourcir.",
}


def reason(code: str, **facts: object) -> str:
    """The sentence for a code of ours; a rule of `quality/rules` brings its own sentence."""
    return REASONS[code].format(**facts)
