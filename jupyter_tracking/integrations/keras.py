"""Keras 3, on any backend: `TrackingCallback`, for `model.fit(…, callbacks=[…])`.

    from jupyter_tracking.integrations.keras import TrackingCallback

    with tracking.init(name="digits"):
        model.fit(X, y, epochs=10, validation_data=held_out, callbacks=[TrackingCallback()])

The run has the parameters of the training and of the optimizer, a summary of the model, each metric with a value an epoch (`train/loss`,
`valid/loss`), the learning rate, and each model that was the best so far as a version, with its epoch as its step.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_tracking.integrations import base

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keras.callbacks import Callback as KerasCallback

    from jupyter_tracking.record.run import Run
else:
    KerasCallback = base.base_class("keras.callbacks", "Callback", "keras, and one of jax, torch or tensorflow")

_MODES = ("auto", "min", "max")


class TrackingCallback(base.RunCallback, KerasCallback):
    """Logs a training with Keras."""

    def __init__(
        self,
        run: Run | None = None,
        metrics: Sequence[str] | None = None,
        log_model: bool = True,
        save_weights_only: bool = False,
        log_best_prefix: str | None = "best",
        mode: str = "auto",
        monitor: str = "val_loss",
        use_store_path: bool = False,  # noqa: ARG002
        model_ext: str = "",
        log_every: int | None = None,
    ) -> None:
        """Log to a run.

        Args:
            run: by default the active run; where none is active, one is started.
            metrics: which of Keras' metrics, by the names Keras has for them; by default all.
            log_model: log each model that is the best so far, by `monitor`; where nothing is monitored, the last one.
            save_weights_only: log the weights alone.
            log_best_prefix: what the best value and its epoch are called among the outputs: `best_val_loss`, `best_epoch`; None: neither.
            mode: whether less of what is monitored is better (`"min"`) or more (`"max"`); `"auto"` goes by its name.
            monitor: by which metric a model is the best one, by Keras' name for it.
            use_store_path: accepted because Polyaxon has it; it changes nothing.
            model_ext: the extension of the model's file; by default `.keras`, or `.weights.h5` for the weights alone.
            log_every: log the metrics of each so many batches as well, as `batch/loss`, with the number of batches so far as step.

        Raises:
            MissingExtra: Keras is not installed.
        """
        super().__init__()
        self._target = base.CallbackRun(run)
        self.metrics = metrics
        self.log_model = log_model
        self.save_weights_only = save_weights_only
        self.log_best_prefix = log_best_prefix
        self.monitor = monitor
        self.log_every = log_every
        goal = mode if mode in _MODES[1:] else base.goal_of(monitor)
        self._more_is_better = goal == "max"
        self._extension = model_ext or (".weights.h5" if save_weights_only else ".keras")
        self._best = -math.inf if self._more_is_better else math.inf
        self._saved = False
        self._batches = 0
        self._epoch = -1
        self._known: set[str] = set()  # the metrics whose goal was said
        if log_every:  # where no callback has this hook, Keras does not wait for each batch
            self.on_train_batch_end = self._log_batch

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002 - Keras' hooks have their arguments
        """Log the parameters and a summary of the model."""
        model = self.model
        self._saved = False
        parameters = {key: value for key, value in (self.params or {}).items() if key != "verbose"}
        with suppress(AttributeError, ValueError):  # a model of one's own, that has no layers or is not built yet
            parameters |= {"num_layers": len(model.layers), "num_parameters": model.count_params()}
        optimizer = getattr(model, "optimizer", None)
        if optimizer is not None:
            config = {f"optimizer_{key}": value for key, value in optimizer.get_config().items() if key != "name"}
            parameters |= {"optimizer_name": type(optimizer).__name__, **{key: base.shortest(value) for key, value in config.items()}}
        parameters["loss"] = getattr(model, "loss", None)
        base.log_parameters(self.run, parameters)
        lines: list[str] = []
        try:
            model.summary(print_fn=lambda line, **_: lines.append(str(line)))
        except ValueError:  # it is not built yet
            return
        self.run.log_text("model_summary", "\n".join(lines))

    def _log_batch(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        """Log each so many batches."""
        self._batches += 1
        if self.log_every and logs and self._batches % self.log_every == 0:
            values = {f"batch/{name}": float(value) for name, value in logs.items() if self.metrics is None or name in self.metrics}
            base.log_values(self.run, values, self._batches)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Log the epoch, and the model where it is the best so far."""
        self._epoch, logs = epoch, logs or {}
        values = {_name(name): float(value) for name, value in logs.items() if self.metrics is None or name in self.metrics}
        rate = self._learning_rate()
        if rate is not None and "learning_rate" not in values:
            values["learning_rate"] = rate
        if values.keys() - self._known:
            self._known |= values.keys()
            base.set_goals(self.run, {name: base.goal_of(name) for name in values})
        if values:
            self.run.log_metrics(values, step=epoch)
        current = logs.get(self.monitor)
        if current is None:
            return
        current = float(current)
        if current > self._best if self._more_is_better else current < self._best:
            self._best = current
            if self.log_best_prefix:
                named = {self.monitor: current, "epoch": epoch}
                base.log_results(self.run, {f"{self.log_best_prefix}_{name}": value for name, value in named.items()})
            if self.log_model:
                self._log_model({"best": True, self.monitor: current})

    def on_train_end(self, logs: Any = None) -> None:  # noqa: ARG002
        """Log the last model, where none was the best."""
        base.log_results(self.run, {"epochs": self._epoch + 1})
        if self.log_model and not self._saved and self._epoch >= 0:
            self._log_model({})

    def _log_model(self, about: dict[str, Any]) -> None:
        save = self.model.save_weights if self.save_weights_only else self.model.save
        base.log_saved_model(self.run, save, f"model{self._extension}", self._epoch, {"framework": "keras", **about})
        self._saved = True

    def _learning_rate(self) -> float | None:
        """Return the learning rate that is in force."""
        rate = getattr(getattr(self.model, "optimizer", None), "learning_rate", None)
        try:
            return None if rate is None else base.shortest(float(rate))
        except (TypeError, ValueError):  # a schedule of one's own
            return None


def _name(metric: str) -> str:
    """Return the name of a metric: `valid/loss` for Keras' `val_loss`, `train/loss` for `loss`; the learning rate is neither."""
    if metric in {"lr", "learning_rate"}:
        return "learning_rate"
    return f"valid/{metric.removeprefix('val_')}" if metric.startswith("val_") else f"train/{metric}"


Callback = TrackingCallback
