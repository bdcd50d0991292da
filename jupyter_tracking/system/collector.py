"""The collector of cycles: let it wait while many objects are made of a file, none of which is in a cycle."""

from __future__ import annotations

import gc
from typing import Self

from jupyter_tracking.system import os_calls


class CollectorPause:
    """Lets Python's collector of cycles wait while a document, a footer or a batch of them is read.

    What is read is a tree: none of it is in a cycle, and what is not kept of it is freed at once. But the number alone of the objects
    that are kept has the collector look through them, and now and then through all objects of the process: a quarter of the time of a
    table of runs, and nearly half of that of a list of ten thousand artifacts. The garbage of other threads waits meanwhile. Where it
    was off it stays off; in a child that is forked meanwhile it is on.
    """

    _is_ours = False

    def __enter__(self) -> Self:
        """Let it wait, unless somebody else does."""
        self._is_ours = gc.isenabled()
        if self._is_ours:
            _held_back.append(self)
            gc.disable()
        return self

    def __exit__(self, *_: object) -> None:
        """Let it go on."""
        if self._is_ours:
            self._is_ours = False
            _held_back.remove(self)
            gc.enable()


_held_back: list[CollectorPause] = []


def _after_fork() -> None:
    while _held_back:
        _held_back.pop()._is_ours = False  # noqa: SLF001 - its own; nothing is left to do when it ends
        gc.enable()


os_calls.register_at_fork(after_in_child=_after_fork)
