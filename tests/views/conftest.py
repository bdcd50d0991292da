"""A run with one artifact of each renderer, to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import jupyter_tracking as tracking

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.run_view import RunView

STEPS = [0, 10, 20, 30, 40]


@pytest.fixture(autouse=True)
def no_figures_left() -> None:
    """Nothing here opens a figure that pyplot would keep."""
    assert mpl.get_backend().lower() == "agg"


@pytest.fixture
def view(root: Path) -> RunView:
    """A run with curves, metrics, frames, pictures, texts, models, a file and a reference."""
    generator = np.random.default_rng(0)
    with tracking.init(root=root, name="seen", track_code=False, track_env=False, track_logs=False) as run:
        for step in STEPS:
            x = np.linspace(0, 1, 300)
            run.log_curve("gain", x, np.sin(x * (step + 3)), annotation="loop", step=step)
            run.log_metric("loss", 1 / (step + 1), step=step)
            run.log_text("notes", f"step {step}\nsame", step=step)
            figure = Figure(figsize=(3, 2))
            figure.add_subplot().plot([0, step])
            run.log_mpl_image(figure, "figure", step=step)
        for step in STEPS[::2]:
            frame = pd.DataFrame({"n": np.arange(500), "p": generator.random(500), "word": ["cat", None] * 250})
            run.log_dataframe(frame, "predictions", step=step)
        model = root / "model.bin"
        model.write_bytes(b"weights")
        run.log_model(str(model), "clf", "sklearn", step=3)
        run.log_artifact(str(model), name="kept", kind="file")
        run.log_artifact_ref("s3://bucket/file.ext", name="away")
    return tracking.open_run(run)
