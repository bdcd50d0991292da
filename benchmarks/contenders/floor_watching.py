"""The floor with one promise of ours more: before each row it looks whether its file is still the one under its name."""

from __future__ import annotations

import ctypes
import os
from fcntl import LOCK_EX, LOCK_UN, flock

PACKAGES = ()
SETTINGS = {}


_AT_FDCWD, _INODE, _INODE_WORD = -100, 0x100, 4


def _look(path):
    """Return a call without arguments that gives the file's inode: by statx, which unlike `os.stat` leaves the times alone."""
    answer = (ctypes.c_uint64 * 32)()
    statx, fixed = ctypes.CDLL(None).statx, (ctypes.c_int(0), ctypes.c_uint(_INODE), ctypes.byref(answer))
    arguments = ctypes.c_int(_AT_FDCWD), ctypes.c_char_p(os.fsencode(path)), *fixed
    return lambda: -1 if statx(*arguments) else answer[_INODE_WORD]


def metric(folder):
    from datetime import UTC, datetime

    files = {}

    def log(name, value, step):
        if name not in files:
            path = folder / name.replace("/", "__")
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            files[name] = fd, _look(path), os.fstat(fd).st_ino
        fd, look, inode = files[name]
        row = f"{step}|{datetime.now(UTC)}|{value!r}\n".encode()
        flock(fd, LOCK_EX)
        if look() != inode:
            raise FileNotFoundError(name)
        os.write(fd, row)
        flock(fd, LOCK_UN)

    return log, lambda: None


def metrics(folder):
    log_one, finish = metric(folder)

    def log(step, values):
        for name, value in values.items():
            log_one(name, value, step)

    return log, finish
