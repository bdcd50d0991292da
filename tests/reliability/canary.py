"""A secret outside the run, and whether anybody opened it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Canary"]

_watched: dict[str, Canary] = {}
_IN_OPEN, _IN_ACCESS = 0x20, 0x1


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    # A hook cannot be taken away again, so it is one for all canaries.
    if event == "open" and _watched and isinstance(arguments[0], str | bytes | os.PathLike):
        path = os.fsdecode(arguments[0])
        for real, canary in list(_watched.items()):
            if path == real or (canary.name in path and os.path.realpath(path) == real):
                canary.opened.append(path)


sys.addaudithook(_audit)


class Canary:
    """A file with a secret; the kernel too tells when it is opened, by whatever name, where it can (inotify)."""

    secret = "THE-CANARY-SANG"

    def __init__(self, path: Path) -> None:
        path.write_text(self.secret)
        self.path = path
        self.name = path.name
        self.opened: list[str] = []
        _watched[os.path.realpath(path)] = self
        libc = ctypes.CDLL(None, use_errno=True)
        self._watch = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC) if sys.platform == "linux" else -1
        if self._watch >= 0:
            libc.inotify_add_watch(self._watch, os.fsencode(path), _IN_OPEN | _IN_ACCESS)

    def sang(self) -> bool:
        """Whether the file was opened since the last time."""
        seen = False
        with contextlib.suppress(BlockingIOError):
            while self._watch >= 0 and os.read(self._watch, 1 << 16):
                seen = True
        told, self.opened[:] = bool(self.opened), []
        return seen or told

    def close(self) -> None:
        """Watch no more."""
        _watched.pop(os.path.realpath(self.path), None)
        if self._watch >= 0:
            os.close(self._watch)
