"""What a kind is, and what its `log_*` functions may ask of a run.

A kind is one file here: its name, how a logged value becomes a row (and, for some, an asset), and how
the row becomes the value again. No file is opened but the one a decoder is handed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_tracking.errors import InvalidArgument, InvalidType, MissingExtra, suggest
from jupyter_tracking.format import event_rows, paths
from jupyter_tracking.format.convert import as_step, as_timestamp
from jupyter_tracking.format.kind_names import V1ArtifactKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from jupyter_tracking.storage.store import Sink, Stored

    Timestamp = datetime | str | float | None

__all__ = ["Asset", "Kind", "Recorder", "check_kind", "check_path", "missing_extra"]


class Asset(Protocol):
    """An asset of the run, as a decoder sees it: checked to lie inside the run before it is opened."""

    allow_pickle: bool

    def path(self, payload: dict[str, Any]) -> Path:
        """Return where the payload's `path` leads."""

    def read(self, payload: dict[str, Any]) -> bytes:
        """Return the bytes of the payload's `path`."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of artifact.

    Attributes:
        name: Polyaxon's kind string, which is also the name of its folder.
        renderer: the stem of the module that shows it, in `views/renderers/` and in `widgets/src/renderers/`.
        decode: the value a row stands for, from its payload and, where there is one, its asset.
        columns: the payload's fields, as the columns that `events()` shows.
    """

    name: str
    renderer: str
    decode: Callable[[Any, Asset], Any]
    columns: tuple[str, ...] = ("path",)


class Recorder:
    """What the kinds' `log_*` functions call; `Run` is it."""

    def _append(self, kind: str, name: str, cell: str, step: int | None, timestamp: Timestamp) -> None:
        """Append one row to the artifact's event file."""
        raise NotImplementedError

    def _put(self, kind: str, name: str, step: int | None, suffix: str, write: Callable[[Sink], object]) -> Stored:
        """Write an asset of this name and step, and return where it is."""
        raise NotImplementedError

    def _copy(self, kind: str, name: str, step: int | None, path: str, *, hashed: bool = True) -> Stored:
        """Copy a user's file or folder to be an asset of this name and step."""
        raise NotImplementedError

    def _copy_output(self, kind: str, name: str, path: str, folder: str, summary: dict[str, Any], *, hashed: bool) -> None:
        """Copy a user's file or folder below `outputs/` and record it as a single artifact."""
        raise NotImplementedError

    def _write_output(self, kind: str, name: str, path: str, summary: dict[str, Any], write: Callable[[Sink], object]) -> None:
        """Write a file of our own below `outputs/` and record it as a single artifact."""
        raise NotImplementedError

    def _record_artifact(
        self,
        kind: str,
        name: str,
        path: str | None,
        *,
        summary: dict[str, Any],
        is_input: bool = False,
        versioned: bool = False,
        further: dict[str, Any] | None = None,
    ) -> object:
        """Record an artifact in the lineage, or what is new of one already there."""
        raise NotImplementedError

    def _add_summary(self, kind: str, name: str, summary: dict[str, Any]) -> None:
        """Add to the summary of an artifact already recorded."""
        raise NotImplementedError

    def _update(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change `run.plx.json` in one step."""
        raise NotImplementedError

    def _hash_and_size(self, path: str) -> tuple[str, int]:
        """Return hash and size of a user's file or folder."""
        raise NotImplementedError

    def _relative(self, path: str) -> str:
        """Return an absolute path relative to the run if it lies inside it, else as it is."""
        raise NotImplementedError

    def _log_asset(
        self,
        kind: str,
        name: str,
        step: object,
        timestamp: Timestamp,
        suffix: str,
        write: Callable[[Sink], object],
        payload: dict[str, Any],
    ) -> None:
        """Write an asset, then the row that names it: a row never points to what is not there."""
        name, whole, moment = paths.check_name(name), as_step(step), as_timestamp(timestamp)
        stored = self._put(kind, name, whole, suffix, write)
        self._append(kind, name, event_rows.format_cell({**payload, "path": stored.path}), whole, moment)

    def _log_copy(
        self,
        kind: str,
        name: str | None,
        step: object,
        timestamp: Timestamp,
        path: str,
        payload: dict[str, Any],
        *,
        hashed: bool = True,
    ) -> None:
        """Copy a user's file or folder to be an asset, then the row that names it; by default the file names the artifact."""
        true_name = paths.check_name(name if name is not None else paths.base_name(path))
        whole, moment = as_step(step), as_timestamp(timestamp)
        stored = self._copy(kind, true_name, whole, path, hashed=hashed)
        self._append(kind, true_name, event_rows.format_cell({**payload, "path": stored.path}), whole, moment)


def check_kind(kind: object, argument: str = "kind") -> str:
    """Return the kind as a plain text.

    Raises:
        InvalidArgument: Polyaxon does not know it.
    """
    text = getattr(kind, "value", kind)
    if not isinstance(text, str):
        raise InvalidType(f"{argument}={kind!r} is a {type(kind).__name__}; give one of V1ArtifactKind or its text")
    known = [str(k) for k in V1ArtifactKind]
    if text not in known:
        raise InvalidArgument(f"{argument}={text!r} is no kind that Polyaxon knows{suggest(text, known)}")
    return str(text)


def check_path(path: object, argument: str = "path") -> str:
    """Return a path as a text.

    Raises:
        InvalidType: not a text or a path.
    """
    if isinstance(path, bytes) or not isinstance(path, str | os.PathLike):
        raise InvalidType(f"{argument}={path!r} is a {type(path).__name__}; give a path")
    return os.fspath(path)


def missing_extra(library: str, name: str, error: ImportError) -> MissingExtra:
    """Say which extra brings the library that is missing."""
    return MissingExtra(f"this needs {library}: pip install 'jupyter-tracking[{name}]' ({error})")
