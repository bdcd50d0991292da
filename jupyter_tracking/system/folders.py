"""Folders that are open where the system knows of none: a number that stands for a path, and for what the folder was when it was opened.

Before each use the folders on the way are looked at: one that was moved, or replaced by a link, is not there any more.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import stat
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    Named = str | bytes | os.PathLike[str] | os.PathLike[bytes]

_FIRST = 1 << 24  # no process has so many files open
_JUNCTION = 0xA000_0003  # a folder of Windows that stands for another
# To Windows `a:b` is a stream of `a`, `a.` is `a`, and `nul.txt`, or `nul .txt`, is no file; `¹`, `²` and `³` count as digits there.
_FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]\Z|\A(?i:con|conin\$|conout\$|prn|aux|nul|(?:com|lpt)[0-9¹²³]) *(?:\.|\Z)')
_numbers = itertools.count(_FIRST)


class Folder(NamedTuple):
    """A folder that is open: each folder on the way from the first that was opened, as a path and what tells it from any other."""

    path: str
    way: tuple[tuple[str, tuple[int, int]], ...]


open_folders: dict[int, Folder] = {}


def identity(status: os.stat_result) -> tuple[int, int]:
    """Return what tells a file from any other."""
    return status.st_dev, status.st_ino


def is_link(status: os.stat_result) -> bool:
    """Return whether it is a link, or what Windows has of the kind."""
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == _JUNCTION


def add_folder(path: str, seen: os.stat_result, above: int | None) -> int:
    """Open a folder, which is in another that is open or in none, and return the number that stands for it."""
    number = next(_numbers)
    way = folder_of(above).way if above is not None else ()
    open_folders[number] = Folder(path, (*way, (path, identity(seen))))
    return number


def folder_of(number: int) -> Folder:
    """Return an open folder, which is still where it was.

    Raises:
        NotADirectoryError: no folder has this number.
        FileNotFoundError: it, or a folder on the way to it, was moved, removed or replaced.
    """
    folder = open_folders.get(number)
    if folder is None:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    for path, was in folder.way:
        if identity(os.lstat(path)) != was:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    return folder


def place(path: Named, folder: int | None, *, windows: bool) -> str:
    """Return the path of a name, or of names with slashes between, in an open folder; without a folder, the path as it is.

    Raises:
        OSError: it leads out of the folder, or on Windows would be something else than a name.
    """
    name = os.fsdecode(path)
    if folder is None:
        return name
    above = folder_of(folder).path
    if name == ".":
        return above
    parts = name.split("/")
    if not parts[0] or ".." in parts:
        raise OSError(errno.EINVAL, "no name in a folder", name)
    if windows and any(map(_FORBIDDEN.search, parts)):
        raise OSError(errno.EINVAL, "Windows has no such name", name)
    return os.path.join(above, name)  # noqa: PTH118
