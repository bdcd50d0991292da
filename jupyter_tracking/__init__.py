"""Experiment tracking that lives wholly inside Jupyter.

    import jupyter_tracking as tracking

    with tracking.init(name="first") as run:
        for step in range(100):
            tracking.log_metric("loss", 1 / (step + 1), step=step)

    tracking.open_run(run).show("loss")

Code written for `from polyaxon import tracking` works with this import instead.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_tracking.errors import TrackingError
    from jupyter_tracking.format.kind_names import V1ArtifactKind
    from jupyter_tracking.format.kind_names import V1ArtifactKind as ArtifactKind
    from jupyter_tracking.frames.lineage import lineage_frame as lineage
    from jupyter_tracking.frames.lineage_graph import LineageGraph, lineage_edges, lineage_graph
    from jupyter_tracking.frames.runs import runs_frame as runs
    from jupyter_tracking.frames.saved_notebooks import diff_notebooks, runs_in
    from jupyter_tracking.record.run import Run
    from jupyter_tracking.run_view import RunView, browse, compare, open_run
    from jupyter_tracking.session import (
        current_run,
        end,
        get_artifacts_path,
        get_outputs_path,
        get_tensorboard_path,
        init,
        log_altair_chart,
        log_artifact,
        log_artifact_lineage,
        log_artifact_ref,
        log_audio,
        log_bokeh_chart,
        log_code_ref,
        log_confusion_matrix,
        log_curve,
        log_data_ref,
        log_dataframe,
        log_dir_ref,
        log_env,
        log_failed,
        log_file_ref,
        log_histogram,
        log_html,
        log_image,
        log_image_with_boxes,
        log_inputs,
        log_markdown,
        log_meta,
        log_metric,
        log_metrics,
        log_model,
        log_model_ref,
        log_mpl_image,
        log_mpl_plotly_chart,
        log_np_histogram,
        log_outputs,
        log_plotly_chart,
        log_pr_curve,
        log_progress,
        log_roc_auc_curve,
        log_sklearn_pr_curve,
        log_sklearn_roc_auc_curve,
        log_status,
        log_stopped,
        log_succeeded,
        log_tags,
        log_tensorboard_ref,
        log_text,
        log_trace,
        log_video,
        set_description,
        set_name,
        set_readme,
        sync,
    )
    from jupyter_tracking.views.export.report import report

__all__ = [
    "ArtifactKind",
    "LineageGraph",
    "Run",
    "RunView",
    "TrackingError",
    "V1ArtifactKind",
    "browse",
    "compare",
    "current_run",
    "diff_notebooks",
    "end",
    "get_artifacts_path",
    "get_outputs_path",
    "get_tensorboard_path",
    "init",
    "lineage",
    "lineage_edges",
    "lineage_graph",
    "log_altair_chart",
    "log_artifact",
    "log_artifact_lineage",
    "log_artifact_ref",
    "log_audio",
    "log_bokeh_chart",
    "log_code_ref",
    "log_confusion_matrix",
    "log_curve",
    "log_data_ref",
    "log_dataframe",
    "log_dir_ref",
    "log_env",
    "log_failed",
    "log_file_ref",
    "log_histogram",
    "log_html",
    "log_image",
    "log_image_with_boxes",
    "log_inputs",
    "log_markdown",
    "log_meta",
    "log_metric",
    "log_metrics",
    "log_model",
    "log_model_ref",
    "log_mpl_image",
    "log_mpl_plotly_chart",
    "log_np_histogram",
    "log_outputs",
    "log_plotly_chart",
    "log_pr_curve",
    "log_progress",
    "log_roc_auc_curve",
    "log_sklearn_pr_curve",
    "log_sklearn_roc_auc_curve",
    "log_status",
    "log_stopped",
    "log_succeeded",
    "log_tags",
    "log_tensorboard_ref",
    "log_text",
    "log_trace",
    "log_video",
    "open_run",
    "report",
    "runs",
    "runs_in",
    "set_description",
    "set_name",
    "set_readme",
    "sync",
]

__version__ = "0.1.0"

# Everything is imported when it is first asked for. A name that is not here is the session's.
_ROOMS = {
    "ArtifactKind": ("format.kind_names", "V1ArtifactKind"),
    "Run": ("record.run", "Run"),
    "RunView": ("run_view", "RunView"),
    "TrackingError": ("errors", "TrackingError"),
    "V1ArtifactKind": ("format.kind_names", "V1ArtifactKind"),
    "browse": ("run_view", "browse"),
    "compare": ("run_view", "compare"),
    "lineage": ("frames.lineage", "lineage_frame"),
    "lineage_edges": ("frames.lineage_graph", "lineage_edges"),
    "lineage_graph": ("frames.lineage_graph", "lineage_graph"),
    "LineageGraph": ("frames.lineage_graph", "LineageGraph"),
    "runs_in": ("frames.saved_notebooks", "runs_in"),
    "diff_notebooks": ("frames.saved_notebooks", "diff_notebooks"),
    "report": ("views.export.report", "report"),
    "open_run": ("run_view", "open_run"),
    "runs": ("frames.runs", "runs_frame"),
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use; `TRACKING_RUN` is the active run, as in Polyaxon's module."""
    if name == "TRACKING_RUN":
        return import_module("jupyter_tracking.session").current_run()
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _ROOMS.get(name, ("session", name))
    value = globals()[name] = getattr(import_module(f"jupyter_tracking.{module}"), attribute)
    return value


def __dir__() -> list[str]:
    """List what completion should offer."""
    return sorted(__all__)


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Register the magics: `%load_ext jupyter_tracking`."""
    import_module("jupyter_tracking.magics.register").register(ipython)


def unload_ipython_extension(ipython: InteractiveShell) -> None:
    """Remove exactly what `load_ipython_extension` added."""
    import_module("jupyter_tracking.magics.register").unregister(ipython)
