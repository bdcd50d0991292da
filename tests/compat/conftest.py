"""A run of Polyaxon's and a run of ours, made by the same calls, and Polyaxon's reader in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_tracking.record.run import Run
from tests.compat.calls import calls, files, play
from tests.conftest import CHECKOUT, made_once

Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def ask_polyaxon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Ask Polyaxon something: `ask_polyaxon("read", run)`. It runs in a process of its own, with settings of its own."""
    place = tmp_path_factory.mktemp("polyaxon")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POLYAXON")}
    environment |= {
        "HOME": str(place),
        "POLYAXON_HOME": str(place / "home"),
        "POLYAXON_IS_OFFLINE": "1",
        "POLYAXON_NO_CONFIG": "1",
        "POLYAXON_OFFLINE_ROOT": str(place / "root"),
        "POLYAXON_TRACKING_FLUSH_DELAY": "0",
        "PYTHONPATH": str(CHECKOUT),
    }
    program = [sys.executable, "-m", "tests.compat.peer"]
    with (place / "errors.txt").open("w+") as errors:
        peer = subprocess.Popen(
            program, env=environment, cwd=place, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        )

        def ask(command: str, *arguments: object) -> dict[str, Any]:
            assert peer.stdin is not None
            assert peer.stdout is not None
            peer.stdin.write(json.dumps([command, *map(str, arguments)]) + "\n")
            peer.stdin.flush()
            line = peer.stdout.readline()
            assert line, (place / "errors.txt").read_text()
            answer: dict[str, Any] = json.loads(line)
            assert "failed" not in answer, answer["failed"]
            return answer

        yield ask
        peer.communicate(timeout=60)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the files that the calls log."""
    return made_once(tmp_path_factory, "data", files)


@pytest.fixture(scope="session")
def theirs(ask_polyaxon: Ask, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that Polyaxon's client wrote from the table of calls; written once for the whole run of the suite."""

    def write(folder: Path) -> None:
        answer = ask_polyaxon("write", data)
        assert not answer["refused"]
        shutil.copytree(answer["path"], folder / Path(answer["path"]).name)

    (run,) = made_once(tmp_path_factory, "theirs", write).iterdir()
    return run


@pytest.fixture(scope="session")
def ours(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that we wrote from the same table of calls."""
    run = Run(tmp_path_factory.mktemp("ours") / "runs" / ("0123456789abcdef" * 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the libraries that draw say of themselves
        play(run, calls(data))
    run.end()
    return run.path


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Path], Path]:
    """Return a run's copy to be spoiled."""

    def copy(run: Path) -> Path:
        return Path(shutil.copytree(run, tmp_path / "runs" / run.name))

    return copy
