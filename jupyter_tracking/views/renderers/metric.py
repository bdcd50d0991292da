"""Metrics: all values over step or time, and which of them is the value of each step."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.views.model import downsample
from jupyter_tracking.views.model.payload import Payload
from jupyter_tracking.views.model.renderer import Line, RangeQuery, Renderer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from jupyter_tracking.views.model.series import Series

_POINTS = 8_000
_PREVIEW = 1_200
_HELD = 512_000_000  # bytes of the rows of all charts together that are held for the page's questions


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
        # A saved page has room for the points of one axis.
        most, axes = (_PREVIEW, ["step"]) if preview else (_POINTS // 2, ["step", "time"])
        kept = np.unique(np.concatenate([shown, *(_thinned(values, axis, most) for axis in axes)]))
        if len(kept) < len(values.value) and not preview:
            _hold(series, values)
        payload = _payload(values, kept, {"points": len(values.value)})
        payload.add("at", np.searchsorted(kept, values.shown).clip(0, max(0, len(kept) - 1)).astype(np.uint32))
        return payload

    def answer(self, series: Series, number: int, query: dict[str, Any]) -> Payload:
        """Return the rows in a range of an axis as `shared` does, finer, with how many there are (`points`) and whether these are all.

        The axis is "step", with the order of the rows that have none, "time", or "elapsed": the seconds since the first row.
        """
        if "x" not in query:
            return super().answer(series, number, query)
        asked = RangeQuery.parse(query)
        if asked.over not in ("step", "time", "elapsed"):
            raise InvalidArgument(f'over={asked.over!r} is no axis of a metric; give "step", "time" or "elapsed"')
        values = series.cache.get(_ROWS) or _hold(series, _values(series))
        kept, points = [], 0
        for x, y, rows in _lines(values, asked.over):
            at = downsample.downsample_range(x, y, asked.x, asked.points)
            kept.append(at if rows is None else rows[at])
            points += int(((x >= asked.x[0]) & (x <= asked.x[1])).sum())
        every = np.unique(np.concatenate(kept))
        return _payload(values, every, {"points": points, "all": len(every) >= points})

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


def _payload(values: _Values, kept: NDArray[np.intp], head: dict[str, Any]) -> Payload:
    payload = Payload(head)
    payload.add("step", values.step[kept])
    payload.add("time", values.time[kept])
    payload.add("value", values.value[kept])
    if np.isfinite(values.order[kept]).any():
        payload.add("order", values.order[kept])
    return payload


def _lines(values: _Values, over: str) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp] | None]]:
    """Yield x and y of each line over an axis, and its rows, None for all: those without a step are a line of their own over the steps."""
    stepless = np.isfinite(values.order) if over == "step" else np.empty(0, dtype=bool)
    if stepless.any():
        for x, rows in ((values.step, np.flatnonzero(~stepless)), (values.order, np.flatnonzero(stepless))):
            yield x[rows], values.value[rows], rows
    elif over == "elapsed" and len(values.time):
        yield values.time - values.time[0], values.value, None
    else:
        yield values.step if over == "step" else values.time, values.value, None


def _thinned(values: _Values, over: str, most: int) -> NDArray[np.intp]:
    """Return about so many rows at most that draw the whole chart."""
    kept = []
    for x, y, rows in _lines(values, over):
        low, high = downsample.finite_range([x]) or (0.0, 1.0)
        at = downsample.downsample_range(x, y, (low, high), most // 4)
        kept.append(at if rows is None else rows[at])
    return np.concatenate(kept)


_ROWS = "rows"  # where a series keeps its rows while they are held
_holding: weakref.WeakKeyDictionary[Series, int] = weakref.WeakKeyDictionary()


def _hold(series: Series, values: _Values) -> _Values:
    """Keep the rows of a series until more are logged, or until rows of others that are asked for later need the room."""
    _holding.pop(series, None)
    _holding[series] = sum(column.nbytes for column in values)
    for other in list(_holding):
        if sum(_holding.values()) <= _HELD:
            break
        other.cache.pop(_ROWS, None)
        del _holding[other]
    if series in _holding:
        series.cache[_ROWS] = values
    return values


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
    rows = series.rows

    def convert() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64] | None]:
        steps, order = rows.step.astype(np.float64), None
        if rows.mask.any():
            steps[rows.mask] = np.nan
            order = np.where(rows.mask, np.cumsum(rows.mask) - 1.0, np.nan)
        return steps, rows.timestamp / 1e6, order

    steps, times, order = series.derived("axes", convert)
    value = np.empty(0) if rows.value is None else rows.value
    # Where each row has a step, as nearly always, one NaN stands for all.
    return _Values(steps, times, value, np.broadcast_to(np.nan, len(rows)) if order is None else order, series.events.position)


RENDERER = MetricRenderer()
