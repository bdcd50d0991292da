"""The curve kind: x and y, and what sort of curve it is, in the row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.format import paths
from jupyter_tracking.format.step_timestamp import as_timestamp
from jupyter_tracking.kinds.arguments import as_array, as_flag, as_metric, as_ndarray, as_numbers, as_text
from jupyter_tracking.kinds.base import Kind, Recorder, example, logs, missing_extra, refusals, stored_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy import float64
    from numpy.typing import ArrayLike, NDArray

    from jupyter_tracking.kinds.base import Asset, Timestamp


class Curve(NamedTuple):
    """A curve as it was logged.

    Attributes:
        x: shape (n,); for ROC the false positive rate, for PR the precision.
        y: shape (n,); for ROC the true positive rate, for PR the recall.
        kind: `"roc"`, `"pr"` or `"custom"`.
        annotation: a string beside it, such as the area under it; or None.
    """

    x: NDArray[float64]
    y: NDArray[float64]
    kind: str = "custom"
    annotation: str | None = None


def _decode(payload: dict[str, Any], _asset: Asset) -> Curve:
    x, y = (stored_numbers(payload.get(axis) or []) for axis in "xy")
    return Curve(x, y, str(payload.get("kind") or "custom"), payload.get("annotation"))


def _encode(
    x: ArrayLike, y: ArrayLike, kind: str = "custom", annotation: object = None, names: tuple[str, str] = ("x", "y")
) -> dict[str, Any]:
    """Return the payload of a curve; messages call the axes by the names that the caller's arguments have."""
    x_numbers, x_count = as_numbers(x, names[0])
    y_numbers, y_count = as_numbers(y, names[1])
    if x_count != y_count:
        raise InvalidArgument(f"{names[0]} has {x_count} numbers and {names[1]} has {y_count}; give as many of each")
    return {"kind": kind, "x": x_numbers, "y": y_numbers, "annotation": _note(annotation)}


def _note(annotation: Any) -> str | None:
    """Return what stands beside a curve: a string as it is, a number as it is written."""
    if annotation is None:
        return None
    if isinstance(annotation, str):
        return as_text(annotation, "annotation")
    as_metric(annotation, "annotation")  # what is no number is refused
    return str(annotation.item() if hasattr(annotation, "detach") else annotation)


CURVE = Kind("curve", "curve", _decode, ("kind", "x", "y", "annotation"), _encode, order=30)
_ROC, _PR = ("fpr", "tpr"), ("precision", "recall")


@logs(CURVE)
class CurveMethods(Recorder):
    """How a run logs curves."""

    @example("roc fpr tpr --step 14")
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
            x: shape (n,), numbers; NaN and the infinities are kept. Dates are none: give seconds, or the time since the first.
            y: shape (n,), numbers.
            annotation: a string to show beside it.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not numbers.
            InvalidArgument: x and y differ in length or have more than one dimension; masked elements; a number that a float
                cannot hold exactly, such as nanoseconds since 1970.
        """
        self.record("curve", name, _encode(x, y, "custom", annotation), step, timestamp)

    def log_roc_auc_curve(
        self,
        name: str,
        fpr: ArrayLike,
        tpr: ArrayLike,
        auc: float | None = None,
        step: int | None = None,
        timestamp: Timestamp = None,
    ) -> None:
        """Log a ROC curve.

        Args:
            name: the curve's name.
            fpr: shape (n,), the false positive rates; kept as x.
            tpr: shape (n,), the true positive rates; kept as y.
            auc: the area under it; kept as the annotation.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not numbers.
            InvalidArgument: fpr and tpr differ in length or have more than one dimension.
        """
        self.record("curve", name, _encode(fpr, tpr, "roc", auc, _ROC), step, timestamp)

    def log_pr_curve(
        self,
        name: str,
        precision: ArrayLike,
        recall: ArrayLike,
        average_precision: float | None = None,
        step: int | None = None,
        timestamp: Timestamp = None,
    ) -> None:
        """Log a precision-recall curve.

        Args:
            name: the curve's name.
            precision: shape (n,); kept as x, as Polyaxon does.
            recall: shape (n,); kept as y.
            average_precision: kept as the annotation.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not numbers.
            InvalidArgument: precision and recall differ in length or have more than one dimension.
        """
        self.record("curve", name, _encode(precision, recall, "pr", average_precision, _PR), step, timestamp)

    def log_sklearn_roc_auc_curve(
        self,
        name: str,
        y_preds: ArrayLike,
        y_targets: ArrayLike,
        step: int | None = None,
        timestamp: Timestamp = None,
        is_multi_class: bool = False,
    ) -> None:
        """Log the ROC curve of predictions, and the area under it, as scikit-learn finds them.

        Args:
            name: the curve's name; with several classes they are `<name>_0`, `<name>_1`, …
            y_preds: shape (n,), the scores; with several classes (n, classes).
            y_targets: shape (n,), the true labels.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.
            is_multi_class: a curve for each class against the others, in the order of the sorted labels.

        Raises:
            MissingExtra: scikit-learn is not installed.
            InvalidArgument: shapes that do not fit, or what scikit-learn refuses.
        """
        self._log_measured(_roc, name, y_preds, y_targets, step, timestamp, each=as_flag(is_multi_class, "is_multi_class"))

    def log_sklearn_pr_curve(
        self,
        name: str,
        y_preds: ArrayLike,
        y_targets: ArrayLike,
        step: int | None = None,
        timestamp: Timestamp = None,
        is_multi_class: bool = False,
    ) -> None:
        """Log the precision-recall curve of predictions, and the average precision, as scikit-learn finds them.

        Args:
            name: the curve's name; with several classes they are `<name>_0`, `<name>_1`, …
            y_preds: shape (n,), the scores; with several classes (n, classes).
            y_targets: shape (n,), the true labels.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.
            is_multi_class: a curve for each class against the others, in the order of the sorted labels.

        Raises:
            MissingExtra: scikit-learn is not installed.
            InvalidArgument: shapes that do not fit, or what scikit-learn refuses.
        """
        self._log_measured(_pr, name, y_preds, y_targets, step, timestamp, each=as_flag(is_multi_class, "is_multi_class"))

    def _log_measured(
        self,
        measure: Callable[[Any, NDArray[Any], NDArray[Any], object], dict[str, Any]],
        name: str,
        y_preds: ArrayLike,
        y_targets: ArrayLike,
        step: int | None,
        timestamp: Timestamp,
        *,
        each: bool,
    ) -> None:
        """Log the curve of the scores, or of each class's against the others; all are measured before the first is logged."""
        import numpy as np

        try:
            from sklearn import metrics
        except ImportError as error:
            raise missing_extra("scikit-learn", "sklearn", error) from error
        true_name = paths.check_name(name)
        scores = as_array(y_preds, "y_preds")
        targets = as_ndarray(y_targets, "y_targets")
        with refusals("y_targets are no labels"):
            labels: Sequence[Any] = list(np.unique(targets)) if each else []
        if each and (scores.ndim != 2 or scores.shape[1] != len(labels)):  # noqa: PLR2004
            raise InvalidArgument(f"y_preds has the shape {scores.shape}, y_targets {len(labels)} classes; give a column for each class")
        with refusals(f"y_preds and y_targets of {true_name!r}"):
            curves = {f"{true_name}_{i}": measure(metrics, targets, scores[:, i], label) for i, label in enumerate(labels)}
            if not each:
                curves[true_name] = measure(metrics, targets, scores, None)
        moment = as_timestamp(timestamp)
        for curve_name, payload in curves.items():
            self.record("curve", curve_name, payload, step, moment)


def _roc(metrics: Any, targets: NDArray[Any], scores: NDArray[Any], label: object) -> dict[str, Any]:
    """Return the ROC curve of a label against the others, as `sklearn.metrics` finds it; None is the label 1."""
    fpr, tpr, _ = metrics.roc_curve(targets, scores, pos_label=label)
    return _encode(fpr, tpr, "roc", float(metrics.auc(fpr, tpr)), _ROC)


def _pr(metrics: Any, targets: NDArray[Any], scores: NDArray[Any], label: object) -> dict[str, Any]:
    """Return the precision-recall curve; see `_roc`."""
    precision, recall, _ = metrics.precision_recall_curve(targets, scores, pos_label=label)
    hits, positive = (targets, 1) if label is None else (targets == label, True)
    area = float(metrics.average_precision_score(hits, scores, pos_label=positive))
    return _encode(precision, recall, "pr", area, _PR)
