"""Read a metric of a million rows into a DataFrame, from what the contender itself wrote."""

from __future__ import annotations

from time import perf_counter

from benchmarks.workloads import Goal, function, scaled

TITLE = "read 1M metric rows to a DataFrame"
UNITS = {"whole": "ms per 100,000 rows"}
SIZE, QUICK, TINY = 1_000_000, 1_000_000, 100
# The floor is pyarrow's or pandas' CSV reader, the faster, on the bytes that ours reads.
GOALS = (Goal("whole", 1.3, "floor"), Goal("whole", 0.3, "polyaxon"))


def prepare(contender, folder, size):
    function(contender, "write_metrics")(folder, "train/loss", rows(scaled(contender, size)))


def rows(count):
    return ((step, 1 / (step + 1.5)) for step in range(count))


def measure(contender, folder, size):
    read = function(contender, "read_metrics")(folder, "train/loss")
    begin = perf_counter()
    frame = read()
    taken = perf_counter() - begin
    size = scaled(contender, size)
    if len(frame) != size:
        message = f"{len(frame)} rows of {size}"
        raise ValueError(message)
    return {"whole": taken * 1e3 / size * 100_000}
