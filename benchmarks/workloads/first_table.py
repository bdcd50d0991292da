"""The first table of 2,000 and of 10,000 runs: `browse()`, in processor time, over reading the documents that it is made of.

Each figure is a ratio of two times that are taken in turns, each in a fork of this process, which has imported what it needs and knows none
of the runs. A document is opened, read and parsed with orjson, and let go. "kept" holds them all until the last is read, as any table has
to, and as the floor of `runs()` does: the goal is over that; "both" reads the lineage of each run too, which a table need not. One run in
ten was killed, and says less than the others: what it lacks is looked for in its folder.
"""

from __future__ import annotations

import os
from time import process_time

from benchmarks.workloads import Goal, function

TITLE = "first table of many runs"
UNITS = {
    f"{count:,}{more}": f"× reading {words}"
    for count in (2_000, 10_000)
    for more, words in (("", "each run.plx.json"), (" kept", "each run.plx.json and keeping it"), (" both", "both documents of each run"))
}
SIZE, QUICK, TINY = 10_000, 10_000, 20
GOALS = (Goal("2,000 kept", 3), Goal("10,000 kept", 3))
TURNS = 5
_READING = {"": (("run.plx.json",), False), " kept": (("run.plx.json",), True), " both": (("run.plx.json", "lineages.plx.json"), False)}


def prepare(contender, folder, size):
    function(contender, "browse_root")
    for name, count in _COUNTS.items():
        (folder / name).mkdir()
        function(contender, "write_documents")(folder / name, min(count, size))


_COUNTS = {"warm": 20, "2,000": 2_000, "10,000": 10_000}


def measure(contender, folder, _size):
    table = function(contender, "browse_root")
    _read(folder / "warm", *_READING[" both"])
    table(folder / "warm")()  # imports, which are no part of the figures
    figures = {}
    for name in list(_COUNTS)[1:]:
        best = {}
        for _ in range(TURNS):
            works = {more: lambda reading=reading: _read(folder / name, *reading) for more, reading in _READING.items()}  # noqa: B023
            for what, work in {"table": table(folder / name), **works}.items():
                best[what] = min(best.get(what, float("inf")), _in_a_fork(work))
        figures |= {f"{name}{more}": best["table"] / best[more] for more in _READING}
    return figures


def _read(root, names, is_kept):
    import orjson

    top, kept = f"{root}/runs", []
    for run in os.listdir(top):  # noqa: PTH208 - the least that does it
        for name in names:
            try:
                with open(f"{top}/{run}/{name}", "rb") as file:  # noqa: PTH123
                    document = orjson.loads(file.read())
            except FileNotFoundError:  # a run that was killed has no lineage yet
                continue
            if is_kept:
                kept.append(document)
    return kept


def _in_a_fork(work):
    """Return how much processor time some work takes, in seconds, in a child that ends with it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        begin = process_time()
        _kept = work()
        os.write(writing, f"{process_time() - begin!r}".encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        taken = float(answer.read())
    os.waitpid(child, 0)
    return taken
