"""After a fork: what a child must give up of what it shares with its parent, such as locks and descriptors.

Of the threads of the parent only the one that forked lives on in the child: what another one held then is held for ever.
"""

from __future__ import annotations

import weakref
from typing import Any, Protocol, TypeVar

from jupyter_tracking.system import os_calls

Lock = TypeVar("Lock")


class ForkAware(Protocol):
    """Something that holds what a forked child must not share with its parent."""

    def after_fork(self) -> None:
        """In a forked child: give up what is the parent's."""


_held: weakref.WeakSet[ForkAware] = weakref.WeakSet()
_locks: weakref.WeakSet[Any] = weakref.WeakSet()


def call_after_fork(thing: ForkAware) -> None:
    """Call the thing's `after_fork` in every child that is forked while it lives."""
    _held.add(thing)


def free_after_fork(lock: Lock) -> Lock:
    """Return a lock or a condition of `threading`, which no forked child finds held; what it guards has to be whole at any moment."""
    _locks.add(lock)
    return lock


def _after_fork() -> None:
    for lock in list(_locks):
        lock._at_fork_reinit()  # noqa: SLF001 - as Python's own `logging` does; there is no public way
    for thing in list(_held):
        thing.after_fork()


os_calls.register_at_fork(after_in_child=_after_fork)
