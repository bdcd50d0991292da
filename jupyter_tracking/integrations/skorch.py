"""skorch: `TrackingCallback`, for `NeuralNet(callbacks=[…])`.

    from jupyter_tracking.integrations.skorch import TrackingCallback

    with tracking.init(name="digits"):
        NeuralNetClassifier(Module, max_epochs=5, callbacks=[TrackingCallback()]).fit(X, y)

The run has the net's parameters, each value of `net.history` with skorch's number of the epoch as its step (`train/loss`, `valid/loss`,
`valid/acc`), the learning rate, and the weights of each epoch that was the best so far as a version of the model.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from jupyter_tracking.integrations import base

if TYPE_CHECKING:
    from skorch.callbacks import Callback as SkorchCallback

    from jupyter_tracking.record.run import Run
else:
    SkorchCallback = base.base_class("skorch.callbacks", "Callback", "skorch")

_NO_METRICS = {"epoch", "batches"}


class TrackingCallback(base.RunCallback, SkorchCallback):
    """Logs a training with skorch."""

    def __init__(self, run: Run | None = None, log_model: bool = True, monitor: str = "valid_loss_best") -> None:
        """Log to a run.

        Args:
            run: by default the active run; where none is active, one is started.
            log_model: log the weights of each epoch that is the best so far; where none says that it is, the last ones.
            monitor: what says in the history that an epoch is the best so far.

        Raises:
            MissingExtra: skorch is not installed.
        """
        super().__init__()
        self._target = base.CallbackRun(run)
        self.log_model = log_model
        self.monitor = monitor
        self._saved = False
        self._known: set[str] = set()

    def __sklearn_clone__(self) -> TrackingCallback:
        """Return a copy that logs to the same run: scikit-learn's `clone` copies arguments, and a run cannot be copied."""
        return copy.copy(self)

    def on_train_begin(self, net: Any, X: Any = None, y: Any = None, **kwargs: Any) -> None:  # noqa: ARG002, N803
        """Log the parameters of the net, and its layers."""
        self._saved = False
        parameters = {name: value for name, value in net.get_params().items() if not name.startswith("callbacks")}
        base.log_parameters(self.run, parameters)
        self.run.log_text("model_summary", str(net.module_))

    def on_epoch_end(self, net: Any, dataset_train: Any = None, dataset_valid: Any = None, **kwargs: Any) -> None:  # noqa: ARG002
        """Log the epoch, and the weights where it is the best so far."""
        row = net.history[-1]
        numbers = {name: value for name, value in row.items() if name not in _NO_METRICS and not isinstance(value, bool | list)}
        values = {_name(name): float(value) for name, value in numbers.items() if isinstance(value, int | float) and "batch" not in name}
        values.setdefault("learning_rate", float(net.optimizer_.param_groups[0]["lr"]))
        if values.keys() - self._known:
            self._known |= values.keys()
            base.set_goals(self.run, {name: base.goal_of(name) for name in values})
        self.run.log_metrics(values, step=row["epoch"])
        if self.log_model and row.get(self.monitor):
            measure = self.monitor.removesuffix("_best")
            base.log_results(self.run, {f"best_{measure}": row.get(measure), "best_epoch": row["epoch"]})
            self._log_model(net, row["epoch"], {"best": True, measure: row.get(measure)})

    def on_train_end(self, net: Any, X: Any = None, y: Any = None, **kwargs: Any) -> None:  # noqa: ARG002, N803
        """Log the last weights, where none were the best."""
        if self.log_model and not self._saved and len(net.history):
            self._log_model(net, net.history[-1]["epoch"], {})

    def _log_model(self, net: Any, step: int, about: dict[str, Any]) -> None:
        base.log_saved_model(self.run, lambda path: net.save_params(f_params=path), "model.pt", step, {"framework": "skorch", **about})
        self._saved = True


def _name(metric: str) -> str:
    """Return the name of a metric: `valid/loss` for skorch's `valid_loss`; the learning rate and the time are neither."""
    for part in ("train", "valid"):
        if metric.startswith(f"{part}_"):
            return f"{part}/{metric.removeprefix(f'{part}_')}"
    return {"event_lr": "learning_rate", "dur": "seconds"}.get(metric, metric)


Callback = TrackingCallback
