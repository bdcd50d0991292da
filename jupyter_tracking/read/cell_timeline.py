"""Events joined to the cells that logged them: by their timestamps, and by the notes where those would mislead.

Reads the journals of cells of a run folder; numpy for the join, so that a million rows cost a moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jupyter_tracking.format import event_rows
from jupyter_tracking.format.cell_log import CELLS_FILE, NOTES_FILE, read_cells, read_notes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jupyter_tracking.format.cell_log import AttributionNote, Cell
    from jupyter_tracking.read.run_files import RunFiles

    Moments = NDArray[np.int64]

__all__ = ["CellTimeline"]

_NEVER = np.iinfo(np.int64).max


class CellTimeline:
    """The cells of a run in the order they started.

    Attributes:
        cells: all of them.
    """

    def __init__(self, folder: RunFiles) -> None:
        """Read the run's journals; a run without them has no cells."""
        self.cells: list[Cell] = [cell for cell in read_cells(folder.read_or_empty(CELLS_FILE)) if _moment(cell.started) is not None]
        self._notes: dict[tuple[str, str], list[AttributionNote]] = {}
        for note in read_notes(folder.read_or_empty(NOTES_FILE)):
            if _moment(note.moment) is not None:
                self._notes.setdefault((note.kind, note.name), []).append(note)
        self._number = {(cell.session, cell.number): n for n, cell in enumerate(self.cells)}
        self._order, self._starts, self._ends, self._around = self._spans()

    def __bool__(self) -> bool:
        """Whether anything is known of cells."""
        return bool(self.cells or self._notes)

    def _spans(self) -> tuple[Moments, Moments, Moments, Moments]:
        """Return the cells' places by start, their spans, and for each the one it may have run in."""
        starts = np.array([_moment(cell.started) for cell in self.cells], dtype=np.int64)
        ends = np.array([_moment(cell.ended) if cell.ended else _NEVER for cell in self.cells], dtype=np.int64)
        following: dict[str, int] = {}
        for n in range(len(self.cells) - 1, -1, -1):
            # A cell that never ended lasted until its kernel ran the next.
            session = self.cells[n].session
            if ends[n] == _NEVER and session in following:
                ends[n] = following[session] - 1
            following[session] = int(starts[n])
        order = np.argsort(starts, kind="stable")
        around = np.full(len(order), -1, dtype=np.int64)
        open_: list[int] = []
        for place, n in enumerate(order):
            while open_ and ends[order[open_[-1]]] < starts[n]:
                open_.pop()
            around[place] = open_[-1] if open_ else -1
            open_.append(place)
        return order, starts[order], ends[order], around

    def cells_at(self, moments: Moments) -> Moments:
        """Return the place in `cells` of the cell executing at each moment (µs since the epoch), -1 for none."""
        places = np.searchsorted(self._starts, moments, side="right") - 1
        if not len(self._starts):
            return places
        waiting = np.flatnonzero(places >= 0)
        while len(waiting):
            over = waiting[moments[waiting] > self._ends[places[waiting]]]
            places[over] = self._around[places[over]]
            waiting = over[places[over] >= 0]
        return np.where(places >= 0, self._order[places], -1)

    def cells_of_rows(self, kind: str, name: str, moments: Moments) -> tuple[Moments, NDArray[np.object_]]:
        """Return who logged each row of an artifact: places in `cells` (-1: none), and `cell`, `thread …`, `process …` or None."""
        places = self.cells_at(moments)
        by = np.full(len(places), None, dtype=object)
        by[places >= 0] = "cell"
        notes = self._notes.get((kind, name), ())
        spans = sorted((_moment(note.moment) or 0, note.by) for note in notes if not note.alone)
        if spans:
            last = np.searchsorted(np.array([moment for moment, _ in spans]), moments, side="right") - 1
            for n in np.flatnonzero(last >= 0):
                if spans[last[n]][1]:
                    places[n], by[n] = -1, spans[last[n]][1]
        alone = {_moment(note.moment): note for note in notes if note.alone}
        if alone:
            for n in np.flatnonzero(np.isin(moments, np.array(list(alone), dtype=np.int64))):
                note = alone[int(moments[n])]
                place = self._number.get(note.cell, -1) if note.cell else -1
                places[n], by[n] = place, note.by or ("cell" if place >= 0 else None)
        return places, by


def _moment(text: str) -> int | None:
    try:
        return event_rows.parse_timestamp(text)
    except ValueError:
        return None
