"""What becomes of values that a full answer no longer has?

An absence is believed when two answers agree, some time apart; until then the value stays and the absence is on
record. A few believed absences close their values (reason `vanished`); many wait for a person, and so does what our
user may merely have lost sight of: a shrunken right is never read as a deletion.
"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

from collections import Counter
from dataclasses import dataclass

import psycopg

from warehouse import holds
from warehouse.difference import CAN_VANISH, REACH, SAME_CELL, Scope, columns_of
from warehouse.stage_values import KEY_LIST
from warehouse.staging import fetch, fetch_number, run_sql

BY_LAYIDU = "layidu"
SAME_ABSENCE = " AND ".join(f"a.{name} = x.{name}" for name in KEY_LIST.split(", "))
# Slices are cut anew while a person thinks: a question whose cells all went into another one is moot.
TAKEN_OVER = """
UPDATE run.hold h SET decision = 'rejected', decided_at = now(), decided_by = %(who)s,
 reason = 'sans objet : reprise par l''attente n° ' || %(hold)s
WHERE h.decision IS NULL AND h.kind = %(kind)s AND h.id <> %(hold)s AND h.subject LIKE %(slices)s
 AND NOT EXISTS (SELECT FROM source.absent_value a WHERE a.hold = h.id)
"""
#: Half of what is gone under one id must be found again under another before it counts as merged into it.
MERGED_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may vanish without a person's decision, and how long after the first look."""

    share: float
    rows: int
    second_look_seconds: float | None  # None: the first look is believed


@dataclass(frozen=True, slots=True)
class Absent:
    """What was decided about the values a full answer lacks."""

    unconfirmed: int = 0  # missing for the first time: a second look decides
    held: int = 0  # missing, and a person has yet to decide
    accepted: int = 0  # closed because a person said so
    message: str = ""


def settle_absences(
    connection: psycopg.Connection, scope: Scope, counts: Counter[str], limits: Limits
) -> Absent:
    """Leave in `difference` only those vanished cells that are to be closed now; `counts` follows."""
    if scope.slice.mode != "full":
        return Absent()
    forget_returned(connection, scope)
    if not counts["vanished"]:
        return Absent()
    unconfirmed = put_on_record(connection, scope, limits)
    if not fetch_number(connection, "SELECT count(*) FROM difference WHERE action = 'vanished'"):
        counts["vanished"] = 0
        return Absent(unconfirmed)
    describe(connection, scope)
    leave_lost_elements(connection, scope)
    suspect_lost_sight(connection, scope)
    kept, sentences = keep_decided(connection), []
    for kind in ("scope", "vanished"):
        sentences += ask_about(connection, scope, kind, limits)
    held = fetch_number(connection, "SELECT count(*) FROM vanishing WHERE fate = 'held'")
    accepted = fetch_number(connection, "SELECT count(*) FROM vanishing WHERE fate = 'accepted'")
    run_sql(
        connection,
        f"DELETE FROM difference d USING vanishing x WHERE d.action = 'vanished' AND {SAME_CELL}"
        " AND x.fate IN ('held', 'kept')",
    )
    counts["vanished"] = fetch_number(connection, "SELECT count(*) FROM difference WHERE action = 'vanished'")
    if kept:
        sentences.append(f"{kept} valeurs absentes sont gardées, comme une personne l'a décidé")
    if accepted:
        sentences.append("disparitions acceptées par une personne")
    return Absent(unconfirmed, held, accepted, " ; ".join(sentences))


def forget_returned(connection: psycopg.Connection, scope: Scope) -> None:
    """What an earlier answer lacked and this one has again was never gone; a question about it is moot."""
    returned = run_sql(
        connection,
        "DELETE FROM source.absent_value a USING reach u WHERE u.org_unit = a.org_unit AND u.in_branch"
        " AND a.source = %(source)s AND a.period = ANY(%(periods)s) AND a.data_element = ANY(%(elements)s)"
        f" AND NOT EXISTS (SELECT FROM difference x WHERE x.action = 'vanished' AND {SAME_ABSENCE})",
        scope.parameters(),
    )
    if returned:
        run_sql(
            connection,
            "UPDATE run.hold h SET decision = 'rejected', decided_at = now(), decided_by = %(who)s,"
            " reason = 'sans objet : les valeurs sont revenues' WHERE h.decision IS NULL"
            " AND h.kind IN ('vanished', 'scope') AND h.subject = %(subject)s"
            " AND NOT EXISTS (SELECT FROM source.absent_value a WHERE a.hold = h.id)",
            {"who": BY_LAYIDU, "subject": scope.slice.name},
        )


def put_on_record(connection: psycopg.Connection, scope: Scope, limits: Limits) -> int:
    """Write down what is missing; what is missing since too short a time is not believed: how many."""
    pause = limits.second_look_seconds
    young = (
        "false"
        if pause is None
        else f"NOT EXISTS (SELECT FROM source.absent_value a WHERE {SAME_ABSENCE} AND a.source = %(source)s"
        " AND a.seen_at <= clock_timestamp() - make_interval(secs => %(pause)s))"
    )
    parameters = {**scope.parameters(), "pause": pause}
    unconfirmed = fetch_number(
        connection, f"SELECT count(*) FROM difference x WHERE x.action = 'vanished' AND {young}", parameters
    )
    run_sql(
        connection,
        f"CREATE TEMP TABLE young ON COMMIT DROP AS SELECT {KEY_LIST} FROM difference x"
        f" WHERE x.action = 'vanished' AND {young}",
        parameters,
    )
    run_sql(
        connection,
        f"INSERT INTO source.absent_value ({KEY_LIST}, source, first_run, seen_at)"
        f" SELECT {columns_of('x')}, %(source)s, %(run)s, clock_timestamp() FROM difference x"
        " WHERE x.action = 'vanished' ON CONFLICT DO NOTHING",
        parameters,
    )
    run_sql(connection, f"DELETE FROM difference d USING young x WHERE d.action = 'vanished' AND {SAME_CELL}")
    return unconfirmed


def describe(connection: psycopg.Connection, scope: Scope) -> None:
    """Fill `vanishing`: each believed absence with what metadata and people say of it."""
    run_sql(
        connection,
        f"CREATE TEMP TABLE vanishing ON COMMIT DROP AS SELECT {columns_of('d')}, d.value, a.first_run, a.hold,"
        " o.gone IS NOT NULL AS unit_gone, c.gone IS NOT NULL AS combo_gone, t.gone IS NOT NULL AS attribute_gone,"
        " e.gone IS NOT NULL AS element_gone,"
        " h.decision, 'vanished' AS kind, CASE h.decision WHEN 'accepted' THEN 'accepted' WHEN 'rejected'"
        " THEN 'kept' END AS fate FROM difference x"
        f" JOIN source.data_value d ON {SAME_CELL}"
        f" JOIN source.absent_value a ON {SAME_ABSENCE} AND a.source = %(source)s"
        " JOIN source.org_unit o ON o.key = d.org_unit JOIN source.data_element e ON e.key = d.data_element"
        " JOIN source.category_option_combo c ON c.key = d.category_option_combo"
        " JOIN source.category_option_combo t ON t.key = d.attribute_option_combo"
        " LEFT JOIN run.hold h ON h.id = a.hold WHERE x.action = 'vanished'",
        scope.parameters(),
    )


def suspect_lost_sight(connection: psycopg.Connection, scope: Scope) -> None:
    """Mark what our user may merely no longer see: a gone id that was merged nowhere, a whole attribute combo.

    Org units and disaggregations are not hidden one by one: gone from the metadata, they were deleted or merged, and
    a merge leaves the same values under another id. DHIS2 hides attribute option combos without a word: their
    values are left out of the answer.
    """
    for column, gone in (("org_unit", "unit_gone"), ("category_option_combo", "combo_gone")):
        run_sql(
            connection,
            f"UPDATE vanishing x SET kind = 'scope' WHERE x.{gone} AND x.{column} NOT IN ({merged(column, gone)})",
            scope.parameters(),
        )
    run_sql(
        connection,
        "UPDATE vanishing x SET kind = 'scope' WHERE x.attribute_gone OR (x.attribute_option_combo NOT IN"
        " (SELECT attribute_option_combo FROM staging WHERE tombstone = 0)"
        " AND EXISTS (SELECT FROM staging WHERE tombstone = 0))",
    )


def leave_lost_elements(connection: psycopg.Connection, scope: Scope) -> None:
    """Close nothing of an element that is gone without having been merged: it may only have left its data sets.

    Nothing counts its values, and a person is told of it where the metadata are compared.
    """
    left = f"x.element_gone AND x.data_element NOT IN ({merged('data_element', 'element_gone')})"
    run_sql(
        connection,
        f"DELETE FROM difference d USING vanishing x WHERE d.action = 'vanished' AND {SAME_CELL} AND {left}",
        scope.parameters(),
    )
    run_sql(connection, f"DELETE FROM vanishing x WHERE {left}", scope.parameters())


def merged(column: str, gone: str) -> str:
    """SQL: the keys of a column that are gone and whose values were found again under one other key."""
    others = [name for name in KEY_LIST.split(", ") if name != column]
    same = " AND ".join(f"t.{name} = v.{name}" for name in others)
    return (
        f"SELECT f.lost FROM (SELECT v.{column} AS lost, t.{column} AS other, count(*) AS found"
        f" FROM vanishing v JOIN source.data_value t ON {same} AND t.{column} <> v.{column}"
        f" AND t.source = %(source)s AND t.value = v.value AND t.run >= v.first_run"
        f" WHERE v.{gone} GROUP BY 1, 2) f JOIN (SELECT {column} AS lost, count(*) AS missing"
        f" FROM vanishing GROUP BY 1) m USING (lost) WHERE f.found >= {MERGED_SHARE} * m.missing"
    )


def keep_decided(connection: psycopg.Connection) -> int:
    """How many absences a person decided not to believe."""
    return fetch_number(connection, "SELECT count(*) FROM vanishing WHERE fate = 'kept'")


def ask_about(connection: psycopg.Connection, scope: Scope, kind: str, limits: Limits) -> list[str]:
    """Ask a person about undecided absences of a kind, where they are too many or may be none."""
    rows = fetch_number(
        connection, "SELECT count(*) FROM vanishing WHERE kind = %(kind)s AND fate IS NULL", {"kind": kind}
    )
    if not rows:
        return []
    live = fetch_number(
        connection, f"SELECT count(*) FROM ({REACH}) d WHERE {CAN_VANISH}", scope.parameters()
    )
    asked = fetch_number(
        connection,
        "SELECT count(*) FROM vanishing WHERE kind = %(kind)s AND fate IS NULL AND hold IS NOT NULL",
        {"kind": kind},
    )
    # Few of those that a person was already asked about are no few: the slices were cut anew meanwhile.
    if kind == "vanished" and not asked and (rows <= limits.rows or rows <= limits.share * live):
        return []
    summary = sentence(connection, scope, kind, rows, live)
    hold = holds.ask(
        connection, kind=kind, subject=scope.slice.name, summary=summary, rows=rows, run=scope.run
    )
    parameters = {
        **scope.parameters(),
        "hold": hold,
        "kind": kind,
        "slices": f"{scope.slice.source}/{scope.slice.data_set}/%",
        "who": BY_LAYIDU,
    }
    run_sql(
        connection,
        "UPDATE source.absent_value a SET hold = %(hold)s FROM vanishing x"
        f" WHERE {SAME_ABSENCE} AND a.source = %(source)s AND x.kind = %(kind)s AND x.fate IS NULL"
        " AND a.hold IS DISTINCT FROM %(hold)s",
        parameters,
    )
    run_sql(connection, TAKEN_OVER, parameters)
    run_sql(
        connection, "UPDATE vanishing SET fate = 'held' WHERE kind = %(kind)s AND fate IS NULL", parameters
    )
    return [summary]


def sentence(connection: psycopg.Connection, scope: Scope, kind: str, rows: int, live: int) -> str:
    """What a person is asked, in French."""
    decide = (
        "accepter les ferme dans la copie (l'historique les garde), rejeter les garde comme valeurs actuelles"
    )
    if kind == "vanished":
        return f"{rows} valeurs sur {live} manquent dans la réponse complète ({scope.slice.name}) : {decide}"
    lost = fetch(
        connection,
        "SELECT DISTINCT name FROM (SELECT o.name FROM vanishing v JOIN source.org_unit o ON o.key = v.org_unit"
        " WHERE v.kind = 'scope' AND v.unit_gone UNION ALL SELECT c.name FROM vanishing v"
        " JOIN source.category_option_combo c ON c.key = CASE WHEN v.combo_gone THEN v.category_option_combo"
        " ELSE v.attribute_option_combo END WHERE v.kind = 'scope' AND NOT v.unit_gone) n ORDER BY name LIMIT 5",
    )
    names = ", ".join(f"« {name} »" for (name,) in lost)
    return (
        f"{rows} valeurs de {names} ne sont plus visibles ({scope.slice.name}) : supprimées, ou droit retiré à ce "
        f"compte ? Si c'est un droit, le faire rendre et rejeter ; si c'est une suppression, {decide}"
    )


def forget_closed(connection: psycopg.Connection, scope: Scope) -> None:
    """What was closed is absent no longer; an accepted hold with nothing left to close is carried out."""
    run_sql(
        connection,
        "DELETE FROM source.absent_value a USING difference x"
        f" WHERE x.action = 'vanished' AND {SAME_ABSENCE} AND a.source = %(source)s",
        scope.parameters(),
    )
    run_sql(
        connection,
        "UPDATE run.hold h SET applied_run = %(run)s WHERE h.decision = 'accepted' AND h.applied_run IS NULL"
        " AND h.kind IN ('vanished', 'scope') AND h.subject LIKE %(subject)s"
        " AND NOT EXISTS (SELECT FROM source.absent_value a WHERE a.hold = h.id)",
        {"run": scope.run, "subject": f"{scope.slice.source}/{scope.slice.data_set}/%"},
    )
