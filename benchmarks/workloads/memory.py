"""What a million `log_metric` calls add to the process, and what reading ten million rows takes at its peak."""

from __future__ import annotations

import os
import resource

from benchmarks.workloads import Goal, function, scaled
from benchmarks.workloads.curve_step import resident
from benchmarks.workloads.read_metrics import rows

TITLE = "memory"
UNITS = {
    "logging": "MB that 1M log_metric calls add",
    "reading": "× the frame of rows, peak of reading 10M",
    "wide": "× the frame by step, peak of reading 10M",
}
SIZE, QUICK, TINY = 10_000_000, 1_000_000, 1_000
GOALS = (Goal("logging", 2), Goal("reading", 3))


def prepare(contender, folder, size):
    function(contender, "write_metrics")(folder, "train/loss", rows(size))


def measure(contender, folder, size):
    import pandas  # noqa: ICN001, F401 - not part of the figures

    figures = {
        "reading": peak_of(function(contender, "read_rows")(folder, "train/loss")),
        "wide": peak_of(function(contender, "read_metrics")(folder, "train/loss")),
    }
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


def peak_of(read):
    """Peak memory ÷ the frame's."""

    def figure(before):
        frame = read()
        return (peak() - before) / frame.memory_usage(deep=True).sum()

    return _in_a_child(figure)


def added_peak(work):
    """How many bytes more than before the work takes at its peak."""
    return _in_a_child(lambda before: (work(), peak() - before)[1])


def _in_a_child(figure):
    """What a function of the peak so far returns in a child of its own: a process never forgets its peak."""
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        os.write(tell, str(figure(peak())).encode())
        os._exit(0)
    os.close(tell)
    found = float(os.read(told, 100))
    os.close(told)
    os.waitpid(child, 0)
    return found


def peak():
    """The most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
