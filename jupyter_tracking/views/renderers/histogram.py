"""Histograms: one step's bins, on axes that hold for all steps, and a sample of the steps for the ridge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jupyter_tracking.views.model import downsample
from jupyter_tracking.views.model.payload import Frame, clean
from jupyter_tracking.views.model.renderer import Family
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from jupyter_tracking.kinds.histogram import Histogram
    from jupyter_tracking.views.model.panel import Pane

__all__ = ["FAMILY"]

_RIDGES = 32
_LIGHT = 12


class HistogramFamily(Family):
    """Counts in bins."""

    stem = "histogram"

    def ground(self, pane: Pane, *, light: bool) -> Frame:
        """Return the ranges of the axes over a sample of the steps, and the sample."""
        places = downsample.places(len(pane.events), _LIGHT if light else _RIDGES)
        sample = [_at(pane, n) for n in places]
        high = downsample.extent(s.counts for s in sample)
        frame = Frame({"x": downsample.extent(s.edges for s in sample) or [0.0, 1.0], "y": [0.0, (high[1] if high else 0.0) or 1.0]})
        frame.head["steps"] = [clean(pane.events[n].step) for n in places]
        frame.add("counts", _joined([s.counts for s in sample]))
        frame.add("edges", _joined([s.edges for s in sample]))
        frame.add("ends", np.cumsum([len(s.counts) for s in sample], dtype=np.uint32))
        return frame

    def frame(self, pane: Pane, number: int, *, light: bool) -> Frame:  # noqa: ARG002
        """Return one step's bins."""
        taken = _at(pane, number)
        frame = Frame()
        frame.add("counts", taken.counts)
        frame.add("edges", taken.edges)
        return frame

    def still(self, pane: Pane, number: int) -> str:
        """Return the bins as a picture."""
        taken = _at(pane, number)

        def draw(axes: Axes) -> None:
            axes.bar(taken.edges[:-1], taken.counts, np.diff(taken.edges), align="edge", color="#0072b2", edgecolor="white", linewidth=0.3)
            axes.set_ylabel("count")
            axes.set_title(clean(pane.artifact.name), fontsize=9)

        return fallback.picture(draw, f"histogram {pane.artifact.name}")


def _at(pane: Pane, number: int) -> Histogram:
    taken: Histogram = pane.value(number)
    return taken


def _joined(arrays: list[np.ndarray[tuple[int], np.dtype[np.float64]]]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.concatenate([np.empty(0), *arrays]).astype(np.float32)


FAMILY = HistogramFamily()
