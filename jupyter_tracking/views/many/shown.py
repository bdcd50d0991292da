"""The functions that show many runs: `scatter` and `parallel`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidType, checks_arguments, shortened
from jupyter_tracking.frames.many.run_columns import several_runs

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from jupyter_tracking.views.many.plot_view import PlotView


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
            most to do with the first score, and that score.
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
