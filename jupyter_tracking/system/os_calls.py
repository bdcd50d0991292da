"""The calls to the operating system by which files are opened, read, written and locked: the one place where a platform is decided.

A folder is a descriptor: what is in it is named relative to it (`dir_fd=`), so that no link that is put there meanwhile leads elsewhere.
`posix` has the calls of Linux and macOS as they are; `portable` has the same names, for Windows and for what lacks some of them (Pyodide).
Whoever needs one asks here, and imports no `fcntl`, no `resource` and no `os.O_...` of its own.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

_NAMES = (
    *("O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "fchmod", "fwalk", "getuid", "link", "pread", "preadv", "pwrite", "readv"),
    *("register_at_fork", "set_blocking"),
)
_BY_FOLDER = ("link", "mkdir", "open", "rename", "rmdir", "stat", "unlink")


def _has_all_of_posix() -> bool:
    return (
        all(hasattr(os, name) for name in _NAMES)
        and all(getattr(os, name) in os.supports_dir_fd for name in _BY_FOLDER)
        and find_spec("fcntl") is not None
        and find_spec("resource") is not None
    )


if sys.platform != "win32" and (TYPE_CHECKING or _has_all_of_posix()):
    from jupyter_tracking.system.posix import *  # noqa: F403 - the same names as of the other
else:
    from jupyter_tracking.system.portable import *  # noqa: F403
