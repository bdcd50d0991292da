"""The best of many runs by a metric: the run, its best value, the step of it, and its model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_tracking.errors import InvalidArgument, NotFound, escape_controls, shortened, suggest
from jupyter_tracking.format.document.metric_goal import Goal, goal_of
from jupyter_tracking.format.document.metric_summary import GOALS
from jupyter_tracking.kinds.arguments import as_text
from jupyter_tracking.kinds.calls import checks_arguments
from jupyter_tracking.read.filter.comparing import is_number
from jupyter_tracking.read.find import resolve_runs
from jupyter_tracking.read.known_runs import list_run
from jupyter_tracking.run_view import RunView

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from pathlib import Path

    from jupyter_tracking.format.step_timestamp import Step
    from jupyter_tracking.read.known_runs import ListedRun
    from jupyter_tracking.read.run_reader import RunFolder


class BestRun(RunView):
    """The best of some runs, opened for reading: a `RunView` that also knows by what it is the best.

    Attributes:
        metric: by which metric.
        value: the best value that the run logged of it, or its output of that name.
        goal: `"max"` where greater is better, `"min"` where less is.
        why: how that is known: `as given`, `as defined` (by `define_metric`) or `guessed from its name`.
        of: among how many runs that have the metric.
    """

    def __init__(self, files: RunFolder, metric: str, value: float, goal: Goal, of: int) -> None:
        """Make the view; users call `best`."""
        super().__init__(files)
        self.metric, self.value, self.goal, self.why, self.of = metric, value, goal.direction, goal.why, of

    @property
    def step(self) -> int | None:
        """The first step at which the best value was logged; None where it was logged without one, or is no metric's."""
        found = next((each for each in self.files.artifacts() if each.kind == "metric" and each.name == self.metric), None)
        values = self.files.rows(found).value if found is not None else None
        at = None if values is None else next(iter((values == self.value).nonzero()[0].tolist()), None)
        return None if found is None or at is None else self.files.rows(found)[at].step

    def model(self, name: str | None = None, step: Step | None = None) -> Path:
        """Return the run's model: the file or folder, for the library that made it to load.

        Args:
            name: which, where the run has several.
            step: the step; by default the version logged last.

        Raises:
            NotFound: the run has no model, none of this name, or several.
            MissingFile: the file is not there.
        """
        names = [each for kind, each in self.artifacts() if kind == "model"]
        if name is None and len(names) != 1:
            several = f"has {len(names)} models: {', '.join(map(repr, names))}; give the name of one" if names else "has no model"
            raise NotFound(f"run {self.name!r} ({self.uuid[:8]}) {several}")
        path: Path = self.load(name if name is not None else names[0], "model", step)
        return path

    def __repr__(self) -> str:
        """Say what a view says, by what the run is the best, and how that is known."""
        return f"{super().__repr__()[:-1]}, {self._said}>"

    def __str__(self) -> str:
        """Say the same in lines: by what the run is the best, and then what and where it is."""
        which, where = super().__repr__()[1:-1].removeprefix("RunView ").rsplit(", in ", 1)
        return f"{self._said}\n  {which}\n  {where}"

    @property
    def _said(self) -> str:
        better = "greater" if self.goal == "max" else "less"
        return escape_controls(f"{self.metric} {self.value:.6g}: the best of {self.of} ({better} is better, {self.why})")


@checks_arguments
def best(runs: object, metric: str, goal: str | None = None, root: str | os.PathLike[str] | None = None) -> BestRun:
    """Return the run with the best value of a metric, at any of its steps.

        best = tracking.best("experiments", "accuracy")
        model = joblib.load(tracking.best(tracking.runs(where="status = succeeded"), "accuracy").model())

    Args:
        runs: which runs: a folder that holds `runs/`, a DataFrame of `runs()`, or runs, views, uuids, names; None for all that are not
            archived. Of several with the same value it is the first of them.
        metric: the metric, or an output; as the column of `runs()` is called, too.
        goal: `"max"` when greater is better, `"min"` when less is; by default what `define_metric` said, and where nothing did, what
            the name lets one guess (less of a loss, more of an accuracy), as the result's `repr` says.
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.

    Returns:
        Its view, with `.value`, `.step`, `.goal` and `.why`, and with `.model()`, its model's file.

    Raises:
        NotFound: there is no such run, or none of them has a number of this name.
        InvalidArgument: another goal; or none is given, and neither a definition nor the name says what is better.
    """
    name = as_text(metric, "metric")
    if goal is not None and goal not in GOALS:
        raise InvalidArgument(f"goal={shortened(goal)} is none of {', '.join(GOALS)} and None{suggest(str(goal), GOALS)}")
    folders = resolve_runs(runs, root)
    listed = [list_run(folder) for folder in folders]
    if not any(name in run.facts.outputs for run in listed):
        name = name.removeprefix("outputs.")  # as the column of `runs()` is called
    chosen = Goal(goal, "as given") if goal is not None else goal_of(name, [list(run.marks.definitions) for run in listed])
    having = [(folder, run) for folder, run in zip(folders, listed, strict=True) if name in run.facts.outputs]
    if not having:
        known = _numbers(listed)
        of = f"none of {len(folders)} runs has" if len(folders) != 1 else f"run {folders[0].name!r} does not have"
        raise NotFound(f"{of} a metric or an output {name!r}{suggest(name, known)}" if folders else "there are no runs to choose from")
    if chosen.direction is None:
        raise InvalidArgument(f"whether more or less of {name!r} is better is not known ({chosen.why}); give goal='max' or goal='min'")
    values = [(folder, list_run(folder, {name: chosen.direction}).facts.outputs.get(name)) for folder, _ in having]
    numbers = [(folder, value) for folder, value in values if is_number(value) and not math.isnan(value)]
    if not numbers:
        others = [each for each in _numbers(listed) if each != name]  # where it is NaN in all
        raise NotFound(f"{name!r} is a number in none of {len(folders)} runs{suggest(name, others)}")
    better = max if chosen.direction == "max" else min
    folder, value = better(numbers, key=lambda each: each[1])
    return BestRun(folder, name, value, chosen, len(numbers))


def _numbers(runs: Iterable[ListedRun]) -> list[str]:
    """Return the names of the outputs of runs that are numbers."""
    return list(dict.fromkeys(name for run in runs for name, value in run.facts.outputs.items() if is_number(value)))
