"""Curves: the current step's points, and the other steps faint behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jupyter_tracking.views.model import downsample
from jupyter_tracking.views.model.payload import Frame, clean
from jupyter_tracking.views.model.renderer import Family
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from jupyter_tracking.views.model.panel import Pane

__all__ = ["FAMILY"]

_UNIT = ("roc", "pr")
_LABELS = {"roc": ("false positive rate", "true positive rate"), "pr": ("precision", "recall")}
_POINTS = 20_000


class CurveFamily(Family):
    """Curves of x and y."""

    stem = "curve"

    def ground(self, pane: Pane, *, light: bool) -> Frame:
        """Return the ranges of the axes over a sample of the steps, and those steps as faint lines."""
        steps, points = (24, 60) if light else (80, 160)
        sample = [self._curve(pane, n) for n in downsample.places(len(pane.events), steps)]
        kind = sample[-1][2] if sample else "custom"
        unit = [0.0, 1.0] if kind in _UNIT else None
        head = {
            "curve": kind,
            "x": unit or downsample.extent(x for x, *_ in sample) or [0.0, 1.0],
            "y": unit or downsample.extent(y for _, y, *_ in sample) or [0.0, 1.0],
        }
        frame = Frame(head)
        kept = [(x, y, downsample.along(x, y, points)) for x, y, *_ in sample]
        frame.add("x", _joined(x[at] for x, _, at in kept))
        frame.add("y", _joined(y[at] for _, y, at in kept))
        frame.add("ends", np.cumsum([len(at) for *_, at in kept], dtype=np.uint32))
        return frame

    def frame(self, pane: Pane, number: int, *, light: bool) -> Frame:
        """Return the points of one step."""
        x, y, _, note = self._curve(pane, number)
        gaps = int(len(y) - (np.isfinite(x) & np.isfinite(y)).sum())
        frame = Frame({"points": len(y), "annotation": note})
        if gaps:
            frame.head["gaps"] = gaps
        for name, values in (("x", x), ("y", y)):
            span = downsample.extent([values])
            if span:
                frame.head[name] = span
        at = downsample.along(x, y, 240 if light else _POINTS)
        frame.add("x", x[at].astype(np.float32))
        frame.add("y", y[at].astype(np.float32))
        return frame

    def still(self, pane: Pane, number: int) -> str:
        """Return the curve as a picture."""
        x, y, kind, note = self._curve(pane, number)

        def draw(axes: Axes) -> None:
            axes.plot(x, y, color="#0072b2", linewidth=1.6)
            if kind == "roc":
                axes.plot([0, 1], [0, 1], color="#999999", linestyle="--", linewidth=0.8)
            first, second = _LABELS.get(kind, ("x", "y"))
            axes.set_xlabel(first)
            axes.set_ylabel(second)
            axes.set_title(clean(pane.artifact.name + (f" ({note})" if note else "")), fontsize=9)

        return fallback.picture(draw, f"curve {pane.artifact.name}")

    def _curve(self, pane: Pane, number: int) -> tuple[NDArray[np.float64], NDArray[np.float64], str, str | None]:
        curve = pane.value(number)
        x, y = (np.asarray(values, dtype=np.float64) for values in (curve.x, curve.y))
        shared = min(len(x), len(y))
        note = None if curve.annotation is None else clean(str(curve.annotation))
        return x[:shared], y[:shared], str(curve.kind or "custom"), note


def _joined(arrays: Any) -> NDArray[np.float32]:
    return np.concatenate([np.empty(0), *arrays]).astype(np.float32)


FAMILY = CurveFamily()
