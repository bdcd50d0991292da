"""The asset of a row, as a decoder is given it: its path or its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.budgets import MOST_ASSET_BYTES
from jupyter_tracking.errors import MalformedEvent

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
