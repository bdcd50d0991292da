"""CatBoost: a training is in the run as CatBoost's own history and model have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.integrations.catboost import TrackingCallback
from tests.integrations.training import by_step, read, run_example, series, two_classes

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integrations


def classifier(**more: Any) -> Any:
    """A model that is not fitted."""
    from catboost import CatBoostClassifier

    return CatBoostClassifier(**{"iterations": 20, "depth": 3, "verbose": False, "allow_writing_files": False, "random_seed": 1, **more})


def fit(model: Any, *callbacks: Any) -> dict[str, Any]:
    """Fit it; return CatBoost's history."""
    data = two_classes()
    model.fit(data.X, data.y, eval_set=(data.X_held, data.y_held), callbacks=list(callbacks))
    return dict(model.get_evals_result())


def test_every_metric_is_there_round_by_round(root: Path) -> None:
    """What CatBoost's history says of each part and each measure is what the run says, from step 0 on."""
    model = classifier(eval_metric="AUC", custom_loss=["Accuracy"])
    with tracking.init(root=root, quiet=True) as run:
        history = fit(model, TrackingCallback(model))
    view = read(run)
    for ours, theirs in (("train", "learn"), ("valid", "validation")):
        for measure, values in history[theirs].items():
            assert series(view, f"{ours}/{measure}") == by_step(values)
    assert {"train/Logloss", "valid/Logloss", "valid/AUC", "train/Accuracy"} <= {name for _, name in view.artifacts()}
    assert (view.inputs["depth"], view.inputs["loss_function"], view.inputs["iterations"]) == (3, "Logloss", 20)


def test_a_metric_that_not_each_round_has_belongs_to_those_that_have_it(root: Path) -> None:
    """With a period of 5 rounds there is a value at each fifth, and none is repeated at the others."""
    model = classifier(eval_metric="AUC", metric_period=5)
    with tracking.init(root=root, quiet=True) as run:
        history = fit(model, TrackingCallback(model))
    values = series(read(run), "valid/AUC")
    assert list(values.values()) == history["validation"]["AUC"]
    assert list(values) == [0, 5, 10, 15, 19]


def test_early_stopping_best_model_and_importance(root: Path) -> None:
    """The best round is told and is the step of the model, which predicts as the one in memory; the importances are a table."""
    from catboost import CatBoostClassifier

    model = classifier(iterations=300, eval_metric="AUC", early_stopping_rounds=5)
    with tracking.init(root=root, quiet=True) as run:
        fit(model, TrackingCallback(model))
    view = read(run)
    assert view.outputs["best_iteration"] == model.best_iteration_
    assert view.outputs["best_valid/AUC"] == model.best_score_["validation"]["AUC"] == series(view, "valid/AUC")[model.best_iteration_]
    assert view.outputs["iterations"] < 300
    assert view.steps("model") == [model.best_iteration_]
    loaded = CatBoostClassifier().load_model(str(view.load("model")))
    held = two_classes().X_held
    assert np.array_equal(loaded.predict_proba(held), model.predict_proba(held))
    assert sorted(view.load("feature_importance")["importance"]) == sorted(model.get_feature_importance())


def test_without_the_model_only_metrics_are_logged(root: Path) -> None:
    """`TrackingCallback()` needs no model, and several trainings of one callback begin again at step 0."""
    model = classifier(iterations=3)
    with tracking.init(root=root, quiet=True) as run:
        callback = TrackingCallback()
        fit(model, callback)
        fit(model, callback)
    view = read(run)
    assert {kind for kind, _ in view.artifacts()} == {"metric"}
    assert view.events("valid/Logloss")["step"].tolist() == [0, 1, 2, 0, 1, 2]


def test_an_interrupt_stops_the_run(root: Path) -> None:
    """A failure of another callback: the run has every round before, and its status."""
    model = classifier()

    class Fail:
        def after_iteration(self, info: Any) -> bool:
            if info.iteration == 4:
                raise KeyboardInterrupt
            return True

    with pytest.raises(BaseException) as caught, tracking.init(root=root, quiet=True) as run:  # noqa: PT011 - CatBoost wraps it, or not
        fit(model, TrackingCallback(model), Fail())
    view = read(run)
    assert view.status == ("stopped" if caught.type is KeyboardInterrupt else "failed")
    assert list(series(view, "valid/Logloss")) == [0, 1, 2, 3]


def test_the_example_runs(root: Path) -> None:
    """The example of the documentation, as it stands there."""
    from catboost import CatBoostClassifier, Pool

    data = two_classes()
    names = {"CatBoostClassifier": lambda iterations: classifier(iterations=iterations), "data": Pool(data.X, data.y)}
    assert issubclass(CatBoostClassifier, object)
    run_example("catboost", {**names, "held_out": Pool(data.X_held, data.y_held)})
    assert {"train/Logloss", "valid/Logloss", "model"} <= {name for _, name in tracking.open_run("boosted", root).artifacts()}
