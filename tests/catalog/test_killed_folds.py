"""Folds that are killed among processes that push: no entry is lost, and a reader sees each that was there before it began."""

from __future__ import annotations

import os
import random
import selectors
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.format import paths
from jupyter_tracking.frames.catalog.root_catalog import fold
from jupyter_tracking.read.catalog.content import read_catalog
from jupyter_tracking.storage.catalog.local_files import LocalFiles
from jupyter_tracking.storage.catalog.names import list_catalog
from tests.catalog.test_catalog import QUIET

if TYPE_CHECKING:
    from pathlib import Path

_PUSH = """
import sys
from pathlib import Path
from jupyter_tracking.frames.catalog.root_catalog import put_entry
from jupyter_tracking.read.run_reader import RunFolder
from jupyter_tracking.storage.catalog.local_files import LocalFiles
root = Path(sys.argv[1])
for round in "ab":
    for name in sys.argv[2:]:
        document = root / "runs" / name / "run.plx.json"
        document.write_bytes(document.read_bytes().replace(b'"nameX"', b'"name0"').replace(b'"name0"', b'"name' + round.encode() + b'"'))
        put_entry(LocalFiles(root), RunFolder(root / "runs" / name))
        document.write_bytes(document.read_bytes().replace(b'"namea"', b'"name0"'))
        print(name, round, flush=True)
"""
_FOLD = """
import os, signal, sys
from pathlib import Path
from jupyter_tracking.frames.catalog.root_catalog import fold
from jupyter_tracking.storage.catalog.local_files import LocalFiles
fold(LocalFiles(Path(sys.argv[2])))  # after which everything is imported
left = int(sys.argv[1])
def count(event, arguments):
    global left
    if event in {"open", "os.rename", "os.remove", "os.listdir", "os.mkdir"}:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
print("ready", flush=True)
while True:
    fold(LocalFiles(Path(sys.argv[1 + 1])))
"""


def pushers(root: Path, count: int, runs: int) -> list[subprocess.Popen[str]]:
    """So many processes, each of which pushes runs of its own twice, with another name the second time."""
    with tracking.init(root=root, name="nameX", **QUIET) as run:
        run.log_metric("loss", 1.0, step=0)
    started = []
    for number in range(count):
        names = [f"{number:02d}{n:02d}{'0' * 28}" for n in range(runs)]
        for name in names:
            shutil.copytree(run.path, root / "runs" / name)
        started.append(subprocess.Popen([sys.executable, "-c", _PUSH, str(root), *names], stdout=subprocess.PIPE, text=True))
    shutil.rmtree(run.path)
    return started


@pytest.mark.parametrize(
    ("kills", "pushing", "runs"), [(4, 3, 6), pytest.param(20, 8, 20, marks=pytest.mark.soak)], ids=["a few", "as many as promised"]
)
def test_nothing_is_lost(root: Path, kills: int, pushing: int, runs: int) -> None:
    """Folds are killed at a call of the system, whichever; what was acknowledged is in the catalog, the newer version of each."""
    places = random.Random(kills)
    files = LocalFiles(root)
    pushed: dict[str, str] = {}
    killed = 0
    waiting = selectors.DefaultSelector()
    processes = pushers(root, pushing, runs)
    for process in processes:
        assert process.stdout is not None
        waiting.register(process.stdout, selectors.EVENT_READ)
    folding: list[subprocess.Popen[str]] = []
    while waiting.get_map() or killed < kills:
        while len(folding) < 2 and killed + len(folding) < kills:
            command = [sys.executable, "-c", _FOLD, str(places.randint(1, 300)), str(root)]
            folding.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        for key, _ in waiting.select(timeout=0.05):
            line = key.fileobj.readline()  # type: ignore[union-attr]
            if line:
                name, version = line.split()
                pushed[name] = version
            else:
                waiting.unregister(key.fileobj)
        before = dict(pushed)
        found = {name: run.listed().facts.name for name, run in read_catalog(files).runs.items()}
        assert {name: version for name, version in before.items() if found.get(name, "")[4:] < version} == {}
        for process in [each for each in folding if each.poll() is not None]:
            assert process.returncode == -signal.SIGKILL
            assert process.stdout is not None
            process.stdout.close()
            folding.remove(process)
            killed += 1
    for process in processes:
        assert process.wait() == 0
        assert process.stdout is not None
        process.stdout.close()
    waiting.close()
    assert len(pushed) == pushing * runs
    fold(files)
    fold(files)
    content = read_catalog(files, lineage=True)
    assert {name: run.listed().facts.name for name, run in content.runs.items()} == dict.fromkeys(pushed, "nameb")
    assert len(content.listing.bases) == 1
    assert content.tables[0].num_rows == len(pushed)
    unfinished = [name for name in os.listdir(root / paths.PRIVATE_FOLDER / "catalog") if name.startswith(".")]
    assert len(unfinished) <= kills
    assert list_catalog(files).entries == []
