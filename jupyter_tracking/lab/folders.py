"""The paths that a page may name: those of the server's own folder, and nothing outside of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from jupyter_tracking.errors import InvalidArgument, NotFound, escape_controls
from jupyter_tracking.format import paths

_RUNS = "runs"


class ServedFolder(NamedTuple):
    """The folder that a Jupyter server shows in its file browser.

    Attributes:
        root: the folder, with no link on its way.
        shows_hidden: whether names that begin with a dot are shown.
    """

    root: Path
    shows_hidden: bool = False

    def find(self, path: str) -> Path:
        """Return where a path of the file browser is, with no link on its way.

        Raises:
            InvalidArgument: it leads outside, or to what the server does not show.
        """
        parts = [part for part in path.split("/") if part]
        hidden = [part for part in parts if part.startswith(".") and not self.shows_hidden]
        if hidden or ".." in parts or "." in parts or "\0" in path:
            raise InvalidArgument(f"path={_shown(path)} is no path of this server's file browser")
        found = os.path.realpath(self.root.joinpath(*parts))
        if found != str(self.root) and not found.startswith(f"{str(self.root).rstrip(os.sep)}{os.sep}"):
            raise InvalidArgument(f"path={_shown(path)} leads outside of the server's folder")
        return Path(found)

    def tell(self, path: Path) -> str:
        """Return what the file browser calls a path within the folder."""
        return "/".join(path.relative_to(self.root).parts)

    def find_root(self, path: str) -> Path:
        """Return the folder that holds `runs/`: this one, or the nearest above it.

        Raises:
            NotFound: there is none within the server's folder.
            InvalidArgument: as `find`.
        """
        folder = self.find(path)
        for each in self._upwards(folder):
            try:
                runs = self.find(self.tell(each / _RUNS))
            except InvalidArgument:  # a link that leads outside
                continue
            if runs.is_dir() and not paths.holds_run(each):
                return each
        raise NotFound(f"no runs in {self.tell(folder) or 'this folder'}; a notebook records its runs beside itself, under {_RUNS}/")

    def find_run(self, path: str) -> Path:
        """Return the run folder that a file or a folder lies in, or is.

        Raises:
            NotFound: it lies in none.
            InvalidArgument: as `find`.
        """
        found = self.find(path)
        for each in self._upwards(found):
            if each.is_dir() and paths.holds_run(each):
                return each
        raise NotFound(f"{_shown(path)} is in no run folder: none above it has a {paths.RUN_FILE}")

    def _upwards(self, folder: Path) -> list[Path]:
        """Return a folder and those above it, up to the server's own."""
        every = [folder, *folder.parents]
        return every[: every.index(self.root) + 1]


def _shown(path: str) -> str:
    return escape_controls(repr(path[:200]))
