"""Processes that share a run: each starts or joins it, logs, and ends or leaves."""

from __future__ import annotations

import os
import random
import sys
from time import monotonic_ns
from typing import TYPE_CHECKING

from jupyter_tracking.errors import RunLocked, TrackingError
from jupyter_tracking.record.run import Run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reliability.killed import Acknowledge

__all__ = ["live", "start_at_once"]


def live(acknowledge: Acknowledge, path: Path, number: int, seed: int, end: str) -> None:
    """Join a run; log inputs and rows of old and new names, and tell of each; end, leave, or go on until one is killed."""
    choice = random.Random(f"{seed} {number}")
    for _ in range(choice.randrange(200)):
        os.sched_yield()
    run = Run(path, shared=True)
    acknowledge(("owned", not run._joined))
    acknowledge(("began", monotonic_ns()))
    count = 0
    while end == "kill" or count < 40:
        count += 1
        name = f"p{number}/{count}"
        match choice.randrange(4):
            case 0:
                run.log_inputs(**{name: count})
                acknowledge(("input", {name: count}))
            case 1:
                run.log_metric("shared", number + count / 1000, count)
                acknowledge(("row", ("shared", count, number + count / 1000)))
            case 2:
                run.log_metric(name, float(count), count)
                acknowledge(("row", (name, count, float(count))))
            case _:
                run.log_metric(f"new {count}", number + count / 1000, count)  # which the others make too
                acknowledge(("row", (f"new {count}", count, number + count / 1000)))
    if end == "end":
        run.end()
    acknowledge(("ended", "ended" if end == "end" else "left"))


def start_at_once(acknowledge: Acknowledge, path: Path, number: int, shared: bool) -> None:
    """Start a run that others start at the same moment; tell what became of it; stay until the test says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    acknowledge("ready")

    def wait(word: str) -> None:
        while not (path.parent / f"{word} {path.name}").exists():
            if acknowledge.is_alone():
                sys.exit("the test went away")
            os.sched_yield()

    wait("go")
    try:
        run = Run(path, name=f"name {number}" if not shared else None, shared=shared)
        run.log_inputs(**{f"p{number}": number})
        run.log_metric("loss", float(number), number)
        told = "joined" if run.resumed else "began"
    except RunLocked:
        told = "RunLocked"
    except TrackingError as error:
        told = repr(error)
    acknowledge(told)
    wait("stop")
