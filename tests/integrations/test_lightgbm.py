"""LightGBM: a training is in the run as LightGBM's own history and model have it."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.integrations.lightgbm import TrackingCallback
from tests.integrations.training import by_step, read, run_example, series, two_classes

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integrations
PARAMS = {"objective": "binary", "metric": ["auc", "binary_logloss"], "verbose": -1, "num_leaves": 7, "seed": 1, "num_threads": 1}


def train(callbacks: list[Any], rounds: int = 30, **params: Any) -> tuple[Any, dict[str, Any]]:
    """Train; return the model and LightGBM's history."""
    import lightgbm

    data, history = two_classes(), {}
    learned = lightgbm.Dataset(data.X, data.y)
    held = learned.create_valid(data.X_held, data.y_held)
    model = lightgbm.train(
        {**PARAMS, **params},
        learned,
        rounds,
        valid_sets=[learned, held],
        callbacks=[*callbacks, lightgbm.record_evaluation(history)],
    )
    return model, history


def test_every_metric_is_there_round_by_round(root: Path) -> None:
    """What LightGBM's history says of each part and each measure is what the run says, under the names that all frameworks share."""
    with tracking.init(root=root, quiet=True) as run:
        _, history = train([TrackingCallback()])
    view = read(run)
    for ours, theirs in (("train", "training"), ("valid", "valid_1")):
        for measure in ("auc", "binary_logloss"):
            assert series(view, f"{ours}/{measure}") == by_step(history[theirs][measure])
    assert view.inputs["num_leaves"] == 7
    assert view.inputs["num_iterations"] == 30


def test_the_model_of_a_run_that_ends_is_the_best_one(root: Path) -> None:
    """LightGBM tells no callback that it stopped early; the end of the run finds the model at its best round all the same."""
    import lightgbm

    with tracking.init(root=root, quiet=True) as run:
        model, history = train([TrackingCallback(), lightgbm.early_stopping(5, verbose=False)], 200)
    view = read(run)
    assert view.outputs["best_iteration"] == model.best_iteration - 1  # counted from 0, as steps are
    assert view.outputs["iterations"] == len(history["valid_1"]["auc"]) < 200  # the round that stopped it is there too
    assert view.outputs["best_valid/auc"] == model.best_score["valid_1"]["auc"] == series(view, "valid/auc")[model.best_iteration - 1]
    assert view.steps("model") == [model.best_iteration - 1]
    loaded = lightgbm.Booster(model_file=view.load("model"))
    held = two_classes().X_held
    assert np.array_equal(loaded.predict(held), model.predict(held))
    table = view.load("feature_importance")
    assert sorted(table["gain"]) == sorted(model.feature_importance("gain"))
    assert table["gain"].is_monotonic_decreasing


def test_early_stopping_by_a_parameter(root: Path) -> None:
    """The same where a parameter asks for it."""
    with tracking.init(root=root, quiet=True) as run:
        model, _ = train([TrackingCallback()], 200, early_stopping_round=5)
    assert read(run).steps("model") == [model.best_iteration - 1]


def test_finish_is_said_or_comes_with_the_next_training(root: Path) -> None:
    """`finish()` logs the model at once and once; the next training logs the one before."""
    with tracking.init(root=root, quiet=True) as run:
        callback = TrackingCallback()
        train([callback], 3)
        assert tracking.open_run(run).artifacts()[-1] != ("model", "model")
        callback.finish()
        callback.finish()
        assert tracking.open_run(run).steps("model") == [2]
        train([callback], 5)
        train([callback], 7)
        assert tracking.open_run(run).steps("model") == [2, 4]
    assert read(run).steps("model") == [2, 4, 6]


def test_cross_validation(root: Path) -> None:
    """The means and deviations are those that `lightgbm.cv` returns; each fold's model is there."""
    import lightgbm

    data = two_classes()
    with tracking.init(root=root, quiet=True) as run:
        history = lightgbm.cv(PARAMS, lightgbm.Dataset(data.X, data.y), 8, nfold=3, callbacks=[TrackingCallback()])
    view = read(run)
    assert series(view, "valid/auc-mean") == by_step(history["valid auc-mean"])
    assert series(view, "valid/auc-std") == by_step(history["valid auc-stdv"])
    assert [name for kind, name in view.artifacts() if kind == "model"] == ["model-fold-0", "model-fold-1", "model-fold-2"]


def test_estimators(root: Path) -> None:
    """`fit` of an estimator takes the callback; one part that is held out is called `valid`."""
    import lightgbm

    data = two_classes()
    with tracking.init(root=root, quiet=True) as run:
        model = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1)
        model.fit(data.X, data.y, eval_X=(data.X_held,), eval_y=(data.y_held,), callbacks=[TrackingCallback()])
    assert series(read(run), "valid/binary_logloss") == by_step(model.evals_result_["valid_0"]["binary_logloss"])


def test_a_copy_in_the_same_process_logs_to_the_same_run(root: Path) -> None:
    """A pickled callback has its own training, and the same run."""
    with tracking.init(root=root, quiet=True) as run:
        callback = TrackingCallback()
        train([callback], 2)
        other = pickle.loads(pickle.dumps(callback))
        assert other.run is run
        train([other], 3)
    assert sorted(read(run).events("valid/auc")["step"]) == [0, 0, 1, 1, 2]


def test_a_model_that_cannot_be_saved_keeps_the_run_from_no_end(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The run ends, and the log says what is missing."""
    with tracking.init(root=root, quiet=True) as run:
        callback = TrackingCallback()
        train([callback], 2)
        callback._model.save_model = lambda *_: 1 / 0
    assert read(run).status == "succeeded"
    assert "the model of a training with LightGBM is no longer kept: ZeroDivisionError" in caplog.text


def test_an_interrupt_stops_the_run(root: Path) -> None:
    """Ctrl-C in the middle: the run is stopped, has every round before, and the model as far as it went."""

    def interrupt(env: Any) -> None:
        if env.iteration == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), tracking.init(root=root, quiet=True) as run:
        train([TrackingCallback(), interrupt])
    view = read(run)
    assert view.status == "stopped"
    assert list(series(view, "valid/auc")) == [0, 1, 2, 3]
    assert view.steps("model") == [3]


def test_the_example_runs(root: Path) -> None:
    """The example of the documentation, as it stands there."""
    import lightgbm

    data = two_classes()
    learned = lightgbm.Dataset(data.X, data.y)
    held = learned.create_valid(data.X_held, data.y_held)
    run_example("lightgbm", {"lightgbm": lightgbm, "params": PARAMS, "data": learned, "held_out": held})
    assert {"train/auc", "valid/auc"} <= {name for _, name in tracking.open_run("boosted", root).artifacts()}
