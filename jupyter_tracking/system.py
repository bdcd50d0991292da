"""The few system calls by which a run folder is written, as one object.

The recording rooms take a `System`; tests give them one that records, fails or writes short. No
path is made and no format known here.
"""

from __future__ import annotations

import errno
import fcntl
import os

__all__ = ["LINK_FLAGS", "System"]

LINK_FLAGS = os.O_CLOEXEC | os.O_NOFOLLOW

_UNSUPPORTED = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}


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
    link = staticmethod(os.link)
    rename = staticmethod(os.rename)
    unlink = staticmethod(os.unlink)
    flock = staticmethod(fcntl.flock)

    def write_all(self, fd: int, data: bytes | bytearray | memoryview) -> None:
        """Write every byte: one call may take fewer than it was given."""
        done = self.write(fd, data)
        if done != len(data):
            view = memoryview(data)
            while done < len(view):
                done += self.write(fd, view[done:])

    def lock(self, fd: int, *, wait: bool = True, shared: bool = False) -> bool:
        """Lock the open file; False when another holds it, or when the file system has no locks."""
        try:
            self.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno in _UNSUPPORTED:  # some network file systems: one writer goes on without
                return False
            raise
        return True

    def unlock(self, fd: int) -> None:
        """Unlock the open file, where locks are supported."""
        try:
            self.flock(fd, fcntl.LOCK_UN)
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
