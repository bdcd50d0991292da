"""The routes of the extension of JupyterLab: who is let in, what a path may be, and that many runs are told a few at a time."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import struct
import urllib.error
import urllib.parse
import urllib.request
import uuid
from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, NotFound, StorageError
from jupyter_tracking.lab.folders import ServedFolder
from jupyter_tracking.lab.listed_runs import ListedRuns

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.app import App


def record(root: Path, name: str = "one") -> Path:
    """Record a small run, and return its folder."""
    with tracking.init(name=name, root=root, quiet=True, track_code=False, track_env=False, track_logs=False) as run:
        for step in range(3):
            run.log_metric("loss", 1 / (step + 1), step=step)
    return run.path


def header(pack: bytes | None) -> dict[str, Any]:
    """The header of an answer."""
    assert pack is not None
    (length,) = struct.unpack("<I", pack[:4])
    return json.loads(pack[4 : 4 + length])


def get(app: App, question: str, token: str | None = None, method: str = "GET", **query: str) -> tuple[int, bytes]:
    """Ask a server."""
    words = urllib.parse.urlencode(query if token is None else {**query, "token": token})
    request = urllib.request.Request(f"{app.origin}/jupyter-tracking/{question}?{words}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            body = response.read()
            return response.status, gzip.decompress(body) if response.headers["Content-Encoding"] == "gzip" else body
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_each_route_needs_the_token_and_only_reads(lab_app: App) -> None:
    """Without it nothing is told; with it the runs are; nothing but GET is answered."""
    folder = record(lab_app.root / "routes")
    path = f"routes/runs/{folder.name}/run.plx.json"
    for question in ("runs", "courses", "place", "run", "artifact"):
        assert get(lab_app, question, path=path)[0] == 403
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert get(lab_app, question, lab_app.token, method, path=path)[0] in {403, 405}
    status, body = get(lab_app, "runs", lab_app.token, path="routes")
    assert (status, header(body)["runs"]["root"], header(body)["runs"]["total"]) == (200, "routes", 1)
    assert get(lab_app, "run", lab_app.token, path=path)[0] == 200
    status, body = get(lab_app, "artifact", lab_app.token, path=path, kind="metric", name="loss")
    assert status == 200
    version = header(body)["version"]
    assert get(lab_app, "artifact", lab_app.token, path=path, kind="metric", name="loss", known=version) == (204, b"")


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/../etc", "..", ".hidden/runs", "out", "out/runs", "x" * 5_000])
def test_a_path_outside_of_the_servers_folder_is_refused(lab_app: App, tmp_path: Path, path: str) -> None:
    """So are hidden ones, and links that lead out; the answer has nothing of what lies there."""
    folder = record(tmp_path / "elsewhere")
    link = lab_app.root / "out"
    if not link.is_symlink():
        link.symlink_to(tmp_path / "elsewhere")
    try:
        for question in ("runs", "run", "artifact", "place", "courses"):
            status, body = get(lab_app, question, lab_app.token, path=path, run=folder.name[:8])
            assert status == 403, (question, body)
            assert folder.name.encode() not in body
    finally:
        link.unlink()


def test_a_linked_folder_of_runs_is_not_followed_outside(tmp_path: Path) -> None:
    """Where `runs` itself is a link, it has to lead to what the server shows."""
    record(tmp_path / "elsewhere")
    served = tmp_path / "served"
    served.mkdir()
    (served / "runs").symlink_to(tmp_path / "elsewhere" / "runs")
    with pytest.raises(NotFound, match="no runs in this folder"):
        ServedFolder(served.resolve()).find_root("")
    with pytest.raises(InvalidArgument, match="leads outside"):
        ServedFolder(served.resolve()).find("runs")


def test_the_runs_of_a_folder_are_those_of_the_nearest_above(tmp_path: Path) -> None:
    """Of a run's own folder too, and of one beside `runs`."""
    folder = record(tmp_path / "work")
    (tmp_path / "work" / "notebooks").mkdir()
    served = ServedFolder(tmp_path.resolve())
    for path in ("work", "work/notebooks", f"work/runs/{folder.name}", f"work/runs/{folder.name}/events/metric"):
        assert served.find_root(path) == tmp_path.resolve() / "work"
    assert served.find_run(f"work/runs/{folder.name}/events/metric/loss.plx") == folder.resolve()
    with pytest.raises(NotFound):
        served.find_run("work/notebooks")


def test_of_very_many_runs_the_newest_are_told_first(tmp_path: Path) -> None:
    """Then all; from then on what has changed, and nothing where nothing has."""
    one = record(tmp_path)
    text = (one / "run.plx.json").read_text()
    for number in range(600):
        name = uuid.uuid4().hex
        shutil.copytree(one, tmp_path / "runs" / name)
        (tmp_path / "runs" / name / "run.plx.json").write_text(text.replace(one.name, name).replace('"one"', f'"n-{number}"'))
        os.utime(tmp_path / "runs" / name, ns=(number * 10**9, number * 10**9))
    (tmp_path / "runs" / ".hidden").mkdir()
    (tmp_path / "runs" / "linked").symlink_to(one)
    listed = ListedRuns(tmp_path)
    first = header(listed.tell({}, "", ""))
    assert (first["runs"]["total"], first["runs"]["reading"], first["payloads"][0][3]["rows"]) == (601, True, 200)
    names = next(field["words"] for field in first["payloads"][0][3]["fields"] if field["name"] == "name")
    assert set(names) == {"one", *(f"n-{number}" for number in range(401, 600))}
    assert listed._reading is not None
    listed._reading.join()
    whole = header(listed.tell({}, first["runs"]["base"], first["runs"]["version"]))
    assert (whole["runs"]["total"], whole["runs"]["reading"], whole["payloads"][0][3]["rows"]) == (601, False, 601)
    assert listed.tell({}, whole["runs"]["base"], whole["runs"]["version"]) is None


def test_runs_that_cannot_be_listed_are_told_as_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And are there when they can be again."""
    record(tmp_path)
    listed = ListedRuns(tmp_path)

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr("os.scandir", refuse)
        with pytest.raises(StorageError, match="runs could not be read"):
            listed.tell({}, "", "")
    assert header(listed.tell({}, "", ""))["runs"]["total"] == 1


def test_a_change_is_told_as_a_patch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page has the rows already; a server that does not know its version tells them all."""
    monkeypatch.setattr("jupyter_tracking.lab.listed_runs._LEAST", -1.0)
    record(tmp_path, "before")
    listed = ListedRuns(tmp_path)
    first = header(listed.tell({}, "", ""))["runs"]
    tracking.open_run("before", root=tmp_path).rename("after")
    changed = header(listed.tell({}, first["base"], first["version"]))
    assert changed["payloads"] == []
    assert changed["runs"]["base"] == first["base"]
    assert "after" in changed["runs"]["patches"][0][1]
    assert len(header(listed.tell({}, "unknown", "unknown"))["payloads"]) == 1
