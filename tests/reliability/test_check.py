"""`check`: every bad row, missing or changed file, way out and stray file, in words, with file and line."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from jupyter_tracking import __main__ as command_line
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.read.scan import good_rows
from jupyter_tracking.record.run import Run
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UUID = "0" * 32
SEED = 6


@pytest.fixture
def run(root: Path) -> Path:
    """A finished run with a metric, two assets and a folder."""
    run = Run(root / "runs" / UUID, name="checked")
    source = root / "source.txt"
    source.write_text("0123456789" * 10)
    folder = root / "folder"
    folder.mkdir()
    (folder / "a").write_text("a" * 50)
    (folder / "b").write_text("b" * 50)
    for step in range(20):
        run.log_metric("loss", step / 7, step)
    for step in range(3):
        run.log_artifact(source, "file", step=step)
    run.log_model(folder, "model", step=1)
    run.log_artifact(source)
    run.log_artifact_ref("s3://bucket/x", name="elsewhere")
    run.log_artifact_ref("/nowhere/at/all", name="gone", skip_hash_calculation=True)
    run.end()
    return run.path


def checked(run: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """The exit status of `check`, and its lines."""
    status = command_line.main(["check", str(run)])
    return status, capsys.readouterr().out.splitlines()


def test_a_sound_run_has_no_problems(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing wrong: one line, exit status 0; while it is written to as well."""
    assert checked(run, capsys) == (0, [f"checked · {UUID}: no problems"])
    again = Run(run)
    again.log_metric("loss", 1.0, 99)
    assert checked(run, capsys)[0] == 0
    again.end()
    assert checked(run, capsys)[0] == 0


def append(path: Path, data: bytes) -> None:
    """Write at the end of a file."""
    with path.open("ab") as file:
        file.write(data)


DAMAGE = {
    "a bad row": (
        lambda run: append(run / "events/metric/loss.plx", b"7|junk\n"),
        ['events/metric/loss.plx:22: expected 3 fields separated by "|", found 2'],
    ),
    "a missing asset": (
        lambda run: (run / "assets/file/file_1.txt").unlink(),
        ["events/file/file.plx:3: assets/file/file_1.txt is missing from the run {name}"],
    ),
    "a shorter asset": (
        lambda run: os.truncate(run / "assets/file/file_2.txt", 7),
        ["events/file/file.plx:4: assets/file/file_2.txt has 7 bytes, and had 100 when it was logged"],
    ),
    "a changed asset": (
        lambda run: (run / "assets/file/file_0.txt").write_text("x123456789" * 10),
        ["assets/file/file_0.txt: the content is not what was logged"],
    ),
    "a changed folder": (
        lambda run: (run / "assets/model/model_1/b").write_text("c" * 50),
        ["assets/model/model_1: the content is not what was logged"],
    ),
    "a file less in a folder": (
        lambda run: (run / "assets/model/model_1/b").unlink(),
        ["assets/model/model_1: the content is not what was logged"],
    ),
    "a changed output": (
        lambda run: (run / "outputs/source.txt").write_text("x123456789" * 10),
        ["outputs/source.txt: the content is not what was logged"],
    ),
    "a missing output": (
        lambda run: (run / "outputs/source.txt").unlink(),
        ["lineages.plx.json: file 'source': outputs/source.txt is missing from the run {name}"],
    ),
    "a row more since the end": (
        lambda run: append(run / "events/metric/loss.plx", b"99|2024-01-02 03:04:05.678900+00:00|0.5\n"),
        ["events/metric/loss.plx: the file is not what it was when the run ended"],
    ),
    "a stray file": (
        lambda run: (run / "events/metric/notes.txt").write_text("x"),
        ["events/metric/notes.txt: not an event file; Polyaxon parses every file here"],
    ),
    "a foreign event file": (
        lambda run: shutil.copy(run / "events/metric/loss.plx", run / "events/metric/other.plx"),
        ["events/metric/other.plx: no lineage record names this event file"],
    ),
    "a lineage that was cut": (
        lambda run: (run / "lineages.plx.json").write_text("[]"),
        ["lineages.plx.json: it has not as many bytes as the run's end wrote; the event files that it does not name are added"],
    ),
    "a way out": (
        lambda run: append(run / "events/file/file.plx", b'9|2024-01-02 03:04:05.678900+00:00|{"path":"../../x"}\n'),
        ["events/file/file.plx:5: path='../../x' leads out of the run folder; give a path relative to it"],
    ),
    "a link": (
        lambda run: ((run / "assets/file/file_1.txt").unlink(), (run / "assets/file/file_1.txt").symlink_to("/etc/passwd")),
        ["events/file/file.plx:3: path='assets/file/file_1.txt' goes through a link; links inside a run are not followed"],
    ),
    "a missing event file": (
        lambda run: (run / "events/metric/loss.plx").unlink(),
        ["events/metric/loss.plx: events/metric/loss.plx is missing from the run {name}"],
    ),
    "an emptied document": (lambda run: (run / "run.plx.json").write_bytes(b""), ["run.plx.json:1: not JSON"]),
    "a broken lineage": (lambda run: (run / "lineages.plx.json").write_bytes(b"["), ["lineages.plx.json: not JSON"]),
    "a broken record": (
        lambda run: (run / "lineages.plx.json").write_bytes(
            json.dumps([*json.loads((run / "lineages.plx.json").read_bytes()), {"kind": 3}]).encode()
        ),
        ["lineages.plx.json: item 6 is not a lineage record"],
    ),
    "a bad line of assets": (
        lambda run: append(run / ".jupyter-tracking/assets.jsonl", b"junk\n"),
        [".jupyter-tracking/assets.jsonl:6: "],
    ),
}


@pytest.mark.parametrize(("damage", "said"), DAMAGE.values(), ids=DAMAGE)
def test_what_is_wrong_is_said(run: Path, capsys: pytest.CaptureFixture[str], damage, said: list[str]) -> None:
    """Each kind of damage is named with its file and line, exit status 1, and the rest of the run is read."""
    damage(run)
    status, lines = checked(run, capsys)
    assert status == 1
    for words in said:
        assert any(line.startswith(words.format(name=run.name)) for line in lines), lines
    assert open_folder(run).artifacts()


@pytest.mark.parametrize("flips", [150, pytest.param(1000, marks=pytest.mark.soak)])
def test_every_flipped_bit_of_a_finished_run_is_found(run: Path, flips: int) -> None:
    """Any single bit of an event file, an asset or an output of a finished run: `check` finds it."""
    dice = random.Random(SEED)
    files = [p for part in ("events", "assets", "outputs") for p in sorted((run / part).rglob("*")) if p.is_file()]
    for _ in range(flips):
        file = dice.choice(files)
        sound = file.read_bytes()
        damaged = bytearray(sound)
        damaged[dice.randrange(len(sound))] ^= 1 << dice.randrange(8)
        file.write_bytes(damaged)
        relative = file.relative_to(run).as_posix()
        assert any(relative.startswith(p.file) for p in find_problems(open_folder(run), hashes=True)), relative
        file.write_bytes(sound)
    assert not find_problems(open_folder(run), hashes=True)


def test_the_command_exists_under_both_names(run: Path) -> None:
    """`python -m jupyter_tracking check RUN` and the installed program answer with the exit status."""
    done = subprocess.run([sys.executable, "-m", "jupyter_tracking", "check", str(run)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"checked · {UUID}: no problems\n")
    append(run / "events/metric/loss.plx", b"junk\n")
    done = subprocess.run([sys.executable, "-m", "jupyter_tracking", "check", UUID[:6]], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "events/metric/loss.plx:22" in done.stdout
    done = subprocess.run([sys.executable, "-m", "jupyter_tracking", "check", "nothing"], capture_output=True, text=True, check=False)
    assert done.returncode == 2


def test_the_python_call_says_the_same(run: Path) -> None:
    """`view.problems()` is a frame of the same, a row a problem."""
    import jupyter_tracking as tracking

    append(run / "events/metric/loss.plx", b"junk\n")
    frame = tracking.open_run(run).problems()
    assert list(frame.columns) == ["file", "line", "problem", "text"]
    assert frame.iloc[0].to_list() == ["events/metric/loss.plx", 22, 'expected 3 fields separated by "|", found 1', "junk"]
    assert len(frame) == 1
    assert len(tracking.open_run(run).problems(hashes=True)) == 2


def test_a_file_that_was_found_good_is_not_read_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as it is as it was: a row more, or a byte less, is seen, and an asset is looked at each time."""
    monkeypatch.setattr(good_rows, "_SETTLED", -(10**18))
    with Run(root / "run") as run:
        for step in range(2000):
            run.log_metric("small", step, step)
            run.log_metric("large", step / 3, step)
        run.log_curve("curve", [1, 2], [3, 4])
        run.log_dataframe(pd.DataFrame({"a": [1]}), "frame", step=0)
    monkeypatch.setattr(good_rows, "SMALL_FILE", 100_000)
    files = list((run.path / "events").rglob("*.plx"))
    read: list[int] = []
    for name in ("pread", "preadv"):
        real = getattr(os_calls, name)

        def counting(*args: Any, real: Callable[..., Any] = real) -> Any:
            found = real(*args)
            read.append(found if isinstance(found, int) else len(found))
            return found

        monkeypatch.setattr(os_calls, name, counting)
    assert find_problems(open_folder(run.path)) == []
    first, read[:] = sum(read), []
    assert find_problems(open_folder(run.path)) == []
    second, read[:] = sum(read), []
    assert first - second > sum(file.stat().st_size for file in files)
    with (run.path / "events" / "metric" / "small.plx").open("r+b") as file:
        file.seek(-2, os.SEEK_END)
        file.write(b"x")
    next((run.path / "assets" / "dataframe").iterdir()).unlink()
    told = [(problem.file, problem.line) for problem in find_problems(open_folder(run.path))]
    assert told == [("events/metric/small.plx", 2001), ("events/dataframe/frame.plx", 2)]
