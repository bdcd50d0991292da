"""`log_dataframe`: 10,000 rows of 8 columns of several types."""

from __future__ import annotations

from time import perf_counter_ns

from benchmarks.workloads import Goal, function, scaled

TITLE = "log_dataframe, 10,000 × 8"
UNITS = {"durable": "ms a call until durable", "bytes": "kB a frame"}
SIZE, QUICK, TINY = 20, 20, 2
GOALS = (Goal("durable", 1.25, "floor"), Goal("durable", 0.25, "polyaxon"), Goal("bytes", 0.5, "polyaxon"))
ROWS = 10_000


def frame():
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(7)
    return pd.DataFrame(
        {
            "id": np.arange(ROWS),
            "score": random.normal(size=ROWS),
            "weight": random.random(ROWS).astype("float32"),
            "label": random.choice(["cat", "dog", "horse", "bird"], ROWS),
            "correct": random.random(ROWS) > 0.3,
            "when": pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.arange(ROWS), unit="s"),
            "count": random.integers(0, 1000, ROWS),
            "name": [f"item {n}" for n in random.integers(0, 5000, ROWS)],
        }
    )


def measure(contender, folder, size):
    log, finish = function(contender, "dataframe")(folder)
    size = scaled(contender, size)
    data = frame()
    log("predictions", data, 0)
    begin = perf_counter_ns()
    for step in range(1, size + 1):
        log("predictions", data, step)
    finish()
    taken = perf_counter_ns() - begin
    stored = [f.stat().st_size for f in folder.rglob("*") if f.is_file() and f.stat().st_size > 50_000]
    return {"durable": taken / size / 1e6, "bytes": sum(stored) / max(1, len(stored)) / 1e3}
