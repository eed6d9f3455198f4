"""Which rows of an entry file can be taken, and why are the others refused?

Every filled-in row is either kept or refused with what was found, what was expected and what to do.
"""

from collections.abc import Iterable
from datetime import date

from layidu.mapping.contracts import Mappings
from layidu.mapping.entry_conflicts import refuse_contradictions, refuse_overlaps, refuse_withdrawals
from layidu.mapping.entry_files import EntryFile
from layidu.mapping.entry_readings import READINGS, ColumnError
from layidu.mapping.entry_shapes import FILLED, Checked, Row


def check_entries(
    kind: str, file: EntryFile, mappings: Mappings, known: Iterable[Row], today: date
) -> Checked:
    """Judge every row; `known`: the entries of this kind that hold already (their key and what they say)."""
    checked = Checked(refusals=list(file.refusals))
    for number, cells in file.rows:
        if not any(column in cells for column in FILLED[kind]):
            checked.blank += 1
            continue
        if number in file.doubts:
            checked.refusals.append(file.doubts[number])
            continue
        try:
            checked.rows.append((number, READINGS[kind](cells, mappings, today)))
        except ColumnError as error:
            checked.refusals.append(error.refusal(number, cells))
    refuse_contradictions(kind, checked)
    holding = list(known)
    refuse_withdrawals(kind, checked, holding)
    if kind == "plan":
        refuse_overlaps(checked, holding)
    checked.refusals.sort(key=lambda refusal: refusal.line_number)
    return checked
