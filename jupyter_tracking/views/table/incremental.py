"""Long computations in slices, so that the kernel can answer other requests between two of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class IncrementalTask:
    """Something that is computed piece by piece.

    Attributes:
        done: whether the whole is computed.
        seen: how many rows were processed.
    """

    def __init__(self) -> None:
        """Start with nothing computed."""
        self.done = False
        self.seen = 0
        self._pieces = self._work()

    @property
    def size(self) -> int:
        """How many bytes it holds."""
        return 0

    def _work(self) -> Iterator[None]:
        """Compute, and yield wherever the computation may be suspended."""
        raise NotImplementedError

    def run_for(self, seconds: float) -> bool:
        """Compute for about so many seconds, at least one piece; return whether all is done."""
        ends = time.monotonic() + seconds
        while not self.done:
            try:
                next(self._pieces)
            except StopIteration:
                self.done = True
            if time.monotonic() >= ends:
                break
        return self.done
