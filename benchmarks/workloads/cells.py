"""What a run adds to a notebook's cells: a loop of prints, and an empty cell, in one kernel before the run and during it."""

from __future__ import annotations

from statistics import median
from time import perf_counter

from benchmarks.kernel import kernel
from benchmarks.workloads import Goal, function

TITLE = "cells"
UNITS = {"prints": "× the same prints before the run", "empty": "ms more for an empty cell"}
SIZE, QUICK, TINY = 100_000, 100_000, 100
GOALS = (Goal("prints", 1.5), Goal("empty", 2))
PRINTS = """
import time
def prints(count):
    begin = time.perf_counter()
    for n in range(count): print('line number', n)
    return time.perf_counter() - begin
"""


def measure(contender, folder, size):
    start, end = function(contender, "notebook")()
    with kernel(folder) as cell:

        def printed():
            return min(float(cell(f"took = prints({size})", "took")) for _ in range(3))

        def empty():
            return median(timed(cell) for _ in range(100)) * 1e3

        cell(PRINTS)
        before = printed(), empty()
        cell(start)
        during = printed(), empty()
        cell(end)
    return {"prints": during[0] / before[0], "empty": during[1] - before[1]}


def timed(cell):
    begin = perf_counter()
    cell("pass")
    return perf_counter() - begin
