"""The end of the interpreter: what of a run lives until its modules and its builtins are gone says nothing on the way out."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

START = """
import builtins, ctypes, sys
from jupyter_tracking.record.run import Run
run = Run(sys.argv[1])
run.log_metric("loss", 1.0, 1)
run.log_inputs(lr=1)
"""

# Where the run lives until the very end.
PLACES = {
    "a global": "",
    "a builtin": "builtins.kept = run",
    "an attribute of sys": "sys.kept = run",
    "a module that is kept": "import types; kept = sys.modules['kept'] = types.ModuleType('kept'); kept.run = run; builtins.kept = kept",
    "a module that is gone": "del sys.modules['jupyter_tracking.storage.syscalls'], sys.modules['jupyter_tracking.storage.run_folder']",
    "globals that are gone": (
        "builtins.kept = run\n"
        "import atexit; from jupyter_tracking.record import process_exit; atexit.unregister(process_exit._end_open)\n"  # it comes before that
        "for name in [name for name in sys.modules if name.startswith('jupyter_tracking')]:\n"
        "    for key in [key for key in vars(sys.modules[name]) if not key.startswith('__')]:\n"
        "        vars(sys.modules[name])[key] = None"
    ),
    "a type": "class Kept: pass\nKept.run = run\nKept.itself = Kept\nctypes.pythonapi.Py_IncRef(ctypes.py_object(Kept))",
    "a circle": "run.circle = [run]; run.circle.append(run.circle)",
    "a codec": "import codecs; codecs.register(lambda name, run=run: None)",
    "a thread": "import threading; threading.local().run = run; threading.Thread(target=lambda run: __import__('time').sleep(60), args=(run,), daemon=True).start()",
    "a hook of the exit": "import atexit; atexit.register(lambda: run.log_metric('loss', 2.0, 2))",
    "an end at the exit": "import atexit; atexit.register(run.end)",
    "a start that failed": (
        "class Half(Run): pass\n"
        "builtins.kept = [cls.__new__(cls) for cls in "
        "(type(run), type(run._store), type(run._lineage), type(run._writer_lock))]"
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_said_at_the_end_of_the_interpreter(root: Path, place: str) -> None:
    """Wherever the run is kept, stderr stays empty and the process ends well."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", START + PLACES[place], root / "runs" / ("0" * 32)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
