"""Metrics: all values over step or time, and which of them is the value of each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.views.model import downsample
from jupyter_tracking.views.model.payload import Payload
from jupyter_tracking.views.model.renderer import Line, RangeQuery, Renderer
from jupyter_tracking.views.model.units import unit_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from jupyter_tracking.read.event_table import EventRows
    from jupyter_tracking.views.model.series import Series

    _Floats = NDArray[np.float64]

_POINTS = 8_000
_PREVIEW = 1_200
_GRAIN = 1024  # parts of a second: what is behind a millisecond is noise, which takes most of the bytes of compressed times
_LATEST = np.iinfo(np.int64).max  # a timestamp


class MetricRenderer(Renderer):
    """Numbers over step or time; several metrics, or one of several runs, in one chart."""

    stem = "metric"
    all_steps = True
    joins = True

    def shared(self, series: Series, *, preview: bool) -> Payload:
        """Return the columns `step`, `time` and `value`, of fewer rows where they are many, and in `at` the row of each step shown.

        Where rows have no step, `order` has the place of each among those: they are a line of their own, in the order logged.
        The head says how many values there are (`points`), and where they are known or there are any, the `unit`, and how many values
        are NaN, infinite and negatively infinite (`odd`).
        """
        rows, shown = series.rows, series.events.position
        at = shown if len(shown) <= _POINTS else shown[-1:]
        # A saved page has room for the points of one axis.
        most, axes = (_PREVIEW, ["step"]) if preview else (_POINTS // 2, ["step", "time"])
        few = len(rows) <= most // 4 * 4  # of these each has a place
        kept = np.arange(len(rows)) if few else np.unique(np.concatenate([at, *(_thinned(rows, axis, most) for axis in axes)]))
        head: dict[str, Any] = {"points": len(rows)}
        if unit := unit_of(series.artifact.kind, series.artifact.name):
            head["unit"] = unit
        values = _numbers(rows)
        if not np.isfinite(values).all():  # those that are kept are drawn as marks, and all are counted
            head["odd"] = [int(of(values).sum()) for of in (np.isnan, np.isposinf, np.isneginf)]
        payload = _payload(rows, kept, head, grain=_GRAIN if preview else 0)
        payload.add_steps("at", np.searchsorted(kept, shown).clip(0, max(0, len(kept) - 1)).astype(np.uint32))
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
        rows, kept, points = series.rows, [], 0
        for x, y, places in _lines(rows, asked.over):
            at = downsample.downsample_range(x, y, asked.x, asked.points)
            kept.append(at if places is None else places[at])
            points += int(((x >= asked.x[0]) & (x <= asked.x[1])).sum())
        every = np.unique(np.concatenate(kept))
        return _payload(rows, every, {"points": points, "all": len(every) >= points})

    def line(self, series: Series, number: int) -> Line:
        """Return all values over their steps, those without one in the order logged, with the value of the step marked.

        What the machine uses is sampled without steps: it is drawn over time.
        """
        rows, shown = series.rows, series.events.position
        row = int(shown[number]) if number < len(shown) else -1
        kept = np.union1d(downsample.downsample_series(_numbers(rows), _PREVIEW), [row] if row >= 0 else [])
        kept = kept.astype(np.intp)
        marked = int(np.searchsorted(kept, row)) if row >= 0 else None
        stepless, y = rows.mask[kept], _numbers(rows)[kept]
        x, label = np.where(stepless, _order(rows, kept), _steps(rows, kept)), "order logged" if len(rows) and rows.mask.all() else "step"
        if series.artifact.kind == "system":
            x, label = _seconds(rows, kept) - rows.timestamp.min(initial=_LATEST) / 1e6, "seconds"
        if label == "step" and stepless.any():  # two lines with a gap between them: first that of the values without a step
            places = np.concatenate([np.flatnonzero(stepless), [0], np.flatnonzero(~stepless)])
            gap = int(stepless.sum())
            x, y, marked = (
                x[places],
                y[places],
                None if marked is None else int(np.argsort(~stepless, kind="stable").tolist().index(marked)),
            )
            y[gap], marked = np.nan, marked if marked is None or marked < gap else marked + 1
        unit = unit_of(series.artifact.kind, series.artifact.name)
        return Line(x, y, (label, series.artifact.name), marked=marked, unit=unit)


def _payload(rows: EventRows, kept: NDArray[np.intp], head: dict[str, Any], grain: int = 0) -> Payload:
    """Return rows as columns; the times, where there is a `grain`, to so many parts of a second."""
    payload, seconds = Payload(head), _seconds(rows, kept)
    payload.add_steps("step", _steps(rows, kept))
    payload.add("time", np.round(seconds * grain) / grain if grain else seconds)
    payload.add("value", _numbers(rows)[kept])
    if rows.mask[kept].any():
        payload.add("order", _order(rows, kept))
    return payload


def _lines(rows: EventRows, over: str) -> Iterator[tuple[_Floats, _Floats, NDArray[np.intp] | None]]:
    """Yield x and y of each line over an axis, and its rows, None for all: those without a step are a line of their own over the steps.

    What is yielded is as long as all rows are: it is made for one line after the other, and kept of none.
    """
    every = slice(None)
    if over == "step" and rows.mask.any():
        places = np.flatnonzero(~rows.mask)
        yield _steps(rows, places), _numbers(rows)[places], places
        places = np.flatnonzero(rows.mask)
        yield np.arange(len(places), dtype=np.float64), _numbers(rows)[places], places
    elif over == "step":
        yield _steps(rows, every), _numbers(rows), None
    else:
        seconds = _seconds(rows, every)
        yield seconds - seconds[0] if over == "elapsed" and len(rows) else seconds, _numbers(rows), None


def _thinned(rows: EventRows, over: str, most: int) -> NDArray[np.intp]:
    """Return about so many rows at most that draw the whole chart."""
    kept = []
    for x, y, places in _lines(rows, over):
        low, high = downsample.finite_range([x]) or (0.0, 1.0)
        at = downsample.downsample_range(x, y, (low, high), most // 4)
        kept.append(at if places is None else places[at])
    return np.concatenate(kept)


def value_range(series: Series) -> tuple[float, float] | None:
    """Return the lowest and the highest finite value of a metric; None when it has none."""
    found = downsample.finite_range([_numbers(series.rows)])
    return None if found is None else (found[0], found[1])


def _numbers(rows: EventRows) -> _Floats:
    return np.empty(0) if rows.value is None else rows.value


def _steps(rows: EventRows, at: NDArray[np.intp] | slice) -> _Floats:
    """Return the steps of rows, NaN where there is none."""
    steps, mask = rows.step[at].astype(np.float64), rows.mask[at]
    if mask.any():
        steps[mask] = np.nan
    return steps


def _seconds(rows: EventRows, at: NDArray[np.intp] | slice) -> _Floats:
    """Return when rows were logged, in seconds since the epoch."""
    return rows.timestamp[at] / 1e6


def _order(rows: EventRows, at: NDArray[np.intp]) -> _Floats:
    """Return the place of each row without a step among those, from 0; NaN for a row that has a step."""
    return np.where(rows.mask[at], np.searchsorted(np.flatnonzero(rows.mask), at), np.nan)


RENDERER = MetricRenderer()
