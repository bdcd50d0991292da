"""The few system calls by which a run folder is written, as methods of one object, so that tests can replace them."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import NOT_SUPPORTED
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Callable

_UNSUPPORTED = {errno.ENOLCK, errno.EINVAL, *NOT_SUPPORTED}
_INODE, _SIZE, _CTIME, _CTIME_NANOSECONDS = 4, 5, 12, 13  # places in the result of a prepared stat


def close_when_dropped(*names: str) -> Callable[[Any], None]:
    """Return a `__del__` that closes the descriptors in these attributes.

    It looks up no global name: at the end of the interpreter those of a module, and the builtins too, are gone before its last objects.
    """

    def close(thing: Any, get: Any = getattr, close_descriptor: Any = os_calls.close, names: tuple[str, ...] = names) -> None:
        for name in names:
            try:  # noqa: SIM105 - for the same reason
                close_descriptor(get(thing, name))
            except:  # noqa: E722, S110 - closed already, or its making failed; no name of an error can be looked up here
                pass

    return close


class Syscalls:
    """Direct calls to the operating system. Tests replace this class to inject faults."""

    open = staticmethod(os_calls.open)
    close = staticmethod(os_calls.close)
    write = staticmethod(os_calls.write)
    pread = staticmethod(os_calls.pread)
    lseek = staticmethod(os_calls.lseek)
    fsync = staticmethod(os_calls.fsync)
    fdatasync = staticmethod(os_calls.fdatasync)
    ftruncate = staticmethod(os_calls.ftruncate)
    stat = staticmethod(os_calls.stat)
    fstat = staticmethod(os_calls.fstat)
    mkdir = staticmethod(os_calls.mkdir)
    rmdir = staticmethod(os_calls.rmdir)
    link = staticmethod(os_calls.link)
    rename = staticmethod(os_calls.rename)
    unlink = staticmethod(os_calls.unlink)
    flock = staticmethod(os_calls.flock)
    exchange = staticmethod(os_calls.exchange)
    may_be_shared = staticmethod(os_calls.may_be_shared)
    lease = staticmethod(os_calls.lease)
    end_lease = staticmethod(os_calls.end_lease)
    clone = staticmethod(os_calls.clone)
    sync_disk = staticmethod(os_calls.sync_disk)

    def inode_and_size(self, prepared: os_calls.PreparedStat) -> tuple[int, int]:
        """Return inode and size of the file under a path.

        It is called before each row. `os.stat` asks for the times too; since Linux 6.13 (multigrain timestamps) the next write
        then has to update them, which costs more than the stat itself.

        Raises:
            OSError: as `os.stat`.
        """
        if prepared.call():
            status = os_calls.stat(prepared.path)  # raises the error, if there is one
            return status.st_ino, status.st_size
        return prepared.result[_INODE], prepared.result[_SIZE]

    def inode_and_change(self, prepared: os_calls.PreparedStat) -> tuple[int, int]:
        """Return inode of what is under a path, and when it was last changed, in nanoseconds: of a folder, by a name of a file in it.

        Raises:
            OSError: as `os.stat`.
        """
        if prepared.call():
            status = os_calls.stat(prepared.path)
            return status.st_ino, status.st_ctime_ns
        return prepared.result[_INODE], prepared.result[_CTIME] * 1_000_000_000 + (prepared.result[_CTIME_NANOSECONDS] & 0xFFFFFFFF)

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

    def lock(self, fd: int, how: int = os_calls.LOCK_EX) -> bool | None:
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

    def unlock(self, fd: int) -> bool:
        """Unlock the open file; False where that fails: closing it unlocks it."""
        try:
            self.flock(fd, os_calls.LOCK_UN)
        except OSError:
            return False
        return True

    def unlock_and_close(self, fd: int) -> None:
        """Unlock and close a file that is no longer needed; errors are ignored."""
        if fd >= 0:
            try:
                self.unlock(fd)  # a child forked meanwhile shares the lock: closing would not be enough
            finally:
                self.close_quietly(fd)

    def close_quietly(self, fd: int) -> None:
        """Close a file that is no longer needed; errors are ignored."""
        if fd >= 0:
            with suppress(OSError):
                self.close(fd)
