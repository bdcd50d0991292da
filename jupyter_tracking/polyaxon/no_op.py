"""A run that does nothing: with `Run(no_op=True)`, or where `POLYAXON_NO_OP` says so, every call returns None and no folder is made.

So does the run of a process of a job whose first process records; its calls check what they are given, as they do there.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from jupyter_tracking.format import paths
from jupyter_tracking.format.event_rows import format_cell
from jupyter_tracking.format.step_timestamp import as_step, as_timestamp
from jupyter_tracking.kinds.base import AssetCopy
from jupyter_tracking.polyaxon.start import NO_OP, switched_on
from jupyter_tracking.redact import KnownSecrets
from jupyter_tracking.storage.user_file_reader import file_mode

if TYPE_CHECKING:
    from jupyter_tracking.kinds.base import Timestamp

_CHECKING = {"log", "define_metric", "set_name", "set_description", "set_readme", "__init__"}
_WRITING = ("_write_output", "_record_artifact", "_add_summary", "_update_document", "_check_open")

NO_UUID = "0" * 32

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


@cache
def checking(run: Any) -> Any:
    """Return the class of the runs of a class that write nothing, and check what they are given."""
    if run.does_nothing:
        return run
    kept = {name: getattr(run, name) for name in dir(run) if name.startswith("log_") or name in _CHECKING}
    own = {"record": _check_record, "record_metrics": _check_metrics, "_copy_output": _check_copy, "__repr__": _words_of_rank}
    return type(f"Checking{run.__name__}", (silent(run),), kept | dict.fromkeys(_WRITING, _nothing) | own)


def _check_record(_: Any, kind: str, name: str, encoded: Any, step: int | None = None, timestamp: Timestamp = None) -> None:  # noqa: ARG001
    paths.check_name(name)
    as_step(step)
    as_timestamp(timestamp)
    if isinstance(encoded, AssetCopy):
        file_mode(encoded.source)
    elif isinstance(encoded, dict):
        format_cell(encoded)


def _check_metrics(_: Any, values: dict[Any, float], step: int | None, timestamp: Timestamp) -> None:
    paths.check_names(values, "metrics")
    as_step(step)
    as_timestamp(timestamp)


def _check_copy(_: Any, kind: str, name: str, path: str, folder: str, summary: object, **__: object) -> None:  # noqa: ARG001
    file_mode(path)


def _words_of_rank(_: Any) -> str:
    return "<Run that writes nothing: the first process of the job does>"


def _nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""


def _init(self: Any, *_: Any, **__: Any) -> None:
    self._ended = False
    self.known_secrets = KnownSecrets()
    self.uuid = NO_UUID
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
