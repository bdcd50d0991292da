"""Curves: the current step's points, and the other steps faint behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jupyter_tracking.views.model import downsample
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.renderer import Renderer
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from jupyter_tracking.views.model.panel import Panel

__all__ = ["RENDERER"]

_UNIT = ("roc", "pr")
_LABELS = {"roc": ("false positive rate", "true positive rate"), "pr": ("precision", "recall")}
_POINTS = 20_000


class CurveRenderer(Renderer):
    """Curves of x and y."""

    stem = "curve"

    def shared(self, panel: Panel, *, preview: bool) -> Payload:
        """Return the ranges of the axes over a sample of the steps, and those steps as faint lines."""
        steps, points = (24, 60) if preview else (80, 160)
        sample = [self._curve(panel, n) for n in downsample.spread_evenly(len(panel.events), steps)]
        kind = sample[-1][2] if sample else "custom"
        unit = [0.0, 1.0] if kind in _UNIT else None
        head = {
            "curve": kind,
            "x": unit or downsample.finite_range(x for x, *_ in sample) or [0.0, 1.0],
            "y": unit or downsample.finite_range(y for _, y, *_ in sample) or [0.0, 1.0],
        }
        payload = Payload(head)
        kept = [(x, y, downsample.downsample_curve(x, y, points)) for x, y, *_ in sample]
        payload.add("x", _joined(x[at] for x, _, at in kept))
        payload.add("y", _joined(y[at] for _, y, at in kept))
        payload.add("ends", np.cumsum([len(at) for *_, at in kept], dtype=np.uint32))
        return payload

    def payload(self, panel: Panel, number: int, *, preview: bool) -> Payload:
        """Return the points of one step."""
        x, y, _, note = self._curve(panel, number)
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

    def fallback(self, panel: Panel, number: int) -> str:
        """Return the curve as a picture."""
        x, y, kind, note = self._curve(panel, number)

        def draw(axes: Axes) -> None:
            axes.plot(x, y, color="#0072b2", linewidth=1.6)
            if kind == "roc":
                axes.plot([0, 1], [0, 1], color="#999999", linestyle="--", linewidth=0.8)
            first, second = _LABELS.get(kind, ("x", "y"))
            axes.set_xlabel(first)
            axes.set_ylabel(second)
            axes.set_title(json_safe(panel.artifact.name + (f" ({note})" if note else "")), fontsize=9)

        return fallback.picture(draw, f"curve {panel.artifact.name}")

    def _curve(self, panel: Panel, number: int) -> tuple[NDArray[np.float64], NDArray[np.float64], str, str | None]:
        curve = panel.value(number)
        x, y = (np.asarray(values, dtype=np.float64) for values in (curve.x, curve.y))
        shared = min(len(x), len(y))
        note = None if curve.annotation is None else json_safe(str(curve.annotation))
        return x[:shared], y[:shared], str(curve.kind or "custom"), note


def _joined(arrays: Any) -> NDArray[np.float32]:
    return np.concatenate([np.empty(0), *arrays]).astype(np.float32)


RENDERER = CurveRenderer()
