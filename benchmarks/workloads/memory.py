"""What a million `log_metric` calls add to the process, and what reading ten million rows takes at its peak."""

from __future__ import annotations

import resource

from benchmarks.workloads import Goal, function, scaled
from benchmarks.workloads.curve_step import resident
from benchmarks.workloads.read_metrics import rows

TITLE = "memory"
UNITS = {"logging": "MB that 1M log_metric calls add", "reading": "× the frame, peak of reading 10M rows"}
SIZE, QUICK, TINY = 10_000_000, 1_000_000, 1_000
GOALS = (Goal("logging", 2), Goal("reading", 3))


def prepare(contender, folder, size):
    function(contender, "write_metrics")(folder, "train/loss", rows(size))


def measure(contender, folder, size):
    import pandas  # noqa: ICN001, F401 - not part of the figures

    read = function(contender, "read_metrics")(folder, "train/loss")
    before = peak()
    frame = read()
    figures = {"reading": (peak() - before) / frame.memory_usage(deep=True).sum()}
    del frame
    log, finish = function(contender, "metric")(folder)
    calls = scaled(contender, size // 10)
    for step in range(1_000):
        log("train/accuracy", 0.5, step)
    before = resident()
    for step in range(calls):
        log("train/accuracy", 0.5, step)
    figures["logging"] = (resident() - before) / 1e6
    finish()
    return figures


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
