"""A run that does nothing: with `Run(no_op=True)`, or where `POLYAXON_NO_OP` says so, every call returns None and no folder is made."""

from __future__ import annotations

from functools import cache
from typing import Any

from jupyter_tracking.format import paths
from jupyter_tracking.polyaxon.start import NO_OP, switched_on

# What a run needs to be one of the session, which are active and end.
_KEPT = {"activate", "does_nothing", "ended", "in_block", "is_of_this_thread", "is_of_the_process", "started"}


def is_wanted(no_op: bool | None) -> bool:
    """Return whether a run is to do nothing."""
    return bool(switched_on(NO_OP) if no_op is None else no_op)


@cache
def silent(run: Any) -> Any:
    """Return the class of the runs of a class that do nothing."""
    if run.does_nothing:
        return run
    members: dict[str, Any] = {}
    for name in dir(run):
        if not name.startswith("_") and name not in _KEPT:
            members[name] = _nothing if callable(getattr(run, name)) else None
    return type(f"Silent{run.__name__}", (run,), members | _OWN)


def _nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""


def _init(self: Any, *_: Any, **__: Any) -> None:
    self._ended = False
    self.uuid = "0" * 32
    self.path = paths.run_path(paths.default_root(None), self.uuid)  # where it would be, so that nothing is found of it


def _end(self: Any, *_: Any, **__: Any) -> None:
    self._ended = True
    self._leave_session()


def _getattr(_: Any, name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    return _nothing


_OWN: dict[str, Any] = {
    "resumed": False,
    "does_nothing": True,
    "__init__": _init,
    "__getattr__": _getattr,
    "__repr__": lambda _: "<Run that does nothing, as no_op or POLYAXON_NO_OP asks for>",
    "__exit__": lambda self, *_: self.end(),
    "_repr_html_": lambda _: None,
    "_begin_at": _init,
    "_capture": _nothing,
    "end": _end,
}
