"""LightGBM: `TrackingCallback`, for `lightgbm.train`, `lightgbm.cv` and the estimators (`fit(…, callbacks=[…])`).

    from jupyter_tracking.integrations.lightgbm import TrackingCallback

    with tracking.init(name="boosted"):
        lightgbm.train(params, data, valid_sets=[data, held_out], valid_names=["train", "valid"], callbacks=[TrackingCallback()])

The run has the parameters and a metric for each part of the data and each measure (`train/auc`, `valid/auc`) with a value a round. LightGBM
tells no callback that a training is over: the best round, the model and the importance of its features are logged by `finish()`, else
with the next training, and at the latest when the run ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.integrations import base
from jupyter_tracking.integrations.boosting import BoosterCallback

if TYPE_CHECKING:
    from jupyter_tracking.record.run import Run


class TrackingCallback(BoosterCallback):
    """Logs a training with LightGBM."""

    _library = "lightgbm"
    order = 20  # before early stopping, which ends the round for the callbacks after it
    before_iteration = False

    _model: Any = None  # of the training that is going on, or is over and not finished
    _last = -1
    _waits = False  # for the end of the run

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the training: a copy in a worker has its own."""
        return {**self.__dict__, "_model": None, "_names": {}, "_waits": False}

    def __call__(self, env: Any) -> None:
        """Log the round that is over; LightGBM calls it."""
        if env.model is not self._model:
            self.finish()
            self._begin(env)
        self._last = env.iteration
        # By index: from LightGBM 4.7 a result is a named tuple whose iteration, written in Python, takes as long as writing its row does.
        names, results = self._names, env.evaluation_result_list or ()
        if _is_cv(env.model):
            values = {f"{names[each[0], each[1]]}-mean": float(each[2]) for each in results}
            values.update((f"{names[each[0], each[1]]}-std", float(each[4])) for each in results)
        else:
            values = {names[each[0], each[1]]: float(each[2]) for each in results}
        base.log_values(self.run, values, env.iteration)
        if self.checkpoint_every and not _is_cv(env.model):
            self._log_checkpoint(env.model, "model.txt", env.iteration)

    def _begin(self, env: Any) -> None:
        self._model = env.model
        results = env.evaluation_result_list or []
        parts = base.split_names(dict.fromkeys(part for part, *_ in results))
        self._names = {(part, measure): f"{parts[part]}/{measure}" for part, measure, *_ in results}
        folds = {"folds": len(env.model.boosters)} if _is_cv(env.model) else {}
        rounds = {"num_iterations": env.end_iteration - env.begin_iteration}
        base.log_parameters(self.run, {**rounds, **env.params, **folds})
        goals = {}
        for part, measure, _, more_is_better, *_ in results:
            name = self._names[part, measure]
            goals[f"{name}-mean" if folds else name] = "max" if more_is_better else "min"
        base.set_goals(self.run, goals)
        if not self._waits:
            self._waits = True
            base.at_end(self.run, self.finish, "the model of a training with LightGBM")

    def finish(self) -> None:
        """Log what is known when the training is over, once: the best round, the model, the importance of its features."""
        model, self._model = self._model, None
        if model is None:
            return
        boosters = list(model.boosters) if _is_cv(model) else [model]
        for number, booster in enumerate(boosters):
            self._log_booster(booster, model.best_iteration, f"-fold-{number}" if _is_cv(model) else "")

    def _log_booster(self, booster: Any, best_iteration: int, suffix: str) -> None:
        best = best_iteration - 1 if best_iteration > 0 else None  # LightGBM counts rounds from 1 there, and from 0 in callbacks
        scores = {
            f"best_{self._names.get((part, measure), f'{part}/{measure}')}": float(value) for part, measure, value in _scores(booster)
        }
        results = {"iterations": self._last + 1, "best_iteration": best, **(scores if best is not None else {})}
        base.log_results(self.run, {f"{key}{suffix}": value for key, value in results.items()})
        step = best if best is not None else self._last
        if self.log_model:
            about = {"framework": "lightgbm", "best": True, **results}
            base.log_saved_model(self.run, booster.save_model, "model.txt", step, about, f"{base.MODEL}{suffix}")
        if self.log_importance:
            measures = dict.fromkeys([self.importance_type, "gain", "split"])
            columns = {measure: booster.feature_importance(importance_type=measure).astype(float) for measure in measures}
            columns = {"feature": booster.feature_name(), **columns}
            base.log_importance(self.run, columns, step, self.max_num_features, f"{base.IMPORTANCE}{suffix}")


def callback(run: Run | None = None) -> TrackingCallback:
    """Return a callback, as `traceml.integrations.lightgbm.callback` does; see `TrackingCallback`."""
    return TrackingCallback(run)


def _is_cv(model: Any) -> bool:
    return hasattr(model, "boosters")


def _scores(booster: Any) -> list[tuple[str, str, float]]:
    return [(part, measure, value) for part, measures in booster.best_score.items() for measure, value in measures.items()]


Callback = TrackingCallback
