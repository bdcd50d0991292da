"""References: a lineage record of what the user saved, here or elsewhere; nothing is copied, no network is asked."""

from __future__ import annotations

import os
from typing import Any

from jupyter_tracking import layout
from jupyter_tracking.errors import InvalidArgument, InvalidType
from jupyter_tracking.kinds.artifact import check_path
from jupyter_tracking.kinds.base import Recorder, check_kind
from jupyter_tracking.values import as_json

__all__ = ["ReferenceLogging", "content_hash"]

Path = str | os.PathLike[str]


def content_hash(content: object) -> str:
    """Return the first 12 hex digits of the md5 of what a value holds: texts and bytes as they are, frames and arrays by every element.

    Polyaxon hashes `str(content)`, which for a large frame is its abbreviated repr: two frames may share it.
    """
    import hashlib

    digest = hashlib.md5(usedforsecurity=False)
    if isinstance(content, bytes | bytearray | memoryview):
        digest.update(content)
    elif hasattr(content, "columns") and hasattr(content, "index"):
        from pandas.util import hash_pandas_object

        digest.update(repr([(str(c), str(t)) for c, t in content.dtypes.items()]).encode())  # type: ignore[attr-defined]
        digest.update(hash_pandas_object(content).to_numpy().tobytes())  # type: ignore[call-overload]
    elif hasattr(content, "tobytes") and hasattr(content, "dtype"):
        digest.update(f"{content.dtype}{getattr(content, 'shape', '')}".encode())
        digest.update(content.tobytes())
    else:
        digest.update(str(content).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:12]


class ReferenceLogging(Recorder):
    """How a run refers to files that are kept elsewhere."""

    def log_artifact_ref(
        self,
        path: Path,
        kind: str | None = None,
        name: str | None = None,
        hash: str | None = None,  # noqa: A002 - Polyaxon's signature
        content: object = None,
        summary: dict[str, Any] | None = None,
        is_input: bool = False,  # noqa: FBT001, FBT002
        rel_path: str | None = None,
        skip_hash_calculation: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """Refer to a file or folder that you saved yourself, here or at a URL.

        Args:
            path: where it is; a URL such as `s3://bucket/file.ext` is kept as it stands.
            kind: one of `V1ArtifactKind`; `"file"` by default, `"dir"` for a folder.
            name: the artifact's name; by default the file's name up to its first dot.
            hash: its hash, if you know it; else the md5 of a local file is taken.
            content: a value to take the hash of instead.
            summary: anything to keep beside it.
            is_input: the run used it rather than made it.
            rel_path: the path to record instead, relative to the run folder.
            skip_hash_calculation: do not read the file at all; it need not be there.

        Raises:
            MissingFile: a local path that is not there (unless a hash is given or its calculation skipped).
            InvalidArgument: an unknown kind, an empty name.
        """
        self._refer(path, kind, name, hash, content, summary, is_input, rel_path, skip_hash_calculation)

    def log_model_ref(
        self,
        path: Path,
        name: str | None = None,
        framework: str | None = None,
        summary: dict[str, Any] | None = None,
        is_input: bool = False,  # noqa: FBT001, FBT002
        rel_path: str | None = None,
        skip_hash_calculation: bool = False,  # noqa: FBT001, FBT002
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
        about = {"framework": framework, **(summary or {})} if framework is not None else summary
        self._refer(path, "model", name, None, None, about, is_input, rel_path, skip_hash_calculation)

    def log_file_ref(
        self,
        path: Path,
        name: str | None = None,
        hash: str | None = None,  # noqa: A002
        content: object = None,
        summary: dict[str, Any] | None = None,
        is_input: bool = False,  # noqa: FBT001, FBT002
        rel_path: str | None = None,
        skip_hash_calculation: bool = False,  # noqa: FBT001, FBT002
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

    def log_dir_ref(
        self,
        path: Path,
        name: str | None = None,
        hash: str | None = None,  # noqa: A002
        summary: dict[str, Any] | None = None,
        is_input: bool = False,  # noqa: FBT001, FBT002
        rel_path: str | None = None,
        skip_hash_calculation: bool = False,  # noqa: FBT001, FBT002
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
        chosen = name or os.path.basename(check_path(path).rstrip("/"))  # noqa: PTH119
        self._refer(path, "dir", chosen, hash, None, summary, is_input, rel_path, skip_hash_calculation)

    def log_data_ref(
        self,
        name: str,
        hash: str | None = None,  # noqa: A002
        path: Path | None = None,
        content: object = None,
        summary: dict[str, Any] | None = None,
        is_input: bool = True,  # noqa: FBT001, FBT002
        skip_hash_calculation: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """Refer to data that the run used, by where it is, by its hash, or by the value itself.

        Args:
            name: the data's name.
            hash: its hash, if you know it.
            path: where it is.
            content: the value itself: a frame, an array, a text; only its hash is kept.
            summary: anything to keep beside it.
            is_input: the run used it rather than made it.
            skip_hash_calculation: do not take the hash.
        """
        self._refer(path, "data", name, hash, content, summary, is_input, None, skip_hash_calculation)

    def _refer(
        self,
        path: Path | None,
        kind: str | None,
        name: str | None,
        hash_: str | None,
        content: object,
        summary: dict[str, Any] | None,
        is_input: bool,  # noqa: FBT001
        rel_path: str | None,
        skip: bool,  # noqa: FBT001
    ) -> None:
        where = None if path is None else check_path(path)
        if where == "":
            message = "path='' is empty; give a path or a URL"
            raise InvalidArgument(message)
        if hash_ is not None and not isinstance(hash_, str):
            message = f"hash={hash_!r} is a {type(hash_).__name__}; give a text"
            raise InvalidType(message)
        folder = where is not None and os.path.isdir(where)  # noqa: PTH112
        chosen = check_kind(kind) if kind is not None else "dir" if folder else "file"
        true_name = layout.check_name(name if name is not None else layout.base_name(where or ""))
        about = as_json(summary or {}, "summary")
        if hash_ is not None:
            about["hash"] = hash_
        elif content is not None and not skip:
            about["hash"] = content_hash(content)
        recorded = None
        if where is not None:
            local = not layout.is_url(where)
            if local:
                if "hash" not in about and not skip:
                    about["hash"], about["size"] = self._measure(where)
                where = os.path.abspath(where)  # noqa: PTH100 - links stay as they are
            about["path"] = where
            recorded = layout.inside(rel_path, "rel_path") if rel_path else self._relative(where)
        self._declare(chosen, true_name, recorded, summary=about, is_input=bool(is_input), versioned=False)
