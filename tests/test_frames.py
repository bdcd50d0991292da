"""Runs read back as DataFrames: shapes, dtypes and values, as a user of pandas expects them."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking import errors

if TYPE_CHECKING:
    from pathlib import Path

LINEAGE_DTYPES = {
    **dict.fromkeys(["run_uuid", "run_name", "project", "kind", "name"], "string"),
    **dict.fromkeys(["is_input", "versioned"], "boolean"),
    "path": "string",
    **dict.fromkeys(["steps", "step_min", "step_max"], "Int64"),
    **dict.fromkeys(["first_logged", "last_logged"], "datetime64[us, UTC]"),
    "last_value": "Float64",
    "hash": "string",
    "size": "Int64",
    **dict.fromkeys(["framework", "content_type"], "string"),
    "summary": "object",
    **dict.fromkeys(["notebook", "cell_id"], "string"),
    "execution_count": "Int64",
}


@pytest.fixture
def run(root: Path) -> tracking.Run:
    """A finished run with steps that go back, repeat and are missing, and with a value that is no number."""
    with tracking.init(root=root, name="a", project="p", tags=["x", "y"]) as run:
        tracking.log_inputs(lr=0.1, layers=[64, 32])
        for step, loss in [(5, 0.5), (2, 0.7), (5, 0.4), (None, 0.9), (2**62, float("nan"))]:
            tracking.log_metric("loss", loss, step=step, timestamp=f"2026-01-0{1 if step is None else 2} 00:00:00+00:00")
        tracking.log_metric("accuracy", 0.5, step=2)
        tracking.log_curve("roc", [0.0, 0.5, 1.0], [0.0, 0.9, 1.0], annotation="0.95", step=3)
        tracking.log_dataframe(pd.DataFrame({"a": [1, 2]}), "frame", step=3)
        tracking.log_artifact_ref("s3://bucket/x.bin", name="remote")
    return run


def test_metrics_wide_has_a_row_a_step(run: tracking.Run) -> None:
    """Steps in order as Int64, the missing one first; of a repeated step the last value; no step is rounded."""
    wide = tracking.open_run(run).metrics()
    assert wide.index.name == "step"
    assert wide.index.dtype == "Int64"
    assert wide.index.tolist() == [pd.NA, 2, 5, 2**62]
    assert wide["loss"].tolist()[:3] == [0.9, 0.7, 0.4]
    assert np.isnan(wide["loss"].iloc[3])
    assert wide["accuracy"].tolist()[1] == 0.5
    assert list(tracking.open_run(run).metrics("accuracy").columns) == ["accuracy"]


def test_metrics_tidy_has_a_row_a_value(run: tracking.Run) -> None:
    """Every value in the order it was logged: repeats, steps back and NaN are all there."""
    tidy = tracking.open_run(run).metrics("loss", tidy=True)
    assert {c: str(t) for c, t in tidy.dtypes.items()} == {
        "name": "string",
        "step": "Int64",
        "timestamp": "datetime64[us, UTC]",
        "value": "float64",
    }
    assert tidy["step"].tolist() == [5, 2, 5, pd.NA, 2**62]
    assert tidy["value"].tolist()[:4] == [0.5, 0.7, 0.4, 0.9]


def test_metrics_of_a_run_without_any_are_empty(root: Path) -> None:
    """An empty frame of the right shape, not an error."""
    with tracking.init(root=root) as run:
        pass
    view = tracking.open_run(run)
    assert view.metrics().shape == (0, 0)
    assert list(view.metrics(tidy=True).columns) == ["name", "step", "timestamp", "value"]


def test_events_have_the_payload_as_columns(run: tracking.Run) -> None:
    """Step, timestamp, then what the row holds."""
    events = tracking.open_run(run).events("roc")
    assert list(events.columns)[:2] == ["step", "timestamp"]
    assert {"kind", "x", "y", "annotation"} <= set(events.columns)
    assert (str(events.dtypes["step"]), str(events.dtypes["timestamp"])) == ("Int64", "datetime64[us, UTC]")
    assert events["y"].iloc[0] == [0.0, 0.9, 1.0]
    asset = tracking.open_run(run).events("frame").iloc[0]
    assert (asset["path"], asset["content_type"]) == ("assets/dataframe/frame_3.parquet", "parquet")


def test_lineage_has_the_columns_and_dtypes_of_the_contract(run: tracking.Run) -> None:
    """In this order; steps counts distinct ones, and the extremes are true ones."""
    lineage = tracking.open_run(run).lineage()
    assert {c: str(t) for c, t in lineage.dtypes.items()} == LINEAGE_DTYPES
    loss = lineage.set_index("name").loc["loss"]
    assert (loss["steps"], loss["step_min"], loss["step_max"]) == (3, 2, 2**62)
    assert loss["first_logged"] == pd.Timestamp("2026-01-01", tz="UTC")
    assert loss["last_logged"] == pd.Timestamp("2026-01-02", tz="UTC")
    assert np.isnan(loss["last_value"])
    frame = lineage.set_index("name").loc["frame"]
    assert (frame["content_type"], len(frame["hash"])) == ("parquet", 12)
    assert frame["size"] == (run.path / "assets" / "dataframe" / "frame_3.parquet").stat().st_size


def test_lineage_goes_straight_to_csv_parquet_and_groupby(run: tracking.Run, tmp_path: Path) -> None:
    """With no conversion by hand."""
    lineage = tracking.lineage(run)
    assert len(pd.read_csv(io.StringIO(lineage.to_csv(index=False)))) == len(lineage)
    lineage.to_parquet(tmp_path / "lineage.parquet")
    assert len(pd.read_parquet(tmp_path / "lineage.parquet")) == len(lineage)
    assert lineage.groupby("kind").size().to_dict() == {"curve": 1, "dataframe": 1, "file": 1, "metric": 2}


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "running"])
def test_lineage_says_the_same_of_a_running_run(root: Path, *, ended: bool) -> None:
    """What the journal and the event files say while it runs is what its document says at the end."""
    run = tracking.init(root=root, name="a")
    for step in (3, 1, 3):
        tracking.log_metric("loss", step / 10, step=step)
        tracking.log_dataframe(pd.DataFrame({"a": [step]}), "frame", step=step)
    running = tracking.lineage(run)
    if ended:
        tracking.end()
    pd.testing.assert_frame_equal(tracking.lineage(run), running)
    tracking.end()


def test_lineage_of_many_runs(root: Path) -> None:
    """Of those given, by whatever names them, or of all under the root."""
    runs = []
    for name in ("a", "b", "c"):
        with tracking.init(root=root, name=name) as run:
            tracking.log_metric("loss", 1, step=0)
            runs.append(run)
    assert sorted(tracking.lineage(root=root)["run_name"]) == ["a", "b", "c"]
    assert tracking.lineage([runs[0], "b"], root=root)["run_name"].tolist() == ["a", "b"]
    assert tracking.lineage(runs[2].uuid[:8], root=root)["run_uuid"].tolist() == [runs[2].uuid]


def test_runs_are_a_row_each(run: tracking.Run, root: Path) -> None:
    """Newest first, with inputs and outputs as columns; a broken run is a row too and hides no other."""
    with pytest.raises(ValueError, match="stop"), tracking.init(root=root, name="b"):
        raise ValueError("stop")
    broken = root / "runs" / ("f" * 32)
    broken.mkdir()
    (broken / "run.plx.json").write_text('{"uuid": "f')
    runs = tracking.runs(root)
    assert list(runs.columns)[:8] == ["uuid", "name", "project", "status", "created_at", "finished_at", "duration", "tags"]
    assert runs["status"].tolist() == ["failed", "succeeded", "broken"]
    first = runs.set_index("name").loc["a"]
    assert (first["project"], first["tags"], first["inputs.lr"], first["inputs.layers"]) == ("p", ["x", "y"], 0.1, [64, 32])
    assert first["outputs.accuracy"] == 0.5
    assert first["duration"] >= 0
    assert str(runs.dtypes["created_at"]) == "datetime64[us, UTC]"


def test_runs_of_an_empty_root_are_an_empty_frame(root: Path) -> None:
    """With the columns, and no error."""
    assert tracking.runs(root).empty
    assert tracking.lineage(root=root).empty


def test_a_run_is_opened_by_whatever_names_it(run: tracking.Run, root: Path) -> None:
    """The run itself, its uuid, a prefix, its name, its folder as text or path."""
    for named in (run, run.uuid, run.uuid[:4], "a", str(run.path), run.path):
        assert tracking.open_run(named, root=root).uuid == run.uuid
    with tracking.init(root=root, name="a") as newer:
        pass
    assert tracking.open_run("a", root=root).uuid == newer.uuid
    with pytest.raises(errors.NotFound, match="no run folder"):
        tracking.open_run(root / "runs", root=root)


def test_load_gives_the_last_row_of_a_step(run: tracking.Run) -> None:
    """Logged twice at one step: the later; without a step: the row logged last."""
    view = tracking.open_run(run)
    assert view.load("loss", step=5) == 0.4
    assert np.isnan(view.load("loss"))
    assert view.steps("loss") == [None, 2, 5, 2**62]


def test_two_versions_of_a_step_are_both_kept(root: Path) -> None:
    """Nothing logged is overwritten: two assets, two rows, the later one shown."""
    with tracking.init(root=root) as run:
        for value in (1, 2):
            tracking.log_dataframe(pd.DataFrame({"a": [value]}), "frame", step=7)
    view = tracking.open_run(run)
    paths = view.events("frame")["path"].tolist()
    assert paths == ["assets/dataframe/frame_7.parquet", "assets/dataframe/frame_7-2.parquet"]
    assert [pd.read_parquet(run.path / path)["a"].tolist() for path in paths] == [[1], [2]]
    assert view.load("frame", step=7)["a"].tolist() == [2]


def test_bad_rows_are_told_and_the_others_read(run: tracking.Run) -> None:
    """problems() names file and line; metrics() has every good row."""
    path = run.path / "events" / "metric" / "loss.plx"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b"9|soon|0.1\n", *lines[2:], b"torn"]))
    view = tracking.open_run(run)
    problems = view.problems()
    assert problems["file"].tolist() == ["events/metric/loss.plx"]
    assert problems["line"].tolist() == [3]
    assert view.metrics("loss", tidy=True)["step"].tolist() == [5, 2, 5, pd.NA, 2**62]


def test_a_field_whose_name_is_half_of_a_character_is_a_column(run: tracking.Run) -> None:
    """Anybody may have written the rows; Arrow, and a table of texts, hold no such name."""
    with (run.path / "events" / "curve" / "roc.plx").open("a") as file:
        file.write('9|2026-01-01 00:00:00.000000+00:00|{"x": [0, 1], "y": [0, 1], "\\ud800": "a"}\n')
    events = tracking.open_run(run).events("roc")
    assert events["\ud800"].tolist()[-1] == "a"
    assert events["x"].tolist()[-1] == [0, 1]


def test_run_document_is_strict_json_at_every_moment(root: Path) -> None:
    """Readable as Polyaxon's while the run goes on, with values that JSON has no word for."""
    with tracking.init(root=root) as run:
        tracking.log_inputs(nan=float("nan"), array=np.arange(3), where=run.path, kind=tracking.V1ArtifactKind.CSV)

        def refuse(token: str) -> float:
            raise AssertionError(token)

        document = json.loads((run.path / "run.plx.json").read_text(), parse_constant=refuse)
        assert document["status"] == "running"
        assert document["inputs"] == {"nan": "NaN", "array": [0, 1, 2], "where": str(run.path), "kind": "csv"}
