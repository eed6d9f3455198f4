"""How many pregnancies, deliveries and surviving infants stand behind one live birth?

Formulas of Countdown to 2030 (github.com/damurka/cd2030.core, version 0148b91); the rates are declared.
"""

from layidu.mapping.contracts import Cascade, CascadeStep, Populations


def per_live_birth(step: CascadeStep, rates: Cascade) -> float:
    """How many of a step there are for each live birth."""
    carried = 1 - rates.pregnancy_loss
    born_alive = 1 - rates.stillbirth_rate
    pregnancies = (1 - 0.5 * rates.twin_rate) / (born_alive * carried)
    past_first_month = 1 - rates.neonatal_mortality
    return {
        "pregnancies": pregnancies,
        "deliveries": pregnancies * carried,
        "births": 1 / born_alive,
        "infants_of_penta": past_first_month,
        "infants_of_measles": past_first_month * (1 - rates.post_neonatal_mortality),
    }[step]


def share_of(populations: Populations, measure: str, year: int) -> float | None:
    """What a measure is of its series in a year, the cascade included; None when it is not declared."""
    declared = populations.measures[measure]
    share = declared.share.get(str(year)) if isinstance(declared.share, dict) else declared.share
    if share is not None and declared.of is not None:
        base = share_of(populations, declared.of, year)
        share = None if base is None else share * base
    if share is None or declared.cascade is None:
        return share
    if populations.cascade is None:
        return None
    return share * per_live_birth(declared.cascade, populations.cascade)
