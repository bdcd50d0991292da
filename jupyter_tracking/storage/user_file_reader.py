"""The user's own files, which are only ever read: what they are, their bytes, their size and hash.

Links, pipes, sockets and devices are refused.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jupyter_tracking.errors import InvalidArgument, MissingFile, storage_error
from jupyter_tracking.format import paths
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from hashlib import _Hash as Digest

_CHUNK = 1 << 18  # bytes that are read, hashed and written while they are in the processor's cache
_READ = os_calls.O_RDONLY | os_calls.O_NONBLOCK | os_calls.NO_LINKS


def md5() -> Digest:
    """Return the hash that Polyaxon takes of files; it names content here, and protects nothing."""
    import hashlib

    return hashlib.md5(usedforsecurity=False)


def md5_prefix(data: bytes) -> str:
    """Return the first 12 hex digits of the md5 of bytes, as Polyaxon's `hash`."""
    digest = md5()
    digest.update(data)
    return digest.hexdigest()[:12]


def file_mode(path: str) -> int:
    """Return the mode of a file or folder to log.

    Raises:
        MissingFile: it is not there.
        InvalidArgument: a link, a pipe, a socket or a device.
    """
    try:
        mode = os_calls.lstat(path.rstrip("/") or path).st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        message = f"path={path!r}: no such file or folder (relative to {paths.current_folder()!r})"
        raise MissingFile(errno.ENOENT, message) from None
    except OSError as error:
        raise _unreadable(path, error) from error
    if stat.S_ISLNK(mode):
        raise InvalidArgument(f"path={path!r} is a link; log what it points to, with os.path.realpath(path)")
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InvalidArgument(f"path={path!r} is a pipe, a socket or a device; give a file or a folder")
    return mode


def path_below(path: str, folder: str | os.PathLike[str]) -> str:
    """Return the path of what is in a folder as seen from there, and any other path as it is: with slashes on every system."""
    return path.removeprefix(f"{os.fspath(folder)}{os.sep}").replace(os.sep, "/")


@contextmanager
def open_user_file(path: str) -> Iterator[int]:
    """Open a file to read it.

    Raises:
        StorageError: it cannot be read; or as `file_mode`.
    """
    file_mode(path)
    try:
        fd = os_calls.open(path.rstrip("/"), _READ)
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        if not stat.S_ISREG(os_calls.fstat(fd).st_mode):  # swapped since
            raise InvalidArgument(f"path={path!r} is no longer a regular file")
        yield fd
    finally:
        os_calls.close(fd)


def read_chunks(fd: int, path: str) -> Iterator[memoryview]:
    """Yield the bytes of an open file: of one that grows, those it had at the start. Each piece is good until the next is asked for.

    Raises:
        StorageError: it cannot be read; the message names the path.
    """
    try:
        left = os_calls.fstat(fd).st_size or sys.maxsize  # files of /proc say 0 and have more
        buffer = memoryview(bytearray(min(_CHUNK, left)))  # one buffer for all: allocating costs more than copying
        while taken := os_calls.readv(fd, [buffer[: min(_CHUNK, left)]]):
            left -= taken
            yield buffer[:taken]
    except OSError as error:
        raise _unreadable(path, error) from error


def file_chunks(path: str) -> Iterator[memoryview]:
    """Yield the bytes of a file; as `open_user_file` and `read_chunks`."""
    with open_user_file(path) as fd:
        yield from read_chunks(fd, path)


def _unreadable(path: str, error: OSError) -> OSError:
    return storage_error(error, f"path={path!r}", failed="could not be read", kept="nothing was logged")


def hash_and_size(path: str, *, follow: bool = False) -> tuple[str, int]:
    """Return the first 12 hex digits of the md5, and the size in bytes, of a file or of a folder's files in order.

    Args:
        path: the file or the folder.
        follow: whether what a link leads to is read; else a link is refused, as it is where files are copied.
    """
    digest, size = md5(), 0
    top = os.path.realpath(path) if follow else path
    below = walk(top, follow=follow) if stat.S_ISDIR(file_mode(top)) else [("", False)]
    for relative, is_folder in below:
        if is_folder:
            continue
        at = os.path.join(top, relative) if relative else top  # noqa: PTH118
        for chunk in file_chunks(os.path.realpath(at) if follow and os.path.islink(at) else at):  # noqa: PTH114
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest()[:12], size


def walk(top: str, *, follow: bool = False) -> list[tuple[str, bool]]:
    """Return (relative path, is a folder) of all below a folder, sorted, parents first; what is no file is refused.

    With `follow` a link to a file is one; a link to a folder is refused, as it may lead to one above.
    """
    found: list[tuple[str, bool]] = []
    pending = [("", True)]
    while pending:
        relative, is_folder = pending.pop()
        path = os.path.join(top, relative) if relative else top  # noqa: PTH118
        if relative:
            found.append((relative, is_folder))
        if not is_folder:
            is_link = follow and os.path.islink(path)  # noqa: PTH114
            if stat.S_ISDIR(file_mode(os.path.realpath(path) if is_link else path)):  # refuses what is no file
                raise InvalidArgument(f"path={path!r} is a link to a folder; refer to that one by itself")
            continue
        try:
            with os.scandir(path) as entries:
                names = sorted(((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries), reverse=True)
        except OSError as error:
            raise _unreadable(path, error) from error
        pending += [(f"{relative}/{name}" if relative else name, folder) for name, folder in names]
    return found
