"""Lightning, imported as `lightning` or as `pytorch_lightning`: `TrackingLogger`, for `Trainer(logger=…)`.

    from jupyter_tracking.integrations.pytorch_lightning import TrackingLogger

    with tracking.init(name="digits"):
        Trainer(max_epochs=5, logger=TrackingLogger()).fit(module, train_loader, valid_loader)

The run has the hyperparameters, what the module logs with its own names and Lightning's steps, and each checkpoint that was the best so far
as a version of the model. Only the process of rank 0 writes.
"""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_tracking.format import paths
from jupyter_tracking.integrations import base
from jupyter_tracking.record.process_exit import end_for
from jupyter_tracking.session import current_run, init

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from lightning.pytorch.loggers import Logger

    from jupyter_tracking.record.run import Run
else:
    # The two are one library under two names. Its trainer takes a logger of either; the one that is imported is not imported again.
    _PACKAGE = "pytorch_lightning" if "pytorch_lightning" in sys.modules and "lightning.pytorch" not in sys.modules else "lightning.pytorch"
    Logger = base.first_class(
        [(f"{package}.loggers.logger", "Logger") for package in dict.fromkeys([_PACKAGE, "lightning.pytorch", "pytorch_lightning"])],
        "lightning",
    )

_STARTS_A_RUN = ("owner", "project", "run_uuid", "artifacts_path", "is_new", "name", "description", "tags")


class TrackingLogger(base.RunCallback, Logger):
    """Logs a training with Lightning."""

    def __init__(
        self,
        owner: str | None = None,
        project: str | None = None,
        run_uuid: str | None = None,
        client: object = None,
        track_code: bool = True,
        track_env: bool = True,
        refresh_data: bool = False,
        artifacts_path: str | os.PathLike[str] | None = None,
        collect_artifacts: bool | None = None,
        collect_resources: bool | None = None,
        is_offline: bool | None = None,
        is_new: bool | None = None,
        name: str | None = None,
        description: str | None = None,
        tags: Iterable[str] | str | None = None,
        end_on_finalize: bool = False,
        prefix: str = "",
        run: Run | None = None,
        log_model: bool | str = True,
    ) -> None:
        """Log to a run: to `run`, to one that these arguments start, or without either to the active one; it begins with the first value.

        Args:
            owner: as in `tracking.init`, and so are all of these that are not named below.
            project: as in `tracking.init`.
            run_uuid: as in `tracking.init`.
            client: as in `tracking.init`.
            track_code: as in `tracking.init`.
            track_env: as in `tracking.init`.
            refresh_data: as in `tracking.init`.
            artifacts_path: as in `tracking.init`.
            collect_artifacts: as in `tracking.init`.
            collect_resources: as in `tracking.init`.
            is_offline: as in `tracking.init`.
            is_new: as in `tracking.init`.
            name: as in `tracking.init`.
            description: as in `tracking.init`.
            tags: as in `tracking.init`.
            end_on_finalize: end the run when the trainer is done, with its status.
            prefix: what stands before the names of metrics, with `_` between them.
            run: log to this run.
            log_model: True: each checkpoint that was the best so far is a version of the model, and where nothing is monitored the latest;
                `"all"`: every checkpoint is; False: none is. Lightning's own files stay where it wants them.

        Raises:
            MissingExtra: Lightning is not installed.
        """
        super().__init__()
        given = dict(locals())
        names = [
            *_STARTS_A_RUN,
            "client",
            "track_code",
            "track_env",
            "refresh_data",
            "collect_artifacts",
            "collect_resources",
            "is_offline",
        ]
        self._init = {key: given[key] for key in names}
        self._given = run
        self._link: base.CallbackRun | None = None
        self._end_on_finalize = end_on_finalize
        self._prefix = f"{prefix}_" if prefix else ""
        self._log_model = log_model
        self._logged: dict[str, float] = {}  # the checkpoints that were logged, with the time of each file

    @property
    def _target(self) -> base.CallbackRun:  # type: ignore[override]
        if self._link is None:
            starts = any(self._init[key] is not None for key in _STARTS_A_RUN)
            self._link = base.CallbackRun(self._given or (None if starts else current_run()) or init(**self._init))
        return self._link

    def __getstate__(self) -> dict[str, Any]:
        """Have the run there before a copy goes to a worker, and give it the link to the run."""
        if _is_main_process():
            assert self._target is not None
        return {**self.__dict__, "_given": None}

    @property
    def experiment(self) -> Any:
        """The run; in processes of other ranks something that takes every call and does nothing."""
        return self.run if _is_main_process() else _Nothing()

    @property
    def name(self) -> str:
        """What Lightning calls the folder of its files: the run's name, as a file may be called."""
        return paths.file_stem(self.run.name, {}) if _is_main_process() else str(self._init["name"] or "run")

    @property
    def version(self) -> str:
        """What Lightning calls the folder in that: the run's uuid."""
        return self.run.uuid if _is_main_process() else str(self._init["run_uuid"] or "run")

    @property
    def save_dir(self) -> str | None:
        """Where Lightning puts its files: the run's outputs."""
        return self.run.get_outputs_path() if _is_main_process() else None

    def log_hyperparams(self, params: Mapping[str, Any] | Namespace | None = None, *args: Any, **kwargs: Any) -> None:
        """Log hyperparameters as inputs; `metrics=`, or a second argument, are their results, logged as outputs."""
        if not _is_main_process():
            return
        values = vars(params) if isinstance(params, Namespace) else dict(params or {})
        metrics = args[0] if args else kwargs.get("metrics")
        base.log_parameters(self.run, values)
        base.log_results(self.run, metrics if isinstance(metrics, dict) else {})

    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log metrics at a step, under the names that the module has for them."""
        if _is_main_process() and metrics:
            self.run.log_metrics({f"{self._prefix}{name}": value for name, value in metrics.items()}, step=step)

    def log_model_summary(self, model: Any, max_depth: int = -1) -> None:
        """Log a summary of the module as a text.

        Args:
            model: the module.
            max_depth: how deep layers inside of layers are listed; -1: all.
        """
        if _is_main_process():
            module = type(self).__mro__[2].__module__.partition(".loggers")[0]
            summary = base.framework(f"{module}.utilities.model_summary", "lightning").ModelSummary(model, max_depth)
            self.run.log_text("model_summary", str(summary))

    def after_save_checkpoint(self, checkpoint_callback: Any) -> None:
        """Log the checkpoint that was saved, as a version of the model."""
        if not self._log_model or not _is_main_process():
            return
        best = getattr(checkpoint_callback, "best_model_path", "")
        saved = [best, *([*checkpoint_callback.best_k_models, checkpoint_callback.last_model_path] if self._log_model == "all" else [])]
        for path in dict.fromkeys(filter(None, map(str, saved))):
            if Path(path).exists() and self._logged.get(path) != Path(path).stat().st_mtime:
                self._logged[path] = Path(path).stat().st_mtime
                self._log_checkpoint(checkpoint_callback, path, is_best=path == best)

    def _log_checkpoint(self, callback: Any, path: str, *, is_best: bool) -> None:
        monitor, scores = getattr(callback, "monitor", None), getattr(callback, "best_k_models", {})
        about: dict[str, Any] = {"best": is_best} if monitor else {}
        score = callback.best_model_score if is_best else scores.get(path)
        if monitor and score is not None:
            about[str(monitor)] = float(score)
            if is_best:
                base.log_results(self.run, {f"best_{monitor}": float(score), "best_model": Path(path).name})
                base.set_goals(self.run, {str(monitor): callback.mode})
        self.run.log_model(path, base.MODEL, "pytorch_lightning", base.model_summary(about), _step(callback, path))

    def finalize(self, status: str) -> None:
        """Take note of the end of a training; Lightning calls it also when one fails or is interrupted.

        After an interrupt Lightning leaves the program as if it had failed: so the run ends here, as stopped.
        """
        error = sys.exc_info()[1]
        if not _is_main_process() or (self._link is None and self._given is None):
            return
        if isinstance(error, KeyboardInterrupt) or self._end_on_finalize:
            self.run.end(*(end_for(error) if error is not None else ("failed",) if status == "failed" else ()))
            self._link = self._given = None


class _Nothing:
    """Takes every call, in processes that write nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


def _is_main_process() -> bool:
    for package in ("lightning.fabric", "lightning_fabric"):
        found = sys.modules.get(f"{package}.utilities.rank_zero")
        rank = getattr(getattr(found, "rank_zero_only", None), "rank", None)
        if rank:  # a process that knows itself to be another one
            return False
    return True


def _step(callback: Any, path: str) -> int | None:
    """Return the step at which a checkpoint was saved: its name says it, unless the user gave it one that does not."""
    named = re.search(r"step=(\d+)", Path(path).name)
    last = getattr(callback, "_last_global_step_saved", None)
    return int(named[1]) if named else last if isinstance(last, int) and last >= 0 else None


Callback = TrackingLogger
