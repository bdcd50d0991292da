"""A program: open runs in every way, each on a line of its own, and say what each way took: megabytes, seconds, and what it ended in."""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from pathlib import Path

import jupyter_tracking as tracking
from jupyter_tracking.errors import TrackingError

HERE = Path(__file__).parent


def peak() -> int:
    """The most memory that the process has had since `reset`, in MB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) >> 10


def reset() -> None:
    """Begin to measure anew."""
    Path("/proc/self/clear_refs").write_text("5")


def ways(run: str) -> dict[str, object]:
    """What is asked of a run."""
    view = tracking.open_run(run)
    named = view.artifacts()
    return {
        "runs": lambda: tracking.runs(Path(run).parent.parent),
        "load": lambda: [view.load(name, kind) for kind, name in named],
        "events": lambda: [view.events(name, kind) for kind, name in named],
        "show": lambda: [view.show(name, kind=kind)._page("x", 256_000) for kind, name in named],
        "save": lambda: view.save("/dev/null"),
        "check": lambda: view.problems(hashes=True),
        "log": view.logs,
    }


def main() -> None:
    """Read runs from standard input, one a line, and answer each way with a line of JSON."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    for line in sys.stdin:
        run = line.strip()
        for way, ask in ways(run).items():
            reset()
            began, said = time.monotonic(), ""
            try:
                ask()
            except (TrackingError, OSError) as error:
                said = f"{type(error).__name__}: {error}"
            except BaseException as error:  # noqa: BLE001
                said = f"FOREIGN {type(error).__name__}: {error}"
            answer = [run, way, peak(), round(time.monotonic() - began, 2), said[:300]]
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
