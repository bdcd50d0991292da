"""Append rows to files, durably: the only writer of event files.

When `append` returns, the row is in the operating system's page cache: nothing that happens to this process can lose it. A row is
any bytes that end with a newline.
"""

from __future__ import annotations

import errno
import os
import weakref
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from jupyter_tracking.errors import RunEnded, TrackingError, storage_error, storage_errors
from jupyter_tracking.fork import call_after_fork
from jupyter_tracking.storage.reentry import ROWS, hold, interrupted, is_held, run_waiting, waiting
from jupyter_tracking.storage.syscalls import close_when_dropped
from jupyter_tracking.storage.writer_lock import HELD, TAKEN, RowLock
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from jupyter_tracking.storage.store import Store

_Opened = TypeVar("_Opened")

_TAIL = 65_536
_APPEND = os_calls.O_RDWR | os_calls.O_APPEND | os_calls.NO_LINKS
_MAY_BE_LOST = "may not outlive a power failure"
_TOO_MANY = {errno.EMFILE, errno.ENFILE}

# How far an append has come. A call that interrupts it may add a row of its own while it is appending, and not while it opens the file.
_IDLE, _APPENDING, _OPENING = range(3)


class Journal:
    """One file of newline-terminated rows, shared safely by threads, processes and forked children."""

    __slots__ = (
        "__weakref__",
        "_ended",
        "_fd",
        "_inode",
        "_lock",
        "_prepared_stat",
        "_seen",
        "_size",
        "_state",
        "_store",
        "dirty",
        "header",
        "relative",
    )

    def __init__(self, store: Store, relative: str, header: bytes = b"", lock: RowLock | None = None) -> None:
        """Name the file; nothing is opened or made before the first append.

        Args:
            store: the run folder.
            relative: the file, relative to the run folder.
            header: the first line of the file, if it has to be made.
            lock: that of its folder, which whoever writes to the file has to take; by default the file is locked itself.
        """
        self._fd = self._inode = -1
        self._size = 0  # bytes up to the last newline we know of
        self._state = _IDLE
        self._ended = False
        self._seen: tuple[int, int] | None = None  # its folder, as it was when the file at our path was last seen to be the open one
        self._store = store
        self.relative = relative
        self.header = header
        self._prepared_stat = os_calls.PreparedStat(os.fsencode(store.path / relative))
        self._lock = lock or RowLock()
        self.dirty = False
        call_after_fork(self)

    @property
    def _has_own_lock(self) -> bool:
        return type(self._lock) is RowLock

    def append(self, row: bytes, more: Sequence[tuple[Journal, bytes]] = ()) -> None:
        """Append one row. The file is made, whole with header and row, if it is not there.

        Args:
            row: ends with a newline and holds no other.
            more: journals that share the lock of this one, and a row for each, which are appended after it.

        Raises:
            RunEnded: the run has ended.
            RunGone: the run folder was moved or deleted.
            ReentrantCall: this call has interrupted one of its own thread, which has written half of a row to the same file.
            StorageError: the disk refused; nothing of the row remains, every earlier row does.
        """
        system, lock = self._store.system, self._lock
        threads = lock.threads
        if lock.held and not is_held(threads):  # else it is free, or held by an append of this thread, which we have interrupted
            threads = hold(threads, ROWS, self.relative)
        try:
            with threads:
                outer = lock.held
                if not outer:
                    lock.held = HELD
                try:
                    folder = self._append(row, None, looks=bool(more))  # one look for all, once they are locked
                    for journal, its_row in more:
                        lock.check_held()
                        journal._append(its_row, folder)  # noqa: SLF001 - a journal too
                    if not outer:
                        lock.release(system)
                except BaseException:
                    if not outer:
                        lock.release(system)  # again, where an interrupt came just before it was released
                    raise
        finally:
            if waiting:
                run_waiting()

    def _append(self, row: bytes, folder: tuple[int, int] | None, *, looks: bool = False) -> tuple[int, int] | None:
        """Append one row, while the lock is held between threads; take it between processes.

        Args:
            row: as of `append`.
            folder: what `unchanged_folder` returned.
            looks: ask for that once the lock is taken, and return it.
        """
        self.dirty = True
        if self._state:  # we have interrupted an append to this file
            self._append_within(row)
            return None
        lock, system = self._lock, self._store.system
        try:
            self._state = _APPENDING
            if self._fd < 0 and self._open(self.header + row):
                self._state = _IDLE
                return None
            if lock.held != TAKEN:  # an append that we have interrupted may have been about to take it, and takes it again
                if lock.fd < 0:
                    _with_descriptors(lock.open)
                system.lock(lock.fd)
                lock.held = TAKEN
            if looks:
                folder = lock.unchanged_folder(system)
            if folder is not None and folder == self._seen:
                known = system.lseek(self._fd, 0, os.SEEK_END) == self._size
            else:
                try:
                    known = system.inode_and_size(self._prepared_stat) == (self._inode, self._size)
                except FileNotFoundError:
                    known = False
                self._seen = folder
            if not known and self._reopen_if_replaced(self.header + row):
                self._state = _IDLE
                return None
            self._write(row if self._size else self.header + row)
            self._state = _IDLE
        except BaseException as error:
            self._give_up(error)
            raise
        return folder

    def _give_up(self, error: BaseException) -> None:
        """Close the file, which unlocks it, wherever an interrupt came.

        Raises:
            StorageError, ReentrantCall: in place of the system's error.
        """
        forked = self._state == _IDLE and isinstance(error, OSError)  # `after_fork` has dropped the parent's descriptor
        self._state = _IDLE
        self._close()
        if forked:
            raise interrupted(f"a row of {self.relative}, which is the parent's of this process,") from error
        if isinstance(error, OSError) and not isinstance(error, TrackingError):
            raise storage_error(error, f"a row of {self.relative}", kept="every earlier row was kept") from error

    def _append_within(self, row: bytes) -> None:
        """Append a row while an append of this thread is interrupted, which unlocks the file when it goes on."""
        if self._state != _APPENDING or self._fd < 0 or self._lock.fd < 0:
            raise interrupted(f"a row of {self.relative}")
        with storage_errors(f"a row of {self.relative}", kept="every earlier row was kept"):
            self._store.system.lock(self._lock.fd)
            size = self._current_size()
            if not size or (size != self._size and self._store.system.pread(self._fd, 1, size - 1) != b"\n"):
                raise interrupted(f"a row of {self.relative}")
            self._size = size
            self._write(row)

    def _reopen_if_replaced(self, first: bytes) -> bool:
        """Open the file that is at our path now and find the end of its last row; return whether it had to be made, with its first row."""
        system = self._store.system
        self._state = _OPENING
        while (size := self._current_size()) is None:  # deleted, or another tool put its own file in place
            self._close()
            if self._open(first):
                return True
            system.lock(self._fd)
        self._size = self._cut_unfinished_row(size)
        self._state = _APPENDING
        return False

    def _current_size(self) -> int | None:
        """Return the size of the file at our path, or None when it is not the file that is open."""
        try:
            inode, size = self._store.system.inode_and_size(self._prepared_stat)
            if inode == self._inode:
                return size
        except FileNotFoundError:
            pass
        self._store.check_in_place()
        return None

    def _write(self, row: bytes) -> None:
        system = self._store.system
        try:
            done = system.write(self._fd, row)
            if done != len(row):
                system.write_all(self._fd, row[done:])
            if self._store.power:
                system.fdatasync(self._fd)
        except BaseException:
            # Cut off the part of the row that was written: with the newline of a later row it could read as a value.
            with suppress(OSError):  # the next append tries again
                system.ftruncate(self._fd, self._size)
            raise
        self._size += len(row)

    def _cut_unfinished_row(self, size: int) -> int:
        """Return the end of the last line; what follows it belongs to an append that did not return, and is cut off."""
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
        return end

    def _open(self, first: bytes) -> bool:
        """Open the file, or make it with its first row; return whether it was made."""
        if self._ended:
            raise RunEnded(f"run {self._store.path.name[:8]} ended while this was logged; nothing of it was written")
        state, self._state = self._state, _OPENING
        self._fd, self._inode, made = _with_descriptors(lambda: self._store.open_or_create(self.relative, first, _APPEND))
        if self._has_own_lock:
            self._lock.fd = self._fd
        self._size = len(first) if made else 0
        _open_journals[id(self)] = weakref.ref(self)
        _close_oldest(_max_open())
        self._state = state
        return made

    def _close(self) -> None:
        if self._fd >= 0 and self._has_own_lock:
            self._store.system.unlock(self._fd)  # before it is no longer ours: a call that interrupts this one opens it anew
        self._drop()

    def _drop(self) -> None:
        _open_journals.pop(id(self), None)
        fd, self._fd = self._fd, -1
        if self._has_own_lock:
            self._lock.fd = -1
        self._store.system.close_quietly(fd)

    def close(self, *, wait: bool = True, ended: bool = False) -> None:
        """Close the file; the next append opens it again.

        Args:
            wait: wait for the thread that is appending at this moment; else the file stays open.
            ended: the run has ended, and a later append is an error.
        """
        threads = self._lock.threads
        if is_held(threads) and (self._state or self._has_own_lock):  # this thread is in the middle of a row
            return
        if threads.acquire(blocking=wait):
            try:
                self._close()
                self._ended = ended
            finally:
                threads.release()

    def begin_sync(self) -> bool:
        """Return whether rows were appended that the disk may not have; they count as synced, which the caller does next."""
        with hold(self._lock.threads, ROWS, self.relative):
            begun, self.dirty = self.dirty, self._state != _IDLE  # a row that this call has interrupted is not there yet
            return begun

    def sync(self) -> None:
        """Wait until the disk has every row appended so far.

        Raises:
            RunGone: the run folder was moved or deleted.
            StorageError: the disk refused.
        """
        with syncing([self]) as files, storage_errors(self.relative, kept="every row was written", failed=_MAY_BE_LOST):
            for relative in files:
                self._store.sync_file(relative)

    def after_fork(self) -> None:
        """In a child: drop the parent's descriptor and lock. Who shares a descriptor shares its file lock too."""
        if self._has_own_lock:
            self._lock.after_fork()
        self._state = _IDLE
        self._drop()  # without unlocking it for the parent

    __del__ = close_when_dropped("_fd")  # of a run that was dropped


@contextmanager
def syncing(journals: Iterable[Journal]) -> Iterator[list[str]]:
    """Give the files whose rows the disk may not have, for a block that waits for it; where that fails, the next sync waits for them again.

    A row that is appended meanwhile is one for the next sync.
    """
    begun: list[Journal] = []
    try:
        begun.extend(journal for journal in journals if journal.begin_sync())
        yield [journal.relative for journal in begun]
    except BaseException:
        for journal in begun:
            journal.dirty = True
        raise


_open_journals: dict[int, weakref.ref[Journal]] = {}  # those with an open descriptor, the longest open first


def _max_open() -> int:
    most = os_calls.most_descriptors()
    return max(8, most // 2 - 64) if most else 1024


def _with_descriptors(opening: Callable[[], _Opened]) -> _Opened:
    """Open something; where no descriptor is left, once those of the journals that are not appending are closed."""
    try:
        return opening()
    except OSError as error:
        if error.errno not in _TOO_MANY:
            raise
    _close_oldest(0)
    return opening()


def _close_oldest(most: int) -> None:
    """Close the journals of this process that are open longest, so that at most `most` stay open."""
    excess = len(_open_journals) - most
    for number, reference in list(_open_journals.items())[:excess] if excess > 0 else []:
        journal = reference()
        if journal is None:
            _open_journals.pop(number, None)
        else:
            journal.close(wait=False)  # one that is appending stays open: waiting for it could be a deadlock
