"""What `sync` and `end` of a run with a mirror returned for is at the store; where it is not, they say so and training goes on."""

from __future__ import annotations

import os
import signal
import warnings
from typing import TYPE_CHECKING

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import TrackingWarning
from jupyter_tracking.magics import commands
from jupyter_tracking.remote import start
from tests.remote.test_mirror import is_whole, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.session import ActiveRun
    from tests.remote.conftest import Bucket

pytestmark = pytest.mark.remote


def begin(root: Path, bucket: Bucket) -> ActiveRun:
    """Start a run with a mirror, and log a hundred rows."""
    run = tracking.init(
        name="synced", root=root, mirror=bucket.url, storage_options=bucket.options, quiet=True, track_env=False, track_code=False
    )
    log(run, 0, 100)
    return run  # type: ignore[return-value]


def log(run: tracking.Run, first: int, end: int) -> None:
    """Log a value at each step."""
    for step in range(first, end):
        run.log_metric("loss", step / 2, step=step)


def rows(bucket: Bucket, run: tracking.Run) -> int:
    """How many rows a reader at the store finds."""
    return len(tracking.open_run(f"{bucket.url}/runs/{run.uuid}", storage_options=bucket.options).metrics("loss"))


def mirror_of(run: ActiveRun) -> int:
    """The number of the process that copies a run."""
    copier = run._copier
    assert isinstance(copier, start.MirrorProcess)
    return copier.pid


def test_what_was_synced_is_at_the_store(tmp_path: Path, quick_bucket: Bucket) -> None:
    """At once, and each time; and the whole run when it has ended."""
    run = begin(tmp_path, quick_bucket)
    for number in range(1, 12):
        tracking.sync()
        assert rows(quick_bucket, run) == 100 * number
        log(run, 100 * number, 100 * (number + 1))
    mirror = run._copier
    run.end()
    assert is_whole(quick_bucket, run.path)
    assert rows(quick_bucket, run) == 1200
    assert tracking.runs(root=quick_bucket.url, storage_options=quick_bucket.options)["status"].tolist() == ["succeeded"]
    assert isinstance(mirror, start.MirrorProcess)
    assert wait_for(lambda: mirror._status is not None and [mirror._status]) == [0]


def test_a_mirror_that_was_killed_is_told(tmp_path: Path, quick_bucket: Bucket) -> None:
    """Once by itself, and by each call that cannot wait for it; a push sends the rest."""
    run = begin(tmp_path, quick_bucket)
    run.sync()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        os.kill(mirror_of(run), signal.SIGKILL)
        wait_for(lambda: told)
    assert [each.category for each in told] == [TrackingWarning]
    assert "the process that copies it has ended; the run itself is whole in its folder, and push() sends the rest" in str(told[0].message)
    assert told[0].filename == __file__
    log(run, 100, 200)
    with pytest.warns(TrackingWarning, match=f"what was logged is not all at {quick_bucket.url}: the process that copies it has ended"):
        run.sync()
    with pytest.warns(TrackingWarning, match="has ended"):
        run.end()
    assert tracking.open_run(run).status == "succeeded"
    tracking.push(run, quick_bucket.url, quick_bucket.options)
    assert rows(quick_bucket, run) == 200


def test_a_store_that_fails_is_told(tmp_path: Path, quick_bucket: Bucket) -> None:
    """Once to the kernel, though nothing waits; and by `sync`, until the store answers again."""
    run = begin(tmp_path, quick_bucket)
    run.sync()
    quick_bucket.proxy.fault = lambda request: "expired" if request.does == "PUT" else None
    log(run, 100, 200)
    for _ in range(2):
        with pytest.warns(TrackingWarning, match="the credentials have expired.*; it is tried again") as told:
            run.sync()
        assert len(told) == 1
    quick_bucket.proxy.fault = lambda _: None
    run.sync()
    assert rows(quick_bucket, run) == 200
    run.end()


def test_a_store_that_fails_from_the_start_is_told_once(tmp_path: Path, quick_bucket: Bucket) -> None:
    """As a warning at the line that asked for the mirror, and not again for each look."""
    quick_bucket.proxy.fault = lambda _: "denied"
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        run = begin(tmp_path, quick_bucket)
        wait_for(lambda: told)
        assert "is behind: " in str(told[0].message)
        assert "access is denied" in str(told[0].message)
        assert told[0].filename == __file__
        run.end()
    assert len(told) == 2
    assert str(told[1].message).startswith("what was logged is not all at")
    quick_bucket.proxy.fault = lambda _: None
    wait_for(lambda: is_whole(quick_bucket, run.path))


def test_a_mirror_that_does_not_answer_is_not_waited_for(tmp_path: Path, quick_bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than its time; it goes on by itself."""
    run = begin(tmp_path, quick_bucket)
    run.sync()
    os.kill(mirror_of(run), signal.SIGSTOP)
    monkeypatch.setattr(start, "PATIENCE", 0.2)
    log(run, 100, 200)
    with pytest.warns(TrackingWarning, match="it took more than 0.2 s; the copying goes on"):
        run.sync()
    os.kill(mirror_of(run), signal.SIGCONT)
    monkeypatch.undo()
    run.sync()
    assert rows(quick_bucket, run) == 200
    run.end()


def test_a_forked_process_says_that_it_does_not_wait(tmp_path: Path, quick_bucket: Bucket) -> None:
    """What it logged is sent with its parent's."""
    run = begin(tmp_path, quick_bucket)
    child = os.fork()
    if not child:
        status = 1
        try:
            log(run, 100, 200)
            with pytest.warns(TrackingWarning, match="was forked cannot wait"):
                run.sync()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    run.sync()
    assert rows(quick_bucket, run) == 200
    run.end()


def test_the_magic_starts_a_mirror(tmp_path: Path) -> None:
    """`%track_init --mirror`, here to a folder, with which `%track_end` leaves the whole run."""
    commands.track_init(name="magic", root=tmp_path / "here", mirror=f"file://{tmp_path}/there", track_env=False, quiet=True)
    tracking.log_metric("loss", 1, step=1)
    commands.track_end()
    assert tracking.runs(root=tmp_path / "there")["name"].tolist() == ["magic"]
    assert tracking.open_run("magic", root=tmp_path / "there").metrics("loss")["loss"].tolist() == [1]
