"""Who may say which cell logged a row: the recorder asks it, the notebook provides it."""

from __future__ import annotations

from typing import Protocol


class RowAttribution(Protocol):
    """Attributes rows to cells, where a reader could not do so by their timestamps; the notebook provides it.

    Attributes:
        cell_thread: the thread in which cells execute. Its rows need no look, unless `check_every_row` is set.
        check_every_row: rows of the cell thread are to be attributed too.
    """

    cell_thread: int
    check_every_row: bool

    def attribute(self, kind: str, name: str, moment: str, *, given: bool) -> str:
        """Return the timestamp that a row is to have; `given` says that it came from the caller."""
