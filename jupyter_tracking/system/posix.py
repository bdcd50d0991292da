"""The calls of Linux and macOS, as they are: a name of this module is a function of `os`, wherever there is one that does it."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import signal
import stat as modes
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_tracking.system.promises import missing_promises

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ANY_FOLDER",
    "FOLDERS_MOVE_WITH_OPEN_FILES",
    "LOCK_EX",
    "LOCK_NB",
    "LOCK_SH",
    "LOCK_UN",
    "MISSING_PROMISES",
    "NO_LINKS",
    "O_APPEND",
    "O_CLOEXEC",
    "O_CREAT",
    "O_DIRECTORY",
    "O_EXCL",
    "O_NONBLOCK",
    "O_RDONLY",
    "O_RDWR",
    "O_WRONLY",
    "PreparedStat",
    "clone",
    "close",
    "data_from",
    "end_lease",
    "exchange",
    "fchmod",
    "fdatasync",
    "flock",
    "fstat",
    "fsync",
    "ftruncate",
    "fwalk",
    "hole_from",
    "is_another_users",
    "is_hole",
    "lease",
    "link",
    "listdir",
    "lseek",
    "lstat",
    "may_be_shared",
    "mkdir",
    "most_descriptors",
    "open",
    "pread",
    "preadv",
    "pwrite",
    "readv",
    "register_at_fork",
    "rename",
    "rmdir",
    "rmtree",
    "set_blocking",
    "stat",
    "sync_disk",
    "unlink",
    "write",
]

assert sys.platform != "win32"  # so that types are not checked here as of Windows

MISSING_PROMISES = missing_promises(portable=False)  # in one sentence; on Linux there are none
FOLDERS_MOVE_WITH_OPEN_FILES = True

O_RDONLY, O_WRONLY, O_RDWR = os.O_RDONLY, os.O_WRONLY, os.O_RDWR
O_APPEND, O_CREAT, O_EXCL = os.O_APPEND, os.O_CREAT, os.O_EXCL
O_CLOEXEC, O_DIRECTORY, O_NONBLOCK = os.O_CLOEXEC, os.O_DIRECTORY, os.O_NONBLOCK
NO_LINKS = os.O_CLOEXEC | os.O_NOFOLLOW
ANY_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC  # where a link that leads to the folder is the user's own, and is followed
LOCK_EX, LOCK_SH, LOCK_NB, LOCK_UN = fcntl.LOCK_EX, fcntl.LOCK_SH, fcntl.LOCK_NB, fcntl.LOCK_UN

open = os.open  # noqa: A001 - as in `os`
close = os.close
write = os.write
pread = os.pread
preadv = os.preadv
readv = os.readv
pwrite = os.pwrite
lseek = os.lseek
ftruncate = os.ftruncate
fchmod = os.fchmod
stat = os.stat
fstat = os.fstat
lstat = os.lstat
listdir = os.listdir
fwalk = os.fwalk
mkdir = os.mkdir
rmdir = os.rmdir
link = os.link
rename = os.rename
unlink = os.unlink
rmtree = shutil.rmtree
set_blocking = os.set_blocking
flock = fcntl.flock
register_at_fork = os.register_at_fork

_FULL_SYNC = getattr(fcntl, "F_FULLFSYNC", None)  # of macOS, whose fsync leaves the data in the drive's own cache

_NO_FULL_SYNC = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL}  # what file systems say that do not know it


def _sync_to_the_drive(fd: int) -> None:
    if _FULL_SYNC is not None:
        try:
            fcntl.fcntl(fd, _FULL_SYNC)
        except OSError as error:
            if error.errno not in _NO_FULL_SYNC:
                raise
        else:
            return
    os.fsync(fd)


fsync: Callable[[int], None] = os.fsync if _FULL_SYNC is None else _sync_to_the_drive
fdatasync: Callable[[int], None] = os.fdatasync if _FULL_SYNC is None and hasattr(os, "fdatasync") else fsync

_FICLONE = 0x40049409
_F_SETSIG = 10  # of Linux
_RENAME_EXCHANGE = 2
_renameat2: Any = None

# Of Linux's statx, <linux/stat.h>: the folder to start from, the fields asked for, and their places in the result (in 8 bytes each).
_AT_FDCWD, _STATX_CTIME, _STATX_INO, _STATX_SIZE = -100, 0x80, 0x100, 0x200
_STATX_BYTES = 256

# Of Linux's statfs, <linux/magic.h>: tmpfs, ramfs, overlayfs, btrfs, zfs, bcachefs. Those of a disk are known by the disk's number.
_OF_ONE_MACHINE = {0x01021994, 0x858458F6, 0x794C7630, 0x9123683E, 0x2FC12FC1, 0xCA451A4E}
_STATFS_BYTES = 256

_MOST_HOLE, _WRITTEN_SHARE = 1 << 30, 100


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


def is_hole(status: os.stat_result) -> bool:
    """Return whether next to nothing of a large file was ever written, so that it costs nothing to make and all memory to read."""
    return modes.S_ISREG(status.st_mode) and status.st_size > _MOST_HOLE and status.st_blocks * 512 * _WRITTEN_SHARE < status.st_size


def hole_from(fd: int, start: int) -> int:
    """Return where the first hole of a file is, from an offset on: its end, where there is none. Raises OSError where nobody knows."""
    return os.lseek(fd, start, os.SEEK_HOLE)


def data_from(fd: int, start: int) -> int:
    """Return where what was written goes on, from an offset on. Raises OSError where nothing does."""
    return os.lseek(fd, start, os.SEEK_DATA)


def exchange(source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int) -> bool:
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


def may_be_shared(fd: int) -> bool:
    """Return whether other machines may reach an open file: it is on no disk of this machine's, and no file system of its memory."""
    if sys.platform != "linux" or os.major(os.fstat(fd).st_dev):
        return False
    import ctypes

    found = ctypes.create_string_buffer(_STATFS_BYTES)
    if ctypes.CDLL(None).fstatfs(ctypes.c_int(fd), ctypes.byref(found)):
        return True
    return ctypes.c_long.from_buffer(found).value & 0xFFFFFFFF not in _OF_ONE_MACHINE


def lease(fd: int) -> bool:
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


def end_lease(fd: int) -> None:
    """Let others open the file again, if there is a lease; errors are ignored."""
    if sys.platform == "linux" and fd >= 0:
        with suppress(OSError):
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)


def clone(fd: int, source: int) -> bool:
    """Let an empty file share the blocks of another; False where the file system cannot."""
    try:
        fcntl.ioctl(fd, _FICLONE, source)
    except OSError:  # the caller copies the bytes then, which raises what is wrong
        return False
    return True


def sync_disk(fd: int) -> None:
    """Wait until the file system that holds the open folder has all that anyone wrote to it."""
    import ctypes

    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        os.sync()
        fsync(fd)
    elif syncfs(fd) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def most_descriptors() -> int:
    """Return how many files this process may have open; 0 where there is no limit."""
    import resource

    return max(0, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def is_another_users(status: os.stat_result) -> bool:
    """Return whether a file or folder is of another user than this process."""
    return status.st_uid != os.getuid()
