"""What a run adds to a notebook's cells: a loop of prints, and an empty cell, in one kernel before the run and during it."""

from __future__ import annotations

from statistics import median
from time import perf_counter

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
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(cwd=str(folder))
    try:

        def cell(source, answer="None"):
            """Run a cell, and return the value of an expression after it."""
            given = {"answer": answer}
            reply = client.execute_interactive(source, user_expressions=given, timeout=600, output_hook=lambda _: None)["content"]
            if reply["status"] != "ok":
                raise ValueError(reply["evalue"])
            return reply["user_expressions"]["answer"]["data"]["text/plain"]

        def printed():
            return min(float(cell(f"took = prints({size})", "took")) for _ in range(3))

        def empty():
            return median(timed(cell) for _ in range(100)) * 1e3

        cell(PRINTS)
        before = printed(), empty()
        cell(start)
        during = printed(), empty()
        cell(end)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return {"prints": during[0] / before[0], "empty": during[1] - before[1]}


def timed(cell):
    begin = perf_counter()
    cell("pass")
    return perf_counter() - begin
