"""The few system calls by which a run folder is written, as methods of one object, so that tests can replace them."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

LINK_FLAGS = os.O_CLOEXEC | os.O_NOFOLLOW

_FICLONE = 0x40049409
_F_SETSIG = 10  # of Linux
_UNSUPPORTED = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}

_RENAME_EXCHANGE = 2
_renameat2: Any = None

# Of Linux's statx, <linux/stat.h>: the folder to start from, the fields asked for, and their places in the result (in 8 bytes each).
_AT_FDCWD, _STATX_CTIME, _STATX_INO, _STATX_SIZE = -100, 0x80, 0x100, 0x200
_INODE, _SIZE, _CTIME, _CTIME_NANOSECONDS = 4, 5, 12, 13
_STATX_BYTES = 256

# Of Linux's statfs, <linux/magic.h>: tmpfs, ramfs, overlayfs, btrfs, zfs, bcachefs. Those of a disk are known by the disk's number.
_OF_ONE_MACHINE = {0x01021994, 0x858458F6, 0x794C7630, 0x9123683E, 0x2FC12FC1, 0xCA451A4E}
_STATFS_BYTES = 256


def close_when_dropped(*names: str) -> Callable[[Any], None]:
    """Return a `__del__` that closes the descriptors in these attributes.

    It looks up no global name: at the end of the interpreter those of a module, and the builtins too, are gone before its last objects.
    """

    def close(thing: Any, get: Any = getattr, close_descriptor: Any = os.close, names: tuple[str, ...] = names) -> None:
        for name in names:
            try:  # noqa: SIM105 - for the same reason
                close_descriptor(get(thing, name))
            except:  # noqa: E722, S110 - closed already, or its making failed; no name of an error can be looked up here
                pass

    return close


class PreparedStat:
    """A path prepared for repeated `stat` calls; the result buffer is reused."""

    __slots__ = ("call", "path", "result")

    def __init__(self, path: bytes, *, change: bool = False) -> None:
        """Prepare a path, for its inode and its size, or for when it was last changed.

        Where the system has no statx, `call` always fails.
        """
        self.path = path
        self.call: Callable[[], int] = _no_statx
        if sys.platform == "linux":
            import ctypes

            statx = getattr(ctypes.CDLL(None), "statx", _no_statx)
            buffer = ctypes.create_string_buffer(_STATX_BYTES)
            fields = ctypes.c_uint(_STATX_INO | (_STATX_CTIME if change else _STATX_SIZE))
            self.call = partial(statx, ctypes.c_int(_AT_FDCWD), ctypes.c_char_p(path), ctypes.c_int(0), fields, ctypes.byref(buffer))
            self.result = memoryview(buffer).cast("B").cast("Q")


def _no_statx(*_arguments: object) -> int:
    return -1


_MOST_HOLE, _WRITTEN_SHARE = 1 << 30, 100


def is_hole(status: os.stat_result) -> bool:
    """Return whether next to nothing of a large file was ever written, so that it costs nothing to make and all memory to read."""
    return stat.S_ISREG(status.st_mode) and status.st_size > _MOST_HOLE and status.st_blocks * 512 * _WRITTEN_SHARE < status.st_size


class Syscalls:
    """Direct calls to the operating system. Tests replace this class to inject faults."""

    open = staticmethod(os.open)
    close = staticmethod(os.close)
    write = staticmethod(os.write)
    pread = staticmethod(os.pread)
    lseek = staticmethod(os.lseek)
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
        """Swap the names of two files in one step; False where the system cannot.

        A rename onto a file that is there makes some file systems (ext4) write it out first, which takes milliseconds.
        """
        global _renameat2  # noqa: PLW0603 - looked up once
        if _renameat2 is None:
            import ctypes

            _renameat2 = getattr(ctypes.CDLL(None), "renameat2", False) if sys.platform == "linux" else False
        if not _renameat2:
            return False
        return bool(_renameat2(src_dir_fd, os.fsencode(source), dst_dir_fd, os.fsencode(target), _RENAME_EXCHANGE) == 0)

    def inode_and_size(self, prepared: PreparedStat) -> tuple[int, int]:
        """Return inode and size of the file under a path.

        It is called before each row. `os.stat` asks for the times too; since Linux 6.13 (multigrain timestamps) the next write
        then has to update them, which costs more than the stat itself.

        Raises:
            OSError: as `os.stat`.
        """
        if prepared.call():
            status = self.stat(prepared.path)  # raises the error, if there is one
            return status.st_ino, status.st_size
        return prepared.result[_INODE], prepared.result[_SIZE]

    def inode_and_change(self, prepared: PreparedStat) -> tuple[int, int]:
        """Return inode of what is under a path, and when it was last changed, in nanoseconds: of a folder, by a name of a file in it.

        Raises:
            OSError: as `os.stat`.
        """
        if prepared.call():
            status = self.stat(prepared.path)
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

    def unlock(self, fd: int) -> bool:
        """Unlock the open file; False where that fails: closing it unlocks it."""
        try:
            self.flock(fd, fcntl.LOCK_UN)
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

    def may_be_shared(self, fd: int) -> bool:
        """Return whether other machines may reach an open file: it is on no disk of this machine's, and no file system of its memory."""
        if sys.platform != "linux" or os.major(os.fstat(fd).st_dev):
            return False
        import ctypes

        found = ctypes.create_string_buffer(_STATFS_BYTES)
        if ctypes.CDLL(None).fstatfs(ctypes.c_int(fd), ctypes.byref(found)):
            return True
        return ctypes.c_long.from_buffer(found).value & 0xFFFFFFFF not in _OF_ONE_MACHINE

    def lease(self, fd: int) -> bool:
        """Return whether nobody else has a file open; then nobody opens it before `end_lease`: who tries waits until then.

        False too where the system cannot tell.
        """
        if sys.platform != "linux":
            return False
        try:
            # The signal that somebody waits, which by default ends a process, is one that by default does nothing.
            fcntl.fcntl(fd, _F_SETSIG, signal.SIGURG)
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        except OSError:
            return False
        return True

    def end_lease(self, fd: int) -> None:
        """Let others open the file again, if there is a lease; errors are ignored."""
        if sys.platform == "linux" and fd >= 0:
            with suppress(OSError):
                fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)

    def clone(self, fd: int, source: int) -> bool:
        """Let an empty file share the blocks of another; False where the file system cannot."""
        try:
            fcntl.ioctl(fd, _FICLONE, source)
        except OSError:  # the caller copies the bytes then, which raises what is wrong
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
