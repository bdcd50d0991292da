"""Calls that interrupt another call of their own thread: from a signal handler, a finalizer, a hook of logging, warnings or audits.

The locks of this package have an order, the ranks below, in which a call takes them. A thread that asks for one while it holds a later
one has interrupted a call of its own, and whoever holds what it asks for may be waiting for what it holds: so it waits for a moment
only, and then gives up with an error. A lock that is the thread's own already is taken again; what may not be changed twice at a time
is guarded where it is changed.
"""

from __future__ import annotations

import threading
import weakref
from contextlib import contextmanager
from threading import get_ident
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import ReentrantCall
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What a lock is of, in the order in which they are taken.
RUN, DOCUMENTS, NOTES, ROWS, NAMES = range(5)

_SOON = 0.1  # seconds in which a lock is got nearly always, so that the question for what is held need not be asked
_PATIENCE = 2.0  # seconds that a call waits which has interrupted another

_locks: list[set[weakref.ref[Any]]] = [set() for _ in range(NAMES + 1)]  # of each rank
_calls: dict[int, int] = {}  # thread → how many calls it is in whose parts belong together
waiting: list[tuple[int, Callable[[], object]]] = []  # thread, and what it is to do once it is outside of all calls


def new_lock(rank: int) -> Any:
    """Return a lock that its own thread may take again."""
    lock = threading.RLock()
    known = _locks[rank]
    known.add(weakref.ref(lock, known.discard))
    return lock


def is_held(lock: Any) -> bool:
    """Return whether this thread holds a lock."""
    return bool(lock._is_owned())  # noqa: SLF001 - what `threading.Condition` asks too


def _holds(first: int) -> bool:
    """Return whether this thread holds a lock of a rank or of a later one."""
    references = [reference for known in _locks[first:] for reference in list(known)]
    return any(is_held(lock) for reference in references if (lock := reference()) is not None)


def is_inside() -> bool:
    """Return whether this thread is in the middle of a call that changes a run, which the present call must have interrupted."""
    return get_ident() in _calls or _holds(RUN)


@contextmanager
def hold(lock: Any, rank: int, what: str) -> Iterator[None]:
    """Hold a lock.

    Args:
        lock: made by `new_lock`.
        rank: the rank it was made with.
        what: what is changed under it, for the message.

    Raises:
        ReentrantCall: this call has interrupted another of its thread, and would have to wait for a third that may wait for that one.
    """
    if is_held(lock):
        with lock:
            yield
        return
    try:
        if not lock.acquire(blocking=False) and not lock.acquire(timeout=_SOON):
            if not _holds(rank):
                lock.acquire()
            elif not lock.acquire(timeout=_PATIENCE):
                raise interrupted(what)
        yield
    finally:
        if is_held(lock):  # an exception may have come before it was got
            lock.release()
        if waiting:
            run_waiting()


@contextmanager
def whole_call() -> Iterator[None]:
    """Keep together what belongs together, such as a file and the row that names it: the run does not end in between."""
    thread = get_ident()
    _calls[thread] = _calls.get(thread, 0) + 1
    try:
        yield
    finally:
        count = _calls.get(thread, 1) - 1
        if count:
            _calls[thread] = count
        else:
            _calls.pop(thread, None)
        if waiting:
            run_waiting()


def interrupted(what: str) -> ReentrantCall:
    """Return the error of a call that cannot go on because of the one that it has interrupted."""
    return ReentrantCall(
        f"{what}: a call of the same thread is in the middle of it, which this one has interrupted (from a signal handler, a finalizer"
        " or a hook); nothing was changed. Make this call when that one has returned: set a flag here, and look at it in your loop"
    )


def call_when_outside(call: Callable[[], object]) -> None:
    """Make a call as soon as the calls that this one has interrupted are done, however they end."""
    waiting.append((get_ident(), call))


def run_waiting() -> None:
    """Make the calls that had to wait for this thread to be outside."""
    thread = get_ident()
    for entry in [] if is_inside() else [entry for entry in waiting if entry[0] == thread]:
        waiting.remove(entry)
        entry[1]()


def _after_fork() -> None:
    """In a child: the calls that are under way are the parent's."""
    waiting.clear()
    _calls.clear()


os_calls.register_at_fork(after_in_child=_after_fork)
