"""The worked examples of the arithmetic: inputs, road, what was agreed and what the program finds."""

import json
from typing import Any

from tests.spec.agreed_examples import AGREED, ROADS, found
from tests.spec.estimated_use_example import table
from tests.spec.promise_examples import promise_table

HEAD = """# L'arithmétique, par l'exemple

Cette page est écrite par le programme (`make docs`). Chaque exemple est calculé par le code qui calcule la nuit, avec
les déclarations livrées (`mappings/`) ; un test compare chaque résultat à la valeur convenue
(`tests/spec/vectors.json`), et un autre vérifie que cette page est à jour. Les nombres sont écrits avec un point
décimal, comme dans les fichiers.

| Exemple | Entrées | Chemin | Convenu | Trouvé |
| --- | --- | --- | --- | --- |
"""
ESTIMATE = """
## Utilisation moderne estimée (EMU)

Des tables d'exemple, de personne : continuation 0,9 puis 0,6 puis 0,3 ; la moitié de la première année avant elle ;
0,25 utilisatrice par dose ; seul le public rapporte (parts de l'EDS 2023-24). 100 implants en 2024, 50 en 2025 ;
2 400 et 1 600 doses de DMPA-SC en 2025. `tests/functional/test_estimated_use.py` sert ces unités par le bac
à sable et retrouve ces résultats dans l'entrepôt.

| Exemple | Calcul | Convenu | Trouvé |
| --- | --- | --- | --- |
"""
PROMISES = """
## Engagements et plan

Trajectoires, couleurs, planchers, phasages, jalons et engagements, avec les seuils et les phasages livrés.

| Exemple | Quoi | Calcul | Résultat |
| --- | --- | --- | --- |
"""


def write() -> str:
    """The page."""
    rows = []
    for example in AGREED:
        name = f"{example['code']} {example['title']}"
        cells = (name, text(example["inputs"]), ROADS[example["code"]], text(example["expected"]))
        rows.append(f"| {' | '.join(cells)} | {text(rounded(found(example), example['expected']))} |")
    promises = [f"| {' | '.join(cells)} |" for cells in promise_table()]
    estimate = "\n".join(f"| {' | '.join(cells)} |" for cells in table())
    return HEAD + "\n".join(rows) + "\n" + ESTIMATE + estimate + "\n" + PROMISES + "\n".join(promises) + "\n"


def rounded(value: Any, expected: Any) -> Any:
    """A result with as many decimals as what was agreed, and two more where they say something."""
    if isinstance(value, dict):
        return {key: rounded(one, expected[key]) for key, one in value.items()}
    if isinstance(value, list):
        return [rounded(one, other) for one, other in zip(value, expected, strict=True)]
    if isinstance(value, bool | str) or isinstance(expected, bool):
        return value
    return round(float(value), len(str(float(expected)).partition(".")[2]) + 2)


def text(value: Any) -> str:
    """A value in one line; a bar would end a cell of the table."""
    return f"`{json.dumps(value, ensure_ascii=False).replace('|', '/')}`"
