"""What stands for a run at the end: its outputs, the number of each metric, how long it was recorded in, and why it failed."""

from __future__ import annotations

import json
import math
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.format.document import run_document
from jupyter_tracking.record.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

UUID = "0123456789abcdef" * 2
MAX = sys.float_info.max


@pytest.fixture
def path(root: Path) -> Path:
    """Where a run is, or will be."""
    return root / "runs" / UUID


def recorded(path: Path, *values: float, metric: str = "loss", **outputs: Any) -> tracking.RunView:
    """One life of a run that logs these values of a metric, and outputs."""
    run = Run(path)
    for value in values:
        run.log_metric(metric, value)
    if outputs:
        run.log_outputs(**outputs)
    run.end()
    return tracking.open_run(path)


def document(path: Path) -> dict[str, Any]:
    """The run's document."""
    found: dict[str, Any] = json.loads((path / "run.plx.json").read_text("utf-8"))
    return found


def change(path: Path, how: Callable[[dict[str, Any]], object]) -> None:
    """Change the run's document by hand."""
    present = document(path)
    how(present)
    (path / "run.plx.json").write_text(json.dumps(present))


# --- outputs ---------------------------------------------------------------------------------------


def test_what_was_said_stays_after_a_resume_and_the_metrics_are_those_of_all_rows(path: Path, root: Path) -> None:
    """A resumed run has no number of an earlier end; while it runs, its document has only what was said."""
    recorded(path, 1.0, best=7, metric="acc")
    recorded(path, 2.0)
    run = Run(path)
    assert document(path)["outputs"] == {"best": 7}
    assert tracking.open_run(path).outputs == {"acc": 1.0, "loss": 2.0, "best": 7}
    run.log_metric("loss", 3.0)
    assert tracking.runs(root)["outputs.loss"].tolist() == [3.0]
    run.log_outputs(acc="said")
    run.end()
    assert tracking.open_run(path).outputs == document(path)["outputs"] == {"acc": "said", "loss": 3.0, "best": 7}
    again = Run(path)
    again.log_outputs(True)
    again.end()
    assert tracking.open_run(path).outputs == {"acc": 1.0, "loss": 3.0}


def test_a_metric_that_has_no_row_is_no_output(path: Path) -> None:
    """It was defined, and never logged."""
    run = Run(path)
    run.define_metric("never", "max")
    run.end()
    assert tracking.open_run(path).outputs == {}


@pytest.mark.parametrize(
    ("values", "mean"),
    [
        ([MAX, MAX, MAX], MAX),
        ([-MAX] * 7, -MAX),
        ([MAX, MAX, -MAX], MAX / 3),
        ([MAX, MAX, math.inf], math.inf),
        ([MAX, MAX, math.inf, -math.inf], math.nan),
        ([math.inf, -math.inf], math.nan),
        ([1.0, math.nan, 2.0], 1.5),
        ([5e-324, 5e-324], 5e-324),
    ],
)
def test_the_mean_of_any_floats_is_one_of_them_or_lies_between(path: Path, values: list[float], mean: float) -> None:
    """A run ends whatever its metrics hold: infinities of both signs, and numbers whose sum is no float."""
    run = Run(path)
    run.define_metric("loss", summary="mean")
    for value in values:
        run.log_metric("loss", value)
    run.end()
    assert tracking.open_run(path).outputs == {"loss": pytest.approx(mean, nan_ok=True, rel=1e-15)}


def old(present: dict[str, Any], outputs: dict[str, Any]) -> None:
    """Make a document as an older version of ours wrote it."""
    present["meta_info"]["jupyter_tracking"] = {"format": 1}
    present["outputs"] = outputs


def test_folders_of_older_versions_read_sensibly(path: Path, root: Path) -> None:
    """In a run of one life its outputs are right; in one that was resumed the rows are, but for what is no metric."""
    view = recorded(path, 1.0, 0.5, best=7)
    change(path, lambda doc: old(doc, {"loss": 0.25, "best": 7}))
    assert view.outputs == {"loss": 0.25, "best": 7}, "log_outputs said so"
    Run(path).end()
    assert view.outputs == {"loss": 0.25, "best": 7}
    change(path, lambda doc: old(doc, {"loss": 1.0, "best": 7}))
    assert view.outputs == {"loss": 0.5, "best": 7}, "it is that of the first end"
    assert tracking.runs(root)["outputs.loss"].tolist() == [0.5]
    recorded(path, 0.125)
    assert view.outputs == {"loss": 0.125, "best": 7}


def test_a_run_that_polyaxon_wrote_keeps_its_values(path: Path, root: Path) -> None:
    """A value that is not the last of its metric was said; what the document lacks is found from the rows."""
    recorded(path, 1.0, 0.5)
    recorded(path, math.nan, metric="nan")
    recorded(path, 3.0, metric="further")
    change(path, lambda doc: (doc["meta_info"].clear(), doc.update(outputs={"loss": 0.75, "nan": None, "note": "x"})))
    view = tracking.open_run(path)
    assert view.outputs == {"loss": 0.75, "nan": pytest.approx(math.nan, nan_ok=True), "further": 3.0, "note": "x"}
    assert tracking.runs(root, summary="max")["outputs.loss"].tolist() == [0.75]
    change(path, lambda doc: doc["outputs"].update(loss=0.5))
    assert tracking.runs(root, summary="max")["outputs.loss"].tolist() == [1.0]


def test_a_final_status_that_was_logged_does_not_end_the_outputs(path: Path) -> None:
    """The run goes on after `log_status`, in its first life and in the next."""
    for value in (1.0, 2.0):
        run = Run(path)
        run.log_status("failed", "Diverged")
        run.log_metric("loss", value)
        assert tracking.open_run(path).outputs == {"loss": value}
        assert tracking.open_run(path).lineage()["last_value"].tolist() == [value]
        run.end()
        assert tracking.open_run(path).outputs == {"loss": value}


def test_numbers_that_json_has_no_word_for_and_texts_that_read_like_them(path: Path, root: Path) -> None:
    """Each comes back as what it was, in every section and however deep."""
    values: dict[str, Any] = {"a": math.inf, "b": "NaN", "c": [1.5, "Infinity", -math.inf, {"x": "NaN", "y": np.float32("inf")}], "d": "x"}
    run = Run(path)
    run.log_inputs(**values)
    run.log_outputs(**values)
    run.log_meta(**values)
    run.log_trace({"name": "t", "inputs": {"e": "NaN"}, "outputs": {"e": math.inf}})
    run.end()
    view = tracking.open_run(path)
    right = {**values, "c": [1.5, "Infinity", -math.inf, {"x": "NaN", "y": math.inf}]}
    assert view.inputs == {**right, "e": "NaN"}
    assert view.outputs == {**right, "e": math.inf}
    assert {key: view.meta[key] for key in right} == right
    assert tracking.runs(root).loc[0, ["inputs.a", "inputs.b"]].tolist() == [math.inf, "NaN"]
    again = Run(path)
    again.log_inputs(b=math.inf, a="NaN")
    again.log_outputs(True, b="Infinity")
    again.end()
    assert (view.inputs["a"], view.inputs["b"], view.inputs["c"]) == ("NaN", math.inf, right["c"])
    assert view.outputs == {"b": "Infinity"}


def test_columns_of_numbers_are_numbers(root: Path) -> None:
    """They sort and have a mean; NaN is a value and missing is missing; what a float would change, and texts, are left as they are."""
    logged: list[dict[str, Any]] = [
        {"full": 1.5, "some": math.nan, "whole": 1, "mixed": 1, "large": 2**53 + 1, "huge": 2**63, "flag": True},
        {"full": math.nan, "whole": 2**60, "mixed": "a", "large": 0.5, "huge": 1, "flag": False, "missing_int": 3},
        {"full": -math.inf, "some": 0.5, "whole": -1, "mixed": None, "large": 1, "huge": 0, "flag": True},
    ]
    for number, values in enumerate(logged):
        run = Run(root / "runs" / f"{number:032x}")
        run.log_inputs(**values)
        run.end()
    frame = tracking.runs(root)[::-1].reset_index(drop=True)
    types = {name: str(frame.dtypes[f"inputs.{name}"]) for name in (*logged[0], "missing_int")}
    numbers = {"full": "float64", "some": "Float64", "whole": "int64", "huge": "uint64", "missing_int": "Int64"}
    assert types == {**numbers, "mixed": "object", "large": "object", "flag": "bool"}
    assert frame["inputs.full"].sort_values(ascending=False).index.tolist() == [0, 2, 1]
    assert frame["inputs.full"].mean() == -math.inf
    assert frame["inputs.some"].isna().tolist()[1:] == [True, False]
    assert math.isnan(frame["inputs.some"][0])
    assert frame["inputs.some"][1] is pd.NA
    assert frame["inputs.whole"].tolist() == [1, 2**60, -1]
    assert frame["inputs.large"].tolist() == [2**53 + 1, 0.5, 1]


# --- define_metric -----------------------------------------------------------------------------------


def test_a_definition_says_which_number_stands_for_a_metric(root: Path) -> None:
    """Before its first value or after, for a name or a pattern: the very name first, then the pattern given last."""
    with tracking.init(root=root, name="a"):
        tracking.define_metric("val/*", goal="max", summary="best")
        tracking.define_metric("val/exact", summary="mean")
        for step, value in enumerate([1.0, 3.0, math.nan, 2.0]):
            tracking.log_metrics(step=step, **{"val/acc": value, "val/exact": value, "loss": value, "low": value, "high": value})
        tracking.define_metric("l*", summary="max")
        tracking.define_metric("lo?", summary="min")
        tracking.define_metric("high", goal="min")
        assert tracking.open_run("a", root).outputs == {"val/acc": 3.0, "val/exact": 2.0, "loss": 3.0, "low": 1.0, "high": 2.0}
    view = tracking.open_run("a", root)
    assert view.outputs == document(view.path)["outputs"] == {"val/acc": 3.0, "val/exact": 2.0, "loss": 3.0, "low": 1.0, "high": 2.0}
    with tracking.init(root=root, run_uuid=view.uuid):
        tracking.log_metric("val/acc", 5.0)
        tracking.define_metric("low", summary="last")
        tracking.log_metric("low", math.nan)
    assert view.outputs["val/acc"] == 5.0
    assert math.isnan(view.outputs["low"])
    changed = tracking.runs(root, summary={"val/*": "last", "loss": "mean", "high": "best", "low": "best"}).iloc[0]
    assert (changed["outputs.val/acc"], changed["outputs.val/exact"], changed["outputs.loss"]) == (5.0, 2.0, 2.0)
    assert changed["outputs.high"] == 1.0
    assert math.isnan(changed["outputs.low"]), "it has no goal, and stays as it was defined"
    assert tracking.runs(root, summary="best").iloc[0]["outputs.val/acc"] == 5.0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"goal": "maximize"}, "goal='maximize' is none of max, min and None; near: 'max'"),
        ({"goal": 1}, "goal=1 is none of max, min and None"),
        ({"summary": "first"}, "summary='first' is none of last, min, max, best, mean"),
        ({"summary": None}, "summary=None is none of"),
        ({"summary": "best"}, "summary='best' of 'loss' needs to know what is better: give goal='max' or goal='min'"),
    ],
)
def test_a_definition_that_says_nothing_is_refused(path: Path, arguments: dict[str, Any], said: str) -> None:
    """By name, with what would be right, and nothing is changed."""
    run = Run(path)
    before = document(path)
    with pytest.raises(InvalidArgument, match=said):
        run.define_metric("loss", **arguments)
    with pytest.raises(InvalidArgument, match="name"):
        run.define_metric("")
    assert document(path) == before
    run.end()


def test_a_summary_that_is_none_is_refused(root: Path) -> None:
    """Of all metrics, or of one."""
    with pytest.raises(InvalidArgument, match="summary='median' is none of last, min, max, best, mean"):
        tracking.runs(root, summary="median")
    with pytest.raises(InvalidArgument, match=r"summary\['loss'\]='lowest' is none of"):
        tracking.runs(root, summary={"loss": "lowest"})
    with pytest.raises(InvalidArgument, match="neither a word nor a dict"):
        tracking.runs(root, summary=3)  # type: ignore[arg-type]


def test_a_metric_is_defined_by_a_magic(root: Path, shell: InteractiveShell) -> None:
    """`%define_metric`, and `%runs` with another summary."""
    shell.run_line_magic("load_ext", "jupyter_tracking")
    with tracking.init(root=root):
        shell.run_line_magic("define_metric", '"val/*" --goal min --summary best')
        for value in (2.0, 1.0, 3.0):
            shell.run_line_magic("log_metric", f"val/loss {value}")
    assert shell.run_line_magic("runs", f"--root {root}")["outputs.val/loss"].tolist() == [1.0]
    assert shell.run_line_magic("runs", f"--root {root} --summary mean")["outputs.val/loss"].tolist() == [2.0]


# --- duration ----------------------------------------------------------------------------------------


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Set the clock of the documents to a second of a day."""
    return lambda second: monkeypatch.setattr(run_document, "now_iso", lambda: moment(second).isoformat())


def moment(second: int) -> datetime:
    """A second of a day."""
    return datetime.fromtimestamp(1_700_000_000 + second, UTC)


def written(path: Path, second: int) -> None:
    """Let all files of a run have been written at a second."""
    for file in [p for p in path.rglob("*") if p.is_file()]:
        os.utime(file, (moment(second).timestamp(),) * 2)


def test_the_duration_is_the_time_recorded_in(path: Path, root: Path, at: Callable[[int], None]) -> None:
    """The lives of a run together, without what lies between them; of one that was killed until its last sign."""
    at(0)
    run = Run(path)
    run.log_metric("loss", 1.0)
    at(10)
    run.end()
    assert tracking.open_run(path).duration == document(path)["duration"] == 10
    at(1000)
    killed = Run(path)
    killed.log_metric("loss", 2.0)
    written(path, 1007)
    assert tracking.open_run(path).duration == 17
    at(1009)
    killed.log_inputs(a=1)
    written(path, 1003)
    assert tracking.open_run(path).duration == 19
    killed._release_lock()
    written(path, 1020)
    os.utime(path / "run.plx.json", (moment(5000).timestamp(),) * 2)  # somebody renamed it
    assert (tracking.open_run(path).status, tracking.open_run(path).duration) == ("interrupted", 30)
    at(9000)
    last = Run(path)
    last.log_status("running")
    at(9005)
    last.end()
    assert tracking.open_run(path).duration == document(path)["duration"] == 35
    assert tracking.runs(root)["duration"].tolist() == [35]
    assert document(path)["started_at"] == moment(0).isoformat()


def test_joining_a_run_that_goes_on_begins_no_life(path: Path, at: Callable[[int], None]) -> None:
    """The worker that comes later counts as part of the same life."""
    at(0)
    run = Run(path)
    run.log_outputs(best=1)
    at(5)
    worker = Run(path, shared=True)
    worker.log_metric("loss", 1.0)
    written(path, 8)
    assert tracking.open_run(path).duration == 8
    assert tracking.open_run(path).outputs == {"loss": 1.0, "best": 1}
    worker._release_lock()
    at(9)
    run.end()
    assert tracking.open_run(path).duration == 9


# --- status, and why ---------------------------------------------------------------------------------


def test_a_run_whose_writers_are_gone_has_the_end_that_was_meant(path: Path, root: Path) -> None:
    """The first of them said how it should end while another was still writing."""
    run = Run(path)
    run.log_metric("loss", 1.0)
    ending = {"status": "failed", "reason": "ValueError", "message": "ValueError: no"}
    change(path, lambda doc: doc["meta_info"]["jupyter_tracking"].update(ending=ending))
    view = tracking.open_run(path)
    assert (view.status, view.status_reason) == ("running", "")
    run._release_lock()
    assert (view.status, view.status_reason, view.status_message) == ("failed", "ValueError", "ValueError: no")
    assert tracking.runs(root)["status"].tolist() == ["failed"]
    for wrong in (None, [], {}, {"status": []}, {"status": "running"}):
        change(path, lambda doc, wrong=wrong: doc["meta_info"]["jupyter_tracking"].update(ending=wrong))
        assert view.status == "interrupted"
    Run(path).end()
    assert (view.status, view.status_message) == ("succeeded", "")


def test_why_a_run_failed_is_said_where_it_is_shown(root: Path, tmp_path: Path) -> None:
    """The view and its repr, the header of its browser, its saved page and the table of runs."""
    why = "ValueError: <b>bad</b>\nsecond line"
    with pytest.raises(ValueError, match="bad"), tracking.init(root=root, name="a"):
        raise ValueError("<b>bad</b>\nsecond line")
    view = tracking.open_run("a", root)
    assert (view.status_reason, view.status_message) == ("ValueError", why)
    assert "failed (ValueError: <b>bad</b> second line), 0 artifacts" in repr(view)
    browser = view.browse()
    assert browser.catalog.about["run"]["why"] == "ValueError: <b>bad</b> second line"
    assert ["message", why] in browser.catalog.about["run"]["facts"]
    for page in (view.save(tmp_path / "a.html"), tracking.browse(root=root).save(tmp_path / "all.html")):
        text = page.read_text("utf-8")
        assert "ValueError: &lt;b&gt;bad&lt;/b&gt; second line" in text
        assert "<b>bad" not in text
    with tracking.init(root=root, name="b") as run:
        run.log_failed("Diverged", "the loss is NaN")
    assert "failed (Diverged: the loss is NaN)" in repr(tracking.open_run("b", root))
    with tracking.init(root=root, name="c") as run:
        run.log_stopped()
    view = tracking.open_run("c", root)
    assert (view.status_reason, view.status_message) == ("", "")
    assert "stopped, 0 artifacts" in repr(view)


@pytest.mark.parametrize("wrong", [None, 1, [], "x", {"a": 1}, [1], [None], [["a"]], [[1.5]], True])
def test_a_document_of_wrong_types_is_read_as_far_as_it_goes(path: Path, root: Path, wrong: Any) -> None:
    """Nothing that somebody wrote into a document by hand stops a reader."""
    recorded(path, 1.0, best="NaN")
    own = ("texts", "metrics", "logged_outputs", "life", "complete", "ending", "format")
    for status in ("succeeded", "running"):
        for key in own:
            change(path, lambda doc, key=key: doc["meta_info"]["jupyter_tracking"].update({key: wrong}))
            change(path, lambda doc, status=status: doc.update(status=status))
            view = tracking.open_run(path)
            assert view.outputs.keys() == {"loss", "best"}
            assert (len(tracking.runs(root, summary="max")), len(view.lineage())) == (1, 1)
            tracking.browse(root=root)
            assert repr(view)
    for key in ("inputs", "outputs", "tags", "status", "status_conditions", "duration", "created_at", "finished_at", "meta_info", "name"):
        change(path, lambda doc, key=key: doc.update({key: wrong}))
        view = tracking.open_run(path)
        assert isinstance(view.outputs, dict)
        assert len(tracking.runs(root)) == 1
        tracking.browse(root=root)
        view.browse()
        assert repr(view)


# --- metrics without steps ---------------------------------------------------------------------------


def test_metrics_without_steps_are_rows_in_the_order_logged(root: Path) -> None:
    """The k-th value of each stands in the k-th row without a step; those with steps follow."""
    with tracking.init(root=root, name="a"):
        for value in (3.0, 1.0, math.nan, 2.0):
            tracking.log_metric("loss", value)
        tracking.log_metric("acc", 0.5)
        tracking.log_metric("both", 7.0, step=2)
        tracking.log_metric("both", 8.0)
        tracking.log_metric("both", 9.0, step=1)
    frame = tracking.open_run("a", root).metrics()
    assert frame.index.tolist() == [pd.NA] * 4 + [1, 2]
    assert str(frame.index.dtype) == "Int64"
    assert frame.index.name == "step"
    expected = {"loss": [3, 1, None, 2, None, None], "acc": [0.5, *[None] * 5], "both": [8, None, None, None, 9, 7]}
    pd.testing.assert_frame_equal(frame.reset_index(drop=True), pd.DataFrame(expected, dtype="float64"))
    assert tracking.open_run("a", root).metrics("loss")["loss"].tolist() == pytest.approx([3, 1, math.nan, 2], nan_ok=True)
    assert tracking.open_run("a", root).metrics("both").index.tolist() == [pd.NA, 1, 2]


def test_metrics_without_steps_are_points_of_a_chart_in_the_order_logged(root: Path) -> None:
    """0, 1, 2, … on the axis, each value once; beside steps they are a line of their own; also where runs are compared."""
    for name in ("a", "b"):
        with tracking.init(root=root, name=name):
            for value in (3.0, 1.0, 2.0):
                tracking.log_metric("loss", value)
                tracking.log_metric("both", value, step=int(value) if value > 1 else None)
    view = tracking.open_run("a", root)
    for stepper in (view.show("loss"), tracking.compare(["a", "b"], "loss", root=root)):
        panel = stepper._scene.panels[0]
        for series in panel.series:
            line = panel.renderer.line(series, 0)
            assert (line.x.tolist(), line.y.tolist(), line.marked, line.labels[0]) == ([0, 1, 2], [3, 1, 2], 2, "order logged")
            shared = panel.renderer.shared(series, preview=False)
            place, kind = shared.head["columns"]["order"]
            assert np.frombuffer(shared.buffers[place], kind).tolist() == [0, 1, 2]
    panel = view.show("both")._scene.panels[0]
    line = panel.renderer.line(panel.series[0], 0)
    assert line.x.tolist()[:1] + line.x.tolist()[2:] == [0, 3, 2]
    assert line.y.tolist() == pytest.approx([1, math.nan, 3, 2], nan_ok=True)
    assert (line.marked, line.labels[0]) == (0, "step")
