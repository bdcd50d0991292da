"""`log_metrics` writes to several files with one look and one lock: what holds of one row holds of each of them."""

from __future__ import annotations

import errno
import fcntl
import os
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_tracking.errors import RunEnded, RunGone, StorageFull
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from jupyter_tracking.storage import writer_lock
from jupyter_tracking.storage.syscalls import Syscalls
from tests.reliability import writers
from tests.reliability.faults import FailAt, Noting
from tests.reliability.killed import killed
from tests.reliability.script import readable
from tests.reliability.test_many import UUID, at_once, rows_by_writer

if TYPE_CHECKING:
    from pathlib import Path

NAMES = tuple(f"m{n}" for n in range(10))
NEVER = 10**20  # nanoseconds, after which any time of a folder tells its changes apart


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The clock by which a folder's time is old enough to tell its changes apart: nanoseconds, to be set."""
    now = [0]
    monkeypatch.setattr(writer_lock, "monotonic_ns", lambda: now[0])
    return now


@pytest.fixture
def run(root: Path) -> Run:
    """A run with a row of each of ten metrics."""
    run = Run(root / "runs" / UUID)
    log(run, 0)
    return run


def log(run: Run, step: int) -> None:
    """Log a value of each metric."""
    run.log_metrics(step, **dict.fromkeys(NAMES, step / 7))


def settle(run: Run, clock: list[int]) -> None:
    """Log until the folder of the metrics is known."""
    log(run, -1)
    clock[0] += NEVER
    log(run, -2)


def steps(run: Run) -> list[list[int]]:
    """The steps of each metric, as they are in its file, whose lines are whole."""
    contents = [file(run, name).read_text() for name in NAMES]
    assert all(content.endswith("\n") for content in contents)
    return [[int(line.partition("|")[0]) for line in content.splitlines()[1:]] for content in contents]


def file(run: Run, name: str) -> Path:
    """The file of a metric."""
    return run.path / "events" / "metric" / f"{name}.plx"


def test_ten_rows_cost_one_look_and_one_lock(run: Run, clock: list[int]) -> None:
    """Of the folder it is asked once whether it is as it was, of each file its end; of one row's file whether it is there and how long it is."""
    settle(run, clock)
    run._store.system = system = Noting()
    for step in range(1, 4):
        log(run, step)
        assert system.made == ["flock", "inode_and_change", *["lseek", "write"] * 10, "flock"]
        system.made.clear()
    run.log_metric("m3", 0.5, 4)
    assert system.made == ["flock", "inode_and_size", "write", "flock"]
    assert steps(run) == [[0, -1, -2, 1, 2, 3, *([4] if name == "m3" else [])] for name in NAMES]


def test_the_first_rows_after_a_new_name_look_at_each_file(run: Run, clock: list[int]) -> None:
    """A folder that has just changed may change again at the same time of its file system's clock: each file is looked at until it cannot."""
    settle(run, clock)
    run.log_metric("another", 0.5, 0)
    run._store.system = system = Noting()
    for _ in range(2):
        log(run, 1)
        assert system.made.count("inode_and_size") == 10
        system.made.clear()
    clock[0] += NEVER
    log(run, 2)  # each file is seen once more, now that the folder is known
    log(run, 3)
    assert system.made.count("inode_and_size") == 10


@pytest.mark.parametrize("coarse", [False, True], ids=["at another time", "at the same time"])
@pytest.mark.parametrize("name", ["m0", "m4", "m9"])
def test_a_file_that_goes_or_is_replaced_is_noticed_by_the_next_call(run: Run, clock: list[int], name: str, coarse: bool) -> None:
    """The row is in the file that has the name, with its header, also where the change and our own fall into one tick of the clock."""
    if coarse:  # nothing that happens in the folder shows in its time
        run._store.system = Noting(inode_and_change=lambda _prepared: (1, 1))
        log(run, -1)
    else:
        settle(run, clock)
    path = file(run, name)
    kept = path.open("rb")  # so that its inode is not used again
    path.unlink()
    log(run, 1)
    assert path.read_bytes().count(b"\n") == 2
    path.rename(path.with_name("beside"))
    path.write_bytes(b"step|timestamp|metric\n7|2026-01-01 00:00:00.000000+00:00|0.5\n8|torn")
    log(run, 2)
    kept.close()
    path.with_name("beside").unlink()
    assert steps(run)[NAMES.index(name)] == [7, 2]
    assert not find_problems(open_folder(run.path))


def test_a_torn_end_is_cut_off_and_whole_rows_of_others_stay(run: Run, clock: list[int]) -> None:
    """What another hand has added to some of the files in between is seen by their lengths."""
    settle(run, clock)
    for name in ("m0", "m5", "m9"):
        with file(run, name).open("ab") as other:
            other.write(b"5|2026-01-01 00:00:00.000000+00:00|0.5\n6|2026-01-01 00:00:00.0")
    log(run, 1)
    assert [len(found) for found in steps(run)] == [5 if name in {"m0", "m5", "m9"} else 4 for name in NAMES]
    assert not find_problems(open_folder(run.path))


@pytest.mark.parametrize("settled", [False, True])
def test_a_run_that_was_moved_is_told_and_nothing_is_written(run: Run, root: Path, clock: list[int], settled: bool) -> None:
    """The run, or a folder above it, is not where it was: no row of the call is in any file."""
    if settled:
        settle(run, clock)
    before = sorted((path.name, path.read_bytes()) for path in (run.path / "events").rglob("*.plx"))
    (root / "runs").rename(root / "elsewhere")
    for _ in range(2):
        with pytest.raises(RunGone, match="was moved or deleted"):
            log(run, 1)
    assert sorted((path.name, path.read_bytes()) for path in (root / "elsewhere").rglob("*.plx")) == before


@pytest.mark.parametrize("at", [1, 2, 6, 10])
@pytest.mark.parametrize("taken", [0, 7])
def test_a_full_disk_keeps_the_rows_before_and_takes_back_the_one_it_refused(run: Run, clock: list[int], at: int, taken: int) -> None:
    """Rows before the one that was refused are there, nothing of it and of those after it; the next call goes on."""
    settle(run, clock)
    calls = [0]

    def write(fd: int, data: Any) -> int:
        calls[0] += 1
        if calls[0] < at:
            return os.write(fd, data)
        if calls[0] > at or not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.write(fd, memoryview(data)[:taken])

    run._store.system = Noting(write=write)
    with pytest.raises(
        StorageFull, match=rf"a row of events/metric/m{at - 1}\.plx was not written: No space left.*every earlier row was kept"
    ):
        log(run, 1)
    run._store.system = Syscalls()
    assert steps(run) == [[0, -1, -2, *([1] if number < at - 1 else [])] for number in range(10)]
    log(run, 2)
    assert [found[-1] for found in steps(run)] == [2] * 10
    assert not find_problems(open_folder(run.path))


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_an_error_at_any_call_tears_no_row_and_keeps_no_lock(root: Path, clock: list[int], error: type[BaseException], done: bool) -> None:
    """At each system call of a call with old and new names: rows whole or absent, each file at most one more, no lock, the run goes on."""
    run = Run(root / "runs" / UUID)
    log(run, 0)
    settle(run, clock)
    number, at, reached = 0, 0, True
    while reached:
        at, number = at + 1, number + 1
        before = steps(run)
        run._store.system = system = FailAt(at, lambda: error(errno.EIO, "refused") if error is OSError else error(), done=done)
        raised = False
        try:
            run.log_metrics(number, **dict.fromkeys([*NAMES, f"new {number}"], 0.5))
        except error:
            raised = True
        run._store.system = Syscalls()
        reached = bool(system.failed)
        for old, found in zip(before, steps(run), strict=True):
            assert found in ([[*old, number]] if not raised else [old, [*old, number]]), system.failed
        with (run.path / ".jupyter-tracking" / "rows").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        clock[0] += NEVER
        log(run, number)
        assert not [name for name, found in zip(NAMES, steps(run), strict=True) if found[-1] != number], system.failed
    assert at > 45
    run.end()
    assert not find_problems(open_folder(run.path))


def test_the_lock_is_held_for_all_rows_of_a_call_and_let_go_after_it(run: Run, clock: list[int]) -> None:
    """Another process may write between two calls; while one writes its rows, it may not."""
    settle(run, clock)
    refused = [0]

    def write(fd: int, data: Any) -> int:
        with (run.path / ".jupyter-tracking" / "rows").open() as other:
            try:
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                refused[0] += 1
        return os.write(fd, data)

    run._store.system = Noting(write=write)
    log(run, 1)
    assert refused == [10]
    with (run.path / ".jupyter-tracking" / "rows").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_an_ended_run_takes_no_row_of_a_call(run: Run) -> None:
    """All rows of a call are refused, also those of names that the run has."""
    run.end()
    with pytest.raises(RunEnded):
        log(run, 1)
    assert steps(run) == [[0]] * 10


def test_with_few_descriptors_a_call_writes_to_more_files_than_may_be_open(
    run: Run, clock: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of the call itself are closed to make room for others of it."""
    settle(run, clock)
    mine = {id(journal): weakref.ref(journal) for journal in {*run._journals.values()}}
    monkeypatch.setattr("jupyter_tracking.storage.journal._open_journals", mine)
    monkeypatch.setattr("jupyter_tracking.storage.journal._max_open", lambda: 3)
    for step in range(1, 4):
        run.log_metrics(step, **dict.fromkeys([*NAMES, "new"], 0.5))
        assert sum(journal._fd >= 0 for journal in {*run._journals.values()}) <= 3
    assert steps(run) == [[0, -1, -2, 1, 2, 3]] * 10


@pytest.mark.parametrize("calls", [300, pytest.param(20_000, marks=pytest.mark.soak)])
def test_processes_that_log_several_metrics_write_whole_rows(root: Path, calls: int) -> None:
    """Two processes log to the same ten metrics: each row is there and whole, the order of each process is kept in each file."""
    at_once(writers.many_calls, root / "runs" / UUID, calls)
    for name in NAMES:
        assert rows_by_writer(root / "runs" / UUID, name) == {0: list(range(calls)), 1: list(range(calls))}


@pytest.mark.parametrize("kills", [20, pytest.param(1000, marks=pytest.mark.soak)])
def test_kills_lose_no_row_of_a_call_that_returned(root: Path, kills: int) -> None:
    """SIGKILL at random moments, the run resumed after each: every file has each call that was told, and of one more at most."""
    path, told = root / "runs" / UUID, []
    for number in range(kills):
        if number % 10 == 0:
            path, told = path.with_name(f"{number:032x}"), []
        told += killed(writers.several_rows, path, len(told), after=0.001 + number % 20 / 1000)
        found = readable(open_folder(path))
        assert not find_problems(open_folder(path))
        for name in NAMES:
            rows = found["metric", name]
            assert all(value == writers.metric(step) for step, value in rows)
            there = [step for step, _ in rows]
            assert there[: len(told)] == told or set(told) <= set(there)
            assert len(there) <= len(told) + number % 10 + 1
