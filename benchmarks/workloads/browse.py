"""`browse()` of a run with a metric of a million rows, and of one with 10,000 artifacts: each opened anew."""

from __future__ import annotations

from time import perf_counter

from benchmarks.workloads import Goal, function

TITLE = "browse()"
UNITS = {"rows": "ms, 1M rows in a metric", "artifacts": "ms, 10,000 artifacts"}
SIZE, QUICK, TINY = 10_000, 10_000, 10
GOALS = (Goal("rows", 300), Goal("artifacts", 300))


def prepare(contender, folder, size):
    function(contender, "browse")
    for name in ("rows", "artifacts", "warm"):
        (folder / name).mkdir()
    function(contender, "grow")(folder / "rows", "loss", 100 * size)
    function(contender, "grow")(folder / "warm", "loss", 1_000)
    function(contender, "write_names")(folder / "artifacts", size)


def measure(contender, folder, _size):
    browse = function(contender, "browse")
    browse(folder / "warm").close()  # imports, which are no part of the figures
    figures = {}
    for name in UNITS:
        begin = perf_counter()
        opened = browse(folder / name)
        figures[name] = (perf_counter() - begin) * 1e3
        opened.close()  # it goes on looking for problems
    return figures
