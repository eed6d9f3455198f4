"""Each spelling of a value is judged as DHIS2 judges it: first those sent to real servers, then many more."""

import pyarrow as pa
import pytest

from quality.grammar import GRAMMAR, NUMERIC, failures
from warehouse.stage_values import number

#: (value type, text, whether recorded servers 2.41.9.1, 2.42.5.2 and 2.43.1 took it); the empty text is a refusal
#: of its own before the grammar is asked. `5.0` for INTEGER is stored by 2.43 as `5`, so nobody ever reads it.
RECORDED = [
    *(
        ("NUMBER", text, False)
        for text in ("007", " 5", "5 ", "+5", "1e3", "1E3", ".5", "5.", "1,5", "1 000")
    ),
    *(("NUMBER", text, False) for text in ("null", "true", "٣", "NaN")),
    *(("NUMBER", text, True) for text in ("-0", "0.1234567890123456789", "12345678901234567890")),
    *(("INTEGER", text, False) for text in ("007", "+5", "-0", "5.0", "5.5", "2147483648", "abc")),
    ("INTEGER", "11", True),
    ("INTEGER_POSITIVE", "0", False),
    ("INTEGER_ZERO_OR_POSITIVE", "-1", False),
]
MORE = [
    *(
        ("NUMBER", text, True)
        for text in ("0", "-5", "0.0", "-0.0", "12.50", "0.10", "100000000000000000000.5")
    ),
    *(("NUMBER", text, False) for text in ("1 234", "1\u202f234", "1\xa0234", "1.234,5", "inf", "-Infinity")),
    *(
        ("NUMBER", text, False)
        for text in ("05", "-05", "--5", "5-", "1_000", "0x1F", "½", "²", "５", "۵", "৫")
    ),
    *(
        ("NUMBER", text, False)
        for text in ("5\n", "\n5", "5\t", "5%", "5 %", "1.2.3", "1'000", "−5", "1/2", "-")
    ),
    *(("INTEGER", text, True) for text in ("0", "-1", "2147483647", "-2147483648")),
    *(("INTEGER", text, False) for text in ("-2147483649", "99999999999999999999", "1e2", "1\n", "TRUE")),
    *(("INTEGER_ZERO_OR_POSITIVE", text, True) for text in ("0", "1", "2147483647")),
    *(("INTEGER_ZERO_OR_POSITIVE", text, False) for text in ("-5", "-0", "00", "2147483648")),
    *(("INTEGER_POSITIVE", text, True) for text in ("1", "2147483647")),
    *(("INTEGER_POSITIVE", text, False) for text in ("-1", "01", "1.0")),
    *(("INTEGER_NEGATIVE", text, True) for text in ("-1", "-2147483648")),
    *(("INTEGER_NEGATIVE", text, False) for text in ("0", "1", "-0", "-2147483649")),
    *(("PERCENTAGE", text, True) for text in ("0", "100", "99.9", "100.0", "-0")),
    *(("PERCENTAGE", text, False) for text in ("100.1", "-1", "50%", "1e1")),
    *(("UNIT_INTERVAL", text, True) for text in ("0", "1", "0.5", "1.0")),
    *(("UNIT_INTERVAL", text, False) for text in ("1.01", "-0.1", ".5")),
    *(("BOOLEAN", text, True) for text in ("true", "false", "TRUE", "False", "1", "0", "t", "F")),
    *(("BOOLEAN", text, False) for text in ("vrai", "oui", "2", "truefalse", "true\n", "on")),
    *(("TRUE_ONLY", text, True) for text in ("true", "True")),
    *(("TRUE_ONLY", text, False) for text in ("false", "1", "t")),
    *(("DATE", text, True) for text in ("2026-03-31", "2024-02-29", "2026-03-31T10:00:00", "2026-03-31T10")),
    *(
        ("DATE", text, False)
        for text in ("31/03/2026", "2026-02-30", "2026-13-01", "2026-3-1", "20260331", "2026")
    ),
    *(
        ("DATETIME", text, True)
        for text in ("2026-03-31T10:00", "2026-03-31T10:00:00.000+0000", "2026-03-31T10")
    ),
    *(("DATETIME", text, True) for text in ("2026-03-31T10:00Z", "2026-03-31 10:00:00+0000")),
    *(
        ("DATETIME", text, False)
        for text in ("2026-03-31", "2026-03-31T24:00", "2026-03-31 10:00", "2026-02-30T10")
    ),
    *(("COORDINATE", text, True) for text in ("[-8.0,12.65]", "[ -8 , 12 ]", "[180,90]")),
    *(("COORDINATE", text, False) for text in ("-8.0,12.65", "[181,0]", "[0,91]", "[a,b]", "[]", "[1]")),
    *(("LETTER", text, True) for text in ("a", "É", "ɲ")),
    *(("LETTER", text, False) for text in ("ab", "1", " ")),
    *(("URL", text, True) for text in ("https://dhis2.org/a?b=c", "http://example.org")),
    *(("URL", text, False) for text in ("dhis2.org", "javascript:alert(1)", "https://", "https://a b.org")),
    *((kind, "f3n4HsQ1QfB", True) for kind in ("FILE_RESOURCE", "IMAGE")),
    *(
        (kind, text, False)
        for kind in ("FILE_RESOURCE", "IMAGE")
        for text in ("9abcdefghij", "short", "../x")
    ),
    *(
        (kind, "12,5 = ?", True)
        for kind in ("TEXT", "LONG_TEXT", "EMAIL", "PHONE_NUMBER", "TIME", "USERNAME", "AGE")
    ),
]


def accepted(value_type: str, text: str, version: tuple[int, int] = (2, 42)) -> bool:
    return not any(mask[0].as_py() for _, mask in failures(value_type, pa.array([text]), version))


@pytest.mark.parametrize("version", [(2, 40), (2, 41), (2, 42), (2, 43)])
@pytest.mark.parametrize(("value_type", "text", "taken"), [*RECORDED, *MORE])
def test_a_spelling_is_judged_as_dhis2_judges_it(
    value_type: str,
    text: str,
    taken: bool,  # noqa: FBT001
    version: tuple[int, int],
) -> None:
    assert accepted(value_type, text, version) is taken


def test_the_list_is_as_long_as_it_claims() -> None:
    assert len(RECORDED) >= 23
    assert len(MORE) >= 40
    assert {value_type for value_type, _, _ in MORE} >= set(GRAMMAR)


@pytest.mark.parametrize("text", ["yes", "NO", "y", "N"])
def test_2_43_takes_more_spellings_of_a_truth_value(text: str) -> None:
    assert accepted("BOOLEAN", text, (2, 43))
    assert not accepted("BOOLEAN", text, (2, 42))


def test_text_is_as_long_as_dhis2_allows_whatever_its_type() -> None:
    assert accepted("LONG_TEXT", "é" * 50_000)
    assert not accepted("LONG_TEXT", "é" * 50_001)
    assert not accepted("NUMBER", "1" * 50_001)


def test_a_number_without_end_is_refused_rather_than_kept_as_infinity() -> None:
    assert not accepted("NUMBER", "9" * 400)
    assert accepted("NUMBER", "9" * 300)
    assert accepted("NUMBER", "0." + "0" * 400 + "1")


@pytest.mark.parametrize(
    ("value_type", "text"), [case[:2] for case in [*RECORDED, *MORE] if case[2] and case[0] in NUMERIC]
)
def test_what_the_check_keeps_as_a_number_the_warehouse_reads_as_one(value_type: str, text: str) -> None:
    assert accepted(value_type, text)
    assert number(text) == float(text)


def test_zero_is_a_value() -> None:
    for value_type in ("NUMBER", "INTEGER", "INTEGER_ZERO_OR_POSITIVE", "PERCENTAGE", "UNIT_INTERVAL"):
        assert accepted(value_type, "0")
    assert number("0") == 0
    assert number("") is None
