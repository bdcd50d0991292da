"""What `import` costs over bare Python, and `%load_ext` over bare IPython."""

from __future__ import annotations

import subprocess
import sys
from time import perf_counter

from benchmarks.workloads import PEERS, Goal, NotThere

TITLE = "import, and %load_ext"
UNITS = {"import": "ms over bare Python", "extension": "ms over bare IPython"}
SIZE, QUICK, TINY = 1, 1, 1
GOALS = (Goal("import", 15), Goal("extension", 60), Goal("import", 0.1, PEERS))

SHELL = "from IPython.core.interactiveshell import InteractiveShell as S; s = S.instance(); import time; b = time.perf_counter(); {}"
PRINT = "; print(time.perf_counter() - b)"


def measure(contender, folder, size):  # noqa: ARG001 - every workload has the same arguments
    library = getattr(contender, "IMPORT", None)
    if library is None:
        raise NotThere("IMPORT")
    started("pass")  # the first of all reads from the disk
    started(f"import {library}")
    taken = [(started("pass"), started(f"import {library}")) for _ in range(size)]
    figures = {"import": 1e3 * (min(t for _, t in taken) - min(t for t, _ in taken))}
    extension = getattr(contender, "EXTENSION", None)
    if extension is not None:
        load = SHELL.format(f"s.run_line_magic('load_ext', '{extension}')") + PRINT
        figures["extension"] = 1e3 * min(float(subprocess.check_output([sys.executable, "-c", load])) for _ in range(size))
    return figures


def started(code):
    begin = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return perf_counter() - begin
