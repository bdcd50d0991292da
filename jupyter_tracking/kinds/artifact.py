"""Files and folders the user made: copied into the run, with a step as versions, without one under `outputs/`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, suggest
from jupyter_tracking.format import paths
from jupyter_tracking.format.convert import as_json, as_step, as_timestamp
from jupyter_tracking.kinds.base import Kind, Recorder, check_kind, check_path

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.kinds.base import Asset, Timestamp

__all__ = ["FILE_KINDS", "ArtifactLogging", "file_kind", "older_names"]

_ARGUMENTS = ("path", "name", "kind", "framework", "summary", "step", "timestamp", "rel_path", "skip_hash_calculation")


def _decode(payload: dict[str, Any], asset: Asset) -> Path:
    return asset.path(payload)


def file_kind(name: str) -> Kind:
    """Return a kind whose versions are simply files."""
    return Kind(name, "file", _decode, ("kind", "path"))


# Kinds of Polyaxon's that have no file of their own here.
FILE_KINDS = tuple(
    file_kind(name)
    for name in (
        *("artifact", "file", "dir", "csv", "tsv", "psv", "ssv", "data", "env", "table", "tensor"),
        *("dockerfile", "docker_image", "coderef", "tensorboard", "analysis", "iteration", "system"),
    )
)


class ArtifactLogging(Recorder):
    """How a run logs files and folders."""

    def log_artifact(
        self,
        /,
        path: str | os.PathLike[str],
        name: str | None = None,
        kind: str | None = None,
        summary: dict[str, Any] | None = None,
        step: int | None = None,
        timestamp: Timestamp = None,
        rel_path: str | None = None,
        skip_hash_calculation: bool = False,
        **older: Any,
    ) -> None:
        """Copy a file or folder into the run.

        With a step it is a version: an asset under `assets/<kind>/` and a row in the event file. Without
        one it is copied under `outputs/`. The source is only read.

        Args:
            path: the file or folder.
            name: the artifact's name; by default the file's name up to its first dot.
            kind: one of `V1ArtifactKind`; `"file"` by default, `"dir"` for a folder.
            summary: anything to keep beside it in the lineage.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.
            rel_path: a folder under `outputs/` to copy to, when there is no step.
            skip_hash_calculation: do not take the md5.
            **older: `artifact_kind`, the name that `kind` once had.

        Raises:
            MissingFile: the file is not there.
            InvalidArgument: an unknown kind, a link, a pipe; or a `rel_path` that leads out of the run.
        """
        source = check_path(path)
        kind = older_names("log_artifact", older).get("artifact_kind", kind)
        chosen = check_kind(kind) if kind is not None else "dir" if os.path.isdir(source) else "file"  # noqa: PTH112
        self._log_file(chosen, source, name, summary, step, timestamp, rel_path, hashed=not skip_hash_calculation)

    def _log_file(
        self,
        kind: str,
        path: str,
        name: str | None,
        summary: dict[str, Any] | None,
        step: int | None,
        timestamp: Timestamp,
        rel_path: str | None,
        *,
        hashed: bool,
        payload: dict[str, Any] | None = None,
    ) -> None:
        true_name = paths.check_name(name if name is not None else paths.base_name(path))
        about = as_json(summary or {}, "summary")
        whole, moment = as_step(step), as_timestamp(timestamp)
        if whole is None:
            folder = paths.safe_relative(f"outputs/{paths.safe_relative(rel_path or '', 'rel_path')}", "rel_path").rstrip("/")
            self._copy_output(kind, true_name, path, folder, about, hashed=hashed)
            return
        self._log_copy(kind, true_name, whole, moment, path, {"kind": kind} if payload is None else payload, hashed=hashed)
        if about:
            self._add_summary(kind, true_name, about)


def older_names(function: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments by the names that they once had, and refuse what was never one.

    Raises:
        InvalidArgument: no argument has this name; Polyaxon would leave it out with a warning.
    """
    for name in given:
        if name != "artifact_kind":
            raise InvalidArgument(f"{function}() has no argument {name!r}{suggest(name, _ARGUMENTS)}")
    return given
