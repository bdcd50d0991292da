"""Two machines and one run, on a file system whose locks each keeps to itself: none takes the other's run, marks or unfinished files."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import RunLocked
from jupyter_tracking.format import paths
from jupyter_tracking.record.run import Run
from jupyter_tracking.storage.presence import heartbeat
from jupyter_tracking.storage.presence.marks import LASTS
from tests.reliability.machines import on_machine

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    Machine = Callable[[str], AbstractContextManager[None]]

UNFINISHED = ".jupyter-tracking/tmp/4711-unfinished-0.tmp"


@pytest.fixture
def on(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Be a machine for a block."""
    locks = tmp_path_factory.mktemp("locks")
    return lambda name: on_machine(name, locks, monkeypatch)


def marks(run: Any) -> list[Path]:
    """The marks in a run."""
    return sorted((run.path / ".jupyter-tracking" / "writers").iterdir())


def age(mark: Path, seconds: float) -> None:
    """Let a mark have been touched so many seconds ago."""
    os.utime(mark, times=(time.time() - seconds,) * 2)


def heartbeats() -> set[threading.Thread]:
    """The threads that touch marks."""
    return {thread for thread in threading.enumerate() if thread.name == "jupyter-tracking heartbeat"}


def begin(root: Path) -> Run:
    """A run with a row, and a file that its machine has not finished. It is no run of the session, which has one at a time."""
    run = Run(paths.run_path(root, paths.new_uuid()), name="far")
    run.log_metric("loss", 1.0, step=1)
    (run.path / UNFINISHED).write_text("half of a picture")
    return run


def test_another_machine_is_refused_by_name_and_changes_nothing(root: Path, on: Machine) -> None:
    """The refusal names the machine and when it last gave a sign; its mark and its unfinished files stay."""
    with on("node7"):
        run = begin(root)
        before = marks(run)
        age(before[0], 12)
    with on("node8"):
        with pytest.raises(RunLocked, match=r"on node7 \(last sign of life 1[2-4] s ago\) is writing.*shared=True"):
            Run(run.path)
        assert (marks(run), (run.path / UNFINISHED).read_text()) == (before, "half of a picture")
        with pytest.raises(RunLocked, match="node7"):
            tracking.open_run(run.uuid, root).delete()
    with on("node7"):
        run.log_metric("loss", 0.5, step=2)
        run.end()
    assert (tracking.open_run(run).status, marks(run)) == ("succeeded", [])


def test_a_reader_says_when_the_other_machine_gave_its_last_sign(root: Path, on: Machine) -> None:
    """The status is one of the known words; the message beside it says the rest, in the view, the table and the listing."""
    with on("node7"):
        run = begin(root)
        age(marks(run)[0], 31)
        assert tracking.open_run(run).status_message == ""
    with on("node8"):
        view = tracking.open_run(run.uuid, root)
        assert (view.status, view.status_reason) == ("running", "")
        assert re.fullmatch(r"last sign of life 3\d s ago on node7", view.status_message)
        assert "running (last sign of life 3" in repr(view)
        assert list(tracking.runs(root, where="status = running and node7").uuid) == [run.uuid]
    with on("node7"):
        run.end()
    with on("node8"):
        assert (view.status, view.status_message) == ("succeeded", "")


def test_a_machine_that_gives_no_sign_is_gone_and_its_files_stay_as_they_are(root: Path, on: Machine) -> None:
    """After as long as its mark says: the run is interrupted, another goes on with it, and removes neither mark nor unfinished file."""
    with on("node7"):
        run = begin(root)
        mark = marks(run)[0]
    with on("node8"):
        age(mark, LASTS - 5)
        assert tracking.open_run(run.uuid, root).status == "running"
        age(mark, LASTS + 1)
        assert tracking.open_run(run.uuid, root).status == "interrupted"
        with Run(run.path) as again:
            again.log_metric("loss", 0.25, step=2)
            assert mark in marks(run)
        view = tracking.open_run(run.uuid, root)
        assert (view.status, len(view.metrics("loss"))) == ("succeeded", 2)
        assert (marks(run), (run.path / UNFINISHED).exists()) == ([mark], True)
    with on("node7"):
        run.end()
    assert marks(run) == []


@pytest.mark.parametrize("lasts", [1e300, float("inf"), float("nan"), -1, True, "60", None, [], {}])
def test_a_mark_of_anybody_claims_an_hour_at_most(root: Path, on: Machine, lasts: object) -> None:
    """Whatever it says, in whatever form, readers and writers go on."""
    with on("node7"), begin(root) as run:
        pass
    mark = run.path / ".jupyter-tracking" / "writers" / "1-hostile.lock"
    mark.parent.mkdir(exist_ok=True)
    said = {"pid": [], "host": {"\x1b[2J": "\u202e"}, "client": 3, "rank": "x"}
    mark.write_text(json.dumps({**said, **({} if lasts is None else {"lasts": lasts})}))
    age(mark, 4000)
    with on("node8"):
        assert "\x1b" not in repr(tracking.open_run(run))
        with Run(run.path, shared=True) as again:
            again.log_metric("loss", 1.0)
    assert mark.exists()


def test_a_mark_of_an_earlier_version_counts_until_the_run_has_ended(root: Path, on: Machine) -> None:
    """It is never touched: of a run that is running it is living, of one that has ended it is gone."""
    with on("node8"):
        run = begin(root)
        own = marks(run)[0]
        old = own.with_name("4711-0123abcd.lock")
        old.write_text(json.dumps({"pid": 4711, "host": "node7"}))
        age(old, 90_000)
        run._writer_lock.release()  # type: ignore[union-attr] # as if it were killed
        with pytest.raises(RunLocked, match="process 4711 on node7"):
            Run(run.path)
        document = json.loads((run.path / "run.plx.json").read_text())
        (run.path / "run.plx.json").write_text(json.dumps({**document, "status": "failed"}))
        with Run(run.path):
            assert old.exists()


def test_a_mark_of_a_disk_of_this_machine_is_gone_with_its_process(root: Path) -> None:
    """Also where the machine was started anew meanwhile, or has another name now: nobody else can have the disk."""
    run = begin(root)
    mark = marks(run)[0]
    said = json.loads(mark.read_text())
    assert "lasts" not in said
    run._writer_lock.release()  # type: ignore[union-attr]
    mark.write_text(json.dumps({**said, "client": "of an earlier boot", "host": "another name"}))
    assert tracking.open_run(run.uuid, root).status == "interrupted"
    with Run(run.path):
        assert mark not in marks(run)
        assert not (run.path / UNFINISHED).exists()


def test_a_quiet_run_gives_signs_and_a_disk_of_this_machine_needs_none(root: Path, on: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread touches the mark where the file system may be shared; its end is the run's."""
    touched = threading.Event()
    beat = os.utime
    monkeypatch.setattr(heartbeat, "INTERVAL", 0.001)
    monkeypatch.setattr(heartbeat.os, "utime", lambda *args, **more: (beat(*args, **more), touched.set()))
    before = heartbeats()
    with begin(root):
        assert not heartbeats() - before
    with on("node7"):
        run = begin(root)
        age(marks(run)[0], 1000)
        touched.clear()
        assert touched.wait(30)
        assert time.time() - marks(run)[0].stat().st_mtime < 500
        run.end()
    for thread in heartbeats() - before:
        thread.join(30)
        assert not thread.is_alive()


def test_a_killed_process_is_told_by_its_own_machine_at_once(root: Path, on: Machine, tmp_path_factory: pytest.TempPathFactory) -> None:
    """There its lock says so; the other machine waits for a sign."""
    locks = tmp_path_factory.mktemp("shared-locks")
    script = (
        "import sys, pathlib, jupyter_tracking as t; from tests.reliability.machines import become;"
        "become('node7', pathlib.Path(sys.argv[1]));"
        "run = t.init(root=sys.argv[2], track_env=False, quiet=True); run.log_metric('a', 1); print(run.uuid, flush=True); input()"
    )
    checkout = Path(__file__).parent.parent.parent
    command = [sys.executable, "-c", script, str(locks), str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=checkout) as process:
        uuid = process.stdout.readline().strip()  # type: ignore[union-attr]
        with pytest.MonkeyPatch.context() as patch, on_machine("node7", locks, patch):
            assert tracking.open_run(uuid, root).status == "running"
            process.send_signal(signal.SIGKILL)
            process.wait(60)
            assert tracking.open_run(uuid, root).status == "interrupted"
    with on("node8"):
        assert tracking.open_run(uuid, root).status == "running"
