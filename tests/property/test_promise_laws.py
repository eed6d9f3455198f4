"""Laws of promises: nothing that gets better makes a commitment worse, and every filled row is accounted for."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from layidu.compute.roll_up import roll_up
from layidu.compute.trajectory import due_share, expected_value
from layidu.mapping.entry_files import read_entry_file, written
from layidu.mapping.entry_rows import check_entries
from layidu.mapping.entry_shapes import COLUMNS
from layidu.mapping.promises import Phasing, Target
from layidu.model.periods import parse
from tests.spec.promise_examples import declared
from tests.spec.worked_examples import THRESHOLDS

RANK = {"RED": 0, "YELLOW": 1, "GREEN": 2}
BETTER = {"RED": "YELLOW", "YELLOW": "GREEN"}
COLOURS = st.sampled_from(["RED", "YELLOW", "GREEN", "GREY"])


def colour_of(results: list[str], processes: list[str]) -> str:
    return roll_up(
        [{"kind": "result", "colour": colour, "target": 1.0} for colour in results],
        [{"kind": "process", "colour": colour} for colour in processes],
        THRESHOLDS,
    ).colour


@given(st.lists(COLOURS, max_size=3), st.lists(COLOURS, max_size=6), st.data())
def test_a_colour_that_gets_better_never_makes_the_commitment_worse(
    results: list[str], processes: list[str], data: st.DataObject
) -> None:
    places = [(which, n) for which in (results, processes) for n, one in enumerate(which) if one in BETTER]
    if not places:
        return
    before = colour_of(results, processes)
    which, place = data.draw(st.sampled_from(places))
    which[place] = BETTER[which[place]]
    after = colour_of(results, processes)
    if before != "GREY" and after != "GREY":
        assert RANK[after] >= RANK[before]
    if before == "GREY":
        assert after == "GREY"  # as little is known as before


@given(st.lists(COLOURS, max_size=3), st.lists(COLOURS, max_size=6))
def test_green_needs_every_result_and_red_is_never_hidden(results: list[str], processes: list[str]) -> None:
    colour = colour_of(results, processes)
    if "RED" in results:
        assert colour == "RED"
    if colour == "GREEN":
        assert not {"RED", "GREY"} & set(results)
        assert "RED" not in processes


@given(
    st.floats(1, 99),
    st.floats(1, 99),
    st.integers(2015, 2025),
    st.integers(1, 15),
    st.floats(2000, 2050),
    st.floats(0, 10),
    st.sampled_from(["linear", "logistic"]),
)
def test_a_path_runs_one_way_and_never_leaves_its_ends(
    start: float, end: float, year: int, years: int, at: float, later: float, path: str
) -> None:
    target = Target(
        baseline=start,
        baseline_year=year,
        target=end,
        target_year=year + years,
        trajectory=path,
        unit="%",
        source="x",
    )
    now, then = expected_value(target, at), expected_value(target, at + later)
    assert now is not None
    assert then is not None
    low, high = min(start, end), max(start, end)
    assert low - 1e-6 <= now <= high + 1e-6
    assert (then - now) * (end - start) >= -1e-6


@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=2),
    st.sampled_from(["month", "quarter", "year"]),
    st.dates(date(2024, 1, 1), date(2029, 1, 1)),
    st.integers(0, 400),
)
def test_what_is_due_only_grows_and_a_coarser_rhythm_never_asks_for_more(
    shares: list[float], rhythm: str, on: date, days: int
) -> None:
    cumulative = dict(zip(("2025", "2026", "2027"), [*sorted(shares), 1.0], strict=True))
    phasing = Phasing.model_validate({"name": "x", "shares": cumulative, "rhythm": rhythm, "source": "x"})
    later = date.fromordinal(on.toordinal() + days)
    assert 0 <= due_share(phasing, on) <= due_share(phasing, later) + 1e-12 <= 1 + 1e-9
    monthly = phasing.model_copy(update={"rhythm": "month"})
    assert due_share(phasing, on) <= due_share(monthly, on) + 1e-12


CELLS = st.tuples(
    st.sampled_from(["CAEB-SR-03", "CAEB-SR-04", "CAEB-ZZ-99", "", "caeb-sr-03 "]),
    st.sampled_from(["2025", "2025Q1", "202503", "2026S1", "2031", "hier", ""]),
    st.sampled_from(["1", "12", "1.234", "-1", "retirer", "", "1 000"]),
    st.sampled_from(["", "vert", "bof"]),
)


@settings(deadline=None)
@given(st.lists(CELLS, max_size=8))
def test_every_filled_row_is_kept_or_refused_and_nothing_kept_counts_twice(
    cells: list[tuple[str, str, str, str]],
) -> None:
    content = written(("ligne", "periode", "realise", "statut"), cells)
    checked = check_entries(
        "plan", read_entry_file("x.csv", content, COLUMNS["plan"]), declared()[0], [], date(2026, 4, 8)
    )
    filled = [row for row in cells if row[2].strip() or row[3].strip()]
    assert len(filled) == len(checked.rows) + len(checked.refusals)
    assert len({refusal.line_number for refusal in checked.refusals}) == len(checked.refusals)
    kept = {(str(row["line"]), str(row["period"])) for _, row in checked.rows}
    for line, period in kept:
        mine = parse(period)
        others = [parse(other) for own, other in kept if own == line and other != period]
        assert not any(other.overlaps(mine.start, mine.end) for other in others)
