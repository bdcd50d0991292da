"""Histograms: the bins of one step, on axes that all steps share, and a sample of the steps for the ridge plot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jupyter_tracking.budgets import MOST_BARS, MOST_BINS
from jupyter_tracking.errors import TooLarge
from jupyter_tracking.views.model import downsample
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.renderer import Renderer
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from jupyter_tracking.kinds.histogram import Histogram
    from jupyter_tracking.views.model.series import Series

_RIDGES = 32
_PREVIEW = 12


class HistogramRenderer(Renderer):
    """Draws histograms: the bins of a step, and all steps one behind the other."""

    stem = "histogram"

    def shared(self, series: Series, *, preview: bool) -> Payload:
        """Return the ranges of the axes over a sample of the steps, and the sample.

        The columns `counts` and `edges` are the histograms one after the other, `ends` where each ends.
        """
        places = downsample.spread_evenly(len(series.events), _PREVIEW if preview else _RIDGES)
        sample: list[Histogram] = [_histogram(series, n) for n in places]
        high = downsample.finite_range(s.counts for s in sample)
        payload = Payload(
            {"x": downsample.finite_range(s.edges for s in sample) or [0.0, 1.0], "y": [0.0, (high[1] if high else 0.0) or 1.0]}
        )
        payload.head["steps"] = [json_safe(series.events[n].step) for n in places]
        payload.add("counts", _joined([s.counts for s in sample]))
        payload.add("edges", _joined([s.edges for s in sample]))
        payload.add("ends", np.cumsum([len(s.counts) for s in sample], dtype=np.uint32))
        return payload

    def payload(self, series: Series, number: int, *, preview: bool) -> Payload:  # noqa: ARG002
        """Return one step's counts and the edges of its bins, as two columns of numbers."""
        histogram = _histogram(series, number)
        payload = Payload()
        payload.add("counts", histogram.counts)
        payload.add("edges", histogram.edges)
        return payload

    def fallback(self, series: Series, number: int) -> str:
        """Return the bins as a picture."""
        histogram = _histogram(series, number)

        def draw(axes: Axes) -> None:
            if len(histogram.counts) > MOST_BARS:
                axes.stairs(histogram.counts, histogram.edges, fill=True, color="#0072b2")
            else:
                widths = np.diff(histogram.edges)
                how: dict[str, Any] = {"align": "edge", "color": "#0072b2", "edgecolor": "white", "linewidth": 0.3}
                axes.bar(histogram.edges[:-1], histogram.counts, widths, **how)
            axes.set_ylabel("count")
            axes.set_title(json_safe(series.artifact.name), fontsize=9)

        return fallback.picture(draw, f"histogram {series.artifact.name}")


def _histogram(series: Series, number: int) -> Histogram:
    """Return the bins of a step.

    Raises:
        TooLarge: they are more than a view draws.
    """
    histogram: Histogram = series.value(number)
    if len(histogram.counts) > MOST_BINS:
        raise TooLarge(f"the histogram has {len(histogram.counts):,} bins; up to {MOST_BINS:,} are drawn")
    return histogram


def _joined(arrays: list[np.ndarray[tuple[int], np.dtype[np.float64]]]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.concatenate([np.empty(0), *arrays]).astype(np.float32)


RENDERER = HistogramRenderer()
