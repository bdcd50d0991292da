"""The confusion kind: a matrix and the labels of its sides, in the row."""

from __future__ import annotations

import math
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.errors import InvalidArgument, InvalidType
from jupyter_tracking.format import event_rows, paths
from jupyter_tracking.kinds.arguments import as_array, as_json, as_ndarray
from jupyter_tracking.kinds.base import Kind, Recorder, example, logs, refusals, warn

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
    matrix = as_array(_numbers(z), "z")
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


def _numbers(z: ArrayLike) -> ArrayLike:
    """Return a matrix with the numbers that its texts say, where it has texts; None is NaN then."""
    array = as_ndarray(z, "z")
    if array.dtype.kind not in "UO":
        return z
    return [[_number(item) for item in row] for row in array.tolist()] if array.ndim == 2 else z  # noqa: PLR2004


def _number(item: Any) -> Any:
    if not isinstance(item, str):
        return math.nan if item is None else item
    try:
        return int(item)
    except ValueError:
        pass
    try:
        return float(item)
    except ValueError:
        raise InvalidType(f"z has {item!r:.60}, which says no number; give a matrix of numbers") from None


def _labels(labels: Iterable[Any], argument: str) -> list[Any]:
    if isinstance(labels, str | bytes) or not hasattr(labels, "__iter__"):
        raise InvalidType(f"{argument}={labels!r:.60} is a {type(labels).__name__}; give a list of labels")
    with refusals(f"{argument} are no labels"):
        plain: list[Any] = as_json(list(labels), argument)
    return plain


# What adds up to 1, as scikit-learn calls it: the axes that the sum goes over.
_SUMS: dict[object, Any] = {None: None, "true": 1, "pred": 0, "all": (0, 1)}
CONFUSION = Kind("confusion", "confusion", _decode, ("x", "y", "z"), _encode, order=40)


@logs(CONFUSION)
class ConfusionMethods(Recorder):
    """How a run logs confusion matrices."""

    @example("classes --y-true truth --y-pred predicted --step epoch", words=("x", "y"))
    def log_confusion_matrix(
        self,
        name: str,
        x: Iterable[Any] | None = None,
        y: Iterable[Any] | None = None,
        z: ArrayLike | None = None,
        step: int | None = None,
        timestamp: Timestamp = None,
        *,
        y_true: ArrayLike | None = None,
        y_pred: ArrayLike | None = None,
        labels: Iterable[Any] | None = None,
        normalize: str | None = None,
    ) -> None:
        """Log a confusion matrix: of true and predicted labels, `y_true` and `y_pred`; or one that was made already, `x`, `y` and `z`.

        Args:
            name: the matrix's name.
            x: n labels of the columns: strings or numbers; others are kept as their text.
            y: n labels of the rows.
            z: shape (n, n), the matrix; integers of 64 bits stay what they are, and texts are the numbers that they say. Polyaxon's
                function can be called without it, and logs nothing then.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.
            y_true: shape (m,), the true labels, which are the rows of the matrix.
            y_pred: shape (m,), the predicted labels, which are its columns; not their probabilities.
            labels: which labels, in their order; by default all that are in `y_true` or `y_pred`, sorted. A pair with another one is not
                counted, and a warning says how many are not.
            normalize: `"true"`: a row adds up to 1; `"pred"`: a column does; `"all"`: the whole does; by default they are counts.

        Raises:
            InvalidType: not numbers.
            InvalidArgument: the labels are not as many as the matrix has rows and columns, `y_true` and `y_pred` are not as many, or both
                ways of giving a matrix are mixed; or a label is no whole number, as probabilities are none, and none of `labels` is.
        """
        made = {"x": x, "y": y, "z": z}
        counted = {"y_true": y_true, "y_pred": y_pred, "labels": labels, "normalize": normalize}
        given, others = ([argument for argument, value in way.items() if value is not None] for way in (made, counted))
        if given and others:
            raise InvalidArgument(f"{given[0]} and {others[0]} are two ways; give x, y and z, or y_true and y_pred")
        if not others and x is not None and y is not None and z is not None:
            self.record("confusion", name, _encode(x, y, z), step, timestamp)
            return
        missing = next((each for each in (("y_true", "y_pred") if others else made) if each not in given + others), None)
        if missing is not None:
            raise InvalidArgument(
                f"{missing} is missing; give the true and the predicted labels, y_true= and y_pred=, or a matrix: z, with a row for each "
                "label of y and a column for each of x"
            )
        known, matrix = _count(y_true, y_pred, labels, normalize)
        self.record("confusion", name, _encode(known, known, matrix), step, timestamp)
        self._add_summary("confusion", paths.check_name(name), {"rows": "truth", "columns": "prediction"})


def _side(values: Any, argument: str, *, fractions: bool) -> list[Any]:
    """Return the labels of one side, of which none is a fraction unless those are labels."""
    array = as_ndarray(values, argument)
    if array.ndim != 1:
        raise InvalidArgument(f"{argument} has the shape {array.shape}; give a label for each, such as probabilities.argmax(axis=1)")
    labels: list[Any] = array.tolist()
    odd = None if fractions else next(filter(_is_fraction, labels), None)
    if odd is not None:
        raise InvalidArgument(
            f"{argument} has {odd:.6g}, which is a probability or a measure and no label; give a label for each, such as "
            "probabilities.argmax(axis=1) or probabilities > 0.5, or say with labels= that such numbers are labels"
        )
    return labels


def _is_fraction(label: object) -> bool:
    return isinstance(label, float) and math.isfinite(label) and not label.is_integer()


def _count(y_true: Any, y_pred: Any, labels: Any, normalize: object) -> tuple[list[Any], NDArray[Any]]:
    """Return the labels, and how often each (a row) was taken for each (a column)."""
    import numpy as np

    if normalize not in _SUMS:
        raise InvalidArgument(f"normalize={normalize!r:.60} is none of 'true', 'pred', 'all'; leave it out for counts")
    fractions = labels is not None and any(map(_is_fraction, as_ndarray(labels, "labels").ravel().tolist()))
    truth, predicted = _side(y_true, "y_true", fractions=fractions), _side(y_pred, "y_pred", fractions=fractions)
    if len(truth) != len(predicted) or not truth:
        raise InvalidArgument(f"y_true has {len(truth)} labels and y_pred has {len(predicted)}; give as many of each, and at least one")
    with refusals("y_true, y_pred and labels are no labels of one sort, such as all texts or all numbers"):
        pairs = Counter(zip(truth, predicted, strict=True))
        known = sorted({*truth, *predicted}) if labels is None else as_ndarray(labels, "labels").tolist()
        at = {label: number for number, label in enumerate(known)}
    if len(at) != len(known) or any(label != label for label in at):  # noqa: PLR0124 - NaN alone is not itself
        raise InvalidArgument("labels holds NaN, or one label twice; give each label once")
    matrix = np.zeros((len(known), len(known)), dtype=np.int64)
    for (true, taken_for), count in pairs.items():
        if true in at and taken_for in at:
            matrix[at[true], at[taken_for]] = count
    left_out = len(truth) - int(matrix.sum())
    if left_out:
        warn(f"{left_out} of the {len(truth)} pairs of y_true and y_pred have none of labels, and are not counted")
    if normalize is None:
        return known, matrix
    return known, matrix / np.maximum(matrix.sum(axis=_SUMS[normalize], keepdims=True), 1)
