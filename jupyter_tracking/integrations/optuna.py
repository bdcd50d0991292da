"""Optuna: `TrackingCallback`, for `study.optimize(objective, callbacks=[…])`; each trial is a row of a table, or a run.

    from jupyter_tracking.integrations.optuna import TrackingCallback

    with tracking.init(name="search"):
        study.optimize(objective, n_trials=50, callbacks=[TrackingCallback()])

The run has the value of each trial and the best so far as metrics with the trial's number as step, the values that a trial reported on its
way as a curve, a table of all trials, how important each parameter is, and as outputs the best trial. With `trials="runs"` each trial is a
run, with the search's run as its parent. Where the objective logs by itself, `optimize(callback.track_in_objective(objective), …)` lets it
log into the trial's own run.
"""

from __future__ import annotations

import functools
import math
import threading
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import TrackingError, log_errors
from jupyter_tracking.integrations import base
from jupyter_tracking.record.process_exit import end_for
from jupyter_tracking.record.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_COLUMNS = ("number", "value", "datetime_start", "datetime_complete", "duration", "params", "user_attrs", "state")
_ENDS = {"COMPLETE": "succeeded", "PRUNED": "stopped", "FAIL": "failed"}


class TrackingCallback(base.RunCallback):
    """Logs a search with Optuna; also with `n_jobs`, whose threads share it."""

    def __init__(
        self, run: Run | None = None, trials: str = "rows", metric_name: str | Sequence[str] | None = None, log_importance: bool = True
    ) -> None:
        """Log to a run.

        Args:
            run: by default the active run; where none is active, one is started.
            trials: `"rows"`: a row a trial, in a table; `"runs"`: a run for each trial as well.
            metric_name: what the objective's value is called, or each of several; by default what `study.set_metric_names` said, else
                `value`.
            log_importance: log at the end how important each parameter is, as Optuna finds it with the help of scikit-learn.

        Raises:
            MissingExtra: Optuna is not installed.
            InvalidArgument: `trials` is another word.
        """
        base.framework("optuna", "optuna")
        base.check_trials(trials)
        self._target = base.CallbackRun(run)
        self._trials = trials
        self._names = [metric_name] if isinstance(metric_name, str) else list(metric_name or [])
        self._log_importance = log_importance
        self._study: Any = None
        self._seen = 0  # trials, and how many are in the table that was logged last
        self._in_table = 0
        self._best: tuple[Any, int] | None = None  # the study, and the number of its best trial that was logged last
        self._tracked: set[int] = set()  # the trials that were runs while they ran
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what belongs to this process."""
        return {**self.__dict__, "_lock": None, "_study": None, "_best": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take up what a worker got."""
        self.__dict__.update(state, _lock=threading.Lock())

    def __call__(self, study: Any, trial: Any) -> None:
        """Log a trial that is over; Optuna calls it."""
        run = self.run
        with self._lock:
            if self._study is not study:
                self._begin(study)
            self._seen += 1
            names = self._metric_names(study)
            values = dict(zip(names, trial.values or (), strict=False))
            if len(names) == 1 and (best := _best_trial(study)) is not None:
                values[f"best_{names[0]}"] = best.value
                self._log_best(study, best)
            if values:
                run.log_metrics({name: float(value) for name, value in values.items()}, step=trial.number)
            if trial.intermediate_values:
                steps = sorted(trial.intermediate_values)
                run.log_curve("intermediate_values", steps, [trial.intermediate_values[step] for step in steps], step=trial.number)
            if self._seen >= 2 * self._in_table:  # written again when it has twice the rows: of n trials 2 n rows at most
                self._log_table(trial.number)
        if self._trials == "runs" and trial.number not in self._tracked:
            with base.part_of(run, Run, f"trial-{trial.number}", trial.params, study.study_name) as part:
                _log_trial(part, trial, names)
                if trial.state.name != "COMPLETE":
                    part.end(_ENDS.get(trial.state.name, "stopped"), trial.state.name, trial.system_attrs.get("fail_reason"))

    def track_in_objective(self, objective: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return the objective so that each trial is a run while it runs: what the objective logs with `tracking.log_…` goes to that run.

        An exception marks the run as failed, a pruned trial as stopped; the search goes on as it would.

        Args:
            objective: the function that is given to `study.optimize`.
        """

        @functools.wraps(objective)
        def tracked(trial: Any) -> Any:
            part = base.part_of(self.run, base.startable_run, f"trial-{trial.number}", {}, trial.study.study_name)
            self._tracked.add(trial.number)
            with part:
                try:
                    value = objective(trial)
                except BaseException as error:
                    base.log_parameters(part, trial.params)
                    part.end(*(("stopped", "PRUNED", str(error)) if type(error).__name__ == "TrialPruned" else end_for(error)))
                    raise
                base.log_parameters(part, trial.params)
                names = self._metric_names(trial.study)
                base.log_results(part, dict(zip(names, value if isinstance(value, list | tuple) else [value], strict=False)))
            return value

        return tracked

    def finish(self) -> None:
        """Log the table of all trials and the importance of the parameters; the end of the run does it too."""
        with self._lock:
            study = self._study
            if study is None or not self._seen:
                return
            number = max(trial.number for trial in study.trials)
            self._log_table(number)
            if self._log_importance and len(self._metric_names(study)) == 1:
                log_errors(lambda: self._log_parameter_importance(study, number), "the importance of the parameters of a search")

    def _begin(self, study: Any) -> None:
        if self._study is None:
            base.at_end(self.run, self.finish, "the table of a search with Optuna")
        self._study = study
        names = self._metric_names(study)
        about = {"study": study.study_name, "sampler": type(study.sampler).__name__, "pruner": type(study.pruner).__name__}
        directions = {name: direction.name.lower() for name, direction in zip(names, study.directions, strict=True)}
        base.log_parameters(self.run, {**about, "directions": directions, **study.user_attrs})
        goals = {name: {"maximize": "max", "minimize": "min"}.get(said) for name, said in directions.items()}
        base.set_goals(self.run, goals | {f"best_{name}": goal for name, goal in goals.items() if len(goals) == 1})

    def _metric_names(self, study: Any) -> list[str]:
        count = len(study.directions)
        names = self._names or list(study.metric_names or [])
        return names if len(names) == count else ["value"] if count == 1 else [f"value_{number}" for number in range(count)]

    def _log_best(self, study: Any, best: Any) -> None:
        if self._best != (study, best.number):
            self._best = (study, best.number)
            base.log_results(self.run, {"best_trial": best.number, **{f"best_{name}": value for name, value in best.params.items()}})

    def _log_table(self, step: int) -> None:
        """Log all trials so far as a table."""
        table = base.plain_table(self._study.trials_dataframe(_COLUMNS))
        self.run.log_dataframe(table, "trials", step=step)
        self._in_table = len(table)

    def _log_parameter_importance(self, study: Any, step: int) -> None:
        finished = [trial for trial in study.trials if trial.state.name == "COMPLETE" and math.isfinite(trial.value)]
        if len(finished) < 2 or len(finished[0].params) < 2 or len({trial.value for trial in finished}) < 2:  # noqa: PLR2004
            return
        found = base.framework("optuna.importance", "optuna").get_param_importances(study)
        base.log_importance(self.run, {"parameter": list(found), "importance": list(found.values())}, step, name="parameter_importance")


def _best_trial(study: Any) -> Any:
    try:
        return study.best_trial
    except ValueError:  # none has a value yet
        return None


def _log_trial(run: Run, trial: Any, names: list[str]) -> None:
    """Log into the run of a trial what it reported on its way, and its values."""
    for step, value in sorted(trial.intermediate_values.items()):
        run.log_metrics({names[0]: float(value)}, step=step)
    results = dict(zip(names, trial.values or (), strict=False))
    try:
        base.log_results(run, {**results, **trial.user_attrs})
    except TrackingError:  # an attribute of a name that none can have
        base.log_results(run, results)


Callback = TrackingCallback
