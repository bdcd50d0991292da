"""The end of a run of 3,000 metrics of ten rows, and the page that its browser is saved as."""

from __future__ import annotations

from time import perf_counter

from benchmarks.workloads import Goal, function

TITLE = "3,000 metrics"
UNITS = {"end": "ms of `end()`", "page": "ms to save the browser as a page", "bytes": "MB of that page"}
SIZE, QUICK, TINY = 3_000, 3_000, 10
GOALS = (Goal("end", 2_000), Goal("page", 3_000))
ROWS = 10


def measure(contender, folder, size):
    log, end, save = function(contender, "metrics_end_and_save")(folder)
    for step in range(ROWS):
        log(step, {f"metric-{n}": (step + n) / 7 for n in range(size)})
    figures = {}
    for name, work in (("end", end), ("page", save)):
        begin = perf_counter()
        work()
        figures[name] = (perf_counter() - begin) * 1e3
    return figures | {"bytes": (folder / "page.html").stat().st_size / 1e6}
