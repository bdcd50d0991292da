"""XGBoost: a training is in the run as XGBoost's own history and model have it."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.integrations.xgboost import TrackingCallback
from tests.integrations.training import by_step, read, run_example, series, two_classes

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integrations
PARAMS = {"objective": "binary:logistic", "eval_metric": ["logloss", "auc"], "max_depth": 3, "eta": 0.3, "seed": 1}


def matrices() -> tuple[Any, Any]:
    """The data as XGBoost has it."""
    import xgboost

    data = two_classes()
    return xgboost.DMatrix(data.X, data.y), xgboost.DMatrix(data.X_held, data.y_held)


def train(callbacks: list[Any], rounds: int = 30, **more: Any) -> tuple[Any, dict[str, Any]]:
    """Train; return the model and XGBoost's history."""
    import xgboost

    data, held = matrices()
    history: dict[str, Any] = {}
    evals = [(data, "train"), (held, "valid")]
    model = xgboost.train(PARAMS, data, rounds, evals=evals, evals_result=history, verbose_eval=False, callbacks=callbacks, **more)
    return model, history


def test_every_metric_is_there_round_by_round(root: Path) -> None:
    """What XGBoost's history says of each part and each measure is what the run says, exactly."""
    with tracking.init(root=root, quiet=True) as run:
        _, history = train([TrackingCallback()])
    view = read(run)
    for part in ("train", "valid"):
        for measure in ("logloss", "auc"):
            assert series(view, f"{part}/{measure}") == by_step(history[part][measure])
    assert len(series(view, "valid/auc")) == 30
    assert view.status == "succeeded"


def test_parameters_are_inputs(root: Path) -> None:
    """Those that were given and the defaults in force, as numbers that a user would write."""
    with tracking.init(root=root, quiet=True) as run:
        train([TrackingCallback()], 2)
    inputs = read(run).inputs
    assert {key: inputs[key] for key in ("objective", "max_depth", "eta", "booster", "subsample")} == {
        "objective": "binary:logistic",
        "max_depth": 3,
        "eta": 0.3,
        "booster": "gbtree",
        "subsample": 1,
    }


def test_early_stopping_best_model_and_importance(root: Path) -> None:
    """The best round is told and is the step of the model, which predicts as the one in memory; the importances are a table."""
    import xgboost

    with tracking.init(root=root, quiet=True) as run:
        model, history = train([TrackingCallback(max_num_features=5)], 200, early_stopping_rounds=5)
    view = read(run)
    assert view.outputs["best_iteration"] == model.best_iteration == int(np.argmax(history["valid"]["auc"]))
    assert view.outputs["best_score"] == model.best_score
    assert view.outputs["iterations"] == len(history["valid"]["auc"]) < 200
    assert view.steps("model") == [model.best_iteration]
    assert view.events("model")["spec"].iloc[0]["best"] is True
    loaded = xgboost.Booster(model_file=view.load("model"))
    held = matrices()[1]
    assert np.array_equal(loaded.predict(held), model.predict(held))
    table = view.load("feature_importance")
    gains = model.get_score(importance_type="gain")
    assert list(table["feature"]) == sorted(gains, key=gains.__getitem__, reverse=True)[:5]
    assert dict(zip(table["feature"], table["gain"], strict=True)) == {name: gains[name] for name in table["feature"]}


def test_the_goal_of_a_metric_is_known_unless_the_user_said_another(root: Path) -> None:
    """`runs(summary="best")` has the highest AUC and the lowest loss; a definition of the user's stays."""
    with tracking.init(root=root, quiet=True) as run:
        tracking.define_metric("train/logloss", goal="max", summary="best")
        _, history = train([TrackingCallback()])
    row = tracking.runs(root, summary="best").iloc[0]
    assert row["outputs.valid/auc"] == max(history["valid"]["auc"])
    assert row["outputs.valid/logloss"] == min(history["valid"]["logloss"])
    assert read(run).outputs["train/logloss"] == max(history["train"]["logloss"])


def test_cross_validation(root: Path) -> None:
    """The means and deviations are those of the table that `xgboost.cv` returns; each fold's model is there."""
    import xgboost

    data, _ = matrices()
    with tracking.init(root=root, quiet=True) as run:
        table = xgboost.cv(PARAMS, data, 10, nfold=3, callbacks=[TrackingCallback()])
    view = read(run)
    for part in ("train", "test"):
        for which in ("mean", "std"):
            assert series(view, f"{part}/auc-{which}") == by_step(table[f"{part}-auc-{which}"])
    assert [name for kind, name in view.artifacts() if kind == "model"] == ["model-fold-0", "model-fold-1", "model-fold-2"]
    assert view.inputs["folds"] == 3


def test_estimators_and_their_copies(root: Path) -> None:
    """A search clones the estimator with its callback, and fits the copies in workers: each logs to the run."""
    import xgboost
    from sklearn.model_selection import cross_val_score

    data = two_classes()
    with tracking.init(root=root, quiet=True) as run:
        estimator = xgboost.XGBClassifier(n_estimators=4, callbacks=[TrackingCallback(log_model=False, log_importance=False)])
        fold = {"eval_set": [(data.X_held, data.y_held)], "verbose": False}
        cross_val_score(estimator, data.X, data.y, cv=2, n_jobs=2, params=fold)
    events = read(run).events("valid/logloss")
    assert sorted(events["step"]) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert tracking.runs(root)["status"].tolist() == ["succeeded"]


def test_a_copy_logs_to_the_same_run(root: Path) -> None:
    """Pickled and copied callbacks of this process log to the very run."""
    with tracking.init(root=root, quiet=True) as run:
        callback = TrackingCallback()
        assert pickle.loads(pickle.dumps(callback)).run is run
        assert copy.deepcopy(callback).run is run


def test_boosters_of_other_kinds(root: Path) -> None:
    """A linear booster has importances too, and a forest of several classes a model."""
    import xgboost
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)
    data = xgboost.DMatrix(X, y)
    for more in ({"booster": "gblinear"}, {"booster": "dart"}):
        with tracking.init(root=root, quiet=True) as run:
            model = xgboost.train({"objective": "multi:softprob", "num_class": 3, **more}, data, 5, callbacks=[TrackingCallback()])
        view = read(run)
        loaded = xgboost.Booster(model_file=view.load("model"))
        assert np.array_equal(loaded.predict(data), model.predict(data))
        assert len(view.load("feature_importance")) == 4
        assert view.inputs["booster"] == more["booster"]


def test_checkpoints_are_versions_of_the_model(root: Path) -> None:
    """Each so many rounds the model is a version; the last says that it is the best."""
    with tracking.init(root=root, quiet=True) as run:
        train([TrackingCallback(checkpoint_every=10)], 30, early_stopping_rounds=None)
    view = read(run)
    assert [(step, spec["best"]) for step, spec in view.events("model")[["step", "spec"]].itertuples(index=False)] == [
        (9, False),
        (19, False),
        (29, False),
        (29, True),
    ]


def test_a_failing_training_is_a_failed_run(root: Path) -> None:
    """What stops the training is the run's status; the rounds until then are there."""

    def fail(_: Any, __: Any) -> tuple[str, float]:
        rounds.append(None)
        if len(rounds) > 4:
            raise FloatingPointError("no number")
        return "custom", float(len(rounds))

    rounds: list[None] = []
    with pytest.raises(FloatingPointError), tracking.init(root=root, quiet=True) as run:
        train([TrackingCallback()], custom_metric=fail)
    view = read(run)
    assert view.status == "failed"
    assert len(series(view, "train/logloss")) == 2


def test_an_interrupt_stops_the_run(root: Path) -> None:
    """Ctrl-C in the middle: the run is stopped, and has every round before."""
    import xgboost

    class Interrupt(xgboost.callback.TrainingCallback):
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
            if epoch == 3:
                raise KeyboardInterrupt
            return False

    with pytest.raises(KeyboardInterrupt), tracking.init(root=root, quiet=True) as run:
        train([TrackingCallback(), Interrupt()])
    view = read(run)
    assert view.status == "stopped"
    assert list(series(view, "valid/auc")) == [0, 1, 2, 3]


def test_of_several_processes_one_writes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of another rank logs nothing, and trains all the same."""
    monkeypatch.setattr("xgboost.collective.get_rank", lambda: 1)
    with tracking.init(root=root, quiet=True) as run:
        model, _ = train([TrackingCallback()], 3)
    assert model.num_boosted_rounds() == 3
    assert read(run).artifacts() == []


def test_the_example_runs(root: Path) -> None:
    """The example of the documentation, as it stands there."""
    import xgboost

    data, held = matrices()
    run_example("xgboost", {"xgboost": xgboost, "params": PARAMS, "data": data, "held_out": held})
    view = tracking.open_run("boosted", root)
    assert {"train/logloss", "valid/logloss"} <= {name for _, name in view.artifacts()}
