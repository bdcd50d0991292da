"""A run with an artifact of every renderer of views, at three steps each.

Read by the tests, and executed in the notebook's kernel as it stands.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import jupyter_tracking as tracking

if TYPE_CHECKING:
    from jupyter_tracking.record.run import Run
    from jupyter_tracking.run_view import RunView

NAMES = (
    "roc",
    "loss",
    "classes",
    "weights",
    "predictions",
    "digit",
    "notes",
    "card",
    "report",
    "walks",
    "surface",
    "tone",
    "moving",
    "answer",
)


def make() -> RunView:
    """Log them."""
    generator = np.random.default_rng(0)
    with tracking.init(name="renderers", root=tempfile.mkdtemp(), track_code=False, track_env=False, track_logs=False) as run:
        for step in range(0, 30, 10):
            _numbers(run, generator, step)
            _media(run, generator, step)
            _texts(run, step)
        kept = Path(tempfile.mkdtemp()) / "model.bin"
        kept.write_bytes(b"weights")
        run.log_model(str(kept), "clf", "sklearn", step=0)
        run.log_artifact(str(kept), name="kept", kind="file")
    return tracking.open_run(run)


def _numbers(run: Run, generator: np.random.Generator, step: int) -> None:
    rates = np.linspace(0, 1, 200)
    run.log_roc_auc_curve("roc", rates, rates ** (1 / (2 + step / 9)), auc=0.8, step=step)
    run.log_metric("loss", 1 / (step + 1), step=step)
    matrix = generator.poisson(5, (3, 3)) + np.diag(generator.poisson(30 + step, 3))
    run.log_confusion_matrix("classes", ["setosa", "versicolor", "virginica"], ["setosa", "versicolor", "virginica"], matrix, step=step)
    run.log_histogram("weights", generator.normal(step / 10, 1, 2000), 40, step=step)
    run.log_dataframe(pd.DataFrame({"n": range(500), "p": generator.random(500), "word": ["cat", None] * 250}), "predictions", step=step)
    traces = [{"y": generator.normal(size=30).cumsum().tolist(), "name": name} for name in ("one", "two")]
    run.log_plotly_chart("walks", {"data": traces, "layout": {"title": {"text": "Walks"}}}, step=step)
    run.log_plotly_chart("surface", {"data": [{"type": "surface", "z": generator.random((4, 4)).tolist()}]}, step=step)


def _media(run: Run, generator: np.random.Generator, step: int) -> None:
    run.log_image(generator.integers(0, 255, (8, 8), dtype=np.uint8), "digit", step=step, dataformats="HW")
    time = np.linspace(0, 1, 8000)
    run.log_audio(np.sin(time * (1500 + step * 20)) * np.exp(-time * 2), "tone", 8000, step=step)
    run.log_video(np.stack([np.roll(np.tile(np.linspace(0, 1, 32), (32, 1)), k * 4, 1)[None] for k in range(8)]), "moving", 8, step=step)


def _texts(run: Run, step: int) -> None:
    run.log_text("notes", f"step {step}\nsame", step=step)
    run.log_markdown("card", f"# Card\n\nstep *{step}* of `30`\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |", step=step)
    run.log_html("report", f"<h1>Report</h1><p>step <b>{step}</b></p>", step=step)
    inner = {
        "name": "generate",
        "kind": "llm",
        "started_at": "2026-01-01T00:00:01",
        "finished_at": "2026-01-01T00:00:02",
        "status": "failed",
    }
    outer = {"name": "answer", "kind": "chain", "started_at": "2026-01-01T00:00:00", "finished_at": "2026-01-01T00:00:03"}
    run.log_trace({**outer, "inputs": {"question": "why?"}, "children": [inner]}, step=step)
