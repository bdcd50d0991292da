"""After a fork: what a child must give up of what it shares with its parent, such as locks and descriptors."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class ForkAware(Protocol):
    """Something that holds what a forked child must not share with its parent."""

    def after_fork(self) -> None:
        """In a forked child: give up what is the parent's."""


_held: weakref.WeakSet[ForkAware] = weakref.WeakSet()


def call_after_fork(thing: ForkAware) -> None:
    """Call the thing's `after_fork` in every child that is forked while it lives."""
    _held.add(thing)


def _after_fork() -> None:
    for thing in list(_held):
        thing.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
