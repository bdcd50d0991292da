"""The bytes of an open file of a run, as far as they were ever written."""

from __future__ import annotations

import os

_LARGE_HOLE = 1 << 26  # bytes that were never written, as only a damaged file has them


def read_bytes(fd: int, size: int) -> bytes:
    """Return so many bytes of an open file; fewer, if it was cut off meanwhile."""
    data = os.pread(fd, size, 0)
    while len(data) < size and (chunk := os.pread(fd, size - len(data), len(data))):  # one call reads up to 2 GB
        data += chunk
    return data


def written_size(fd: int, size: int) -> int:
    """Return how long a file is up to its first large hole: what was never written takes no disk, and reads as any number of zeros."""
    start = 0
    while size > _LARGE_HOLE and start < size:
        try:
            hole = os.lseek(fd, start, os.SEEK_HOLE)
        except OSError:  # a file system that knows of none
            break
        try:
            start = os.lseek(fd, hole, os.SEEK_DATA) if hole < size else size
        except OSError:  # no data behind it
            start = size
        if start - hole > _LARGE_HOLE:
            return hole
    return size
