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
    """The rows of a metric: steps (NaN for none), times in seconds since the epoch, values; and the row of each event shown."""

    step: NDArray[np.float64]
    time: NDArray[np.float64]
    value: NDArray[np.float64]
    shown: NDArray[np.intp]


class MetricRenderer(Renderer):
    """Numbers over step or time; several metrics, or one of several runs, in one chart."""

    stem = "metric"
    all_steps = True
    joins = True

    def shared(self, series: Series, *, preview: bool) -> Payload:
        """Return the columns `step`, `time` and `value`, of fewer rows where they are many, and in `at` the row of each step shown."""
        values = _values(series)
        shown = values.shown if len(values.shown) <= _POINTS else values.shown[-1:]
        kept = np.union1d(downsample.downsample_series(values.value, _PREVIEW if preview else _POINTS), shown)
        payload = Payload({"points": len(values.value)})
        payload.add("step", values.step[kept])
        payload.add("time", values.time[kept])
        payload.add("value", values.value[kept])
        payload.add("at", np.searchsorted(kept, values.shown).clip(0, max(0, len(kept) - 1)).astype(np.uint32))
        return payload

    def line(self, series: Series, number: int) -> Line:
        """Return all values over their steps, or over time where they have none, with the value of the step marked."""
        values = _values(series)
        row = int(values.shown[number]) if number < len(values.shown) else -1
        kept = np.union1d(downsample.downsample_series(values.value, _PREVIEW), [row] if row >= 0 else [])
        kept = kept.astype(np.intp)
        by_step = bool(np.isfinite(values.step).any())
        x = values.step if by_step else values.time - values.time.min(initial=np.inf)
        marked = int(np.searchsorted(kept, row)) if row >= 0 else None
        return Line(x[kept], values.value[kept], ("step" if by_step else "seconds", series.artifact.name), marked=marked)


def value_range(series: Series) -> tuple[float, float] | None:
    """Return the lowest and the highest finite value of a metric; None when it has none."""
    found = downsample.finite_range([_values(series).value])
    return None if found is None else (found[0], found[1])


def _values(series: Series) -> _Values:
    def read() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        table = series.folder.columns(series.artifact)
        times = table["timestamp"].cast("int64").to_numpy() / 1e6
        return table["step"].to_numpy().astype(np.float64), times, table["value"].to_numpy().astype(np.float64)

    steps, times, values = series.derived("values", read)
    return _Values(steps, times, values, np.array([event.position for event in series.events], dtype=np.intp))


RENDERER = MetricRenderer()
