"""Long computations in slices, so that the kernel is free for a newer wish between two of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Task"]


class Task:
    """Something to be computed piece by piece.

    Attributes:
        done: whether all of it is.
        seen: how many rows were looked at.
    """

    def __init__(self) -> None:
        """Begin with nothing done."""
        self.done = False
        self.seen = 0
        self._pieces = self._work()

    @property
    def size(self) -> int:
        """How many bytes it holds."""
        return 0

    def _work(self) -> Iterator[None]:
        """Compute, and yield wherever it may be left for a while."""
        raise NotImplementedError

    def go_on(self, seconds: float) -> bool:
        """Go on for about so long, at least a piece; return whether all is done."""
        ends = time.monotonic() + seconds
        while not self.done:
            try:
                next(self._pieces)
            except StopIteration:
                self.done = True
            if time.monotonic() >= ends:
                break
        return self.done
