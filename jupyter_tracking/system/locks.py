"""Locks of open files where `fcntl` is missing, by the calls of Windows; where only other names are missing, by `fcntl`."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from time import sleep
from typing import Any

from jupyter_tracking.system import windows
from jupyter_tracking.system.folders import open_folders

fcntl: Any = None
with suppress(ImportError):
    import fcntl

LOCK_SH, LOCK_EX, LOCK_NB, LOCK_UN = 1, 2, 4, 8  # as of `fcntl`, where there is one

_LONGEST_WAIT = 0.02  # seconds
_locked: set[int] = set()


def flock(fd: int, how: int) -> None:
    """Lock an open file, or unlock it; a lock that this descriptor has already is kept.

    Raises:
        BlockingIOError: another has it, and `LOCK_NB` is given.
        OSError: there are no locks here, or it is a folder.
    """
    if fd in open_folders or (not windows.IS_THERE and fcntl is None):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
    if how & LOCK_UN:
        _locked.discard(fd)
        _unlock(fd)
        return
    shared = bool(how & LOCK_SH)
    if fd in _locked and not shared:
        return
    wait = 0.0005
    while not _try_lock(fd, shared=shared):
        if not _locked_by_an_interrupted_call(fd):
            if how & LOCK_NB:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            sleep(wait)  # not in one call of the system, which no Ctrl-C would end
            wait = min(2 * wait, _LONGEST_WAIT)
    _locked.add(fd)


def _locked_by_an_interrupted_call(fd: int) -> bool:
    """Unlock what a call of this thread has locked just before this one interrupted it; return whether there was such a lock."""
    try:
        _unlock(fd)
    except OSError:
        return False
    return windows.IS_THERE  # a lock of `fcntl` is given again to who has it


def forget(fd: int) -> None:
    """Forget the lock of a file that is closed, which unlocks it."""
    _locked.discard(fd)


def _try_lock(fd: int, *, shared: bool) -> bool:
    if windows.IS_THERE:
        return windows.try_lock(fd, shared=shared)
    try:
        fcntl.flock(fd, (LOCK_SH if shared else LOCK_EX) | LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _unlock(fd: int) -> None:
    if windows.IS_THERE:
        windows.unlock(fd)
    else:
        fcntl.flock(fd, LOCK_UN)
