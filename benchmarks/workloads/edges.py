"""`lineage_edges()` over 1,000 runs, each of which uses ten files of the one before and makes ten."""

from __future__ import annotations

from time import perf_counter

from benchmarks.workloads import Goal, function

TITLE = "lineage_edges() of 1,000 runs × 20"
UNITS = {"cold": "ms"}
SIZE, QUICK, TINY = 1_000, 1_000, 5
GOALS = (Goal("cold", 5, "floor"),)
FILES = 10


def prepare(contender, folder, size):
    function(contender, "write_chain")(folder, size, FILES)


def measure(contender, folder, size):
    read = function(contender, "read_edges")(folder)
    begin = perf_counter()
    found = len(read())
    took = perf_counter() - begin
    if found < (size - 1) * FILES:
        raise ValueError(f"{found} edges")
    return {"cold": took * 1e3}
