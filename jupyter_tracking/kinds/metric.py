"""The metric kind: one float a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.format import paths
from jupyter_tracking.format.step_timestamp import FormattedTimestamp, as_step, as_timestamp
from jupyter_tracking.kinds.arguments import as_metric
from jupyter_tracking.kinds.base import Kind, Recorder, example, logs, takes_mapping

if TYPE_CHECKING:
    from jupyter_tracking.kinds.base import Asset, Timestamp


def _encode(value: float, name: str = "value") -> float:
    return value if type(value) is float else as_metric(value, name)


def _decode(payload: float, _asset: Asset) -> float:
    return payload


METRIC = Kind("metric", "metric", _decode, ("value",), _encode, order=10, flag="has_metrics")


@logs(METRIC)
class MetricMethods(Recorder):
    """How a run logs metrics."""

    @example("loss 0.25 --step epoch")
    def log_metric(self, name: str, value: float, step: int | None = None, timestamp: Timestamp = None) -> None:
        """Log one value of a metric.

        Args:
            name: the metric's name, such as `"train/loss"`.
            value: one real number; NaN and the infinities are kept.
            step: an integer, or None for a value outside any sequence. Repeats and steps back are kept.
            timestamp: a datetime, an ISO string or seconds since the epoch; now by default.

        Raises:
            InvalidType: the value is not one number, or the step no integer.
            InvalidArgument: the name is empty, or a number does not fit.
        """
        # A float, which most values are, is spared the call of `_encode`.
        self.record("metric", name, value if type(value) is float else _encode(value, name), step, timestamp)

    @example("loss=total/count accuracy=0.9 --step epoch")
    @takes_mapping
    def log_metrics(self, step: int | None = None, timestamp: Timestamp = None, metrics: Any = None) -> None:
        """Log several metrics at one step: `log_metrics(step=3, loss=0.1, accuracy=0.9)`, `log_metrics({"loss": 0.1}, step=3)`.

        All are checked before the first is written.

        Args:
            step: as in `log_metric`.
            timestamp: as in `log_metric`; one moment for all.
            metrics: name=value, or before all else a mapping of names, whatever they are, to values: in
                `log_metrics({"train/loss": 0.1, "step": 7, "timestamp": 1.0}, step=3)` all three are metrics.

        Raises:
            InvalidType: a value is not one number, or the step no integer.
            InvalidArgument: a name is empty or given twice, or a number does not fit.
        """
        whole, moment = as_step(step), None if timestamp is None else FormattedTimestamp(as_timestamp(timestamp))
        values = {name: value if type(value) is float else _encode(value, paths.check_name(name)) for name, value in metrics.items()}
        self.record_metrics(values, whole, moment)
