"""`diff` of two versions of a DataFrame of 20 rows and 20,000 columns, all cells of which changed; and of one a tenth as wide."""

from __future__ import annotations

from time import perf_counter

from benchmarks.workloads import Goal, function

TITLE = "diff of 20 rows × 20,000 columns"
UNITS = {"diff": "ms", "tenfold": "× the time, ÷ 10, at ten times the columns"}
SIZE, QUICK, TINY = 20_000, 20_000, 100
# The floor is pandas' `compare`.
GOALS = (Goal("diff", 2_000), Goal("tenfold", 1.3))
ROWS = 20


def prepare(contender, folder, size):
    import numpy as np
    import pandas as pd

    write = function(contender, "write_frames")
    rng = np.random.default_rng(0)
    for name, width in (("narrow", size // 10), ("wide", size)):
        one = pd.DataFrame(rng.random((ROWS, width)), columns=[f"c{n}" for n in range(width)])
        (folder / name).mkdir()
        write(folder / name, [one, one + 1])


def measure(contender, folder, size):
    diff = function(contender, "diff_frames")
    taken = {}
    for name, width in (("narrow", size // 10), ("wide", size)):
        begin = perf_counter()
        cells = diff(folder / name)
        taken[name] = perf_counter() - begin
        if cells != ROWS * width:
            raise ValueError(f"{cells} cells")
    return {"diff": taken["wide"] * 1e3, "tenfold": taken["wide"] / taken["narrow"] / 10}
