"""Which rows of an entry file contradict each other, or what was entered before?

Two rows that say different things about one entry are both refused: nobody can tell which is right.
"""

from collections.abc import Iterable

from layidu.mapping.entry_shapes import COLUMNS, KEY_WORDS, KEYS, Checked, Refusal, Row
from layidu.model.periods import parse


def refuse_contradictions(kind: str, checked: Checked) -> None:
    """Rows about the same entry that do not say the same; those that do are one."""
    by_key: dict[tuple[object, ...], list[tuple[int, Row]]] = {}
    for number, row in checked.rows:
        by_key.setdefault(tuple(row[name] for name in KEYS[kind]), []).append((number, row))
    refused: dict[int, str] = {}
    for rows in by_key.values():
        if any(row != rows[0][1] for _, row in rows):
            lines = [number for number, _ in rows]
            refused |= {number: ", ".join(str(each) for each in lines if each != number) for number in lines}
    for number, others in refused.items():
        checked.refusals.append(
            Refusal(
                number,
                next(iter(COLUMNS[kind])),
                f"la même saisie, autrement, ligne {others}",
                "une seule ligne par saisie",
                "garder la bonne, vider les autres",
            )
        )
    checked.rows = [(number, row) for number, row in checked.rows if number not in refused]


def refuse_withdrawals(kind: str, checked: Checked, known: Iterable[Row]) -> None:
    """Nothing can be taken back that was never entered."""
    entered = {tuple(row[name] for name in KEYS[kind]) for row in known}
    kept: list[tuple[int, Row]] = []
    for number, row in checked.rows:
        if is_withdrawn(kind, row) and tuple(row[name] for name in KEYS[kind]) not in entered:
            checked.refusals.append(
                Refusal(
                    number,
                    next(iter(COLUMNS[kind])),
                    "une saisie à retirer, qui n'existe pas",
                    "une saisie faite auparavant, avec les mêmes " + ", ".join(KEY_WORDS[kind]),
                    "vérifier dans la vue mart.saisies, ou vider la ligne",
                )
            )
        else:
            kept.append((number, row))
    checked.rows = kept


def is_withdrawn(kind: str, row: Row) -> bool:
    """Whether a row takes an entry back."""
    return {
        "plan": row.get("quantity", 0) is None,
        "validation": row.get("colour", "") is None,
        "evidence": bool(row.get("withdrawn")),
    }[kind]


def refuse_overlaps(checked: Checked, known: Iterable[Row]) -> None:
    """A quarter of a year that is entered already would count twice."""
    holding: dict[object, dict[str, str]] = {}
    for row in known:
        if row["quantity"] is not None:
            holding.setdefault(row["line"], {})[str(row["period"])] = "déjà saisi"
    # Withdrawals first: a file may replace a year by its quarters.
    for _, row in checked.rows:
        if row["quantity"] is None:
            holding.get(row["line"], {}).pop(str(row["period"]), None)
    kept: list[tuple[int, Row]] = []
    for number, row in checked.rows:
        mine = holding.setdefault(row["line"], {})
        own = parse(str(row["period"]))
        across = [
            f"{period} ({how})"
            for period, how in mine.items()
            if period != own.id and parse(period).overlaps(own.start, own.end)
        ]
        if across and row["quantity"] is not None:
            checked.refusals.append(
                Refusal(
                    number,
                    "periode",
                    f"{own.id}, qui chevauche {', '.join(across)}",
                    "des périodes qui ne se chevauchent pas : une réalisation compte une fois",
                    "garder l'une des périodes ; pour remplacer l'autre, écrire « retirer » dans sa colonne realise",
                )
            )
            continue
        if row["quantity"] is not None:
            mine[own.id] = f"ligne {number}"
        kept.append((number, row))
    checked.rows = kept
