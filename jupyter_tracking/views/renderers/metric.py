"""Metrics: the whole series, with the current step marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jupyter_tracking.views.model import downsample
from jupyter_tracking.views.model.payload import Frame, clean
from jupyter_tracking.views.model.renderer import Family
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from jupyter_tracking.views.model.panel import Pane

__all__ = ["FAMILY", "extent"]

_POINTS = 8_000
_LIGHT = 1_200


class MetricFamily(Family):
    """Numbers over step or time."""

    stem = "metric"
    whole = True

    def ground(self, pane: Pane, *, light: bool) -> Frame:
        """Return the series, thinned where it is long, and where in it each step's value stands."""
        steps, times, values, shown = self._series(pane)
        kept = np.union1d(downsample.keep(values, _LIGHT if light else _POINTS), shown if len(shown) <= _POINTS else shown[-1:])
        frame = Frame({"points": len(values)})
        frame.add("step", steps[kept])
        frame.add("time", times[kept])
        frame.add("value", values[kept])
        frame.add("at", np.searchsorted(kept, shown).clip(0, max(0, len(kept) - 1)).astype(np.uint32))
        return frame

    def still(self, pane: Pane, number: int) -> str:
        """Return the series as a picture."""
        steps, times, values, shown = self._series(pane)
        over = "step" if np.isfinite(steps).any() else "time"
        x = steps if over == "step" else times - times.min(initial=0)

        def draw(axes: Axes) -> None:
            at = downsample.keep(values, _LIGHT)
            axes.plot(x[at], values[at], color="#0072b2", linewidth=1.4, marker="." if len(at) < 40 else None)  # noqa: PLR2004
            if number < len(shown):
                axes.plot(x[shown[number]], values[shown[number]], color="#d55e00", marker="o", markersize=5)
            axes.set_xlabel(over if over == "step" else "seconds")
            axes.set_ylabel(clean(pane.artifact.name))

        return fallback.picture(draw, f"metric {pane.artifact.name}", (5.2, 2.8))

    def extent(self, pane: Pane) -> tuple[float, float] | None:
        """Return the lowest and the highest finite value, None where there is none."""
        if "extent" not in pane.memory:
            values = self._series(pane)[2]
            finite = values[np.isfinite(values)]
            pane.memory["extent"] = (float(finite.min()), float(finite.max())) if len(finite) else None
        known: tuple[float, float] | None = pane.memory["extent"]
        return known

    def _series(self, pane: Pane) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
        """Return steps (NaN for none), seconds since the epoch, values, and the place of each step's latest value."""
        if "series" not in pane.memory:
            table = pane.folder.columns(pane.artifact)
            steps = table["step"].to_numpy().astype(np.float64)
            times = table["timestamp"].cast("int64").to_numpy() / 1e6
            values = table["value"].to_numpy().astype(np.float64)
            pane.memory["series"] = steps, times, values
        steps, times, values = pane.memory["series"]
        return steps, times, values, np.array([event.position for event in pane.events], dtype=np.intp)


FAMILY = MetricFamily()
extent = FAMILY.extent
