"""Ignite: `TrackingLogger`, with the handlers that Ignite has for Polyaxon's logger.

    from jupyter_tracking.integrations.ignite import TrackingLogger

    with tracking.init(name="digits"):
        logger = TrackingLogger()
        logger.attach_output_handler(trainer, Events.EPOCH_COMPLETED, tag="train", output_transform=lambda loss: {"loss": loss})
        logger.attach_output_handler(
            evaluator, Events.EPOCH_COMPLETED, tag="valid", metric_names="all", global_step_transform=global_step_from_engine(trainer)
        )
        logger.attach_opt_params_handler(trainer, Events.EPOCH_COMPLETED, optimizer=optimizer)
        trainer.run(train_loader, max_epochs=5)

The run has each value under the tag and the name that were given, at the step that Ignite tells. `logger.saver()` is the `save_handler` of
Ignite's `Checkpoint`: each checkpoint is a version of the model.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jupyter_tracking.integrations import base
from jupyter_tracking.session import init

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ignite.handlers.checkpoint import BaseSaveHandler
    from ignite.handlers.polyaxon_logger import PolyaxonLogger as IgniteLogger

    from jupyter_tracking.record.run import Run
else:
    IgniteLogger = base.base_class("ignite.handlers.polyaxon_logger", "PolyaxonLogger", "pytorch-ignite")
    BaseSaveHandler = base.base_class("ignite.handlers.checkpoint", "BaseSaveHandler", "pytorch-ignite")


class TrackingLogger(base.RunCallback, IgniteLogger):
    """Logs what Ignite's handlers tell; every function of the run is one of the logger too."""

    def __init__(self, *args: Any, run: Run | None = None, **kwargs: Any) -> None:
        """Log to a run: to `run`, to one that the arguments of `tracking.init` start, or without either to the active one.

        Args:
            *args: of `tracking.init`.
            run: log to this run.
            **kwargs: of `tracking.init`.

        Raises:
            MissingExtra: Ignite is not installed.
        """
        self._target = base.CallbackRun(init(*args, **kwargs) if run is None and (args or kwargs) else run)

    @property
    def experiment(self) -> Run:
        """The run, as Ignite's handlers call it."""
        return self.run

    def __getattr__(self, attr: str) -> Any:
        """Look a name up in the run."""
        if attr.startswith("_"):  # of a logger that is being copied, and has no run yet
            raise AttributeError(attr)
        return getattr(self.run, attr)

    def close(self) -> None:
        """End the run."""
        self.run.end()

    def saver(self, name: str = base.MODEL) -> ModelSaver:
        """Return what `Checkpoint(…, save_handler=…)` saves with.

        Args:
            name: what the model is called in the run.
        """
        return ModelSaver(self.run, name)


class ModelSaver(BaseSaveHandler):
    """Saves the checkpoints of Ignite as versions of a model of the run."""

    def __init__(self, run: Run, name: str = base.MODEL) -> None:
        """Save into a run.

        Args:
            run: the run.
            name: what the model is called there.

        Raises:
            MissingExtra: Ignite is not installed.
        """
        self._target = base.CallbackRun(run)
        self._name = name
        self._best: float | None = None

    def __call__(self, checkpoint: Mapping[str, Any], filename: str, metadata: Mapping[str, Any] | None = None) -> None:
        """Save a checkpoint; the number in its file's name, or Ignite's priority where that is a step, is the step."""
        torch = base.framework("torch", "torch")
        about = dict(metadata or {})
        score, named = about.get("priority"), re.search(r"(?:^|_)(\d+)(?=[_.]|$)", filename)
        step = int(named[1]) if named else score if isinstance(score, int) else None
        summary: dict[str, Any] = {"framework": "pytorch", "file": filename}
        if about.get("score_name"):
            self._best = score if self._best is None or (score is not None and score > self._best) else self._best
            summary |= {str(about["score_name"]): score, "best": score == self._best}
        base.log_saved_model(self._target.run, lambda path: torch.save(checkpoint, path), "model.pt", step, summary, self._name)

    def remove(self, filename: str) -> None:
        """Keep the file: versions of a run stay."""


Logger = TrackingLogger
