"""The panel of JupyterLab at a root of 10,000 runs, asked of a server just started: until the newest runs are there, and until all are."""

from __future__ import annotations

from time import perf_counter, sleep

from benchmarks.workloads import Goal, function

TITLE = "the panel of 10,000 runs"
UNITS = {"first": "ms until the newest runs are there", "whole": "ms until all are", "again": "ms, nothing changed"}
SIZE, QUICK, TINY = 10_000, 2_000, 10
GOALS = (Goal("first", 500),)
_READING = 0.4  # seconds after which the page asks again while runs are read


def prepare(contender, folder, size):
    function(contender, "panel")
    function(contender, "write_documents")(folder, size)


def measure(contender, folder, size):
    with function(contender, "panel")(folder) as ask:
        begin = perf_counter()
        told = ask({})
        figures = {"first": (perf_counter() - begin) * 1e3}
        while told["reading"]:
            sleep(_READING)
            told = ask(told) or told
        figures["whole"] = (perf_counter() - begin) * 1e3
        begin = perf_counter()
        ask(told)
        figures["again"] = (perf_counter() - begin) * 1e3
    if told["total"] != size:
        message = f"{told['total']} runs of {size}"
        raise ValueError(message)
    return figures
