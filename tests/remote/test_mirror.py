"""A copy that grows while the run goes on, and is whole when the run's process is gone, however it went."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

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


_LOGGING = """
import json, sys, threading, warnings, pandas as pd, jupyter_tracking as tracking
root, url, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
run = tracking.init(name="logging", root=root, mirror=url, storage_options=options, quiet=True, track_env=False, track_code=False)
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), over.set()), daemon=True).start()
print(run.uuid, run._copier.pid, flush=True)
step = 0
while not over.is_set():
    for step in range(step, step + 20):
        run.log_metrics(loss=step / 2, acc=1 / (step + 1), step=step)
        run.log_text("note", "n" * (step % 50), step=step)
    run.log_dataframe(pd.DataFrame({"step": [step]}), "frame", step=step)
    step += 1
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        run.sync()
    if not told:
        print(step, flush=True)
warnings.simplefilter("ignore")
run.end()
"""


class Logging(NamedTuple):
    """A process that logs rows and syncs them again and again, its mirror, its run, and how many rows `sync` has returned for."""

    process: subprocess.Popen[str]
    mirror: int
    run: Path
    synced: list[int]
    listening: threading.Thread

    @classmethod
    def start(cls, root: Path, bucket: Bucket) -> Logging:
        """Start one."""
        words = [sys.executable, "-c", _LOGGING, str(root), bucket.url, json.dumps(bucket.options)]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        uuid, mirror = process.stdout.readline().split()
        synced = [0]
        listening = threading.Thread(target=lambda: synced.extend(map(int, process.stdout or ())))
        listening.start()
        return cls(process, int(mirror), root / "runs" / uuid, synced, listening)

    def end(self) -> int:
        """Let it end, if it was not killed; return its exit status."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        status = self.process.wait()
        self.listening.join()
        self.process.stdout.close()
        return status


def read_at_any_moment(url: str, options: dict[str, Any], synced: list[int]) -> None:
    """Assert that a copy has what was synced before it is opened, of each file a beginning, and all that it names."""
    before = synced[-1]
    view = tracking.open_run(url, storage_options=options)
    for name, value in (("loss", lambda step: step / 2), ("acc", lambda step: 1 / (step + 1))):
        rows = view.metrics(name)[name].tolist()
        assert len(rows) >= before
        assert rows == [value(step) for step in range(len(rows))]
    for kind, name in view.artifacts():
        for step in view.steps(name, kind)[-3:]:
            view.load(name, kind, step)
    assert view.problems().empty, view.problems().to_string()


@pytest.mark.parametrize(
    "kills", [2, pytest.param(int(os.environ.get("KILLS", "30")), marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]
)
@pytest.mark.parametrize("victim", ["kernel", "mirror"])
def test_killed_at_any_moment(tmp_path: Path, quick_bucket: Bucket, victim: str, kills: int) -> None:
    """What was synced is there, before and after; a kernel's rest follows by itself, a mirror's by a push, and the copy is whole then."""
    moments = random.Random(kills)
    for _ in range(kills):
        logging = Logging.start(tmp_path, quick_bucket)
        try:
            kill_and_read(logging, quick_bucket, victim, moments)
        finally:
            logging.process.kill()


def kill_and_read(logging: Logging, bucket: Bucket, victim: str, moments: random.Random) -> None:
    """Kill one of the two, and read the copy before, then, and when it is whole again."""
    url = f"{bucket.url}/runs/{logging.run.name}"
    wait_for(lambda: logging.synced[-1])
    for _ in range(moments.randrange(3)):
        read_at_any_moment(url, bucket.options, logging.synced)
    time.sleep(moments.random() / 2)
    os.kill(logging.mirror if victim == "mirror" else logging.process.pid, signal.SIGKILL)
    read_at_any_moment(url, bucket.options, logging.synced)
    assert logging.end() == (0 if victim == "mirror" else -signal.SIGKILL)
    if victim == "mirror":
        read_at_any_moment(url, bucket.options, logging.synced)
        tracking.push(logging.run, bucket.url, bucket.options)
        (copy_of(bucket, logging.run.name) / ".jupyter-tracking" / "mirror.json").unlink()
    wait_for(lambda: is_whole(bucket, logging.run))
    read_at_any_moment(url, bucket.options, logging.synced)
    view = tracking.open_run(url, storage_options=bucket.options)
    assert view.status == ("interrupted" if victim == "kernel" else "succeeded")


def test_a_mirror_that_has_just_begun_sends_what_a_killed_kernel_left(tmp_path: Path, quick_bucket: Bucket) -> None:
    """Before the first look, with nobody doing anything."""
    kernel, run = start_kernel(tmp_path, quick_bucket)
    go_on(kernel)
    kernel.send_signal(signal.SIGKILL)
    kernel.communicate()
    wait_for(lambda: is_whole(quick_bucket, run))
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


def test_wrong_arguments_start_no_run(tmp_path: Path, bucket: Bucket) -> None:
    """They are refused before anything is there."""
    for url, options in (("folder", None), (bucket.url, {"endpont": "x"}), (bucket.url, {**bucket.options, "client_options": object()})):
        with pytest.raises((InvalidArgument, TypeError)):
            tracking.init(root=tmp_path / "own", mirror=url, storage_options=options, quiet=True)
    assert not (tmp_path / "own").exists()
