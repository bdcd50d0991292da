"""A run with every kind, pushed to a real Polyaxon server on this machine, is there with all it holds.

The server is installed from the package index into an environment of its own, which pytest's cache keeps.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from tests.compat.every_kind import log_every_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]

UUID = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
PROJECT = "default/quickstart"


@pytest.fixture(scope="module")
def programs(request: pytest.FixtureRequest) -> Path:
    """The folder of the server's programs; says so where it cannot be installed."""
    place = Path(request.config.cache.mkdir("haupt"))
    programs = place / "venv" / "bin"
    if not (place / "installed").exists():
        commands = [
            [sys.executable, "-m", "venv", "--clear", place / "venv"],
            [programs / "python", "-m", "pip", "install", "--quiet", "haupt[sandbox]>=2.18,<2.19"],
        ]
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"the Polyaxon server cannot be installed here: {(done.stderr or done.stdout).strip()[-300:]}")
        (place / "installed").touch()
    return programs


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings of its own for the server and its client, which talk to each other on this machine alone."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("home")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("POLYAXON", "PYTHON"))}
    # By default under /tmp, where it would find what an earlier session has pushed.
    places = {"POLYAXON_ARCHIVES_ROOT": str(home / "archives")}
    return {**kept, "HOME": str(home), "POLYAXON_HOME": str(home / "polyaxon"), "POLYAXON_HOST": f"http://127.0.0.1:{port}", **places}


@pytest.fixture(scope="module")
def server(programs: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that answers."""
    address = environment["POLYAXON_HOST"]
    port = address.rpartition(":")[2]
    place = tmp_path_factory.mktemp("sandbox")
    command = [programs / "haupt", "sandbox", "start", "--host", "127.0.0.1", "--port", port, "--workers", "1", "--path", place]
    told: list[str] = []
    with subprocess.Popen(command, env=environment, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        threading.Thread(target=lambda: told.extend(process.stdout or ()), daemon=True).start()
        for _ in range(300):
            try:
                get(f"{address}/api/v1/default/projects/list")
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                try:
                    process.wait(0.5)
                except subprocess.TimeoutExpired:
                    continue
                pytest.fail("the server ended: " + "".join(told[-20:]))
        else:
            pytest.fail("the server did not answer: " + "".join(told[-20:]))
        yield address
        process.terminate()


def get(address: str) -> bytes:
    """What is at an address."""
    with urllib.request.urlopen(address, timeout=30) as answer:
        data: bytes = answer.read()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


@pytest.fixture(scope="module")
def pushed(server: str, programs: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with every kind, which `polyaxon ops push` has sent to the server."""
    root = tmp_path_factory.mktemp("root")
    run = Run(root / "runs" / UUID, name="every-kind", tags=["a", "b"])
    log_every_kind(run, tmp_path_factory.mktemp("made"))
    run.end()
    for words in (
        ["project", "create", "--name", "quickstart"],
        ["ops", "push", "-uid", UUID, "--path", root, "--reset-project", "-p", PROJECT],
    ):
        done = subprocess.run(
            [programs / "polyaxon", *words], env=environment, cwd=root, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Could not" not in done.stdout, done.stdout
    return run.path


def test_the_run_is_listed(server: str, pushed: Path) -> None:
    """The server lists the run with its name, status, tags, inputs and outputs."""
    listed = json.loads(get(f"{server}/api/v1/{PROJECT}/runs"))
    assert [item["uuid"] for item in listed["results"]] == [UUID]
    found = json.loads(get(f"{server}/api/v1/{PROJECT}/runs/{UUID}"))
    document = json.loads((pushed / "run.plx.json").read_text())
    for key in ("name", "status", "tags", "inputs", "outputs", "kind"):
        assert found[key] == document[key], key


def test_its_lineage_is_there(server: str, pushed: Path) -> None:
    """Every record of the lineage, by the name of its file, with its kind and path."""
    listed = json.loads(get(f"{server}/api/v1/{PROJECT}/runs/{UUID}/lineage/artifacts?limit=500"))["results"]
    records = {record["name"]: record for record in json.loads((pushed / "lineages.plx.json").read_text())}
    assert {item["name"] for item in listed} == records.keys()
    for item in listed:
        assert (item["kind"], item["path"]) == (records[item["name"]]["kind"], records[item["name"]].get("path"))


def test_every_event_is_there(server: str, pushed: Path) -> None:
    """The server reads every event file: the same steps, and the same cells."""
    folder = open_folder(pushed)
    for artifact in folder.artifacts():
        if not artifact.versioned:
            continue
        address = f"{server}/streams/v1/default/{PROJECT}/runs/{UUID}/events/{artifact.kind}?names={artifact.stem}"
        (item,) = json.loads(get(address))["data"]
        events = folder.rows(artifact)
        assert item["name"] == artifact.stem
        assert item["data"]["step"] == [event.step for event in events]
        payloads = [folder.payload(artifact, event) for event in events]
        assert [as_payload(cell) for cell in item["data"][artifact.kind]] == [as_payload(payload) for payload in payloads]


def as_payload(cell: Any) -> Any:
    """A cell as its payload; NaN is null to the server."""
    if isinstance(cell, float):
        return None if cell != cell else cell  # noqa: PLR0124 - NaN
    try:
        return json.loads(cell)
    except (TypeError, ValueError):
        return cell


def test_its_files_are_there(server: str, pushed: Path) -> None:
    """Every asset and output can be downloaded, and is what it was."""
    files = [path for part in ("assets", "outputs") for path in sorted((pushed / part).rglob("*")) if path.is_file()]
    assert len(files) > 40
    for path in files:
        relative = urllib.parse.quote(str(path.relative_to(pushed)))
        address = f"{server}/streams/v1/default/{PROJECT}/runs/{UUID}/artifact?path={relative}"
        assert get(address) == path.read_bytes(), path
