"""When something was last written for a run: the last sign of life of a writer that never said that it ended."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jupyter_tracking.format import paths

if TYPE_CHECKING:
    from collections.abc import Iterator

# What only a writer writes, and how many folders deep. The document is changed by others too, and says itself when a writer was there.
_WRITTEN = {"events": 2, "resources": 2, "plxlogs": 1, paths.PRIVATE_FOLDER: 1}


def last_write(path: str | os.PathLike[str]) -> datetime | None:
    """Return when the newest row, journal entry or printed line of a run was written; None when there is none. No link is followed."""
    top = os.fspath(path)
    newest = max((moment for name, depth in _WRITTEN.items() for moment in _modified(f"{top}/{name}", depth)), default=None)
    return None if newest is None else datetime.fromtimestamp(newest, UTC)


def _modified(folder: str, depth: int) -> Iterator[float]:
    """Yield when each file in a folder, and so many folders deep in it, was last modified."""
    try:
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            return
        with os.scandir(folder) as entries:
            for entry in entries:
                if depth > 1 and entry.is_dir(follow_symlinks=False):
                    yield from _modified(entry.path, depth - 1)
                elif entry.name.endswith((".plx", ".jsonl")) and entry.is_file(follow_symlinks=False):
                    yield entry.stat(follow_symlinks=False).st_mtime
    except OSError:
        return
