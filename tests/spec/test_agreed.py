"""Every agreed worked example comes out of the program as agreed."""

from pathlib import Path
from typing import Any

import pytest

from tests.docs import arithmetique
from tests.spec import estimated_use_example
from tests.spec.agreed_examples import AGREED, EXAMPLES, found


def test_all_thirty_four_are_here() -> None:
    assert [example["code"] for example in AGREED] == [f"TV{number:02d}" for number in range(1, 35)]
    assert set(EXAMPLES) == {example["code"] for example in AGREED}


@pytest.mark.parametrize("example", AGREED, ids=lambda example: example["code"])
def test_an_agreed_example(example: dict[str, Any]) -> None:
    same(found(example), example["expected"])


def same(found: Any, expected: Any) -> None:
    """Equal, numbers to the last digit that is printed."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key, one in expected.items():
            same(found[key], one)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other)
    elif isinstance(expected, bool | str):
        assert found == expected
    else:
        digits = len(str(float(expected)).partition(".")[2])
        assert round(float(found), digits) == expected, (found, expected)


def test_the_page_of_the_documentation_is_current() -> None:
    page = Path(__file__).parents[2] / "docs" / "generated" / "arithmetique.md"
    assert page.read_text(encoding="utf-8").rstrip() == arithmetique.write().rstrip(), "make docs"


def test_the_steps_of_the_estimate_are_those_calculated_by_hand() -> None:
    figures = [figure for _, _, _, figure in estimated_use_example.STEPS]
    assert [by_hand for _, _, by_hand, _ in estimated_use_example.STEPS] == pytest.approx(figures, abs=1e-6)
    assert estimated_use_example.found() == pytest.approx(figures, abs=1e-6)
