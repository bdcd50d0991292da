"""What the routes answer, of the runs in a server's folder: packs of bytes as saved pages have them, which the page draws."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from jupyter_tracking.errors import NotFound
from jupyter_tracking.format import paths
from jupyter_tracking.lab.listed_runs import ListedRoots
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.views.model.payload import json_safe, pack

if TYPE_CHECKING:
    from jupyter_tracking.lab.folders import ServedFolder
    from jupyter_tracking.read.run_reader import RunFolder

_ROOM = 8_000_000  # compressed bytes of an artifact with all of its steps; of more, steps are left out evenly, as in a saved page
_COURSES = 60  # of one question


class Answers:
    """Each public method answers one route. All read, and none keeps a run open."""

    def __init__(self, folder: ServedFolder) -> None:
        """Answer of what lies in this folder."""
        self._folder = folder
        self._roots = ListedRoots()

    def runs(self, path: str, base: str, known: str) -> bytes | None:
        """Return the runs of the folder that a path is, or is in; None where the page has them: see `ListedRuns.tell`."""
        try:
            root = self._folder.find_root(path)
        except NotFound as error:  # which is how most folders are
            return pack({"nothing": json_safe(str(error))}, [])
        return self._roots.get(root).tell({"root": json_safe(self._folder.tell(root))}, base, known)

    def courses(self, path: str, runs: str) -> bytes:
        """Return the courses of the first result of runs, by their ids with commas between."""
        wanted = {each for each in runs.split(",")[:_COURSES] if each}
        return self._roots.get(self._folder.find_root(path)).courses(wanted)

    def place(self, path: str, run: str) -> dict[str, str]:
        """Return the path of the file by which the file browser opens a run of the folder that a path is in."""
        folder = self._roots.get(self._folder.find_root(path)).find(run)
        if folder is None:
            raise NotFound(f"run {run[:64]!r} is not there any more")
        marks = (paths.RUN_FILE, paths.LINEAGES_FILE)
        there = next((folder.path / mark for mark in marks if (folder.path / mark).is_file()), None)
        if there is None:
            raise NotFound(f"run {run[:64]} has neither {paths.RUN_FILE} nor {paths.LINEAGES_FILE}; open one of its event files")
        return {"path": self._folder.tell(there)}

    def run(self, path: str, known: str) -> bytes | None:
        """Return what the run has that a path lies in, whether it has an overview, and which artifact the path is of."""
        from jupyter_tracking.read.check import find_problems
        from jupyter_tracking.views.model.listing import is_soon_checked, list_artifacts
        from jupyter_tracking.views.model.scene import overview_of

        folder = self._open(path)
        with folder.one_look():
            version = _version(folder)
            if version == known:
                return None
            listing = list_artifacts(folder, find_problems(folder) if is_soon_checked(folder) else None)
            inside = self._folder.find(path).relative_to(folder.path).as_posix()
            opened = next(([each.kind, each.name] for each in folder.artifacts() if each.path == inside), None)
            several = len(overview_of(folder)) > 1  # of one thing there is no overview
        return pack({"version": version, "listing": listing, "overview": several, "opened": json_safe(opened)}, [])

    def artifact(self, path: str, kind: str, name: str, known: str) -> bytes | None:
        """Return an artifact of the run that a path lies in, or without a name its overview, with its steps."""
        from jupyter_tracking.views.export.browser_page import fit_scene
        from jupyter_tracking.views.model.scene import open_scene, overview_of, overview_scene

        folder = self._open(path)
        with folder.one_look():
            version = _version(folder)
            if version == known:
                return None
            if name:
                named = (each for each in folder.artifacts() if (json_safe(each.kind), json_safe(each.name)) == (kind, name))
                scene = open_scene(folder, [next(named, (kind, name))])
            else:
                scene = overview_scene(folder, overview_of(folder))
            one = fit_scene(0, scene, _ROOM)
        return pack({"version": version, "scenes": [one.scene]}, [(0, *payload) for payload in one.payloads])

    def _open(self, path: str) -> RunFolder:
        return open_folder(self._folder.find_run(path))


def _version(folder: RunFolder) -> str:
    """Return what is the same as long as nothing is logged and the run goes on, or has ended."""
    from jupyter_tracking.views.model.listing import change_marks

    said = repr((folder.status, change_marks(folder)))
    return hashlib.blake2s(said.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
