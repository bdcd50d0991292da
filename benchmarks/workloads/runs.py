"""`runs()` over 10,000 runs."""

from __future__ import annotations

from time import perf_counter

from benchmarks.workloads import Goal, function

TITLE = "runs() of 10,000 runs"
UNITS = {"cold": "ms"}
SIZE, QUICK, TINY = 10_000, 2_000, 10
GOALS = (Goal("cold", 2.0, "floor"),)


def prepare(contender, folder, size):
    function(contender, "write_documents")(folder, size)


def measure(contender, folder, size):
    read = function(contender, "read_runs")(folder)
    begin = perf_counter()
    found = read()
    taken = perf_counter() - begin
    if len(found) != size:
        message = f"{len(found)} runs of {size}"
        raise ValueError(message)
    return {"cold": taken * 1e3}
