"""Locks of open files where `fcntl` is missing, by the calls of Windows; where only other names are missing, by `fcntl`.

Pyodide has a `fcntl.flock` that gives every lock to everybody. So the locks of its one process are kept here.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from time import sleep
from typing import Any

from jupyter_tracking.system import windows
from jupyter_tracking.system.folders import identity, open_folders

fcntl: Any = None
with suppress(ImportError):
    import fcntl

LOCK_SH, LOCK_EX, LOCK_NB, LOCK_UN = 1, 2, 4, 8  # as of `fcntl`, where there is one

_LONGEST_WAIT = 0.02  # seconds
_locked: dict[int, bool] = {}  # whether others may share it

_KEPT_HERE = sys.platform == "emscripten"
_kept: dict[int, tuple[tuple[int, int], bool]] = {}  # there: the file that a descriptor has locked, and whether others may as well


def flock(fd: int, how: int) -> None:
    """Lock an open file, or unlock it; a lock of this kind that this descriptor has already is kept.

    Raises:
        BlockingIOError: another has it, and `LOCK_NB` is given.
        OSError: there are no locks here, or it is a folder; or this process, which has no threads, would wait for itself.
    """
    if fd in open_folders or (not windows.IS_THERE and fcntl is None):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
    if how & LOCK_UN:
        _locked.pop(fd, None)
        _unlock(fd)
        return
    shared = bool(how & LOCK_SH)
    if _locked.pop(fd, None) is shared:
        _locked[fd] = shared
        return
    wait = 0.0005
    while not _try_lock(fd, shared=shared):
        if not _locked_by_an_interrupted_call(fd):
            if how & LOCK_NB:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            if _KEPT_HERE:
                raise OSError(errno.EDEADLK, os.strerror(errno.EDEADLK))
            sleep(wait)  # not in one call of the system, which no Ctrl-C would end
            wait = min(2 * wait, _LONGEST_WAIT)
    _locked[fd] = shared


def _locked_by_an_interrupted_call(fd: int) -> bool:
    """Unlock what a call of this thread has locked just before this one interrupted it; return whether there was such a lock."""
    try:
        _unlock(fd)
    except OSError:
        return False
    return windows.IS_THERE  # a lock of `fcntl` is given again to who has it


def forget(fd: int) -> None:
    """Forget the lock of a file that is closed, which unlocks it."""
    _locked.pop(fd, None)
    _kept.pop(fd, None)


def _try_lock(fd: int, *, shared: bool) -> bool:
    if windows.IS_THERE:
        return windows.try_lock(fd, shared=shared)
    if _KEPT_HERE:
        return _try_keep(fd, shared=shared)
    try:
        fcntl.flock(fd, (LOCK_SH if shared else LOCK_EX) | LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _try_keep(fd: int, *, shared: bool) -> bool:
    file = identity(os.fstat(fd))
    for other, (its_file, its_shared) in list(_kept.items()):
        with suppress(OSError):  # a file that was closed without `close` is locked no more
            if other != fd and its_file == file == identity(os.fstat(other)) and not (shared and its_shared):
                return False
    _kept[fd] = (file, shared)
    return True


def _unlock(fd: int) -> None:
    if windows.IS_THERE:
        windows.unlock(fd)
    elif _KEPT_HERE:
        _kept.pop(fd, None)
    else:
        fcntl.flock(fd, LOCK_UN)
