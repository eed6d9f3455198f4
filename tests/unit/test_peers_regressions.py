"""Defects seen in other tools, and the tests that show we do not have them. A point whose test is gone is a failure.

The numbers are those of our list of peers' defects; each line says what a test must show.
"""

import pytest

from tests.named_tests import require_named

CLIENT, TRANSPORT = "tests/unit/test_dhis2_client.py", "tests/contract/test_pull_transport.py"
GATE, GRAMMAR = "tests/unit/test_quality_gate.py", "tests/unit/test_value_grammar.py"
SENDING, LEDGER = "tests/unit/test_push_sending.py", "tests/functional/test_ledger.py"
DELIVERY, ON_SCREEN = "tests/unit/test_push_delivery.py", "tests/unit/test_push_analytics.py"
ON_SANDBOX = "tests/contract/test_publish_on_sandbox.py"
PUBLISHED = "tests/contract/test_publish_in_every_dialect.py"
PERIODS = "tests/unit/test_periods.py"
SLICES, AHEAD = "tests/property/test_slices.py", "tests/unit/test_pull_ahead.py"
LOAD, ABSENCES = "tests/functional/test_load.py", "tests/functional/test_absences.py"
SWEEP = "tests/functional/test_request_sweep.py"
RECONCILE = "tests/functional/test_reconcile.py"
LOADING, KILLED = "tests/functional/test_loading_regressions.py", "tests/functional/test_killed_anywhere.py"
NIGHT, DOCUMENTED = "tests/functional/test_a_night.py", "tests/unit/test_documented.py"

#: point -> (what must hold, the tests that show it)
SHOWN: dict[int, tuple[str, tuple[str, ...]]] = {
    1: (
        "503, 503, 200 are three requests, and the value arrives",
        (f"{CLIENT}::test_a_503_twice_and_then_the_value_is_three_requests",),
    ),
    2: (
        "a value changed between two reads is read",
        (f"{CLIENT}::test_nothing_is_remembered_between_two_reads",),
    ),
    3: (
        "a range of one period works; a range holds its last period",
        (f"{SLICES}::test_periods_of_a_set",),
    ),
    4: (
        "0 is accepted, -5 is refused for INTEGER_ZERO_OR_POSITIVE",
        (f"{GRAMMAR}::test_a_spelling_is_judged_as_dhis2_judges_it", f"{GRAMMAR}::test_zero_is_a_value"),
    ),
    8: (
        "against a hung server every verb ends within its limit",
        (
            f"{CLIENT}::test_every_verb_has_a_time_out",
            f"{TRANSPORT}::test_a_body_that_drips_ends_at_its_deadline",
        ),
    ),
    9: (
        "versions are compared as numbers, an unreadable one is refused",
        (
            "tests/unit/test_dhis2_dialects.py::test_a_known_or_newer_version_is_spoken",
            "tests/unit/test_dhis2_dialects.py::test_an_older_or_unreadable_version_is_refused",
        ),
    ),
    10: (
        "12.5 stays 12.5, an integer has no .0",
        (f"{GRAMMAR}::test_what_the_check_keeps_as_a_number_the_warehouse_reads_as_one",),
    ),
    11: (
        "every undeclared record is refused with a reason, received = kept + refused",
        (f"{GATE}::test_a_bad_record_is_refused_for_its_own_reason_and_the_rest_flows",),
    ),
    13: (
        "every period type prints and parses back to itself",
        ("tests/property/test_periods.py::test_the_period_of_a_day_reads_back_and_touches_the_next",),
    ),
    17: (
        "two values for one cell: neither is kept",
        (f"{GATE}::test_two_values_for_one_cell_are_both_refused_as_ambiguous",),
    ),
    6: (
        "records that differ only in the attribute option combo stay two",
        (
            f"{TRANSPORT}::test_rows_that_differ_only_in_the_attribute_option_combo_stay_two",
            f"{ABSENCES}::test_an_attribute_option_combo_that_disappears_whole_is_a_right_not_a_deletion",
        ),
    ),
    18: (
        "stored values equal the source's text for all five keys",
        (
            f"{RECONCILE}::test_every_dialect_is_copied_exactly_and_reconciled",
            f"{LOADING}::test_stored_texts_equal_the_source_for_all_five_keys",
        ),
    ),
    20: (
        "a correction long ago arrives, even one no increment shows",
        (
            f"{SLICES}::test_the_next_night_asks_for_everything_once",
            f"{RECONCILE}::test_all_invisible_changes_at_once_are_found_told_apart_and_healed",
        ),
    ),
    21: (
        "a failed read: the run fails, nothing is closed, no cursor moves",
        (
            f"{SWEEP}::test_a_line_that_goes_bad_at_any_request_of_a_night",
            f"{LOAD}::test_a_failed_slice_is_on_record_and_its_cursor_stays",
        ),
    ),
    22: (
        "a value deleted on the server is closed here, and marks of deletion are asked for",
        (
            f"{TRANSPORT}::test_values_come_over_untouched",
            f"{LOAD}::test_new_changed_deleted_and_vanished_values_reach_copy_and_history",
        ),
    ),
    24: (
        "413 or 504: smaller pieces, and everything arrives once",
        (
            f"{AHEAD}::test_too_much_is_halved_until_it_comes_through",
            f"{SLICES}::test_halves_ask_for_the_same",
        ),
    ),
    30: (
        "pauses grow, have jitter, obey Retry-After; a time-out of a read is asked again",
        (
            f"{CLIENT}::test_pauses_grow_and_are_never_quite_the_same",
            f"{CLIENT}::test_retry_after_is_obeyed_as_seconds_and_as_a_date_up_to_a_ceiling",
            f"{CLIENT}::test_a_read_that_hangs_once_is_asked_for_again",
        ),
    ),
    5: (
        "partial success: refused rows are named with their code, the others confirmed, later chunks sent",
        (
            f"{SENDING}::test_poisoned_rows_among_a_thousand_do_not_stop_the_others",
            f"{DELIVERY}::test_what_a_poisoned_row_costs_is_bounded_and_later_chunks_are_sent",
            f"{PUBLISHED}::test_one_poisoned_row_that_nobody_foresaw",
        ),
    ),
    7: (
        "a push again with a changed value: the server has the new one",
        (f"{PUBLISHED}::test_first_second_and_changed",),
    ),
    16: (
        "the same verdict from the code, whatever the message says and in whatever language",
        (f"{SENDING}::test_a_verdict_comes_from_the_code_whatever_the_message_says",),
    ),
    23: (
        "a result no longer produced: its cell is gone, cells typed by people are untouched",
        (
            f"{PUBLISHED}::test_first_second_and_changed",
            f"{PUBLISHED}::test_a_cell_edited_by_a_person",
        ),
    ),
    25: (
        "wrapped and bare summaries are read alike",
        (f"{SENDING}::test_a_bare_summary_of_old_servers_is_read_too",),
    ),
    26: (
        "two pushes at once do not mix",
        (f"{SENDING}::test_two_pushes_at_once_do_not_mix",),
    ),
    27: (
        "a poisoned cell is set aside after three nights, the rest flows",
        (f"{LEDGER}::test_a_poisoned_cell_is_set_aside_after_three_nights_until_its_value_changes",),
    ),
    29: (
        "totals by level agree; an element is published at one level",
        (
            f"{ON_SANDBOX}::test_analytics_shows_every_figure_at_every_level_and_period",
            f"{ON_SCREEN}::test_figures_show_their_own_level_and_the_last_value_inside_a_longer_period",
        ),
    ),
    31: (
        "what dashboards show is compared; expected differences are listed, the rest fails",
        (
            f"{ON_SCREEN}::test_what_the_server_holds_explains_a_difference_and_nothing_else_does",
            f"{ON_SCREEN}::test_a_missing_row_fails_unless_it_is_a_zero_the_server_leaves_out",
        ),
    ),
    15: (
        "each period is mapped by the cells that were valid in it",
        ("tests/functional/test_read.py::test_two_cells_of_one_variable_are_added_and_a_validity_ends",),
    ),
    19: (
        "a run that was killed is on record as interrupted, and the next one does its work",
        (
            "tests/functional/test_lock.py::test_tokens_count_up_and_runs_say_how_they_ended",
            f"{KILLED}::test_a_run_is_killed_at_every_point_and_heals",
        ),
    ),
    12: (
        "two runs: history, keys, grants, views and older periods are still there",
        (f"{LOADING}::test_a_second_load_keeps_grants_indexes_views_and_older_periods",),
    ),
    28: (
        "a value the statistics flag stays as it was, with the reason beside it",
        (f"{LOADING}::test_a_flagged_value_is_stored_as_it_came_with_the_reason_beside_it",),
    ),
    14: (
        "a refused push fails the run, exit code not 0, and its first cause is in the run's record",
        (
            f"{NIGHT}::test_a_refused_push_fails_the_run_and_its_first_cause_is_on_record",
            "tests/unit/test_deployments.py::test_the_state_of_a_run_says_what_the_exit_code_would",
        ),
    ),
    33: (
        "every documented command, setting and deployment exists, and a test executes it",
        (
            f"{DOCUMENTED}::test_every_command_is_executed_by_a_test",
            f"{DOCUMENTED}::test_every_line_a_page_shows_is_one_the_command_line_takes",
            f"{DOCUMENTED}::test_every_documented_setting_is_given_by_a_test",
            f"{DOCUMENTED}::test_every_setting_that_is_read_is_documented",
            f"{DOCUMENTED}::test_every_deployment_is_executed_by_a_test",
        ),
    ),
    32: (
        "killed at any step and run again: no key twice, everything equals the source",
        (f"{KILLED}::test_a_run_is_killed_at_every_point_and_heals",),
    ),
}


@pytest.mark.parametrize("point", SHOWN)
def test_the_tests_of_a_point_exist(point: int) -> None:
    require_named(*SHOWN[point])


def test_no_point_is_missing() -> None:
    assert SHOWN.keys() == set(range(1, 34))
