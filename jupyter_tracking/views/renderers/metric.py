"""Metrics: the whole series, with the current step marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jupyter_tracking.views.model import downsample
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.renderer import Renderer
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from jupyter_tracking.views.model.panel import Panel

__all__ = ["RENDERER", "extent"]

_POINTS = 8_000
_PREVIEW = 1_200


class MetricRenderer(Renderer):
    """Numbers over step or time."""

    stem = "metric"
    all_steps = True

    def shared(self, panel: Panel, *, preview: bool) -> Payload:
        """Return the series, thinned where it is long, and where in it each step's value stands."""
        steps, times, values, shown = self._series(panel)
        kept = np.union1d(
            downsample.downsample_series(values, _PREVIEW if preview else _POINTS), shown if len(shown) <= _POINTS else shown[-1:]
        )
        payload = Payload({"points": len(values)})
        payload.add("step", steps[kept])
        payload.add("time", times[kept])
        payload.add("value", values[kept])
        payload.add("at", np.searchsorted(kept, shown).clip(0, max(0, len(kept) - 1)).astype(np.uint32))
        return payload

    def fallback(self, panel: Panel, number: int) -> str:
        """Return the series as a picture."""
        steps, times, values, shown = self._series(panel)
        over = "step" if np.isfinite(steps).any() else "time"
        x = steps if over == "step" else times - times.min(initial=0)

        def draw(axes: Axes) -> None:
            at = downsample.downsample_series(values, _PREVIEW)
            axes.plot(x[at], values[at], color="#0072b2", linewidth=1.4, marker="." if len(at) < 40 else None)  # noqa: PLR2004
            if number < len(shown):
                axes.plot(x[shown[number]], values[shown[number]], color="#d55e00", marker="o", markersize=5)
            axes.set_xlabel(over if over == "step" else "seconds")
            axes.set_ylabel(json_safe(panel.artifact.name))

        return fallback.picture(draw, f"metric {panel.artifact.name}", (5.2, 2.8))

    def extent(self, panel: Panel) -> tuple[float, float] | None:
        """Return the lowest and the highest finite value, None where there is none."""
        if "extent" not in panel.cache:
            values = self._series(panel)[2]
            finite = values[np.isfinite(values)]
            panel.cache["extent"] = (float(finite.min()), float(finite.max())) if len(finite) else None
        known: tuple[float, float] | None = panel.cache["extent"]
        return known

    def _series(self, panel: Panel) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
        """Return steps (NaN for none), seconds since the epoch, values, and the place of each step's latest value."""
        if "series" not in panel.cache:
            table = panel.folder.columns(panel.artifact)
            steps = table["step"].to_numpy().astype(np.float64)
            times = table["timestamp"].cast("int64").to_numpy() / 1e6
            values = table["value"].to_numpy().astype(np.float64)
            panel.cache["series"] = steps, times, values
        steps, times, values = panel.cache["series"]
        return steps, times, values, np.array([event.position for event in panel.events], dtype=np.intp)


RENDERER = MetricRenderer()
extent = RENDERER.extent
