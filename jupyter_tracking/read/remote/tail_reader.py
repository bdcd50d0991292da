"""The tails of a run at a store: what its event files have grown by since they were copied as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jupyter_tracking.budgets import MOST_TAIL_BYTES, MOST_TAILS_BYTES
from jupyter_tracking.errors import MissingFile, escape_controls
from jupyter_tracking.format import paths
from jupyter_tracking.read.remote.tail_object import Piece, covered, parse_tail
from jupyter_tracking.storage.objects import Entry

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from jupyter_tracking.storage.objects import ObjectStore

_LOOKS = 5  # at a run whose tails are replaced while they are read


class Grown(NamedTuple):
    """A file that is there, and the pieces that belong behind it."""

    base: Entry
    pieces: list[Piece]


class TailReader:
    """Reads the tails that a listing has, each once.

    Attributes:
        grown: by path, the files that have any.
        odd: what of them is not read: (path, why).
    """

    def __init__(self, store: ObjectStore) -> None:
        """Name the run; nothing is asked of the store."""
        self._store = store
        self._known: dict[str, list[Piece]] = {}  # by path and ETag
        self.grown: dict[str, Grown] = {}
        self.odd: list[tuple[str, str]] = []

    def take(self, look: Callable[[], list[Entry]]) -> list[Entry]:
        """Return what a look lists, without the tails, and with each file as long as they make it.

        A tail may go away between the look and its reading, since a whole file or another tail has come: then a further look is taken.
        """
        for last in (*[False] * (_LOOKS - 1), True):
            entries = look()
            tails = [entry for entry in entries if entry.path.startswith(f"{paths.TAILS}/")]
            if self._read(tails) or last:
                break
        if not tails:
            self.grown = {}
            return entries
        pieces: dict[str, list[tuple[Piece, datetime | None]]] = {}
        for tail in tails:
            for piece in self._known.get(_name(tail), ()):
                pieces.setdefault(piece.path, []).append((piece, tail.modified))
        self.grown, found = {}, []
        for entry in (entry for entry in entries if not entry.path.startswith(f"{paths.TAILS}/")):
            behind = [(piece, modified) for piece, modified in pieces.get(entry.path, ()) if piece.end > entry.size]
            size = covered(entry.size, [piece for piece, _ in behind])
            if size > entry.size:
                self.grown[entry.path] = Grown(entry, [piece for piece, _ in behind])
                times = [modified for modified in (entry.modified, *(modified for _, modified in behind)) if modified is not None]
                etag = f"{entry.etag}+{entry.size}" if entry.etag is not None else None
                found.append(Entry(entry.path, size, etag, max(times, default=None)))
            else:
                found.append(entry)
        return found

    def _read(self, tails: list[Entry]) -> bool:
        """Read the tails that are not known; return whether all are there."""
        size, wanted, odd = 0, {}, []
        for tail in tails:
            if tail.size > MOST_TAIL_BYTES or (size := size + tail.size) > MOST_TAILS_BYTES:
                odd.append((tail.path, "is more than is read of tails"))
            else:
                wanted[_name(tail)] = tail.path
        self._known = {name: pieces for name, pieces in self._known.items() if name in wanted}
        missing = {path: name for name, path in wanted.items() if name not in self._known}
        all_there = True
        for path, data in self._store.each(self._get, missing):
            if data is None:
                all_there = False
                continue
            try:
                self._known[missing[path]] = parse_tail(data)
            except (ValueError, TypeError):
                self._known[missing[path]] = []
        odd += [(path, "is damaged; it is not read") for name, path in wanted.items() if self._known.get(name) == []]
        self.odd = [(escape_controls(path)[:200], why) for path, why in odd]
        return all_there

    def _get(self, path: str) -> bytes | None:
        try:
            return self._store.get(path)
        except MissingFile:
            return None


def _name(entry: Entry) -> str:
    return f"{entry.path}\0{entry.etag}\0{entry.size}\0{entry.modified}"
