"""A process that ends while a run is open ends the run too, with the status that is true of it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import jupyter_tracking as tracking

if TYPE_CHECKING:
    from pathlib import Path

START = "import jupyter_tracking as t, sys; run = t.init(name='open', track_env=False); t.log_metric('loss', 0.5, step=1)\n"
# What a script does after it has logged, and the status, reason and message that its run has then.
SCRIPTS = {
    "ends": ("pass", "succeeded", "Run has succeeded"),
    "exits well": ("sys.exit()", "succeeded", "Run has succeeded"),
    "exits with 0": ("sys.exit(0)", "succeeded", "Run has succeeded"),
    "exits with a code": ("def f(): sys.exit(3)\nf()", "failed", "exit code 3"),
    "exits with words": ("sys.exit('no data')", "failed", "no data"),
    "exits where other errors are caught": ("def f():\n try: sys.exit(3)\n except ValueError: pass\nf()", "failed", "exit code 3"),
    "exits where something is done at last": ("def f():\n try: sys.exit(3)\n finally: len('')\nf()", "failed", "exit code 3"),
    "exits in a block": ("import contextlib\ndef f():\n with contextlib.suppress(ValueError): sys.exit(3)\nf()", "failed", "exit code 3"),
    "raises SystemExit itself": ("def f(): raise SystemExit(1)\nf()", "stopped", "its exit code is not known"),
    "exits in a coroutine": ("import asyncio\nasync def f(): sys.exit(4)\nasyncio.run(f())", "failed", "exit code 4"),
    "is asked to exit, and goes on": ("try: sys.exit(2)\nexcept SystemExit as e: kept = e", "succeeded", "Run has succeeded"),
    "a thread of it exits": (
        "import threading\nth = threading.Thread(target=sys.exit, args=(5,)); th.start(); th.join()",
        "succeeded",
        "Run has",
    ),
    "raises": ("def f(): raise ValueError('no such column')\nf()", "failed", "ValueError: no such column"),
    "raises in a coroutine": ("import asyncio\nasync def f(): 1 / 0\nasyncio.run(f())", "failed", "ZeroDivisionError: division by zero"),
    "raises a secret": ("raise ValueError('password=hunter22hunter')", "failed", "ValueError: password=***"),
    "is interrupted": ("raise KeyboardInterrupt", "stopped", "interrupted"),
    "catches what it raises": ("try: 1 / 0\nexcept ZeroDivisionError: pass", "succeeded", "Run has succeeded"),
    "a thread of it raises": (
        "import threading\nth = threading.Thread(target=lambda: 1 / 0); th.start(); th.join()",
        "succeeded",
        "Run has",
    ),
    "has a hook of its own": ("sys.excepthook = lambda *told: None\n1 / 0", "failed", "ZeroDivisionError: division by zero"),
    "says so itself": ("t.log_failed('Loss', 'diverged')", "failed", "diverged"),
    "says so, and then raises": ("t.log_status('failed', 'Loss', 'diverged')", "failed", "diverged"),
    "starts it in a thread": (
        (
            "t.end(); import threading\nth = threading.Thread(target=t.init, kwargs={'name': 'open', 'track_env': False}); th.start(); th.join()\n"
            "import jupyter_tracking.session as s; s._active[0].log_metric('loss', 0.5, step=1)\n1 / 0"
        ),
        "failed",
        "ZeroDivisionError: division by zero",
    ),
    "starts it by the class": (
        "t.end(); import os; from jupyter_tracking import Run\nrun = Run(os.path.join(run.path, '..', 'f' * 32), name='open'); run.log_metric('loss', 0.5)",
        "succeeded",
        "Run has succeeded",
    ),
    "leaves it by a fork's end": (
        "import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\nelse: sys.exit(7)",
        "succeeded",
        "Run has succeeded",
    ),
}


def runs_of(script: str, root: Path) -> list[tracking.RunView]:
    """The runs that a script leaves, the newest first."""
    subprocess.run([sys.executable, "-c", START + script], cwd=root, capture_output=True, text=True, check=False, timeout=60)
    return [tracking.open_run(uuid, root) for uuid in tracking.runs(root)["uuid"]]


@pytest.mark.parametrize("how", SCRIPTS)
def test_a_script_that_never_ends_its_run_has_ended_it(root: Path, how: str) -> None:
    """Status and reason are those of the script, and the folder is complete."""
    script, status, words = SCRIPTS[how]
    view = runs_of(script, root)[0]
    document = json.loads((view.path / "run.plx.json").read_text())
    assert (view.status, document["status"]) == (status, status)
    assert words in document["status_conditions"][-1]["message"]
    assert document["outputs"] == {"loss": 0.5}
    assert [record["name"] for record in json.loads((view.path / "lineages.plx.json").read_text())][-1] == "loss"
    assert len(view.problems(hashes=True)) == 0


@pytest.mark.parametrize("script", ["import os; os._exit(0)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_process_that_is_killed_leaves_its_run_interrupted(root: Path, script: str) -> None:
    """Nobody ended the run, and nobody says that it succeeded."""
    [view] = runs_of(script, root)
    assert view.status == "interrupted"
    assert view.load("loss") == 0.5


def test_several_open_runs_all_end(root: Path) -> None:
    """The inner one first; what it prints stays on the terminal's side."""
    views = runs_of("inner = t.Run(str(run.path)[:-32] + 'e' * 32); inner.log_metric('a', 1)\n1 / 0", root)
    assert [view.status for view in views] == ["failed", "failed"]


@pytest.mark.parametrize(
    ("kind", "status"), [("SystemExit(0)", "succeeded"), ("SystemExit(2)", "failed"), ("KeyboardInterrupt()", "stopped")]
)
def test_a_block_ends_as_the_process_would(root: Path, kind: str, status: str) -> None:
    """`sys.exit(0)` inside of the block is no failure."""
    error = eval(kind)
    with pytest.raises(type(error)), tracking.init(root=root) as run:
        raise error
    assert tracking.open_run(run).status == status


def test_a_cancelled_task_stops_its_run(root: Path) -> None:
    """A cancelled trial did not fail."""
    import asyncio

    async def trial() -> None:
        with tracking.init(root=root, name="cancelled"):
            await asyncio.sleep(60)

    async def main() -> None:
        task = asyncio.ensure_future(trial())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())
    assert tracking.open_run("cancelled", root).status == "stopped"


def test_a_kernel_that_shuts_down_leaves_a_complete_run(root: Path) -> None:
    """Its cells may have raised: the run goes on after each, and is stopped with the kernel."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3", cwd=str(root))
    try:
        for code in (START, "1 / 0", "t.log_metric('loss', 0.25, step=2)"):
            client.execute_interactive(code, timeout=60, output_hook=str)
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    view = tracking.open_run("open", root)
    document = json.loads((view.path / "run.plx.json").read_text())
    assert (view.status, document["status"], document["outputs"]) == ("stopped", "stopped", {"loss": 0.25})
    assert (view.path / "lineages.plx.json").exists()
    assert [cell["outcome"] for cell in view.cells().to_dict("records")] == ["ok", "error", "ok"]
    assert len(view.problems(hashes=True)) == 0
