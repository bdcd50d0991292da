"""A run that holds every kind, each without a step and at steps, with the values that Polyaxon's own writer loses or corrupts."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.record.run import Run

__all__ = ["AWKWARD", "STEPS", "log_every_kind"]

STEPS = (None, 0, 1, 7)
AWKWARD = "損失 | train/loss é\u2028“"


def log_every_kind(run: Run, folder: Path) -> None:
    """Log every kind without a step and at steps 0, 1 and 7."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data.csv").write_text("a,b\n1,2\n")
    (folder / "saved").mkdir(exist_ok=True)
    (folder / "saved" / "weights.bin").write_bytes(b"\x00\x01")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the libraries that draw say of themselves
        for step in STEPS:
            log_values(run, step)
            log_pictures(run, step)
            log_charts(run, step)
            log_files(run, folder, step)
    run.log_tensorboard_ref(folder / "saved")
    run.log_code_ref({"commit": "0" * 40, "branch": "main"})
    run.log_env(content={"python": "3"})
    run.log_data_ref("content", content="some text")
    run.log_file_ref(folder / "data.csv", "referred")
    run.log_inputs(lr=0.1, nan=math.nan)


def log_values(run: Run, step: int | None) -> None:
    """Numbers and texts."""
    import pandas as pd

    for name in ("loss", "reset", AWKWARD):
        run.log_metric(name, math.nan if step == 1 else 1 / 3, step)
    run.log_curve("curve", [1, 2, math.nan], [0.1, math.inf, -math.inf], "a | b", step)
    run.log_roc_auc_curve("roc", [0, 1], [0, 1], 0.5, step)
    run.log_pr_curve("pr", [0, 1], [0, 1], 0.5, step)
    run.log_confusion_matrix("confusion", ["a|b", "c"], ["a|b", "c"], [[1, 2], [3, 4]], step)
    run.log_histogram("histogram", [1.0, 2.0, 3.0], 2, step=step)
    run.log_dataframe(pd.DataFrame({"a": [1, 2]}), "frame", step=step)
    run.log_dataframe(pd.DataFrame({"a|b": ["x|y"]}), "frame csv", "csv", step)
    # The name of a metric as well.
    run.log_text("loss", "007 of them", step)
    run.log_text(AWKWARD, "one | two\nthree\u2028four\x00five", step)
    run.log_html("html", "<b>a|b</b>", step)
    run.log_markdown("markdown", "# a | b", step)
    run.log_trace({"name": "trace", "kind": "llm", "inputs": {"q": "a|b"}, "children": [{"name": "child"}]}, step)


def log_pictures(run: Run, step: int | None) -> None:
    """Images, sounds and videos."""
    import numpy as np
    from matplotlib import pyplot as plt

    run.log_image(np.zeros((3, 4, 5), np.uint8), "image", step)
    run.log_image_with_boxes(np.zeros((3, 9, 9), np.uint8), [[1, 1, 4, 4]], "boxes", step)
    figure, axes = plt.subplots(figsize=(1, 1))
    axes.plot([1, 2])
    run.log_mpl_image(figure, "figure", step=step)
    run.log_audio(np.zeros(10), "audio", 8000, step)
    run.log_video(np.zeros((2, 3, 4, 4), np.uint8), "video", step=step)


def log_charts(run: Run, step: int | None) -> None:
    """Charts of three libraries."""
    import altair as alt
    import pandas as pd
    import plotly.graph_objects as go
    from bokeh.plotting import figure

    line: Any = figure()
    line.line([1, 2], [3, 4])
    run.log_plotly_chart("plotly", go.Figure(go.Scatter(x=[1, 2], y=[3, 4], text=["a|b", "c"])), step)
    run.log_bokeh_chart("bokeh", line, step)
    run.log_altair_chart("altair", alt.Chart(pd.DataFrame({"a|b": [1]})).mark_point(), step)


def log_files(run: Run, folder: Path, step: int | None) -> None:
    """Files and models: with a step a version, without one a copy under outputs/."""
    run.log_artifact(folder / "data.csv", "table", "csv", step=step, summary={"rows": 1})
    run.log_artifact(folder / "saved", "folder", step=step)
    run.log_model(folder / "data.csv", "model", "sklearn", step=step, summary={"params": 3})
    run.log_model(folder / "saved", "network", "torch", step=step)
