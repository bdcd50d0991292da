"""Whether an artifact is still what a saved notebook showed of it: a few words taken then, compared now. Reads only."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.format import lineage, paths

if TYPE_CHECKING:
    from jupyter_tracking.read.run_reader import Artifact, RunFolder

__all__ = ["checksum_of", "is_unchanged"]

_WHOLE = 4_000_000  # bytes of an event file that are hashed; of a longer one both ends are
_PART = 1_000_000
_ASSETS = 200_000_000  # bytes of assets that are hashed; of more the sizes are compared


def checksum_of(folder: RunFolder, artifact: Artifact) -> dict[str, Any]:
    """Return what to keep beside a display: size and hash of the artifact's event file, or of the artifact itself."""
    if not artifact.versioned or not artifact.path:
        return {key: artifact.summary[key] for key in ("size", "hash") if key in artifact.summary}
    try:
        fd = folder.open(artifact.path)
    except (TrackingError, OSError):
        return {}
    with os.fdopen(fd, "rb") as file:
        return _of(file, os.fstat(fd).st_size)


def _of(file: Any, size: int) -> dict[str, Any]:
    digest = hashlib.md5(usedforsecurity=False)
    if size <= _WHOLE:
        digest.update(file.read(size))
    else:
        digest.update(file.read(_PART))
        file.seek(size - _PART)
        digest.update(file.read(_PART))
    return {"size": size, "hash": digest.hexdigest()[:12]}


def is_unchanged(folder: RunFolder, artifact: Artifact, then: dict[str, Any]) -> bool:
    """Say whether everything that was there then is there now, byte for byte; more may have been logged since."""
    if not artifact.versioned or not artifact.path:
        now = checksum_of(folder, artifact)
        return all(now.get(key) == then[key] for key in ("size", "hash") if key in then)
    size = then.get("size")
    try:
        if isinstance(size, int):
            fd = folder.open(artifact.path)
            with os.fdopen(fd, "rb") as file:
                if os.fstat(fd).st_size < size or _of(file, size)["hash"] != then.get("hash"):
                    return False
        return _assets_are_whole(folder, artifact)
    except (TrackingError, OSError):
        return False


def _assets_are_whole(folder: RunFolder, artifact: Artifact) -> bool:
    try:
        known = lineage.parse_asset_journal(folder.read(paths.ASSET_JOURNAL))[0]
    except (TrackingError, OSError):
        known = {}
    read = 0
    for event in folder.events(artifact):
        payload = folder.payload(artifact, event)
        path = payload.get("path") if isinstance(payload, dict) else None
        if not isinstance(path, str) or paths.is_url(path):
            continue
        said = known.get(path, {})
        fd = folder.open(path)
        with os.fdopen(fd, "rb") as file:
            size = os.fstat(fd).st_size
            if "size" in said and said["size"] != size:
                return False
            read += size
            if said.get("hash") and read <= _ASSETS:
                digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
                if digest.hexdigest()[:12] != said["hash"]:
                    return False
    return True
