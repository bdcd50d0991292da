"""Writers for processes of their own: each logs until it is killed or done, and acknowledges each call that returned."""

from __future__ import annotations

import os
import resource
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.run import Run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reliability.killed import Acknowledge

__all__ = ["curve", "frame", "large_frame", "log_everything", "many_names", "metric", "start_as_nobody"]


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


def large_frame() -> pd.DataFrame:
    """A frame whose file is large, however it is packed."""
    return pd.DataFrame({"value": np.random.default_rng(0).random(50_000)})


def start_as_nobody(acknowledge: Acknowledge, path: Path) -> None:
    """Start a run as a user who owns nothing, and tell how it fails."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65_534)
        os.setuid(65_534)
    try:
        Run(path)
    except TrackingError as error:
        acknowledge((type(error).__name__, str(error)))


def many_names(acknowledge: Acknowledge, path: Path, names: int, descriptors: int) -> None:
    """Log three rows to each of many metrics with few descriptors, and tell the most that were open."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    run = Run(path)
    most = 0
    for step, part in enumerate((0.0, 0.5, 0.75)):
        for name in range(names):
            run.log_metric(f"name {name}", name + part, step)
        most = max(most, len(os.listdir("/proc/self/fd")))
        run.sync()
    run.end()
    acknowledge(most)
