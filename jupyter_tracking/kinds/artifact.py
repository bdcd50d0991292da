"""Files and folders of the user's: with a step they are copied as versions of an artifact, without one under `outputs/`."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, suggest
from jupyter_tracking.format import paths
from jupyter_tracking.format.step_timestamp import as_step, as_timestamp
from jupyter_tracking.kinds.arguments import as_flag, as_summary
from jupyter_tracking.kinds.base import (
    AssetCopy,
    Kind,
    Recorder,
    as_version,
    check_kind,
    check_path,
    encode_file,
    example,
    logs,
    name_of,
    warn,
)

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.kinds.base import Asset, Timestamp

_ARGUMENTS = ("path", "name", "kind", "framework", "summary", "step", "timestamp", "rel_path", "skip_hash_calculation")
# What the lineage says of a file that is kept, and of rows: a summary cannot say something else beside it.
SAID_BY_THE_RUN = frozenset({"path", "size", "hash", "output", "is_event", "step", "timestamp", "metric"})


def decode_file(payload: dict[str, Any], asset: Asset) -> Path:
    """Return the path of a version that is a file or folder."""
    return asset.path(payload)


def file_kind(name: str, order: int = 1000, flag: str | None = None) -> Kind:
    """Return a kind whose versions are simply files."""
    return Kind(name, "file", decode_file, ("kind", "path"), partial(encode_file, kind=name), order, flag, file=lambda copy: copy)


# Polyaxon's kinds that have no file of their own here.
FILE_KINDS: tuple[Kind, ...] = (
    *map(file_kind, ("artifact", "file", "dir", "csv", "tsv", "psv", "ssv", "data", "env", "table", "tensor")),
    *map(file_kind, ("dockerfile", "docker_image", "coderef", "analysis", "iteration")),
    file_kind("tensorboard", flag="has_tensorboard"),
    file_kind("system", order=20),  # the machine's metrics, beside those of the run
)


@logs(*FILE_KINDS)
class ArtifactMethods(Recorder):
    """How a run logs files and folders."""

    @example("path/to/file.csv --name file --kind csv --rel-path csv_files/new")
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
        one it is copied under `outputs/`; what lies there already stays where it is, unless `rel_path` says another folder. The source
        is only read. A version is what the function of its kind would have made of the file: one of kind `image` an image, of
        `dataframe` (CSV, HTML, parquet or feather) a dataframe, of `text` and `html` the text of the file, of `model` a model.

        Args:
            path: the file or folder.
            name: the artifact's name; by default the file's name up to its first dot.
            kind: one of `V1ArtifactKind`; `"file"` by default, `"dir"` for a folder.
            summary: anything to keep beside it in the lineage.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.
            rel_path: a folder under `outputs/` to copy to, when there is no step.
            skip_hash_calculation: do not take the md5.
            **older: `artifact_kind`, the name that `kind` once had; and `versioned`, which says nothing any more: a step does.

        Raises:
            MissingFile: the file is not there.
            InvalidArgument: an unknown kind, a link, a pipe; a `rel_path` that leads out of the run; or with a step a kind of which no
                version is a file, such as `metric`.
        """
        source = check_path(path)
        kind = older_names("log_artifact", older).get("artifact_kind", kind)
        chosen = check_kind(kind) if kind is not None else "dir" if os.path.isdir(source) else "file"  # noqa: PTH112
        encoded = encode_file(source, hashed=not as_flag(skip_hash_calculation, "skip_hash_calculation"), kind=chosen)
        log_file(self, chosen, encoded, name, summary, step, timestamp, rel_path)


def log_file(
    run: Recorder,
    kind: str,
    encoded: AssetCopy,
    name: str | None,
    summary: dict[str, Any] | None,
    step: int | None,
    timestamp: Timestamp,
    rel_path: str | None,
    folder: str = "",
) -> None:
    """Log a user's file or folder: with a step as a version, without one below `outputs/`; by default the file names the artifact.

    Without a `rel_path` it is copied to the `folder` there, if it does not lie in `outputs/` already.
    """
    true_name = paths.check_name(name_of(name, encoded, "file"))
    about = as_summary(summary)
    if taken := sorted(SAID_BY_THE_RUN & about.keys()):
        raise InvalidArgument(f"summary has {taken[0]!r}, which the run itself says of a file or of its versions; give it another name")
    whole = as_step(step)
    moment = as_timestamp(timestamp)
    rel_path = None if rel_path is None else check_path(rel_path, "rel_path")
    if whole is None:
        below = folder if rel_path is None else rel_path
        target = paths.safe_relative(f"outputs/{paths.safe_relative(below, 'rel_path')}", "rel_path").rstrip("/")
        stays = rel_path is None
        run._copy_output(kind, true_name, encoded.source, target, about, hashed=encoded.hashed, stays=stays)  # noqa: SLF001 - as its methods do
        return
    run.record(kind, true_name, as_version(kind, encoded), whole, moment)
    if about:
        run._add_summary(kind, true_name, about)  # noqa: SLF001


def older_names(function: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return arguments given by the names that they had in older versions of Polyaxon; refuse any other.

    One that Polyaxon no longer has, `versioned`, is left out with a warning.

    Raises:
        InvalidArgument: no argument has or had this name. Polyaxon would ignore it with a warning.
    """
    for name in given:
        if name == "versioned":
            warn(f"{function}(versioned=…) says nothing any more: a version is what is logged with a step")
        elif name != "artifact_kind":
            raise InvalidArgument(f"{function}() has no argument {name!r}{suggest(name, _ARGUMENTS)}")
    return given
