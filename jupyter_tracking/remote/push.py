"""Send a run to an object store: what is there already is left alone, and what names comes after what it names."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from jupyter_tracking.errors import InvalidArgument, MissingFile, OddKey, StoreError, escape_controls
from jupyter_tracking.format import paths
from jupyter_tracking.frames.catalog.root_catalog import put_entry
from jupyter_tracking.kinds.calls import checks_arguments
from jupyter_tracking.printed import count_of
from jupyter_tracking.progress import Progress
from jupyter_tracking.read.find import find_run
from jupyter_tracking.remote.own_files import mark_as_pushed
from jupyter_tracking.remote.snapshot import PART, Snapshot, digests, read_parts, snapshots
from jupyter_tracking.remote.tails import Tails
from jupyter_tracking.storage.objects import Entry, ObjectStore, local_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jupyter_tracking.read.run_reader import RunFolder
    from jupyter_tracking.remote.tails import File

_AT_ONCE = 16  # each sends a file, large ones in parts side by side
_UNITS = {"B": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}


class Pushed(NamedTuple):
    """What `push` did.

    Attributes:
        url: where the run is now; `open_run` takes it.
        sent: the files that were sent.
        skipped: how many were there already.
        bytes: how many bytes were sent.
        left_out: files whose names the store does not take.
    """

    url: str
    sent: list[str]
    skipped: int
    bytes: int
    left_out: list[str]

    def __repr__(self) -> str:
        """Say it in a line."""
        unit = next((unit for unit in reversed(_UNITS) if self.bytes >= _UNITS[unit]), "B")
        amount = f"{self.bytes / _UNITS[unit]:.3g} {unit}" if unit != "B" else f"{self.bytes} B"
        files = count_of(len(self.sent), "file")
        left = f", {len(self.left_out)} left out for their names" if self.left_out else ""
        return escape_controls(f"<pushed {files} ({amount}) to {self.url}; {self.skipped:,} were there{left}>")


@checks_arguments
def push(run: object, url: str, storage_options: Mapping[str, Any] | None = None, *, root: str | os.PathLike[str] | None = None) -> Pushed:
    """Copy a run to an object store, where `open_run`, `runs(root=url)` and Polyaxon find it: `<url>/runs/<uuid>/`.

    What is there already is not sent again, so that a second call finishes what the first could not, and one after more was logged
    sends what is new. At any moment whoever sees the run's document there sees everything that it names: assets come first, then rows up to
    the last whole one, then the journals and the lineage, and the document last. Nothing is deleted there but the tails of files that are
    whole by then, as a mirror sends them. In the end the run is put into the catalog of the root (see `catalog`), which `runs(root=url)`
    reads.

    Args:
        run: the run, running or ended, as `open_run` takes it.
        url: the root for runs at the store: `s3://bucket/path`, `gs://…`, `az://…`, `file:///folder`, `memory://name`; or the run's own
            place under one, `…/runs/<uuid>`.
        storage_options: of the store, such as `endpoint`, `region`, `access_key_id`; by default the environment's.
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.

    Returns:
        Where the run is now, and what was sent.

    Raises:
        NotFound: there is no such run.
        InvalidArgument: a run that is at a store, or no URL.
        StoreError: the store refuses, or does not answer; what was sent stays, and the next call goes on.
        MissingExtra: obstore is not installed.
    """
    copy = PushedRun(find_run(run, root), url, storage_options)
    with Progress("push()", "files") as progress:
        return copy.push(progress)


class PushedRun:
    """A run and its copy at a store, which grows with it.

    Attributes:
        url: where the copy is.
    """

    def __init__(self, folder: RunFolder, url: str, storage_options: Mapping[str, Any] | None = None) -> None:
        """Name both; nothing is read or sent. Raises as `ObjectStore.at`."""
        if folder.source is not None:
            raise InvalidArgument(f"run={folder.source.url!r} is at a store already; give a run in a folder")
        if not paths.is_file_name(folder.uuid):
            raise InvalidArgument(f"the run in {folder.path} has the uuid {folder.uuid!r}, which is no name of a folder")
        place = f"runs/{folder.uuid}"
        top = str(url).rstrip("/")
        self.store = ObjectStore.at(top if top.endswith(f"/{place}") else f"{top}/{place}", storage_options)
        self.url = self.store.url
        self._once = ObjectStore.at(self.url, {**(storage_options or {}), "max_retries": 0})
        self._root = ObjectStore.at(self.url.removesuffix(f"/{place}"), storage_options)
        local = local_path(self.url)
        if local is not None and os.path.realpath(local) == os.path.realpath(folder.path):
            raise InvalidArgument(f"url={url!r} is where the run lies; give another place")
        self._folder = folder
        self._sent: dict[str, tuple[object, str]] = {}  # what is known to be there: how it looked here, and its md5
        self._listed: dict[str, Entry] | None = None
        self._bases: dict[str, File] = {}  # of what is a beginning there: the inode of the file here, and how many bytes are there
        self._tails = Tails(folder, self.store)
        self._lock = threading.Lock()
        self._is_finished: bool | None = None  # whether the last push came to its end; None where another process made it
        self._note: dict[str, list[Any]] | None = None  # `files.json` of the copy

    def push(
        self, progress: Callable[[int, int], object] | None = None, *, wanted: Callable[[Snapshot, int | None], bool] | None = None
    ) -> Pushed:
        """Send what is not there.

        Args:
            progress: called with how many files are done, and how many there are.
            wanted: says of a file that has changed, and how many bytes of it are there (None: it is not), whether to send it now as a
                whole; of one that only grew the rest is sent behind it else.
        """
        every = snapshots(self._folder)
        sent = self._begin(every)
        listed = self._list()
        finished = self._is_finished if self._is_finished is not None else _ends_with_note(listed)
        self._is_finished = False
        left_out: list[str] = []
        grown: list[Snapshot] = []
        done = behind = 0

        def send(path: str) -> int:
            try:
                return self._send(known[path], listed, wanted, grown)
            except MissingFile:  # it went away between the walk and now
                return -1
            except InvalidArgument:
                left_out.append(path)
                return -1

        for wave in sorted({each.wave for each in every}):
            known = {each.path: each for each in every if each.wave == wave}
            for path, size in self.store.each(send, known, at_once=_AT_ONCE):
                done += 1
                if progress is not None:
                    progress(done, len(every))
                sent |= {path: size} if size >= 0 else {}
            behind += self._send_behind(grown, listed)  # what names the new rows comes after them
        if not finished or sent.keys() & {paths.RUN_FILE, paths.LINEAGES_FILE}:
            put_entry(self._root, self._folder, self._folder.uuid)
        skipped = len(every) - len(sent) - len(left_out)
        if sent or not finished:
            self._send_note(every)
            sent[paths.FILES_NOTE] = 0
        self._is_finished = True
        self._tails.drop(None if wanted is None else self._bases)
        return Pushed(self.url, [*sent], skipped, sum(sent.values()) + behind, sorted(left_out))

    def _begin(self, every: list[Snapshot]) -> dict[str, int]:
        """Send the first file of a run that was never pushed from here; return its path and size.

        The store takes it only where there is none. There being none of the first means that there is none of the others, so nothing has
        to be listed; where somebody else has pushed the run, the store knows no such condition, or it fails, it is listed as ever.
        """
        first = next((each for each in every if each.wave == every[0].wave and each.size <= PART), None)
        if self._listed is not None or first is None or not mark_as_pushed(self._folder.path):
            return {}
        try:
            whole, _ = digests(self._folder, first)
            etag = self._once.put(first.path, b"".join(read_parts(self._folder, first)), create=True) or ""
        except (MissingFile, InvalidArgument, StoreError):
            return {}
        self._listed = {}
        self._keep(first, whole, etag)
        return {first.path: first.size}

    def _list(self) -> dict[str, Entry]:
        if self._listed is None:
            try:
                found = {entry.path: entry for entry in self.store.list()}
            except OddKey:  # somebody's own; what is there is sent again
                found = {entry.path: entry for entry in self.store.list(paths.TAILS)}
            tails = [path for path in found if path.startswith(f"{paths.TAILS}/")]
            self._tails.found(tails)
            self._listed = {path: entry for path, entry in found.items() if path not in tails}
        return self._listed

    def _send_behind(self, grown: list[Snapshot], listed: dict[str, Entry]) -> int:
        """Send what files have grown by; return how many bytes. One that is there and is no beginning of the file is forgotten."""
        sent = self._tails.send(grown, self._bases)
        for path in {each.path for each in grown}.difference(self._bases):
            listed.pop(path, None)
        grown.clear()
        return sent

    def _goes_whole(self, snapshot: Snapshot, there: Entry | None, wanted: Callable[[Snapshot, int | None], bool]) -> bool:
        """Return whether a file is sent as a whole now; else what is there is its beginning, or it has to wait."""
        if there is None or wanted(snapshot, there.size):
            return True
        if not self._folder.rows_are_ours:  # Polyaxon may end its last row anew
            self._bases.pop(snapshot.path, None)
            return False
        if snapshot.path not in self._bases and there.size <= snapshot.size:
            whole, etag = digests(self._folder, snapshot._replace(size=there.size))
            if there.etag == etag or self._is_noted(snapshot.path, whole, there.etag):
                self._bases[snapshot.path] = snapshot.stat[0], there.size
        inode, size = self._bases.get(snapshot.path, (-1, 0))
        return inode != snapshot.stat[0] or size > snapshot.size

    def _send(
        self,
        snapshot: Snapshot,
        listed: Mapping[str, Entry],
        wanted: Callable[[Snapshot, int | None], bool] | None,
        grown: list[Snapshot],
    ) -> int:
        """Send a file unless it is there; return how many bytes were sent, or -1. One of which the rest goes behind it joins `grown`."""
        path = snapshot.path
        if path in self._sent and self._sent[path][0] == snapshot.looks:
            return -1
        there = listed.get(path)
        if wanted is not None and not self._goes_whole(snapshot, there, wanted):
            grown += [snapshot] if path in self._bases else []
            return -1
        whole, etag = digests(self._folder, snapshot)
        if there is None or there.size != snapshot.size or not (there.etag == etag or self._is_noted(path, whole, there.etag)):
            data: Any = b"".join(read_parts(self._folder, snapshot)) if snapshot.size <= PART else read_parts(self._folder, snapshot)
            self._keep(snapshot, whole, self.store.put(path, data) or "")
            return snapshot.size
        self._keep(snapshot, whole, there.etag or "")
        return -1

    def _keep(self, snapshot: Snapshot, digest: str, etag: str) -> None:
        """Know of a file that it is there as it is here."""
        self._take(snapshot.path, snapshot.size, etag)
        self._sent[snapshot.path] = snapshot.looks, digest
        self._bases[snapshot.path] = snapshot.stat[0], snapshot.size

    def _take(self, path: str, size: int, etag: str) -> None:
        if self._listed is not None:
            self._listed[path] = Entry(path, size, etag, None)

    def _is_noted(self, path: str, digest: str, etag: str | None) -> bool:
        """Return whether the copy's own note says that what is there has this md5, as of stores whose ETags are none."""
        with self._lock:
            if self._note is None:
                self._note = self._read_note()
        return etag is not None and self._note.get(path, [None])[1:] == [digest, etag]

    def _read_note(self) -> dict[str, Any]:
        if paths.FILES_NOTE not in (self._listed or {}):
            return {}
        try:
            note = orjson.loads(self.store.get(paths.FILES_NOTE))
        except (MissingFile, ValueError):
            return {}
        return {path: said for path, said in note.items() if isinstance(said, list)} if isinstance(note, dict) else {}

    def _send_note(self, every: Iterable[Snapshot]) -> None:
        """Send what the copy has: path, and its size, md5 and ETag."""
        listed = self._list()
        found = {
            each.path: [listed[each.path].size, self._sent[each.path][1], listed[each.path].etag]
            for each in every
            if each.path in self._sent and each.path in listed
        }
        data = orjson.dumps(found, option=orjson.OPT_INDENT_2)
        self._take(paths.FILES_NOTE, len(data), self.store.put(paths.FILES_NOTE, data) or "")


def _ends_with_note(listed: Mapping[str, Entry]) -> bool:
    """Return whether the push before came to its end: what it sends last is as new as the document."""
    note, document = listed.get(paths.FILES_NOTE), listed.get(paths.RUN_FILE)
    if note is None or document is None or note.modified is None or document.modified is None:
        return note is not None
    return note.modified >= document.modified
