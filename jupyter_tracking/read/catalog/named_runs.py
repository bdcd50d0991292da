"""The runs of a root by what users have of them: their names, their uuids, and how these begin."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from jupyter_tracking.errors import MalformedEvent, NotFound
from jupyter_tracking.format import paths
from jupyter_tracking.format.document import curation, run_document
from jupyter_tracking.read.catalog.at_store import catalog_at, open_runs
from jupyter_tracking.read.catalog.content import LocalCatalog
from jupyter_tracking.read.known_runs import list_run, run_name
from jupyter_tracking.read.remote.roots import find_root, list_runs, shown_root
from jupyter_tracking.read.run_reader import RunFolder

if TYPE_CHECKING:
    import os
    from collections.abc import Collection
    from pathlib import Path

    from jupyter_tracking.read.catalog.at_store import StoreCatalog
    from jupyter_tracking.read.known_runs import ListedRun

_SHORTEST_PREFIX = 4
WHOLE_UUID = 32
_MOST_NAMED = 10

_Age = tuple[bool, datetime, str]


def named_runs(root: str | os.PathLike[str] | None) -> NamedRuns:
    """Return the runs of a root: at a store what its catalog says of them, where it has one; raises as `find_root`."""
    stored = catalog_at(root)
    if stored is not None:
        return _RunsOfCatalog(stored)
    top = find_root(root)
    return NamedRuns(paths.run_folders(top), top)


class NamedRuns:
    """Runs in folders, of which only those documents are read that a question needs.

    Attributes:
        where: the root as the user knows it.
    """

    def __init__(self, folders: Collection[Path], root: Path) -> None:
        """Name the folders; nothing is read."""
        self.where = shown_root(root)
        self._runs = {path.name: RunFolder(path) for path in folders}
        self._catalog = LocalCatalog(root).get

    @property
    def folders(self) -> Collection[str]:
        """The names of their folders, which are the uuids of runs that we have written."""
        return self._runs

    @cached_property
    def by_name(self) -> dict[str, list[str]]:
        """The folders of the runs of each name, in its normal form."""
        found: dict[str, list[str]] = {}
        for folder in self.folders:
            found.setdefault(paths.normal_name(self.name(folder)), []).append(folder)
        return found

    @cached_property
    def by_document(self) -> dict[str, str]:
        """The folders of runs by the uuids in their documents, where their folders have other names."""
        return {uuid: folder for folder in self.folders if (uuid := self._uuid(folder)) != folder}

    def find(self, text: str) -> RunFolder | None:
        """Return the run of a uuid or a name, else the one whose uuid begins so, else None; it is the caller's own.

        Raises:
            NotFound: several uuids begin so.
        """
        chosen = self._choose(text)
        return None if chosen is None else self._opened(*chosen)

    def name(self, folder: str) -> str:
        """Return the name of a run."""
        return run_name(self._runs[folder], self._catalog)

    def _uuid(self, folder: str) -> str:
        return list_run(self._runs[folder], catalog=self._catalog).facts.uuid

    def _age(self, folder: str) -> _Age:
        """Return by what the newest of several is found: any other is newer than one that is archived."""
        info = self._runs[folder].info
        return not curation.is_archived(info), moment_of(info.get("created_at")), folder

    def _opened(self, folder: str, namesakes: int) -> RunFolder:
        found = RunFolder(self._runs[folder].path)
        found.namesakes = namesakes
        return found

    def _choose(self, text: str) -> tuple[str, int] | None:
        """Return the folder of the run that is meant, and how many have the name by which it was found; raises as `find`."""
        digits = text.replace("-", "").lower()
        if len(digits) == WHOLE_UUID and digits in self.folders:
            return digits, 1
        named = self.by_name.get(paths.normal_name(text))
        if named:
            return (max(named, key=self._age) if len(named) > 1 else named[0]), len(named)
        begun = [folder for folder in self.folders if len(digits) >= _SHORTEST_PREFIX and folder.startswith(digits)]
        if len(begun) > 1:
            names = ", ".join(folder[: max(8, len(digits) + 4)] for folder in begun[:_MOST_NAMED])
            raise NotFound(f"run={text!r}: {len(begun)} runs match: {names}; give more of the uuid")
        if not begun and len(digits) == WHOLE_UUID and text in self.by_document:
            begun = [self.by_document[text]]
        return (begun[0], 1) if begun else None


class _RunsOfCatalog(NamedRuns):
    """Runs at a store, of which its catalog tells; only the one that is found is opened.

    What the run's own document does not bear out is forgotten, and the runs that the catalog does not know are looked at where it has none.
    """

    def __init__(self, stored: StoreCatalog) -> None:
        self.where = stored.url
        self._listed: dict[str, ListedRun] = {}
        for folder, run in stored.content.runs.items():
            with suppress(MalformedEvent):
                self._listed[folder] = run.listed()
        self._runs = stored.others
        self._listed |= {folder: list_run(run) for folder, run in stored.others.items()}
        self._is_whole = not stored.content.is_whole  # then the runs that are there were listed just now

    @property
    def folders(self) -> Collection[str]:
        return self._listed

    def find(self, text: str) -> RunFolder | None:
        while (chosen := self._choose(text)) is not None or self._look_further():
            if chosen is None:
                continue
            folder = chosen[0]
            if folder not in self._runs:
                self._open(folder)
            else:
                return self._opened(*chosen)
        return None

    def name(self, folder: str) -> str:
        return self._listed[folder].facts.name

    def _uuid(self, folder: str) -> str:
        return self._listed[folder].facts.uuid

    def _age(self, folder: str) -> _Age:
        run = self._listed[folder]
        return not run.archived, moment_of(run.facts.created_at), folder

    def _look_further(self) -> bool:
        """Take the runs that are there and that nothing was known of; return False where that was done before."""
        if self._is_whole:
            return False
        self._is_whole = True
        self._learn(open_runs(self.where, list_runs(self.where) - self._listed.keys()))
        return True

    def _open(self, folder: str) -> None:
        """Open a run that the catalog tells of; where it is gone or has another name, forget what was said."""
        run = open_runs(self.where, [folder]).get(folder)
        if run is not None and run.name == self.name(folder):
            self._runs[folder] = run
        else:
            del self._listed[folder]
            self._learn({} if run is None else {folder: run})

    def _learn(self, runs: dict[str, RunFolder]) -> None:
        """Take what the documents of these runs say."""
        self._listed |= {folder: list_run(run) for folder, run in runs.items()}
        self._runs |= runs
        for kept in ("by_name", "by_document"):
            self.__dict__.pop(kept, None)


def moment_of(value: object) -> datetime:
    """Return a moment of a document; the beginning of time where there is none."""
    return run_document.parse_moment(value) or datetime.min.replace(tzinfo=UTC)
