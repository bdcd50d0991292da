"""Calls that interrupt a call of their own thread, from signal handlers, finalizers and hooks: they go on, or are refused at once."""

from __future__ import annotations

import errno
import itertools
import os
import threading
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from jupyter_tracking.errors import ReentrantCall, RunEnded, TrackingError
from jupyter_tracking.notebook.log_writer import LogWriter
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from jupyter_tracking.run_view import open_run
from tests.reliability import interrupting
from tests.reliability.faults import _Observed
from tests.reliability.killed import drain, finished, started
from tests.reliability.script import readable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UUID = "0" * 32
FRAME = pd.DataFrame({"a": [1, 2, 3]})


class Interrupting(_Observed):
    """At the nth call, before or after it is made, something else is called; what is called then is not interrupted itself."""

    def __init__(self) -> None:
        super().__init__()
        self.at = self.count = 0
        self.after = False
        self.inner: Callable[[], object] | None = None

    def arm(self, at: int, inner: Callable[[], object], *, after: bool) -> None:
        """Call `inner` at the nth call from now on."""
        self.at, self.count, self.inner, self.after = at, 0, inner, after

    def _call(self, _name: str, real: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self.inner is None:
            return real(*args, **kwargs)
        self.count += 1
        if self.count != self.at:
            return real(*args, **kwargs)
        inner, self.inner = self.inner, None
        if self.after:
            try:
                return real(*args, **kwargs)
            finally:
                inner()
        inner()
        return real(*args, **kwargs)


class Session:
    """A run, and what was acknowledged of it."""

    def __init__(self, path: Path) -> None:
        self.run = Run(path)
        self.system = self.run._store.system
        self.numbers = itertools.count()
        self.rows: dict[tuple[str, str], list[int]] = {}
        self.perhaps: set[int] = set()  # steps of calls that raised
        self.inputs: dict[str, int] = {}
        self.prints: list[str] = []
        self.refused: list[TrackingError] = []
        self.asked_to_end = False
        self.writer = LogWriter(self.run.store)
        self.call("same")
        self.call("other")
        self.call("frame")

    def call(self, what: str) -> None:
        """Make one call; note that it returned, or that it was refused."""
        number = next(self.numbers)
        try:
            getattr(self, f"_{what}")(number)
        except (ReentrantCall, RunEnded) as error:
            self.perhaps.add(number)
            self.refused.append(error)

    def _row(self, kind: str, name: str, number: int, log: Callable[[], object]) -> None:
        log()
        self.rows.setdefault((kind, name), []).append(number)

    def _same(self, number: int) -> None:
        self._row("metric", "loss", number, lambda: self.run.log_metric("loss", float(number), number))

    def _other(self, number: int) -> None:
        self._row("metric", "other", number, lambda: self.run.log_metric("other", float(number), number))

    def _several(self, number: int) -> None:
        names = ("loss", "other", "third", "fourth")
        self.run.log_metrics(number, **dict.fromkeys(names, float(number)))
        for name in names:
            self.rows.setdefault(("metric", name), []).append(number)

    def _new(self, number: int) -> None:
        self._row("metric", f"new {number}", number, lambda: self.run.log_metric(f"new {number}", float(number), number))

    def _frame(self, number: int) -> None:
        self._row("dataframe", "df", number, lambda: self.run.log_dataframe(FRAME + number, "df", step=number))

    def _inputs(self, number: int) -> None:
        self.run.log_inputs(**{f"k{number}": number})
        self.inputs[f"k{number}"] = number

    def _sync(self, _number: int) -> None:
        self.run.sync()

    def _read(self, _number: int) -> None:
        assert len(open_run(self.run).metrics("loss"))

    def _end(self, _number: int) -> None:
        self.asked_to_end = True
        self.run.end("stopped", "Signal", "asked to")

    def _print(self, number: int) -> None:
        self.writer.on_print([(1_000_000_000 * number, "stdout", f"line {number}", True)])
        self.prints.append(f"line {number}")

    def check(self) -> None:
        """What was acknowledged is there, whole and once; what was refused is absent, or whole."""
        if self.asked_to_end:
            assert self.run.ended
        self.run.end()
        self.writer.close()
        folder = open_folder(self.run.path)
        assert folder.status == ("stopped" if self.asked_to_end else "succeeded")
        assert not find_problems(folder)
        found = {key: [step for step, _ in rows] for key, rows in readable(folder).items()}
        for key, steps in self.rows.items():
            there = found.pop(key)
            assert len(there) == len(set(there))
            assert set(steps) <= set(there) <= set(steps) | self.perhaps, key
        assert {step for steps in found.values() for step in steps} <= self.perhaps
        for key, value in self.inputs.items():
            assert folder.info["inputs"][key] == value
        logs = (self.run.path / "plxlogs" / "logs.jsonl").read_text() if self.prints else ""
        assert all(logs.count(f'"{line}"') == 1 for line in self.prints)


CALLS = ("same", "other", "several", "new", "frame", "inputs", "sync", "print", "read", "end")


@pytest.fixture
def session(memory: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Session]:
    """Makes sessions whose system calls can be interrupted."""
    monkeypatch.setattr("jupyter_tracking.storage.store.Syscalls", Interrupting)
    numbers = itertools.count()
    return lambda: Session(memory / "runs" / f"{next(numbers):032x}")


def interrupted_everywhere(session: Callable[[], Session], outer: str, inner: str, *, every: int = 1) -> Session:
    """Interrupt a call at each of its system calls, before and after it is made; return the last session."""
    present = session()
    for after in (False, True):
        for at in itertools.count(1, every):
            present.system.arm(at, lambda: present.call(inner), after=after)  # noqa: B023 - called within this round
            present.call(outer)
            reached, present.system.inner = present.system.inner is None, None
            if "end" in {outer, inner}:
                present.check()
                present = session()
            if not reached:
                break
    refused = len(present.refused)
    present.call("same")  # nothing is stuck
    present.call("new")
    assert len(present.refused) == refused
    present.check()
    return present


@pytest.mark.timeout(120)
@pytest.mark.parametrize("inner", CALLS)
@pytest.mark.parametrize("outer", ["same", "several", "inputs"])
def test_a_call_within_another_goes_on_or_is_refused(session: Callable[[], Session], outer: str, inner: str) -> None:
    """Whatever is called in the middle of logging a value or an input: no hang, nothing torn, nothing acknowledged is lost."""
    interrupted_everywhere(session, outer, inner, every=3 if outer == "inputs" else 1)


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("inner", CALLS)
@pytest.mark.parametrize("outer", CALLS)
def test_every_call_may_interrupt_every_other(session: Callable[[], Session], outer: str, inner: str) -> None:
    """The same of all calls within all, at every system call."""
    interrupted_everywhere(session, outer, inner)


# --- signals, forks, finalizers, hooks ----------------------------------------------------------------


@pytest.mark.timeout(300)
@pytest.mark.parametrize("signals", [600, pytest.param(20_000, marks=pytest.mark.soak)])
def test_real_signals_at_random_moments_lose_nothing(memory: Path, signals: int) -> None:
    """A handler that logs, syncs and adds inputs, thousands of times in the middle of whatever the program logs."""
    told = finished(interrupting.log_within_signals, memory / "runs" / UUID, signals)
    rows, inputs, refused = told[0]
    folder = open_folder(memory / "runs" / UUID)
    assert not find_problems(folder)
    assert inputs.items() <= folder.info["inputs"].items()
    found = {name: [step for step, _ in each] for (_, name), each in readable(folder).items()}
    # No row of a name may have been acknowledged, and then it has no file.
    assert {name: set(steps) - set(found.get(name, ())) for name, steps in rows.items()} == {name: set() for name in rows}
    assert all(len(steps) == len(set(steps)) for steps in found.values())
    assert refused < signals


@pytest.mark.parametrize("handler", ["end", "end and exit"])
@pytest.mark.parametrize("after", [0.0, 0.003, 0.01, 0.02, 0.03])
def test_a_signal_may_end_the_run(memory: Path, handler: str, after: float) -> None:
    """`end("stopped")` in a handler of SIGTERM: the run has ended when the handler's exception, or the next call, comes out."""
    path = memory / "runs" / UUID
    process, receive = started(interrupting.end_by_signal, path, handler)
    told = [receive.recv()]
    while receive.poll(after):
        told.append(receive.recv())
        if told[-1] > 3:
            break
    process.terminate()
    drain(receive, told)
    process.join()
    assert process.exitcode == 7
    folder = open_folder(path)
    assert folder.status == "stopped"
    assert not find_problems(folder)
    assert (path / "lineages.plx.json").exists()
    assert set(told) <= {step for step, _ in readable(folder)["metric", "loss"]}


@pytest.mark.parametrize("outer", ["same", "several", "new", "frame", "inputs"])
def test_a_child_may_be_forked_within_a_call(memory: Path, outer: str) -> None:
    """At each system call: what the parent was writing stays the parent's, once; both go on."""
    (refused, rows, inputs) = finished(interrupting.fork_within, memory / "runs" / UUID, outer)[0]
    folder = open_folder(memory / "runs" / UUID)
    assert not find_problems(folder)
    assert inputs.items() <= folder.info["inputs"].items()
    found = {key: [step for step, _ in each] for key, each in readable(folder).items()}
    for key, steps in rows.items():
        assert set(steps) <= set(found[key])
    for name in ("other", "third") if outer == "several" else ():  # rows of a call of the parent that the child has not gone on with
        assert len(found["metric", name]) == len(set(found["metric", name]))
    # Where the child goes on with the very system call, it may make or rename the file first: then the parent's call is refused, and
    # nothing of it remains. Who is first differs: there are so many moments before the file is made and before it has its name.
    assert len(refused) <= 5
    assert all(each.startswith("StorageError") for each in refused)


def test_finalizers_and_hooks_may_log(memory: Path) -> None:
    """A finalizer, a handler of logging, a hook of warnings, of prints and of audits: each logs within each; nothing hangs."""
    told = finished(interrupting.log_within_hooks, memory / "runs" / UUID)[0]
    folder = open_folder(memory / "runs" / UUID)
    assert not find_problems(folder)
    found = {name: len(each) for (_, name), each in readable(folder).items()}
    assert all(found[name] >= count for name, count in told.items())
    assert set(told) == {"outer", "finalizer", "logging", "warnings", "print", "audit"}


@pytest.mark.timeout(60)
def test_a_call_that_interrupts_another_never_waits_for_a_thread_that_waits_for_it(memory: Path) -> None:
    """A handler asks for what another thread holds, which waits for the row that the handler has interrupted."""
    session = Session(memory / "runs" / UUID)
    run, system = session.run, Interrupting()
    run._store.system = system
    waiting, held = threading.Event(), threading.Event()

    def sync() -> None:
        with run._turn():
            held.set()
            waiting.wait(30)
            run._journals["metric", "loss"].sync()

    thread = threading.Thread(target=sync)
    thread.start()
    assert held.wait(30)

    def inner() -> None:
        waiting.set()
        session.call("inputs")

    system.arm(3, inner, after=False)
    session.call("same")
    thread.join()
    assert [type(error) for error in session.refused] == [ReentrantCall]
    session.call("inputs")
    session.system = system
    session.check()


def test_an_end_that_had_to_wait_tells_of_its_failure(memory: Path) -> None:
    """The disk is full when the run ends after the call that was interrupted: that call says so, its row is there, and end() may be called again."""
    session = Session(memory / "runs" / UUID)
    run, system = session.run, Interrupting()
    run._store.system = system

    def full(*_args: Any, **_options: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def inner() -> None:
        run.end()
        run.before_end.append(full)

    system.arm(3, inner, after=False)
    with pytest.raises(OSError, match="No space left"):
        run.log_metric("loss", 5.0, 5)
    assert not run.ended
    run.before_end.clear()
    run.log_metric("loss", 6.0, 6)
    run.end()
    assert [step for step, _ in readable(open_folder(run.path))["metric", "loss"]][-2:] == [5, 6]
