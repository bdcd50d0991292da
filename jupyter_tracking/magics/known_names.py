"""The names of what is there, as Tab completes them in the line of a magic, inside of Python and on the command line."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jupyter_tracking.errors import TrackingError, is_plain
from jupyter_tracking.format import paths

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from jupyter_tracking.read.run_reader import RunFolder

_MOST_RUNS = 500


def fitting(candidates: Iterable[str], fragment: str) -> list[str]:
    """Return the words that begin as what is written, each once, but for those that would do to a terminal what they say."""
    wanted = paths.normal_name(fragment).casefold()
    return [word for word in dict.fromkeys(candidates) if paths.normal_name(word).casefold().startswith(wanted) and is_plain(word)]


def newest_folders(root: Path) -> list[Path]:
    """Return the folders of the runs under a root, those that were changed last first, and not all of very many."""

    def changed(folder: Path) -> float:
        try:
            return os.stat(folder / paths.RUN_FILE).st_mtime  # noqa: PTH116 - a thousand runs are looked at for one Tab
        except OSError:
            return 0.0

    return sorted(paths.run_folders(root), key=changed, reverse=True)[:_MOST_RUNS]


def names_of_runs(root: Path) -> list[str]:
    """Return the names of the runs under a root, the newest first, and then the beginnings of their uuids."""
    return [*run_names(root), *(folder.name[:12] for folder in newest_folders(root))]


def run_names(root: Path) -> list[str]:
    """Return the names of the runs under a root, the newest first."""
    from jupyter_tracking.read.run_reader import RunFolder

    return [name for folder in newest_folders(root) if (name := RunFolder(folder).name)]


def names_of_artifacts(folder: RunFolder | None, kind: str | None = None) -> list[str]:
    """Return the names of a run's artifacts, of a kind or of all; none where they cannot be read."""
    try:
        artifacts = folder.artifacts() if folder is not None else []
    except (TrackingError, OSError):
        return []
    return [artifact.name for artifact in artifacts if kind is None or artifact.kind == kind]


def chosen_run(run: object, root: Path) -> RunFolder | None:
    """Return the run that is meant, by default the newest under a root; None where there is none."""
    from jupyter_tracking.read.find import find_run

    chosen = run or next(iter(newest_folders(root)), None)
    try:
        return find_run(chosen, root) if chosen is not None else None
    except (TrackingError, OSError):
        return None
