"""fastai 2: `TrackingCallback`, for `Learner(cbs=[…])` and `learner.fit(…, cbs=[…])`.

    from jupyter_tracking.integrations.fastai import TrackingCallback

    with tracking.init(name="digits"):
        learner.fit_one_cycle(3, cbs=[TrackingCallback(log_model=True)])

The run has the settings of the training; of each batch the losses and the optimizer's settings (`train/loss`, `train/raw_loss`,
`hypers/lr`); of each epoch what fastai's table shows (`valid/loss`, `valid/accuracy`); all with the number of batches trained so far as
their step. With `log_model=True` the weights of each epoch that was the best so far are a version of the model.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from jupyter_tracking.integrations import base

if TYPE_CHECKING:
    from fastai.callback.core import Callback as FastaiCallback

    from jupyter_tracking.record.run import Run
else:
    FastaiCallback = base.base_class("fastai.callback.core", "Callback", "fastai")

_TABLE = {"epoch", "train_loss", "time"}  # columns of fastai's table that are no metric of the held-out data


class TrackingCallback(FastaiCallback):
    """Logs a training with fastai."""

    order = 60  # after the Recorder, which computes what is logged

    def __init__(self, log_model: bool = False, run: Run | None = None, monitor: str = "valid_loss", log_every: int = 1) -> None:
        """Log to a run.

        Args:
            log_model: log the weights of each epoch that was the best so far, by `monitor`; without held-out data the last ones.
            run: by default the active run; where none is active, one is started.
            monitor: which column of fastai's table says which epoch is the best.
            log_every: log each so many batches.

        Raises:
            MissingExtra: fastai is not installed.
        """
        super().__init__()
        self._target = base.CallbackRun(run)
        self._log_model = log_model
        self._monitor = monitor
        self._log_every = log_every
        self._batches = 0
        self._more_is_better = base.goal_of(monitor.replace("valid_", "valid/")) == "max"
        self._best = -math.inf if self._more_is_better else math.inf
        self._saved = False
        self._looks_on = False

    @property
    def tracking_run(self) -> Run:
        """The run that the callback logs to; `run` is fastai's word for whether a callback is called."""
        return self._target.run

    plx_run = tracking_run  # Polyaxon's name for it

    def before_fit(self) -> None:
        """Log the settings of the training, and the layers; nothing where fastai searches a learning rate or gathers predictions."""
        learn = self.learn
        self._looks_on = hasattr(learn, "lr_finder") or hasattr(self, "gather_preds")
        if self._looks_on:
            return
        self._saved = False
        parameters = {
            "n_epoch": learn.n_epoch,
            "model_class": type(learn.model).__name__,
            "loss_func": str(learn.loss_func),
            "optimizer": getattr(learn.opt_func, "__name__", None) or str(learn.opt_func),
            "batch_size": getattr(learn.dls, "bs", None),
            "lr": learn.lr,
            "metrics": [metric.name for metric in learn.metrics],
        }
        base.log_parameters(self.tracking_run, parameters)
        self.tracking_run.log_text("model_summary", repr(learn.model))

    def after_batch(self) -> None:
        """Log a batch that was trained on."""
        if self._looks_on or not self.training:
            return
        self._batches += 1
        if self._batches % self._log_every:
            return
        learn = self.learn
        values = {"train/raw_loss": float(learn.loss)}
        if hasattr(learn, "smooth_loss"):
            values["train/loss"] = float(learn.smooth_loss)
        for number, settings in enumerate(learn.opt.hypers):
            suffix = "" if number == 0 else f"_{number}"  # groups of layers, which may have settings of their own
            values |= {f"hypers/{name}{suffix}": float(value) for name, value in settings.items() if isinstance(value, int | float)}
        self.tracking_run.log_metrics(values, step=self._batches)

    def after_epoch(self) -> None:
        """Log an epoch, and the weights where it is the best so far."""
        if self._looks_on or not self.learn.recorder.values:
            return
        names = [name for name in self.learn.recorder.metric_names if name not in {"epoch", "time"}]
        row = dict(zip(names, map(float, self.learn.recorder.values[-1]), strict=False))
        values = {f"valid/{name.removeprefix('valid_')}": value for name, value in row.items() if name not in _TABLE}
        if values:
            self.tracking_run.log_metrics(values, step=self._batches)
            base.set_goals(self.tracking_run, {name: base.goal_of(name) for name in values})
        current = row.get(self._monitor)
        if current is not None and (current > self._best if self._more_is_better else current < self._best):
            self._best = current
            base.log_results(self.tracking_run, {f"best_{self._monitor}": current, "best_epoch": self.learn.epoch})
            if self._log_model:
                self._save({"best": True, self._monitor: current})

    def after_fit(self) -> None:
        """Log the last weights, where none were the best."""
        if self._log_model and not self._saved and not self._looks_on:
            self._save({})

    def _save(self, about: dict[str, Any]) -> None:
        torch = base.framework("torch", "torch")
        weights = self.learn.model.state_dict()
        about = {"framework": "fastai", "epoch": self.learn.epoch, **about}
        base.log_saved_model(self.tracking_run, lambda path: torch.save(weights, path), "model.pth", self._batches, about)
        self._saved = True


Callback = TrackingCallback
