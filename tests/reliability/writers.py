"""Writers for processes of their own: each logs until it is killed or done, and acknowledges each call that returned."""

from __future__ import annotations

import contextlib
import itertools
import os
import resource
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.read.event_file import EventFile
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from jupyter_tracking.storage.syscalls import Syscalls

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reliability.killed import Acknowledge

__all__ = [
    "LARGE",
    "copy_as_nobody",
    "curve",
    "documents",
    "ends_of_shared_runs",
    "forks",
    "frame",
    "hold",
    "large_assets",
    "large_frame",
    "large_rows",
    "log_everything",
    "log_through_interrupts",
    "long_rows",
    "many_calls",
    "many_names",
    "many_rows",
    "many_rows_alone",
    "metric",
    "orphan",
    "own_names",
    "read_while_cut",
    "read_within",
    "same_new_names",
    "several_rows",
    "short_rows",
    "small_rows",
    "start_as_nobody",
    "text",
    "threads_with_few_descriptors",
]

LARGE = 4 << 20  # bytes of a large asset


def metric(step: int) -> float:
    """The metric's value of a step: 17 digits, so that a cut one is another number."""
    return (step + 1) / 7 * 1.000000001


def curve(step: int) -> tuple[list[float], list[float]]:
    """The curve of a step."""
    return [i / 40 for i in range(41)], [metric(step) + i for i in range(41)]


def frame(step: int) -> pd.DataFrame:
    """The frame of a step: numbers, texts and nulls."""
    return pd.DataFrame(
        {
            "value": np.arange(50) * metric(step),
            "text": [f"row {i} of {step}" if i % 7 else None for i in range(50)],
        }
    )


def log_everything(acknowledge: Acknowledge, path: Path) -> None:
    """Log a metric, a curve and a frame a step, until the end of days."""
    run = Run(path)
    acknowledge(("run", 0))
    step = 0
    while True:
        run.log_metric("train/loss", metric(step), step)
        acknowledge(("metric", step))
        run.log_curve("roc", *curve(step), step=step)
        acknowledge(("curve", step))
        run.log_dataframe(frame(step), "preds", step=step)
        acknowledge(("dataframe", step))
        step += 1


def large_frame() -> pd.DataFrame:
    """A frame whose file is large, however it is packed."""
    return pd.DataFrame({"value": np.random.default_rng(0).random(50_000)})


def _become_nobody() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65_534)
        os.setuid(65_534)


def start_as_nobody(acknowledge: Acknowledge, path: Path) -> None:
    """Start a run as a user who owns nothing, and tell how it fails."""
    _become_nobody()
    try:
        Run(path)
    except TrackingError as error:
        acknowledge((type(error).__name__, str(error)))


def many_names(acknowledge: Acknowledge, path: Path, names: int, descriptors: int) -> None:
    """Log three rows to each of many metrics with few descriptors, and tell the most that were open."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    run = Run(path)
    most = 0
    for step, part in enumerate((0.0, 0.5, 0.75)):
        for name in range(names):
            run.log_metric(f"name {name}", name + part, step)
        most = max(most, len(os.listdir("/proc/self/fd")))
        run.sync()
    run.end()
    acknowledge(most)


def log_through_interrupts(acknowledge: Acknowledge, path: Path) -> None:
    """Log a metric until the end of days, whatever interrupts; tell of rows that returned, and of interrupts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    run = Run(path)
    step = 0
    acknowledge(("begin", 0))
    while True:
        try:
            while True:
                # Not told one by one: the interrupts are to come while rows are written.
                for _ in range(50):
                    step += 1
                    run.log_metric("loss", metric(step), step)
                acknowledge(("row", step))
        except KeyboardInterrupt:
            acknowledge(("interrupt", step))


def _together(acknowledge: Acknowledge, path: Path) -> Run:
    """Start a run that others write to as well; begin when the test says so."""
    run = Run(path, shared=True)
    acknowledge("ready")
    while not (path.parent / "go").exists():
        if acknowledge.is_alone():
            sys.exit("the test went away before it said go")
        os.sched_yield()
    return run


def many_rows(acknowledge: Acknowledge, path: Path, number: int, rows: int) -> None:
    """Log rows to a metric that others log to as well."""
    run = _together(acknowledge, path)
    for step in range(rows):
        run.log_metric("shared", number + 0.5, step)


def many_calls(acknowledge: Acknowledge, path: Path, number: int, calls: int) -> None:
    """Log to ten metrics that others log to as well, all of them in one call."""
    run = _together(acknowledge, path)
    for step in range(calls):
        run.log_metrics(step, **{f"m{name}": number + 0.5 for name in range(10)})


def many_rows_alone(acknowledge: Acknowledge, path: Path, rows: int) -> None:
    """Log rows to a metric."""
    run = Run(path)
    run.log_metric("shared", 0.0, 0)
    acknowledge(0)
    for step in range(1, rows):
        run.log_metric("shared", float(step), step)


def large_rows(acknowledge: Acknowledge, path: Path, number: int, rows: int) -> None:
    """Log rows of 20 KB to a text that others log to as well, and tell of each."""
    run = Run(path, shared=True)
    for step in range(rows):
        run.log_text(name="notes", text=f"{number} {'x' * 20_000}", step=step)
        acknowledge(step)


def same_new_names(acknowledge: Acknowledge, path: Path, number: int, names: int) -> None:
    """Log one row to each of many metrics that others make at the same moment."""
    run = _together(acknowledge, path)
    for name in range(names):
        run.log_metric(f"name {name}", float(number), name)


def own_names(acknowledge: Acknowledge, path: Path, number: int, names: int) -> None:
    """Make many artifacts of one's own."""
    run = _together(acknowledge, path)
    for name in range(names):
        run.log_metric(f"{number}/{name}", 1.0, 1)


def threads_with_few_descriptors(acknowledge: Acknowledge, path: Path, threads: int, names: int) -> None:
    """Log from several threads to more names than may be open."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (150, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    run = Run(path)

    def work(number: int) -> None:
        for step in range(3):
            for name in range(names):
                run.log_metric(f"{number}/{name}", 1.0, step)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
    acknowledge("done")


def forks(acknowledge: Acknowledge, path: Path, children: int) -> None:
    """Fork children that log and end in every way, while a thread of the parent logs; tell the status after and at the end."""
    run = Run(path)
    thread = threading.Thread(target=lambda: [run.log_metric("parent", float(step), step) for step in range(2000)])
    thread.start()
    pids = []
    for number in range(1, children + 1):
        pid = os.fork()
        if pid == 0:
            try:
                with run:
                    for step in range(50):
                        run.log_metric("shared", number + 0.5, step)
                    run.log_metric(f"own {number}", float(number), 0)
                    if number % 2:
                        raise ValueError("a child's own")
                if number % 4 == 0:
                    run.end("failed")
            finally:
                os._exit(0)
        pids.append(pid)
    thread.join()
    for pid in pids:
        os.waitpid(pid, 0)
    acknowledge(str(open_folder(path).status))
    run.end()
    acknowledge(str(open_folder(path).status))


def orphan(acknowledge: Acknowledge, path: Path) -> None:
    """Fork a child that outlives this process."""
    run = Run(path)
    run.log_metric("loss", 1.0, 1)
    pid = os.fork()
    if pid == 0:
        acknowledge.close()
        while True:
            signal.pause()
    acknowledge(pid)
    signal.pause()


def hold(acknowledge: Acknowledge, path: Path) -> None:
    """Keep a run open."""
    run = Run(path)
    acknowledge("ready")
    signal.pause()
    run.end()


def read_while_cut(acknowledge: Acknowledge, path: Path, rounds: int) -> None:
    """Read a file again and again while another thread lets it grow by a torn row and cuts that off."""
    run = Run(path)
    run.log_metric("loss", 1.0, 1)
    file = path / "events" / "metric" / "loss.plx"
    whole = file.stat().st_size
    done = threading.Event()

    def tear() -> None:
        with file.open("ab", buffering=0) as tail:
            for _ in range(rounds):
                tail.write(b"x" * (4 << 20))
                os.ftruncate(tail.fileno(), whole)
        done.set()

    thread = threading.Thread(target=tear)
    thread.start()
    while not done.is_set():
        folder = open_folder(path)
        artifact = folder.find("loss")
        assert [event.step for event in folder.rows(artifact)] == [1]
        assert folder.payloads(artifact) == [1.0]
        assert folder.columns(artifact)["value"].to_pylist() == [1.0]
    thread.join()
    acknowledge("done")


def ends_of_shared_runs(acknowledge: Acknowledge, path: Path) -> None:
    """End runs that were one's own alone, resumed, and forked without and with a row; tell how often the whole disk was synced."""
    times = [0]

    class Counting(Syscalls):
        def sync_disk(self, fd: int) -> None:
            super().sync_disk(fd)
            times[0] += 1

    for child in ("", "resumed", "idle", "logs"):
        run = Run(path if child in {"", "resumed"} else path.with_name(child))
        run.log_metric("loss", 1.0, 1)
        run._store.system = Counting()
        if child in {"idle", "logs"}:
            pid = os.fork()
            if pid == 0:
                if child == "logs":
                    run.log_metric("loss", 2.0, 2)
                os._exit(0)
            os.waitpid(pid, 0)
        times[0] = 0
        run.end()
        acknowledge(times[0])


def copy_as_nobody(acknowledge: Acknowledge, path: Path, source: Path) -> None:
    """Log a file that one may not read, as a user who owns nothing, and tell how it fails."""
    before = Run(path.parent.parent / "before")
    for step in (1, None):  # once as oneself: nobody may not even read the interpreter's own modules, on some machines
        with contextlib.suppress(TrackingError):
            before.log_artifact(source, "closed", step=step)
    _become_nobody()
    run = Run(path)
    for step in (1, None):
        try:
            run.log_artifact(source, "closed", step=step)
        except TrackingError as error:
            acknowledge((type(error).__name__, str(error)))
    run.end()


def read_within(acknowledge: Acknowledge, path: Path, kind: str) -> None:
    """Read an event file; tell by how many bytes the process grew at most."""
    reading = EventFile(lambda: os.open(path, os.O_RDONLY), kind, ours=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reading.rows()
    reading.payloads()
    reading.problems()
    acknowledge((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)


# Texts by how long they are: rows of 100 bytes and of 8 KB.
_TEXTS = {"short": 24, "long": 8000}


def text(name: str, step: int) -> str:
    """The text of a step."""
    return (f"{step} " * _TEXTS[name])[: _TEXTS[name]]


def small_rows(acknowledge: Acknowledge, path: Path, first: int) -> None:
    """Log a metric, whose rows are as short as any, from a step on, until the end of days."""
    run = Run(path)
    for step in itertools.count(first):
        run.log_metric("loss", metric(step), step)
        acknowledge(step)


def several_rows(acknowledge: Acknowledge, path: Path, first: int) -> None:
    """Log ten metrics in one call, from a step on, until the end of days."""
    run = Run(path)
    for step in itertools.count(first):
        run.log_metrics(step, **{f"m{name}": metric(step) for name in range(10)})
        acknowledge(step)


def texts(acknowledge: Acknowledge, path: Path, first: int, name: str) -> None:
    """Log texts from a step on, until the end of days."""
    run = Run(path)
    for step in itertools.count(first):
        run.log_text(name, text(name, step), step)
        acknowledge(step)


def short_rows(acknowledge: Acknowledge, path: Path, first: int) -> None:
    """Log rows of 100 bytes from a step on, until the end of days."""
    texts(acknowledge, path, first, "short")


def long_rows(acknowledge: Acknowledge, path: Path, first: int) -> None:
    """Log rows of 8 KB from a step on, until the end of days."""
    texts(acknowledge, path, first, "long")


def large_assets(acknowledge: Acknowledge, path: Path, source: Path, life: int) -> None:
    """Log a large file until the end of days, at steps of this life alone."""
    run = Run(path)
    acknowledge(-1)
    for step in itertools.count(life * 1000):
        run.log_artifact(source, "large", step=step)
        acknowledge(step)


def documents(acknowledge: Acknowledge, path: Path, first: int) -> None:
    """Replace the run's document and its lineage until the end of days."""
    run = Run(path)
    run.log_metric("loss", 1.0, 1)
    acknowledge(first - 1)
    for number in itertools.count(first):
        run.log_inputs(number=number, text="x" * (number % 50 * 100))
        acknowledge(number)
        with run.store.locked():
            run._replace_lineages()
