"""`log_metric`: one name, a value a step."""

from __future__ import annotations

from time import perf_counter_ns

from benchmarks.workloads import PEERS, Goal, function, scaled

TITLE = "log_metric, one name"
UNITS = {"call": "µs a call", "durable": "µs an event until durable", "p99": "µs, 99th percentile of a call"}
SIZE, QUICK, TINY = 100_000, 50_000, 50
GOALS = (Goal("durable", 2.0, "floor"), Goal("durable", 0.3, PEERS), Goal("p99", 20))
NAMES = ("train/loss",)


def measure(contender, folder, size, names=NAMES):
    log, finish = function(contender, "metric")(folder)
    size = scaled(contender, size)
    values = [1 / (step + 1.5) for step in range(size)]
    count = len(names)
    for name in names:
        log(name, 1.0, 0)
    begin = perf_counter_ns()
    for step, value in enumerate(values, 1):
        log(names[step % count], value, step)
    called = perf_counter_ns() - begin
    finish()
    durable = perf_counter_ns() - begin
    return {"call": called / size / 1e3, "durable": durable / size / 1e3, "p99": percentile(contender, folder, size // 5, names)}


def percentile(contender, folder, size, names):
    """The 99th percentile of single calls, in a run of its own: the clock's own cost is in no other figure."""
    folder = folder / "timed"
    folder.mkdir()
    log, finish = function(contender, "metric")(folder)
    times = []
    for step in range(size):
        begin = perf_counter_ns()
        log(names[step % len(names)], 0.123456789, step)
        times.append(perf_counter_ns() - begin)
    finish()
    return sorted(times)[int(len(times) * 0.99)] / 1e3
