"""fastai: a training is in the run as fastai's recorder has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import jupyter_tracking as tracking
from tests.integrations.training import read, run_example, series, two_classes

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]


def learner() -> Any:
    """A linear classifier with held-out data and a metric."""
    import fastai.callback.progress
    import fastai.callback.schedule  # both add functions to learners
    import torch
    from fastai.data.core import DataLoaders
    from fastai.data.load import DataLoader
    from fastai.learner import Learner
    from fastai.metrics import accuracy

    assert fastai.callback.schedule
    torch.manual_seed(1)
    data = two_classes()
    parts = [list(zip(X.astype("float32"), y, strict=True)) for X, y in ((data.X, data.y), (data.X_held, data.y_held))]
    loaders = [DataLoader(part, bs=50, num_workers=0) for part in parts]
    return Learner(DataLoaders(*loaders), torch.nn.Linear(30, 2), loss_func=torch.nn.CrossEntropyLoss(), metrics=[accuracy])


def test_the_recorder_and_the_run_say_the_same(root: Path) -> None:
    """Each batch's loss, each epoch's row; the weights of the best epochs load."""
    import torch

    from jupyter_tracking.integrations.fastai import TrackingCallback

    with tracking.init(root=root, quiet=True) as run:
        told = learner()
        with told.no_bar(), told.no_logging():
            told.fit(3, 0.01, cbs=[TrackingCallback(log_model=True)])
    view, rows = read(run), np.array(told.recorder.values)  # train_loss, valid_loss, accuracy
    assert list(series(view, "train/loss").values()) == pytest.approx([float(loss) for loss in told.recorder.losses])
    batches = len(told.recorder.losses) // 3
    for column, name in ((1, "valid/loss"), (2, "valid/accuracy")):
        assert series(view, name) == {batches * (epoch + 1): float(value) for epoch, value in enumerate(rows[:, column])}
    assert set(series(view, "hypers/lr").values()) == {0.01}
    best = [batches * (epoch + 1) for epoch in range(3) if rows[epoch, 1] == rows[: epoch + 1, 1].min()]
    assert view.steps("model") == best
    weights = torch.load(view.load("model"))
    assert {name: tuple(tensor.shape) for name, tensor in weights.items()} == {"weight": (2, 30), "bias": (2,)}
    assert (view.inputs["n_epoch"], view.inputs["model_class"]) == (3, "Linear")


def test_the_example_runs(root: Path) -> None:
    """The example of the documentation, as it stands there."""
    told = learner()
    with told.no_bar(), told.no_logging():
        run_example("fastai", {"learner": told})
    assert {"train/loss", "valid/loss", "model"} <= {name for _, name in tracking.open_run("digits", root).artifacts()}
