"""Many writers and readers at once: whole rows only, each writer's order kept, nobody waits for ever."""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from jupyter_tracking.errors import RunLocked
from jupyter_tracking.kinds import NewAsset
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from tests.reliability import writers
from tests.reliability.killed import drain, finished, killed, started
from tests.reliability.script import readable

if TYPE_CHECKING:
    from pathlib import Path

UUID = "0" * 32


def rows_by_writer(path: Path, name: str = "shared", kind: str = "metric") -> dict[int, list[int]]:
    """The steps of each writer in file order; a writer's number is the value's whole part, its steps go up."""
    assert not find_problems(open_folder(path))
    found: dict[int, list[int]] = {}
    for step, value in readable(open_folder(path))[kind, name]:
        number = int(value) if kind == "metric" else int(value.partition(" ")[0])
        found.setdefault(number, []).append(step)
    return found


def at_once(writer, path: Path, *arguments: object, writers_: int = 2) -> None:
    """Run writers of one run at the same time; each waits until all have started."""
    running = [started(writer, path, number, *arguments) for number in range(writers_)]
    for _, receive in running:
        assert receive.recv() == "ready"
    (path.parent / "go").touch()
    for process, receive in running:
        with pytest.raises(EOFError):
            receive.recv()
        process.join()
        assert process.exitcode == 0


@pytest.mark.parametrize("rows", [2_500, pytest.param(50_000, marks=pytest.mark.soak)])
def test_two_processes_write_whole_rows(root: Path, rows: int) -> None:
    """Two processes log to one metric: every row is there and whole, each process' order kept."""
    at_once(writers.many_rows, root / "runs" / UUID, rows)
    assert rows_by_writer(root / "runs" / UUID) == {0: list(range(rows)), 1: list(range(rows))}


@pytest.mark.parametrize("rounds", [5, pytest.param(40, marks=pytest.mark.soak)])
def test_a_killed_writer_tears_no_row_of_another(root: Path, rounds: int) -> None:
    """With rows of 20 KB, one writer killed: the other's rows are all whole, and so are those the killed one had told of."""
    path = root / "runs" / UUID
    other, receive = started(writers.large_rows, path, 0, rounds * 1000)
    assert receive.recv() == 0
    told = {number: killed(writers.large_rows, path, number, 1_000_000, after=0.02 + number % 5 / 100) for number in range(1, rounds + 1)}
    other.kill()
    others = [0]
    drain(receive, others)
    other.join()
    found = rows_by_writer(path, "notes", "text")
    for number, steps in {0: others, **told}.items():
        assert found[number][: len(steps)] == steps
        assert len(found[number]) <= len(steps) + 1


@pytest.mark.parametrize("rounds", [60, pytest.param(1000, marks=pytest.mark.soak)])
def test_one_file_made_twice_at_once_has_one_header(root: Path, rounds: int) -> None:
    """Processes that make the same event file at the same moment: one header, no row lost."""
    at_once(writers.same_new_names, root / "runs" / UUID, rounds)
    folder = open_folder(root / "runs" / UUID)
    assert not find_problems(folder)
    found = readable(folder)
    assert {name: sorted(value for _, value in rows) for (_, name), rows in found.items()} == {
        f"name {n}": [0.0, 1.0] for n in range(rounds)
    }
    assert len(found) == rounds


@pytest.mark.parametrize("rows", [100, pytest.param(2000, marks=pytest.mark.soak)])
def test_sixteen_threads_write_whole_rows(root: Path, rows: int) -> None:
    """Sixteen threads log to one metric and to one each: every row whole, each thread's order kept."""
    run = Run(root / "runs" / UUID)
    start = threading.Barrier(16)

    def work(number: int) -> None:
        start.wait()
        for step in range(rows):
            run.log_metric("shared", number + 0.5, step)
            run.log_metric(f"own {number}", number + 0.5, step)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    run.end()
    assert rows_by_writer(run.path) == {number: list(range(rows)) for number in range(16)}
    for number in range(16):
        assert rows_by_writer(run.path, f"own {number}") == {number: list(range(rows))}


def test_threads_with_more_names_than_descriptors_do_not_wait_for_each_other(memory: Path) -> None:
    """Threads that close each other's files to make room never wait for each other."""
    assert finished(writers.threads_with_few_descriptors, memory / "runs" / UUID, 8, 60) == ["done"]
    found = readable(open_folder(memory / "runs" / UUID))
    assert len(found) == 480
    assert all([step for step, _ in rows] == [0, 1, 2] for rows in found.values())


def test_a_hundred_tasks_write_whole_rows(root: Path) -> None:
    """A hundred asyncio tasks log to one metric: every row whole, each task's order kept."""
    run = Run(root / "runs" / UUID)

    async def work(number: int) -> None:
        for step in range(20):
            run.log_metric("shared", number + 0.5, step)
            await asyncio.sleep(0)

    async def everybody() -> None:
        await asyncio.gather(*(work(number) for number in range(100)))

    asyncio.run(everybody())
    assert rows_by_writer(run.path) == {number: list(range(20)) for number in range(100)}


def test_forked_children_log_and_never_end_the_run(root: Path) -> None:
    """Twenty forks, with threads of the parent in mid-row: children log, whatever their end it is not the run's."""
    path = root / "runs" / UUID
    assert finished(writers.forks, path, 20) == ["running", "succeeded"]
    found = rows_by_writer(path)
    assert {number: len(steps) for number, steps in found.items()} == dict.fromkeys(range(1, 21), 50)
    assert [step for step, _ in readable(open_folder(path))["metric", "parent"]] == list(range(2000))
    assert readable(open_folder(path))["metric", "own 3"] == [(0, 3.0)]


def test_a_child_does_not_keep_the_run_alive(root: Path) -> None:
    """The writer is killed and a child it forked lives on: the run is interrupted."""
    told = killed(writers.orphan, root / "runs" / UUID, after=0.0)
    try:
        assert open_folder(root / "runs" / UUID).status == "interrupted"
    finally:
        os.kill(told[0], 9)


def test_a_run_cannot_be_sent_to_another_process(root: Path) -> None:
    """A pickled run would hold none of its locks: it is refused, with what to do instead."""
    run = Run(root / "runs" / UUID)
    with pytest.raises(TypeError, match="open it in the worker"):
        pickle.dumps(run)


def test_a_second_process_is_told_who_writes(root: Path) -> None:
    """Two kernels, one run: the second is told which process holds it; with shared=True both write; a dead one holds nothing."""
    path = root / "runs" / UUID
    process, receive = started(writers.hold, path)
    assert receive.recv() == "ready"
    with pytest.raises(RunLocked, match=f"process {process.pid} on .*; end it there, or pass shared=True"):
        Run(path)
    assert open_folder(path).status == "running"
    run = Run(path, shared=True)
    run.log_metric("loss", 1.0, 1)
    process.kill()
    process.join()
    run._release_lock()
    assert open_folder(path).status == "interrupted"
    again = Run(path)
    again.end()
    assert open_folder(path).status == "succeeded"
    assert not list((path / ".jupyter-tracking" / "writers").iterdir())


def test_a_dropped_run_is_interrupted(root: Path) -> None:
    """A run that is forgotten without an end is no longer running, and holds no descriptor."""
    before = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
    for number in range(5):
        run = Run(root / "runs" / f"{number:032x}")
        run.log_metric("loss", 1.0, 1)
        assert open_folder(run.path).status == "running"
        path = run.path
        del run
        assert open_folder(path).status == "interrupted"
    if sys.platform == "linux":
        assert len(os.listdir("/proc/self/fd")) == before


def test_a_reader_meets_each_row_once_while_it_is_written(root: Path) -> None:
    """A reader of a growing run sees a beginning of it each time, and in the end each row once."""
    path = root / "runs" / UUID
    process, receive = started(writers.many_rows_alone, path, 20_000)
    receive.recv()
    folder = open_folder(path)
    artifact = folder.find("shared")
    seen = 0
    for _ in range(200):
        events = folder.rows(artifact)
        assert [event.step for event in events] == list(range(len(events)))
        assert len(events) >= seen
        seen = len(events)
    with pytest.raises(EOFError):
        receive.recv()
    process.join()
    assert [event.step for event in folder.rows(artifact)] == list(range(20_000))
    assert not find_problems(folder)


@pytest.mark.parametrize("rounds", [500, pytest.param(5000, marks=pytest.mark.soak)])
def test_a_reader_outlives_a_tail_that_is_cut_off(root: Path, rounds: int) -> None:
    """A torn end that a writer cuts off while it is read costs the reader nothing, however large it is."""
    path = root / "runs" / UUID
    assert finished(writers.read_while_cut, path, rounds) == ["done"]


def test_two_writers_of_lineage_keep_both_records(root: Path) -> None:
    """Two processes make 200 artifacts each: all 400 have their records."""
    path = root / "runs" / UUID
    at_once(writers.own_names, path, 200)
    assert {a.name for a in open_folder(path).artifacts()} == {f"{w}/{n}" for w in range(2) for n in range(200)}
    Run(path).end()
    assert {a.name for a in open_folder(path).artifacts()} == {f"{w}/{n}" for w in range(2) for n in range(200)}


def test_a_slow_copy_holds_up_no_metric(root: Path) -> None:
    """While one thread writes an asset, another's metrics go on."""
    run = Run(root / "runs" / UUID)
    run.log_metric("loss", 0.0, 0)
    asset, metrics = threading.Event(), threading.Event()

    def slow(sink) -> None:
        asset.set()
        assert metrics.wait(30)
        sink.write(b"done")

    thread = threading.Thread(target=run.record, args=("file", "slow", NewAsset({}, "bin", slow), 1))
    thread.start()
    assert asset.wait(30)
    for step in range(1, 100):
        run.log_metric("loss", float(step), step)
        run.log_metric(f"new {step}", 1.0)
    metrics.set()
    thread.join()
    assert len(readable(open_folder(run.path))["metric", "loss"]) == 100
