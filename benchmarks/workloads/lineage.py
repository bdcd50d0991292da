"""`lineage()` over 1,000 runs of 20 artifacts: the first time, again, and again after one run changed."""

from __future__ import annotations

from time import perf_counter

from benchmarks.workloads import Goal, function

TITLE = "lineage() of 1,000 runs × 20"
UNITS = {"cold": "ms", "again": "ms, nothing changed", "changed": "ms, one run changed"}
SIZE, QUICK, TINY = 1_000, 200, 5
GOALS = (
    Goal("cold", 2.0, "floor"),
    Goal("again", 0.2, "ours", its="cold"),
    Goal("changed", 0.25, "ours", its="cold"),
)
ARTIFACTS = 20


def prepare(contender, folder, size):
    function(contender, "write_runs")(folder, size, ARTIFACTS)


def measure(contender, folder, size):
    read, change = function(contender, "read_lineage")(folder)
    figures = {}
    for measure_ in UNITS:
        if measure_ == "changed":
            change()
        begin = perf_counter()
        frame = read()
        figures[measure_] = (perf_counter() - begin) * 1e3
        if len(frame) < size * ARTIFACTS:
            message = f"{len(frame)} artifacts"
            raise ValueError(message)
    return figures
