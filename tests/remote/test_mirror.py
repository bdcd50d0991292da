"""A copy that grows while the run goes on, and is whole when the run's process is gone, however it went."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.read.find import find_run
from jupyter_tracking.remote.mirror import Mirror
from tests.remote.test_push import NOTE, files_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.remote.conftest import Bucket

pytestmark = pytest.mark.remote
OWN = {NOTE, ".jupyter-tracking/mirror.json", ".jupyter-tracking/mirror.log"}


def wait_for(what: Callable[[], Any], seconds: float = 90) -> Any:
    """Return what a call returns as soon as it is true: another process is waited for."""
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.05)
    return found


def copy_of(bucket: Bucket, uuid: str) -> Path:
    """The folder in which the copy of a run lies."""
    assert bucket.folder is not None
    return bucket.folder / "runs" / uuid


def is_whole(bucket: Bucket, run: Path) -> bool:
    """Whether all of a run is there, and nothing says any more that it goes on."""
    copy = copy_of(bucket, run.name)
    there, here = ({name: data for name, data in files_of(each).items() if name not in OWN} for each in (copy, run))
    return there == here and not (copy / ".jupyter-tracking" / "mirror.json").exists()


_KERNEL = """
import json, os, sys, jupyter_tracking as tracking
root, url, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
run = tracking.init(name="mirrored", root=root, mirror=url, storage_options=options, quiet=True, track_env=False, track_code=False)
for step in range(100):
    run.log_metric("loss", step / 2, step=step)
    run.log_text("note", "n" * step, step=step)
print(run.uuid, flush=True)
sys.stdin.readline()
for step in range(100, 150):
    run.log_metric("loss", step / 2, step=step)
print("logged", flush=True)
if sys.stdin.readline():
    run.end()
"""


def start_kernel(root: Path, bucket: Bucket) -> tuple[subprocess.Popen[str], Path]:
    """Start a process that records a run with a mirror, and return it with the run's folder."""
    words = [sys.executable, "-c", _KERNEL, str(root), bucket.url, json.dumps(bucket.options)]
    kernel = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert kernel.stdout is not None
    return kernel, root / "runs" / kernel.stdout.readline().strip()


def go_on(kernel: subprocess.Popen[str]) -> None:
    """Let it log the rest."""
    assert kernel.stdin is not None
    assert kernel.stdout is not None
    kernel.stdin.write("\n")
    kernel.stdin.flush()
    assert kernel.stdout.readline() == "logged\n"


def test_a_killed_kernel_is_whole_at_the_store(tmp_path: Path, quick_bucket: Bucket) -> None:
    """Before the first look and after it, with nobody doing anything."""
    for seen_before in (True, False) * 3:
        kernel, run = start_kernel(tmp_path, quick_bucket)
        if seen_before:
            wait_for((copy_of(quick_bucket, run.name) / "run.plx.json").exists)
            view = tracking.open_run(f"{quick_bucket.url}/runs/{run.name}", storage_options=quick_bucket.options)
            assert view.status == "running"
            assert len(view.metrics("loss")) == 100
        go_on(kernel)
        kernel.send_signal(signal.SIGKILL)
        kernel.communicate()
        wait_for(lambda run=run: is_whole(quick_bucket, run))
        view = tracking.open_run(f"{quick_bucket.url}/runs/{run.name}", storage_options=quick_bucket.options)
        assert view.status == "interrupted"
        assert len(view.metrics("loss")) == 150


def test_a_run_that_ends_is_whole_at_the_store(tmp_path: Path, quick_bucket: Bucket) -> None:
    """The process of the run may be gone by then."""
    kernel, run = start_kernel(tmp_path, quick_bucket)
    go_on(kernel)
    kernel.communicate("\n")
    assert kernel.returncode == 0
    wait_for(lambda: is_whole(quick_bucket, run))
    assert tracking.runs(root=quick_bucket.url, storage_options=quick_bucket.options)["status"].tolist() == ["succeeded"]


def test_what_grows_goes_when_a_quarter_has_come(tmp_path: Path, quick_bucket: Bucket) -> None:
    """And not before: what is sent is a few times what there is. At the end all goes."""
    run = tracking.init(name="grows", root=tmp_path, quiet=True, track_env=False, track_code=False, track_logs=False)
    for step in range(1000):
        run.log_metric("loss", step / 2, step=step)
    mirror = Mirror(find_run(run), quick_bucket.url, quick_bucket.options, interval=0.05)
    looks = []
    wait = mirror._wait
    mirror._wait = lambda *, going_on: (looks.append(going_on), wait(going_on=going_on))  # type: ignore[method-assign]
    thread = threading.Thread(target=mirror.run)
    thread.start()
    wait_for(lambda: len(looks) > 2)
    event = copy_of(quick_bucket, run.uuid) / "events" / "metric" / "loss.plx"
    first = event.read_bytes()
    for step in range(1000, 1100):
        run.log_metric("loss", step / 2, step=step)
    seen = len(looks)
    wait_for(lambda: len(looks) > seen + 3)
    assert event.read_bytes() == first
    for step in range(1100, 1500):
        run.log_metric("loss", step / 2, step=step)
    wait_for(lambda: event.read_bytes() != first)
    assert event.read_bytes().count(b"\n") > 1250
    run.end()
    thread.join(60)
    assert is_whole(quick_bucket, run.path)


def test_a_store_that_fails_meanwhile(tmp_path: Path, quick_bucket: Bucket) -> None:
    """It is told in the run's own folder, which is sound all the same, and the copy is whole when the store answers again."""
    quick_bucket.proxy.fault = lambda _: "expired"
    kernel, run = start_kernel(tmp_path, quick_bucket)
    log = run / ".jupyter-tracking" / "mirror.log"
    wait_for(log.exists)
    go_on(kernel)
    kernel.communicate("\n")
    assert "the credentials have expired" in log.read_text()
    assert tracking.open_run(run).problems(hashes=True).empty
    quick_bucket.proxy.fault = lambda _: None
    wait_for(lambda: is_whole(quick_bucket, run))


def test_a_killed_mirror_is_made_good_by_a_push(tmp_path: Path, quick_bucket: Bucket) -> None:
    """Nothing of the run is lost with it."""
    kernel, run = start_kernel(tmp_path, quick_bucket)
    note = copy_of(quick_bucket, run.name) / ".jupyter-tracking" / "mirror.json"
    wait_for(note.exists)
    os.kill(json.loads(note.read_text())["pid"], signal.SIGKILL)
    go_on(kernel)
    kernel.communicate("\n")
    tracking.push(run, quick_bucket.url, quick_bucket.options)
    assert len(tracking.open_run(f"{quick_bucket.url}/runs/{run.name}", storage_options=quick_bucket.options).metrics("loss")) == 150


def test_wrong_arguments_start_no_run(tmp_path: Path, bucket: Bucket) -> None:
    """They are refused before anything is there."""
    for url, options in (("folder", None), (bucket.url, {"endpont": "x"}), (bucket.url, {**bucket.options, "client_options": object()})):
        with pytest.raises((InvalidArgument, TypeError)):
            tracking.init(root=tmp_path / "own", mirror=url, storage_options=options, quiet=True)
    assert not (tmp_path / "own").exists()
