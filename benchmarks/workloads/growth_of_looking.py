"""How looking grows: with the rows of a metric, with the artifacts of a run, with the runs of a root. Each is opened anew.

The floor reads the rows with pyarrow and thins them, and parses the documents of runs; a peer's figure is its reading of the rows
alone. A figure of a contender whose share of the size is smaller is for its share.
"""

from __future__ import annotations

from time import perf_counter

from benchmarks.workloads import NotThere, function, scaled

TITLE = "growth of looking"
_SCALES = {
    "show() by rows": (1_000, 10_000, 100_000, 1_000_000, 10_000_000),
    "browse() by artifacts": (1, 10, 100, 1_000, 10_000),
    "runs() by runs": (1, 10, 100, 1_000, 10_000, 100_000),
}
UNITS = {f"{work}, {count:,}": "ms" for work, counts in _SCALES.items() for count in counts}
SIZE, QUICK, TINY = 10_000_000, 1_000_000, 1_000
GOALS = ()
# What the report draws, a picture for each: its title, and the measure of each size.
PICTURES = {work: {count: f"{work}, {count:,}" for count in counts} for work, counts in _SCALES.items()}
_WRITERS = {"show() by rows": "grow", "browse() by artifacts": "write_names", "runs() by runs": "write_documents"}
_PARTS = {"show() by rows": 1, "browse() by artifacts": 1_000, "runs() by runs": 100}  # of the size


def prepare(contender, folder, size):
    for work, counts in _SCALES.items():
        for count in counts:
            place, least = folder / work / str(count), 1_000 if work == "show() by rows" else 1
            place.mkdir(parents=True)
            _write(contender, work, place, max(least, min(count, size // _PARTS[work])))


def _write(contender, work, place, count):
    if write := getattr(contender, _WRITERS[work], None):
        write(place, *(["loss"] if work == "show() by rows" else []), count)
    elif work == "show() by rows":
        rows = ((step, 0.123456789) for step in range(scaled(contender, count)))
        function(contender, "write_metrics")(place, "loss", rows)


def measure(contender, folder, _size):
    works = {
        "show() by rows": lambda place: (getattr(contender, "show", None) or function(contender, "read_metrics"))(place, "loss")(),
        "browse() by artifacts": lambda place: function(contender, "browse")(place),  # noqa: PLW0108 - asked for when it is called
        "runs() by runs": lambda place: function(contender, "read_runs")(place)(),
    }
    figures = {}
    for work, counts in _SCALES.items():
        try:
            works[work](folder / work / str(counts[1]))  # imports, which are no part of the figures
        except NotThere:
            continue
        for count in counts:
            begin = perf_counter()
            works[work](folder / work / str(count))
            figures[f"{work}, {count:,}"] = (perf_counter() - begin) * 1e3
    return figures
