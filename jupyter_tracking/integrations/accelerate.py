"""Accelerate: `TrackingTracker`, for `Accelerator(log_with=…)`.

    from jupyter_tracking.integrations.accelerate import TrackingTracker

    accelerator = Accelerator(log_with=TrackingTracker("digits"))
    accelerator.init_trackers("digits", config={"lr": 0.1})
    accelerator.log({"train/loss": 0.5}, step=0)
    accelerator.end_training()

Once this module is imported, `Accelerator(log_with="jupyter_tracking")` does the same, by Accelerate's own register. Only the main process
writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.integrations import base
from jupyter_tracking.session import current_run, init

if TYPE_CHECKING:
    from accelerate.tracking import GeneralTracker

    from jupyter_tracking.record.run import Run
else:
    GeneralTracker = base.base_class("accelerate.tracking", "GeneralTracker", "accelerate")


class TrackingTracker(base.RunCallback, GeneralTracker):
    """Logs what `accelerator.log` is given."""

    name = "jupyter_tracking"
    requires_logging_directory = False
    main_process_only = True

    def __init__(self, run_name: str = "run", run: Run | None = None, **arguments: Any) -> None:
        """Log to a run: to `run`, to one that these arguments start, or without either to the active one.

        Args:
            run_name: the project that the run belongs to, where one is started; `init_trackers` gives its project's name.
            run: log to this run, and leave its end to who began it.
            **arguments: of `tracking.init`; `init_trackers(…, init_kwargs={"jupyter_tracking": {…}})` gives them.

        Raises:
            MissingExtra: Accelerate is not installed.
        """
        super().__init__()
        self._project = run_name
        self._given = run
        self._arguments = arguments
        self._began = False
        self._link: base.CallbackRun | None = None

    @property
    def _target(self) -> base.CallbackRun:  # type: ignore[override]
        if self._link is None:
            self.start()
        assert self._link is not None
        return self._link

    def start(self) -> None:
        """Find the run, or start one; Accelerate calls it in the processes that write."""
        if self._link is None:
            found = self._given or (None if self._arguments else current_run())
            self._began = found is None
            self._link = base.CallbackRun(found or init(**{"project": self._project, **self._arguments}))

    @property
    def tracker(self) -> Run:
        """The run."""
        return self.run

    def store_init_configuration(self, values: dict[str, Any]) -> None:
        """Log the configuration as inputs."""
        base.log_parameters(self.run, values)

    def log(self, values: dict[str, Any], step: int | None = None, **_: Any) -> None:
        """Log each value by what it is, as `tracking.log` does; a value that is nothing of that is logged as its text."""
        known: dict[str, Any] = {}
        for name, value in values.items():
            try:
                self.run.log({name: value}, step=step) if not isinstance(value, int | float) else known.update({name: value})
            except TrackingError:
                self.run.log_text(name, str(value), step=step)
        if known:
            self.run.log_metrics(known, step=step)

    def log_images(self, values: dict[str, Any], step: int | None = None, **_: Any) -> None:
        """Log images, or lists of images.

        Args:
            values: by name, an array of shape (height, width, channels), or an array or a list of such.
            step: their step.
        """
        for name, images in values.items():
            several = isinstance(images, list | tuple) or getattr(images, "ndim", 0) == 4  # noqa: PLR2004
            for number, image in enumerate(images if several else [images]):
                self.run.log_image(image, f"{name}/{number}" if several else name, step=step)

    def finish(self) -> None:
        """End the run, where it was started here."""
        if self._began and self._link is not None:
            self.run.end()
            self._link, self._began = None, False


def _register() -> bool:
    """Let `log_with="jupyter_tracking"` find the tracker, by the function that Accelerate has for it; return whether it can."""
    try:
        module = base.framework("accelerate.tracking", "accelerate")
        known, name_class = module.LOGGER_TYPE_TO_CLASS, module.register_tracker_class
    except (ImportError, AttributeError):  # not installed, or older than its register
        return False
    if known.get(TrackingTracker.name) is not TrackingTracker:
        name_class(TrackingTracker)
    return True


Tracker = TrackingTracker
_register()
