"""A kernel that runs 10,000 cells in a run: what is written to the disk for the session's notebook, and what the kernel grows by."""

from __future__ import annotations

from ast import literal_eval

from benchmarks.kernel import kernel
from benchmarks.workloads import Goal, function

TITLE = "a session of 10,000 cells"
UNITS = {"written": "× the session's notebook as it is at the end", "memory": "KB that the kernel grows by for a cell"}
SIZE, QUICK, TINY = 10_000, 1_000, 20
GOALS = (Goal("written", 3),)
COUNT = """
def counted():
    import gc
    gc.collect()
    io = dict(line.split(': ') for line in open('/proc/self/io').read().splitlines())
    status = dict(line.split(':', 1) for line in open('/proc/self/status').read().splitlines())
    return int(io['wchar']), int(status['RssAnon'].split()[0])
"""


def measure(contender, folder, size):
    start, end = function(contender, "notebook")()
    with kernel(folder) as cell:

        def cells():
            before = literal_eval(cell(COUNT, "counted()"))
            for number in range(size):
                cell(f"# a comment as long as people write them\nx = {number}\nprint('epoch', x, 'loss', 1 / (x + 1))")
            after = literal_eval(cell("None", "counted()"))
            return [b - a for a, b in zip(before, after, strict=True)]

        plain = cells()
        cell(start)
        tracked = cells()
        cell(end)
    notebook = next(folder.rglob("session.ipynb")).stat().st_size
    return {"written": (tracked[0] - plain[0]) / notebook, "memory": (tracked[1] - plain[1]) / size}
