"""Confusion matrices: labels and numbers of one step, on a colour scale that all steps share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jupyter_tracking.budgets import LONGEST_LABEL
from jupyter_tracking.views.model import downsample
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.renderer import Renderer
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from jupyter_tracking.kinds.confusion import Confusion
    from jupyter_tracking.views.model.series import Series

_SAMPLE = 24
_FALLBACK = 20


class ConfusionRenderer(Renderer):
    """A square of numbers with a label for each row, the true class, and each column, the predicted one."""

    stem = "confusion"

    def shared(self, series: Series, *, preview: bool) -> Payload:  # noqa: ARG002
        """Return the largest number over a sample of the steps."""
        sample = downsample.spread_evenly(len(series.events), _SAMPLE)
        span = downsample.finite_range(np.asarray(series.value(n).z, dtype=float).ravel() for n in sample)
        return Payload({"most": span[1] if span else 1.0})

    def payload(self, series: Series, number: int, *, preview: bool) -> Payload:  # noqa: ARG002
        """Return one step's labels of columns and rows, and the column `z`, row by row."""
        matrix: Confusion = series.value(number)
        rows, columns = matrix.z.shape
        payload = Payload({"x": _labels(matrix.x, columns), "y": _labels(matrix.y, rows)})
        payload.add("z", matrix.z.astype(np.float64).ravel())
        return payload

    def fallback(self, series: Series, number: int) -> str:
        """Return the matrix as a table, its upper left part if it is large."""
        matrix: Confusion = series.value(number)
        rows, columns = matrix.z.shape
        names, sides = ([side[:LONGEST_LABEL] for side in _labels(*each)[:_FALLBACK]] for each in ((matrix.x, columns), (matrix.y, rows)))
        cells = ([side, *(f"{v:g}" for v in row[:_FALLBACK].astype(float))] for side, row in zip(sides, matrix.z, strict=False))
        more = f"<p><small>{rows} x {columns}</small></p>" if rows > _FALLBACK else ""
        return fallback.html_table(["true ↓ predicted →", *names], cells) + more


def _labels(labels: list[object], count: int) -> list[str]:
    """Return as many labels as there are rows or columns."""
    words = [str(json_safe(str(label))) for label in labels[:count]]
    return words + [str(n) for n in range(len(words), count)]


RENDERER = ConfusionRenderer()
