"""A copy of a run that grows while the run goes on: made by a process of its own, which sends the rest when the run's process is gone."""

from __future__ import annotations

import os
import socket
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson

from jupyter_tracking.errors import StoreError, TrackingError, escape_controls
from jupyter_tracking.format import paths
from jupyter_tracking.printed import write
from jupyter_tracking.read.find import find_run
from jupyter_tracking.remote.own_files import own_file
from jupyter_tracking.remote.push import PushedRun
from jupyter_tracking.remote.snapshot import EVENTS
from jupyter_tracking.remote.sync_requests import SyncRequests
from jupyter_tracking.storage.presence.marks import active_writers
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_tracking.read.run_reader import RunFolder
    from jupyter_tracking.remote.push import Pushed
    from jupyter_tracking.remote.snapshot import Snapshot

INTERVAL = 10.0  # seconds from one look to the next
_LOOK_FOR_WRITERS = 0.25  # seconds: an end is seen soon
_NOTE_EVERY = 60.0  # seconds: readers at the store believe a note for three minutes
_GROWN = 1.25  # a file goes again, as a whole, when so many times of it have come: all that is sent is a few times the file
_SMALL, _SMALL_EVERY = 1_000_000, 300.0  # bytes and seconds: what is small goes sooner
_PATIENCE = 600.0  # seconds for which a store may fail after the run's process is gone
_LOG = "mirror.log"


class Mirror:
    """The copy of a run that goes on."""

    def __init__(
        self,
        folder: RunFolder,
        url: str,
        storage_options: Mapping[str, Any] | None = None,
        *,
        interval: float = INTERVAL,
        requests: SyncRequests | None = None,
    ) -> None:
        """Name both, and who asks when all is there; nothing is sent. Raises as `push`."""
        self._folder, self._interval = folder, interval
        self._requests = requests or SyncRequests()
        self._copy = PushedRun(folder, url, storage_options)
        self._tried: dict[str, float] = {}  # when a file that grows went last
        self._noted = float("-inf")
        self._answered = 0

    def run(self) -> Pushed | None:
        """Send what is new again and again, and the rest when nobody writes to the run any more.

        Returns:
            What the last look sent; None where the run folder went away, or the store failed for ten minutes after the end.
        """
        failing: float | None = None
        while True:
            asked = self._requests.begin()
            going_on = self._is_written()  # the request of an end comes after it
            try:
                if going_on:
                    self._note()
                sent = self._copy.push(wanted=self._is_worth if going_on else None)
                if not going_on:
                    self._copy.store.delete([paths.MIRROR_NOTE])
                self._answer(asked)
                if not going_on:
                    return sent
                failing = None
            except StoreError as error:
                failing = self._tell(error, failing)
                self._answer(asked, error)
                if not going_on and time.monotonic() - failing > _PATIENCE:
                    return None
            except TrackingError as error:
                self._tell(error, None)
                self._answer(asked, error)
            if not self._folder.path.is_dir():
                return None
            self._wait(going_on=going_on)

    def _is_written(self) -> bool:
        return bool(active_writers(self._folder.path))

    def _wait(self, *, going_on: bool) -> None:
        """Wait for the next look, which comes at once when it is asked for, or the last writer has gone."""
        until = time.monotonic() + self._interval
        while time.monotonic() < until and self._requests.latest <= self._answered and (not going_on or self._is_written()):
            self._requests.wait(min(_LOOK_FOR_WRITERS, self._interval))

    def _answer(self, asked: int, error: TrackingError | None = None) -> None:
        self._answered = asked
        self._requests.answer(asked, None if error is None else _words(error))

    def _is_worth(self, snapshot: Snapshot, there: int | None) -> bool:
        """Return whether a file that has changed goes now as a whole."""
        if snapshot.wave != EVENTS or there is None:
            return True
        now, before = time.monotonic(), self._tried.setdefault(snapshot.path, time.monotonic())
        worth = snapshot.size >= _GROWN * there or (snapshot.size <= _SMALL and now - before >= _SMALL_EVERY)
        if worth:
            self._tried[snapshot.path] = now
        return worth

    def _note(self) -> None:
        """Say at the store that the run goes on; readers take the time of the note from the store."""
        if time.monotonic() - self._noted >= _NOTE_EVERY:
            about = {"host": socket.gethostname(), "pid": os.getpid(), "interval": self._interval}
            self._copy.store.put(paths.MIRROR_NOTE, orjson.dumps(about))
            self._noted = time.monotonic()

    def _tell(self, error: TrackingError, since: float | None) -> float:
        """Keep what went wrong in the run's own folder, once for as long as it does; return since when."""
        if since is not None:
            return since
        line = f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {_words(error)}"
        if sys.stderr is not None:
            with suppress(OSError, ValueError):
                write(sys.stderr, line)
        with suppress(OSError, ValueError, TrackingError), own_file(self._folder.path, _LOG, os_calls.O_APPEND) as log:
            os.write(log, f"{line}\n".encode())
        return time.monotonic()


def _words(error: TrackingError) -> str:
    return escape_controls(getattr(error, "strerror", None) or error)


def mirror(
    run: object,
    url: str,
    storage_options: Mapping[str, Any] | None = None,
    *,
    root: str | None = None,
    requests: SyncRequests | None = None,
) -> Pushed | None:
    """Copy a run to an object store while it goes on, and return when it has ended and all of it is there. Arguments as of `push`."""
    return Mirror(find_run(run, root), url, storage_options, requests=requests).run()
