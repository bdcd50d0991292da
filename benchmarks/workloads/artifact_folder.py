"""`log_artifact`: a folder of 5,000 small files, hashed."""

from __future__ import annotations

import os
from time import perf_counter

from benchmarks.workloads import Goal, function

TITLE = "log_artifact, a folder of small files"
UNITS = {"done": "s until done"}
SIZE, QUICK, TINY = 5_000, 2_000, 20
GOALS = (Goal("done", 1.5, "floor"),)


def measure(contender, folder, size):
    start = function(contender, "folder")
    source = folder / "source"
    for number in range(size):
        below = source / f"part-{number % 50:02}"
        below.mkdir(parents=True, exist_ok=True)
        (below / f"{number:05}.txt").write_bytes(os.urandom(1000))
    os.sync()
    log, finish = start(folder)
    begin = perf_counter()
    log(source)
    finish()
    return {"done": perf_counter() - begin}
