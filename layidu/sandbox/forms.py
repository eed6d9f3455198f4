"""What do the forms of the sandbox ask? Categories, data elements and data sets, in the words of Malian forms.

Codes are the names of the variables they feed (`mappings/variables`); labels follow the monthly report forms and
the French translation of WHO's metadata packages.
"""

from dataclasses import dataclass

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Category:
    """A column heading of a form: its options in printed order, code -> label."""

    code: str
    name: str
    options: dict[str, str]


@dataclass(frozen=True, slots=True)
class DataElement:
    """A line of a form."""

    code: str
    data_set: str
    name: str
    short_name: str
    combo: str = DEFAULT
    value_type: str = "INTEGER_ZERO_OR_POSITIVE"
    zero_is_significant: bool = False
    aggregation_type: str = "SUM"
    description: str = ""


@dataclass(frozen=True, slots=True)
class DataSet:
    """A form."""

    code: str
    name: str
    short_name: str
    period_type: str
    description: str


CATEGORIES = (
    Category(
        "METHOD",
        "Méthode contraceptive",
        {
            "PILL": "Pilule",
            "INJECTABLE": "Injectable",
            "IMPLANT": "Implant",
            "IUD": "DIU",
            "CONDOM": "Préservatif",
            "EMERGENCY": "Contraception d'urgence",
            "NATURAL": "Méthode naturelle (MAMA, MJF)",
            "STERILISATION": "Stérilisation",
        },
    ),
    Category(
        "FP_AGE",
        "Âge (PF)",
        {"10_14": "10-14 ans", "15_24": "15-24 ans", "24_PLUS": "24 ans et plus"},
    ),
    Category(
        "PRODUCT",
        "Produit contraceptif",
        {
            "COC": "Pilule combinée (cycle)",
            "POP": "Pilule progestative (cycle)",
            "CONDOM_M": "Préservatif masculin (pièce)",
            "CONDOM_F": "Préservatif féminin (pièce)",
            "DMPA_IM": "DMPA-IM (dose)",
            "DMPA_SC": "DMPA-SC (dose)",
            "IMPLANON": "Implant 3 ans Implanon (insertion)",
            "JADELLE": "Implant 5 ans Jadelle (insertion)",
            "LEVOPLANT": "Implant Levoplant (insertion)",
            "IUD_CU": "DIU au cuivre (insertion)",
            "IUD_LNG": "DIU hormonal (insertion)",
            "EC": "Pilule d'urgence (dose)",
            "STER_F": "Ligature des trompes (acte)",
            "LAM": "MAMA (utilisatrice)",
        },
    ),
    Category(
        "MALARIA_AGE",
        "Âge (paludisme)",
        {
            "0_4": "Moins de 5 ans",
            "5_14": "5-14 ans",
            "15_PLUS": "15 ans et plus",
            "PREGNANT": "Femmes enceintes",
        },
    ),
    Category(
        "EXIT",
        "Type de sortie (PCIMA)",
        {
            "CURED": "Guéris",
            "DIED": "Décédés",
            "DEFAULTED": "Abandons",
            "NON_RESPONDER": "Non-répondants",
            "TRANSFERRED": "Transférés",
        },
    ),
)

#: category combo -> its categories, in order
COMBOS = {
    "METHOD_AGE": ("METHOD", "FP_AGE"),
    "METHOD": ("METHOD",),
    "PRODUCT": ("PRODUCT",),
    "MALARIA_AGE": ("MALARIA_AGE",),
    "EXIT": ("EXIT",),
}

COMBO_NAMES = {
    "METHOD_AGE": "Méthode x âge (PF)",
    "METHOD": "Méthode contraceptive",
    "PRODUCT": "Produit contraceptif",
    "MALARIA_AGE": "Âge (paludisme)",
    "EXIT": "Type de sortie (PCIMA)",
}

DATA_SETS = (
    DataSet(
        "SRPF", "RMA - Santé de la reproduction et PF", "SR/PF", "Monthly", "Rapport mensuel d'activités"
    ),
    DataSet("PALU", "RMA - Paludisme", "Paludisme", "Monthly", "Rapport mensuel d'activités"),
    DataSet("NUT", "RMA - Nutrition (PCIMA)", "Nutrition", "Monthly", "Rapport mensuel d'activités"),
    DataSet(
        "POP",
        "Population des aires de santé",
        "Population",
        "Yearly",
        "Population SYNTHÉTIQUE au-dessous du cercle : total du cercle (Cadre Harmonisé 2024, +3,3 % par an) "
        "réparti entre ses aires de santé.",
    ),
)


def _fp(
    code: str, name: str, short_name: str, combo: str = DEFAULT, *, kind: str = "", over_time: str = "SUM"
) -> DataElement:
    return DataElement(
        code,
        "SRPF",
        f"SR/PF - {name}",
        f"SRPF {short_name}",
        combo,
        value_type=kind or "INTEGER_ZERO_OR_POSITIVE",
        aggregation_type=over_time,
    )


def _malaria(code: str, name: str, *, by_age: bool = True, zero: bool = False, kind: str = "") -> DataElement:
    return DataElement(
        code,
        "PALU",
        f"PALU - {name}",
        f"PALU {name}"[:50],
        "MALARIA_AGE" if by_age else DEFAULT,
        value_type=kind or "INTEGER_ZERO_OR_POSITIVE",
        zero_is_significant=zero,
    )


def _stock(code: str, name: str) -> DataElement:
    return DataElement(
        code,
        "SRPF",
        f"SR/PF - {name}",
        "SRPF stock utilisable en fin de mois",
        "METHOD",
        zero_is_significant=True,
        aggregation_type="LAST",
    )


def _nutrition(code: str, name: str, combo: str = DEFAULT) -> DataElement:
    return DataElement(code, "NUT", f"NUT - {name}", f"NUT {name}"[:50], combo)


DATA_ELEMENTS = (
    _fp("fp_new_users", "Nouvelles utilisatrices de PF", "nouvelles utilisatrices", "METHOD_AGE"),
    _fp(
        "fp_active_users",
        "Utilisatrices actives de PF (fin de mois)",
        "utilisatrices actives",
        "METHOD_AGE",
        over_time="LAST",
    ),
    _fp(
        "fp_units",
        "Produits contraceptifs remis aux clientes",
        "produits remis",
        "PRODUCT",
        kind="NUMBER",
    ),
    _fp("fp_stock_out_days", "Jours de rupture de stock par méthode", "jours de rupture PF", "METHOD"),
    _fp("anc1_visits", "Nombre de 1ères visites CPN", "CPN1"),
    _fp("anc4_visits", "Nombre de 4es visites CPN", "CPN4"),
    _fp("anc8_visits", "Nombre de 8es visites CPN", "CPN8"),
    _fp("deliveries", "Accouchements dans la structure", "accouchements"),
    _fp("deliveries_skilled", "Accouchements assistés par personnel qualifié", "accouchements assistés"),
    _fp("postabortion_care", "Femmes reçues pour soins après avortement", "soins après avortement"),
    _fp("postabortion_fp", "Femmes après avortement ayant reçu une méthode", "PF après avortement"),
    _fp("postpartum_fp", "Accouchées ayant reçu une méthode avant la sortie", "PF du post-partum"),
    _malaria("malaria_suspected", "Cas suspects", zero=True),
    _malaria("malaria_rdt_done", "Cas suspects testés par TDR", zero=True),
    _malaria("malaria_microscopy_done", "Cas suspects testés par GE", zero=True),
    _malaria("malaria_rdt_positive", "Cas confirmés par TDR"),
    _malaria("malaria_microscopy_positive", "Cas confirmés par GE"),
    _malaria("malaria_presumed", "Cas présumés"),
    _malaria("malaria_treated_act", "Cas traités par CTA"),
    _malaria("malaria_severe", "Cas graves"),
    _malaria("malaria_deaths", "Décès dus au paludisme"),
    _malaria("iptp1", "Femmes enceintes ayant reçu SP1 (TPI1)", by_age=False),
    _malaria("iptp2", "Femmes enceintes ayant reçu SP2 (TPI2)", by_age=False),
    _malaria("iptp3", "Femmes enceintes ayant reçu SP3 (TPI3)", by_age=False),
    _malaria("llin_pregnant", "MILDA remises aux femmes enceintes", by_age=False, kind="INTEGER"),
    _malaria("llin_children", "MILDA remises aux moins de 5 ans", by_age=False),
    _malaria("rdt_stock_out_days", "Jours de rupture de TDR", by_age=False),
    _malaria("act_stock_out_days", "Jours de rupture de CTA", by_age=False),
    _malaria("sp_stock_out_days", "Jours de rupture de SP", by_age=False),
    _nutrition("sam_admissions", "Admissions MAS (URENI + URENAS)"),
    _nutrition("mam_admissions", "Admissions MAM (URENAM)"),
    _nutrition("sam_exits", "Sorties MAS", "EXIT"),
    _nutrition("mam_exits", "Sorties MAM", "EXIT"),
    _nutrition("muac_screened", "Enfants de 6-59 mois dépistés par PB"),
    _nutrition("muac_sam", "Enfants dépistés avec PB rouge ou œdèmes"),
    _nutrition("muac_mam", "Enfants dépistés avec PB jaune"),
    _nutrition("vitamin_a", "Enfants de 6-59 mois ayant reçu la vitamine A"),
    _stock("fp_stock", "Stock utilisable en fin de mois par méthode (kits pour la stérilisation)"),
    _fp("fp_new_users_total", "Total des nouvelles utilisatrices de PF", "total nouvelles utilisatrices"),
    _fp("anc1_early", "1ères visites CPN avant 12 semaines", "CPN1 avant 12 SA"),
    _fp("postnatal_visits", "Mères vues en consultation postnatale", "CPoN mères"),
    _fp("caesareans", "Césariennes", "césariennes"),
    _fp("maternal_deaths", "Décès maternels dans la structure", "décès maternels"),
    _malaria("measles1", "Enfants vaccinés VAR1 (MILDA de routine)", by_age=False),
    _malaria("smc_treated", "Enfants de 3-59 mois traités au passage CPS", by_age=False),
    _malaria("artesunate_stock_out_days", "Jours de rupture d'artésunate injectable", by_age=False),
    _nutrition("infants_seen", "Nourrissons de 0-5 mois vus en CPC"),
    _nutrition("infants_exclusively_breastfed", "Nourrissons allaités exclusivement"),
    _nutrition("children_weighed", "Enfants pesés en CPC"),
    _nutrition("children_underweight", "Enfants P/A sous -2 écarts-types"),
    DataElement(
        "population_total",
        "POP",
        "POP - Population totale de l'aire de santé (synthétique)",
        "POP population totale (synthétique)",
        description="Synthétique au-dessous du cercle : aucune population d'aire de santé n'est publiée.",
    ),
)

BY_CODE = {element.code: element for element in DATA_ELEMENTS}
