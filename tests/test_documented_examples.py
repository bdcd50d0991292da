"""The examples of Polyaxon's tracking document, as written there, with our import."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking import V1ArtifactKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def run(root: Path) -> Iterator[tracking.Run]:
    """A run under a fresh root, ended afterwards."""
    with tracking.init(root=root, name="example") as run:
        yield run


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    """A file as a framework would save one."""
    path = tmp_path / "saved" / "model.h5"
    path.parent.mkdir()
    path.write_bytes(b"\x89HDF\r\n weights")
    return path


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    """A folder as TensorFlow saves one."""
    path = tmp_path / "saved_model"
    (path / "variables").mkdir(parents=True)
    (path / "saved_model.pb").write_bytes(b"graph")
    (path / "variables" / "variables.index").write_bytes(b"index")
    return path


def only(run: tracking.Run, name: str) -> dict[str, object]:
    """Return the one lineage row of a name, as a dict."""
    frame = tracking.lineage(run)
    rows = frame[frame["name"] == name]
    assert len(rows) == 1
    return dict(rows.iloc[0])


def test_get_artifacts_path_is_the_run_folder(run: tracking.Run) -> None:
    """Without arguments the root of the run; with a relative path, a path under it."""
    assert tracking.get_artifacts_path() == str(run.path)
    assert tracking.get_artifacts_path("rel/file.txt") == str(run.path / "rel" / "file.txt")


def test_get_artifacts_path_makes_the_folder_it_is_asked_for(run: tracking.Run) -> None:
    """With is_dir=True the folder exists afterwards."""
    path = tracking.get_artifacts_path("some/folder", ensure_path=True, is_dir=True)
    assert path == str(run.path / "some" / "folder")
    assert (run.path / "some" / "folder").is_dir()


def test_get_outputs_path_is_below_the_run_folder(run: tracking.Run) -> None:
    """The folder of a file's path exists; with is_dir=True the path itself is a folder."""
    assert tracking.get_outputs_path() == str(run.path / "outputs")
    assert tracking.get_outputs_path("custom/file.ext") == str(run.path / "outputs" / "custom" / "file.ext")
    assert (run.path / "outputs" / "custom").is_dir()
    tracking.get_outputs_path("a/folder", is_dir=True)
    assert (run.path / "outputs" / "a" / "folder").is_dir()


def test_reference_to_a_file_saved_under_outputs(run: tracking.Run) -> None:
    """The user saves, we add a lineage entry with the path relative to the run; the file is not touched."""
    path = tracking.get_outputs_path("custom_artifacts/filename.ext")
    (run.path / "outputs" / "custom_artifacts" / "filename.ext").write_text("content")
    tracking.log_artifact_ref(path=path)
    row = only(run, "filename")
    assert row["path"] == "outputs/custom_artifacts/filename.ext"
    assert (row["kind"], row["versioned"], row["size"]) == ("file", False, 7)
    assert tracking.open_run(run).load("filename").read_text() == "content"


def test_reference_to_s3_copies_nothing_and_asks_no_network(run: tracking.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lineage entry with the URL as written and the user's summary."""

    def refuse(*_: object) -> None:
        message = "the network was asked"
        raise AssertionError(message)

    monkeypatch.setattr("socket.socket.connect", refuse)
    before = sorted(run.path.rglob("*"))
    tracking.log_artifact_ref(path="s3://bucket/file.ext", name="myfile", summary={"extra_key": "extra_value"})
    row = only(run, "myfile")
    assert row["path"] == "s3://bucket/file.ext"
    assert row["summary"] == {"extra_key": "extra_value", "path": "s3://bucket/file.ext"}
    assert [p for p in sorted(run.path.rglob("*")) if p not in before] == [run.path / ".jupyter-tracking" / "lineage.jsonl"]


def test_reference_to_a_model_folder(run: tracking.Run, model_folder: Path) -> None:
    """The kind is model, with the framework."""
    tracking.log_model_ref(str(model_folder), framework="tensorflow", summary={"layers": 3})
    row = only(run, "saved_model")
    assert (row["kind"], row["framework"], row["versioned"]) == ("model", "tensorflow", False)
    assert row["path"] == str(model_folder)
    assert row["summary"]["layers"] == 3  # type: ignore[index]


@pytest.mark.parametrize(("rel_path", "where"), [(None, "outputs/file.csv"), ("csv_files/new/", "outputs/csv_files/new/file.csv")])
def test_generic_artifact_is_copied_under_outputs(run: tracking.Run, tmp_path: Path, rel_path: str | None, where: str) -> None:
    """Without a step: a copy, versioned=False, the source as it was."""
    source = tmp_path / "file.csv"
    source.write_text("a,b\n1,2\n")
    tracking.log_artifact(name="file", path=str(source), kind=V1ArtifactKind.CSV, rel_path=rel_path)
    row = only(run, "file")
    assert (row["path"], row["kind"], row["versioned"]) == (where, "csv", False)
    assert (run.path / where).read_text() == source.read_text() == "a,b\n1,2\n"


@pytest.mark.parametrize(
    ("rel_path", "where"), [(None, "outputs/model/model.h5"), ("different_folder", "outputs/different_folder/model.h5")]
)
def test_generic_model_is_copied_under_outputs_model(run: tracking.Run, model_file: Path, rel_path: str | None, where: str) -> None:
    """Without a step a model goes to outputs/model/, or below the given folder."""
    tracking.log_model(name="file", path=str(model_file), framework="scikit", summary={"params": 3}, rel_path=rel_path)
    row = only(run, "file")
    assert (row["path"], row["kind"], row["versioned"], row["framework"]) == (where, "model", False, "scikit")
    assert row["summary"]["params"] == 3  # type: ignore[index]
    assert (run.path / where).read_bytes() == model_file.read_bytes()


def test_versioned_curve(run: tracking.Run) -> None:
    """A row a step; the stepper offers exactly the steps that were logged."""
    x, y = [1, 2, 3], [0.1, 0.2, 0.4]
    tracking.log_curve("custom-curve", x, y, step=14)
    tracking.log_curve("custom-curve", y, x, step=140)
    view = tracking.open_run(run)
    assert view.steps("custom-curve") == [14, 140]
    curve = view.load("custom-curve", step=14)
    assert (curve.x.tolist(), curve.y.tolist(), curve.kind) == ([1.0, 2.0, 3.0], y, "custom")
    assert view.show("custom-curve").steps == (14, 140)


@pytest.mark.parametrize("folder", [False, True], ids=["file", "folder"])
def test_versioned_model(run: tracking.Run, model_file: Path, model_folder: Path, *, folder: bool) -> None:
    """An asset and a row a step, for a file and for a folder; the source stays."""
    source = model_folder if folder else model_file
    for step in (3, 140):
        tracking.log_model(str(source), name="model", framework="tensorflow", step=step)
    view = tracking.open_run(run)
    suffix = "" if folder else ".h5"
    assert view.steps("model") == [3, 140]
    assert [str(view.load("model", step=s).relative_to(run.path)) for s in (3, 140)] == [
        f"assets/model/model_3{suffix}",
        f"assets/model/model_140{suffix}",
    ]
    saved = view.load("model", step=140)
    inner = "variables/variables.index" if folder else ""
    assert (saved / inner).read_bytes() == (source / inner).read_bytes()
    assert view.show("model").steps == (3, 140)


def test_versioned_pickled_dataframe(run: tracking.Run, tmp_path: Path) -> None:
    """A pickle is a file: it loads as its path, and is unpickled only when that call says so."""
    frame = pd.DataFrame({"a": [1, 2]})
    source = tmp_path / "df.pkl"
    frame.to_pickle(source)
    for step in (3, 140):
        tracking.log_artifact(str(source), kind=V1ArtifactKind.DATAFRAME, name="df-pickle", step=step)
    view = tracking.open_run(run)
    assert view.show("df-pickle").steps == (3, 140)
    assert view.load("df-pickle", step=3) == run.path / "assets" / "dataframe" / "df-pickle_3.pkl"
    pd.testing.assert_frame_equal(view.load("df-pickle", step=140, allow_pickle=True), frame)
    assert source.exists()
