"""Curves, matrices, histograms, charts and traces: what they take, and what they refuse by name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from matplotlib import pyplot as plt

from jupyter_tracking.errors import InvalidArgument, InvalidType

if TYPE_CHECKING:
    from jupyter_tracking.record.run import Run
    from jupyter_tracking.run_view import RunView


def test_roc_and_pr_curves(run: Run, view: RunView) -> None:
    """The x is the false positive rate or the precision, y the true positive rate or the recall; the area is the annotation."""
    run.log_roc_auc_curve("roc", [0, 0.5, 1], [0, 0.75, 1], auc=0.0, step=1)
    run.log_pr_curve("pr", [0.5, 1], [1, 0], average_precision=0.75, step=1)
    assert view.load("roc")[2:] == ("roc", "0.0")
    assert view.load("pr").x.tolist() == [0.5, 1.0]
    assert view.load("pr")[2:] == ("pr", "0.75")


@pytest.mark.parametrize("function", ["log_sklearn_roc_auc_curve", "log_sklearn_pr_curve"])
def test_curves_that_scikit_learn_finds(run: Run, view: RunView, function: str) -> None:
    """A curve of two classes, and one of each of several, numbered in the order of the sorted labels."""
    rng = np.random.default_rng(5)
    getattr(run, function)("two", rng.random(40), rng.integers(0, 2, 40), step=1)
    labels = np.array(["cat", "dog", "eel"])[np.arange(30) % 3]
    getattr(run, function)("three", rng.random((30, 3)), labels, step=1, is_multi_class=True)
    assert [name for _, name in view.artifacts()] == ["two", "three_0", "three_1", "three_2"]
    area = float(view.load("three_2").annotation)
    from sklearn import metrics

    rng = np.random.default_rng(5)
    rng.random(40), rng.integers(0, 2, 40)
    scores = rng.random((30, 3))[:, 2]
    measure = metrics.roc_auc_score if "roc" in function else metrics.average_precision_score
    assert area == pytest.approx(measure(labels == "eel", scores))


def test_mistakes_with_curves_are_named(run: Run) -> None:
    """Lengths that differ, columns that are not the classes, what scikit-learn refuses; nothing is written."""
    with pytest.raises(InvalidArgument, match="fpr has 2 numbers and tpr has 3"):
        run.log_roc_auc_curve("roc", [0, 1], [0, 1, 2])
    with pytest.raises(InvalidArgument, match="a column for each class"):
        run.log_sklearn_roc_auc_curve("roc", np.zeros((6, 2)), [0, 1, 2, 0, 1, 2], is_multi_class=True)
    with pytest.raises(InvalidArgument, match="'roc'"):
        run.log_sklearn_roc_auc_curve("roc", [0.1, 0.2], [0, 1, 1])
    assert not (run.path / "events").exists()


def test_confusion_matrices(run: Run, view: RunView) -> None:
    """Labels may be numbers, texts or an array; whole numbers stay whole."""
    run.log_confusion_matrix("c", np.array([0, 1]), ["a", "b"], np.array([[5, 1], [2, 7]]), step=1)
    got = view.load("c")
    assert (got.x, got.y, got.z.tolist(), got.z.dtype.kind) == ([0, 1], ["a", "b"], [[5, 1], [2, 7]], "i")


@pytest.mark.parametrize(
    ("x", "y", "z", "error"),
    [
        (["a"], ["a", "b"], [[1, 2], [3, 4]], InvalidArgument),
        (["a", "b"], ["a", "b"], [[1, 2]], InvalidArgument),
        (["a", "b"], ["a", "b"], [[1, 2], [3]], InvalidType),
        (["a", "b"], ["a", "b"], None, InvalidArgument),
        ("ab", ["a", "b"], [[1, 2], [3, 4]], InvalidType),
        (["a", "b"], ["a", "b"], [["x", "y"], ["z", "w"]], InvalidType),
        ([], [], [], InvalidArgument),
    ],
)
def test_a_matrix_that_is_none_is_refused(run: Run, x: Any, y: Any, z: Any, error: type[Exception]) -> None:
    """Polyaxon warns and logs nothing; here the call fails and says why."""
    with pytest.raises(error):
        run.log_confusion_matrix("c", x, y, z)
    assert not (run.path / "events").exists()


@pytest.mark.parametrize("normalize", [None, "true", "pred", "all"])
def test_a_confusion_matrix_of_labels_is_that_of_scikit_learn(run: Run, view: RunView, normalize: str | None) -> None:
    """Rows are the truth, which the lineage says too; a label that nobody has is a row of zeros."""
    from sklearn.metrics import confusion_matrix

    truth, taken = ["cat", "dog", "cat", "eel", "cat"], np.array(["cat", "cat", "dog", "eel", "cat"])
    for step, labels in enumerate((None, ["eel", "fox", "dog", "cat"])):
        run.log_confusion_matrix("c", y_true=truth, y_pred=taken, labels=labels, normalize=normalize, step=step)
        got = view.load("c", step=step)
        assert got.x == got.y == (labels or ["cat", "dog", "eel"])
        assert got.z.tolist() == confusion_matrix(truth, taken, labels=labels, normalize=normalize).tolist()
        assert got.z.dtype.kind == ("i" if normalize is None else "f")
    assert view.lineage().iloc[0]["summary"].items() >= {"rows": "truth", "columns": "prediction"}.items()


def test_pairs_of_other_labels_are_told(run: Run, view: RunView) -> None:
    """They are not in the matrix, and a warning says how many."""
    with pytest.warns(UserWarning, match="2 of the 4 pairs"):
        run.log_confusion_matrix("c", y_true=[0, 1, 2, 1], y_pred=[0, 1, 1, 5], labels=[0, 1])
    assert view.load("c").z.tolist() == [[1, 0], [0, 1]]


def test_whole_floats_are_labels_and_fractions_where_labels_says_so(run: Run, view: RunView) -> None:
    """As a column of numbers with gaps has them, and as doses are."""
    run.log_confusion_matrix("c", y_true=[0.0, 1.0, 1.0], y_pred=np.array([0.0, 1.0, 0.0]), step=0)
    assert (view.load("c").x, view.load("c").z.tolist()) == ([0.0, 1.0], [[1, 0], [1, 1]])
    run.log_confusion_matrix("c", y_true=[0.5, 1.0], y_pred=[0.5, 0.5], labels=[0.5, 1.0], step=1)
    assert (view.load("c").x, view.load("c").z.tolist()) == ([0.5, 1.0], [[1, 0], [1, 0]])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "x is missing; give the true and the predicted labels, y_true= and y_pred="),
        ({"x": [0, 1], "y": [0, 1]}, "z is missing"),
        ({"y_true": [0, 1]}, "y_pred is missing"),
        ({"labels": [0, 1]}, "y_true is missing"),
        ({"x": [0], "y_true": [0], "y_pred": [0]}, "x and y_true are two ways"),
        ({"y_true": [0, 1], "y_pred": [0]}, "y_true has 2 labels and y_pred has 1"),
        ({"y_true": [], "y_pred": []}, "at least one"),
        ({"y_true": [0, 1], "y_pred": np.eye(2)}, r"y_pred has the shape \(2, 2\); give a label for each, such as probabilities\.argmax"),
        (
            {"y_true": [0, 1], "y_pred": [0.2, 0.9]},
            r"y_pred has 0\.2, .* and no label; give a label for each, such as probabilities\.argmax",
        ),
        ({"y_true": ["a", "b"], "y_pred": np.float32([1, 0.25])}, r"y_pred has 0\.25, which is a probability"),
        ({"y_true": [0.5, 1], "y_pred": [0, 1], "labels": [0, 1]}, r"y_true has 0\.5, .* or say with labels= that"),
        ({"y_true": [0, 1], "y_pred": [0, 1], "normalize": "rows"}, "normalize='rows' is none of 'true', 'pred', 'all'"),
        ({"y_true": [0, 1], "y_pred": ["0", "1"]}, "no labels of one sort"),
        ({"y_true": [0.0, np.nan], "y_pred": [0, 1]}, "labels holds NaN"),
        ({"y_true": [0, 1], "y_pred": [0, 1], "labels": [0, 1, 1]}, "one label twice"),
    ],
)
def test_a_matrix_of_labels_that_is_none_is_refused(run: Run, given: Any, said: str) -> None:
    """By the name of the argument; nothing is written."""
    with pytest.raises(InvalidArgument, match=said):
        run.log_confusion_matrix("c", **given)
    assert not (run.path / "events").exists()


def test_a_histogram_of_values_alone_has_64_bins(run: Run, view: RunView) -> None:
    """`log_histogram(name, values)`, as other trackers take it."""
    run.log_histogram("h", np.arange(640).reshape(10, 64))
    assert view.load("h").counts.tolist() == [10] * 64


def test_histograms_have_their_own_names(run: Run, view: RunView) -> None:
    """In the file the names are Polyaxon's, which are swapped; loaded, counts are counts and edges are edges."""
    data = np.array([[1.0, 2.0], [2.0, 3.0]])
    counts, edges = np.histogram(data, 4)
    run.log_histogram("h", data, 4, step=1)
    run.log_np_histogram("n", counts, edges, step=1)
    for name in ("h", "n"):
        got = view.load(name)
        assert got.counts.tolist() == counts.tolist()
        assert got.edges.tolist() == edges.tolist()
    assert json.loads((run.path / "events/histogram/h.plx").read_text().splitlines()[1].split("|")[2])["values"] == [1, 0, 2, 1]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda run: run.log_histogram("h", [], 3), "empty"),
        (lambda run: run.log_histogram("h", [1, np.nan, np.inf], 3), "2 values that are NaN"),
        (lambda run: run.log_histogram("h", [1, 2], 0), "bins=0"),
        (lambda run: run.log_histogram("h", [1, 2], "nonsense"), "nonsense"),
        (lambda run: run.log_histogram("h", range(2000), 1000), "1000 bins"),
        (lambda run: run.log_histogram("h", range(20), 10, max_bins=5), "at most 5"),
        (lambda run: run.log_np_histogram("h", [1, 2, 3], [1, 2]), "one edge more"),
    ],
)
def test_mistakes_with_histograms_are_named(run: Run, call: Any, said: str) -> None:
    """No values, values that are not finite, bins that are none; nothing is written."""
    with pytest.raises(InvalidArgument, match=said):
        call(run)
    assert not (run.path / "events").exists()


def test_charts_are_what_their_libraries_write(run: Run, view: RunView) -> None:
    """A plotly figure, its dict or its traces; an altair chart; a bokeh figure."""
    import altair as alt
    from bokeh.plotting import figure as bokeh_figure

    figure = go.Figure(go.Scatter(x=np.arange(3), y=[1, 2, np.nan]))
    run.log_plotly_chart("plotly", figure, 1)
    run.log_plotly_chart("traces", [{"type": "bar", "y": np.array([1, 2])}], 1)
    chart = alt.Chart(pd.DataFrame({"a": [1, 2]})).mark_bar().encode(x="a:Q")
    run.log_altair_chart("altair", chart, 1)
    line = bokeh_figure()
    line.line([1, 2], [3, 4])
    run.log_bokeh_chart("bokeh", line, 1)
    assert view.load("plotly") == json.loads(figure.to_json())
    assert go.Figure(view.load("plotly")).data[0].y[:2] == (1, 2)
    assert view.load("traces")["data"] == [{"type": "bar", "y": [1, 2]}]
    assert view.load("altair") == json.loads(chart.to_json())
    assert view.load("bokeh")["doc"]["roots"]
    assert view.events("altair")["kind"].tolist() == ["vega"]


def test_matplotlib_as_a_chart(run: Run, view: RunView, monkeypatch: pytest.MonkeyPatch) -> None:
    """What plotly can convert is a chart; what it cannot is a picture of the same name, with a warning, or an error."""
    figure, axes = plt.subplots()
    axes.plot([1, 2, 3], [2, 1, 3], alpha=0.5, label="rgba (1, 2, 3)")
    run.log_mpl_plotly_chart("chart", figure, 1)
    (line,) = view.load("chart")["data"]
    assert (line["y"], line["name"]) == ([2.0, 1.0, 3.0], "rgba (1, 2, 3)")
    assert line["line"]["color"] == "rgba(31, 119, 180, 0.5)", "as CSS has it, whatever the version of plotly writes"
    assert not plt.fignum_exists(figure.number)

    def refuse(_: object) -> None:
        message = "no"
        raise ValueError(message)

    monkeypatch.setattr("plotly.tools.mpl_to_plotly", refuse)
    with pytest.raises(InvalidArgument, match="cannot convert"):
        run.log_mpl_plotly_chart("picture", plt.figure(), fallback_to_image=False)
    with pytest.warns(UserWarning, match="as a picture"):
        run.log_mpl_plotly_chart("picture", plt.figure(figsize=(1, 1)), 1)
    assert ("image", "picture") in view.artifacts()
    plt.close("all")


def test_mistakes_with_charts_are_named(run: Run) -> None:
    """What is no figure of the library is told, and what the library refuses."""
    import altair as alt

    with pytest.raises(InvalidType, match="figure of plotly"):
        run.log_plotly_chart("c", 3)
    with pytest.raises(InvalidArgument, match="plotly refuses"):
        run.log_plotly_chart("c", {"data": [{"type": "nonsense"}]})
    with pytest.raises(InvalidType, match="figure of bokeh"):
        run.log_bokeh_chart("c", 3)
    with pytest.raises(InvalidType, match="chart of altair"):
        run.log_altair_chart("c", pd.DataFrame())
    with pytest.raises(InvalidArgument, match="maximum"):
        run.log_altair_chart("c", alt.Chart(pd.DataFrame({"a": range(9000)})).mark_bar().encode(x="a:Q"))
    assert not (run.path / "events").exists()


def test_traces(run: Run, view: RunView) -> None:
    """A dict or an object with Polyaxon's fields, children and all; its inputs and outputs become the run's."""
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    child = SimpleNamespace(name="child", kind="llm", started_at=moment, metadata={"tokens": np.int64(3)}, children=None)
    run.log_trace(
        {"name": "a trace", "kind": "agent", "started_at": moment, "inputs": {"q": "why"}, "outputs": {"n": 42}, "children": [child]}, 3
    )
    got = view.load("a trace")
    assert got["children"] == [{"name": "child", "started_at": moment.isoformat(), "metadata": {"tokens": 3}, "kind": "llm"}]
    assert view.inputs["q"] == "why"
    assert view.outputs["n"] == 42
    run.log_trace({"tags": ["no name"]})
    assert view.load("trace") == {"tags": ["no name"]}


@pytest.mark.parametrize(
    ("span", "said"),
    [
        ({"nmae": "x"}, "'name'"),
        ({"name": "x", "kind": "nonsense"}, "llm"),
        ({"name": "x", "inputs": [1]}, "inputs is a list"),
        ({"name": "x", "metadata": {"f": print}}, "metadata"),
        ({"name": "x", "children": [{"name": "y", "oops": 1}]}, r"children\[0\]"),
        (3, "a dict with the fields"),
    ],
)
def test_a_trace_that_polyaxon_would_not_read_is_refused(run: Run, span: Any, said: str) -> None:
    """Unknown fields and kinds are named, at any depth; nothing is written."""
    with pytest.raises((InvalidArgument, InvalidType), match=said):
        run.log_trace(span)
    assert not (run.path / "events").exists()
