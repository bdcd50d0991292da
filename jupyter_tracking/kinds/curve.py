"""The curve kind: x and y, and what sort of curve it is, in the row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking import plx
from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.kinds.base import Kind, Recorder
from jupyter_tracking.values import as_numbers

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import ArrayLike, NDArray

    from jupyter_tracking.kinds.base import Asset, Timestamp

__all__ = ["CURVE", "Curve", "CurveLogging"]


class Curve(NamedTuple):
    """A curve as it was logged.

    Attributes:
        x: shape (n,); for ROC the false positive rate, for PR the precision.
        y: shape (n,); for ROC the true positive rate, for PR the recall.
        kind: `"roc"`, `"pr"` or `"custom"`.
        annotation: a text beside it, such as the area under it; or None.
    """

    x: NDArray[float64]
    y: NDArray[float64]
    kind: str = "custom"
    annotation: str | None = None


def _decode(payload: dict[str, Any], _asset: Asset) -> Curve:
    import numpy as np

    x, y = (np.array([plx.number(v) for v in payload.get(axis) or []], dtype=float) for axis in "xy")
    return Curve(x, y, str(payload.get("kind") or "custom"), payload.get("annotation"))


CURVE = Kind("curve", "curve", _decode, ("kind", "x", "y", "annotation"))


class CurveLogging(Recorder):
    """How a run logs curves."""

    def log_curve(
        self,
        name: str,
        x: ArrayLike,
        y: ArrayLike,
        annotation: str | None = None,
        step: int | None = None,
        timestamp: Timestamp = None,
    ) -> None:
        """Log a curve of your own.

        Args:
            name: the curve's name.
            x: shape (n,), numbers; NaN and the infinities are kept.
            y: shape (n,), numbers.
            annotation: a text to show beside it.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not numbers.
            InvalidArgument: x and y differ in length or have more than one dimension.
        """
        self._log_curve("custom", name, {"x": x, "y": y}, annotation, step, timestamp)

    def _log_curve(
        self,
        kind: str,
        name: str,
        axes: dict[str, ArrayLike],
        annotation: object,
        step: int | None,
        timestamp: Timestamp,
    ) -> None:
        """Log two axes, named as the caller's arguments are, as x and y."""
        (x_name, x), (y_name, y) = axes.items()
        x_cell, x_count = as_numbers(x, x_name)
        y_cell, y_count = as_numbers(y, y_name)
        if x_count != y_count:
            message = f"{x_name} has {x_count} numbers and {y_name} has {y_count}; give as many of each"
            raise InvalidArgument(message)
        note = None if annotation is None else str(annotation)
        self._append("curve", name, plx.cell({"kind": kind, "x": x_cell, "y": y_cell, "annotation": note}), step, timestamp)
