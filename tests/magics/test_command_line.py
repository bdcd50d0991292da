"""`jupyter-tracking` on the command line: what it prints, and its exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.record.run import Run


@pytest.fixture
def run() -> Run:
    """A finished run with one metric."""
    with tracking.init(name="digits") as run:
        for step in range(3):
            tracking.log_metric("loss", 1 / (step + 1), step=step)
    return run


def test_runs_lists_the_runs(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """A line a run."""
    capsys.readouterr()
    assert main(["runs"]) == 0
    printed = capsys.readouterr().out
    assert run.uuid in printed
    assert "succeeded" in printed


def test_runs_of_an_empty_root_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No run is no error."""
    assert main(["runs", "--root", str(tmp_path / "nowhere")]) == 0
    assert capsys.readouterr().out == "none\n"


def test_show_lists_what_a_run_holds(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Kind, name and steps of each artifact."""
    capsys.readouterr()
    assert main(["show", run.uuid[:8]]) == 0
    printed = capsys.readouterr().out
    assert "metric" in printed
    assert "loss" in printed


def test_lineage_as_csv_has_every_column(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """`--csv` is the whole frame."""
    capsys.readouterr()
    assert main(["lineage", "digits", "--csv"]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith("notebook,cell_id,execution_count")
    assert main(["lineage"]) == 0


def test_check_tells_a_whole_run_from_a_damaged_one(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """0 without problems; 1 and file:line with them."""
    assert main(["check", "digits"]) == 0
    with (run.path / "events/metric/loss.plx").open("a") as file:
        file.write("nonsense\n")
    capsys.readouterr()
    assert main(["check", "digits"]) == 1
    assert "events/metric/loss.plx:5: " in capsys.readouterr().out


@pytest.mark.parametrize("words", [["show", "nothing"], ["check", "nothing"], ["lineage", "nothing"]])
def test_a_mistake_is_one_line_and_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown run is told without a traceback."""
    assert main(words) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("jupyter-tracking: run='nothing'")
    assert printed.count("\n") == 1
