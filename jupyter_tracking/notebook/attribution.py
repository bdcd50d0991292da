"""Attribute rows to cells where their timestamps would mislead: rows of threads and forked children, and rows with a given timestamp.

A row does not say which cell logged it; a reader finds the cell by the row's timestamp. Where that would be wrong, a note is written
beside the journal of cells. For a row that a cell logs itself this costs one comparison.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from jupyter_tracking.fork import call_after_fork
from jupyter_tracking.format.cell_log import NOTES_FILE, AttributionNote, format_attribution_note
from jupyter_tracking.format.step_timestamp import clock_reached, clock_watchers, timestamp_now
from jupyter_tracking.storage.journal import Journal
from jupyter_tracking.storage.reentry import NOTES, hold, new_lock

if TYPE_CHECKING:
    from jupyter_tracking.format.cell_log import Cell
    from jupyter_tracking.storage.store import Store


class CellAttribution:
    """Attributes the rows of one run; the recorder asks it for each row that may not be the executing cell's.

    Attributes:
        cell_thread: the thread in which cells execute; rows of other threads are not theirs.
        check_every_row: other threads have logged too, so that the cell thread's rows must be looked at as well.
        cell: the cell that is executing.
    """

    def __init__(self, store: Store, cell_thread: int = 0) -> None:
        """Attribute rows to cells that execute in `cell_thread`. Without a notebook every row belongs to the process."""
        self.cell_thread = cell_thread
        self.check_every_row = False
        self.cell: Cell | None = None
        self._no_cells = not cell_thread
        self._last_writers: dict[tuple[str, str], str] = {}  # artifact → who logged to it last, of those that are noted
        self._last_moment = ""
        self._mutex = new_lock(NOTES)
        self._journal = Journal(store, NOTES_FILE)
        call_after_fork(self)
        clock_watchers.add(self)

    def attribute(self, kind: str, name: str, moment: str, *, given: bool) -> str:
        """Write a note if a reader could not know who logs this row; return the timestamp that the row is to have.

        Args:
            kind: the kind of the artifact.
            name: the artifact's name.
            moment: the row's timestamp so far.
            given: the timestamp came from the caller; else it is the present time, and may be moved by a microsecond.
        """
        writer, cell = self.other_writer(), self.cell
        inside = given and cell is not None and cell.started <= moment <= timestamp_now() and moment > clock_reached()
        if inside and not writer and not self._last_writers:
            return moment
        artifact = (kind, name)
        with hold(self._mutex, NOTES, NOTES_FILE):
            if not given and not self._no_cells:
                moment = self._next_moment()
            # Up to what the clock had reached when it was set back, another cell may have logged at the same moment.
            if given or self._no_cells or moment <= clock_reached():
                if writer or not inside or artifact in self._last_writers:
                    at_cell = (cell.session, cell.number) if cell is not None and not writer else None
                    self._journal.append(format_attribution_note(AttributionNote(kind, name, moment, True, writer, at_cell)))
            elif self._last_writers.get(artifact, "") != writer:
                self._last_moment = moment
                self._last_writers[artifact] = writer
                self.check_every_row = True
                self._journal.append(format_attribution_note(AttributionNote(kind, name, moment, False, writer)))
            return moment

    def _next_moment(self) -> str:
        """Return the present moment: one after the last note that holds from a row on, so that the row lies between two such notes."""
        moment = timestamp_now()
        while clock_reached() < moment <= self._last_moment:
            moment = timestamp_now()
        return moment

    def clock_is_behind(self) -> None:
        """Look at every row from now on: timestamps come a second time."""
        self.check_every_row = True

    def other_writer(self) -> str:
        """Return the thread or process that is logging, or an empty string when it is the executing cell."""
        if self._no_cells:
            return f"process {os.getpid()}"
        return "" if threading.get_ident() == self.cell_thread else f"thread {threading.current_thread().name}"

    def close(self) -> None:
        """Sync the notes to the disk and close their file."""
        self._journal.sync()
        self._journal.close()

    def after_fork(self) -> None:
        """In a child, note every row by itself: what the parent knows of its own rows is not true of the child's."""
        self._mutex = new_lock(NOTES)
        self._no_cells, self.cell_thread, self.cell = True, 0, None
