"""What the pictures under test show: runs whose every value, time and uuid is the same each time they are made."""

from __future__ import annotations

import json
import math
import uuid
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import jupyter_tracking as tracking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BEGIN = 1_767_262_800  # 2026-01-01 10:20:00 UTC
DAY = "2026-01-01T"


def _wave(n: int, seed: int) -> float:
    """A number between -1 and 1 that looks like noise and is the same everywhere."""
    return math.sin(n * 12.9898 + seed * 78.233) * math.cos(n * 4.1414 + seed)


def _fix_times(path: Path, minute: int) -> None:
    """Write fixed times over those of the clock."""
    document = path / "run.plx.json"
    said: dict[str, Any] = json.loads(document.read_text())
    begun, ended = (f"{DAY}10:{at:02d}:00+00:00" for at in (minute, minute + 1))
    said.update(created_at=begun, started_at=begun, updated_at=ended, finished_at=ended, duration=60)
    for condition in said.get("status_conditions") or []:
        condition["last_update_time"] = condition["last_transition_time"] = begun
    document.write_text(json.dumps(said))


def _init(root: Path, name: str, number: int, **config: Any) -> tracking.Run:
    run_uuid = uuid.UUID(int=(number + 1) << 64).hex
    return tracking.init(root=root, name=name, run_uuid=run_uuid, config=config, track_code=False, track_env=False, quiet=True)


def make_run(root: Path) -> Path:
    """Make one run with an artifact of each kind that is pictured."""
    run = _init(root, "digits", 0, lr=0.01, model="mlp")
    with run:
        for step in range(40):
            at = BEGIN + step
            fall = math.exp(-step / 12)
            run.log_metric("train/loss", fall + 0.02 * _wave(step, 1), step=step, timestamp=at)
            run.log_metric("valid/loss", 0.1 + fall + 0.05 * _wave(step, 2), step=step, timestamp=at)
            odd = {7: math.nan, 8: math.nan, 20: math.inf, 31: -math.inf}.get(step, 1 - fall)
            run.log_metric("accuracy", odd, step=step, timestamp=at)
            run.log_metric("gain", -fall, step=step, timestamp=at)
        for step in range(5):
            at = BEGIN + step
            x = np.linspace(0, 1, 41)
            power = 1 / (2 + step)
            run.log_roc_auc_curve("roc", x, x**power, step=step, auc=1 / (1 + power), timestamp=at)
            edges = np.linspace(-3, 3, 25)
            middle = (edges[1:] + edges[:-1]) / 2
            counts = np.round(400 * np.exp(-((middle - step / 4) ** 2))).astype(int)
            run.log_histogram("weights", np.repeat(middle, counts), bins=list(edges), step=step, timestamp=at)
            matrix = [[40 + step, 6 - step, 2], [5, 38 + step, 7 - step], [1, 9 - step, 35 + step]]
            run.log_confusion_matrix("confusion", x=["cat", "dog", "owl"], y=["cat", "dog", "owl"], z=matrix, step=step, timestamp=at)
            frame = pd.DataFrame(
                {
                    "row": range(60),
                    "score": [round(_wave(n, step), 4) for n in range(60)],
                    "label": [("cat", "dog", "owl")[n % 3] for n in range(60)],
                    "seen": [n % 4 == 0 for n in range(60)],
                }
            )
            run.log_dataframe(frame, "scores", step=step, timestamp=at)
            rows, columns = np.mgrid[0:120, 0:200] / 40
            # Few colours, each of one piece: the pictures under test are kept with few.
            colours = np.stack([np.sin(columns + step) > 0, np.cos(rows - step) > 0, np.full_like(rows, step % 2)], -1)
            run.log_image((colours * 200).astype("uint8"), name="samples", step=step, timestamp=at)
            run.log_text("notes", f"Step {step}.\nThe second line of a note.", step=step, timestamp=at)
            run.log_image((colours * 200).astype("uint8"), name="lost", step=step, timestamp=at)
    # As after somebody has tidied up.
    for file in run.path.glob("assets/image/lost*"):
        file.unlink()
    _fix_times(run.path, 0)
    return run.path


def make_search(root: Path) -> Path:
    """Make the runs of a search: three models, some of which failed."""
    for number in range(12):
        model = ("forest", "mlp", "svm")[number % 3]
        lr = round(10 ** (-1 - number / 4), 5)
        run = _init(root, f"{model}-{number // 3}", number, lr=lr, model=model, seed=number // 3, batch_size=32)
        fails = number in {5, 10}
        try:
            with run:
                for step in range(15):
                    best = 0.95 - abs(number - 4) / 30
                    run.log_metric(
                        "valid/accuracy", best - 0.5 / (step + 1) + 0.01 * _wave(step, number), step=step, timestamp=BEGIN + step
                    )
                    run.log_metric("train/loss", 1.2 - best + 0.8 / (step + 1), step=step, timestamp=BEGIN + step)
                    assert not (fails and step == 9), "the loss is not a number"
        except AssertionError:
            assert fails
        _fix_times(run.path, number)
    return root


STATES: dict[str, Callable[[tracking.RunView, Path], Any]] = {
    "lines": lambda view, _: view.show("train/loss", "valid/loss"),
    "gaps": lambda view, _: view.show("accuracy"),
    "curve": lambda view, _: view.show("roc"),
    "histogram": lambda view, _: view.show("weights"),
    "matrix": lambda view, _: view.show("confusion"),
    "table": lambda view, _: view.show("scores"),
    "picture": lambda view, _: view.show("samples", step=2),
    "several": lambda view, _: view.show("notes", "roc", "samples"),
    "overview": lambda view, _: view.browse(),
    "runs": lambda _, search: tracking.browse(root=search),
    "comparison": lambda _, search: tracking.compare(root=search),
    "error": lambda view, _: view.show("lost"),
    "parallel": lambda _, search: tracking.parallel(root=search, color="valid/accuracy"),
}
