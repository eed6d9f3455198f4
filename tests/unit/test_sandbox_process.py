"""Does a sandbox start as a process of its own, is it found again, and does it stop?"""

import stat
import time
from pathlib import Path

import pytest

from layidu.errors import FailedSafeError
from layidu.sandbox import process


def test_a_sandbox_is_started_once_found_again_and_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "bac"
    assert process.running(folder) is None
    assert process.stop(folder) is False
    first = process.start(folder, "hamlet", dialect="2.43")
    try:
        assert process.start(folder, "hamlet") == first
        assert process.running(folder) == first
        assert first.dialect == "2.43"
        assert set(first.accounts) >= {"admin", "pull", "push", "analytics"}
        assert first.planted_path.exists()
        assert stat.S_IMODE((folder / "sandbox.json").stat().st_mode) == 0o600
    finally:
        assert process.stop(folder) is True
    assert process.running(folder) is None
    begun = time.monotonic()
    again = process.start(folder, "hamlet")
    assert process.stop(folder) is True
    assert again.accounts == first.accounts
    assert time.monotonic() - begun < 10


def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(FailedSafeError, match="atlantide"):
        process.start(tmp_path, "atlantide")
