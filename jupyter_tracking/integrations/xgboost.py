"""XGBoost: `TrackingCallback`, for `xgboost.train`, `xgboost.cv` and the estimators (`XGBClassifier(callbacks=[…])`).

    from jupyter_tracking.integrations.xgboost import TrackingCallback

    with tracking.init(name="boosted"):
        xgboost.train(params, data, 100, evals=[(data, "train"), (held_out, "valid")], callbacks=[TrackingCallback()])

The run has the parameters, a metric for each part of the data and each measure (`train/logloss`, `valid/logloss`) with a value a round,
the best round, the model and the importance of its features.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jupyter_tracking.integrations import base
from jupyter_tracking.integrations.boosting import BoosterCallback

if TYPE_CHECKING:
    from xgboost.callback import TrainingCallback

    from jupyter_tracking.record.run import Run
else:
    TrainingCallback = base.base_class("xgboost.callback", "TrainingCallback", "xgboost")

_SECTIONS = ("generic_param", "learner_train_param", "tree_train_param", "gbtree_train_param", "dart_train_param", "objective")


class TrackingCallback(BoosterCallback, TrainingCallback):
    """Logs a training with XGBoost.

    With several trainings in one run, such as the folds of one's own loop, values of one name follow each other; a run for each is clearer.
    Of several processes that train one model, that of rank 0 writes.
    """

    _library = "xgboost"
    _writes = True  # whether this process is the one that writes, of those that train together

    def before_training(self, model: Any) -> Any:
        """Log the parameters."""
        self._names = {}
        self._writes = base.framework("xgboost.collective", "xgboost").get_rank() == 0
        if not self._writes:
            return model
        boosters = _boosters(model)
        parameters = _parameters(json.loads(boosters[0].save_config()))
        base.log_parameters(self.run, parameters | ({"folds": len(boosters)} if _is_cv(model) else {}))
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Log the round's value of each metric; of a cross-validation the mean over the folds, and its standard deviation."""
        if not self._writes:
            return False
        if not self._names:
            self._begin(evals_log)
        values: dict[str, float] = {}
        for part, measures in evals_log.items():
            for measure, history in measures.items():
                name, last = f"{self._names[part]}/{measure}", history[-1]
                if isinstance(last, tuple):
                    values[f"{name}-mean"], values[f"{name}-std"] = map(float, last)
                else:
                    values[name] = float(last)
        base.log_values(self.run, values, epoch)
        if self.checkpoint_every and not _is_cv(model):
            self._log_checkpoint(model, "model.ubj", epoch)
        return False

    def after_training(self, model: Any) -> Any:
        """Log the best round, the model and the importance of its features."""
        for number, booster in enumerate(_boosters(model) if self._writes else ()):
            name = f"-fold-{number}" if _is_cv(model) else ""
            self._finish(booster, name)
        return model

    def _begin(self, evals_log: Any) -> None:
        self._names = base.split_names(evals_log)
        names = [f"{self._names[part]}/{measure}" for part, measures in evals_log.items() for measure in measures]
        base.set_goals(self.run, {name: base.goal_of(name) for name in names})

    def _finish(self, booster: Any, suffix: str) -> None:
        best, score = booster.attr("best_iteration"), booster.attr("best_score")
        results = {"best_iteration": best and int(best), "best_score": score and float(score)}
        rounds = booster.num_boosted_rounds()
        base.log_results(self.run, {f"{key}{suffix}": value for key, value in ({"iterations": rounds} | results).items()})
        step = int(best) if best is not None else rounds - 1
        if self.log_model:
            about = {"framework": "xgboost", "best": True, "iterations": rounds, **results}
            base.log_saved_model(self.run, booster.save_model, "model.ubj", step, about, f"{base.MODEL}{suffix}")
        if self.log_importance:
            columns = _importance(booster, self.importance_type)
            if columns["feature"]:
                base.log_importance(self.run, columns, step, self.max_num_features, f"{base.IMPORTANCE}{suffix}")


def callback(
    log_model: bool = True, log_importance: bool = True, max_num_features: int | None = None, run: Run | None = None
) -> TrackingCallback:
    """Return a callback, as `traceml.integrations.xgboost.callback` does; see `TrackingCallback`."""
    return TrackingCallback(run, log_model, log_importance, max_num_features=max_num_features)


def _is_cv(model: Any) -> bool:
    return hasattr(model, "cvfolds")


def _boosters(model: Any) -> list[Any]:
    return [fold.bst for fold in model.cvfolds] if _is_cv(model) else [model]


def _parameters(config: Any) -> dict[str, Any]:
    """Return the parameters in force, defaults too, of what XGBoost says of itself: sections inside of sections, with texts for values."""
    found: dict[str, Any] = {}

    def walk(section: dict[str, Any], path: tuple[str, ...]) -> None:
        for key, value in section.items():
            if isinstance(value, dict):
                walk(value, (*path, key))
            elif isinstance(value, str) and any(part in _SECTIONS or part.endswith("_loss_param") for part in path):
                found["objective" if key == "name" else key] = _number(value)

    walk(config["learner"], ())
    return {"booster": config["learner"]["learner_train_param"].get("booster"), **found}


def _number(text: str) -> Any:
    """Return the number of a text: of a float of 32 bits, as XGBoost writes it, the shortest that is this float."""
    import numpy as np

    try:
        return int(text)
    except ValueError:
        pass
    try:
        return base.shortest(float(np.float32(text)))
    except ValueError:
        return text


def _importance(booster: Any, first: str) -> dict[str, list[Any]]:
    """Return the importance of each feature, by each measure that the kind of booster has."""
    measures: dict[str, dict[str, float]] = {}
    for measure in dict.fromkeys([first, "gain", "weight", "cover", "total_gain", "total_cover"]):
        try:
            measures[measure] = booster.get_score(importance_type=measure)
        except Exception:  # noqa: BLE001, S112 - a linear booster has one of them alone, and refuses the others by XGBoost's own error
            continue
    features = list(dict.fromkeys(feature for scores in measures.values() for feature in scores))
    columns = {measure: [_scalar(scores.get(feature, 0.0)) for feature in features] for measure, scores in measures.items()}
    return {"feature": features, **columns}


def _scalar(score: Any) -> float:
    """Return a score as one number: a linear booster has one for each class, of which the largest counts."""
    return float(max(map(abs, score))) if isinstance(score, list) else float(score)


Callback = TrackingCallback
