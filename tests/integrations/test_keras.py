"""Keras 3 on JAX: a training is in the run as Keras' own history and model have it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import jupyter_tracking as tracking
from tests.integrations.training import by_step, read, run_example, series, two_classes

os.environ.setdefault("KERAS_BACKEND", "jax")

if TYPE_CHECKING:
    from pathlib import Path

# What Keras 3.15 does with numpy, in its own code.
pytestmark = [pytest.mark.integrations, pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")]


def callback(**arguments: Any) -> Any:
    """Return ours; Keras is imported with it."""
    from jupyter_tracking.integrations.keras import TrackingCallback

    return TrackingCallback(**arguments)


def compiled(rate: Any = 0.01) -> Any:
    """A small model."""
    import keras

    keras.utils.set_random_seed(1)
    layers = [keras.layers.Input((30,)), keras.layers.Dense(4, "relu"), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


def fit(model: Any, *callbacks: Any, **more: Any) -> Any:
    """Fit it; return Keras' history."""
    data = two_classes()
    arguments = {"epochs": 6, "batch_size": 50, "validation_data": (data.X_held, data.y_held), "verbose": 0, **more}
    return model.fit(data.X, data.y, callbacks=list(callbacks), **arguments)


def test_every_metric_is_there_epoch_by_epoch(root: Path) -> None:
    """What Keras' history says is what the run says, train and validation apart, with the learning rate of each epoch."""
    import keras

    with tracking.init(root=root, quiet=True) as run:
        rates = keras.callbacks.LearningRateScheduler(lambda epoch: 0.01 / 2**epoch)
        history = fit(compiled(), rates, callback()).history
    view = read(run)
    for name, theirs in (
        ("train/loss", "loss"),
        ("valid/loss", "val_loss"),
        ("train/accuracy", "accuracy"),
        ("valid/accuracy", "val_accuracy"),
    ):
        assert series(view, name) == by_step(history[theirs])
    assert series(view, "learning_rate") == by_step(history["learning_rate"])
    assert {name for kind, name in view.artifacts() if kind == "metric"} == {
        "train/loss",
        "valid/loss",
        "train/accuracy",
        "valid/accuracy",
        "learning_rate",
    }
    inputs = view.inputs
    assert (inputs["epochs"], inputs["optimizer_name"], inputs["optimizer_learning_rate"], inputs["num_parameters"]) == (
        6,
        "Adam",
        0.01,
        129,
    )
    assert "Total params" in view.load("model_summary")


@pytest.mark.parametrize(("monitor", "pick"), [("val_loss", np.argmin), ("val_accuracy", np.argmax)])
def test_each_best_model_is_a_version(root: Path, monitor: str, pick: Any) -> None:
    """Each epoch that was the best so far has its model, the last of which is the best and predicts as it did."""
    import keras

    data = two_classes()
    with tracking.init(root=root, quiet=True) as run:
        model = compiled()
        history = fit(model, callback(monitor=monitor), keras.callbacks.EarlyStopping(monitor, restore_best_weights=True)).history
    view, values = read(run), history[monitor]
    best = [epoch for epoch, value in enumerate(values) if pick([*values[:epoch], value]) == epoch]
    assert view.steps("model") == best
    assert view.outputs["best_epoch"] == best[-1]
    assert view.outputs[f"best_{monitor}"] == values[best[-1]]
    loaded = keras.models.load_model(view.load("model"))
    assert loaded.evaluate(data.X_held, data.y_held, verbose=0, return_dict=True)[monitor[4:]] == pytest.approx(values[best[-1]], rel=1e-6)


def test_without_validation_the_last_model_is_logged(root: Path) -> None:
    """And the weights alone, where they are asked for."""
    with tracking.init(root=root, quiet=True) as run:
        model = compiled()
        fit(model, callback(save_weights_only=True), validation_data=None, epochs=2)
    view = read(run)
    assert view.steps("model") == [1]
    other = compiled()
    other.optimizer.build(other.trainable_variables)  # its state is among the weights
    other.load_weights(view.load("model"))
    held = two_classes().X_held
    assert np.array_equal(other.predict(held, verbose=0), model.predict(held, verbose=0))


def test_chosen_metrics_and_batches(root: Path) -> None:
    """Of eight batches an epoch each fourth is a value; only what was asked for is logged."""
    with tracking.init(root=root, quiet=True) as run:
        fit(compiled(), callback(metrics=["loss"], log_every=4, log_model=False), epochs=3)
    view = read(run)
    assert list(series(view, "batch/loss")) == [4, 8, 12, 16, 20, 24]
    assert {name for kind, name in view.artifacts() if kind == "metric"} == {"train/loss", "batch/loss", "learning_rate"}
    assert not [kind for kind, _ in view.artifacts() if kind == "model"]


def test_a_schedule_of_the_optimizer(root: Path) -> None:
    """The learning rate is the one in force at the end of each epoch."""
    import keras

    with tracking.init(root=root, quiet=True) as run:
        fit(compiled(keras.optimizers.schedules.ExponentialDecay(0.1, 8, 0.5)), callback(), epochs=3)
    view = read(run)
    assert list(series(view, "learning_rate").values()) == pytest.approx([0.05, 0.025, 0.0125], rel=1e-5)


def test_an_interrupt_stops_the_run(root: Path) -> None:
    """Ctrl-C in the middle: the run is stopped, and has every epoch before."""
    import keras

    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
            if epoch == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), tracking.init(root=root, quiet=True) as run:
        fit(compiled(), callback(), Interrupt())
    view = read(run)
    assert view.status == "stopped"
    assert list(series(view, "train/loss")) == [0, 1, 2]


def test_the_example_runs(root: Path) -> None:
    """The example of the documentation, as it stands there."""
    data = two_classes()
    run_example("keras", {"model": compiled(), "X": data.X, "y": data.y, "held_out": (data.X_held, data.y_held)})
    assert {"train/loss", "valid/loss", "model"} <= {name for _, name in tracking.open_run("digits", root).artifacts()}
