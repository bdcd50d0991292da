"""Curves: the current step's points, and the other steps faint behind."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from jupyter_tracking.views.model import downsample
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.renderer import Line, RangeQuery, Renderer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jupyter_tracking.views.model.series import Series

_UNIT = ("roc", "pr")
_LABELS = {"roc": ("false positive rate", "true positive rate"), "pr": ("recall", "precision")}
_AREAS = {"roc": "AUC", "pr": "AP"}  # what a number beside such a curve is
_POINTS = 20_000


class CurveRenderer(Renderer):
    """Curves of x and y; those of several runs in one chart."""

    stem = "curve"
    joins = True

    def shared(self, series: Series, *, preview: bool) -> Payload:
        """Return the ranges of the axes over a sample of the steps, and those steps as faint lines.

        The columns `x` and `y` are the lines one after the other, `ends` where each ends.
        """
        steps, points = (24, 60) if preview else (80, 160)
        kind, lines, spans = "custom", [], []
        for n in downsample.spread_evenly(len(series.events), steps):  # one after the other: there may be many long ones
            x, y, kind, _ = _curve(series, n)
            at = downsample.downsample_curve(x, y, points)
            lines.append((x[at], y[at]))
            spans.append([np.array(downsample.finite_range([values]) or []) for values in (x, y)])
        unit = [0.0, 1.0] if kind in _UNIT else None
        ranges = [unit or downsample.finite_range(each) or [0.0, 1.0] for each in (zip(*spans, strict=True) if spans else ((), ()))]
        payload = Payload({"curve": kind, "x": ranges[0], "y": ranges[1]})
        payload.add("x", _joined(x for x, _ in lines))
        payload.add("y", _joined(y for _, y in lines))
        payload.add("ends", np.cumsum([len(x) for x, _ in lines], dtype=np.uint32))
        return payload

    def payload(self, series: Series, number: int, *, preview: bool) -> Payload:
        """Return the points of one step."""
        x, y, _, note = _curve(series, number)
        gaps = int(len(y) - (np.isfinite(x) & np.isfinite(y)).sum())
        payload = Payload({"points": len(y), "annotation": note})
        if gaps:
            payload.head["gaps"] = gaps
        for name, values in (("x", x), ("y", y)):
            span = downsample.finite_range([values])
            if span:
                payload.head[name] = span
        at = downsample.downsample_curve(x, y, 240 if preview else _POINTS)
        payload.add("x", x[at].astype(np.float32))
        payload.add("y", y[at].astype(np.float32))
        return payload

    def answer(self, series: Series, number: int, query: dict[str, Any]) -> Payload:
        """Return the points of one step in a range of x, finer, with how many there are (`points`) and whether these are all."""
        if "x" not in query:
            return super().answer(series, number, query)
        asked = RangeQuery.parse(query)
        x, y, *_ = _curve(series, number)
        at = downsample.downsample_range(x, y, asked.x, asked.points, log=asked.log)
        points = int(((x >= asked.x[0]) & (x <= asked.x[1])).sum())
        payload = Payload({"points": points, "all": len(at) >= points})
        payload.add("x", x[at])
        payload.add("y", y[at])
        return payload

    def line(self, series: Series, number: int) -> Line:
        """Return the points of one step."""
        x, y, kind, note = _curve(series, number)
        return Line(x, y, _LABELS.get(kind, ("x", "y")), note or "", diagonal=kind == "roc")


def _curve(series: Series, number: int) -> tuple[NDArray[np.float64], NDArray[np.float64], str, str | None]:
    """Return x and y as they are drawn, as far as both go, the kind of the curve, and what is said beside it.

    A precision-recall curve is stored with the precision as x, as Polyaxon does, and drawn with the recall as x, as everybody does.
    """
    curve = series.value(number)
    kind = str(curve.kind or "custom")
    x, y = (np.asarray(values, dtype=np.float64) for values in ((curve.y, curve.x) if kind == "pr" else (curve.x, curve.y)))
    shared = min(len(x), len(y))
    return x[:shared], y[:shared], kind, _note(kind, curve.annotation)


def _note(kind: str, annotation: object) -> str | None:
    """Return the annotation in words; a number is the area under a ROC curve, or the average precision."""
    words = None if annotation is None else str(json_safe(str(annotation)))
    if words is not None and kind in _AREAS:
        with contextlib.suppress(ValueError):
            area = float(words)
            return f"{_AREAS[kind]} {area:.6g}" if math.isfinite(area) else words
    return words


def _joined(arrays: Any) -> NDArray[np.float32]:
    return np.concatenate([np.empty(0), *arrays]).astype(np.float32)


RENDERER = CurveRenderer()
