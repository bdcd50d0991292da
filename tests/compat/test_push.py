"""A run with every kind, pushed to a real Polyaxon server on this machine, is there with all it holds.

Either Polyaxon's client sends its files to the server, which puts them into its store; or `push` puts them into that store itself.
"""

from __future__ import annotations

import json
import subprocess
import urllib.request
from contextlib import contextmanager, suppress
from time import sleep
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from tests.compat.every_kind import log_every_kind
from tests.compat.polyaxon_server import (
    PROJECT,
    check_events,
    check_files,
    check_lineage,
    environment_in,
    free_port,
    get,
    installed,
    serving,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]

UUID = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


class Pushed(NamedTuple):
    """A run that a server has: the server's address, and the run's folder here."""

    server: str
    path: Path


@pytest.fixture(scope="module")
def programs(request: pytest.FixtureRequest) -> Path:
    """The folder of the server's programs."""
    return installed(request.config)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with every kind."""
    root = tmp_path_factory.mktemp("root")
    run = Run(root / "runs" / UUID, name="every-kind", tags=["a", "b"])
    log_every_kind(run, tmp_path_factory.mktemp("made"))
    run.end()
    return run.path


@pytest.fixture(scope="module", params=["by its client", "into its bucket"])
def pushed(request: pytest.FixtureRequest, programs: Path, recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pushed]:
    """A server that has the run."""
    environment, place = environment_in(tmp_path_factory.mktemp("home")), tmp_path_factory.mktemp("sandbox")
    root = recorded.parent.parent
    if request.param == "by its client":
        with serving(programs, environment, place) as server:
            told(programs, environment, root, UUID)
            yield Pushed(server, recorded)
        return
    buckets = tmp_path_factory.mktemp("buckets")
    with bucket_server(programs, buckets) as options:
        # Of a run it wants the files below its uuid, and `push` puts them below `runs/` of its root.
        store = {"name": "bucket", "kind": "s3", "schema": {"bucket": "s3://polyaxon/team/runs"}}
        environment |= {"POLYAXON_AGENT_ARTIFACTS_STORE": json.dumps(store), "AWS_ENDPOINT_URL": options["endpoint"]}
        environment |= {"AWS_ACCESS_KEY_ID": options["access_key_id"], "AWS_SECRET_ACCESS_KEY": options["secret_access_key"]}
        assert tracking.push(recorded, "s3://polyaxon/team", options).sent
        with serving(programs, environment, place) as server:
            told(programs, environment, root, UUID, "--no-artifacts")
            assert not [path for path in place.rglob("*.plx") if UUID in path.parts], "its files are in the bucket alone"
            yield Pushed(server, recorded)


@contextmanager
def bucket_server(programs: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """Have an S3 server whose buckets are folders, for a block; the options of its store."""
    (folder / "polyaxon").mkdir()
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    command = [programs / "python", "-m", "localbucket", folder, "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            with suppress(OSError):
                urllib.request.urlopen(endpoint, timeout=5).close()
                break
            sleep(0.1)
        assert process.poll() is None, "the S3 server ended"
        yield {"endpoint": endpoint, "access_key_id": "any", "secret_access_key": "any", "region": "us-east-1"}
        process.terminate()


def test_the_run_is_listed(pushed: Pushed) -> None:
    """The server lists the run with its name, status, tags, inputs and outputs."""
    listed = json.loads(get(f"{pushed.server}/api/v1/{PROJECT}/runs"))
    assert [item["uuid"] for item in listed["results"]] == [UUID]
    found = json.loads(get(f"{pushed.server}/api/v1/{PROJECT}/runs/{UUID}"))
    document = json.loads((pushed.path / "run.plx.json").read_text())
    for key in ("name", "status", "tags", "inputs", "outputs", "kind"):
        assert found[key] == document[key], key


def test_its_lineage_is_there(pushed: Pushed) -> None:
    """Every record of the lineage, by the name of its file, with its kind and path."""
    check_lineage(*pushed)


def test_every_event_is_there(pushed: Pushed) -> None:
    """The server reads every event file: the same steps, and the same cells."""
    check_events(pushed.server, open_folder(pushed.path))


def test_its_files_are_there(pushed: Pushed) -> None:
    """Every asset and output can be downloaded, and is what it was."""
    check_files(*pushed)
