"""A root of 10,000 runs of 20 artifacts: the table of its runs opened, and its lineage; time, and memory at the peak."""

from __future__ import annotations

from time import perf_counter

from benchmarks.workloads import Goal, function
from benchmarks.workloads.memory import added_peak

TITLE = "browse() and lineage() of 10,000 runs × 20"
UNITS = {
    "browse": "ms",
    "browse memory": "MB more at the peak",
    "lineage": "ms",
    "lineage memory": "MB more at the peak",
}
SIZE, QUICK, TINY = 10_000, 2_000, 10
# The floor parses the same documents.
GOALS = (Goal("browse", 1_000), Goal("browse memory", 250), Goal("lineage", 2, "floor"), Goal("lineage memory", 250))
FILES = 10  # made, and as many used


def prepare(contender, folder, size):
    function(contender, "write_chain")(folder, size, FILES)


def measure(contender, folder, _size):
    figures = {}
    works = {"browse": function(contender, "browse_root")(folder), "lineage": function(contender, "read_lineage")(folder)[0]}
    for name, work in works.items():
        figures[f"{name} memory"] = added_peak(work) / 1e6
        begin = perf_counter()
        work()
        figures[name] = (perf_counter() - begin) * 1e3
    return figures
