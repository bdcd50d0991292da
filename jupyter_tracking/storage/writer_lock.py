"""Which processes are writing to a run, by file locks that the operating system releases when a process ends, however it ends.

Each writer holds an exclusive lock on a file of its own, so nothing has to be cleaned up after a kill. Where a file system has no
locks, a lock file that is there counts as a living writer: two writers that do not know of each other would be worse.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_tracking.errors import escape_controls
from jupyter_tracking.format import paths
from jupyter_tracking.storage.syscalls import LINK_FLAGS, Syscalls, close_when_dropped

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST = 200  # characters of who a writer says it is


def active_writers(path: Path, system: Syscalls | None = None, *, without: WriterLock | None = None) -> list[str]:
    """Return who writes to the run at this moment, in words: `process 4711 on host`; empty when nobody does.

    Args:
        path: the run folder.
        system: the system calls to make.
        without: the lock of a writer that is left out, such as the one who asks.
    """
    system = system or Syscalls()
    try:
        root = system.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        folder = paths.open_inside(root, paths.WRITERS)
    except (OSError, ValueError):
        return []
    finally:
        system.close_quietly(root)
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - a descriptor
        own = without.name if without is not None else ""
        return [words for name in names if name != own and (words := _writer_of(folder, name, system))]
    except NotADirectoryError:
        return []
    finally:
        system.close_quietly(folder)


def _writer_of(folder: int, name: str, system: Syscalls) -> str:
    """Return the process that holds a lock file, in words, or an empty string when it is gone."""
    if not name.endswith(".lock"):
        return ""
    try:
        fd = paths.open_inside(folder, name)
    except (OSError, ValueError):  # removed meanwhile, or a link
        return ""
    try:
        free = system.lock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        if free:
            return ""
        who = json.loads(os.pread(fd, 4096, 0))
        words = escape_controls(f"process {who['pid']} on {who['host']}")[:_LONGEST]
    except (ValueError, KeyError, TypeError, OSError, RecursionError):  # anybody may have written it
        return "another process"
    else:
        return words if free is False else f"{words} (this file system has no locks, so it may be gone)"
    finally:
        system.close_quietly(fd)


class WriterLock:
    """The lock file of this process in a run.

    Attributes:
        name: of the file.
        locks: whether the file system has locks.
    """

    def __init__(self, folder: int, system: Syscalls) -> None:
        """Make and lock a file in the writers' folder; files of writers that are gone are removed on the way.

        Args:
            folder: the descriptor of the writers' folder, which this takes over.
            system: the system calls to make.

        Raises:
            OSError: the disk refused; no lock file remains.
        """
        self._system = system
        self._folder = folder
        self._fd = -1
        self.name = f"{os.getpid()}-{paths.new_uuid()[:8]}.lock"
        self.locks = False
        try:
            for name in os.listdir(folder):
                self._remove_if_free(name)
            # It gets its name once it is locked, so that a reader never sees a lock file that nobody holds.
            unnamed = f"{self.name}.new"
            self._fd = system.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL | LINK_FLAGS, 0o666, dir_fd=folder)
            self.locks = system.lock(self._fd) is True
            system.write_all(self._fd, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode())
            system.rename(unnamed, self.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            self._remove(f"{self.name}.new")
            self.release()
            raise

    def _remove_if_free(self, name: str) -> None:
        try:
            fd = paths.open_inside(self._folder, name)
        except (OSError, ValueError):
            return
        try:
            if self._system.lock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB):
                self._remove(name)
        except OSError:  # a writer that needs the lock will see the error
            pass
        finally:
            self._system.close_quietly(fd)

    def _remove(self, name: str) -> None:
        with suppress(OSError):  # the next writer tries again
            self._system.unlink(name, dir_fd=self._folder)

    def release(self) -> None:
        """Remove the lock file; a second call does nothing."""
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
