"""The floor with one promise of ours more: before each row it looks whether its file is still the one under its name."""

from __future__ import annotations

import os
from fcntl import LOCK_EX, LOCK_UN, flock

PACKAGES = ()
SETTINGS = {}


def metric(folder):
    from datetime import UTC, datetime

    files = {}

    def log(name, value, step):
        if name not in files:
            path = folder / name.replace("/", "__")
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            files[name] = fd, os.fsencode(path), os.fstat(fd).st_ino
        fd, path, inode = files[name]
        row = f"{step}|{datetime.now(UTC)}|{value!r}\n".encode()
        flock(fd, LOCK_EX)
        if os.stat(path).st_ino != inode:  # noqa: PTH116 - the least that does it
            raise FileNotFoundError(path)
        os.write(fd, row)
        flock(fd, LOCK_UN)

    return log, lambda: None


def metrics(folder):
    log_one, finish = metric(folder)

    def log(step, values):
        for name, value in values.items():
            log_one(name, value, step)

    return log, finish
