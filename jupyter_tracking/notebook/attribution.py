"""Who logs a row that is not of the executing cell: threads, forked children, and rows with a timestamp of another time.

Rows say nothing of cells: a reader joins them by their timestamps. Where that would be wrong, a note is
written beside the cells' journal. In the cell's own thread that costs one comparison a row.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING

from jupyter_tracking.format.cell_log import NOTES_FILE, AttributionNote, note_line
from jupyter_tracking.format.convert import timestamp_now
from jupyter_tracking.storage.journal import Journal

if TYPE_CHECKING:
    from jupyter_tracking.format.cell_log import Cell
    from jupyter_tracking.storage.store import Store

__all__ = ["Attribution"]


class Attribution:
    """Sees rows on their way into a run.

    Attributes:
        cell_thread: the thread in which cells execute; rows of other threads are noted.
        check_every_row: some rows were of others: the cells' own must be looked at too.
        cell: the cell that is executing.
    """

    def __init__(self, store: Store, cell_thread: int = 0) -> None:
        """See rows of the store's run; with no cell_thread, every row is this process's and no cell's."""
        self.cell_thread = cell_thread
        self.check_every_row = False
        self.cell: Cell | None = None
        self._alone = not cell_thread
        self._by: dict[tuple[str, str], str] = {}
        self._last = ""
        self._mutex = threading.Lock()
        self._journal = Journal(store, NOTES_FILE)
        _witnesses.add(self)

    def attribute(self, kind: str, name: str, moment: str, *, given: bool) -> str:
        """Note who logs a row if a reader could not know; return the moment the row is to have.

        Args:
            kind: of the artifact.
            name: of the artifact.
            moment: the row's timestamp so far.
            given: it came from the caller; else it is now, and may be moved by a microsecond.
        """
        by, cell = self._who(), self.cell
        inside = given and cell is not None and cell.started <= moment <= timestamp_now()
        if inside and not by and not self._by:
            return moment
        place = (kind, name)
        with self._mutex:
            if given or self._alone:
                if by or not inside or place in self._by:
                    at_cell = (cell.session, cell.number) if cell is not None and not by else None
                    self._journal.append(note_line(AttributionNote(kind, name, moment, True, by, at_cell)))
                return moment
            if self._by.get(place, "") != by:
                # From this row on, until another logs: the moment must lie between theirs and ours.
                moment = timestamp_now()
                while moment <= self._last:
                    moment = timestamp_now()
                self._last = moment
                self._by[place] = by
                self.check_every_row = True
                self._journal.append(note_line(AttributionNote(kind, name, moment, False, by)))
            elif self.check_every_row:
                moment = timestamp_now()
            return moment

    def _who(self) -> str:
        if self._alone:
            return f"process {os.getpid()}"
        return "" if threading.get_ident() == self.cell_thread else f"thread {threading.current_thread().name}"

    def other_writer(self) -> str:
        """Say who is logging, if it is not the executing cell."""
        return self._who()

    def close(self) -> None:
        """Let the disk have the notes, and let go of their file."""
        self._journal.sync()
        self._journal.close()

    def after_fork(self) -> None:
        """In a child every row is noted by itself: the parent does not know of them."""
        self._mutex = threading.Lock()
        self._alone, self.cell_thread, self.cell = True, 0, None


_witnesses: weakref.WeakSet[Attribution] = weakref.WeakSet()


def _after_fork() -> None:
    for witness in list(_witnesses):
        witness.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
