"""`steps()` and one `load(step=…)` of a file of 1,000 curves of 1,000 points."""

from __future__ import annotations

from time import perf_counter

from benchmarks.workloads import Goal, function
from benchmarks.workloads.curve import curves

TITLE = "steps() and one load() of 1,000 curves"
UNITS = {"found": "ms", "memory": "MB more than before", "read": "ms to read the bytes and find the newlines alone"}
SIZE, QUICK, TINY = 1_000, 1_000, 10
# The floor parses the file whole.
GOALS = (Goal("found", 0.05, "floor"), Goal("memory", 20))


def prepare(contender, folder, size):
    log, finish = function(contender, "write_curves")(folder)
    for step, (x, y) in enumerate(curves(size)):
        log("roc", x, y, step)
    finish()


def measure(contender, folder, size):
    import numpy as np  # noqa: F401 - not part of the figures
    import orjson  # noqa: F401

    figures = {}
    if read_alone := getattr(contender, "read_alone", None):
        begin = perf_counter()
        read_alone(folder, "roc")
        figures["read"] = (perf_counter() - begin) * 1e3
    find = function(contender, "curve_at")(folder, "roc")
    before = resident()
    begin = perf_counter()
    steps, value = find(size // 2)
    taken = perf_counter() - begin
    if len(steps) != size or len(value) != 1_000:
        message = f"{len(steps)} steps, {len(value)} points"
        raise ValueError(message)
    return {"found": taken * 1e3, "memory": (resident() - before) / 1e6, **figures}


def resident():
    """Bytes of this process that are its own: what it maps of files is the kernel's to drop."""
    with open("/proc/self/status") as file:  # noqa: PTH123
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("RssAnon"))
