"""The runs of some folders, as their panels are told of them: first the newest, then all, and from then on what has changed."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.format import paths
from jupyter_tracking.read.run_reader import RunFolder
from jupyter_tracking.views.model.payload import Payload, pack
from jupyter_tracking.views.model.run_table import RunTable, changed_rows, encode_rows, first_score, spark_of

if TYPE_CHECKING:
    import os

    from jupyter_tracking.format.document.metric_goal import Goal
    from jupyter_tracking.views.model.run_table import Row

_ROOTS = 3  # of which the rows are kept; of others they are read again
_SOON = 500  # runs that are read before the first answer
_FIRST = 200  # of more, so many of the newest are
_VERSIONS = 3  # that a page may be told the changes of
_LEAST = 0.5  # seconds between two looks at the files, however many pages ask


class _Version(NamedTuple):
    rows: list[Row]
    goals: dict[str, Goal]


class ListedRuns:
    """The runs under one root.

    Attributes:
        root: the folder that holds `runs/`.
    """

    def __init__(self, root: Path) -> None:
        """Name the root; nothing is read."""
        self.root = root
        self._lock = threading.Lock()
        self._table: RunTable | None = None
        self._whole: RunTable | None = None
        self._reading: threading.Thread | None = None
        self._total = 0
        self._looked = 0.0
        self._serial = f"{secrets.token_hex(4)}-{{}}"  # another server's versions are none of ours
        self._count = 0
        self._versions: OrderedDict[str, _Version] = OrderedDict()

    def tell(self, told: dict[str, Any], base: str, known: str) -> bytes | None:
        """Return the runs for a page, packed; None where it has them.

        Args:
            told: what else the page is told.
            base: the version of which the page has all rows.
            known: the version of which the page has all changes since.
        """
        told_now = self._news(told, base, known)
        self._read_others()
        return told_now

    def _news(self, told: dict[str, Any], base: str, known: str) -> bytes | None:
        with self._lock:
            self._look()
            version = self._version()
            if version == known:
                return None
            rows, goals = self._versions[version]
            about: dict[str, Any] = {**told, "version": version, "total": max(self._total, len(rows)), "reading": self._whole is None}
            before = self._versions.get(base)
        changed = changed_rows(rows, before.rows) if before is not None and before.goals == goals else None
        if changed is not None:
            return pack({"runs": {**about, "base": base, "patches": changed}}, [])
        return pack({"runs": {**about, "base": version, "patches": []}}, [(-1, 0, 0, encode_rows(rows, goals, hides_archived=True))])

    def courses(self, ids: set[str]) -> bytes:
        """Return the courses of the first result of runs, packed, with the ids of those that there are."""
        with self._lock:
            table = self._look()
            metric = first_score(table.rows, table.goals)
            folders = [(row["id"], folder) for folder, row in table.every if row["id"] in ids]
        payload = Payload({}, [spark_of(folder, metric) for _, folder in folders])
        return pack({"courses": [identity for identity, _ in folders]}, [(-1, 0, 0, payload)])

    def find(self, identity: str) -> RunFolder | None:
        """Return a run by its id in the table, or its uuid."""
        with self._lock:
            return self._look().find(identity)

    def _look(self) -> RunTable:
        """Return the table as it is now; of many runs, until all are read, that of the newest."""
        now = time.monotonic()
        if self._whole is not None and self._table is not self._whole:
            self._table = self._whole
        elif self._table is None:
            folders = paths.run_entries(self.root)
            self._total = len(folders)
            if self._total <= _SOON:
                self._table = self._whole = RunTable(None, self.root)
            else:
                newest = sorted(folders, key=_last_change, reverse=True)[:_FIRST]
                self._table = RunTable([RunFolder(Path(entry.path)) for entry in newest], self.root)
        elif now - self._looked > _LEAST:
            self._table.poll()
        self._total = max(self._total, len(self._table.rows)) if self._whole is None else len(self._table.rows)
        self._looked = now
        return self._table

    def _read_others(self) -> None:
        """Begin to read all runs where only the newest were: after these are told, which would take longer beside it."""
        with self._lock:
            if self._whole is None and self._reading is None:
                self._reading = threading.Thread(target=self._read, name="jupyter-tracking-runs", daemon=True)
                self._reading.start()

    def _read(self) -> None:
        try:
            self._whole = RunTable(None, self.root)
        except Exception:  # noqa: BLE001 - the newest are shown; the next look tries again, and tells what is wrong
            with self._lock:
                self._table = self._reading = None

    def _version(self) -> str:
        """Return the version of the rows, which is a new one where they have changed."""
        assert self._table is not None
        now = _Version(list(self._table.rows), self._table.goals)
        last = next(reversed(self._versions), None)
        if last is not None and self._versions[last] == now and last.endswith("whole") == (self._whole is not None):
            return last
        self._count += 1
        version = self._serial.format(self._count) + ("-whole" if self._whole is not None else "")
        self._versions[version] = now
        while len(self._versions) > _VERSIONS:
            self._versions.popitem(last=False)
        return version


def _last_change(entry: os.DirEntry[str]) -> int:
    """Return when a run folder was last changed, in ns: it has the time of its documents, which are put into it anew with each change."""
    try:
        return entry.stat(follow_symlinks=False).st_mtime_ns
    except OSError:  # it was deleted meanwhile
        return 0


class ListedRoots:
    """The runs of those few roots that were asked for last."""

    def __init__(self) -> None:
        """Know none."""
        self._lock = threading.Lock()
        self._roots: OrderedDict[Path, ListedRuns] = OrderedDict()

    def get(self, root: Path) -> ListedRuns:
        """Return the runs of a root."""
        with self._lock:
            found = self._roots.pop(root, None) or ListedRuns(root)
            self._roots[root] = found
            while len(self._roots) > _ROOTS:
                self._roots.popitem(last=False)
            return found
