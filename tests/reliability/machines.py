"""Several machines that have one folder over the network, with locks that each keeps to itself: a double of the operating system.

What a process asks of a file's lock it asks of a file of the same inode in a folder of its machine's. All else is real.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_tracking.storage.syscalls import Syscalls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

__all__ = ["become", "on_machine"]

_real_flock, _real_close = Syscalls.flock, Syscalls.close
_locks: dict[int, int] = {}  # descriptor → that of the file that is locked in its stead
_place: list[Path] = []


def _flock(fd: int, how: int) -> None:
    if fd not in _locks:
        _locks[fd] = os.open(_place[-1] / str(os.fstat(fd).st_ino), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    _real_flock(_locks[fd], how)


def _close(fd: int) -> None:
    if fd in _locks:
        _real_close(_locks.pop(fd))
    _real_close(fd)


def become(name: str, locks: Path, setting: Any = setattr) -> None:
    """Be a process of a machine from now on.

    Args:
        name: the machine's.
        locks: a folder that is not the shared one.
        setting: sets an attribute of a module or a class.
    """
    import socket

    from jupyter_tracking.storage.presence import marks

    place = locks / name
    place.mkdir(parents=True, exist_ok=True)
    _place.append(place)
    setting(Syscalls, "flock", staticmethod(_flock))
    setting(Syscalls, "close", staticmethod(_close))
    setting(Syscalls, "may_be_shared", lambda *_: True)
    setting(marks, "_boot_id", lambda: f"boot of {name}")
    setting(socket, "gethostname", lambda: name)


@contextmanager
def on_machine(name: str, locks: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Be a process of a machine for a block; what it has locked stays locked there."""
    with monkeypatch.context() as patch:
        become(name, locks, patch.setattr)
        yield
    _place.pop()
