"""Who is writing to a run, told by locks that the kernel frees with the process.

Each writer holds an exclusive lock on a file of its own for as long as it lives: no clock, no pid
file, nothing to clean up after a kill. Readers only ask.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from typing import TYPE_CHECKING

from jupyter_tracking import layout

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["claim", "living_writers"]


def living_writers(path: Path) -> list[str]:
    """Return who writes to the run at this moment, in words: `process 4711 on host`; empty when nobody does."""
    alive = []
    try:
        root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        folder = layout.open_inside(root, layout.WRITERS)
        try:
            for name in sorted(os.listdir(folder)):
                fd = layout.open_inside(folder, name)
                try:
                    fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    alive.append(_words(fd))
                finally:
                    os.close(fd)
        finally:
            os.close(folder)
    except (OSError, ValueError):
        return alive
    finally:
        os.close(root)
    return alive


def _words(fd: int) -> str:
    try:
        who = json.loads(os.pread(fd, 4096, 0))
        return f"process {who['pid']} on {who['host']}"
    except (ValueError, KeyError, TypeError, OSError):
        return "another process"


def claim(folder_fd: int) -> int:
    """Take a lock file of one's own in the writers' folder and return its descriptor: closing it is leaving.

    Files of writers that are gone are removed on the way.
    """
    for name in os.listdir(folder_fd):
        fd = layout.open_inside(folder_fd, name)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(name, dir_fd=folder_fd)
        except OSError:
            pass
        finally:
            os.close(fd)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(f"{os.getpid()}-{layout.new_uuid()[:8]}.lock", flags, 0o666, dir_fd=folder_fd)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
    except OSError:  # no locks on this file system: the run reads as interrupted while it runs
        pass
    os.write(fd, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode())
    return fd
