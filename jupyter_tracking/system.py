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
from typing import Any

__all__ = ["LINK_FLAGS", "System"]

LINK_FLAGS = os.O_CLOEXEC | os.O_NOFOLLOW

_CLONE = 0x40049409  # FICLONE
_UNSUPPORTED = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}


_EXCHANGE = 2
_renameat2: Any = None


class System:
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

    def lock(self, fd: int, *, wait: bool = True, shared: bool = False) -> bool | None:
        """Lock the open file; False when another holds it, None when the file system has no locks."""
        try:
            self.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
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

    def release(self, fd: int) -> None:
        """Unlock and close a file of which nothing more is wanted, so that no error matters."""
        if fd >= 0:
            try:
                self.unlock(fd)  # a child forked meanwhile shares the lock: closing would not be enough
            finally:
                self.drop(fd)

    def drop(self, fd: int) -> None:
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
