"""`log_artifact`: one file of 500 MB, hashed."""

from __future__ import annotations

import os
from time import perf_counter

from benchmarks.workloads import Goal, function

TITLE = "log_artifact, a file"
UNITS = {"done": "s until done", "copy": "s to copy alone", "md5": "s to hash alone"}
SIZE, QUICK, TINY = 500_000_000, 200_000_000, 100_000
GOALS = (Goal("done", 1.2, "floor"),)


def measure(contender, folder, size):
    start = function(contender, "artifact")
    block = os.urandom(1 << 20)
    source = folder / "source.bin"
    with source.open("wb") as file:
        while file.tell() < size:
            file.write(block[: size - file.tell()])
    os.sync()
    log, finish = start(folder)
    begin = perf_counter()
    log(source)
    finish()
    return {"done": perf_counter() - begin, **getattr(finish, "parts", {})}
