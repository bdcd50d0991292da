"""`log_metrics`: ten names at a step in one call."""

from __future__ import annotations

from time import perf_counter_ns

from benchmarks.workloads import PEERS, Goal, function, scaled

TITLE = "log_metrics, ten names a call"
UNITS = {"call": "µs a call", "durable": "µs a call until durable"}
SIZE, QUICK, TINY = 10_000, 10_000, 10
# The floor writes ten rows, one by one.
GOALS = (Goal("durable", 1.0, "floor"), Goal("durable", 0.9, PEERS))


def measure(contender, folder, size):
    log, finish = function(contender, "metrics")(folder)
    size = scaled(contender, size)
    steps = [{f"loss-{n}": (step + n) / 7 for n in range(10)} for step in range(size)]
    log(0, steps[0])
    begin = perf_counter_ns()
    for step, values in enumerate(steps, 1):
        log(step, values)
    called = perf_counter_ns() - begin
    finish()
    durable = perf_counter_ns() - begin
    return {"call": called / size / 1e3, "durable": durable / size / 1e3}
