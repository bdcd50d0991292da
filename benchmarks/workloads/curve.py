"""`log_curve`: 1,000 points of numpy a call."""

from __future__ import annotations

from time import perf_counter_ns

from benchmarks.workloads import Goal, function, scaled

TITLE = "log_curve, 1,000 points"
UNITS = {"call": "µs a call", "durable": "µs a call until durable"}
SIZE, QUICK, TINY = 1_000, 1_000, 10
GOALS = (Goal("durable", 1.5, "floor"), Goal("durable", 0.2, "polyaxon"))
POINTS = 1_000


def curves(count):
    import numpy as np

    x = np.linspace(0, 1, POINTS)
    return [(x, x ** (1 + step / 10)) for step in range(count)]


def measure(contender, folder, size):
    log, finish = function(contender, "curve")(folder)
    size = scaled(contender, size)
    data = curves(size)
    log("roc", *data[0], 0)
    begin = perf_counter_ns()
    for step, (x, y) in enumerate(data, 1):
        log("roc", x, y, step)
    called = perf_counter_ns() - begin
    finish()
    return {"call": called / size / 1e3, "durable": (perf_counter_ns() - begin) / size / 1e3}
