"""A reader that follows a file while another process writes it: when are new rows seen, and what do they cost?"""

from __future__ import annotations

import os
import time

from benchmarks.workloads import Goal, function

TITLE = "live tail"
UNITS = {
    "seen": "ms from the call's return until a reader has the row, 99th percentile",
    "growth": "× the cost of 100 new rows at the end of a large file, over a small one",
}
SIZE, QUICK, TINY = 1_000_000, 200_000, 1_000
GOALS = (Goal("seen", 100), Goal("growth", 1.5))
TURNS = 300


def measure(contender, folder, size):
    start, grow, follow = (function(contender, name) for name in ("metric", "grow", "follow"))
    large, small = folder / "large", folder / "small"
    costs = {}
    for place, count in ((large, size), (small, 1_000)):
        place.mkdir()
        grow(place, "loss", count)
        log, _ = start(place)
        tail = follow(place, "loss")
        tail()
        taken = []
        for _ in range(20):
            for n in range(100):
                log("loss", 0.5, n)
            begin = time.perf_counter()
            tail()
            taken.append(time.perf_counter() - begin)
        costs[place] = sorted(taken)[len(taken) // 2]
    return {"growth": costs[large] / costs[small], "seen": seen(contender, large, min(TURNS, size // 10)) * 1e3}


def seen(contender, folder, turns):
    """Another process logs the clock as a value; this one looks until it has each."""
    ready, told = os.pipe()
    child = os.fork()
    if not child:
        log, _ = function(contender, "metric")(folder)
        log("clock", 0.0, 0)
        os.write(told, b".")
        for step in range(turns):
            time.sleep(0.002)
            log("clock", time.perf_counter(), step)
        os._exit(0)
    os.read(ready, 1)
    tail = function(contender, "follow")(folder, "clock")
    late, known = [], len(tail())
    while known < turns + 1:
        values = tail()
        now = time.perf_counter()
        late += [now - value for value in values[known:]]
        known = len(values)
    os.waitpid(child, 0)
    return sorted(late)[int(len(late) * 0.99)]
