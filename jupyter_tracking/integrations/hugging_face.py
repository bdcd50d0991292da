"""Hugging Face's `Trainer`, also TRL's: `TrackingCallback`, for `Trainer(callbacks=[…])`.

    from jupyter_tracking.integrations.hugging_face import TrackingCallback

    with tracking.init(name="tuned"):
        Trainer(model, arguments, train_dataset=data, eval_dataset=held_out, callbacks=[TrackingCallback()]).train()

The run has the arguments of the training and the model's configuration, each value that the trainer logs with its step (`train/loss`,
`valid/loss`, `learning_rate`), the model when it is trained and, where they are asked for, its checkpoints. Once this module is imported,
`TrainingArguments(report_to="jupyter_tracking")` does the same. Only the process of rank 0 writes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_tracking.integrations import base

if TYPE_CHECKING:
    from transformers import TrainerCallback

    from jupyter_tracking.record.run import Run
else:
    TrainerCallback = base.base_class("transformers.trainer_callback", "TrainerCallback", "transformers")

_SPLITS = {"eval_": "valid/", "test_": "test/"}
_OF_ALL = ("train_runtime", "train_samples_per_second", "train_steps_per_second", "total_flos", "train_loss")  # told once, at the end


class TrackingCallback(base.RunCallback, TrainerCallback):
    """Logs a training with Hugging Face's Trainer."""

    def __init__(self, run: Run | None = None, log_model: bool = True, log_checkpoints: bool = False) -> None:
        """Log to a run.

        Args:
            run: by default the active run; where none is active, the first value starts one.
            log_model: log the model when it is trained: the folder that `save_pretrained` writes.
            log_checkpoints: log each checkpoint too, as a version that says whether it is the best so far; each is as large as the model.

        Raises:
            MissingExtra: Transformers is not installed.
        """
        super().__init__()
        self._given = run
        self._link: base.CallbackRun | None = None if run is None else base.CallbackRun(run)
        self.log_model = log_model
        self.log_checkpoints = log_checkpoints
        self._known: set[str] = set()

    @property
    def _target(self) -> base.CallbackRun:  # type: ignore[override]
        if self._link is None:
            self._link = base.CallbackRun(self._given)
        return self._link

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the run itself, which the link stands for."""
        return {**self.__dict__, "_given": None}

    def setup(self, args: Any, state: Any, model: Any, **_: Any) -> None:
        """Log the arguments of the training, the configuration of the model and its layers."""
        if not state.is_world_process_zero:
            return
        parameters = dict(args.to_sanitized_dict())
        config = getattr(model, "config", None)
        if config is not None and hasattr(config, "to_dict"):
            parameters["model_config"] = config.to_dict()
        if hasattr(model, "num_parameters"):
            parameters["num_parameters"] = model.num_parameters()
        base.log_parameters(self.run, parameters)
        self.run.log_text("model_summary", str(model))

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:  # noqa: ARG002
        """Log what the training is given."""
        self.setup(args, state, model)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:  # noqa: ARG002
        """Log what the trainer tells."""
        if not state.is_world_process_zero or not logs:
            return
        numbers = {name: value for name, value in logs.items() if isinstance(value, int | float) and name != "epoch"}
        base.log_results(self.run, {name: numbers.pop(name) for name in _OF_ALL if name in numbers})
        values = {_name(name): float(value) for name, value in numbers.items()}
        if values.keys() - self._known:
            self._known |= values.keys()
            best = getattr(args, "metric_for_best_model", None)
            goals = {name: base.goal_of(name) for name in values}
            if best and args.greater_is_better is not None:
                goals[_name(best if best.startswith("eval_") else f"eval_{best}")] = "max" if args.greater_is_better else "min"
            base.set_goals(self.run, goals)
        if values:
            self.run.log_metrics(values, step=state.global_step)

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Log the checkpoint that was saved, where checkpoints are asked for."""
        path = Path(args.output_dir, f"checkpoint-{state.global_step}")
        if not self.log_checkpoints or not state.is_world_process_zero or not path.exists():
            return
        best = state.best_model_checkpoint
        about = {"best": Path(best).name == path.name, "best_metric": state.best_metric} if best else {}
        self.run.log_model(str(path), "checkpoint", "transformers", base.model_summary(about), state.global_step)

    def on_train_end(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:  # noqa: ARG002
        """Log the model, and which step was the best."""
        if not state.is_world_process_zero:
            return
        results = {"steps": state.global_step, "epochs": state.epoch, "best_metric": state.best_metric}
        best_step = getattr(state, "best_global_step", None)
        base.log_results(self.run, results | ({"best_step": best_step} if state.best_metric is not None else {}))
        save_model = getattr(model, "save_pretrained", None)
        if not self.log_model or save_model is None:
            return
        is_best = bool(args.load_best_model_at_end and state.best_model_checkpoint)
        save_words = getattr(kwargs.get("processing_class"), "save_pretrained", None)

        def save(path: str) -> None:
            save_model(path)
            if save_words is not None:
                save_words(path)

        about = {"framework": "transformers", "best": is_best or None, "best_metric": state.best_metric if is_best else None}
        base.log_saved_model(self.run, save, "model", best_step if is_best and best_step else state.global_step, about)


def _name(metric: str) -> str:
    """Return the name of a metric: `valid/loss` for the trainer's `eval_loss`, `train/loss` for `loss`; the learning rate is neither."""
    for start, part in _SPLITS.items():
        if metric.startswith(start):
            return f"{part}{metric.removeprefix(start)}"
    return metric if metric == "learning_rate" or "/" in metric else f"train/{metric.removeprefix('train_')}"


def _register() -> bool:
    """Let `report_to="jupyter_tracking"` find the callback; Transformers has this dictionary for it, and no function.

    Returns whether it is there.
    """
    try:
        known = base.framework("transformers.integrations.integration_utils", "transformers").INTEGRATION_TO_CALLBACK
    except (ImportError, AttributeError):
        return False
    known.setdefault("jupyter_tracking", TrackingCallback)
    return True


Callback = TrackingCallback
_register()
