"""Does `layidu sandbox` list its faults, switch them on, and refuse what is not on the table?"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows import commands
from layidu.cli.app import app
from layidu.errors import ConfigurationError
from layidu.sandbox import process
from layidu.sandbox.faults_table import TABLE
from layidu.sandbox.process import Running
from tests.bad_days import Site


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("LAYIDU_HOME", str(tmp_path))
    yield tmp_path
    for folder in (tmp_path / "sandbox").glob("*"):
        process.stop(folder)


def test_the_help_lists_every_fault_in_french() -> None:
    text = " ".join(CliRunner().invoke(app, ["sandbox", "--help"], terminal_width=200).output.split())
    for name, kind in TABLE.items():
        assert f" {name} " in text
        assert kind.says in text


def test_a_sandbox_starts_with_its_faults_and_takes_more_while_it_runs(home: Path) -> None:
    run = CliRunner().invoke(app, ["sandbox", "hamlet", "--fault", "too_many:path=/api/me,retry_after=3"])
    assert run.exit_code == 0, run.output
    assert "panne en marche : too_many" in run.output
    found = process.running(home / "sandbox" / "hamlet")
    assert isinstance(found, Running)
    site = Site(found.url, home / "sandbox" / "hamlet")
    with pytest.raises(AssertionError):
        site.ask("GET", "/api/me")
    assert CliRunner().invoke(app, ["sandbox", "hamlet", "--fault", "delay:seconds=0.1"]).exit_code == 0
    on = site.ask("GET", "/sandbox/faults")
    assert [(each["name"], each["hits"]) for each in on] == [("too_many", 1), ("delay", 0)]
    assert (on[0]["retry_after"], on[1]["seconds"]) == ("3", 0.1)


@pytest.mark.parametrize("fault", ["earthquake", "reset:at=deep", "reset:depth=3", "cut:end=never"])
@pytest.mark.usefixtures("home")
def test_what_is_not_on_the_table_starts_nothing(fault: str) -> None:
    with pytest.raises(ConfigurationError):
        commands.run_sandbox("hamlet", stop=False, dialect="2.42", faults=[fault])
