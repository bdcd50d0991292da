"""The bytes of an open file of a run, as far as they were ever written, and its whole lines."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from jupyter_tracking.budgets import MOST_CELL_BYTES
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAIL = 1 << 16  # bytes in which a newline is looked for at a time
_READ = 1 << 20
_LARGE_HOLE = 1 << 26  # bytes that were never written, as only a damaged file has them


def file_stat(path: str) -> tuple[int, ...]:
    """Return inode, size, and the times in ns of the last write and the last change of a file; empty when it is not there."""
    try:
        seen = os_calls.lstat(path)  # asked for with every look at every run of a root
    except (OSError, ValueError):
        return ()
    return (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


def read_plain(path: str, most: int) -> bytes | None:
    """Return the bytes of a plain file, following no link in its place; None of any other, of a large one, and where it cannot be read."""
    fd = -1
    try:
        fd = os_calls.open(path, os_calls.O_RDONLY | os_calls.NO_LINKS | os_calls.O_NONBLOCK)
        seen = os_calls.fstat(fd)
        size = seen.st_size
        data = os_calls.pread(fd, size, 0) if stat.S_ISREG(seen.st_mode) and size <= min(most, _LARGE_HOLE) else None
    except (OSError, ValueError):
        return None
    finally:
        if fd >= 0:
            os_calls.close(fd)
    return data if data is not None and len(data) == size else None


def written_size(fd: int, size: int) -> int:
    """Return how long a file is up to its first large hole: what was never written takes no disk, and reads as any number of zeros."""
    start = 0
    while size > _LARGE_HOLE and start < size:
        try:
            hole = os_calls.hole_from(fd, start)
        except OSError:  # a file system that knows of none
            break
        try:
            start = os_calls.data_from(fd, hole) if hole < size else size
        except OSError:  # no data behind it
            start = size
        if start - hole > _LARGE_HOLE:
            return hole
    return size


def committed_size(fd: int, size: int) -> int:
    """Return where the last whole line ends: after the last newline."""
    while size > 0:
        start = max(0, size - _TAIL)
        found = os_calls.pread(fd, size - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        size = start
    return 0


def line_blocks(fd: int, start: int, stop: int, size: int) -> Iterator[tuple[int, bytearray, int]]:
    """Yield (offset, block, its length) of whole lines from `start` to `stop`, which is the end of a line.

    One buffer serves for all: a file of any size costs the memory of its longest line, or of one block. A line that is too long has an
    empty block, and its length.
    """
    block = bytearray(min(size, max(0, stop - start)))
    while start < stop:
        want = min(len(block), stop - start)
        taken = os_calls.preadv(fd, [memoryview(block)[:want]], start)
        end = block.rfind(b"\n", 0, taken) + 1
        if end:
            yield start, block, end
            start += end
        elif taken < want:  # cut off meanwhile
            return
        elif want >= MOST_CELL_BYTES:
            block = bytearray(size)
            following = _line_end(fd, start + want, stop)
            yield start, bytearray(), following - start
            start = following
        else:
            block = bytearray(2 * len(block))


def _line_end(fd: int, start: int, stop: int) -> int:
    """Return where the line that `start` is in ends."""
    while start < stop:
        piece = os_calls.pread(fd, min(_READ, stop - start), start)
        found = piece.find(b"\n")
        if found >= 0 or not piece:
            return start + found + 1
        start += len(piece)
    return stop
