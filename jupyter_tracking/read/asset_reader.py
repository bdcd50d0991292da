"""The asset of a row, as a decoder is given it: its path or its bytes; and how large one is, without reading it."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.budgets import MOST_ASSET_BYTES
from jupyter_tracking.errors import MalformedEvent
from jupyter_tracking.format import paths
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.read.run_files import RunFiles


class AssetReader:
    """Gives a decoder the asset of a row.

    Attributes:
        allow_pickle: unpickle it, if it is a pickle.
        allow_large: decode it also if it is larger than `budgets` says.
    """

    def __init__(self, folder: RunFiles, *, allow_pickle: bool, allow_large: bool) -> None:
        """Read from this run."""
        self._folder = folder
        self.allow_pickle, self.allow_large = allow_pickle, allow_large

    def path(self, payload: dict[str, Any]) -> Path:
        """Return the asset's path; raises as `RunFiles.asset_path`."""
        return self._folder.asset_path(path_in(payload))

    def read(self, payload: dict[str, Any], most: int = MOST_ASSET_BYTES) -> bytes:
        """Return the asset's bytes, at most so many unless large ones are allowed; raises as `RunFiles.read_logged`."""
        path = path_in(payload)
        return self._folder.read_logged(path) if self.allow_large else self._folder.read_logged(path, most)


def path_in(payload: dict[str, Any]) -> str:
    """Return the path that a row's payload names."""
    path = payload.get("path")
    if not isinstance(path, str) or not path:
        raise MalformedEvent(f"the row names no asset: {payload!r:.100}")
    return path


class Size(NamedTuple):
    """How large a file or a folder is.

    Attributes:
        bytes: of the file, or of all files in the folder; links are not counted.
        files: how many files the folder holds; None of a file.
    """

    bytes: int
    files: int | None


def size_of(folder: RunFiles, relative: str) -> Size:
    """Return how large a file or folder of a run is. Of a run at an object store nothing is fetched but its list.

    Raises:
        TrackingError, OSError: it is not there, leads out of the run, or has another size than when it was logged.
    """
    if folder.source is not None:
        folder.source.look()
    root = os_calls.open(folder.path, os_calls.ANY_FOLDER)
    with paths.closing_descriptor(root), paths.closing_descriptor(paths.open_inside(root, relative)) as fd:
        seen = os_calls.fstat(fd)
    if not stat.S_ISDIR(seen.st_mode):
        folder.check_size(relative, seen.st_size)
        return Size(seen.st_size, None)
    sizes = [below.st_size for _, below in folder.walk(relative) if stat.S_ISREG(below.st_mode)]
    return Size(sum(sizes), len(sizes))
