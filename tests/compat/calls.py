"""The calls of Polyaxon's documentation, and a few of its user's, once as a table: played on its client and on ours.

Data is made from a seed, so that both are given the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MOMENT", "Call", "calls", "play"]

MOMENT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


@dataclass
class Call:
    """One call of a `log_*` function."""

    function: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)


def call(function: str, *args: Any, **kwargs: Any) -> Call:
    """Write a call down as it would be made."""
    return Call(function, args, kwargs)


def play(run: Any, made: list[Call]) -> None:
    """Make the calls on a run."""
    for each in made:
        getattr(run, each.function)(*each.args, **each.kwargs)


def files(folder: Path) -> Path:
    """Make the files that the calls log where they are not there yet, and return their folder."""
    if (folder / "saved_model" / "graph.txt").exists():
        return folder
    import numpy as np
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    Image.fromarray(rng.integers(0, 256, (8, 6, 3)).astype(np.uint8)).save(folder / "some image.v2.png")
    (folder / "my_video1.mp4").write_bytes(b"not really a video")
    (folder / "my_audio1.wav").write_bytes(b"RIFF, not really a sound")
    (folder / "data.csv").write_text("a,b\n1,2\n")
    (folder / "model.pkl").write_bytes(b"not really a model")
    saved = folder / "saved_model"
    saved.mkdir(exist_ok=True)
    (saved / "weights.bin").write_bytes(b"\x00\x01")
    (saved / "graph.txt").write_text("graph")
    return folder


def calls(folder: Path) -> list[Call]:
    """Return the table; `folder` holds the files."""
    made = files(folder)
    return [*values(), *curves(), *pictures(made), *tables(), *charts(), *artifacts(made), *references(made), *facts()]


def values() -> list[Call]:
    """Metrics and texts."""
    return [
        call("log_metric", name="loss", value=0.01, step=10),
        call("log_metric", "loss", 0.0099, 11, MOMENT),
        call("log_metric", "train/my loss v1.0", 3),
        call("log_metric", "extremes", float("nan"), 0),
        call("log_metric", "extremes", float("-inf"), 1),
        call("log_metric", "extremes", 5e-324, 2),
        call("log_metrics", step=123, loss=0.023, accuracy=0.91),
        call("log_text", name="text", text="value"),
        call("log_text", "poem", "one | two\nthree", 1),
        call("log_html", name="text html", html="<p>value</p>"),
    ]


def curves() -> list[Call]:
    """Curves, histograms, a confusion matrix."""
    import numpy as np

    rng = np.random.default_rng(1)
    targets, scores = rng.integers(0, 2, 40), rng.random(40)
    classes, each = np.arange(30) % 3, rng.random((30, 3))
    side = ["healthy", "multiple diseases", "rust", "scab"]
    matrix = [[0.1, 0.3, 0.5, 0.2], [1.0, 0.8, 0.6, 0.1], [0.1, 0.3, 0.6, 0.9], [0.6, 0.4, 0.2, 0.2]]
    counts, edges = np.histogram(rng.integers(255, size=1000))
    return [
        call("log_roc_auc_curve", "roc_value", [0.0, 0.5, 1.0], [0.0, 0.75, 1.0], auc=0.6, step=1),
        call("log_sklearn_roc_auc_curve", "roc_sklearn", scores, targets, step=10),
        call("log_sklearn_roc_auc_curve", "roc_classes", each, classes, step=10, is_multi_class=True),
        call("log_pr_curve", "pr_value", [0.5, 0.75, 1.0], [1.0, 0.5, 0.0], step=10),
        call("log_sklearn_pr_curve", "pr_sklearn", scores, targets, step=10),
        call("log_curve", "curve_value", [1, 2, 3], [0.25, 0.5, 1.5], annotation="more=info", step=10),
        call("log_confusion_matrix", "confusion_test", side, side, matrix, step=11),
        call("log_np_histogram", name="histo1", values=counts, counts=edges, step=1),
        call("log_histogram", name="histo", values=np.arange(1024, dtype=float), bins="auto", step=1),
    ]


def pictures(made: Path) -> list[Call]:
    """Images, sounds and videos."""
    import matplotlib as mpl
    import numpy as np

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    rng = np.random.default_rng(2)
    array = rng.integers(0, 256, (3, 16, 12)).astype(np.uint8)
    figures = []
    for _ in range(3):
        figure, axes = plt.subplots(figsize=(2, 1.5))
        axes.plot([1, 2, 3], [2, 1, 3])
        figures.append(figure)
    boxes = np.array([[2, 2, 9, 7]])
    return [
        call("log_image", data=str(made / "some image.v2.png"), step=10),
        call("log_image", data=array, name="generated_image", step=10),
        call("log_image", array.transpose(1, 2, 0), "rows first", 1, dataformats="HWC"),
        call("log_image", array[:1], "gray", 1),
        call("log_image", rng.random((3, 16, 12)), "floats", 1),
        call("log_image", np.stack([array, array]), "several", 1, dataformats="NCHW"),
        call("log_image_with_boxes", name="my_image", tensor_image=array, tensor_boxes=boxes),
        call("log_mpl_image", name="figure", data=figures[0], step=1, close=False),
        call("log_mpl_plotly_chart", "figure chart", figures[1], step=1),
        call("log_video", str(made / "my_video1.mp4")),
        call("log_video", name="my_video2", data=np.zeros((4, 3, 1, 8, 8))),
        call("log_audio", str(made / "my_audio1.wav")),
        call("log_audio", name="my_audio2", data=np.linspace(-1, 1, 42), sample_rate=8000),
    ]


def tables() -> list[Call]:
    """Dataframes; the default content type is not Polyaxon's."""
    import pandas as pd

    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y|z"]})
    return [
        call("log_dataframe", frame, "frame", "csv", 1),
        call("log_dataframe", df=frame, name="page", content_type="html", step=1),
        call("log_dataframe", frame, "frame by default", step=1),
    ]


def charts() -> list[Call]:
    """Charts of three libraries, and a trace."""
    import altair as alt
    import pandas as pd
    import plotly.graph_objects as go

    chart = alt.Chart(pd.DataFrame({"a": [1, 2]})).mark_point().encode(x="a:Q")
    span = {"name": "my trace", "kind": "chain", "tags": ["a"], "inputs": {"q": "why"}, "outputs": {"a": 42}}
    span["children"] = [{"name": "child", "kind": "llm", "metadata": {"tokens": 3}}]
    return [
        call("log_plotly_chart", "plotly", go.Figure(go.Scatter(x=[1, 2], y=[3, 4])), 1),
        call("log_plotly_chart", "plotly dict", {"data": [{"type": "bar", "y": [1, 2]}], "layout": {}}, 1),
        call("log_altair_chart", name="altair", figure=chart, step=1),
        call("log_bokeh_chart", "bokeh", bokeh_line(), 1),
        call("log_trace", span, 2),
    ]


def bokeh_line() -> Any:
    """A bokeh figure."""
    from bokeh.plotting import figure

    made = figure()
    made.line([1, 2], [3, 4])
    return made


def artifacts(made: Path) -> list[Call]:
    """Files and models, with and without a step."""
    return [
        call("log_artifact", str(made / "data.csv"), "table", "csv", step=3),
        call("log_artifact", path=str(made / "data.csv"), name="kept", kind="csv", rel_path="csv_files/new", summary={"rows": 1}),
        call("log_artifact", str(made / "saved_model"), name="folder", kind="dir", step=1),
        call("log_model", str(made / "model.pkl"), framework="scikit-learn", step=3, summary={"params": 3}),
        call("log_model", str(made / "saved_model"), "tf", "tensorflow", step=4),
        call("log_model", path=str(made / "model.pkl"), name="last", framework="scikit-learn", rel_path="model"),
    ]


def references(made: Path) -> list[Call]:
    """What is recorded and not copied."""
    return [
        call("log_artifact_ref", path=str(made / "data.csv"), kind="file", name="by path"),
        call("log_artifact_ref", "s3://bucket/file.ext", "file", "remote", summary={"extra": 1}),
        call("log_model_ref", str(made / "model.pkl"), "referred", "scikit-learn"),
        call("log_data_ref", name="by hash", hash="abc123", path="/data/images", skip_hash_calculation=True),
        call("log_data_ref", "by content", content="some text"),
        call("log_file_ref", str(made / "data.csv")),
        call("log_dir_ref", str(made / "saved_model"), is_input=True),
        call("log_tensorboard_ref", str(made)),
        call("log_code_ref", {"commit": "0" * 40, "branch": "main", "url": "https://example.org/repo"}),
        call("log_artifact_lineage", body=[{"name": "given", "kind": "data", "path": "s3://bucket/x", "summary": {}, "is_input": True}]),
        call("log_env", content={"python": "3"}),
    ]


def facts() -> list[Call]:
    """What a run is called and given."""
    return [
        call("set_name", "renamed"),
        call("set_description", "a description"),
        call("set_readme", "# Readme"),
        call("log_inputs", lr=0.001, layers=[64, 32], nested={"a": {"b": 1}}, none=None),
        call("log_outputs", best=0.97),
        call("log_outputs", reset=False, best=0.98),
        call("log_meta", concurrency=5),
        call("log_tags", ["a", "b"]),
        call("log_tags", "c,d"),
        call("log_progress", 0.5),
        call("log_status", "warning", "Reason", "a message"),
    ]
