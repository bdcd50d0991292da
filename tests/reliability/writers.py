"""Writers for processes of their own: each logs until it is killed or done, and acknowledges each call that returned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jupyter_tracking.run import Run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reliability.killed import Acknowledge

__all__ = ["curve", "frame", "log_everything", "metric"]


def metric(step: int) -> float:
    """The metric's value of a step: 17 digits, so that a cut one is another number."""
    return (step + 1) / 7 * 1.000000001


def curve(step: int) -> tuple[list[float], list[float]]:
    """The curve of a step."""
    return [i / 40 for i in range(41)], [metric(step) + i for i in range(41)]


def frame(step: int) -> pd.DataFrame:
    """The frame of a step: numbers, texts and nulls."""
    return pd.DataFrame(
        {
            "value": np.arange(50) * metric(step),
            "text": [f"row {i} of {step}" if i % 7 else None for i in range(50)],
        }
    )


def log_everything(acknowledge: Acknowledge, path: Path) -> None:
    """Log a metric, a curve and a frame a step, until the end of days."""
    run = Run(path)
    acknowledge(("run", 0))
    step = 0
    while True:
        run.log_metric("train/loss", metric(step), step)
        acknowledge(("metric", step))
        run.log_curve("roc", *curve(step), step=step)
        acknowledge(("curve", step))
        run.log_dataframe(frame(step), "preds", step=step)
        acknowledge(("dataframe", step))
        step += 1
