"""What is asked of the system and what the portable storage has none of: each call says so in the way that its caller understands."""

from __future__ import annotations

import errno
import os
from typing import Any

__all__ = [
    "clone",
    "data_from",
    "end_lease",
    "exchange",
    "fchmod",
    "hole_from",
    "is_another_users",
    "is_hole",
    "lease",
    "may_be_shared",
    "most_descriptors",
    "register_at_fork",
]


def lease(_fd: int) -> bool:
    """Return False: nobody can tell whether others have a file open."""
    return False


def end_lease(_fd: int) -> None:
    """Do nothing: there are no leases."""


def clone(_fd: int, _source: int) -> bool:
    """Return False: no blocks are shared."""
    return False


def may_be_shared(_fd: int) -> bool:
    """Return False: nobody can tell whether other machines reach a file."""
    return False


def most_descriptors() -> int:
    """Return 0: no limit is known."""
    return 0


def register_at_fork(**_calls: Any) -> None:
    """Do nothing: no process is forked."""


def fchmod(_fd: int, _mode: int) -> None:
    """Do nothing: Windows has other rights than these."""


def exchange(_source: str, _target: str, *, src_dir_fd: int, dst_dir_fd: int) -> bool:
    """Return False: no two names are swapped here in one step."""
    del src_dir_fd, dst_dir_fd
    return False


def is_hole(_status: os.stat_result) -> bool:
    """Return False: nobody tells how much of a file was written."""
    return False


def hole_from(_fd: int, _start: int) -> int:
    """Raise OSError: nobody tells where a file has holes."""
    raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))


data_from = hole_from


def is_another_users(_status: os.stat_result) -> bool:
    """Return False: whose a file is, Windows says by lists that are not asked for."""
    return False
