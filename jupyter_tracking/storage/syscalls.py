"""The few system calls by which a run folder is written, as one object.

The recording rooms take a `System`; tests give them one that records, fails or writes short. No
path is made and no format known here.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LINK_FLAGS", "PreparedStat", "Syscalls"]

LINK_FLAGS = os.O_CLOEXEC | os.O_NOFOLLOW

_CLONE = 0x40049409  # FICLONE
_UNSUPPORTED = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}


_EXCHANGE = 2
_renameat2: Any = None

# Linux's statx, <linux/stat.h>: what to start from, what is asked, and where the answer has it (in words of 8 bytes).
_AT_FDCWD, _STATX_INO, _STATX_SIZE = -100, 0x100, 0x200
_INODE, _SIZE = 4, 5
_STATX_BYTES = 256


class PreparedStat:
    """A path to look at again and again, and room for the answer."""

    __slots__ = ("ask", "figures", "path")

    def __init__(self, path: bytes) -> None:
        """Look at a path; where the system has no statx, `ask` always fails."""
        self.path = path
        self.ask: Callable[[], int] = _no_statx
        if sys.platform == "linux":
            import ctypes

            statx = getattr(ctypes.CDLL(None), "statx", _no_statx)
            answer = ctypes.create_string_buffer(_STATX_BYTES)
            asked = ctypes.c_uint(_STATX_INO | _STATX_SIZE)
            self.ask = partial(statx, ctypes.c_int(_AT_FDCWD), ctypes.c_char_p(path), ctypes.c_int(0), asked, ctypes.byref(answer))
            self.figures = memoryview(answer).cast("B").cast("Q")


def _no_statx(*_arguments: object) -> int:
    return -1


class Syscalls:
    """The real thing."""

    open = staticmethod(os.open)
    close = staticmethod(os.close)
    write = staticmethod(os.write)
    pread = staticmethod(os.pread)
    fsync = staticmethod(os.fsync)
    fdatasync = staticmethod(getattr(os, "fdatasync", os.fsync))
    ftruncate = staticmethod(os.ftruncate)
    stat = staticmethod(os.stat)
    fstat = staticmethod(os.fstat)
    mkdir = staticmethod(os.mkdir)
    rmdir = staticmethod(os.rmdir)
    link = staticmethod(os.link)
    rename = staticmethod(os.rename)
    unlink = staticmethod(os.unlink)
    flock = staticmethod(fcntl.flock)

    def exchange(self, source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int) -> bool:
        """Let two files change names in one step; False where the system cannot.

        A rename onto a file that is there makes some file systems (ext4) write it out first, which takes milliseconds.
        """
        global _renameat2  # noqa: PLW0603 - looked up once
        if _renameat2 is None:
            import ctypes

            _renameat2 = getattr(ctypes.CDLL(None), "renameat2", False) if sys.platform == "linux" else False
        if not _renameat2:
            return False
        return bool(_renameat2(src_dir_fd, os.fsencode(source), dst_dir_fd, os.fsencode(target), _EXCHANGE) == 0)

    def inode_and_size(self, sight: PreparedStat) -> tuple[int, int]:
        """Return inode and size of the file under a path.

        Linux before each row: who asks for the times too, as `os.stat` does, makes the next write set them anew, which
        costs more than the look (multigrain timestamps, since 6.13).

        Raises:
            OSError: as `os.stat`.
        """
        if sight.ask():
            seen = self.stat(sight.path)  # which also says what is wrong
            return seen.st_ino, seen.st_size
        figures = sight.figures
        return figures[_INODE], figures[_SIZE]

    def write_all(self, fd: int, data: bytes | bytearray | memoryview) -> None:
        """Write every byte: one call may take fewer than it was given."""
        done = self.write(fd, data)
        if done != len(data):
            view = memoryview(data)
            while done < len(view):
                taken = self.write(fd, view[done:])
                if not taken:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                done += taken

    def lock(self, fd: int, how: int = fcntl.LOCK_EX) -> bool | None:
        """Lock the open file; False when another holds it, None when the file system has no locks."""
        try:
            self.flock(fd, how)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno in _UNSUPPORTED:  # some network file systems: one writer goes on without
                return None
            raise
        return True

    def unlock(self, fd: int) -> None:
        """Unlock the open file; to close it is what is left where that fails."""
        try:  # noqa: SIM105 - called for every row: `suppress` would cost as much as the lock
            self.flock(fd, fcntl.LOCK_UN)
        except OSError:
            pass

    def unlock_and_close(self, fd: int) -> None:
        """Unlock and close a file of which nothing more is wanted, so that no error matters."""
        if fd >= 0:
            try:
                self.unlock(fd)  # a child forked meanwhile shares the lock: closing would not be enough
            finally:
                self.close_quietly(fd)

    def close_quietly(self, fd: int) -> None:
        """Close a file of which nothing more is wanted, so that no error matters."""
        if fd >= 0:
            with suppress(OSError):
                self.close(fd)

    def clone(self, fd: int, source: int) -> bool:
        """Let an empty file share the blocks of another; False where the file system cannot."""
        try:
            fcntl.ioctl(fd, _CLONE, source)
        except OSError:  # the bytes are copied then, and say so if they cannot be
            return False
        return True

    def sync_disk(self, fd: int) -> None:
        """Wait until the file system that holds the open file has all that anyone wrote to it."""
        import ctypes

        syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
        if syncfs is None:
            os.sync()
        elif syncfs(fd) < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
