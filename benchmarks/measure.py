"""One measurement in this process: `python -m benchmarks.measure CONTENDER WORKLOAD FOLDER SIZE [--prepare]`.

The last line of output is a JSON object, measure → figure.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.workloads import NotThere


def main() -> int:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender")
    parser.add_argument("workload")
    parser.add_argument("folder", type=Path, help="where the contender writes; is there and empty, or holds what --prepare left")
    parser.add_argument("size", type=int)
    parser.add_argument("--prepare", action="store_true", help="only make what the measurement needs")
    given = parser.parse_args()
    contender = import_module(f"benchmarks.contenders.{given.contender}")
    workload = import_module(f"benchmarks.workloads.{given.workload}")
    folder = given.folder.absolute()
    os.chdir(folder)
    try:
        if given.prepare:
            workload.prepare(contender, folder, given.size)
            result = {}
        else:
            result = workload.measure(contender, folder, given.size)
    except NotThere as absent:
        result = {"not there": str(absent)}
    sys.stdout.flush()
    print("\n" + json.dumps(result), flush=True)
    # No clean-up of a contender's threads and processes is part of a measurement.
    os._exit(0)


if __name__ == "__main__":
    main()
