"""What is wrong with runs as a DataFrame, and the warning of an answer that lacks what cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from jupyter_tracking.errors import TrackingWarning
from jupyter_tracking.format import paths
from jupyter_tracking.frames.dtypes import with_dtypes
from jupyter_tracking.kinds.calls import checks_arguments
from jupyter_tracking.printed import warn
from jupyter_tracking.progress import Progress
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.find import resolve_runs
from jupyter_tracking.read.remote.roots import find_root
from jupyter_tracking.read.run_reader import RunFolder

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from jupyter_tracking.read.run_files import Problem

PROBLEMS = {"file": "string", "line": "Int64", "problem": "string", "text": "string"}
_OF_RUNS = {"run_uuid": "string", "run_name": "string", **PROBLEMS}
_LINK = "a link, which is not followed; open the run by the path that it leads to"


@checks_arguments
def problems_of_runs(runs: object = None, root: str | os.PathLike[str] | None = None, *, hashes: bool = False) -> pd.DataFrame:
    """Return what is wrong with the files of runs, a row a problem; empty when nothing is.

    Columns: `run_uuid run_name file line problem text`. Every row and document of the runs is read. What `runs` marks as `broken`,
    and what `lineage` warns of, is told here with file and line; so is a link that stands where the folder of a run should.

    Args:
        runs: a run or several, each as `open_run` takes it; all under the root when None.
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
        hashes: read every file and compare it with its hash of when it was logged, or of when the run ended.

    Raises:
        NotFound: there is no such run.
    """
    top = find_root(root)
    folders = resolve_runs(runs, root) if runs is not None else [RunFolder(path) for path in paths.run_folders(top)]
    rows: list[tuple[Any, ...]] = []
    with Progress("problems()", "runs") as progress:
        for done, folder in enumerate(folders):
            found = find_problems(folder, hashes=hashes, progress=progress.within(done, len(folders)))
            rows += [(folder.uuid, folder.name, *problem) for problem in found]
    rows += [(None, None, f"runs/{link.name}", None, _LINK, "") for link in ([] if runs is not None else paths.linked_runs(top))]
    return with_dtypes(pd.DataFrame(rows, columns=list(_OF_RUNS), dtype="object"), _OF_RUNS)


class Unread:
    """Collects what an answer lacks because it cannot be read, for one warning."""

    def __init__(self, what: str) -> None:
        """Name the answer."""
        self._what = what
        self._reasons: dict[str, str] = {}

    def add(self, folder: RunFolder, problems: list[Problem]) -> None:
        """Note what could not be read of a run."""
        if problems:
            first = problems[0]
            self._reasons[folder.uuid[:8]] = f"{first.file}: {first.problem}"

    def add_links(self, root: Path) -> None:
        """Note the runs under a root that are links."""
        self._reasons |= {f"runs/{link.name}": _LINK for link in paths.linked_runs(root)}

    def warn(self) -> None:
        """Warn, once, if anything was noted."""
        if not self._reasons:
            return
        (run, reason), count = next(iter(self._reasons.items())), len(self._reasons)
        runs = f"{count} runs, the first {run}" if count > 1 else f"run {run}"
        words = f"{self._what} lacks what cannot be read of {runs}: {reason}; tracking.problems() lists all of it"
        warn(words, TrackingWarning)
