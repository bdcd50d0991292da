"""What takes more than one call to the system."""

from __future__ import annotations

from jupyter_tracking.system import os_calls


def read_bytes(fd: int, size: int) -> bytes:
    """Return so many bytes of an open file; fewer, if it was cut off meanwhile."""
    data = os_calls.pread(fd, size, 0)
    while len(data) < size and (chunk := os_calls.pread(fd, size - len(data), len(data))):  # one call reads up to 2 GB
        data += chunk
    return data
