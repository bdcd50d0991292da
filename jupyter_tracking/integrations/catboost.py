"""CatBoost: `TrackingCallback`, for `fit(…, callbacks=[…])` of its estimators and of `catboost.CatBoost`.

    from jupyter_tracking.integrations.catboost import TrackingCallback

    with tracking.init(name="boosted"):
        model = CatBoostClassifier(iterations=100)
        model.fit(data, eval_set=held_out, callbacks=[TrackingCallback(model)])

The run has a metric for each part of the data and each measure (`train/Logloss`, `valid/AUC`) with a value a round. CatBoost tells a
callback neither the model nor the end of the training: of the model that ours is given, the parameters, the best round, the model itself
and the importance of its features are logged by `finish()`, and at the latest when the run ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.integrations import base

if TYPE_CHECKING:
    from jupyter_tracking.record.run import Run


class TrackingCallback(base.RunCallback):
    """Logs a training with CatBoost."""

    def __init__(
        self,
        model: Any = None,
        run: Run | None = None,
        log_model: bool = True,
        log_importance: bool = True,
        max_num_features: int | None = None,
    ) -> None:
        """Log to a run.

        Args:
            model: the model whose `fit` is given the callback; without it only metrics are logged.
            run: by default the active run; where none is active, one is started.
            log_model: log the model, with the best round as its step.
            log_importance: log the importance of the features, as a dataframe with the same step.
            max_num_features: how many features at most.

        Raises:
            MissingExtra: CatBoost is not installed.
        """
        base.framework("catboost", "catboost")
        self._target = base.CallbackRun(run)
        self._model = model
        self.log_model = log_model
        self.log_importance = log_importance
        self.max_num_features = max_num_features
        self._last = -1
        self._logged: dict[tuple[str, str], int] = {}  # how many values of a metric were logged: not each round has one of each
        self._names: dict[str, str] = {}
        self._waits = False  # for the end of the run

    def after_iteration(self, info: Any) -> bool:
        """Log the round that is over; CatBoost calls it. The training goes on."""
        step = info.iteration - 1  # CatBoost counts from 1 here, and from 0 where it tells the best round
        if step == 0 or not self._names:
            self._begin(info.metrics)
        self._last, values = step, {}
        for part, measures in info.metrics.items():
            for measure, history in measures.items():
                if len(history) > self._logged.get((part, measure), 0):
                    self._logged[part, measure] = len(history)
                    values[f"{self._name(part)}/{measure}"] = float(history[-1])
        base.log_values(self.run, values, step)
        return True

    def _name(self, part: str) -> str:
        return self._names.get(part, part)

    def _begin(self, metrics: Any) -> None:
        self._logged, self._names = {}, base.split_names(metrics)
        names = [(f"{self._name(part)}/{measure}", measure) for part, measures in metrics.items() for measure in measures]
        base.set_goals(self.run, {name: base.goal_of(measure.partition(":")[0]) for name, measure in names})
        if self._model is not None and not self._waits:
            base.log_parameters(self.run, self._model.get_params())
            base.at_end(self.run, self.finish, "the model of a training with CatBoost")
            self._waits = True

    def finish(self) -> None:
        """Log what is known when the training is over: all parameters, the best round, the model, the importance of its features."""
        model, self._waits = self._model, False
        if model is None or self._last < 0 or not model.is_fitted():
            return
        last, self._last = self._last, -1
        best = model.get_best_iteration()
        scores = model.get_best_score() or {}
        results: dict[str, Any] = {"iterations": last + 1, "best_iteration": best, "trees": model.tree_count_}
        results |= {f"best_{self._name(part)}/{measure}": value for part, found in scores.items() for measure, value in found.items()}
        in_force = {name: base.shortest(value) for name, value in model.get_all_params().items()}
        base.log_parameters(self.run, {**in_force, **model.get_params()})
        base.log_results(self.run, results)
        step = last if best is None else best
        if self.log_model:
            about = {"framework": "catboost", "best": True, **results}
            base.log_saved_model(self.run, model.save_model, "model.cbm", step, about)
        if self.log_importance:
            columns = {"feature": model.feature_names_, "importance": model.get_feature_importance()}
            base.log_importance(self.run, columns, step, self.max_num_features)


Callback = TrackingCallback


def callback(model: Any = None, run: Run | None = None) -> TrackingCallback:
    """Return a callback; see `TrackingCallback`."""
    return TrackingCallback(model, run)
