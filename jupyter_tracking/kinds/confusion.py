"""The confusion kind: a matrix and the labels of its sides, in the row."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.errors import InvalidArgument, InvalidType
from jupyter_tracking.format import event_rows
from jupyter_tracking.kinds.arguments import as_array, as_json
from jupyter_tracking.kinds.base import Kind, Recorder, logs, refusals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

    from jupyter_tracking.kinds.base import Asset, Timestamp


class Confusion(NamedTuple):
    """A confusion matrix as it was logged.

    Attributes:
        x: n labels of the columns.
        y: n labels of the rows.
        z: shape (n, n), the matrix.
    """

    x: list[Any]
    y: list[Any]
    z: NDArray[Any]


def _decode(payload: dict[str, Any], _asset: Asset) -> Confusion:
    import numpy as np

    rows = payload.get("z") or []
    if not {*map(type, chain.from_iterable(rows))} <= {float, int}:
        rows = [[v if type(v) is int else event_rows.parse_number(v) for v in row] for row in rows]
    numbers = list(chain.from_iterable(rows))
    whole = {*map(type, numbers)} == {int}
    dtype = next((d for d in (np.int64, np.uint64) if whole and np.iinfo(d).min <= min(numbers) and max(numbers) <= np.iinfo(d).max), float)
    return Confusion(list(payload.get("x") or []), list(payload.get("y") or []), np.array(rows, dtype=dtype).reshape(len(rows), -1))


def _encode(x: Iterable[Any], y: Iterable[Any], z: ArrayLike) -> dict[str, Any]:
    sides = {"x": _labels(x, "x"), "y": _labels(y, "y")}
    matrix = as_array(z, "z")
    count = len(sides["x"])
    if matrix.shape != (count, count) or len(sides["y"]) != count or not count:
        raise InvalidArgument(
            f"x has {count} labels, y has {len(sides['y'])} and z the shape {matrix.shape}; give n labels, n labels and (n, n)"
        )
    if matrix.dtype.kind == "f":
        rows = [event_rows.json_safe_numbers(row) for row in matrix.tolist()]
    else:
        rows = (matrix.astype(int) if matrix.dtype.kind == "b" else matrix).tolist()
    return {**sides, "z": rows}


def _labels(labels: Iterable[Any], argument: str) -> list[Any]:
    if isinstance(labels, str | bytes) or not hasattr(labels, "__iter__"):
        raise InvalidType(f"{argument}={labels!r:.60} is a {type(labels).__name__}; give a list of labels")
    with refusals(f"{argument} are no labels"):
        plain: list[Any] = as_json(list(labels), argument)
    return plain


CONFUSION = Kind("confusion", "confusion", _decode, ("x", "y", "z"), _encode, order=40)


@logs(CONFUSION)
class ConfusionMethods(Recorder):
    """How a run logs confusion matrices."""

    def log_confusion_matrix(
        self,
        name: str,
        x: Iterable[Any],
        y: Iterable[Any],
        z: ArrayLike | None = None,
        step: int | None = None,
        timestamp: Timestamp = None,
    ) -> None:
        """Log a confusion matrix.

        Args:
            name: the matrix's name.
            x: n labels of the columns: strings or numbers; others are kept as their text.
            y: n labels of the rows.
            z: shape (n, n), the matrix; integers of 64 bits stay what they are. Polyaxon's function can be called without it, and logs
                nothing then.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not numbers.
            InvalidArgument: the labels are not as many as the matrix has rows and columns.
        """
        if z is None:
            raise InvalidArgument("z is missing; give the matrix, with a row for each label of y and a column for each of x")
        self.record("confusion", name, _encode(x, y, z), step, timestamp)
