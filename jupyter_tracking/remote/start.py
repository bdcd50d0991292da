"""Starts the process that copies a run while it goes on, and asks it. What records a run needs nothing else of this package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, TrackingWarning
from jupyter_tracking.fork import free_after_fork
from jupyter_tracking.printed import users_line, warn, warn_at
from jupyter_tracking.storage.objects import ObjectStore
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Mapping

PATIENCE = 30.0  # seconds that a call waits until all is at the store
LESS_PATIENCE = 5.0  # where the store is known to fail


class MirrorProcess:
    """The process that mirrors a run, and that no end of this one ends.

    Attributes:
        pid: its number.
    """

    def __init__(self, path: os.PathLike[str], url: str, storage_options: Mapping[str, Any] | None = None) -> None:
        """Start it.

        The options, which may hold secrets, go through a pipe: neither other users nor the environment see them.
        """
        words = [sys.executable, "-P", "-m", "jupyter_tracking", "mirror", os.fspath(path), url, "--piped"]
        # The package is found where this process has found it, and nothing in the current directory.
        folders = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._url, self._parent, self._line = url, os.getpid(), users_line()
        self._changed = free_after_fork(threading.Condition(threading.Lock()))
        self._asked = self._answered = self._sent = 0  # numbers of requests: of the last one, of those answered, of those fulfilled
        self._failed: str | None = None  # why the last look failed
        self._status: int | None = None  # its exit status
        self._told = False
        self._waiting = 0  # calls that will say what there is to say
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
        )
        self.pid = self._process.pid
        self._say(json.dumps(dict(storage_options or {})))
        assert self._process.stdin is not None
        os_calls.set_blocking(self._process.stdin.fileno(), False)  # a process that was stopped reads nothing
        threading.Thread(target=self._listen, name="jupyter-tracking-mirror", daemon=True).start()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):  # it is gone, or reads nothing
            self._process.stdin.write(f"{line}\n".encode())

    def _listen(self) -> None:
        """Hear its answers until it is gone, and wait for it, so that it is no zombie."""
        assert self._process.stdout is not None
        with self._process as process:
            for line in self._process.stdout:
                with suppress(ValueError, TypeError, KeyError):
                    said = json.loads(line)
                    self._hear(int(said["answered"]), said["failed"])
            status = process.wait()
        with self._changed:
            self._status = status
            self._changed.notify_all()
        self._tell(None if status == 0 else self._gone)

    def _hear(self, answered: int, failed: str | None) -> None:
        with self._changed:
            self._answered, self._failed = answered, failed
            self._sent = self._sent if failed else answered
            self._changed.notify_all()
        self._tell(f"{failed}; it is tried again, and {self._kept}" if failed else None)

    def _tell(self, words: str | None) -> None:
        """Tell the user once that the copy fails, also where nobody waits for it."""
        if words and not self._told and not self._waiting:
            self._told = True
            with suppress(TrackingWarning):  # made an error, which nobody would catch in this thread
                warn_at(self._line, f"the copy of the run at {self._url} is behind: {words}", TrackingWarning)

    _kept = "the run itself is whole in its folder"

    @property
    def _gone(self) -> str:
        return f"the process that copies it has ended; {self._kept}, and push() sends the rest"

    def wait(self) -> None:
        """Wait until all that was logged so far is at the store; after half a minute, or where it failed, warn that it is not."""
        with self._changed:
            self._waiting += 1
        try:
            words = self._wait()
        finally:
            with self._changed:
                self._waiting -= 1
        if words is not None:
            self._told = True
            warn(f"what was logged is not all at {self._url}: {words}", TrackingWarning)

    def _wait(self) -> str | None:
        if os.getpid() != self._parent:
            return "a process that was forked cannot wait for it; sync() of its parent does"
        with self._changed:
            self._asked += 1
            number, patience = self._asked, PATIENCE if self._failed is None else LESS_PATIENCE
        self._say(str(number))
        with self._changed:
            self._changed.wait_for(lambda: self._answered >= number or self._status is not None, patience)
            if self._sent >= number:
                return None
            if self._answered >= number:
                return f"{self._failed}; it is tried again"
            if self._status is not None:
                return None if self._status == 0 else self._gone  # it ends by itself when all is there
            return f"{self._failed or f'it took more than {patience:g} s'}; the copying goes on"


def check_mirror(url: str, storage_options: Mapping[str, Any] | None) -> None:
    """Check what a mirror is given, before the run starts; raises as `ObjectStore.at`, and `InvalidArgument` of what is no JSON."""
    ObjectStore.at(url, storage_options)
    try:
        json.dumps(dict(storage_options or {}))
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"storage_options= goes to the process that copies, as JSON: {error}") from None
