"""Callbacks in other processes, and in one that is killed in the middle of a training."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest

import jupyter_tracking as tracking
from tests.integrations.training import only_run, python, read, series

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integrations

DATA = """
import sys
import numpy as np
import jupyter_tracking as tracking
random = np.random.default_rng(0)
X = random.normal(size=(200, 5))
y = (X[:, 0] + random.normal(size=200) > 0).astype(int)
def told(step, value):
    print(step, repr(float(value)), flush=True)
"""

# Each trains without end, and tells what it has logged: after our callback comes one that prints the round's value.
ENDLESS = {
    "xgboost": """
import xgboost
from jupyter_tracking.integrations.xgboost import TrackingCallback
class Tell(xgboost.callback.TrainingCallback):
    def after_iteration(self, model, epoch, evals_log):
        told(epoch, evals_log["train"]["logloss"][-1])
        return False
data = xgboost.DMatrix(X, y)
tracking.init(quiet=True)
xgboost.train({"objective": "binary:logistic", "max_depth": 1}, data, 1_000_000, evals=[(data, "train")], verbose_eval=False,
              callbacks=[TrackingCallback(checkpoint_every=20), Tell()])
""",
    "lightgbm": """
import lightgbm
from jupyter_tracking.integrations.lightgbm import TrackingCallback
def tell(env):
    told(env.iteration, env.evaluation_result_list[0][2])
tell.order = 25
data = lightgbm.Dataset(X, y)
tracking.init(quiet=True)
lightgbm.train({"objective": "binary", "verbose": -1, "num_leaves": 2}, data, 1_000_000, valid_sets=[data],
               callbacks=[TrackingCallback(checkpoint_every=20), tell])
""",
    "catboost": """
from catboost import CatBoostClassifier
from jupyter_tracking.integrations.catboost import TrackingCallback
class Tell:
    def after_iteration(self, info):
        told(info.iteration - 1, info.metrics["learn"]["Logloss"][-1])
        return True
model = CatBoostClassifier(iterations=1_000_000, depth=1, verbose=False, allow_writing_files=False)
tracking.init(quiet=True)
model.fit(X, y, callbacks=[TrackingCallback(model), Tell()])
""",
    "keras": """
import os
os.environ["KERAS_BACKEND"] = "jax"
import keras
from jupyter_tracking.integrations.keras import TrackingCallback
class Tell(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        told(epoch, logs["loss"])
model = keras.Sequential([keras.layers.Input((5,)), keras.layers.Dense(1, "sigmoid")])
model.compile("adam", "binary_crossentropy")
tracking.init(quiet=True)
model.fit(X, y, epochs=1_000_000, verbose=0, callbacks=[TrackingCallback(monitor="loss"), Tell()])
""",
}
METRICS = {"xgboost": "train/logloss", "lightgbm": "train/binary_logloss", "catboost": "train/Logloss", "keras": "train/loss"}


@pytest.mark.parametrize("framework", ENDLESS)
def test_a_kill_loses_no_round_that_was_told(root: Path, framework: str) -> None:
    """After kill -9 beyond fifty rounds each round that the program knew to be logged is there with its value, and the model as far as it was."""
    known: dict[int, float] = {}
    said = []
    with python(DATA + ENDLESS[framework]) as program:
        for line in program.stdout or ():
            said.append(line)
            step, _, value = line.partition(" ")
            if step.isdecimal():
                known[int(step)] = float(value)
            if len(known) == 50:
                program.send_signal(signal.SIGKILL)
                break
    assert program.returncode == -signal.SIGKILL, "".join(said)
    view = only_run(root)
    assert view.problems().empty
    assert view.status == "interrupted"
    logged = series(view, METRICS[framework])
    assert {step: logged[step] for step in known} == known
    assert list(logged) == list(range(len(logged)))
    if framework != "catboost":
        assert view.load("model").stat().st_size > 0


@pytest.mark.parametrize("how", ["raise FloatingPointError('no number')", "raise KeyboardInterrupt", "sys.exit(3)"])
def test_a_script_that_stops_in_a_training_says_so(root: Path, how: str) -> None:
    """The script never ends the run itself: it is failed or stopped, with the reason, and has the rounds and the model until then."""
    script = f"""
import lightgbm
from jupyter_tracking.integrations.lightgbm import TrackingCallback
def stop(env):
    if env.iteration == 5:
        {how}
data = lightgbm.Dataset(X, y)
lightgbm.train({{"objective": "binary", "verbose": -1}}, data, 50, valid_sets=[data], callbacks=[TrackingCallback(), stop])
"""
    program = python(DATA + script)
    output, _ = program.communicate()
    assert program.returncode != 0, output
    view = only_run(root)
    assert view.status == ("stopped" if "Interrupt" in how else "failed")
    assert len(series(view, "train/binary_logloss")) == 6
    assert view.steps("model") == [5]


WORKERS = """
import multiprocessing
import pickle
import lightgbm
from jupyter_tracking.integrations.lightgbm import TrackingCallback
def train(callback, name):
    random = np.random.default_rng(0)
    X = random.normal(size=(200, 5))
    data = lightgbm.Dataset(X, (X[:, 0] > 0).astype(int))
    lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1}, data, 10, valid_sets=[data], valid_names=[name],
                   callbacks=[callback])
if __name__ == "__main__":
    run = tracking.init(quiet=True)
    callback = TrackingCallback()
    context = multiprocessing.get_context(METHOD)
    workers = [context.Process(target=train, args=(callback, f"worker-{number}")) for number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print([worker.exitcode for worker in workers])
    tracking.log_metric("after", 1.0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_log_to_the_run_of_their_parent(root: Path, method: str, tmp_path: Path) -> None:
    """Forked and spawned processes with a callback log every round, and end nothing but themselves."""
    script = tmp_path / "workers.py"
    script.write_text(DATA + WORKERS.replace("METHOD", repr(method)))
    program = python(f"import os, sys; os.execv(sys.executable, [sys.executable, {str(script)!r}])")  # a program that spawn can import
    output, _ = program.communicate()
    assert "[0, 0]" in output, output
    view = only_run(root)
    assert view.problems().empty
    assert view.status == "succeeded"
    for number in range(2):
        assert len(series(view, f"worker-{number}/binary_logloss")) == 10
    assert ("metric", "after") in view.artifacts()


def test_a_worker_that_idles_keeps_the_run_from_no_end(root: Path) -> None:
    """What joins for a moment, as scikit-learn's callback does in a worker of joblib, has left when it is done."""
    script = """
import joblib, pickle
from jupyter_tracking.integrations import base
def work(target):
    with target.joined() as run:
        run.log_metric("inner", 1.0)
run = tracking.init(quiet=True)
joblib.Parallel(2)(joblib.delayed(work)(base.CallbackRun()) for _ in range(4))
tracking.end()
print(run.status)
"""
    program = python(DATA + script)
    output, _ = program.communicate()
    assert output.strip().endswith("succeeded"), output
    assert len(only_run(root).events("inner")) == 4


def test_a_callback_without_a_run_starts_one(root: Path) -> None:
    """Where none is active, one is started and is the active run from then on."""
    from jupyter_tracking.integrations.lightgbm import TrackingCallback

    assert tracking.current_run() is None
    run = TrackingCallback().run
    assert tracking.current_run() is run
    tracking.end()
    assert read(run).status == "succeeded"
