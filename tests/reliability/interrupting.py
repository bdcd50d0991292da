"""Processes in which calls interrupt each other: by signals, forks, finalizers and hooks."""

from __future__ import annotations

import itertools
import logging
import os
import signal
import sys
import time
import warnings
import weakref
from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.notebook import console
from jupyter_tracking.notebook.log_writer import LogWriter
from jupyter_tracking.record.run import Run
from tests.reliability.faults import _Observed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.reliability.killed import Acknowledge

__all__ = ["end_by_signal", "fork_within", "log_within_hooks", "log_within_signals"]

FRAME = pd.DataFrame({"a": [1, 2, 3]})


def log_within_signals(acknowledge: Acknowledge, path: Path, signals: int) -> None:  # noqa: C901, PLR0915 - one process, whose parts share its state
    """Log without end while a timer's handler logs too; tell what was acknowledged, and how often it was refused."""
    run = Run(path)
    writer = LogWriter(run.store)
    console.subscribe(writer)
    rows: dict[str, list[int]] = {"loss": [], "other": []}
    inputs: dict[str, int] = {}
    numbers, refused, came, depth = itertools.count(), [0], [0], [0]

    def row(name: str) -> None:
        number = next(numbers)
        run.log_metric(name, float(number), number)
        rows.setdefault(name, []).append(number)

    def frame() -> None:
        number = next(numbers)
        run.log_dataframe(FRAME, "df", step=number)
        rows.setdefault("df", []).append(number)

    def add_input() -> None:
        number = next(numbers)
        run.log_inputs(**{f"k{number % 50}": number})
        inputs[f"k{number % 50}"] = max(number, inputs.get(f"k{number % 50}", 0))

    def new() -> None:
        row(f"new {came[0] % 300}")

    def several() -> None:
        number = next(numbers)
        run.log_metrics(number, loss=float(number), other=float(number), third=float(number))
        for name in ("loss", "other", "third"):
            rows.setdefault(name, []).append(number)

    calls: list[Callable[[], object]] = [lambda: row("loss"), several, new, add_input, run.sync, frame, lambda: print("x")]  # noqa: T201 - captured

    def handler(*_given: Any) -> None:
        came[0] += 1
        # On a busy machine the next signal comes before a call is done, again and again: the program would not get its turn any more.
        if depth[0] > 20 or came[0] > signals:
            return
        depth[0] += 1
        try:
            calls[came[0] % len(calls)]()
        except TrackingError:
            refused[0] += 1
        finally:
            depth[0] -= 1

    frame()  # importing what it needs is not to be interrupted by a call that needs it
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.00037)
    while came[0] < signals:
        row("loss")
        if len(rows["loss"]) % 7 == 0:
            row(f"main {len(rows['loss']) // 100}")
            several()
            print("main")  # noqa: T201 - captured
        if len(rows["loss"]) % 50 == 0:
            add_input()
    signal.setitimer(signal.ITIMER_REAL, 0)
    console.unsubscribe(writer)
    run.end()
    stored = {name: value for name, value in inputs.items() if name in run._current_document()["inputs"]}
    assert stored.keys() == inputs.keys()
    acknowledge((rows, {}, refused[0]))


def end_by_signal(acknowledge: Acknowledge, path: Path, handler: str) -> None:
    """Log until the run has ended, which a handler of SIGTERM does; leave with 7."""
    run = Run(path)

    def ending(*_given: Any) -> None:
        run.end("stopped")
        if handler == "end and exit":
            sys.exit(7)

    signal.signal(signal.SIGTERM, ending)
    for step in itertools.count():
        try:
            for _ in range(50):
                run.log_metric("loss", 1.0, step)
            run.log_dataframe(FRAME, "df", step=step)
        except TrackingError:
            break
        acknowledge(step)
    assert run.ended
    sys.exit(7)


def fork_within(acknowledge: Acknowledge, path: Path, outer: str) -> None:  # noqa: C901 - one process, whose parts share its state
    """Fork at each system call of a call, before and after it; the child goes on with the call and leaves."""
    run = Run(path)
    parent = os.getpid()
    rows: dict[tuple[str, str], list[int]] = {}
    inputs: dict[str, int] = {}
    refused: list[str] = []
    numbers = itertools.count()

    def call() -> None:
        number = next(numbers)
        try:
            if outer == "inputs":
                run.log_inputs(**{f"k{number}": number})
                inputs[f"k{number}"] = number
                return
            if outer == "several":
                run.log_metrics(number, loss=1.0, other=1.0, third=1.0)
                rows.setdefault(("metric", "other"), []).append(number)
                rows.setdefault(("metric", "third"), []).append(number)
                key = ("metric", "loss")
            elif outer == "frame":
                run.log_dataframe(FRAME, "df", step=number)
                key = ("dataframe", "df")
            else:
                key = ("metric", "loss" if outer == "same" else f"new {number}")
                run.log_metric(key[1], 1.0, number)
            rows.setdefault(key, []).append(number)
        except TrackingError as error:
            refused.append(repr(error))

    class Forking(_Observed):
        at, count, after = 0, 0, False

        def _call(self, _name: str, real: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            self.count += 1
            if self.count != self.at:
                return real(*args, **kwargs)
            if self.after:
                try:
                    return real(*args, **kwargs)
                finally:
                    os.fork()
            os.fork()
            return real(*args, **kwargs)

    call()
    system = run._store.system = Forking()
    run._writer_lock._system = system
    for after in (False, True):
        for at in itertools.count(1):
            system.at, system.count, system.after = at, 0, after
            try:
                call()
            finally:
                if os.getpid() != parent:
                    os._exit(0)
            reached = system.count >= at
            system.at = 0
            while True:
                try:
                    os.wait()
                except ChildProcessError:
                    break
            if not reached:
                break
    run.end()
    acknowledge((refused, rows, inputs))


def log_within_hooks(acknowledge: Acknowledge, path: Path) -> None:  # noqa: C901 - one hook after the other
    """Log from hooks of every sort while the run is logged to; tell how many rows each has logged."""
    run = Run(path)
    run.log_dataframe(FRAME, "df", step=-1)  # which imports what it needs
    writer = LogWriter(run.store)
    console.subscribe(writer)
    counts: Counter[str] = Counter()
    inside: set[str] = set()

    def row(name: str) -> None:
        if name in inside:
            return
        inside.add(name)
        try:
            run.log_metric(name, 1.0, counts[name])
            counts[name] += 1
        except TrackingError:
            pass
        finally:
            inside.discard(name)

    class Handler(logging.Handler):
        def emit(self, _record: logging.LogRecord) -> None:
            row("logging")

    class Dropped:
        pass

    def audit(event: str, _given: tuple[Any, ...]) -> None:
        if event in {"open", "fcntl.flock", "os.rename", "os.link"} and run is not None and not run.ended:
            row("audit")
            drop()

    def drop() -> None:
        thing = Dropped()
        weakref.finalize(thing, row, "finalizer")
        del thing

    logging.getLogger().addHandler(Handler())
    warnings.showwarning = lambda *_given, **_options: row("warnings")
    write = sys.stdout.write
    sys.stdout.write = lambda text: (row("print"), write(text))[1]  # type: ignore[method-assign]
    sys.addaudithook(audit)
    begun = time.monotonic()
    for number in range(40):
        row("outer")
        run.log_metric(f"new {number}", 1.0, 1)
        logging.getLogger().warning("said")
        warnings.warn(f"warned {number}", stacklevel=1)
        print("printed")  # noqa: T201 - captured
        try:
            run.log_inputs(n=number)
            run.log_dataframe(FRAME, "df", step=number)
        except TrackingError:
            pass
        if time.monotonic() - begun > 60:
            break
    console.unsubscribe(writer)
    run.end()
    acknowledge(dict(counts))
