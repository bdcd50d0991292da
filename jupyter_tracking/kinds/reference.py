"""References: lineage records of what the user saved, here or elsewhere. Nothing is copied, and no network request is made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from jupyter_tracking.errors import InvalidArgument, InvalidType, MissingFile, StorageError, suggest
from jupyter_tracking.format import paths
from jupyter_tracking.kinds.arguments import as_flag, as_json, as_summary, as_text
from jupyter_tracking.kinds.base import Recorder, check_kind, check_path, example, refusals, warn
from jupyter_tracking.redact.given import without_secrets
from jupyter_tracking.storage.user_file_reader import hash_and_size, md5, path_below

_FIELDS = ("name", "kind", "path", "summary", "is_input", "state", "connection", "meta_info", "run")


def content_hash(content: Any) -> str:
    """Return the first 12 hex digits of the md5 of what a value holds: strings and bytes as they are, frames and arrays by every element.

    Polyaxon hashes `str(content)`, which for a large dataframe is its abbreviated repr, so that different dataframes may share a hash.
    """
    digest = md5()
    if isinstance(content, bytes | bytearray | memoryview):
        digest.update(content)
    elif hasattr(content, "columns") and hasattr(content, "index"):
        from pandas.util import hash_pandas_object

        digest.update(repr([(str(c), str(t)) for c, t in content.dtypes.items()]).encode())
        digest.update(hash_pandas_object(content).to_numpy().tobytes())
    elif hasattr(content, "tobytes") and hasattr(content, "dtype"):
        digest.update(f"{content.dtype}{getattr(content, 'shape', '')}".encode())
        digest.update(content.tobytes())
    else:
        digest.update(str(content).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:12]


class ReferenceMethods(Recorder):
    """How a run refers to files that are kept elsewhere."""

    @example("s3://bucket/file.ext --name myfile")
    def log_artifact_ref(
        self,
        path: str | os.PathLike[str],
        kind: str | None = None,
        name: str | None = None,
        hash: str | None = None,  # noqa: A002 - Polyaxon's signature
        content: object = None,
        summary: dict[str, Any] | None = None,
        is_input: bool = False,
        rel_path: str | None = None,
        skip_hash_calculation: bool = False,
    ) -> None:
        """Refer to a file or folder that you saved yourself, here or at a URL.

        Args:
            path: where it is; a URL such as `s3://bucket/file.ext` is kept as it stands, but for a password, a token or a signature in it:
                `***` is kept in their place, and a warning says so.
            kind: one of `V1ArtifactKind`; `"file"` by default, `"dir"` for a folder.
            name: the artifact's name; by default the file's name up to its first dot.
            hash: its hash, if you know it; else the md5 of a local file is taken.
            content: a value to take the hash of instead.
            summary: anything to keep beside it.
            is_input: the run used it rather than made it.
            rel_path: the path to record instead, relative to the run folder.
            skip_hash_calculation: do not read the file at all. One that is not on this machine, or cannot be read, is referred to without
                a hash, with a warning.

        Raises:
            InvalidArgument: an unknown kind, an empty name.
        """
        self._refer(path, kind, name, hash, content, summary, is_input, rel_path, skip_hash_calculation)

    @example("models/best --framework tensorflow")
    def log_model_ref(
        self,
        path: str | os.PathLike[str],
        name: str | None = None,
        framework: str | None = None,
        summary: dict[str, Any] | None = None,
        is_input: bool = False,
        rel_path: str | None = None,
        skip_hash_calculation: bool = False,
    ) -> None:
        """Refer to a model that you saved yourself; the arguments are those of `log_artifact_ref`.

        Args:
            path: where it is.
            name: the model's name.
            framework: what made it, such as `"tensorflow"`.
            summary: anything to keep beside it.
            is_input: the run used it rather than made it.
            rel_path: the path to record instead.
            skip_hash_calculation: do not read the file.
        """
        about = as_summary(summary)
        if framework is not None:
            about = {"framework": as_text(framework, "framework"), **about}
        self._refer(path, "model", name, None, None, about, is_input, rel_path, skip_hash_calculation)

    @example("data/train.csv --is-input")
    def log_file_ref(
        self,
        path: str | os.PathLike[str],
        name: str | None = None,
        hash: str | None = None,  # noqa: A002
        content: object = None,
        summary: dict[str, Any] | None = None,
        is_input: bool = False,
        rel_path: str | None = None,
        skip_hash_calculation: bool = False,
    ) -> None:
        """Refer to a file that you saved yourself; the arguments are those of `log_artifact_ref`.

        Args:
            path: where it is.
            name: the file's name.
            hash: its hash, if you know it.
            content: a value to take the hash of instead.
            summary: anything to keep beside it.
            is_input: the run used it rather than made it.
            rel_path: the path to record instead.
            skip_hash_calculation: do not read the file.
        """
        self._refer(path, "file", name, hash, content, summary, is_input, rel_path, skip_hash_calculation)

    @example("data/images --is-input")
    def log_dir_ref(
        self,
        path: str | os.PathLike[str],
        name: str | None = None,
        hash: str | None = None,  # noqa: A002
        summary: dict[str, Any] | None = None,
        is_input: bool = False,
        rel_path: str | None = None,
        skip_hash_calculation: bool = False,
    ) -> None:
        """Refer to a folder that you saved yourself; the arguments are those of `log_artifact_ref`.

        Args:
            path: where it is.
            name: the folder's name.
            hash: its hash, if you know it.
            summary: anything to keep beside it.
            is_input: the run used it rather than made it.
            rel_path: the path to record instead.
            skip_hash_calculation: do not read the files.
        """
        chosen = name if name is not None else os.path.basename(check_path(path).rstrip("/"))  # noqa: PTH119
        self._refer(path, "dir", chosen, hash, None, summary, is_input, rel_path, skip_hash_calculation)

    @example("train --content df")
    def log_data_ref(
        self,
        name: str,
        hash: str | None = None,  # noqa: A002
        path: str | os.PathLike[str] | None = None,
        content: object = None,
        summary: dict[str, Any] | None = None,
        is_input: bool = True,
        skip_hash_calculation: bool = False,
    ) -> None:
        """Refer to data that the run used, by where it is, by its hash, or by the value itself.

        Args:
            name: the data's name.
            hash: its hash, if you know it.
            path: where it is.
            content: the value itself: a dataframe, an array, a string; only its hash is kept.
            summary: anything to keep beside it.
            is_input: the run used it rather than made it.
            skip_hash_calculation: do not take the hash.
        """
        self._refer(path, "data", name, hash, content, summary, is_input, None, skip_hash_calculation)

    def log_tensorboard_ref(
        self,
        path: str | os.PathLike[str],
        name: str = "tensorboard",
        is_input: bool = False,
        rel_path: str | None = None,
    ) -> None:
        """Refer to a folder of TensorBoard's files; the arguments are those of `log_artifact_ref`.

        Args:
            path: where it is.
            name: the folder's name.
            is_input: the run used it rather than made it.
            rel_path: the path to record instead.
        """
        self._refer(path, "tensorboard", name, None, None, None, is_input, rel_path, True)

    def log_artifact_lineage(self, body: Any, async_req: bool = True) -> None:  # noqa: ARG002
        """Record artifacts by their lineage alone.

        All are checked before the first is recorded.

        Args:
            body: a dict with the fields of Polyaxon's `V1RunArtifact` (`name kind path summary is_input state
                connection meta_info run`), that object, or a list of them.
            async_req: taken for Polyaxon's sake; the call has happened when it returns.

        Raises:
            InvalidType: something else.
            InvalidArgument: no name, an unknown kind or an unknown field.
        """
        items = body if isinstance(body, list | tuple) else [body]
        records = [_as_record(item, f"body[{i}]" if item is not body else "body") for i, item in enumerate(items)]
        for record in records:
            self._record_artifact(**record)

    def _refer(
        self,
        path: str | os.PathLike[str] | None,
        kind: str | None,
        name: str | None,
        hash_: str | None,
        content: object,
        summary: dict[str, Any] | None,
        is_input: bool,
        rel_path: str | None,
        skip: bool,
    ) -> None:
        where = None if path is None else check_path(path)
        rel_path, skip = None if rel_path is None else check_path(rel_path, "rel_path"), as_flag(skip, "skip_hash_calculation")
        if where == "":
            raise InvalidArgument("path='' is empty; give a path or a URL")
        if where is not None and paths.is_url(where):
            where = without_secrets(where, "path")
        if hash_ is not None:
            hash_ = as_text(hash_, "hash")
        folder = where is not None and os.path.isdir(where)  # noqa: PTH112
        chosen = check_kind(kind) if kind is not None else "dir" if folder else "file"
        true_name = paths.check_name(name if name is not None else paths.base_name(where or ""))
        about = as_summary(summary)
        if hash_ is not None:
            about["hash"] = hash_
        elif content is not None and not skip:
            with refusals("content cannot be hashed"):
                about["hash"] = content_hash(content)
        recorded = None
        if where is not None:
            local = not paths.is_url(where)
            if local:
                if "hash" not in about and not skip:
                    about |= _hashed(where)
                where = os.path.abspath(where)  # noqa: PTH100 - links stay as they are
            about["path"] = where
            recorded = paths.safe_relative(rel_path, "rel_path") if rel_path else path_below(where, self.path)
        self._record_artifact(chosen, true_name, recorded, summary=about, is_input=as_flag(is_input, "is_input"))


def _hashed(path: str) -> dict[str, Any]:
    """Return the hash and the size of a file or folder, or of what a link leads to; of what cannot be read neither, with a warning."""
    try:
        return dict(zip(("hash", "size"), hash_and_size(path, follow=True), strict=True))
    except (MissingFile, StorageError, InvalidArgument) as error:
        warn(f"{error.args[-1]}; the reference is recorded without a hash")
        return {}


def _as_record(item: Any, where: str) -> dict[str, Any]:
    """Return the arguments of `_record_artifact` for one lineage record of Polyaxon's."""
    if not isinstance(item, Mapping):
        if not hasattr(item, "name") or not hasattr(item, "kind"):
            raise InvalidType(f"{where} is a {type(item).__name__}; give a dict with the fields {', '.join(_FIELDS)}")
        item = {field: getattr(item, field, None) for field in _FIELDS}
    for key in item:
        if key not in _FIELDS:
            raise InvalidArgument(f"{where} has the field {key!r}, which Polyaxon does not know{suggest(str(key), _FIELDS)}")
    path = item.get("path")
    plain = {key: as_summary(item.get(key), f"{where}.{key}") for key in ("summary", "meta_info")}
    further = {key: as_json(item[key], f"{where}.{key}") for key in ("state", "run", "connection") if item.get(key) is not None}
    if plain["meta_info"]:
        further["meta_info"] = plain["meta_info"]
    return {
        "kind": check_kind(item.get("kind"), f"{where}.kind"),
        "name": paths.check_name(item.get("name"), f"{where}.name"),
        "path": None if path is None else check_path(path, f"{where}.path"),
        "summary": plain["summary"],
        "is_input": as_flag(item.get("is_input"), f"{where}.is_input"),
        "further": further,
    }
