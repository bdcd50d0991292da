"""Problems of runs found in a thread, one run after the other: every row and file is read, which the page of a large run cannot wait for."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, NamedTuple

from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import RunFolder
from jupyter_tracking.fork import free_after_fork

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jupyter_tracking.read.run_files import Problem

    Problems = Future[list[Problem]]


class _Wanted(NamedTuple):
    path: Path
    is_wanted: Callable[[], bool]
    found: Problems


class _StoppedError(Exception):
    """Nobody wants to know any more."""


_waiting: deque[_Wanted] = deque()
_lock = free_after_fork(threading.Lock())
_thread: threading.Thread | None = None


def find_problems_later(path: Path, is_wanted: Callable[[], bool]) -> Problems:
    """Begin to look for the problems of a run, by a reader of its own.

    Args:
        path: the run folder.
        is_wanted: asked in between; where it says no, the search ends and the future is cancelled.

    Returns:
        What `find_problems` returns or raises, once it has.
    """
    global _thread  # noqa: PLW0603 - one for the process
    found: Problems = Future()
    with _lock:
        _waiting.append(_Wanted(path, is_wanted, found))
        if _thread is None or not _thread.is_alive():  # as in a forked child
            _thread = threading.Thread(target=_run, name="jupyter-tracking-check", daemon=True)
            _thread.start()
    return found


def _run() -> None:
    global _thread  # noqa: PLW0603
    while True:
        with _lock:
            if not _waiting:
                _thread = None
                return
            wanted = _waiting.popleft()
        _find(wanted)


def _find(wanted: _Wanted) -> None:
    def go_on(_done: int, _all: int) -> None:
        if not wanted.is_wanted():
            raise _StoppedError

    try:
        go_on(0, 0)
        problems = find_problems(RunFolder(wanted.path), progress=go_on)
    except _StoppedError:
        wanted.found.cancel()
    except Exception as error:  # noqa: BLE001 - told to whoever waits
        wanted.found.set_exception(error)
    else:
        wanted.found.set_result(problems)
