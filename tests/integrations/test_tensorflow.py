"""TensorFlow: the summaries of a session are in the run; `model.fit` is logged by Keras' callback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import jupyter_tracking as tracking
from tests.integrations.training import only_run, python, series

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]


@pytest.mark.parametrize("every", [1, 3])
def test_the_summaries_of_a_session_are_logged(root: Path, every: int) -> None:
    """With the number of the session's run as their step, each or each third."""
    import tensorflow as tf

    from jupyter_tracking.integrations.tensorflow import TrackingCallback

    v1 = tf.compat.v1
    with tracking.init(root=root, quiet=True) as run, tf.Graph().as_default():
        number = v1.placeholder(tf.float32, ())
        v1.summary.scalar("loss", number)
        v1.summary.histogram("weights", number * tf.range(10.0))
        v1.train.create_global_step()
        double = number * 2
        callback = TrackingCallback(steps_per_log=every, log_histo=True)
        with v1.train.MonitoredSession(hooks=[callback]) as session:
            for step in range(7):
                session.run(double, {number: 1 / (step + 1)})
    view = tracking.open_run(run)
    assert series(view, "loss") == {step: float(np.float32(1 / (step + 1))) for step in range(0, 7, every)}
    assert sum(view.load("weights").counts) == 10


def test_keras_on_tensorflow(root: Path) -> None:
    """The same callback as on any other backend, also with `tf.keras`."""
    script = """
    import os
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import numpy as np
    import tensorflow as tf
    import jupyter_tracking as tracking
    from jupyter_tracking.contrib.keras import PolyaxonCallback
    model = tf.keras.Sequential([tf.keras.layers.Input((3,)), tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    X = np.random.default_rng(0).normal(size=(40, 3))
    with tracking.init(quiet=True):
        history = model.fit(X, X[:, :1], epochs=3, verbose=0, validation_split=0.5, callbacks=[PolyaxonCallback()]).history
    view = tracking.open_run(tracking.runs()["uuid"].iloc[0])
    print(view.metrics()["valid/loss"].tolist() == history["val_loss"], len(view.steps("model")))
    """
    output, _ = python(script).communicate()
    assert output.strip().split("\n")[-1] == "True 3", output
    assert only_run(root).status == "succeeded"
