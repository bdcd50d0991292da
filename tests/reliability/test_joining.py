"""Processes that start, join and leave one run at once: each is told the truth, and nothing that one was told is lost to another."""

from __future__ import annotations

import contextlib
import os
import random
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import pytest

from jupyter_tracking.errors import StorageFull
from jupyter_tracking.format import lineage
from jupyter_tracking.format.event_rows import header
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from tests.reliability import joiners
from tests.reliability.faults import FailAt
from tests.reliability.killed import started
from tests.reliability.script import readable

if TYPE_CHECKING:
    from pathlib import Path

SEED = 5


class Life(NamedTuple):
    """What one process did to the run.

    Attributes:
        owned: it began the run, or was alone when it resumed it; else it joined others.
        began: when, of those that could tell.
        ended: how: `ended`, `left` without an end, `killed`, or `refused` where it could not start.
        told: what was acknowledged: (what, value) in order.
    """

    owned: bool
    began: int
    ended: str
    told: list[tuple[str, Any]]


def lives(path: Path, seed: int, *, count: int = 4) -> list[Life]:
    """Let processes start, join, log, end and be killed in random order; return what each was told."""
    choice = random.Random(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    how = [choice.choice(["end", "end", "leave", "kill"]) for _ in range(count)]
    running = [started(joiners.live, path, number, seed, end) for number, end in enumerate(how)]
    found = []
    for (process, receive), end in zip(running, how, strict=True):
        told: list[tuple[str, Any]] = []
        stop = choice.randrange(1, 60)
        try:
            while end != "kill" or len(told) < stop:
                told.append(receive.recv())
            process.kill()
            while True:
                told.append(receive.recv())
        except (EOFError, OSError):
            pass
        process.join()
        about = dict(told)
        ended = "killed" if end == "kill" else str(about.get("ended", "refused"))
        assert end == "kill" or process.exitcode == 0
        found.append(Life(bool(about.get("owned")), about.get("began", -1), ended, told))
    return found


def check_lives(path: Path, found: list[Life]) -> None:
    """Every acknowledged input, row and name is there, the status is true, and every document is whole."""
    document = orjson.loads((path / "run.plx.json").read_bytes())
    told = [each for life in found for each in life.told]
    inputs = {name: value for what, each in told if what == "input" for name, value in each.items()}
    assert inputs.items() <= document["inputs"].items()
    folder = open_folder(path)
    # The last that began or resumed the run decides; those that joined it do not. One that was killed at once may have been the last.
    last = max((life for life in found if life.owned), key=lambda life: life.began, default=None)
    meant = "succeeded" if last is not None and last.ended == "ended" else "interrupted"
    unknown = any(life.began < 0 for life in found)
    assert folder.status in ({"succeeded", "interrupted"} if unknown else {meant}), (folder.status, found)
    rows = Counter((name, step, value) for (_, name), each in readable(folder).items() for step, value in each)
    assert not Counter(tuple(each) for what, each in told if what == "row") - rows
    assert all(count == 1 for count in rows.values())
    assert not find_problems(folder)


@pytest.mark.parametrize("rounds", [12, pytest.param(200, marks=pytest.mark.soak)])
@pytest.mark.timeout(1200)
def test_nothing_of_a_shared_run_is_lost(memory: Path, rounds: int) -> None:
    """Four processes start, join, add inputs, log rows of old and new names, end and are killed, in random order."""
    owners = 0
    for number in range(rounds):
        path = memory / "runs" / f"{number:032x}"
        found = lives(path, SEED + number)
        check_lives(path, found)
        owners += sum(life.owned for life in found)
    assert owners >= rounds / 2  # of those that were killed before they could tell nothing is known


@pytest.mark.parametrize("processes", [2, 3, 4])
@pytest.mark.parametrize("shared", [True, False])
def test_a_run_is_begun_by_one_of_those_that_start_it_at_once(memory: Path, processes: int, shared: bool) -> None:
    """Of processes that start one new run at once one begins it; the others join it, or are refused and change nothing."""
    for number in range(8):
        path = memory / "runs" / f"{number:032x}"
        running = [started(joiners.start_at_once, path, each, shared) for each in range(processes)]
        assert all(receive.recv() == "ready" for _, receive in running)
        (path.parent / f"go {path.name}").touch()
        told = [receive.recv() for _, receive in running]
        (path.parent / f"stop {path.name}").touch()
        for process, _ in running:
            process.join()
            assert process.exitcode == 0
        document = orjson.loads((path / "run.plx.json").read_bytes())
        if shared:
            assert Counter(told) == {"began": 1, "joined": processes - 1}
            assert document["inputs"] == {f"p{each}": each for each in range(processes)}
        else:
            assert Counter(told) == {"began": 1, "RunLocked": processes - 1}
            winner = told.index("began")
            assert document["inputs"] == {f"p{winner}": winner}
            assert document["name"] == f"name {winner}"
        assert not find_problems(open_folder(path))


def test_a_start_that_fails_leaves_another_alone(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk refuses one process at any call of its start, while another starts the same run: that one has all of it."""
    for at in range(1, 60, 3):
        path = memory / "runs" / f"{at:032x}"
        process, receive = started(joiners.start_at_once, path, 0, True)
        assert receive.recv() == "ready"
        system = FailAt(at, lambda: OSError(28, os.strerror(28)))
        (path.parent / f"go {path.name}").touch()
        run = None
        with monkeypatch.context() as patched:
            patched.setattr("jupyter_tracking.storage.store.Syscalls", lambda system=system: system)
            with contextlib.suppress(StorageFull):
                run = Run(path, shared=True)
            system.at = 0
        assert receive.recv() in {"began", "joined"}
        (path.parent / f"stop {path.name}").touch()
        process.join()
        assert process.exitcode == 0, system.failed
        del run
        assert orjson.loads((path / "run.plx.json").read_bytes())["inputs"] == {"p0": 0}
        assert not find_problems(open_folder(path))


def test_a_run_of_polyaxon_is_taken_over_once(memory: Path) -> None:
    """Processes that resume a run of Polyaxon's at once: its last rows, which have no newline, are rows, and its lineage is there once."""
    for number in range(8):
        path = memory / "runs" / f"{number:032x}"
        events = path / "events" / "metric"
        events.mkdir(parents=True)
        for name in ("loss", "acc"):
            (events / f"{name}.plx").write_bytes(header("metric") + b"1|2026-01-01 00:00:00.000000+00:00|0.25")
        record = {"name": "data", "kind": "data", "summary": {}, "is_input": True}
        (path / "lineages.plx.json").write_bytes(orjson.dumps([record]))
        running = [started(joiners.start_at_once, path, each, True) for each in range(3)]
        assert all(receive.recv() == "ready" for _, receive in running)
        (path.parent / f"go {path.name}").touch()
        assert [receive.recv() for _, receive in running] == ["joined"] * 3
        (path.parent / f"stop {path.name}").touch()
        for process, _ in running:
            process.join()
            assert process.exitcode == 0
        folder = open_folder(path)
        assert not find_problems(folder)
        rows = readable(folder)
        assert all(rows["metric", name][0] == (1, 0.25) for name in ("loss", "acc"))
        assert sorted(value for _, value in rows["metric", "loss"][1:]) == [0.0, 1.0, 2.0]
        records = lineage.parse_journal((path / ".jupyter-tracking" / "lineage.jsonl").read_bytes())[0]
        assert [record.name for record in records].count("data") == 1
        assert open_folder(path).info["inputs"] == {"p0": 0, "p1": 1, "p2": 2}
