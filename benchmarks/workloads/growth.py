"""How the cost of an event grows: with the rows in the file, with the names, with the artifacts in the lineage.

Each figure is the cost of an event in the large ÷ the cost of one in the small, both measured in turns in this process. The
floor's figures are the machine's own part: with more files its caches miss more often.
"""

from __future__ import annotations

import resource
from statistics import median
from time import perf_counter_ns

from benchmarks.workloads import Goal, function

TITLE = "growth"
UNITS = {
    "rows": "× at 10M rows in the file, over 1,000",
    "names": "× at 5,000 names, over 1",
    "artifacts": "× a new artifact beside 10,000, over beside 1",
}
SIZE, QUICK, TINY = 10_000_000, 200_000, 2_000
GOALS = (Goal("rows", 1.1), Goal("names", 1.1), Goal("artifacts", 1.1))
TURNS, CALLS = 15, 2_000


def measure(contender, folder, size):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # 15,000 files are open at the end
    start, grow = function(contender, "metric"), function(contender, "grow")
    large, small = (folder / "large", folder / "small")
    large.mkdir()
    small.mkdir()
    grow(large, "loss", size)
    grow(small, "loss", 1_000)
    (log_large, _), (log_small, _) = start(large), start(small)
    figures = {"rows": compared(lambda n: log_large("loss", 0.5, n), lambda n: log_small("loss", 0.5, n), size)}
    names = [f"name-{n}" for n in range(min(5_000, size // 100))]
    for name in names:
        log_large(name, 0.5, 0)
    figures["names"] = compared(lambda n: log_large(names[n % len(names)], 0.5, n), lambda n: log_small("loss", 0.5, n), size)
    many, few = folder / "many", folder / "few"
    many.mkdir()
    few.mkdir()
    (log_many, _), (log_few, _) = start(many), start(few)
    for number in range(min(10_000, size // 100)):
        log_many(f"artifact-{number}", 0.5, 0)
    figures["artifacts"] = compared(lambda n: log_many(f"new-{n}", 0.5, 0), lambda n: log_few(f"new-{n % 20}-{n}", 0.5, 0), size, calls=20)
    return figures


def compared(large, small, size, calls=CALLS):
    """The median of large ÷ small over turns: each turn times both, close together."""
    calls = min(calls, max(2, size // 100))
    ratios, number = [], 0
    for turn in range(TURNS):
        taken = {}
        for one in (large, small) if turn % 2 else (small, large):
            begin = perf_counter_ns()
            for n in range(number, number + calls):
                one(n)
            taken[one] = perf_counter_ns() - begin
        number += calls
        ratios.append(taken[large] / taken[small])
    return median(ratios)
