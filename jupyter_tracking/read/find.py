"""Find a run by what a user has of it: itself, its folder, its uuid, a prefix of it, or its name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jupyter_tracking.errors import NotFound, suggest
from jupyter_tracking.format import paths
from jupyter_tracking.read.run_reader import RunFolder, open_folder

if TYPE_CHECKING:
    from pathlib import Path


def find_run(run: object, root: str | os.PathLike[str] | None = None) -> RunFolder:
    """Open a run given by itself, its folder, its uuid, a prefix of it of at least 4 digits, or its name.

    Raises:
        NotFound: there is none, or there are several; the message lists what is near.
    """
    if isinstance(run, RunFolder):
        return run
    where = getattr(run, "path", None)
    if where is not None and not isinstance(run, os.PathLike):
        return open_folder(where)
    if not isinstance(run, str | os.PathLike):
        raise NotFound(f"run={run!r} is a {type(run).__name__}; give a run, a uuid, a name or a folder")
    text = os.fspath(run)
    top = paths.default_root(root)
    folders = paths.run_folders(top)
    bare = text.replace("-", "").lower()
    found = [f for f in folders if len(bare) >= 4 and f.name.startswith(bare)]  # noqa: PLR2004
    if not found and os.path.isdir(text) and (isinstance(run, os.PathLike) or os.sep in text or text in {".", ".."}):  # noqa: PTH112
        return open_folder(text)
    names: dict[str, list[Path]] = {}
    if not found:
        for folder in folders:
            names.setdefault(RunFolder(folder).name, []).append(folder)
        found = names.get(text, [])
    if len(found) == 1:
        return RunFolder(found[0])
    if found:
        raise NotFound(f"run={text!r}: {len(found)} runs under {top} match: " + ", ".join(f.name[:8] for f in found[:10]))
    if os.path.isdir(text):  # noqa: PTH112
        return open_folder(text)
    known = [n for n in names if n] + [f.name[:12] for f in folders]
    raise NotFound(f"run={text!r}: no run of this uuid or name under {top}{suggest(text, known)}")
