"""What a run or a notebook of somebody else has read: files of the run alone, of runs that lie where the reader keeps them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import nbformat
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import TrackingError
from jupyter_tracking.format import paths
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "THE-READERS-OWN"
UUID = "0" * 32


# --- links inside of a run -------------------------------------------------------------------------------

TOPS = ("events", "assets", "outputs", "plxlogs", "code", "resources", ".jupyter-tracking", "events/file", "assets/dir", "outputs/kept")


@pytest.fixture
def private(root: Path) -> Path:
    """A folder of the reader's own, with files of every name that a run has."""
    folder = root.parent / "private"
    for name in ("a.txt", "sample.plx", "file/sample.plx", "deep/SECRET-NAME.pdf", "logs.jsonl", "session.ipynb", "metric/cpu.plx"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(SECRET * 1000)
    return folder


def made(root: Path, private: Path) -> Path:
    """A run with files in every folder."""
    with Run(root / "runs" / UUID) as run:
        (private.parent / "kept").mkdir(exist_ok=True)
        (private.parent / "kept" / "own.txt").write_text("own")
        run.log_artifact(private.parent / "kept", "sample", step=1)
        run.log_artifact(private.parent / "kept", "copy")
        run.log_artifact(private.parent / "kept" / "own.txt", "sample", kind="file", step=1)
        run.log_metric("loss", 1.0, 1)
    return run.path


def replaced(path: Path, target: Path) -> None:
    """Put a link in the place of a folder."""
    shutil.rmtree(path, ignore_errors=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


@pytest.mark.filterwarnings("ignore:left out of")
@pytest.mark.parametrize("top", TOPS)
def test_a_linked_folder_is_told_and_never_walked(root: Path, private: Path, top: str) -> None:
    """No name, size or byte from behind it: not in a page, a frame, a .zip or a problem; deleting the run leaves it as it was."""
    path = made(root, private)
    replaced(path / top, private)
    before = sorted((str(each), each.stat().st_mtime_ns) for each in private.rglob("*"))
    view = tracking.open_run(path)
    problems = view.problems(hashes=True)
    assert any("link" in problem for problem in problems["problem"])
    with warnings.catch_warnings():  # the frame of the lineage says that some of it is missing
        warnings.simplefilter("ignore", tracking.TrackingWarning)
        shown = problems.to_csv() + view.lineage().to_csv()
    shown += view.save(root / "page.html").read_text() + view.logs().to_csv() + repr(view)
    for kind, name in view.artifacts():
        try:
            shown += str(view.load(name, kind)) + str(view.show(name, kind=kind).save(root / "one.html").read_text())
        except TrackingError as error:
            shown += str(error)
    assert "SECRET-NAME" not in shown
    assert SECRET not in shown
    assert f"{len(SECRET) * 1000:,}" not in shown
    members = subprocess.run(["unzip", "-l", view.export(root / "run.zip")], capture_output=True, text=True, check=False).stdout
    assert "SECRET-NAME" not in members
    view.delete()
    assert tracking.empty_trash(root) == 1
    assert sorted((str(each), each.stat().st_mtime_ns) for each in private.rglob("*")) == before


def test_a_link_in_a_logged_folder_is_not_counted(root: Path, private: Path) -> None:
    """The view of a folder says how many files it has and how large they are: its own."""
    path = made(root, private)
    (path / "assets" / "dir" / "sample_1" / "away.txt").symlink_to(private / "a.txt")
    (path / "assets" / "dir" / "sample_1" / "deep").symlink_to(private)
    facts = dict(fact[:2] for fact in _facts(path))
    assert facts["files"] == 1
    assert facts["size"] == len("own")


def _facts(path: Path) -> list[list[Any]]:
    from jupyter_tracking.views.model.series import Series
    from jupyter_tracking.views.renderers.file import RENDERER

    folder = open_folder(path)
    series = Series(folder, folder.find("sample", "dir"))
    facts: list[list[Any]] = RENDERER.payload(series, 0, preview=False).head["facts"]
    return facts


def test_events_behind_a_link_make_no_run(root: Path, private: Path) -> None:
    """A folder whose `events` is a link holds nothing that a tracker wrote: it is not deleted as a run."""
    (root / "mine").mkdir()
    (root / "mine" / "events").symlink_to(private)
    assert not paths.holds_run(root / "mine")
    (root / "mine" / "events").unlink()
    (root / "mine" / "events" / "metric").mkdir(parents=True)
    (root / "mine" / "events" / "a.plx").write_text("")
    (root / "mine" / "events" / "link").symlink_to(private)
    assert not paths.holds_run(root / "mine")
    (root / "mine" / "events" / "metric" / "a.plx").write_text("")
    assert paths.holds_run(root / "mine")


def test_folders_without_end_are_told(root: Path, private: Path) -> None:
    """A hundred folders in folders are looked at; what is deeper is told."""
    path = made(root, private)
    deep = path / "outputs"
    here = os.getcwd()
    os.chdir(deep)
    for _ in range(3000):
        os.mkdir("x" * 20)
        os.chdir("x" * 20)
    os.chdir(here)
    told = [problem for problem in find_problems(open_folder(path)) if "folders deep" in problem.problem]
    assert len(told) == 1
    assert tracking.open_run(path).save(root / "page.html").stat().st_size
    subprocess.run(["rm", "-rf", str(deep)], check=True)


# --- a notebook and its runs -----------------------------------------------------------------------------


def notebook(place: Path, run_path: str, uuid: str) -> Path:
    """A notebook that says where the run is that it shows."""
    about = {"run_uuid": uuid, "run_path": run_path, "kind": "text", "name": "note", "steps": [1]}
    several = {
        **about,
        "runs": [{"run_uuid": uuid, "run_path": run_path}],
        "artifacts": [{"run_uuid": uuid, "kind": "text", "name": "note"}],
    }
    browser = {"run_uuid": uuid, "run_path": run_path}
    outputs = [
        nbformat.v4.new_output("display_data", data={"text/plain": "x"}, metadata={"jupyter_tracking": each})
        for each in (about, several, browser)
    ]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=outputs)])
    place.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, place / "theirs.ipynb")
    return place / "theirs.ipynb"


def with_note(path: Path) -> str:
    """A run with a text in it; its uuid."""
    with Run(path) as run:
        run.log_text(name="note", text=SECRET, step=1)
        run.log_metric("loss", 1.0, 1)
    return run.uuid


# How a notebook in `theirs/` leads to a run outside of it.
AWAY: dict[str, Callable[[Path, Path], str]] = {
    "absolute": lambda private, _: str(private),
    "absolute, twice": lambda private, _: f"//{str(private).lstrip('/')}",
    "up": os.path.relpath,
    "up from a folder": lambda private, theirs: f"runs/../{os.path.relpath(private, theirs)}",
    "by a link to it": lambda private, theirs: _linked(theirs / "runs" / private.name, private),
    "by a link above it": lambda private, theirs: _linked(theirs / "runs", private.parent) + f"/{private.name}",
    "by a link and up": lambda private, theirs: _linked(theirs / "link", private / "events") + "/..",
    "by the process": lambda private, _: f"/proc/self/root{private}",
    "by the current directory": lambda private, _: f"/proc/self/cwd/{os.path.relpath(private)}",
}


def _linked(place: Path, target: Path) -> str:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)
    return place.name if place.parent.name == "theirs" else f"runs/{place.name}"


@pytest.mark.parametrize("way", AWAY)
def test_a_notebook_shows_no_run_that_lies_elsewhere(root: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it says that a run is: what is in it is not in the page, nor whether there is such a run in the frame."""
    private = root.parent / "private" / "runs" / uuid4().hex
    uuid = with_note(private)
    theirs = root / "theirs"
    theirs.mkdir()
    file = notebook(theirs, AWAY[way](private, theirs), uuid)
    monkeypatch.chdir(root)
    for given in (None, root, theirs, "theirs/"):
        page = tracking.report(file, root / "page.html", given).read_text()
        assert SECRET not in page
        assert "neither in the folder of the notebook nor under the root" in page
        frame = tracking.runs_in(file, given)
        assert not frame["on_disk"].any()
        assert frame["run_name"].isna().all()
    page = tracking.report(file, root / "page.html", root.parent / "private").read_text()
    assert SECRET in page, "the root that the reader names"


@pytest.mark.parametrize("where", ["runs/{uuid}", "deep/er/{uuid}", "./runs/../runs/{uuid}"])
def test_a_notebook_shows_the_runs_in_its_folder(root: Path, where: str) -> None:
    """Sent with it, wherever the reader's own are."""
    uuid = uuid4().hex
    path = where.format(uuid=uuid)
    with_note(root / "theirs" / os.path.normpath(path))
    file = notebook(root / "theirs", path, uuid)
    assert SECRET in tracking.report(file, root / "page.html", root / "elsewhere").read_text()
    assert tracking.runs_in(file, root / "elsewhere")["on_disk"].all()


# --- references, and libraries ---------------------------------------------------------------------------


def test_a_reference_is_never_opened(root: Path, private: Path) -> None:
    """Recorded as an address, an absolute path, a path that climbs: given as it is, in views told as text."""
    run = root / "runs" / UUID
    run.mkdir(parents=True)
    ways = [
        "http://127.0.0.1:1/x",
        "file://" + str(private / "a.txt"),
        "s3://b/x",
        str(private / "a.txt"),
        "../../../private/a.txt",
        "\\\\host\\x",
    ]
    items = [{"name": f"r{n}", "kind": "file", "path": way, "summary": {"path": way}, "is_input": True} for n, way in enumerate(ways)]
    (run / "run.plx.json").write_text(json.dumps({"uuid": UUID, "name": "theirs", "status": "succeeded"}))
    (run / "lineages.plx.json").write_text(json.dumps(items))
    view = tracking.open_run(run)
    page = view.save(root / "page.html").read_text()
    for number, way in enumerate(ways):
        try:
            assert str(view.load(f"r{number}")) == str(Path(way) if way.startswith("/") else way)
        except TrackingError:
            assert way.startswith(("..", "\\"))
        page += view.show(f"r{number}").save(root / "one.html").read_text()
    assert SECRET not in page


LIBRARIES = (
    *("numpy", "pandas", "pyarrow", "PIL", "IPython", "ipywidgets", "anywidget", "nbformat", "orjson", "matplotlib", "plotly", "bokeh"),
    *(
        "altair",
        "vl_convert",
        "traitlets",
        "psutil",
        "dateutil",
        "pytz",
        "tzdata",
        "markdown_it",
        "jsonschema",
        "fastjsonschema",
        "jupyter_core",
    ),
)


@pytest.mark.parametrize(
    "start", [["-m", "jupyter_tracking"], [str(Path(sys.executable).with_name("jupyter-tracking"))]], ids=["module", "script"]
)
def test_the_command_line_imports_nothing_from_the_current_directory(root: Path, start: list[str]) -> None:
    """In which a stranger's run lies, and modules named as libraries are."""
    if not start[0].startswith("-") and not Path(start[0]).exists():
        pytest.skip("the package is not installed")
    uuid = with_note(root / "runs" / uuid4().hex)
    file = notebook(root, f"runs/{uuid}", uuid)
    for name in (*LIBRARIES, "git", "sitecustomize", "usercustomize"):
        (root / f"{name}.py").write_text(f"open({str(root / 'ran')!r}, 'a').write(__name__)\nraise ImportError('planted')\n")
    environment = {**os.environ, "PYTHONPATH": str(Path(tracking.__file__).parent.parent)}
    for words in (
        ["runs"],
        ["show", uuid],
        ["show", uuid, "-o", "page.html"],
        ["check"],
        ["lineage"],
        ["report", str(file)],
        ["export", uuid, "x.zip"],
    ):
        done = subprocess.run([sys.executable, *start, *words], cwd=root, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert not (root / "ran").exists(), words
