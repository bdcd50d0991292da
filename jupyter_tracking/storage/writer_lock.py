"""What a writer of a run locks: all its life a file of its own, and while it appends rows their file, or one for all of a folder's files.

They are file locks, which the operating system releases when a process ends, however it ends.

Each writer holds an exclusive lock on a file of its own, its mark, so nothing has to be cleaned up after a kill. Where a file system has
no locks, a mark that is there counts as a living writer: two writers that do not know of each other would be worse.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from time import monotonic_ns
from typing import TYPE_CHECKING

from jupyter_tracking.fork import call_after_fork
from jupyter_tracking.format import paths
from jupyter_tracking.storage.presence.heartbeat import Heartbeat
from jupyter_tracking.storage.presence.marks import SUFFIX, Mark, own_mark
from jupyter_tracking.storage.reentry import ROWS, hold, interrupted, new_lock
from jupyter_tracking.storage.syscalls import Syscalls, close_when_dropped
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Nanoseconds in which a file system may give two changes of a folder one time: a few ticks of the kernel's clock; two seconds where it
# seems to round its times to hundredths of a second or more.
_TICKS, _ROUNDED, _ROUNDED_TICKS = 20_000_000, 10_000_000, 2_000_000_000
FREE, HELD, TAKEN = range(3)


class WriterLock:
    """The mark of this process in a run: a lock file in the writers' folder.

    Attributes:
        name: of the file.
        locks: whether the file system has locks.
        is_alone: whether no other machine has left a mark here, so that what is unfinished is of this machine's processes.
    """

    def __init__(self, path: Path, folder: int, system: Syscalls, rank: int | None = None) -> None:
        """Make and lock a file in the writers' folder; those of this machine's writers that are gone are removed on the way.

        Args:
            path: the run folder.
            folder: the descriptor of the writers' folder, which this takes over.
            system: the system calls to make.
            rank: which of the processes of one job this is, where several write.

        Raises:
            OSError: the disk refused; no lock file remains.
        """
        self._system = system
        self._folder = folder
        self._fd = -1
        self._heartbeat: Heartbeat | None = None
        self.name = f"{os.getpid()}-{paths.new_uuid()[:8]}{SUFFIX}"
        self.locks = False
        self.is_alone = True
        try:
            for name in os_calls.listdir(folder):
                self._remove_if_free(name)
            # It gets its name once it is locked, so that a reader never sees a lock file that nobody holds.
            unnamed = f"{self.name}.new"
            self._fd = system.open(unnamed, os_calls.O_RDWR | os_calls.O_CREAT | os_calls.O_EXCL | os_calls.NO_LINKS, 0o666, dir_fd=folder)
            self.locks = system.lock(self._fd) is True
            said = own_mark(folder, system, rank)
            system.write_all(self._fd, json.dumps(said).encode())
            system.rename(unnamed, self.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            self._remove(f"{self.name}.new")
            self.release()
            raise
        if "lasts" in said:
            self._heartbeat = Heartbeat(os.fspath(path / paths.WRITERS / self.name))

    def _remove_if_free(self, name: str) -> None:
        try:
            mark = Mark(self._folder, name, self._system)
        except (OSError, ValueError):
            return
        try:
            if not mark.is_near:
                self.is_alone = False
            elif mark.is_locked(os_calls.LOCK_EX) is False:
                self._remove(name)
        except OSError:  # a writer that needs the lock will see the error
            pass
        finally:
            mark.close()

    def _remove(self, name: str) -> None:
        with suppress(OSError):  # the next writer tries again
            self._system.unlink(name, dir_fd=self._folder)

    def release(self) -> None:
        """Remove the lock file; a second call does nothing."""
        if self._heartbeat is not None:
            self._heartbeat.stop()
        if self._folder >= 0:
            self._remove(self.name)
        self.close()

    def close(self) -> None:
        """Close the lock file without removing it: in a forked child it is the parent's."""
        fd, folder = self._fd, self._folder
        self._fd = self._folder = -1
        self._system.close_quietly(fd)
        self._system.close_quietly(folder)

    __del__ = close_when_dropped("_fd", "_folder")  # of a run that was garbage collected: the run was interrupted


class RowLock:
    """What is held while a row is appended to a file: a lock between threads, and one between processes, on the file itself.

    Attributes:
        threads: the lock between threads.
        held: `FREE`, or whether the thread in the middle of an append has only it (`HELD`), or the lock between processes too (`TAKEN`).
        fd: what is locked between processes; -1 while it is not open.
    """

    __slots__ = ("__weakref__", "fd", "held", "threads")

    def __init__(self) -> None:
        """Make the lock of one file; who opens and closes the file keeps `fd`."""
        self.threads = new_lock(ROWS)
        self.held = FREE
        self.fd = -1

    def open(self) -> None:
        """Open what is locked between processes, where it is not the file itself."""

    def close(self) -> None:
        """Close what is locked between processes, where it is not the file itself."""

    def unchanged_folder(self, _system: Syscalls) -> tuple[int, int] | None:
        """Return what is known of the folder in which all files are that share the lock."""
        return None

    def check_held(self) -> None:
        """Raise `ReentrantCall` in a child that was forked in the middle of an append, which is its parent's."""
        if not self.held:
            raise interrupted("rows that the parent of this process was appending when it forked")

    def release(self, system: Syscalls) -> None:
        """Unlock it between processes, unless it was closed: with its file, or in a child that was forked meanwhile."""
        self.held = FREE  # first: a call that interrupts this one is on its own
        if self.fd >= 0:
            try:
                system.flock(self.fd, os_calls.LOCK_UN)
            except OSError:
                self.close()  # which unlocks it

    def after_fork(self) -> None:
        """In a child: the threads of the parent are not here."""
        self.threads = new_lock(ROWS)
        self.held = FREE


class FolderLock(RowLock):
    """The lock that the journals of a folder's files share: who appends to several of them locks once, and looks once at the folder.

    Between processes a file of its own is locked, in the run's private folder.
    """

    __slots__ = ("_changed", "_known_since", "_open_file", "_opening", "_path", "_prepared_stat")

    def __init__(self, path: Path, open_file: Callable[[], int]) -> None:
        """Make the lock of a folder; nothing is opened before it is taken.

        Args:
            path: the folder.
            open_file: opens the file that is locked.
        """
        super().__init__()
        self._path = path
        self._open_file = open_file
        self._opening = False
        self._prepared_stat = os_calls.PreparedStat(os.fsencode(path), change=True)
        self._changed: tuple[int, int] | None = None  # its inode, and when a name in it was last made, replaced or removed
        self._known_since = 0
        call_after_fork(self)

    def open(self) -> None:
        """Open the file that is locked."""
        if self._opening:  # by the call that this one has interrupted: two descriptors of one process would wait for each other
            raise interrupted(f"the lock of {self._path}")
        self._opening = True
        try:
            fd = self._open_file()
            if not self._opening:  # this is a child that was forked meanwhile, and would share the lock with its parent
                os_calls.close(fd)
                raise interrupted(f"the lock of {self._path}, which is the parent's of this process,")
            self.fd = fd
        finally:
            self._opening = False

    def unchanged_folder(self, system: Syscalls) -> tuple[int, int] | None:
        """Look at the folder; return what tells it from one in which a file was made, replaced or deleted since; None where none is sure.

        Two changes of a folder may have the same time. Only a while after the first was seen a further one is seen, too.
        """
        try:
            changed = system.inode_and_change(self._prepared_stat)
        except OSError:  # the folder is gone, or the run: its files are asked for what it is
            changed = None
        if changed is None or changed != self._changed:
            self._changed, self._known_since = changed, monotonic_ns()
            return None
        same = _TICKS if changed[1] % _ROUNDED else _ROUNDED_TICKS
        return changed if monotonic_ns() - self._known_since > same else None

    def close(self) -> None:
        """Close the file that is locked; the next append opens it again."""
        with hold(self.threads, ROWS, f"the lock of {self._path}"):
            if not self.held:
                self._drop()

    def after_fork(self) -> None:
        """In a child: drop the parent's descriptor, with which the lock would be shared."""
        super().after_fork()
        self._opening = False
        self._drop()

    def _drop(self) -> None:
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os_calls.close(fd)

    __del__ = close_when_dropped("fd")  # of a run that was dropped
