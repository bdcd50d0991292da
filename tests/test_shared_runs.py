"""Several processes write one run: it is over when the first has ended it and nobody writes to it any more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import jupyter_tracking as tracking
from jupyter_tracking import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

QUIET = {"track_env": False, "track_code": False, "track_logs": False}

# A worker takes orders from its standard input, a line each, and answers with a line: `ok`, or the name of the error.
WORKER = """
import os, sys, jupyter_tracking as t
run = t.init(run_uuid=sys.argv[1], root=sys.argv[2], shared=True, track_env=False, track_code=False, track_logs=False)
print("ok", flush=True)
for line in sys.stdin:
    try:
        exec(line)
    except Exception as error:
        print(type(error).__name__, flush=True)
    else:
        print("ok", flush=True)
"""


class Worker:
    """A process that has joined a run."""

    def __init__(self, run: tracking.Run | tracking.RunView, root: Path) -> None:
        """Join the run."""
        command = [sys.executable, "-c", WORKER, run.uuid, str(root)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._answer().startswith("resumed")
        assert self._answer() == "ok"

    def __call__(self, line: str) -> str:
        """Give an order, and return the answer."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        """Let the process come to its end."""
        self.process.stdin.close()
        assert self.process.wait(60) == 0

    def kill(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait(60)


@pytest.fixture
def run(root: Path) -> Iterator[tracking.Run]:
    """A run of this process."""
    with tracking.init(root=root, **QUIET) as run:
        run.log_metric("before", 1, step=1)
        yield run


@pytest.fixture
def worker(run: tracking.Run, root: Path) -> Iterator[Worker]:
    """A worker that has joined it."""
    worker = Worker(run, root)
    yield worker
    worker.kill()
    worker.process.stdin.close()
    worker.process.stdout.close()


def status_on_disk(run: tracking.Run) -> str:
    """What `run.plx.json` says, as Polyaxon reads it."""
    return str(json.loads((run.path / "run.plx.json").read_text())["status"])


@pytest.mark.parametrize("how", ["t.end()", "t.log_failed('Loss', 'diverged')", "run.end('stopped')", "leave", "kill"])
def test_a_worker_that_leaves_ends_nothing(run: tracking.Run, worker: Worker, how: str) -> None:
    """The run goes on, what is logged afterwards is found, and the status is that of its own process."""
    assert worker("t.log_metric('of the worker', 1, step=1)") == "ok"
    getattr(worker, how)() if how in {"leave", "kill"} else worker(how)
    assert (tracking.open_run(run).status, status_on_disk(run)) == ("running", "running")
    run.log_metric("after", 2, step=1)
    run.log_inputs(seed=3)
    assert tracking.open_run(run).load("after") == 2.0
    run.end()
    view = tracking.open_run(run)
    assert (view.status, status_on_disk(run)) == ("succeeded", "succeeded")
    assert view.outputs == {"before": 1.0, "of the worker": 1.0, "after": 2.0}
    assert view.inputs == {"seed": 3}
    conditions = [condition["type"] for condition in view.info["status_conditions"]]
    assert conditions == ["created", "running", *(["warning"] if "failed" in how else []), "succeeded"]


@pytest.mark.parametrize("how", ["leave", "kill", "t.end()"])
def test_a_run_that_was_ended_is_over_when_its_last_worker_has_left(run: tracking.Run, worker: Worker, how: str) -> None:
    """Until then it is running; what the worker logs meanwhile is found, and the status is what the run's own process said."""
    run.end("failed", "Loss", "diverged")
    assert run.ended
    assert (tracking.open_run(run).status, status_on_disk(run)) == ("running", "running")
    assert worker("t.log_metric('late', 4, step=1); t.log_inputs(k=1)") == "ok"
    getattr(worker, how)() if how in {"leave", "kill"} else worker(how)
    view = tracking.open_run(run)
    assert view.status == "failed"
    assert (view.load("late"), view.inputs) == (4.0, {"k": 1})
    if how != "kill":
        assert status_on_disk(run) == "failed"
        assert view.info["status_conditions"][-1]["message"] == "diverged"
        assert "late" in (view.path / "lineages.plx.json").read_text()


def test_a_run_whose_own_process_was_killed_is_interrupted(root: Path) -> None:
    """However well its workers end."""
    script = "import jupyter_tracking as t, sys; r = t.init(name='killed', track_env=False); t.log_metric('a', 1); print('x', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline(), process.stdout.readline()
        worker = Worker(tracking.open_run("killed", root), root)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        assert tracking.open_run("killed", root).status == "running"
        assert worker("t.log_metric('b', 2); t.end()") == "ok"
        worker.leave()
        worker.process.stdout.close()
    view = tracking.open_run("killed", root)
    assert (view.status, view.load("b")) == ("interrupted", 2.0)
    with tracking.init(root=root, run_uuid=view.uuid, **QUIET):
        pass
    assert tracking.open_run("killed", root).status == "succeeded"


def test_a_block_of_a_worker_that_fails_is_told_in_the_run(run: tracking.Run, worker: Worker) -> None:
    """As a warning among the conditions: the run itself may go well."""
    assert worker("run.__exit__(ValueError, ValueError('no such fold'), None)") == "ok"
    run.end()
    view = tracking.open_run(run)
    assert view.status == "succeeded"
    assert ("warning", "ValueError: no such fold") in [(c["type"], c["message"]) for c in view.info["status_conditions"]]


def in_child(call: Callable[[], object]) -> tuple[int, list[int]]:
    """Fork a child that makes a call when it is told to; return its pid, and the ends of the pipes to tell it and to hear of it."""
    go, told = os.pipe()
    answer, done = os.pipe()
    pid = os.fork()
    if pid == 0:
        said = b"ok"
        try:
            os.read(go, 1)
            call()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent is told
            said = type(error).__name__.encode()
        os.write(done, said)
        os._exit(0)
    os.close(go)
    os.close(done)
    return pid, [told, answer]


def ask(pid: int, pipes: list[int]) -> str:
    """Let a forked child make its call; return what it says."""
    told, answer = pipes
    os.write(told, b"!")
    said = os.read(answer, 100).decode()
    os.waitpid(pid, 0)
    os.close(told)
    os.close(answer)
    return said


@pytest.mark.parametrize("name", ["before", "new"])
def test_a_forked_child_is_refused_after_its_parents_end(root: Path, name: str) -> None:
    """A value that nobody would find is not taken: the run has ended, and the child is told."""
    run = tracking.init(root=root, **QUIET)
    run.log_metric("before", 1, step=1)
    child = in_child(lambda: run.log_metric(name, 2, step=2))
    run.end()
    assert ask(*child) == "RunEnded"
    view = tracking.open_run(run)
    assert (view.status, view.outputs, view.artifacts()) == ("succeeded", {"before": 1.0}, [("metric", "before")])


def test_a_forked_child_logs_until_its_parents_end(root: Path) -> None:
    """Rows of old and of new names are there; then, in the same child, the next is refused."""
    run = tracking.init(root=root, **QUIET)
    run.log_metric("loss", 1, step=1)
    go, told = os.pipe()
    answer, done = os.pipe()
    pid = os.fork()
    if pid == 0:
        for step in (2, 3):
            said = b"ok"
            try:
                run.log_metric("loss", step, step=step)
                run.log_metric("of the child", step, step=step)
            except errors.RunEnded:
                said = b"ended"
            os.write(done, said.ljust(8))
            os.read(go, 1)
        os._exit(0)
    assert os.read(answer, 8).strip() == b"ok"
    run.end()
    os.write(told, b"!")
    assert os.read(answer, 8).strip() == b"ended"
    os.write(told, b"!")
    os.waitpid(pid, 0)
    for fd in (go, told, answer, done):
        os.close(fd)
    view = tracking.open_run(run)
    assert view.metrics("loss", "of the child")["of the child"].dropna().tolist() == [2.0]
    assert view.outputs == {"loss": 2.0, "of the child": 2.0}
