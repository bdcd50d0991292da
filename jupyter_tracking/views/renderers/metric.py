"""Metrics: all values over step or time, and which of them is the value of each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jupyter_tracking.views.model import downsample
from jupyter_tracking.views.model.payload import Payload
from jupyter_tracking.views.model.renderer import Line, Renderer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jupyter_tracking.views.model.series import Series

_POINTS = 8_000
_PREVIEW = 1_200


class _Values(NamedTuple):
    """The rows of a metric: steps (NaN for none), times in seconds since the epoch, values; and the row of each event shown.

    `order` is the place of each row without a step among those, from 0; NaN for a row that has a step.
    """

    step: NDArray[np.float64]
    time: NDArray[np.float64]
    value: NDArray[np.float64]
    order: NDArray[np.float64]
    shown: NDArray[np.intp]


class MetricRenderer(Renderer):
    """Numbers over step or time; several metrics, or one of several runs, in one chart."""

    stem = "metric"
    all_steps = True
    joins = True

    def shared(self, series: Series, *, preview: bool) -> Payload:
        """Return the columns `step`, `time` and `value`, of fewer rows where they are many, and in `at` the row of each step shown.

        Where rows have no step, `order` has the place of each among those: they are a line of their own, in the order logged.
        """
        values = _values(series)
        shown = values.shown if len(values.shown) <= _POINTS else values.shown[-1:]
        kept = np.union1d(downsample.downsample_series(values.value, _PREVIEW if preview else _POINTS), shown)
        payload = Payload({"points": len(values.value)})
        payload.add("step", values.step[kept])
        payload.add("time", values.time[kept])
        payload.add("value", values.value[kept])
        if np.isfinite(values.order).any():
            payload.add("order", values.order[kept])
        payload.add("at", np.searchsorted(kept, values.shown).clip(0, max(0, len(kept) - 1)).astype(np.uint32))
        return payload

    def line(self, series: Series, number: int) -> Line:
        """Return all values over their steps, those without one in the order logged, with the value of the step marked.

        What the machine uses is sampled without steps: it is drawn over time.
        """
        values = _values(series)
        row = int(values.shown[number]) if number < len(values.shown) else -1
        kept = np.union1d(downsample.downsample_series(values.value, _PREVIEW), [row] if row >= 0 else [])
        kept = kept.astype(np.intp)
        marked = int(np.searchsorted(kept, row)) if row >= 0 else None
        x, label = _across(values, over_time=series.artifact.kind == "system")
        stepless = np.isfinite(values.order[kept])
        x, y = x[kept], values.value[kept]
        if label == "step" and stepless.any():  # two lines with a gap between them: first that of the values without a step
            places = np.concatenate([np.flatnonzero(stepless), [0], np.flatnonzero(~stepless)])
            gap = int(stepless.sum())
            x, y, marked = (
                x[places],
                y[places],
                None if marked is None else int(np.argsort(~stepless, kind="stable").tolist().index(marked)),
            )
            y[gap], marked = np.nan, marked if marked is None or marked < gap else marked + 1
        return Line(x, y, (label, series.artifact.name), marked=marked)


def _across(values: _Values, *, over_time: bool) -> tuple[NDArray[np.float64], str]:
    """Return the x axis of a picture, and what it is called."""
    if over_time:
        return values.time - values.time.min(initial=np.inf), "seconds"
    stepless = np.isfinite(values.order)
    return np.where(stepless, values.order, values.step), "order logged" if stepless.all() and len(stepless) else "step"


def value_range(series: Series) -> tuple[float, float] | None:
    """Return the lowest and the highest finite value of a metric; None when it has none."""
    found = downsample.finite_range([_values(series).value])
    return None if found is None else (found[0], found[1])


def _values(series: Series) -> _Values:
    def read() -> tuple[NDArray[np.float64], ...]:
        table = series.folder.columns(series.artifact)
        steps, times = table["step"].to_numpy().astype(np.float64), table["timestamp"].cast("int64").to_numpy() / 1e6
        stepless = np.isnan(steps)
        order = np.where(stepless, np.cumsum(stepless) - 1.0, np.nan)
        return steps, times, table["value"].to_numpy().astype(np.float64), order

    steps, times, values, order = series.derived("values", read)
    return _Values(steps, times, values, order, np.array([event.position for event in series.events], dtype=np.intp))


RENDERER = MetricRenderer()
