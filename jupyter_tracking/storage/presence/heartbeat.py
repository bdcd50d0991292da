"""Touch the mark of a writer every few seconds, so that other machines see that it lives, also while nothing is logged."""

from __future__ import annotations

import os
import threading
import weakref
from contextlib import suppress

INTERVAL = 10.0  # seconds; a mark that has not been touched for several such times is of a writer that is gone


class Heartbeat:
    """A thread that touches a file until it is stopped; it never keeps a process alive, and none of its errors reaches anybody."""

    def __init__(self, path: str) -> None:
        """Begin to touch a file; it ends too when this is dropped. Where there can be no more threads, none begins."""
        self._stopped = threading.Event()
        self._pid = os.getpid()
        given = (path, self._stopped, weakref.ref(self))
        with suppress(RuntimeError):
            threading.Thread(target=_beat, args=given, daemon=True, name="jupyter-tracking heartbeat").start()

    def stop(self) -> None:
        """Touch it no more; in a forked child there is nothing to stop."""
        if os.getpid() == self._pid:
            self._stopped.set()


def _beat(path: str, stopped: threading.Event, heartbeat: weakref.ref[Heartbeat]) -> None:
    while not stopped.wait(INTERVAL) and heartbeat() is not None:
        with suppress(OSError):  # it is tried again; a run whose folder is gone has other errors
            os.utime(path, follow_symlinks=os.utime not in os.supports_follow_symlinks)
