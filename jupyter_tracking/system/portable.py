"""The same calls where POSIX is missing: for Windows, and for Pyodide, which lacks some of them.

No system call there names a file relative to an open folder. So a descriptor of a folder is a number of ours, which stands for its path
and for what the folder was when it was opened. Before each call that goes through it, the folders on the way are looked at: a folder that
was moved, or replaced by a link, is not there any more. A file is looked at before it is opened, and again when it is open.

What that cannot promise is in `MISSING_PROMISES`, which is said once, when the first run is written or read (`storage/__init__.py`).
"""

from __future__ import annotations

import errno
import os
import shutil
import stat as modes
import threading
from contextlib import suppress
from time import sleep
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_tracking.system import locks, windows
from jupyter_tracking.system.folders import add_folder, folder_of, identity, is_link, open_folders, place
from jupyter_tracking.system.missing import *  # noqa: F403 - names of this module, too
from jupyter_tracking.system.promises import missing_promises

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_tracking.system.folders import Named

MISSING_PROMISES = missing_promises(portable=True)
FOLDERS_MOVE_WITH_OPEN_FILES = False

LOCK_EX, LOCK_SH, LOCK_NB, LOCK_UN = locks.LOCK_EX, locks.LOCK_SH, locks.LOCK_NB, locks.LOCK_UN
flock = locks.flock
O_RDONLY, O_WRONLY, O_RDWR = os.O_RDONLY, os.O_WRONLY, os.O_RDWR
O_APPEND, O_CREAT, O_EXCL = os.O_APPEND, os.O_CREAT, os.O_EXCL
O_CLOEXEC = O_NONBLOCK = 0  # what is opened here is never inherited, and is no pipe
O_DIRECTORY, NO_LINKS = 1 << 29, 1 << 30  # flags of ours, which no system knows
ANY_FOLDER = O_RDONLY | O_DIRECTORY

_REPLACED_AT_MOST = 10  # times in a row, by writers, while a file is opened
_TO_WRITE = os.O_WRONLY | os.O_RDWR
_IN_USE = {5, 32}  # errors of Windows: somebody has the file open, often for a moment only
_PATIENCE = 8  # tries, each after twice as long a wait as the one before, 2.5 seconds in all

_Result = TypeVar("_Result")

_read_only: dict[int, str] = {}  # the files that are open only to be read: Windows syncs none of them
_position = threading.RLock()  # a file has one position: who reads elsewhere moves it, and moves it back


def _error(number: int, path: str | None = None) -> OSError:
    return OSError(number, os.strerror(number), path) if path is not None else OSError(number, os.strerror(number))


def _place(path: Named, dir_fd: int | None) -> str:
    return place(path, dir_fd, windows=windows.IS_THERE)


def _patiently(call: Callable[..., _Result], *arguments: Any) -> _Result:
    """Make a call that Windows refuses while somebody, such as a virus scanner, has the file open for a moment."""
    for again in range(_PATIENCE):
        try:
            return call(*arguments)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _IN_USE:
                raise
            sleep(0.01 * 2**again)
    return call(*arguments)


# --- opening and closing -----------------------------------------------------------------------------


def open(path: Named, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:  # noqa: A001 - as in `os`
    """Open a file or a folder, as `os.open` does; with `NO_LINKS` a link is refused, and with `O_DIRECTORY` all but a folder."""
    for _ in range(_REPLACED_AT_MOST):
        fd = _open(_place(path, dir_fd), flags, mode, dir_fd)
        if fd is not None:
            return fd
    raise _error(errno.EAGAIN, os.fsdecode(path))


def _open(at: str, flags: int, mode: int, dir_fd: int | None) -> int | None:
    """Open a file or a folder; return None where another took its place meanwhile."""
    at, seen = _look(at, flags)
    if seen is not None and modes.S_ISDIR(seen.st_mode):
        return _open_folder(at, seen, flags, dir_fd)
    if flags & O_DIRECTORY:
        raise _error(errno.ENOTDIR, at)
    if seen is not None and not modes.S_ISREG(seen.st_mode) and (dir_fd is not None or flags & NO_LINKS):
        raise _error(errno.ENXIO, at)  # a pipe or a device, which could be waited for without end
    fd = _patiently(_open_file, at, flags & ~(O_DIRECTORY | NO_LINKS), mode)
    try:
        is_there = not flags & NO_LINKS or _has_its_name(fd, at)
        if dir_fd is not None:
            folder_of(dir_fd)
    except BaseException:
        os.close(fd)
        raise
    if not is_there:
        os.close(fd)
        return None
    locks.forget(fd)  # of a file of that number which somebody else has closed
    _read_only.pop(fd, None)
    if not flags & _TO_WRITE:
        _read_only[fd] = at
    return fd


def _look(at: str, flags: int) -> tuple[str, os.stat_result | None]:
    """Return where what is to be opened really is, and what is known of it; None where it is to be made."""
    try:
        seen = os.lstat(at)
    except FileNotFoundError:
        if not flags & O_CREAT or flags & O_DIRECTORY:
            raise
        return at, None
    if not is_link(seen):
        return at, seen
    if flags & (NO_LINKS | O_EXCL):
        raise _error(errno.EEXIST if flags & O_EXCL else errno.ELOOP, at)
    at = os.path.realpath(at)
    return at, os.lstat(at)


def _open_folder(at: str, seen: os.stat_result, flags: int, dir_fd: int | None) -> int:
    if flags & (_TO_WRITE | O_CREAT):
        raise _error(errno.EEXIST if flags & O_EXCL else errno.EISDIR, at)
    return add_folder(os.path.realpath(at) if dir_fd is None else at, seen, dir_fd)


def _open_file(at: str, flags: int, mode: int) -> int:
    return os.open(at, flags, mode) if not windows.IS_THERE else windows.open_file(at, flags)


def _has_its_name(fd: int, at: str) -> bool:
    """Return whether an open file stands at its path still. Raises OSError: a link was put there meanwhile."""
    try:
        seen = os.lstat(at)
    except FileNotFoundError:
        return False
    if is_link(seen):
        raise _error(errno.ELOOP, at)
    return identity(seen) == identity(os.fstat(fd))


def close(fd: int) -> None:
    """Close a file, which unlocks it, or a folder."""
    locks.forget(fd)
    _read_only.pop(fd, None)
    if open_folders.pop(fd, None) is None:
        os.close(fd)


# --- reading and writing -----------------------------------------------------------------------------

lseek = os.lseek
ftruncate = os.ftruncate


def pread(fd: int, size: int, offset: int) -> bytes:
    """Read from an offset; where the file goes on to be read or written stays as it is."""
    if fd in open_folders:
        raise _error(errno.EISDIR)
    return _at(offset, os.read, fd, size)


def preadv(fd: int, buffers: list[memoryview], offset: int) -> int:
    """Read into buffers from an offset, as far as the file goes."""
    return _fill(buffers, lambda size, done: pread(fd, size, offset + done))


def readv(fd: int, buffers: list[memoryview]) -> int:
    """Read into buffers where the file goes on to be read, as far as it goes."""
    return _fill(buffers, lambda size, _: os.read(fd, size))


def _fill(buffers: list[memoryview], read: Callable[[int, int], bytes]) -> int:
    total = 0
    for buffer in buffers:
        data = read(len(buffer), total)
        buffer[: len(data)] = data
        total += len(data)
        if len(data) < len(buffer):
            break
    return total


def pwrite(fd: int, data: bytes | bytearray | memoryview, offset: int) -> int:
    """Write at an offset; where the file goes on to be read or written stays as it is."""
    return _at(offset, os.write, fd, data)


def _at(offset: int, call: Callable[[int, Any], _Result], fd: int, given: Any) -> _Result:
    """Make a call that goes on where the file is, at an offset instead."""
    with _position:
        before = os.lseek(fd, 0, os.SEEK_CUR)
        try:
            os.lseek(fd, offset, os.SEEK_SET)
            return call(fd, given)
        finally:
            os.lseek(fd, before, os.SEEK_SET)


def write(fd: int, data: bytes | bytearray | memoryview) -> int:
    """Write where the file goes on, or to its end, as it was opened."""
    with _position:
        return os.write(fd, data)


def fsync(fd: int) -> None:
    """Wait until the disk has a file; of a folder nothing can be waited for."""
    if fd in open_folders:
        return
    at = _read_only.get(fd)
    if at is None:
        os.fsync(fd)
        return
    with suppress(PermissionError, FileNotFoundError):  # a file that nobody may write, or that is gone
        again = _patiently(_open_file, at, os.O_RDWR, 0)
        try:
            if identity(os.fstat(again)) == identity(os.fstat(fd)):
                os.fsync(again)
        finally:
            os.close(again)


fdatasync = fsync


def sync_disk(fd: int) -> None:
    """Wait until the disk has every file of a folder, whoever wrote it."""
    for _, _, names, folder in fwalk(dir_fd=fd):
        for name in names:
            with suppress(FileNotFoundError):
                if not modes.S_ISREG(lstat(name, dir_fd=folder).st_mode):
                    continue
                file = open(name, O_RDONLY | NO_LINKS, dir_fd=folder)
                try:
                    fsync(file)
                finally:
                    close(file)


def set_blocking(fd: int, blocking: bool) -> None:
    """Let the calls that read or write a pipe wait, or not; where nobody can say so (Windows before Python 3.12) they wait."""
    with suppress(AttributeError):
        getattr(os, "set_blocking")(fd, blocking)  # noqa: B009 - typed only where it is


# --- what is there -----------------------------------------------------------------------------------


class PreparedStat:
    """A path to look at often."""

    __slots__ = ("call", "path", "result")

    def __init__(self, path: bytes, *, change: bool = False) -> None:
        """Prepare a path: `call` fails always, so that it is looked at by `stat`.

        Args:
            path: of a file, or of a folder.
            change: it is asked for when the folder was changed. Windows tells of a folder only when it was made: nobody can know.
        """
        self.path = path
        self.call: Callable[[], int] = _nobody_knows if change else _failed
        self.result = memoryview(b"")


def _failed() -> int:
    return -1


def _nobody_knows() -> int:
    raise _error(errno.EOPNOTSUPP)


def stat(path: Named, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> os.stat_result:
    """Return what is known of a file or a folder."""
    return os.stat(_place(path, dir_fd), follow_symlinks=follow_symlinks)  # noqa: PTH116 - a string


def lstat(path: Named, *, dir_fd: int | None = None) -> os.stat_result:
    """Return what is known of a file, a folder or a link."""
    return os.lstat(_place(path, dir_fd))


def fstat(fd: int) -> os.stat_result:
    """Return what is known of what is open."""
    return os.lstat(folder_of(fd).path) if fd in open_folders else os.fstat(fd)


def listdir(path: int | str) -> list[str]:
    """Return the names in a folder, in no order."""
    return os.listdir(folder_of(path).path if isinstance(path, int) else path)  # noqa: PTH208 - a string


def fwalk(top: str = ".", *, dir_fd: int | None = None) -> Iterator[tuple[str, list[str], list[str], int]]:
    """Yield each folder from the top down, as `os.fwalk` does: its path, the names of its folders and of all else, and itself, open."""
    return _walk(top, top, dir_fd)


def _walk(top: str, name: str, dir_fd: int | None) -> Iterator[tuple[str, list[str], list[str], int]]:
    fd = open(name, ANY_FOLDER | NO_LINKS, dir_fd=dir_fd)
    try:
        names = listdir(fd)
        seen = {}
        for each in names:
            with suppress(FileNotFoundError):
                seen[each] = lstat(each, dir_fd=fd)
        folders = [each for each, status in seen.items() if modes.S_ISDIR(status.st_mode) and not is_link(status)]
        inner = set(folders)
        yield top, folders, [each for each in seen if each not in inner], fd
        for each in folders:
            yield from _walk(f"{top}/{each}", each, fd)
    finally:
        close(fd)


# --- names that change -------------------------------------------------------------------------------


def mkdir(path: Named, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
    """Make a folder."""
    os.mkdir(_place(path, dir_fd), mode)  # noqa: PTH102 - a string


def rmdir(path: Named, *, dir_fd: int | None = None) -> None:
    """Remove an empty folder."""
    _patiently(os.rmdir, _place(path, dir_fd))


def unlink(path: Named, *, dir_fd: int | None = None) -> None:
    """Remove a file or a link."""
    at = _place(path, dir_fd)
    if modes.S_ISDIR(os.lstat(at).st_mode):
        raise _error(errno.EISDIR, at)
    _patiently(os.unlink, at)


def rename(source: Named, target: Named, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
    """Give a file or a folder another name, in place of the file that has it."""
    old, new = _place(source, src_dir_fd), _place(target, dst_dir_fd)
    with suppress(FileNotFoundError):
        if modes.S_ISDIR(os.lstat(new).st_mode):
            raise _error(errno.EEXIST, new)
    _patiently(os.replace, old, new)


def link(
    source: Named, target: Named, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None, follow_symlinks: bool = True
) -> None:
    """Give a file one more name, which must be free."""
    old, new = _place(source, src_dir_fd), _place(target, dst_dir_fd)
    if not follow_symlinks and is_link(os.lstat(old)):
        raise _error(errno.ELOOP, old)
    if not hasattr(os, "link"):
        raise _error(errno.EOPNOTSUPP, old)
    try:
        os.link(old, new)
    except OSError as error:
        if error.errno != errno.EINVAL:  # of FAT, which has no such links
            raise
        raise _error(errno.EOPNOTSUPP, old) from None


def rmtree(path: Named, ignore_errors: bool = False, *, dir_fd: int | None = None) -> None:
    """Remove a folder with all that is in it; a link that stands there is refused, and none that is there is followed."""
    shutil.rmtree(_place(path, dir_fd), ignore_errors)
