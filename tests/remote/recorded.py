"""A run with artifacts of most kinds, and its copy at a store as it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import jupyter_tracking as tracking

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.storage.objects import ObjectStore

METRICS = 16


def record(root: Path, name: str = "recorded") -> Path:
    """Record a run, and return its folder."""
    with tracking.init(name=name, project="team", root=root, quiet=True, track_env=False, track_code=False) as run:
        run.log_inputs(lr=0.1, layers=[1, 2])
        for step in range(5):
            run.log_metrics({f"m/{number}": number + step / 8 for number in range(METRICS)}, step=step)
        for step in range(3):
            run.log_curve("roc", [0, 0.5, 1], [0, 0.5 + step / 8, 1], step=step)
            run.log_dataframe(pd.DataFrame({"id": [1, 2, 3], "score": [step, 2, 3]}), "preds", step=step)
            run.log_text("notes", f"step {step}: für ü", step=step)
            run.log_image((np.arange(192) % 255).astype("uint8").reshape(8, 8, 3), "picture", step=step)
        run.log_histogram("weights", [1, 2, 2, 3.5])
        run.log_confusion_matrix("matrix", y_true=["a", "b", "a"], y_pred=["a", "b", "b"])
        file = root / "made.csv"
        file.write_text("a,b\n1,2\n")
        run.log_artifact(file, name="table", kind="csv")
        (root / "folder").mkdir(exist_ok=True)
        (root / "folder" / "one.txt").write_text("1")
        (root / "folder" / "two.txt").write_text("2")
        run.log_artifact(root / "folder", name="folder", kind="dir")
        run.log_outputs(acc=0.5)
        return run.path


def copy_to(store: ObjectStore, folder: Path) -> None:
    """Put every file of a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            store.put(path.relative_to(folder).as_posix(), path.read_bytes())
