"""TensorFlow's sessions of version 1: `TrackingCallback`, a hook that logs summaries. For `model.fit` there is `integrations.keras`.

    from jupyter_tracking.integrations.tensorflow import TrackingCallback

    with tracking.init(name="session"):
        with tf.compat.v1.train.MonitoredSession(hooks=[TrackingCallback(summary_op, steps_per_log=1)]) as session:
            for _ in range(10):
                session.run(train_op)

The run has each value of the summaries, with the number of the session's run as its step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.integrations import base
from jupyter_tracking.integrations.tensorboard import TrackingLogger

if TYPE_CHECKING:
    from tensorflow.compat.v1.train import SessionRunHook

    from jupyter_tracking.record.run import Run
else:
    SessionRunHook = base.base_class("tensorflow", "compat.v1.train.SessionRunHook", "tensorflow")


class TrackingCallback(base.RunCallback, SessionRunHook):
    """Logs the summaries of a session."""

    def __init__(
        self,
        summary_op: Any = None,
        steps_per_log: int = 1000,
        run: Run | None = None,
        log_image: bool = False,
        log_histo: bool = False,
        log_tensor: bool = False,
    ) -> None:
        """Log to a run.

        Args:
            summary_op: what makes the summary; by default all summaries of the graph.
            steps_per_log: log each so many runs of the session, from the first on.
            run: by default the active run; where none is active, one is started.
            log_image: log images too.
            log_histo: log histograms too.
            log_tensor: log texts too.

        Raises:
            MissingExtra: TensorFlow is not installed.
        """
        super().__init__()
        self._target = base.CallbackRun(run)
        self._summary_op = summary_op
        self._steps_per_log = steps_per_log
        self._wanted = {"log_image": log_image, "log_histo": log_histo, "log_tensor": log_tensor}
        self._step = -1

    def begin(self) -> None:
        """Find the summaries of the graph; TensorFlow calls it."""
        if self._summary_op is None:
            self._summary_op = base.framework("tensorflow", "tensorflow").compat.v1.summary.merge_all()
        self._step = -1

    def before_run(self, run_context: Any) -> Any:  # noqa: ARG002 - TensorFlow's hooks have their arguments
        """Ask for the summary where it is logged: elsewhere it is not computed."""
        self._step += 1
        if self._summary_op is None or self._step % self._steps_per_log:
            return None
        return base.framework("tensorflow", "tensorflow").compat.v1.train.SessionRunArgs({"summary": self._summary_op})

    def after_run(self, run_context: Any, run_values: Any) -> None:  # noqa: ARG002
        """Log the summary."""
        if run_values.results:
            TrackingLogger.process_summary(run_values.results["summary"], self._step, self.run, **self._wanted)


Callback = TrackingCallback
