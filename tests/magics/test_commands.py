"""The command line for programs: standard JSON, exit statuses, `metrics`, `diff`, `best`, `tail`, and what a shell completes."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.__main__ import main, parser
from jupyter_tracking.commands import commands
from jupyter_tracking.commands.completion import completions
from jupyter_tracking.commands.standard_values import json_text, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.record.run import Run

TABLES = [
    ["runs"],
    ["runs", "--group-by", "name"],
    ["show", "one"],
    ["metrics", "one"],
    ["diff", "one", "two"],
    ["diff", "one", "--dataframe", "frame", "0", "1"],
    ["best", "loss"],
    ["lineage"],
    ["check"],
]


@pytest.fixture
def runs(root: Path) -> tuple[Run, Run]:
    """Two finished runs with metrics, one of which is NaN at a step, and a dataframe at two steps."""
    made = []
    for name, lr in (("one", 0.1), ("two", 0.2)):
        with tracking.init(name=name) as run:
            run.log_inputs(lr=lr, seed=1, bound=math.inf, nested={"é": [1, math.nan]}, text="NaN")
            for step in range(3):
                run.log_metric("loss", lr / (step + 1), step=step)
            run.log_metric("acc", math.nan, step=0)
            run.log_metric("acc", 1.0 - lr, step=1)
            run.log_metric("step", 7.0, step=1)
            for step in range(2):
                run.log_dataframe(pd.DataFrame({"x": [1, 2 + step]}), "frame", step=step)
        made.append(run)
    return made[0], made[1]


def printed(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    """What a command prints."""
    capsys.readouterr()
    assert main(words) == status
    return capsys.readouterr().out


def strict(text: str) -> Any:
    """The value of a JSON text, which has nothing that the standard does not."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


# --- JSON ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", TABLES, ids=" ".join)
def test_every_command_that_prints_a_table_prints_standard_json(
    runs: tuple[Run, Run], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """ASCII without a control character but the ends of lines, whatever there is in the runs."""
    capsys.readouterr()
    assert main([*words, "--json"]) in {0, 1}
    text = capsys.readouterr().out
    assert strict(text) or words == ["check"]
    assert text.isascii()
    assert text.replace("\n", "").isprintable()


def test_the_table_of_commands_with_json_is_whole() -> None:
    """Those that say they have `--json` are the ones above, and `tail`."""
    assert {command.name for command in commands() if command.json} == {words[0] for words in TABLES} | {"tail"}


def test_missing_is_null_and_a_number_that_json_has_not_is_a_word(runs: tuple[Run, Run], capsys: pytest.CaptureFixture[str]) -> None:
    """As in the document of a run: nothing of a value is lost, and the two stay apart."""
    shown = strict(printed(capsys, "show", "one", "--json"))
    assert shown["inputs"] == {"lr": 0.1, "seed": 1, "bound": "Infinity", "nested": {"é": [1, "NaN"]}, "text": "NaN"}
    assert shown["parent"] is None
    assert [row["name"] for row in shown["artifacts"] if row["kind"] == "metric"] == ["loss", "acc", "step"]
    rows = strict(printed(capsys, "metrics", "one", "acc", "--json"))
    assert [(row["step"], row["value"]) for row in rows] == [(0, "NaN"), (1, 0.9)]
    assert rows[0]["timestamp"].endswith("+00:00")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float32(0.5), "0.5"),
        (np.array([1.0, np.nan]), '[1.0, "NaN"]'),
        (-math.inf, '"-Infinity"'),
        (2**70, str(2**70)),
        (pd.NA, "null"),
        (pd.NaT, "null"),
        (pd.Timestamp("2026-01-02", tz="UTC"), '"2026-01-02T00:00:00+00:00"'),
        ("\ud800\x7f\u202e", '"?\\u007f\\u202e"'),
        ({1: (None, True)}, '{"1": [null, true]}'),
    ],
    ids=str,
)
def test_values_as_json(value: object, text: str) -> None:
    """One by one."""
    assert json_text(value) == text


def test_a_value_that_is_nested_without_end_is_cut_to_a_text() -> None:
    """A document may be as deep as it likes."""
    value: Any = 1
    for _ in range(500):
        value = [value]
    assert strict(json_text(value))


def test_a_frame_with_two_columns_of_a_name_is_rows_all_the_same() -> None:
    """The first of them counts."""
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert list(map(json_text, rows_of(frame))) == ['{"a": 1}']


# --- statuses ------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.name)
def test_help_says_what_the_exit_status_means(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Of each command, and of them all."""
    for words in ([command.name, "--help"], ["--help"]):
        with pytest.raises(SystemExit, match="0"):
            parser().parse_args(words)
        told = " ".join(capsys.readouterr().out.split())
        assert "Exit status 0: done; " in told
        assert "2: it failed" in told
        assert ("; 1: " in told) == (bool(command.found) or words == ["--help"])


@pytest.mark.parametrize(
    "words",
    [["nothing"], [], ["metrics"], ["best", "loss", "--goal", "up"], ["tail", "one", "-n", "x"], ["completion", "csh"]],
    ids=" ".join,
)
def test_what_is_no_usage_ends_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """As everywhere."""
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["diff", "one"],
        ["diff", "one", "two", "--key", "x"],
        ["diff", "one", "two", "--dataframe", "frame", "0", "1"],
        ["diff", "one", "--dataframe", "frame", "a", "b"],
        ["best", "loss", "one", "--where", "lr < 1"],
    ],
    ids=" ".join,
)
def test_words_that_do_not_go_together_are_no_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One line, and 2."""
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("jupyter-tracking: error: ")


@pytest.mark.parametrize(
    "words",
    [
        ["metrics", "one", "los"],
        ["best", "nothing"],
        ["diff", "one", "three"],
        ["diff", "one", "one"],
        ["tail", "one", "los"],
        ["tail", "one", "-n", "-1"],
    ],
    ids=" ".join,
)
def test_an_error_of_ours_is_one_sentence_and_2(runs: tuple[Run, Run], words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing on standard output."""
    capsys.readouterr()
    assert main([*words, "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1


def test_differences_and_problems_are_1(runs: tuple[Run, Run], capsys: pytest.CaptureFixture[str]) -> None:
    """With JSON and without; none are 0."""
    run, _ = runs
    for more in ([], ["--json"]):
        assert main(["diff", "one", "two", *more]) == 1
        assert main(["diff", "one", "--dataframe", "frame", "0", "0", *more]) == 0
        assert main(["check", *more]) == 0
    (run.path / "events/metric/loss.plx").write_text("nonsense")
    for more in ([], ["--json"]):
        assert main(["check", "one", *more]) == 1


# --- metrics, diff, best -------------------------------------------------------------------------


def test_metrics_are_a_row_a_step_or_a_row_a_value(runs: tuple[Run, Run], capsys: pytest.CaptureFixture[str]) -> None:
    """A metric that is called `step` as well."""
    lines = [line.split() for line in printed(capsys, "metrics", "one").splitlines()]
    assert lines[0] == ["step", "loss", "acc", "step"]
    assert [line[0] for line in lines[1:]] == ["0", "1", "2"]
    assert printed(capsys, "metrics", "two", "acc", "--csv") == "step,acc\n0,\n1,0.8\n"
    assert printed(capsys, "metrics", "one", "acc", "--tidy").split()[:4] == ["name", "step", "timestamp", "value"]


def test_diff_names_what_differs_of_each_run(runs: tuple[Run, Run], capsys: pytest.CaptureFixture[str]) -> None:
    """The same frame as `tracking.diff`; its columns are called by names where a person reads them."""
    one, two = runs
    frame = tracking.diff(["one", "two"])
    assert frame.columns.tolist() == ["group", "name", one.uuid, two.uuid]
    assert frame["name"].tolist() == ["lr", "loss", "acc"]
    assert strict(printed(capsys, "diff", "one", "two", "--json", status=1)) == [
        {"group": group, "name": name, one.uuid: before, two.uuid: after} for group, name, before, after in frame.itertuples(index=False)
    ]
    assert printed(capsys, "diff", "one", "two", status=1).split()[:8] == [
        "group",
        "name",
        "one",
        "two",
        "inputs",
        "lr",
        "0.100000",
        "0.200000",
    ]
    assert tracking.diff(tracking.runs()).columns.tolist() == ["group", "name", two.uuid, one.uuid]
    with pytest.raises(tracking.TrackingError, match=r"runs is one run, 'one'"):
        tracking.diff("one")


def test_diff_of_a_dataframe_is_that_of_the_view(runs: tuple[Run, Run], capsys: pytest.CaptureFixture[str]) -> None:
    """From one step to another, by position or by a key."""
    assert strict(printed(capsys, "diff", "one", "--dataframe", "frame", "0", "1", "--json", status=1)) == [
        {"row": 1, "change": "changed", "column": "x", "before": 2, "after": 3}
    ]
    rows = strict(printed(capsys, "diff", "one", "--dataframe", "frame", "0", "1", "--key", "x", "--json", status=1))
    assert [(row["x"], row["change"]) for row in rows] == [(2, "removed"), (3, "added")]


def test_best_says_the_run_and_why(runs: tuple[Run, Run], capsys: pytest.CaptureFixture[str]) -> None:
    """All of the run too, as `show` does."""
    one, two = runs
    said = strict(printed(capsys, "best", "loss", "--json"))
    assert (said["uuid"], said["metric"], said["step"], said["goal"], said["of"]) == (one.uuid, "loss", 2, "min", 2)
    assert said["inputs"]["lr"] == 0.1
    assert strict(printed(capsys, "best", "loss", "--goal", "max", "--json"))["uuid"] == two.uuid
    assert strict(printed(capsys, "best", "loss", "--where", "lr > 0.1", "--json"))["uuid"] == two.uuid
    assert printed(capsys, "best", "acc", "two").splitlines()[1].startswith("acc 0.8 at step 1, the best of 1 (greater is better")


# --- tail ----------------------------------------------------------------------------------------


def test_tail_yields_what_is_there_and_then_what_comes_until_the_end(root: Path) -> None:
    """Of a run that goes on in this process, also of an artifact that begins later."""
    run = tracking.init(name="living")
    for step in range(5):
        run.log_metric("loss", float(step), step=step)
    rows = tracking.tail("living", "loss", "words", last=2)
    assert [next(rows).value, next(rows).value] == [3.0, 4.0]
    run.log_metric("loss", 5.0, step=5)
    run.log_text("words", "a | b", step=6)
    run.end()
    last = [(row.kind, row.name, row.step, row.value) for row in rows]
    assert last == [("metric", "loss", 5, 5.0), ("text", "words", 6, "a | b")]


def test_tail_of_a_run_that_has_ended_ends(runs: tuple[Run, Run], capsys: pytest.CaptureFixture[str]) -> None:
    """The last rows of all metrics together, in the order of time."""
    rows = [strict(line) for line in printed(capsys, "tail", "one", "-n", "3", "--json").splitlines()]
    assert [(row["name"], row["step"], row["value"]) for row in rows] == [("acc", 0, "NaN"), ("acc", 1, 0.9), ("step", 1, 7.0)]
    assert printed(capsys, "tail", "one", "-n", "0") == ""
    assert len(printed(capsys, "tail", "one").splitlines()) == 6
    assert printed(capsys, "tail", "one", "loss", "-n", "1").split(" ", 1)[1].startswith("loss step 2: 0.0333")
    with pytest.raises(tracking.TrackingError, match="last=True"):
        tracking.tail("one", last=True)


def test_ctrl_c_ends_tail_quietly(root: Path) -> None:
    """Status 0, nothing on standard error."""
    run = tracking.init(name="living")
    run.log_metric("loss", 0.5, step=0)
    with subprocess.Popen(
        [sys.executable, "-m", "jupyter_tracking", "tail", "living", "--root", str(root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - a child of nohup ignores it otherwise
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().endswith("loss step 0: 0.5\n")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out, err) == (0, "", "")
    run.end()


def test_a_tail_whose_pipe_is_closed_ends_quietly(root: Path) -> None:
    """`jupyter tracking tail living | head -1` ends with the next row."""
    run = tracking.init(name="living")
    run.log_metric("loss", 0.5, step=0)
    with subprocess.Popen(
        [sys.executable, "-m", "jupyter_tracking", "tail", "living", "--root", str(root)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        run.log_metric("loss", 0.25, step=1)
        assert process.stderr.read() == b""
    assert process.returncode == 0
    run.end()


# --- completion ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["me"], ["metrics"]),
        (["show", "o"], ["one"]),
        (["metrics", "one", ""], ["loss", "acc", "step"]),
        (["metrics", "--tidy", "one", "loss", "a"], ["acc"]),
        (["diff", "one", "t"], ["two"]),
        (["diff", "one", "--dataframe", "f"], ["frame"]),
        (["diff", "one", "--dataframe", "frame", ""], []),
        (["best", "l"], ["loss"]),
        (["best", "loss", "--goal", ""], ["max", "min"]),
        (["runs", "--summary", "m"], ["min", "max", "mean"]),
        (["runs", "--wh"], ["--where"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["report", ""], []),
        (["nothing", ""], []),
        (["tail", "nothing", ""], []),
    ],
    ids=" ".join,
)
def test_what_a_shell_is_offered(runs: tuple[Run, Run], words: list[str], expected: list[str]) -> None:
    """Commands, options, runs, artifacts; nothing where a file is meant."""
    assert completions(words) == expected


@pytest.fixture
def program(root: Path, tmp_path: Path) -> Path:
    """The command, in a root with runs of which a shell has to quote the names."""
    for name in ("two words", f"$(touch {tmp_path / 'ran'})", "*"):
        tracking.init(name=name).end()
    program = tmp_path / "bin/jupyter-tracking"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m jupyter_tracking "$@"\n')
    program.chmod(0o755)
    return program


def script_for(shell: str, program: Path) -> tuple[str, str]:
    """Where a shell is, and what makes it complete our words; the test is skipped where the shell is not installed."""
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed")
    script = subprocess.run([program, "completion", shell], capture_output=True, text=True, check=True).stdout
    path = f"set -x PATH {program.parent} $PATH" if shell == "fish" else f"PATH={program.parent}:$PATH"
    return found, f"{script}\n{path}\n"


def test_bash_completes_names_as_it_has_to_write_them(root: Path, tmp_path: Path, program: Path) -> None:
    """A name with a space, and one that would be a command, are quoted; none is run. Files are left to the shell."""
    bash, script = script_for("bash", program)
    asked = """
    COMP_WORDS=(jupyter tracking show ''); COMP_CWORD=3; _jupyter_tracking; printf '%s\\n' "${COMPREPLY[@]}"; echo --
    COMP_WORDS=(jupyter-tracking sho); COMP_CWORD=1; _jupyter_tracking; printf '%s\\n' "${COMPREPLY[@]}"; echo --
    COMP_WORDS=(jupyter tr); COMP_CWORD=1; _jupyter_tracking; printf '%s\\n' "${COMPREPLY[@]}"; echo --
    COMP_WORDS=(jupyter lab ''); COMP_CWORD=2; _jupyter_tracking; echo "${#COMPREPLY[@]}"
    """
    done = subprocess.run([bash, "--norc", "-c", script + asked], capture_output=True, text=True, check=True, cwd=root)
    names, command, word, other = done.stdout.split("--\n")
    assert names.splitlines()[:3] == ["\\*", f"\\$\\(touch\\ {tmp_path / 'ran'}\\)", "two\\ words"]
    assert (command, word, other) == ("show\n", "tracking\n", "0\n")
    assert not (tmp_path / "ran").exists()


def test_fish_completes_names(root: Path, tmp_path: Path, program: Path) -> None:
    """As fish itself lists what fits; it writes them as they have to be."""
    fish, script = script_for("fish", program)
    typed = ["jupyter tracking show ", "jupyter-tracking sho", "jupyter tr", "jupyter tracking show tw"]
    asked = "".join(f"complete -C '{words}'; echo ==\n" for words in typed)
    done = subprocess.run([fish, "--no-config", "-c", script + asked], capture_output=True, text=True, check=True, cwd=root)
    names, command, word, one, _ = done.stdout.split("==\n")
    assert {"*", "two words", f"$(touch {tmp_path / 'ran'})"} <= set(names.splitlines())
    assert (command, word, one) == ("show\n", "tracking\n", "two words\n")
    assert not (tmp_path / "ran").exists()


def test_zsh_completes_names_on_tab(root: Path, tmp_path: Path, program: Path) -> None:
    """Typed into a terminal, and what is on the line after a Tab printed word by word."""
    zsh, script = script_for("zsh", program)
    pexpect = pytest.importorskip("pexpect")
    (tmp_path / "completion.zsh").write_text(script)
    terminal = pexpect.spawn(
        zsh, ["-f", "-i"], cwd=root, encoding="utf-8", timeout=60, dimensions=(50, 300), env={**os.environ, "TERM": "dumb"}
    )
    terminal.sendline(f"source {tmp_path / 'completion.zsh'}; PS1=RE''ADY; unsetopt zle_bracketed_paste")
    terminal.expect("READY")
    for words, completed in (
        ("jupyter-tracking sho", ["jupyter-tracking", "show"]),
        ("jupyter tr", ["jupyter", "tracking"]),
        ("jupyter tracking show tw", ["jupyter", "tracking", "show", "two words"]),
        ("jupyter-tracking show \\$", ["jupyter-tracking", "show", f"$(touch {tmp_path / 'ran'})"]),
    ):
        terminal.send(f"{words}\t\x01print -rl -- \x05; print EN''DED\r")
        terminal.expect("READY")
        lines = [line.strip() for line in terminal.before.split("\n")]
        assert lines[-len(completed) - 2 : -1] == [*completed, "ENDED"]
    terminal.sendeof()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert not (tmp_path / "ran").exists()
