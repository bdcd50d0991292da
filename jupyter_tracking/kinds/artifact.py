"""Files and folders the user made: copied into the run, with a step as versions, without one under `outputs/`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from jupyter_tracking import layout, plx
from jupyter_tracking.errors import InvalidType
from jupyter_tracking.kinds.base import Kind, Recorder, check_kind
from jupyter_tracking.values import as_json

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.kinds.base import Asset, Timestamp

__all__ = ["FILE_KINDS", "ArtifactLogging", "check_path"]


def _decode(payload: dict[str, Any], asset: Asset) -> Path:
    return asset.path(payload)


# Kinds of Polyaxon's whose versions are simply files here.
FILE_KINDS = tuple(
    Kind(name, "file", _decode, ("kind", "path"))
    for name in (
        *("artifact", "file", "dir", "csv", "tsv", "psv", "ssv", "data", "env", "markdown", "table", "tensor"),
        *("dockerfile", "docker_image", "coderef", "tensorboard", "analysis", "iteration", "system"),
    )
)


def check_path(path: object, argument: str = "path") -> str:
    """Return a path as a text.

    Raises:
        InvalidType: not a text or a path.
    """
    if isinstance(path, bytes) or not isinstance(path, str | os.PathLike):
        message = f"{argument}={path!r} is a {type(path).__name__}; give a path"
        raise InvalidType(message)
    return os.fspath(path)


class ArtifactLogging(Recorder):
    """How a run logs files and folders."""

    def log_artifact(
        self,
        path: str | os.PathLike[str],
        name: str | None = None,
        kind: str | None = None,
        summary: dict[str, Any] | None = None,
        step: int | None = None,
        timestamp: Timestamp = None,
        rel_path: str | None = None,
        skip_hash_calculation: bool = False,  # noqa: FBT001, FBT002 - Polyaxon's signature
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

        Raises:
            MissingFile: the file is not there.
            InvalidArgument: an unknown kind, a link, a pipe; or a `rel_path` that leads out of the run.
        """
        source = check_path(path)
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
        true_name = layout.check_name(name if name is not None else layout.base_name(path))
        about = as_json(summary or {}, "summary")
        whole, moment = plx.as_step(step), plx.as_timestamp(timestamp)
        if whole is None:
            folder = layout.inside(f"outputs/{layout.inside(rel_path or '', 'rel_path')}", "rel_path").rstrip("/")
            self._keep_output(kind, true_name, path, folder, about, hashed=hashed)
            return
        stored = self._copy(kind, true_name, whole, path, hashed=hashed)
        fields = {"kind": kind} if payload is None else payload
        self._append(kind, true_name, plx.cell({**fields, "path": stored.path}), whole, moment)
        if about:
            self._amend(kind, true_name, about)
