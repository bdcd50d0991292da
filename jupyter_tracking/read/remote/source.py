"""The files of one run at an object store, as a private folder in which each file comes when it is read."""

from __future__ import annotations

import errno
import os
import threading
from collections import OrderedDict
from contextlib import contextmanager, suppress
from hashlib import sha256
from time import monotonic, time
from typing import TYPE_CHECKING

import orjson

from jupyter_tracking.budgets import MOST_FETCHED_TABLE_BYTES
from jupyter_tracking.errors import InvalidArgument, MissingFile, OddKey, StorageFull, StoreError, escape_controls
from jupyter_tracking.fork import free_after_fork
from jupyter_tracking.format import lineage, paths
from jupyter_tracking.read.remote.cache import make_placeholder
from jupyter_tracking.read.remote.ranges import RangedFile
from jupyter_tracking.read.remote.tail_object import join
from jupyter_tracking.read.remote.tail_reader import TailReader
from jupyter_tracking.storage.objects import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from jupyter_tracking.read.remote.cache import ObjectCache
    from jupyter_tracking.storage.objects import ObjectStore

LOOK_EVERY = 30.0  # seconds: a store takes money for each listing
_ALIVE = 180.0  # seconds since the copier's last note, which it renews every minute
DOCUMENTS = (paths.RUN_FILE, paths.LINEAGES_FILE)
_AT_ONCE = (*DOCUMENTS, paths.LINEAGE_JOURNAL, paths.ASSET_JOURNAL)  # what every question needs: they come together
_FOLDERS = ("events", "assets", "outputs", "plxlogs", "resources", "code", paths.PRIVATE_FOLDER)


class RemoteFiles:
    """What a run at a store has, and its files as far as they were read.

    Attributes:
        url: where the run is.
        path: the private folder. What was not read yet is there with its size and time, and cannot be opened.
        problems: names at the store that are no file of a run, and why the last look failed: (file, what is wrong).
    """

    def __init__(self, store: ObjectStore, path: Path, cache: ObjectCache) -> None:
        """Name the run; nothing is asked of the store."""
        self.url, self.path = store.url, path
        self._store, self._cache = store, cache
        self._entries: dict[str, Entry] | None = None  # None until the run was listed
        self._present: dict[str, str] = {}  # what is in the folder, by version
        self._blocks: dict[tuple[str, str], OrderedDict[int, bytes]] = {}  # of large files, by path and version
        self._tails = TailReader(store)
        self._odd: list[tuple[str, str]] = []
        self._failed: list[tuple[str, str]] = []
        self._next = 0.0
        self._is_ahead = False  # a file came since the last look, and may name what was not there then
        self._lock = free_after_fork(threading.RLock())

    @property
    def problems(self) -> list[tuple[str, str]]:
        """What is wrong with it at the store."""
        return self._odd + self._failed

    # --- looking ---------------------------------------------------------------------------------

    def look(self, *, now: bool = False) -> bool:
        """List the run, unless it was listed within the last 30 s; return whether there is anything.

        Raises:
            StoreError: it cannot be listed, and never was, or `now` is asked for.
        """
        with self._lock:
            if self._entries is None or now or monotonic() >= self._next:
                try:
                    entries = self._tails.take(self._list)
                    self._failed = []
                except StoreError as error:
                    self._next = monotonic() + LOOK_EVERY
                    if self._entries is None or now:
                        raise
                    self._failed = [("", f"shown as it was at the last look: {error}")]
                    return True
                self._next = monotonic() + LOOK_EVERY
                self._is_ahead = False
                self._take(entries)
            return bool(self._entries)

    def look_at_documents(self) -> None:
        """Look again where the run was listed; documents that came by themselves hold until it is."""
        if self._entries is not None:
            self.look()

    def fetch_documents(self) -> None:
        """Fetch the two documents by their names, without a listing; one that is not there is left out."""
        for relative in DOCUMENTS:
            try:
                self._fetch(Entry(relative, 0, None, None))
            except MissingFile:
                self._remove(relative)

    def is_written(self) -> bool:
        """Return whether a copier has said within three minutes that the run goes on."""
        noted = (self._entries or {}).get(paths.MIRROR_NOTE)
        return noted is not None and noted.modified is not None and time() - noted.modified.timestamp() < _ALIVE

    # --- files -----------------------------------------------------------------------------------

    def fetch(self, relatives: Iterable[str]) -> None:
        """Fetch files that are about to be read, side by side; those that are there and what is no file are left out.

        Raises:
            StoreError: the store refuses or does not answer.
            StorageFull: there is no room for them.
        """
        wanted = [relative for relative in relatives if self._entries is not None or relative not in self._present]
        if not wanted:
            return
        if self._entries is None:
            self.look()
        self._catch_up(wanted)
        entries = self._entries or {}
        missing = {}
        for relative in wanted:
            with suppress(InvalidArgument):
                entry = entries.get(paths.safe_relative(relative))
                if entry is not None and self._present.get(entry.path) != _version(entry):
                    missing[entry.path] = entry

        def fetch(path: str) -> None:
            try:
                self._fetch(missing[path])
            except MissingFile:  # it went away since the last look
                entries.pop(path, None)
                self._remove(path)

        for _ in self._store.each(fetch, missing):
            pass

    def _catch_up(self, relatives: Iterable[str]) -> None:
        """Look again where an asset is asked for that was not there at the last look, and that a file names which came later."""
        entries = self._entries or {}
        if self._is_ahead and any(path.startswith("assets/") and path not in entries for path in relatives):
            self.look(now=True)

    def has(self, path: str, size: int | None) -> bool:
        """Return whether there is a file of this size, or of any where it is None, or a folder."""
        self.look()
        self._catch_up([path])
        entries = self._entries or {}
        if path in entries:
            return size in {None, entries[path].size}
        return bool(path) and any(each.startswith(f"{path}/") for each in entries)

    def ranged(self, path: str) -> RangedFile | None:
        """Return a large file that is not here yet, of which only those parts come that are read; None of any other."""
        self.look()
        entry = (self._entries or {}).get(path)
        if entry is None or entry.size <= MOST_FETCHED_TABLE_BYTES or self._present.get(path) == _version(entry):
            return None
        blocks = self._blocks.setdefault((path, _version(entry)), OrderedDict())
        return RangedFile(lambda start, size: self._store.get_range(path, start, size), entry.size, blocks)

    def fetch_below(self, folder: str) -> None:
        """Fetch everything below a folder of the run, or all of it."""
        self.look()
        self.fetch([path for path in self._entries or {} if not folder or path.startswith(f"{folder.rstrip('/')}/")])

    def _fetch(self, entry: Entry) -> None:
        target = self.path / entry.path
        if entry.etag is not None and self._cache.link(self._name(entry), target):
            self._present[entry.path] = _version(entry)
            return
        self._is_ahead = self._is_ahead or not entry.path.startswith("assets/")
        modified = time() if entry.modified is None else entry.modified.timestamp()
        grown = self._tails.grown.get(entry.path)
        if grown is None:
            self._cache.add(self._name(entry), target, modified, lambda file: self._store.get_into(entry.path, file))
        else:
            with self._base_of(grown.base) as base:
                self._cache.add(self._name(entry), target, modified, lambda file: join(base, grown.pieces, file))
        self._present[entry.path] = _version(entry)

    @contextmanager
    def _base_of(self, entry: Entry) -> Iterator[BinaryIO]:
        """Open the file that is there of one that has grown since: it is fetched once, however often it grows."""
        digest = sha256(self._name(entry).encode("utf-8", "surrogatepass")).hexdigest()
        aside = self._cache.opened / "bases" / f"{digest}-{threading.get_ident()}"
        if entry.etag is None or not self._cache.link(self._name(entry), aside):
            self._cache.add(self._name(entry), aside, time(), lambda file: self._store.get_into(entry.path, file))
        try:
            with aside.open("rb") as file:
                yield file
        finally:
            aside.unlink(missing_ok=True)

    def _name(self, entry: Entry) -> str:
        return f"{self._store.identity}\0{entry.path}\0{_version(entry)}"

    # --- the folder ------------------------------------------------------------------------------

    def _take(self, entries: list[Entry]) -> None:
        """Let the folder have what was listed."""
        folders = {path[:at] for path, *_ in entries for at, char in enumerate(path) if char == "/"}
        known: dict[str, Entry] = {}
        self._odd = [each for each in self._odd if each[0].endswith("/")] + self._tails.odd
        for entry in entries:
            wrong = _wrong_name(entry.path) or ("is a file and a folder" if entry.path in folders and entry.size else "")
            if wrong:
                self._odd.append((escape_controls(entry.path)[:200], f"{wrong}; it is not read"))
            elif entry.path not in folders:
                known[entry.path] = entry
        for path in [path for path in self._present if path not in known]:
            self._remove(path)
        for path, entry in list(known.items()):
            try:
                self._place(entry)
            except StorageFull:
                raise
            except OSError as error:
                self._odd.append((escape_controls(path)[:200], f"cannot be a file here: {error.strerror or error}"))
                del known[path]
        self._entries = known
        self.fetch(_AT_ONCE)

    def _place(self, entry: Entry) -> None:
        if self._present.get(entry.path) == _version(entry):
            return
        target = self.path / entry.path
        if entry.etag is not None and self._cache.link(self._name(entry), target):
            self._present[entry.path] = _version(entry)
        elif entry.path not in _AT_ONCE:  # those come at once, and until then the earlier ones stay
            make_placeholder(target, entry.size, time() if entry.modified is None else entry.modified.timestamp())
            self._present[entry.path] = ""

    def _remove(self, relative: str) -> None:
        self._present.pop(relative, None)
        with suppress(OSError):
            (self.path / relative).unlink()

    # --- one odd name ----------------------------------------------------------------------------

    def _list(self) -> list[Entry]:
        self._odd = []
        try:
            return self._store.list()
        except OddKey:
            return self._list_by_folders()

    def _list_by_folders(self) -> list[Entry]:
        """List a run in which a name is no path: folder by folder, and where even that fails, what the run itself names."""
        found: dict[str, Entry] = {}
        named: list[str] | None = None
        pending = ["", *(f"{folder}/" for folder in _FOLDERS)]
        seen = set(pending)
        while pending:
            folder = pending.pop()
            try:
                for entry in self._store.list(folder, shallow=True):
                    if not entry.path.endswith("/"):
                        found[entry.path] = entry
                    elif entry.path not in seen:
                        seen.add(entry.path)
                        pending.append(entry.path)
            except OddKey as error:
                self._odd.append((folder or "/", f"{error.strerror}; what the run names is read"))
                named = self._named() if named is None else named
                inside = [path for path in named if path.startswith(folder) and path not in found]
                found |= {path: Entry(path, len(data), None, None) for path, data in self._store.get_many(inside).items()}
        return list(found.values())

    def _named(self) -> list[str]:
        """Return the files that the run's documents and journals name."""
        texts = self._store.get_many([*_AT_ONCE, paths.FILES_NOTE])
        records = lineage.parse_lineages(texts.get(paths.LINEAGES_FILE, b"[]"))[0]
        records += lineage.parse_journal(texts.get(paths.LINEAGE_JOURNAL, b""))[0]
        named = [record.path for record in records] + list(lineage.parse_asset_journal(texts.get(paths.ASSET_JOURNAL, b""))[0])
        with suppress(ValueError, TypeError, AttributeError):
            named += list(orjson.loads(texts.get(paths.FILES_NOTE, b"{}")))
        return list(dict.fromkeys([*texts, *(path for path in named if isinstance(path, str) and not _wrong_name(path))]))


def is_mirrored(note: tuple[int, ...]) -> bool:
    """Return the same of a copy in a folder, whose note has this `file_stat`."""
    return bool(note) and time() - note[2] / 1e9 < _ALIVE


def _version(entry: Entry) -> str:
    return f"{entry.etag}-{entry.size}" if entry.etag is not None else f"-{entry.size}-{entry.modified}"


def _wrong_name(path: str) -> str:
    """Return why the name of an object is no file of a run, or an empty string."""
    try:
        plain = paths.safe_relative(path) == path
        short = all(len(os.fsencode(part)) <= 255 for part in path.split("/")) and len(os.fsencode(path)) <= 2000  # noqa: PLR2004
    except (InvalidArgument, UnicodeError):
        plain = short = False
    if not plain:
        return "is no path of a run"
    return "" if short else os.strerror(errno.ENAMETOOLONG)
