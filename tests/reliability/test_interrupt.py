"""Ctrl-C at any moment: a row is whole or absent, no lock stays, and the run goes on."""

from __future__ import annotations

import fcntl
import os
import random
import signal
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from tests.reliability import writers
from tests.reliability.faults import FailAt
from tests.reliability.killed import drain, started
from tests.reliability.script import operations, readable, same

if TYPE_CHECKING:
    from pathlib import Path

UUID = "0" * 32
SEED = 8


def locked_files(path: Path) -> list[str]:
    """The files of a run that somebody holds a lock on, but for the writer's own mark."""
    found = []
    for file in path.rglob("*"):
        if file.is_file() and file.suffix != ".lock" and ("events" in file.parts or ".jupyter-tracking" in file.parts):
            with file.open("rb") as opened:
                try:
                    fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    found.append(file.name)
    return found


def interrupted(at: int, *, done: bool, root: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Interrupt the nth system call of the script, once begun, before or after it is made; return which it was."""
    system = FailAt(0, KeyboardInterrupt, done=done)
    monkeypatch.setattr("jupyter_tracking.storage.store.Syscalls", lambda: system)
    run = Run(root / "runs" / f"{int(done)}{at:031x}")
    system.at, system.count = at, 0
    expected: dict[tuple[str, str], list[Any]] = {}
    perhaps: dict[tuple[str, str], int] = {}
    for operation in operations(root.parent):
        rows = expected.setdefault(operation.artifact, []) if operation.artifact is not None else []
        try:
            operation.call(run)
        except KeyboardInterrupt:
            assert not locked_files(run.path), system.failed
            assert not any((run.path / ".jupyter-tracking" / "tmp").iterdir()) or system.failed in {"unlink", "open", "rmdir"}
            if operation.artifact is not None:
                perhaps[operation.artifact] = len(rows)
        rows.append(operation.value)
    try:
        run.end()
    except KeyboardInterrupt:
        run.end()
    system.at = 0  # what is dropped with the run is not of the script
    folder = open_folder(run.path)
    assert folder.status == "succeeded"
    assert not find_problems(folder)
    found = readable(folder)
    for key, rows in expected.items():
        if key in perhaps and len(found.get(key, [])) < len(rows):
            del rows[perhaps[key]]
        assert len(found.get(key, [])) == len(rows), (key, system.failed)
        assert all(same(f, e) for f, e in zip(found.get(key, []), rows, strict=True))
    return system.failed


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_an_interrupt_at_any_call_tears_no_row(root: Path, done: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """KeyboardInterrupt before or after a system call, for a choice of calls: rows whole or absent, no lock, nothing stuck."""
    choice = random.Random(SEED)
    for at in choice.sample(range(1, 600), 20):
        assert interrupted(at, done=done, root=root, monkeypatch=monkeypatch)


@pytest.mark.soak
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_an_interrupt_may_come_at_every_call(memory: Path, done: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same at every system call of the script."""
    at = 1
    while interrupted(at, done=done, root=memory / "root", monkeypatch=monkeypatch):
        at += 1
    assert at > 600


def test_two_hundred_real_interrupts_tear_no_row(root: Path) -> None:
    """SIGINT to a process that logs: each of 200 is survived, every acknowledged row is there once, and no lock stays."""
    path = root / "runs" / UUID
    process, receive = started(writers.log_through_interrupts, path)
    pauses = random.Random(SEED)
    told = [receive.recv(), receive.recv()]  # with its first row it is where interrupts are survived
    for _ in range(200):
        if receive.poll(pauses.uniform(0, 0.002)):
            told.append(receive.recv())
        os.kill(process.pid, signal.SIGINT)
        # The next is sent once this one has come: two pending are one.
        while told[-1][0] != "interrupt":
            told.append(receive.recv())
        told.append(receive.recv())
    process.terminate()
    drain(receive, told)
    process.join()
    acknowledged = [step for what, step in told if what == "row"]
    found = [(step, value) for step, value in readable(open_folder(path))["metric", "loss"]]
    steps = [step for step, _ in found]
    assert steps == sorted(set(steps))
    assert set(acknowledged) <= set(steps)
    assert all(value == writers.metric(step) for step, value in found)
    assert not locked_files(path)
    assert not find_problems(open_folder(path))


def test_a_value_that_cannot_be_encoded_leaves_the_run_as_it_was(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An encoder that runs out of memory: nothing is written, and the run goes on."""

    class Odd:
        def __float__(self) -> float:
            raise MemoryError

    def no_memory(*_args: object) -> str:
        raise MemoryError

    run = Run(root / "runs" / UUID)
    run.log_metric("loss", 1.0, 1)
    before = sorted((p, p.stat().st_size) for p in run.path.rglob("*"))
    with pytest.raises(MemoryError):
        run.log_metric("other", Odd(), 2)
    with monkeypatch.context() as patched:
        patched.setattr("jupyter_tracking.format.event_rows.format_cell", no_memory)
        with pytest.raises(MemoryError):
            run.log_curve("roc", [0, 1], [0, 1], step=1)
    assert sorted((p, p.stat().st_size) for p in run.path.rglob("*")) == before
    run.log_metric("loss", 2.0, 2)
    run.end()
    assert readable(open_folder(run.path)) == {("metric", "loss"): [(1, 1.0), (2, 2.0)]}


def test_an_interrupted_copy_leaves_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of a long copy: no file, no row, no leftover; the next call works."""
    source = root / "large.bin"
    source.write_bytes(bytes(5 << 20))
    folder = root / "folder"
    folder.mkdir()
    (folder / "large.bin").write_bytes(bytes(5 << 20))
    run = Run(root / "runs" / UUID)
    before = sorted(run.path.rglob("*"))
    for path in (source, folder):
        for step in (1, None):
            run._store.system = FailAt(3, KeyboardInterrupt, only="write")
            with pytest.raises(KeyboardInterrupt):
                run.log_artifact(path, "copy", step=step)
            left = [p for p in sorted(run.path.rglob("*")) if p not in before]
            assert not [p for p in left if not p.is_dir() or any(p.iterdir())]
    run._store.system = FailAt(0, KeyboardInterrupt)
    run.log_artifact(source, "copy", step=1)
    run.end()
    assert not find_problems(open_folder(run.path))
