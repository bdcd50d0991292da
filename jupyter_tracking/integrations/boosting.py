"""What the callbacks of XGBoost and LightGBM have in common: what they are told, and when they log the model on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.integrations import base

if TYPE_CHECKING:
    from jupyter_tracking.record.run import Run


class BoosterCallback(base.RunCallback):
    """The settings of a callback that logs the training of a booster."""

    _library: str  # what is imported, and what pip installs

    def __init__(
        self,
        run: Run | None = None,
        log_model: bool = True,
        log_importance: bool = True,
        importance_type: str = "gain",
        max_num_features: int | None = None,
        checkpoint_every: int | None = None,
    ) -> None:
        """Log to a run.

        Args:
            run: by default the active run; where none is active, one is started.
            log_model: log the model when the training is over, with the round that was best as its step.
            log_importance: log the importance of the features, as a dataframe with the same step.
            importance_type: which measure of it comes first, by the library's word: `gain` or `split` of LightGBM; `gain`, `weight`,
                `cover`, `total_gain` or `total_cover` of XGBoost.
            max_num_features: how many features at most.
            checkpoint_every: log the model after each so many rounds as well, so that a crash does not lose it.

        Raises:
            MissingExtra: the library is not installed.
        """
        base.framework(self._library, self._library)
        super().__init__()  # the library's own callback, where it has one
        self._target = base.CallbackRun(run)
        self.log_model = log_model
        self.log_importance = log_importance
        self.importance_type = importance_type
        self.max_num_features = max_num_features
        self.checkpoint_every = checkpoint_every
        self._names: dict[Any, str] = {}

    def _log_checkpoint(self, booster: Any, file_name: str, step: int) -> None:
        """Log the model after a round, where it is one of those that are asked for."""
        if self.log_model and self.checkpoint_every and (step + 1) % self.checkpoint_every == 0:
            base.log_saved_model(self.run, booster.save_model, file_name, step, {"framework": self._library, "best": False})
