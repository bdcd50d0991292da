"""`show()` of a metric of a million rows, and of one of ten times as many; and the page of it that is saved."""

from __future__ import annotations

from time import perf_counter

from benchmarks.workloads import Goal, function
from benchmarks.workloads.memory import added_peak

TITLE = "show() of a metric of 1M rows"
UNITS = {
    "shown": "ms",
    "memory": "MB more at the peak",
    "page": "ms to save it as a page",
    "tenfold": "× the time, ÷ 10, at ten times the rows",
}
SIZE, QUICK, TINY = 1_000_000, 1_000_000, 1_000
# The floor reads the rows with pyarrow and keeps the lowest and the highest of each of 2,000 stretches.
GOALS = (Goal("shown", 3, "floor"), Goal("memory", 100), Goal("tenfold", 1.3))


def prepare(contender, folder, size):
    grow = function(contender, "grow")
    for name, count in (("small", 1_000), ("large", size), ("larger", 10 * size)):
        (folder / name).mkdir()
        grow(folder / name, "loss", count)


def measure(contender, folder, _size):
    show = function(contender, "show")
    show(folder / "small", "loss")()  # imports, which are no part of the figures
    memory = added_peak(show(folder / "large", "loss"))
    taken = {name: least(show(folder / name, "loss")) for name in ("large", "larger")}
    figures = {"shown": taken["large"] * 1e3, "memory": memory / 1e6, "tenfold": taken["larger"] / taken["large"] / 10}
    if save := getattr(contender, "save_shown", None):
        figures["page"] = least(save(folder / "large", "loss")) * 1e3
    return figures


def least(work, times=3):
    """The least time that the work takes, in seconds."""
    taken = []
    for _ in range(times):
        begin = perf_counter()
        work()
        taken.append(perf_counter() - begin)
    return min(taken)
