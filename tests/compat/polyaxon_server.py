"""A real Polyaxon server on this machine, installed from the package index into an environment of its own, which pytest's cache keeps."""

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
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_tracking.read.run_reader import RunFolder

__all__ = [
    "PROJECT",
    "as_payload",
    "check_events",
    "check_files",
    "check_lineage",
    "environment_in",
    "free_port",
    "get",
    "installed",
    "serving",
    "told",
]

PROJECT = "default/quickstart"


def installed(config: pytest.Config) -> Path:
    """Return the folder of the server's programs; skip where they cannot be installed."""
    place = Path(config.cache.mkdir("haupt"))
    programs = place / "venv" / "bin"
    pip = [programs / "python", "-m", "pip", "install", "--quiet"]
    if not (place / "installed").exists():
        _run([sys.executable, "-m", "venv", "--clear", place / "venv"], [*pip, "haupt[sandbox]>=2.18,<2.19"])
        (place / "installed").touch()
    if not (place / "installed-s3").exists():  # by which it reads a bucket, and a bucket to read
        _run([*pip, "s3fs>=2024.3", "localbucket>=1.2"])
        (place / "installed-s3").touch()
    return programs


def _run(*commands: list[Any]) -> None:
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"the Polyaxon server cannot be installed here: {(done.stderr or done.stdout).strip()[-300:]}")


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def environment_in(home: Path) -> dict[str, str]:
    """Return settings of its own for a server and its client, which talk to each other on this machine alone."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("POLYAXON", "PYTHON", "AWS_"))}
    # By default under /tmp, where it would find what an earlier session has pushed.
    places = {"POLYAXON_ARCHIVES_ROOT": str(home / "archives")}
    host = f"http://127.0.0.1:{free_port()}"
    return {**kept, "HOME": str(home), "POLYAXON_HOME": str(home / "polyaxon"), "POLYAXON_HOST": host, **places}


@contextmanager
def serving(programs: Path, environment: dict[str, str], place: Path) -> Iterator[str]:
    """Have a server that answers, for a block; its address."""
    address = environment["POLYAXON_HOST"]
    port = address.rpartition(":")[2]
    command = [programs / "haupt", "sandbox", "start", "--host", "127.0.0.1", "--port", port, "--workers", "1", "--path", place]
    said: list[str] = []
    with subprocess.Popen(command, env=environment, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        threading.Thread(target=lambda: said.extend(process.stdout or ()), daemon=True).start()
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
                pytest.fail("the server ended: " + "".join(said[-20:]))
        else:
            pytest.fail("the server did not answer: " + "".join(said[-20:]))
        yield address
        process.terminate()


def get(address: str) -> bytes:
    """Return what is at an address."""
    with urllib.request.urlopen(address, timeout=30) as answer:
        data: bytes = answer.read()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def told(programs: Path, environment: dict[str, str], root: Path, uuid: str, *more: str) -> None:
    """Have Polyaxon's own client tell its server of a run under a root, in a project of its own."""
    for words in (
        ["project", "create", "--name", "quickstart"],
        ["ops", "push", "-uid", uuid, "--path", root, "--reset-project", "-p", PROJECT, *more],
    ):
        done = subprocess.run(
            [programs / "polyaxon", *words], env=environment, cwd=root, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Could not" not in done.stdout, done.stdout


def check_lineage(server: str, pushed: Path) -> None:
    """Assert that the server has every record of the lineage, by the name of its file, with its kind and path."""
    listed = json.loads(get(f"{server}/api/v1/{PROJECT}/runs/{pushed.name}/lineage/artifacts?limit=500"))["results"]
    records = {record["name"]: record for record in json.loads((pushed / "lineages.plx.json").read_text())}
    assert {item["name"] for item in listed} == records.keys()
    for item in listed:
        assert (item["kind"], item["path"]) == (records[item["name"]]["kind"], records[item["name"]].get("path"))


def check_events(server: str, folder: RunFolder) -> None:
    """Assert that the server reads every event file: the same steps, and the same cells."""
    for artifact in folder.artifacts():
        if not artifact.versioned:
            continue
        address = f"{server}/streams/v1/default/{PROJECT}/runs/{folder.uuid}/events/{artifact.kind}?names={artifact.stem}"
        (item,) = json.loads(get(address))["data"]
        events = folder.rows(artifact)
        assert item["name"] == artifact.stem
        assert item["data"]["step"] == [event.step for event in events]
        payloads = [folder.payload(artifact, event) for event in events]
        assert [as_payload(cell) for cell in item["data"][artifact.kind]] == [as_payload(payload) for payload in payloads]


def as_payload(cell: Any) -> Any:
    """Return a cell as its payload; NaN is null to the server."""
    if isinstance(cell, float):
        return None if cell != cell else cell  # noqa: PLR0124 - NaN
    try:
        return json.loads(cell)
    except (TypeError, ValueError):
        return cell


def check_files(server: str, pushed: Path) -> None:
    """Assert that every asset and output can be downloaded, and is what it was."""
    files = [path for part in ("assets", "outputs") for path in sorted((pushed / part).rglob("*")) if path.is_file()]
    assert len(files) > 40
    for path in files:
        relative = urllib.parse.quote(str(path.relative_to(pushed)))
        address = f"{server}/streams/v1/default/{PROJECT}/runs/{pushed.name}/artifact?path={relative}"
        assert get(address) == path.read_bytes(), path
