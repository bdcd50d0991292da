"""Life in a notebook, with real kernels: interrupts, restarts, reloads, two kernels on one run, hooks that fail."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import IPython
import pytest
from jupyter_client.manager import KernelManager

import jupyter_tracking
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.system import os_calls
from tests.reliability.script import readable

if TYPE_CHECKING:
    from collections.abc import Iterator

UUID = "0" * 32
PATIENCE = 60  # seconds until a kernel that does not answer is a failure


class Kernel:
    """A kernel and what its cells printed."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.manager = KernelManager()
        self.manager.start_kernel(cwd=str(folder), env={**os.environ, **environment, "IPYTHONDIR": str(folder / "ipython")})
        self.connect()

    def connect(self) -> None:
        """Wait until it listens."""
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(PATIENCE)

    def start(self, source: str) -> str:
        """Send a cell; return the number of its message."""
        return str(self.client.execute(source))

    def until(self, message: str, printed: str | None = None) -> str:
        """Return what a cell says until it is done, or until it has printed something; errors by their name and words."""
        said = ""
        while True:
            answer = self.client.get_iopub_msg(timeout=PATIENCE)
            if answer["parent_header"].get("msg_id") != message:
                continue
            content = answer["content"]
            if answer["msg_type"] == "stream":
                said += content["text"]
            elif answer["msg_type"] == "error":
                said += f"{content['ename']}: {content['evalue']}\n"
            elif answer["msg_type"] == "execute_result":
                said += content["data"]["text/plain"]
            elif answer["msg_type"] == "status" and content["execution_state"] == "idle":
                return said
            if printed is not None and printed in said:
                return said

    def run(self, source: str) -> str:
        """Run a cell; return what it says."""
        return self.until(self.start(source))

    def process(self) -> int:
        """Return the number of its process."""
        return int(self.run("import os; os.getpid()"))

    def close(self) -> None:
        """Let go of it."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernels(root: Path) -> Iterator[list[Kernel]]:
    """Kernels, ended with the test."""
    started: list[Kernel] = []
    yield started
    for kernel in started:
        kernel.close()


@pytest.fixture
def kernel(root: Path, kernels: list[Kernel]) -> Kernel:
    """A kernel with the extension loaded."""
    kernels.append(Kernel(root))
    said = kernels[-1].run("%load_ext jupyter_tracking")
    assert os_calls.MISSING_PROMISES in said if os_calls.MISSING_PROMISES else not said
    return kernels[-1]


SLOW = """
import threading, jupyter_tracking.storage.store as store
whole, go_on = store.Sink.write, threading.Event()
def slowly(sink, data):
    done = whole(sink, data)
    print("copying", flush=True)
    go_on.wait()
    return done
store.Sink.write = slowly
store.Sink.share = lambda sink, source: False
"""


def test_an_interrupted_copy_leaves_the_kernel_and_the_run_usable(root: Path, kernel: Kernel) -> None:
    """Interrupt in a long %log_artifact: the cell ends, nothing of the copy stays, and the next cells work."""
    (root / "large.bin").write_bytes(bytes(3 << 20))
    kernel.run(f"import jupyter_tracking as t; run = t.init(run_uuid={UUID!r})")
    kernel.run(SLOW)
    for step in ("--step 1", ""):
        cell = kernel.start(f"%log_artifact large.bin --name large {step}")
        kernel.until(cell, printed="copying")
        kernel.manager.interrupt_kernel()
        assert "KeyboardInterrupt" in kernel.until(cell)
    path = root / "runs" / UUID
    unfinished = path / ".jupyter-tracking" / "tmp"
    # The second file of the session's notebook lies there until the run ends.
    assert not [p for p in unfinished.iterdir() if not p.read_bytes().startswith(b'{"nbformat"')]
    assert not [p for p in path.rglob("*large*") if p.is_file() and p.suffix != ".plx"]
    kernel.run("go_on.set()")
    assert "copying" in kernel.run("%log_artifact large.bin --name large --step 1")
    kernel.run("%track_end")
    assert not list(unfinished.iterdir())
    folder = open_folder(path)
    assert folder.status == "succeeded"
    assert not find_problems(folder)
    assert [step for step, _ in readable(folder)["file", "large"]] == [1]


def test_a_restart_in_the_middle_and_run_all_again(root: Path, kernel: Kernel) -> None:
    """The kernel is restarted in the middle of a run and all cells run again: the first run is interrupted, the second its own."""
    cells = ["%load_ext jupyter_tracking", "%track_init --name same", "for i in range(50): t.log_metric('loss', i / 7, i)", "%track_end"]
    cells.insert(0, "import jupyter_tracking as t")
    for cell in cells[:4]:
        assert "Error" not in kernel.run(cell)
    (first,) = (root / "runs").iterdir()
    kernel.client.stop_channels()
    kernel.manager.restart_kernel(now=True)
    kernel.connect()
    assert open_folder(first).status == "interrupted"
    before = {p: p.read_bytes() for p in first.rglob("*") if p.is_file()}
    for cell in cells:
        assert "Error" not in kernel.run(cell)
    (second,) = set((root / "runs").iterdir()) - {first}
    expected = [(i, i / 7) for i in range(50)]
    for path, status in ((first, "interrupted"), (second, "succeeded")):
        assert open_folder(path).status == status
        assert readable(open_folder(path))["metric", "loss"] == expected
    assert {p: p.read_bytes() for p in first.rglob("*") if p.is_file()} == before


def test_a_killed_kernel_leaves_an_interrupted_run_that_can_be_resumed(root: Path, kernel: Kernel) -> None:
    """SIGKILL to the kernel in a cell that logs: every row that was told is there, the run is interrupted, another kernel resumes it."""
    process = kernel.process()
    kernel.run(f"import jupyter_tracking as t; run = t.init(run_uuid={UUID!r})")
    cell = kernel.start(
        "import itertools\nfor i in itertools.count():\n    t.log_metric('loss', i / 7, i)\n    print(f'<{i}>', flush=True)"
    )
    kernel.until(cell, printed="<20>")
    os.kill(process, signal.SIGKILL)
    path = root / "runs" / UUID
    while kernel.manager.is_alive():
        os.sched_yield()
    folder = open_folder(path)
    assert folder.status == "interrupted"
    rows = readable(folder)["metric", "loss"]
    assert len(rows) > 20
    assert rows == [(i, i / 7) for i in range(len(rows))]
    again = Kernel(root)
    try:
        assert "resumed" in again.run(f"%load_ext jupyter_tracking\n%track_init --resume {UUID[:8]}")
        again.run("%log_metric loss -1.0 --step 1000000")
        again.run("%track_end")
    finally:
        again.close()
    assert folder.status == "succeeded"
    assert readable(folder)["metric", "loss"] == [*rows, (1_000_000, -1.0)]


def test_two_kernels_on_one_run(root: Path, kernel: Kernel, kernels: list[Kernel]) -> None:
    """The second kernel is told in one line who writes; with shared=True both write whole rows; the first one's end frees the run."""
    kernel.run(f"import jupyter_tracking as t; run = t.init(run_uuid={UUID!r})")
    kernels.append(Kernel(root))
    other = kernels[-1]
    other.run("%load_ext jupyter_tracking\nimport jupyter_tracking as t")
    refused = other.run(f"%track_init --resume {UUID}")
    assert f"process {kernel.process()} on" in refused
    assert "end it there" in refused
    assert len(refused.strip().splitlines()) <= 2
    other.run(f"run = t.init(run_uuid={UUID!r}, shared=True)")
    cells = [k.start(f"for i in range(500): t.log_metric('loss', {number} + i / 1000, i)") for number, k in enumerate((kernel, other))]
    for k, cell in zip((kernel, other), cells, strict=True):
        assert not k.until(cell)
    found = readable(open_folder(root / "runs" / UUID))["metric", "loss"]
    for number in range(2):
        assert [(step, value) for step, value in found if int(value) == number] == [(i, number + i / 1000) for i in range(500)]
    other.run("run.end()")
    kernel.run("run.log_metric('after', 1.0)")
    kernel.run("%track_end")
    assert open_folder(root / "runs" / UUID).status == "succeeded"
    assert "resumed" in other.run(f"%track_init --resume {UUID}")


@pytest.mark.skipif(IPython.version_info < (9, 1), reason="%autoreload before IPython 9.1 takes the values from objects that have slots")
def test_a_reload_of_our_modules_leaves_the_run_alive(root: Path, kernels: list[Kernel]) -> None:
    """`%autoreload 2` reloads every module of ours in the middle of a run: it goes on and ends; the magics stay."""
    copy = root / "library" / "jupyter_tracking"
    shutil.copytree(Path(jupyter_tracking.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__", "static"))
    kernels.append(Kernel(root, PYTHONPATH=os.pathsep.join([str(copy.parent), os.environ.get("PYTHONPATH", "")])))
    kernel = kernels[-1]
    kernel.run("%load_ext autoreload\n%autoreload 2\n%load_ext jupyter_tracking\nimport jupyter_tracking as t")
    assert str(copy) in kernel.run("t.__file__")
    kernel.run(f"run = t.init(run_uuid={UUID!r}); t.log_metric('loss', 0.0, 0)")
    modules = sorted(copy.rglob("*.py"))
    for step, name in enumerate(modules, start=1):
        name.write_text(name.read_text() + f"\nRELOADED = {step}\n")
        os.utime(name, (step + 2_000_000_000, step + 2_000_000_000))
        if step % 10 == 0:
            said = kernel.run(f"%log_metric loss {step}/10 --step {step}")
            assert "Error" not in said.replace("[autoreload of", ""), said
            assert "Error" not in kernel.run(f"run.log_metric('other', {step}, {step}); t.log_text('note', 'x', {step})")
    journal = modules.index(copy / "storage" / "journal.py") + 1
    assert kernel.run("import jupyter_tracking.storage.journal as j; j.RELOADED") == str(journal)
    assert "Error" not in kernel.run("run.end()")
    folder = open_folder(root / "runs" / UUID)
    assert folder.status == "succeeded"
    assert not find_problems(folder)
    found = readable(folder)
    assert len(found["metric", "loss"]) == 1 + len(found["metric", "other"])


def test_loading_twice_and_a_hook_that_fails(root: Path, kernel: Kernel) -> None:
    """`%load_ext` twice changes nothing; a hook of ours that fails is told once and disturbs no cell."""
    assert "already loaded" in kernel.run("%load_ext jupyter_tracking")
    assert "Error" not in kernel.run("%reload_ext jupyter_tracking")
    kernel.run("import jupyter_tracking as t, jupyter_tracking.notebook.cell_hooks as hooks")
    kernel.run(
        "def broken(*_a, **_k): raise RuntimeError('ours')\n"
        "for name in dir(hooks.CellHooks):\n    if name in {'_begin', '_finish'}: setattr(hooks.CellHooks, name, broken)"
    )
    kernel.run(f"run = t.init(run_uuid={UUID!r})")
    said = [kernel.run(f"t.log_metric('loss', {i}, {i}); print('cell {i}')") for i in range(3)]
    assert [text.splitlines()[0] if text.startswith("cell") else text.splitlines()[-1] for text in said] == [f"cell {i}" for i in range(3)]
    assert sum("ours" in text for text in said) <= 1
    kernel.run("run.end()")
    assert readable(open_folder(root / "runs" / UUID))["metric", "loss"] == [(i, float(i)) for i in range(3)]


def test_the_same_cell_run_twice_clears_nothing(root: Path, kernel: Kernel) -> None:
    """%track_init again starts another run and says so; the first is ended and stays as it is, byte for byte."""
    kernel.run("import jupyter_tracking as t")
    cell = "%track_init --name again\nt.log_metric('loss', 0.5, 1)"
    kernel.run(cell)
    (first,) = (root / "runs").iterdir()
    kernel.run("%track_end")
    before = {p: p.read_bytes() for p in first.rglob("*") if p.is_file()}
    kernel.run(cell)
    assert len(list((root / "runs").iterdir())) == 2
    assert {p: p.read_bytes() for p in first.rglob("*") if p.is_file()} == before


def test_a_shutdown_kernel_stops_its_run(root: Path, kernel: Kernel) -> None:
    """A kernel that is shut down in order without an end leaves a complete run, which did not succeed."""
    kernel.run(f"import jupyter_tracking as t; run = t.init(run_uuid={UUID!r}); t.log_metric('loss', 1.0, 1)")
    kernel.client.stop_channels()
    kernel.manager.shutdown_kernel(now=False)
    assert open_folder(root / "runs" / UUID).status == "stopped"
    assert readable(open_folder(root / "runs" / UUID))["metric", "loss"] == [(1, 1.0)]
