"""A large object as a file of which only those parts come that are read."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import OrderedDict
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

BLOCK = 1 << 20  # bytes that come with a request
_MOST_BLOCKS = 64  # that are kept of one object


class RangedFile(io.RawIOBase):
    """A file for reading, whose bytes are asked for by blocks; those read last are kept, also for who opens it next.

    Attributes:
        size: how many bytes it has.
    """

    def __init__(self, read: Callable[[int, int], bytes], size: int, blocks: OrderedDict[int, bytes]) -> None:
        """Name what reads so many bytes from an offset on, how many there are, and the blocks that are kept."""
        super().__init__()
        self._read, self.size, self._blocks = read, size, blocks
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Return where the next byte is read."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to an offset from the start, from here or from the end."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read as many bytes as there is room for; fewer at the end."""
        view = memoryview(buffer).cast("B")
        done = 0
        while done < len(view) and self._at < self.size:
            number, inside = divmod(self._at, BLOCK)
            piece = memoryview(self._block(number))[inside : inside + len(view) - done]
            if not piece:  # shorter than it was said to be
                break
            view[done : done + len(piece)] = piece
            done += len(piece)
            self._at += len(piece)
        return done

    def _block(self, number: int) -> bytes:
        block = self._blocks.pop(number, None)
        if block is None:
            start = number * BLOCK
            block = self._read(start, min(BLOCK, self.size - start))
        self._blocks[number] = block
        while len(self._blocks) > _MOST_BLOCKS:
            self._blocks.popitem(last=False)
        return block
