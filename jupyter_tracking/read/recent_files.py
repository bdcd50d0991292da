"""The event files of a run that were read, kept so that each is read on from where the last reading ended."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from jupyter_tracking.fork import free_after_fork

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from jupyter_tracking.read.event_file import EventFile

_BYTES = 64_000_000


class RecentFiles:
    """Event files by name: those whose rows somebody holds, and of the others the ones read last, of so many bytes of rows."""

    def __init__(self, most_bytes: int = _BYTES) -> None:
        """Begin with none; `most_bytes` bounds the rows that are kept for nobody."""
        self._most = most_bytes
        self._known: WeakValueDictionary[Hashable, EventFile] = WeakValueDictionary()
        self._kept: OrderedDict[Hashable, tuple[EventFile, int]] = OrderedDict()
        self._bytes = 0
        self._lock = free_after_fork(threading.Lock())

    def get(self, name: Hashable, make: Callable[[], EventFile]) -> EventFile:
        """Return a file, made by `make` if it is not known; others that are not in use are forgotten where the room is needed."""
        with self._lock:
            if self._kept:
                self._measure(next(reversed(self._kept)))  # which may have been read since it was asked for
            file = self._known.get(name)
            if file is None:
                file = self._known[name] = make()
            self._kept.setdefault(name, (file, 0))
            self._kept.move_to_end(name)
            while self._bytes > self._most and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1][1]
            return file

    def _measure(self, name: Hashable) -> None:
        file, before = self._kept[name]
        self._kept[name] = file, file.nbytes
        self._bytes += file.nbytes - before
