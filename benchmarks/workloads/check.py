"""`problems()` and `end()` of a run of a million rows in one metric, 200 metrics of 500 rows, 1,000 curves and 50 DataFrames."""

from __future__ import annotations

from time import perf_counter

from benchmarks.workloads import Goal, function

TITLE = "problems() and end()"
UNITS = {"problems": "ms", "end": "ms", "bytes": "ms to read those of the event files once"}
SIZE, QUICK, TINY = 1_000_000, 1_000_000, 1_000
GOALS = (Goal("problems", 3, "ours", its="bytes"), Goal("end", 3, "ours", its="bytes"))


def measure(contender, folder, size):
    end, problems = function(contender, "write_mixed")(folder, size)
    figures = {}
    begin = perf_counter()
    for path in (folder / "run" / "events").rglob("*.plx"):
        path.read_bytes()
    figures["bytes"] = (perf_counter() - begin) * 1e3
    for name, work in (("end", end), ("problems", problems)):
        begin = perf_counter()
        work()
        figures[name] = (perf_counter() - begin) * 1e3
    return figures
