"""What recorded servers taught about reading, and the tests that hold us to it. A lesson without a test is a failure.

The numbers are those of the list of lessons kept with the recordings; those of writing, metadata and analytics are
elsewhere.
"""

import pytest

from tests.named_tests import require_named

RECORDED = "tests/contract/test_reading_lessons.py"
NIGHTS = "tests/functional/test_reading_lessons.py"
FIRST_CONTACT = "tests/contract/test_metadata_recorded.py"
TRANSPORT, BAD_DAYS = "tests/contract/test_pull_transport.py", "tests/contract/test_pull_on_bad_days.py"
DIALECTS = "tests/unit/test_dhis2_dialects.py"
LESSONS = frozenset({1, 2, 3, 4, 5, 6, 7, 23, 24, 28, 29, 32, 34, 36})

#: lesson -> (what holds, the tests that show it)
SHOWN: dict[int, tuple[str, tuple[str, ...]]] = {
    1: (
        "of the four shapes of silence only a true empty answer is data",
        (
            f"{RECORDED}::test_of_all_silences_only_a_header_line_is_an_empty_slice",
            f"{FIRST_CONTACT}::test_an_empty_slice_and_a_refused_one",
            f"{TRANSPORT}::test_zero_bytes_are_a_refused_right",
        ),
    ),
    2: (
        "`lastUpdated` never goes alone, a duration never; too much in the answer does no harm",
        (
            f"{NIGHTS}::test_nights_ask_by_id_with_periods_and_never_by_stamp_alone",
            f"{DIALECTS}::test_an_increment_looks_back_over_the_longest_import_and_the_zone",
        ),
    ),
    3: (
        "CSV is asked for by its path; JSON or unannounced gzip in its place is no data",
        (
            f"{RECORDED}::test_values_are_asked_for_by_path_with_their_periods_and_nothing_optional",
            f"{RECORDED}::test_what_other_ways_of_asking_for_csv_give_is_no_csv",
        ),
    ),
    4: (
        "JSON gives the same cells as CSV, wherever a version puts period and org unit",
        (f"{RECORDED}::test_json_gives_the_same_cells_as_csv_wherever_the_keys_stand",),
    ),
    5: (
        "marks of deletion and stamps are read in each version's spelling, rows in any order",
        (
            f"{RECORDED}::test_every_spelling_of_marks_and_stamps_is_read_as_meant",
            f"{FIRST_CONTACT}::test_values",
            f"{BAD_DAYS}::test_a_bad_day_gives_the_truth_or_an_error",
        ),
    ),
    6: (
        "a login page, a wrong token, a method the token does not allow: no data, asked once",
        (
            f"{RECORDED}::test_a_refused_account_is_no_data_and_is_asked_once",
            f"{FIRST_CONTACT}::test_first_contact_that_fails",
        ),
    ),
    7: (
        "no list of registrations is none of them; codes are never asked for",
        (
            f"{FIRST_CONTACT}::test_registrations",
            f"{NIGHTS}::test_nights_ask_by_id_with_periods_and_never_by_stamp_alone",
        ),
    ),
    23: (
        "a row stamped in whole seconds, before its import began, is not behind the mark",
        (
            f"{NIGHTS}::test_a_value_stamped_just_before_the_last_mark_arrives",
            f"{DIALECTS}::test_a_mark_has_whole_seconds_because_2_42_stamps_those",
        ),
    ),
    24: (
        "errors are classed by status and code, whatever the message says",
        (f"{RECORDED}::test_an_error_is_classed_by_its_code_whatever_its_message_says",),
    ),
    28: (
        "a data set called unknown and a unit outside the tree are rights to ask for",
        (f"{RECORDED}::test_a_set_or_a_unit_out_of_sight_is_a_right_to_ask_for",),
    ),
    29: (
        "each version's refused login, password, token and unknown path is told apart",
        (
            f"{FIRST_CONTACT}::test_first_contact_that_fails",
            f"{RECORDED}::test_a_refused_account_is_no_data_and_is_asked_once",
        ),
    ),
    32: (
        "the last chunk is the only proof of a body without a length",
        (
            f"{RECORDED}::test_of_a_recorded_answer_only_its_last_chunk_proves_the_end",
            f"{TRANSPORT}::test_a_doubt_is_asked_again_and_then_a_failed_slice",
        ),
    ),
    34: (
        "rights may lag: what is refused tonight is no deletion and comes the night after",
        (f"{NIGHTS}::test_a_right_that_comes_late_costs_a_night_and_no_value",),
    ),
    36: (
        "a refused CSV is asked again as JSON for its reason",
        (
            f"{RECORDED}::test_a_refused_csv_gives_its_code_on_every_version",
            f"{TRANSPORT}::test_a_page_instead_of_a_reason_is_asked_again_as_json",
        ),
    ),
}


@pytest.mark.parametrize("lesson", SHOWN)
def test_the_tests_of_a_lesson_exist(lesson: int) -> None:
    require_named(*SHOWN[lesson])


def test_no_lesson_is_missing() -> None:
    assert SHOWN.keys() == LESSONS
