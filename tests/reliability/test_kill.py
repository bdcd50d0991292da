"""A process that dies takes nothing with it that it had been told is there."""

from __future__ import annotations

import json
import random
import shutil
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import RunFolder, open_folder
from tests.reliability import writers
from tests.reliability.killed import killed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEED = 20_240_131


def read_back(folder: RunFolder, name: str) -> dict[int | None, Any]:
    """Every value of an artifact by its step; a value that cannot be read raises."""
    artifact = folder.find(name)
    return {event.step: folder.value(artifact, event) for event in folder.rows(artifact)}


def check_everything(path: Path, told: list[tuple[str, int]]) -> None:
    """Each call that had returned is read back exactly, and at most one more beside them."""
    folder = open_folder(path)
    assert folder.status == "interrupted"
    assert not find_problems(folder)
    expected = {kind: [step for which, step in told if which == kind] for kind in ("metric", "curve", "dataframe")}
    for kind, name in (("metric", "train/loss"), ("curve", "roc"), ("dataframe", "preds")):
        if not expected[kind] and name not in {artifact.name for artifact in folder.artifacts()}:
            continue
        found = read_back(folder, name)
        assert list(found) in (expected[kind], [*expected[kind], len(expected[kind])])
        for step, value in found.items():
            assert step is not None
            if kind == "metric":
                assert value == writers.metric(step)
            elif kind == "curve":
                assert (list(value.x), list(value.y)) == writers.curve(step)
            else:
                pd.testing.assert_frame_equal(value, writers.frame(step))


def test_a_hundred_kills_lose_no_acknowledged_call(root: Path) -> None:
    """SIGKILL at a random moment: every call that had returned is read back exactly, and the reader says interrupted."""
    moments = random.Random(SEED)
    calls = 0
    for number in range(100):
        path = root / "runs" / f"{number:032x}"
        told = killed(writers.log_everything, path, after=moments.uniform(0, 0.05))
        check_everything(path, told)
        calls += len(told) - 1
    assert calls > 100


def kill_again_and_again(path: Path, writer: Callable[..., None], kills: int, each: int, longest: float, *arguments: Any) -> int:
    """Kill a writer again and again, some runs in a row, each gone on with after every kill; return how many calls were told."""
    moments = random.Random(SEED)
    calls = 0
    for number in range(kills // each):
        told: list[Any] = []
        run = path.with_name(f"{number:032x}")
        for _ in range(each):
            told += killed(writer, run, len(told), *arguments, after=moments.uniform(0.001, longest))
            told = check_rows(run, told)
        calls += len(told)
    return calls


def check_rows(path: Path, told: list[int]) -> list[int]:
    """Every row that was told is there, in order, with its value; return all that are there."""
    folder = open_folder(path)
    assert folder.status == "interrupted"
    assert not find_problems(folder)
    artifact = folder.artifacts()[0]
    rows = [(event.step, payload) for event, payload in zip(folder.rows(artifact), folder.payloads(artifact), strict=True)]
    steps = [step for step, _ in rows]
    assert steps[: len(told)] == told
    assert len(steps) <= len(told) + 1
    for step, payload in rows:
        assert step is not None
        if artifact.kind == "metric":
            assert payload == writers.metric(step)
        else:
            assert payload == writers.text(artifact.name, step)
    return [step for step in steps if step is not None]


@pytest.mark.parametrize(
    ("kills", "writer"),
    [
        (50, writers.small_rows),
        (50, writers.long_rows),
        pytest.param(1000, writers.small_rows, marks=pytest.mark.soak),
        pytest.param(1000, writers.short_rows, marks=pytest.mark.soak),
        pytest.param(1000, writers.long_rows, marks=pytest.mark.soak),
    ],
    ids=["60 bytes", "8 KB", "60 bytes, a thousand", "100 bytes, a thousand", "8 KB, a thousand"],
)
def test_kills_of_a_resumed_run_lose_no_row(root: Path, kills: int, writer: Callable[..., None]) -> None:
    """SIGKILL at random moments, the run resumed after each: 0 rows lost, 0 wrong, one row at most that had not been told."""
    assert kill_again_and_again(root / "runs" / "x", writer, kills, 10, 0.02) > kills


@pytest.mark.parametrize("kills", [12, pytest.param(300, marks=pytest.mark.soak)])
def test_kills_during_assets_leave_no_row_without_its_asset(root: Path, kills: int) -> None:
    """SIGKILL while files of 4 MB are logged: no row points to a missing or short asset; leftovers lie in our temporary_fd alone."""
    moments = random.Random(SEED)
    source = root / "large.bin"
    source.write_bytes(moments.randbytes(writers.LARGE))
    for number in range(0, kills, 3):
        path = root / "runs" / f"{number:032x}"
        told: list[int] = []
        for life in range(3):  # each goes on with the run of the one before
            told += killed(writers.large_assets, path, source, life, after=moments.uniform(0, 0.06))
            folder = open_folder(path)
            assert not find_problems(folder, hashes=True)
            artifacts = folder.artifacts()
            steps = [event.step for event in folder.rows(artifacts[0])] if artifacts else []
            assert [step for step in steps if step in told] == [step for step in told if step >= 0]
            assert len(steps) <= sum(step >= 0 for step in told) + life + 1
            assert all(
                folder.asset(artifacts[0], e).stat().st_size == writers.LARGE for e in (folder.rows(artifacts[0]) if artifacts else [])
            )
            assert all(p.name.endswith(".tmp") for p in (path / ".jupyter-tracking" / "tmp").iterdir())
        shutil.rmtree(path)


@pytest.mark.parametrize("kills", [25, pytest.param(500, marks=pytest.mark.soak)])
def test_kills_during_documents_leave_the_old_or_the_new(root: Path, kills: int) -> None:
    """SIGKILL while the run's document and its lineage are replaced: each is the old or the new one, whole."""
    moments = random.Random(SEED)
    path = root / "runs" / ("0" * 32)
    last = -1
    for life in range(20 * kills):
        if life >= kills and last > kills:  # on a busy machine many a life is too short to write anything
            break
        told = killed(writers.documents, path, last + 1, after=moments.uniform(0, 0.03))
        folder = open_folder(path)
        assert not find_problems(folder)
        lineage = folder.path / "lineages.plx.json"
        assert isinstance(json.loads(lineage.read_bytes()), list) if lineage.exists() else True
        number = folder.info.get("inputs", {}).get("number", -1)
        assert number in {told[-1], told[-1] + 1}
        assert folder.info["inputs"].get("text", "") == "x" * (number % 50 * 100) or number < 0
        last = max(number, last)
    assert last > kills
