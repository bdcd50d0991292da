"""Who is writing to a run, told by locks that the kernel frees with the process.

Each writer holds an exclusive lock on a file of its own for as long as it lives: no clock, no pid
file, nothing to clean up after a kill. Readers only ask. Where a file system has no locks, a file that
is there counts as its writer's life: better to ask once too often than to let two write unawares.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_tracking.format import paths
from jupyter_tracking.storage.syscalls import LINK_FLAGS, Syscalls

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["WriterLock", "active_writers"]


def active_writers(path: Path, system: Syscalls | None = None) -> list[str]:
    """Return who writes to the run at this moment, in words: `process 4711 on host`; empty when nobody does."""
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
        return [words for name in sorted(os.listdir(folder)) if (words := _living(folder, name, system))]  # noqa: PTH208 - a descriptor
    except NotADirectoryError:
        return []
    finally:
        system.close_quietly(folder)


def _living(folder: int, name: str, system: Syscalls) -> str:
    """Return the words for the writer of a file, or an empty text when it is gone."""
    if not name.endswith(".lock"):
        return ""
    try:
        fd = paths.open_inside(folder, name)
    except (OSError, ValueError):  # gone meanwhile, or planted
        return ""
    try:
        free = system.lock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        if free:
            return ""
        who = json.loads(os.pread(fd, 4096, 0))
        words = f"process {who['pid']} on {who['host']}"
    except (ValueError, KeyError, TypeError, OSError):
        return "another process"
    else:
        return words if free is False else f"{words} (this file system has no locks, so it may be gone)"
    finally:
        system.close_quietly(fd)


class WriterLock:
    """A writer's mark in a run for as long as it is held."""

    def __init__(self, folder: int, system: Syscalls) -> None:
        """Leave a mark in the writers' folder; marks of writers that are gone are removed on the way.

        Args:
            folder: the descriptor of the writers' folder, which this takes over.
            system: the system calls to make.

        Raises:
            OSError: the disk refused; no mark remains.
        """
        self._system = system
        self._folder = folder
        self._fd = -1
        self._name = f"{os.getpid()}-{paths.new_uuid()[:8]}.lock"
        self.locks = False  # whether the file system has locks
        try:
            for name in os.listdir(folder):
                self._clear(name)
            # Named once it is locked: a reader never sees a mark that nobody holds.
            unnamed = f"{self._name}.new"
            self._fd = system.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL | LINK_FLAGS, 0o666, dir_fd=folder)
            self.locks = system.lock(self._fd) is True
            system.write_all(self._fd, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode())
            system.rename(unnamed, self._name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            self._remove(f"{self._name}.new")
            self.release()
            raise

    def _clear(self, name: str) -> None:
        try:
            fd = paths.open_inside(self._folder, name)
        except (OSError, ValueError):
            return
        try:
            if self._system.lock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB):
                self._remove(name)
        except OSError:  # told to whoever locks it for good
            pass
        finally:
            self._system.close_quietly(fd)

    def _remove(self, name: str) -> None:
        with suppress(OSError):  # the next writer does it
            self._system.unlink(name, dir_fd=self._folder)

    def release(self) -> None:
        """Remove the mark; a second call does nothing."""
        if self._folder >= 0:
            self._remove(self._name)
        self.close()

    def close(self) -> None:
        """Let go of the mark without removing it: in a forked child it is the parent's."""
        fd, folder = self._fd, self._folder
        self._fd = self._folder = -1
        self._system.close_quietly(fd)
        self._system.close_quietly(folder)

    def __del__(self) -> None:
        """Let go of the mark of a run that was dropped: it was interrupted."""
        self.close()
