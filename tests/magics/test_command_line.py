"""`jupyter-tracking` on the command line: what it prints, and its exit status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.__main__ import main
from jupyter_tracking.magics.curating import CURATIONS
from jupyter_tracking.read.curating import CuratedRun

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.magics.curating import Curation
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


def test_runs_takes_a_filter_a_summary_and_groups(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """As `tracking.runs` does; a mistake in the filter is shown at its place."""
    other = tracking.init(name="other")
    other.log_metric("loss", 5.0)
    other.end()
    capsys.readouterr()
    assert main(["runs", "loss < 1 digits", "--summary", "max"]) == 0
    assert capsys.readouterr().out == "none\n"
    assert main(["runs", "--where", "loss <= 5", "--summary", "max"]) == 0
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()] == ["outputs.loss", "5.0", "1.0"]
    assert main(["runs", "--group-by", "status, name", "--summary", "min"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["status", "name", "n", *(f"outputs.loss.{word}" for word in ("mean", "std", "min", "max"))]
    assert [line[:3] for line in lines[1:]] == [["succeeded", "digits", "1"], ["succeeded", "other", "1"]]
    assert main(["runs", "--where", "los < 1 and digits"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "jupyter-tracking: where='los < 1 and digits', at character 1: there is no column \"los\"; near: loss"
    assert said[1:] == ["    los < 1 and digits", "    ^^^"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["loss", ">", "1"], ["red fox"]),
        (["loss > 1"], ["red fox"]),
        (["loss>=1", "not", "name = digits"], ["red fox"]),
        (["name", "=", "red fox"], ["red fox"]),  # of which a shell took the quotes
        (["name in ('red fox', digits)"], ["digits", "red fox"]),
        (["name", "in", "['red fox',", "digits]"], ["digits", "red fox"]),
        (["red fox"], ["red fox"]),
        (["not", "red fox"], ["digits"]),
        (["loss", ">", "-1", "--json"], ["digits", "red fox"]),
        (["--where", "loss > 1"], ["red fox"]),
        (["'loss > 1'"], ["red fox"]),
    ],
)
def test_the_words_of_runs_are_a_filter(run: Run, capsys: pytest.CaptureFixture[str], words: list[str], names: list[str]) -> None:
    """As of `%runs`, with the quotes of a shell around all of it, around a text of it, or nowhere."""
    assert run.name == "digits"
    with tracking.init(name="red fox"):
        tracking.log_metric("loss", 5.0)
    capsys.readouterr()
    assert main(["runs", *words, *([] if "--json" in words else ["--json"])]) == 0
    assert sorted(row["name"] for row in json.loads(capsys.readouterr().out)) == names


def test_a_filter_is_given_once(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """As words or behind `--where`."""
    assert main(["runs", "loss > 1", "--where", "digits"]) == 2
    assert "where='digits' stands beside the filter 'loss > 1'; give one of them" in capsys.readouterr().err


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


# --- curating ------------------------------------------------------------------------------------


def test_a_run_is_curated_by_words(run: Run, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each method of a view is a command of its name; it says on one line which run it was done to."""
    for words in (
        ["rename", "digits", "digits-2"],
        ["tag", "digits-2", "a", "b,c"],
        ["untag", "digits-2", "b"],
        ["note", run.uuid[:8], "overfits after 300"],
        ["pin", "digits-2"],
        ["archive", "digits-2"],
    ):
        capsys.readouterr()
        assert main(words) == 0
        assert capsys.readouterr().out == f"digits-2 · {run.uuid} · runs/{run.uuid}\n"
    view = tracking.open_run("digits-2")
    assert (view.tags, view.notes, view.pinned, view.archived) == (["a", "c"], "overfits after 300", True, True)
    capsys.readouterr()
    assert main(["runs"]) == main(["runs", "--archived"]) == 0
    assert capsys.readouterr().out.startswith("none\n")
    assert main(["restore", "digits-2"]) == main(["unpin", "digits-2"]) == 0
    assert not view.pinned
    assert not view.archived


def test_a_run_is_exported_deleted_restored_and_ended_by_words(run: Run, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was made is printed; a deleted run is restored by its name; the trash is emptied for good."""
    capsys.readouterr()
    assert main(["export", "digits", "run.zip"]) == 0
    assert capsys.readouterr().out == f"{root / 'run.zip'}\n"
    assert main(["show", "run.zip"]) == 0
    (run.path / "outputs").mkdir(exist_ok=True)
    (run.path / "outputs/link").symlink_to(root)
    assert main(["export", "digits", "run.zip"]) == 0
    assert capsys.readouterr().err == f"jupyter-tracking: left out of {root / 'run.zip'}: outputs/link is a link\n"
    capsys.readouterr()
    assert main(["delete", "digits"]) == 0
    assert capsys.readouterr().out == f"{root / 'trash' / run.uuid}\n"
    assert main(["show", "digits"]) == 2
    assert main(["restore", "digits"]) == 0
    assert main(["delete", "digits", "--root", str(root)]) == 0
    capsys.readouterr()
    assert main(["empty-trash", str(root)]) == 0
    assert main(["empty-trash"]) == 0
    assert capsys.readouterr().out == "1 run removed\n0 runs removed\n"
    assert main(["restore", "digits"]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rename", "digits", " "], "name=' ' is empty"),
        (["untag", "digits", "absent"], "tags: the run has no tag 'absent'"),
        (["export", "digits", "run.tar"], "path='run.tar' ends neither with"),
        (["pin", "nothing"], "run='nothing'"),
    ],
)
def test_a_mistake_in_curating_is_one_line(run: Run, words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As of the other commands."""
    capsys.readouterr()
    assert main(words) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"jupyter-tracking: {said}")
    assert printed.count("\n") == 1


@pytest.mark.parametrize("curation", CURATIONS, ids=lambda curation: curation.name)
def test_each_command_is_a_method_of_a_view_and_has_help_with_an_example(curation: Curation, capsys: pytest.CaptureFixture[str]) -> None:
    """The table has what a view has, and nothing else."""
    assert callable(getattr(tracking.RunView, curation.name))
    with pytest.raises(SystemExit, match="0"):
        main([curation.name, "--help"])
    assert f"Example: jupyter tracking {curation.name} digits" in " ".join(capsys.readouterr().out.split())


def test_every_way_to_curate_is_a_command() -> None:
    """A method that is added to the view is added to the table."""
    methods = {name for name, value in vars(CuratedRun).items() if callable(value) and not name.startswith("_")}
    assert methods | {"export"} == {curation.name for curation in CURATIONS}
