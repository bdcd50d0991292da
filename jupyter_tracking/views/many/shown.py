"""The functions that show many runs: `compare`, `scatter` and `parallel`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, InvalidType, NotFound, shortened
from jupyter_tracking.frames.many.run_columns import several_runs
from jupyter_tracking.kinds.calls import checks_arguments
from jupyter_tracking.read.find import is_run

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from jupyter_tracking.views.many.comparison_view import ComparisonView
    from jupyter_tracking.views.many.plot_view import PlotView
    from jupyter_tracking.views.widgets.stepper import Stepper


@checks_arguments
def compare(
    runs: Any = None,
    *names: Any,
    kind: str | None = None,
    root: str | os.PathLike[str] | None = None,
    group_by: str | Iterable[str] | None = None,
) -> ComparisonView | Stepper:
    """Compare runs: in all they have, or in some of their artifacts.

    Without names, of any number of runs: what differs in their inputs, environments and code, with what is equal in a line; their
    results side by side, the best marked by the goal that `define_metric` gave or that a name lets one guess, which is said; and a chart
    for each metric that at least two have, of which the table of the runs is the legend. With `group_by` a row and a line is a group: the
    mean of its runs, with a band of one standard deviation on both sides.

    With names, these artifacts under one slider over all of their steps: curves and metrics lie over each other in one chart;
    everything else stands side by side. A run without a step shows its latest earlier one, and says which.

    Args:
        runs: the runs, each as `open_run` takes it, or a frame of `runs()`; all under the root when None.
        *names: the artifacts; none for all that can be compared. What is neither a text nor a list of texts is one more run.
        kind: which kind, when several have a name.
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
        group_by: a column or several by whose values runs are put together, as of `runs(group_by=…)`.

    Raises:
        NotFound: there is no such run, or none of them has an artifact of the name.
        InvalidArgument: no run is given, `group_by` beside names, or a column to group by that is none.
    """
    others = [each for each in names if not _are_names(each)]
    texts = [name for each in names if _are_names(each) for name in ([each] if isinstance(each, str) else each)]
    folders = several_runs([*([] if runs is None else [runs]), *others] if others else runs, root)
    if names and group_by is not None:
        raise InvalidArgument(f"group_by={group_by!r} is for comparing without names; leave out {', '.join(map(repr, names))}")
    if texts:
        from jupyter_tracking.views.model.scene import compare_runs
        from jupyter_tracking.views.widgets.stepper import Stepper

        try:
            return Stepper(compare_runs(folders, texts, kind))
        except NotFound as error:
            run = next((name for name in texts if is_run(name, root)), None)
            if run is None:
                raise
            raise NotFound(f"{error}; {run!r} is a run: give runs in a list, compare([…, {run!r}])") from None
    from jupyter_tracking.views.many.comparison import Comparison
    from jupyter_tracking.views.many.comparison_view import ComparisonView

    return ComparisonView(Comparison(folders, group_by))


def _are_names(given: object) -> bool:
    """Return whether this is the name of an artifact, or a list of such; else it is one more run."""
    return isinstance(given, str) or (isinstance(given, list | tuple) and all(isinstance(each, str) for each in given))


@checks_arguments
def scatter(
    runs: Any = None, x: str | None = None, y: str | None = None, color: str | None = None, *, root: str | os.PathLike[str] | None = None
) -> PlotView:
    """Show runs as points: an input against a result.

    Drag over points, or move the handles of an axis, to leave only the runs between them, in the list below too. A click, or Enter on
    a run that arrow keys lead to, opens it. What is missing, NaN or infinite has a place of its own beside the axis. An input whose
    numbers reach over more than two powers of ten is on a logarithmic axis, which can be switched.

    Args:
        runs: the runs, each as `open_run` takes it, or a frame of `runs()`; all under the root when None.
        x: an input or output; by default the input that has most to do with the result (see `importance`).
        y: likewise; by default the first score.
        color: what to colour by; nothing when None.
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.

    Returns:
        The view; its `chosen` are the uuids of the runs that the brushes leave.

    Raises:
        NotFound: there is no such run, input or output, or none that could be chosen.
    """
    from jupyter_tracking.views.many.plot import RunsPlot
    from jupyter_tracking.views.many.plot_view import PlotView

    return PlotView(RunsPlot("scatter", several_runs(runs, root), [x, y], color))


@checks_arguments
def parallel(
    runs: Any = None,
    columns: str | Sequence[str] | None = None,
    color: str | None = None,
    *,
    root: str | os.PathLike[str] | None = None,
) -> PlotView:
    """Show runs as lines over parallel axes, an axis for each input and result, with what each input has to do with the result.

    Drag along an axis, or move its handles, to leave only the runs that go through; otherwise as `scatter`.

    Args:
        runs: the runs, each as `open_run` takes it, or a frame of `runs()`; all under the root when None.
        columns: the inputs and outputs that have an axis, from left to right; by default the inputs that differ, at most the ten that have
            most to do with the result, and the result: the one of `color`, else the first score.
        color: what to colour by; by default the last of these that is an output and a number.
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.

    Returns:
        The view; its `chosen` are the uuids of the runs that the brushes leave.

    Raises:
        NotFound: there is no such run, input or output.
        InvalidArgument: fewer than two columns, or fewer than two that differ.
    """
    from jupyter_tracking.views.many.plot import RunsPlot
    from jupyter_tracking.views.many.plot_view import PlotView

    names = [columns] if isinstance(columns, str) else list(columns or ())
    for name in names:
        if not isinstance(name, str):
            raise InvalidType(f"columns has {shortened(name)}, a {type(name).__name__}; give names of inputs and outputs")
    return PlotView(RunsPlot("parallel", several_runs(runs, root), names, color))
