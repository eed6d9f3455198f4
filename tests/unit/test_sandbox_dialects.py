"""Is every change of the table one that the sandbox makes, and does each version have those of its own and before?"""

from pathlib import Path

import pytest

import layidu.sandbox
from layidu.sandbox.dialects import DEFAULT, VERSIONS, Change, dialect_of

ROOM = Path(layidu.sandbox.__file__).parent


def test_every_change_is_made_somewhere() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in ROOM.glob("*.py")}
    del texts["dialects.py"]
    assert not [change.name for change in Change if not any(change.name in text for text in texts.values())]


@pytest.mark.parametrize(("name", "newest"), [("2.40", 40), ("2.41", 41), ("2.42", 42), ("2.43", 43)])
def test_a_version_has_its_own_changes_and_those_before(name: str, newest: int) -> None:
    spoken = dialect_of(name)
    assert {change for change in Change if change in spoken} == {
        change for change in Change if int(change.name[2:4]) <= newest
    }
    assert spoken.version == VERSIONS[name]


def test_all_versions_differ_and_the_default_is_one_of_them() -> None:
    assert len({frozenset(c for c in Change if c in dialect_of(name)) for name in VERSIONS}) == len(VERSIONS)
    assert DEFAULT in VERSIONS
