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

__version__ = "0.1.0"

# Importing the package imports none of its modules: each comes with the first public name of it that is used. The other public names
# are functions of `session`. Type checkers and editors read all of them in `__init__.pyi`.
_DEFINED_IN = {
    "ArtifactKind": ("format.kind_names", "V1ArtifactKind"),
    "LineageGraph": ("frames.lineage_graph", "LineageGraph"),
    "Run": ("session", "ActiveRun"),
    "RunView": ("run_view", "RunView"),
    "TrackingError": ("errors", "TrackingError"),
    "TrackingWarning": ("errors", "TrackingWarning"),
    "V1ArtifactKind": ("format.kind_names", "V1ArtifactKind"),
    "V1EventSpan": ("polyaxon.schemas", "V1EventSpan"),
    "V1RunArtifact": ("polyaxon.schemas", "V1RunArtifact"),
    "V1Statuses": ("polyaxon.schemas", "V1Statuses"),
    "autolog": ("integrations.autolog", "autolog"),
    "best": ("best_run", "best"),
    "browse": ("run_view", "browse"),
    "catalog": ("frames.catalog.root_catalog", "catalog"),
    "compare": ("views.many.shown", "compare"),
    "diff": ("frames.many.differences", "differences"),
    "diff_notebooks": ("frames.saved_notebooks", "diff_notebooks"),
    "empty_trash": ("storage.trash", "empty_trash"),
    "events": ("frames.many.events", "events"),
    "importance": ("frames.many.importance", "importance"),
    "lineage": ("frames.lineage", "lineage_frame"),
    "lineage_edges": ("frames.lineage_graph", "lineage_edges"),
    "lineage_graph": ("frames.lineage_graph", "lineage_graph"),
    "open_run": ("run_view", "open_run"),
    "parallel": ("views.many.shown", "parallel"),
    "problems": ("frames.problems", "problems_of_runs"),
    "push": ("remote.push", "push"),
    "report": ("views.export.report", "report"),
    "runs": ("frames.runs", "runs_frame"),
    "runs_in": ("frames.saved_notebooks", "runs_in"),
    "save_pages": ("views.export.site", "save_pages"),
    "scatter": ("views.many.shown", "scatter"),
    "tail": ("frames.tail", "tail"),
    "watch": ("magics.watching", "watch"),
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use; `TRACKING_RUN` is the active run, as in Polyaxon's module."""
    if name.startswith("_") and name != "__all__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _DEFINED_IN:
        module, attribute = _DEFINED_IN[name]
        value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), attribute)
        return value
    session = import_module(f"{__name__}.session")
    if name == "TRACKING_RUN":
        return session.current_run()
    if name == "__all__":
        return sorted([*_DEFINED_IN, *session.PUBLIC])
    if name in session.PUBLIC:
        value = globals()[name] = getattr(session, name)
        return value
    value = session.other_function(name)  # not kept: which packages are installed may change
    if value is None:
        trackers = import_module(f"{__name__}.kinds.other_trackers")
        raise AttributeError(trackers.unknown_name(f"module {__name__!r}", name, __dir__()))
    return value


def __dir__() -> list[str]:
    """List what completion should offer: the public names, and the functions of other packages' kinds."""
    return sorted([*__getattr__("__all__"), *import_module(f"{__name__}.kinds").other_functions()])


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Register the magics: `%load_ext jupyter_tracking`."""
    import_module(f"{__name__}.magics.register").register(ipython)


def unload_ipython_extension(ipython: InteractiveShell) -> None:
    """Remove exactly what `load_ipython_extension` added."""
    import_module(f"{__name__}.magics.register").unregister(ipython)
