"""The runs that a user means by what is given: a frame of `runs()`, runs, uuids, names or folders, or all under a root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.format import paths
from jupyter_tracking.format.document.curation import is_archived
from jupyter_tracking.read.find import find_runs
from jupyter_tracking.read.run_reader import RunFolder

if TYPE_CHECKING:
    import os


def given_runs(runs: Any, root: str | os.PathLike[str] | None = None) -> list[RunFolder]:
    """Open the runs that are meant, each once; all under the root that are not archived when None.

    Raises:
        NotFound: there is no such run.
        InvalidArgument: a frame without a column `uuid`, or no run at all.
    """
    if runs is None:
        top = paths.default_root(root)
        found = [folder for folder in map(RunFolder, paths.run_folders(top)) if not is_archived(folder.info)]
        found.sort(key=lambda folder: str(folder.facts().created_at or ""), reverse=True)
        if not found:
            raise InvalidArgument(f"there are no runs under {top}")
        return found
    if isinstance(runs, pd.DataFrame):
        if "uuid" not in runs:
            raise InvalidArgument("runs is a DataFrame without a column uuid; give one of runs()")
        runs = runs["uuid"].tolist()
    found = list({folder.path: folder for folder in find_runs(runs, root)}.values())
    if not found:
        raise InvalidArgument("runs=[] is empty; give two runs or more")
    return found
