"""Append rows to one file, durably: the only writer of event files.

`append` returned means the row is in the kernel's page cache: nothing that happens to this process
can lose it. Rows are opaque bytes that end with a newline here; no format is known.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING

from jupyter_tracking.errors import RunGone, storage_error
from jupyter_tracking.system import LINK_FLAGS

if TYPE_CHECKING:
    from jupyter_tracking.store import Store

__all__ = ["Journal"]

_TAIL = 65_536
_APPEND = os.O_RDWR | os.O_APPEND | LINK_FLAGS


class Journal:
    """One file of newline-terminated rows, shared safely by threads, processes and forked children."""

    __slots__ = ("__weakref__", "_fd", "_inode", "_lock", "_path", "_size", "_store", "dirty", "relative")

    def __init__(self, store: Store, relative: str) -> None:
        """Name the file, relative to the run; nothing is opened or made before the first append."""
        self._store = store
        self.relative = relative
        self._path = os.fsencode(store.path / relative)
        self._lock = threading.Lock()
        self._fd = -1
        self._inode = 0
        self._size = 0  # bytes up to the last newline we know of
        self.dirty = False
        _journals.add(self)

    def append(self, row: bytes, header: bytes = b"", *, power: bool = False) -> None:
        """Append one row. The file is made, whole with header and row, if it is not there.

        Args:
            row: ends with a newline and holds no other.
            header: the first line of a new file.
            power: wait until the disk itself has it.

        Raises:
            RunGone: the run folder was moved or deleted.
            StorageError: the disk refused; nothing of the row remains, every earlier row does.
        """
        system = self._store.system
        with self._lock:
            self.dirty = True
            try:
                if self._fd < 0 and self._open(header + row):
                    if power:
                        system.fdatasync(self._fd)
                    return
                system.lock(self._fd)
                try:
                    self._write(row, header)
                    if power:
                        system.fdatasync(self._fd)
                finally:
                    system.unlock(self._fd)
            except RunGone:
                self._close()
                raise
            except OSError as error:
                raise storage_error(error, f"a row of {self.relative}", kept="every earlier row was kept") from error

    def _write(self, row: bytes, header: bytes) -> None:
        system = self._store.system
        while (size := self._present_size()) is None:  # deleted, or another tool put its own file in place
            self._close()
            if self._open(header + row):
                return
            system.lock(self._fd)
        if size != self._size:
            self._recover(size)
            if not self._size:
                row = header + row
        try:
            system.write_all(self._fd, row)
        except BaseException:
            # Cut off what part of the row was written: closed by a later newline it could read as a value.
            system.ftruncate(self._fd, self._size)
            raise
        self._size += len(row)

    def _present_size(self) -> int | None:
        """Return the size of the file under our path, or None when it is not the one we hold."""
        try:
            seen = self._store.system.stat(self._path)
        except FileNotFoundError:
            self._store.check()
            return None
        return seen.st_size if seen.st_ino == self._inode else None

    def _recover(self, size: int) -> None:
        """Find the last newline; what follows was never acknowledged, and is cut off."""
        system = self._store.system
        end = size
        while end > 0:
            start = max(0, end - _TAIL)
            found = system.pread(self._fd, end - start, start).rfind(b"\n")
            if found >= 0:
                end = start + found + 1
                break
            end = start
        if end != size:
            system.ftruncate(self._fd, end)
        self._size = end

    def _open(self, first: bytes) -> bool:
        """Open the file, or make it with its first row; say whether it was made."""
        store = self._store
        store.make_room(self)
        fd, made = store.open_or_make(self.relative, first, _APPEND)
        self._fd = fd
        self._inode = store.system.fstat(fd).st_ino
        self._size = len(first) if made else 0
        return made

    def _close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            self._store.system.close(fd)

    def close(self) -> None:
        """Let go of the file; the next append opens it again."""
        with self._lock:
            self._close()

    def sync(self) -> None:
        """Wait until the disk has every row appended so far."""
        with self._lock:
            if not self.dirty:
                return
            if self._fd < 0:
                self._fd = self._store.open(self.relative, _APPEND)
                self._inode = self._store.system.fstat(self._fd).st_ino
            self._store.system.fsync(self._fd)
            self.dirty = False

    def after_fork(self) -> None:
        """Forget descriptor and lock of the parent: a lock is shared with whom one shares the descriptor."""
        self._lock = threading.Lock()
        self._close()


_journals: weakref.WeakSet[Journal] = weakref.WeakSet()


def _after_fork() -> None:
    for journal in list(_journals):
        journal.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
