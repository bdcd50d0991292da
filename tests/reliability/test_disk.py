"""The disk says no: each refusal is one clear error at once, nothing half-written stays, and the run goes on when it can."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_tracking.errors import RunGone, RunLocked, StorageError, StorageFull
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from jupyter_tracking.system import os_calls
from tests.reliability import writers
from tests.reliability.disks import AS_ROOT, file_limit, tmpfs
from tests.reliability.faults import FailAt
from tests.reliability.killed import finished
from tests.reliability.script import readable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


UUID = "0" * 32


@contextmanager
def full_after(root: Path, how: str) -> Iterator[tuple[Path, Path]]:
    """A root for runs on a disk of 64 KiB, and a file whose removal frees some of it; or, as a limit, on files of 48 KiB."""
    if how == "tmpfs":
        with tmpfs(root / "small", "size=64k") as small:
            ballast = small / "ballast"
            ballast.write_bytes(bytes(16_384))
            yield small, ballast
    else:
        with file_limit(16_384):
            yield root, root / "ballast"


HOW = pytest.mark.parametrize("how", [pytest.param("tmpfs", marks=AS_ROOT), "limit"])


def fill(run: Run, logged: list[int]) -> None:
    """Log until the disk refuses."""
    while True:
        run.log_metric("loss", writers.metric(len(logged)), len(logged))
        logged.append(len(logged))
        assert len(logged) < 10_000


def metric_rows(path: Path) -> list[tuple[int | None, float]]:
    """The rows of the metric, in order."""
    return readable(open_folder(path)).get(("metric", "loss"), [])


@HOW
def test_a_full_disk_keeps_every_acknowledged_row(root: Path, how: str) -> None:
    """Disk full: an error that names the file; acknowledged equals readable; with space again the run goes on, without repeats."""
    logged: list[int] = []
    with full_after(root, how) as (top, ballast):
        run = Run(top / "runs" / UUID)
        with pytest.raises(StorageFull, match=re.escape("events/metric/loss.plx was not written")) as caught:
            fill(run, logged)
        assert isinstance(caught.value, OSError)
        assert caught.value.errno in {errno.ENOSPC, errno.EFBIG}
        assert "every earlier row was kept" in str(caught.value)
        assert [step for step, _ in metric_rows(run.path)] == logged
        ballast.unlink(missing_ok=True)
        with file_limit(-1):
            for _ in range(5):
                run.log_metric("loss", writers.metric(len(logged)), len(logged))
                logged.append(len(logged))
            assert metric_rows(run.path) == [(step, writers.metric(step)) for step in logged]
            assert not find_problems(open_folder(run.path))
            run.end()
        assert open_folder(run.path).status == "succeeded"


@HOW
def test_a_full_disk_leaves_nothing_of_an_asset(root: Path, how: str) -> None:
    """No room for an asset: no row, no file, no leftover; what fits is logged."""
    with full_after(root, how) as (top, _):
        run = Run(top / "runs" / UUID)
        source = root / "large.bin"
        with file_limit(-1):
            source.write_bytes(os.urandom(80_000))
        before = sorted(p.relative_to(run.path) for p in run.path.rglob("*.*") if p.is_file())
        for log in (
            lambda: run.log_artifact(source, "large", step=1),
            lambda: run.log_artifact(source, "large"),
            lambda: run.log_model(source.parent / "folder", "folder", step=1),
            lambda: run.log_dataframe(writers.large_frame(), "frame", step=1),
        ):
            with file_limit(-1):
                (source.parent / "folder").mkdir(exist_ok=True)
                shutil.copy(source, source.parent / "folder")
            with pytest.raises(StorageFull):
                log()
        after = sorted(p.relative_to(run.path) for p in run.path.rglob("*.*") if p.is_file())
        assert after == before
        assert not any((run.path / ".jupyter-tracking" / "tmp").iterdir())
        small = root / "small.bin"
        small.write_bytes(b"fits")
        run.log_artifact(small, "small", step=1)
        assert readable(open_folder(run.path)) == {("file", "small"): [(1, b"fits")]}
        with file_limit(-1):
            shutil.rmtree(root / "folder")


@HOW
def test_a_full_disk_leaves_the_old_document(root: Path, how: str) -> None:
    """No room for the run's document: the old one stands, and a second end works once there is room."""
    with full_after(root, how) as (top, ballast):
        run = Run(top / "runs" / UUID)
        run.log_inputs(lr=0.1)
        run.log_metric("loss", 0.5, 1)
        if how == "tmpfs":
            with pytest.raises(OSError, match="No space"), (top / "filler").open("wb", buffering=0) as filler:
                while True:
                    filler.write(bytes(4096))
        with file_limit(16 if how == "limit" else -1):
            with pytest.raises(StorageFull, match="the old one is intact"):
                run.log_inputs(text="x" * 8000)
            with pytest.raises(StorageFull):
                run.end()
        assert not run.ended
        folder = open_folder(run.path)
        assert (folder.status, folder.info["inputs"]) == ("running", {"lr": 0.1})
        ballast.unlink(missing_ok=True)
        with file_limit(-1):
            run.end()
        folder = open_folder(run.path)
        assert (folder.status, folder.info["inputs"], folder.info["outputs"]) == ("succeeded", {"lr": 0.1}, {"loss": 0.5})


@HOW
def test_an_exception_is_not_hidden_by_a_run_that_cannot_end(root: Path, how: str) -> None:
    """What goes wrong in a `with` block comes out as it is, with a note that the run could not be ended."""
    with full_after(root, how) as (top, _):
        error = ZeroDivisionError("the user's own")
        with pytest.raises(ZeroDivisionError) as caught, Run(top / "runs" / UUID) as run, file_limit(1):
            run.path.joinpath("outputs").mkdir()
            monkey = FailAt(1, lambda: OSError(errno.ENOSPC, "No space left on device"), only="write")
            run._store.system = monkey
            raise error
        assert caught.value is error
        assert any("could not be ended" in note for note in error.__notes__)


@AS_ROOT
def test_a_read_only_disk_is_told_at_the_start(root: Path) -> None:
    """On a read-only file system the start fails, with the path and the reason, for a new run and for one that is there."""
    with tmpfs(root / "disk", "size=1m") as top:
        run = Run(top / "runs" / UUID)
        run.log_metric("loss", 1.0, 1)
        run.end()
        before = sorted(top.rglob("*"))
        subprocess.run(["mount", "-o", "remount,ro", top], check=True)
        for uuid in (UUID, "1" * 32):
            with pytest.raises(StorageError, match="Read-only file system") as caught:
                Run(top / "runs" / uuid)
            assert uuid in str(caught.value)
        assert sorted(top.rglob("*")) == before
        assert readable(open_folder(run.path)) == {("metric", "loss"): [(1, 1.0)]}


def test_a_folder_one_may_not_write_to_is_told_at_the_start(memory: Path) -> None:
    """Where the user may not write, the start fails with the path and the reason; nothing is made."""
    top = memory / "closed"
    top.mkdir()
    (top / "runs").mkdir()
    (top / "runs").chmod(0o555)
    memory.chmod(0o755)
    told = finished(writers.start_as_nobody, top / "runs" / UUID)
    assert told == [
        ("StorageError", f"[Errno 13] the run folder {top / 'runs' / UUID} was not written: Permission denied; nothing was made")
    ]
    assert not list((top / "runs").iterdir())


@pytest.mark.parametrize("at", range(1, 60, 2))
def test_a_start_that_fails_leaves_nothing(root: Path, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever call of a start fails, neither the run's folder nor those on the way to it remain."""
    system = FailAt(at, lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    monkeypatch.setattr("jupyter_tracking.storage.store.Syscalls", lambda: system)
    try:
        run = Run(root / "deep" / "runs" / UUID)
    except StorageFull:
        assert not list(root.iterdir()), system.failed
    else:
        system.at = 0  # what fails later is not the start
        run.end()


# --- the folder goes away --------------------------------------------------------------------------


def removed(path: Path) -> None:
    """Delete the run."""
    shutil.rmtree(path)


def moved(path: Path) -> None:
    """Move the run."""
    path.rename(path.with_name("elsewhere"))


def exchanged(path: Path) -> None:
    """Put a copy of the run in its place."""
    moved(path)
    shutil.copytree(path.with_name("elsewhere"), path)


@pytest.mark.parametrize("away", [removed, moved, exchanged])
def test_a_run_whose_folder_is_gone_says_so(root: Path, away) -> None:
    """Deleted, moved or exchanged under a live run: each call says so, and nothing is written anywhere."""
    run = Run(root / "runs" / UUID)
    run.log_metric("loss", 1.0, 1)
    source = root / "file.txt"
    source.write_text("text")
    folder = root / "folder"
    folder.mkdir()
    (folder / "file.txt").write_text("text")
    away(run.path)
    before = {p: p.read_bytes() if p.is_file() else None for p in root.rglob("*")}
    for call in (
        lambda: run.log_metric("loss", 2.0, 2),
        lambda: run.log_metric("new", 2.0, 2),
        lambda: run.log_artifact(source, step=1),
        lambda: run.log_artifact(source),
        lambda: run.log_model(folder),
        lambda: run.log_inputs(lr=1),
        run.sync,
        run.end,
    ):
        with pytest.raises(RunGone, match="was moved or deleted"):
            call()
    after = {p: p.read_bytes() if p.is_file() else None for p in root.rglob("*")}
    assert set(after) - set(before) <= {p for p in after if ".jupyter-tracking" in p.parts}
    assert {p: text for p, text in after.items() if ".jupyter-tracking" not in p.parts} == {
        p: text for p, text in before.items() if ".jupyter-tracking" not in p.parts
    }
    assert not list(root.rglob(".jupyter-tracking/tmp/*"))


def test_an_event_file_put_in_place_by_another_tool_is_gone_on_with(root: Path) -> None:
    """A row is never written to a file that has no name any more; what the other tool left is kept, a torn end cut off."""
    run = Run(root / "runs" / UUID)
    run.log_metric("loss", 1.0, 1)
    run.log_metric("loss", 2.0, 2)
    file = run.path / "events" / "metric" / "loss.plx"
    lines = file.read_bytes().splitlines(keepends=True)
    other = root / "other"
    other.write_bytes(b"".join(lines[:2]) + b"7|2024-")
    other.replace(file)
    run.log_metric("loss", 3.0, 3)
    assert metric_rows(run.path) == [(1, 1.0), (3, 3.0)]
    file.unlink()
    run.log_metric("loss", 4.0, 4)
    assert metric_rows(run.path) == [(4, 4.0)]
    file.write_bytes(b"")
    run.log_metric("loss", 5.0, 5)
    assert metric_rows(run.path) == [(5, 5.0)]


# --- limits ----------------------------------------------------------------------------------------


def test_more_names_than_descriptors(memory: Path) -> None:
    """5,000 metrics with 256 descriptors: every row of every name is there, after a sync and an end too."""
    path = memory / "runs" / UUID
    most = finished(writers.many_names, path, 5000, 256)[-1]
    assert most < 256
    rows = readable(open_folder(path))
    assert rows == {("metric", f"name {n}"): [(0, float(n)), (1, n + 0.5), (2, n + 0.75)] for n in range(5000)}


def without_locks(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let the file system have no locks."""

    def no_locks(_fd: int, _how: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("jupyter_tracking.storage.syscalls.Syscalls.flock", staticmethod(no_locks))


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_without_locks_one_writes_at_a_time(root: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system without locks a run works, with a note; a second writer is refused unless it insists."""
    without_locks(monkeypatch, number)
    path = root / "runs" / UUID
    with pytest.warns(UserWarning, match="without locks"):
        first = Run(path)
    first.log_metric("loss", 1.0, 1)
    assert open_folder(path).status == "running"
    with pytest.raises(RunLocked, match="no locks, so it may be gone"):
        Run(path)
    with pytest.warns(UserWarning, match="without locks"):
        second = Run(path, shared=True)
    second.log_metric("loss", 2.0, 2)
    second.end()
    first.log_metric("loss", 3.0, 3)
    first.end()
    with warnings.catch_warnings(action="ignore"):
        third = Run(path)
    third.end()
    assert metric_rows(path) == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_a_disk_without_hard_links(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no hard links files get their names by renaming, and none is ever overwritten."""

    def no_links(*_args: object, **_more: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr("jupyter_tracking.storage.syscalls.Syscalls.link", staticmethod(no_links))
    run = Run(root / "runs" / UUID)
    source = root / "a.txt"
    for step in range(3):
        source.write_text(f"version {step}")
        run.log_artifact(source, "a", step=7)
        run.log_metric("loss", float(step), step)
    run.end()
    assert readable(open_folder(run.path)) == {
        ("file", "a"): [(7, f"version {step}".encode()) for step in range(3)],
        ("metric", "loss"): [(0, 0.0), (1, 1.0), (2, 2.0)],
    }


def test_a_file_system_that_cannot_append(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the folders that some hosted notebooks mount from a store: the call says what to do instead, and a run that was copied there is read."""
    run = Run(root / "runs" / UUID)
    run.log_metric("loss", 1.0, 1)
    run.end()
    opened = os_calls.open

    def no_appends(path: Any, flags: int, *mode: int, dir_fd: int | None = None) -> int:
        if flags & os.O_APPEND:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        return opened(path, flags, *mode, dir_fd=dir_fd)

    monkeypatch.setattr("jupyter_tracking.storage.syscalls.Syscalls.open", staticmethod(no_appends))
    with pytest.raises(StorageError, match=r"this file system has no such call: keep runs on a disk of the machine \(root=…\)"):
        Run(root / "runs" / ("f" * 32)).log_metric("loss", 1.0, 1)
    assert metric_rows(run.path) == [(1, 1.0)]
    assert not find_problems(open_folder(run.path))


# --- the real kernel -------------------------------------------------------------------------------

STRACE = shutil.which("strace")


@pytest.mark.skipif(STRACE is None, reason="strace injects errors into real system calls; it is not installed")
@pytest.mark.parametrize("when", [3, 12])
def test_an_error_of_the_real_kernel(root: Path, when: int) -> None:
    """A write that the kernel itself fails is told, the row is not there, and the next one is."""
    Run(root / "runs" / UUID).log_metric("loss", -1.0, -1)
    program = (
        "import sys; from jupyter_tracking.record.run import Run; from jupyter_tracking.errors import StorageError\n"
        f"run = Run({str(root / 'runs' / UUID)!r}); told = []\n"
        "for step in range(20):\n"
        "    try: run.log_metric('loss', step / 7, step)\n"
        "    except StorageError: told.append(step)\n"
        "print(told)\n"
    )
    inject = [STRACE, "-f", "-qq", "-o", os.devnull, "-P", str(root / "runs" / UUID / "events" / "metric" / "loss.plx")]
    done = subprocess.run(
        [*inject, "-e", f"inject=write:error=EIO:when={when}", sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    failed = eval(done.stdout)
    assert len(failed) == 1
    assert [step for step, _ in metric_rows(root / "runs" / UUID)] == [step for step in range(-1, 20) if step not in failed]
