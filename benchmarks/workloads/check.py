"""`problems()` and `end()` of a run of a million rows in one metric, 200 metrics of 500 rows, 1,000 curves and 50 DataFrames."""

from __future__ import annotations

from time import perf_counter

from benchmarks.workloads import Goal, function

TITLE = "problems() and end()"
UNITS = {"problems": "ms", "end": "ms", "read": "ms to read the bytes of the event files once"}
SIZE, QUICK, TINY = 1_000_000, 1_000_000, 1_000
GOALS = (Goal("problems", 3, "ours", its="read"), Goal("end", 3, "ours", its="read"))


def measure(contender, folder, size):
    end, problems = function(contender, "write_mixed")(folder, size)
    figures = {}
    begin = perf_counter()
    for path in (folder / "run" / "events").rglob("*.plx"):
        path.read_bytes()
    figures["read"] = (perf_counter() - begin) * 1e3
    for name, work in (("end", end), ("problems", problems)):
        begin = perf_counter()
        work()
        figures[name] = (perf_counter() - begin) * 1e3
    return figures
