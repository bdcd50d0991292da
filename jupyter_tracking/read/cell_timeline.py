"""Which cell logged an event: the one that was executing at its timestamp, unless an attribution note says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jupyter_tracking.format import event_rows
from jupyter_tracking.format.cell_log import CELLS_FILE, NOTES_FILE, SESSION_FILE, parse_cells, parse_notes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jupyter_tracking.format.cell_log import AttributionNote, Cell
    from jupyter_tracking.read.run_files import RunFiles

    Timestamps = NDArray[np.int64]  # µs since the epoch

_NEVER = np.iinfo(np.int64).max


def session_paths(folder: RunFiles) -> list[str]:
    """Return the notebooks in which the run's cells are kept, the first session's first."""
    stem = SESSION_FILE.rpartition("/")[2].removesuffix(".ipynb")
    names = [n for n in folder.list_names("code") if n.startswith(stem) and n.endswith(".ipynb")]
    return [f"code/{name}" for name in sorted(names, key=len)]


def cell_timeline(folder: RunFiles) -> CellTimeline:
    """Return the cells of a run, read once as long as its journals are unchanged."""
    return folder.once((CELLS_FILE, NOTES_FILE), CellTimeline)


class CellTimeline:
    """The cells of a run in the order they started.

    Attributes:
        cells: all of them.
    """

    def __init__(self, folder: RunFiles) -> None:
        """Read the run's journals; a run without them has no cells."""
        self.cells: list[Cell] = parse_cells(folder.read_or_empty(CELLS_FILE))[0]
        self._notes: dict[tuple[str, str], list[AttributionNote]] = {}
        for note in parse_notes(folder.read_or_empty(NOTES_FILE))[0]:
            self._notes.setdefault((note.kind, note.name), []).append(note)
        self._number = {(cell.session, cell.number): n for n, cell in enumerate(self.cells)}
        self._order, self._starts, self._ends, self._outer = self._spans()

    def __bool__(self) -> bool:
        """Whether anything is known of cells."""
        return bool(self.cells or self._notes)

    def _spans(self) -> tuple[Timestamps, Timestamps, Timestamps, Timestamps]:
        """Return the cells by start: their places in `cells`, starts, ends, and the place here of the cell each ran within (-1: none)."""
        starts = np.array([_start(cell) for cell in self.cells], dtype=np.int64)
        ends = np.array([_end(cell) for cell in self.cells], dtype=np.int64)
        next_start: dict[str, int] = {}
        for n in range(len(self.cells) - 1, -1, -1):
            # A cell that never ended lasted until its kernel ran the next.
            session = self.cells[n].session
            if ends[n] == _NEVER and session in next_start:
                ends[n] = next_start[session] - 1
            next_start[session] = int(starts[n])
        order = np.argsort(starts, kind="stable")
        outer = np.full(len(order), -1, dtype=np.int64)
        open_: list[int] = []
        for place, n in enumerate(order):
            while open_ and ends[order[open_[-1]]] < starts[n]:
                open_.pop()
            outer[place] = open_[-1] if open_ else -1
            open_.append(place)
        return order, starts[order], ends[order], outer

    def cells_at(self, timestamps: Timestamps) -> Timestamps:
        """Return the place in `cells` of the cell executing at each timestamp; -1 where none was."""
        places = np.searchsorted(self._starts, timestamps, side="right") - 1
        if not len(self._starts):
            return places
        unsettled = np.flatnonzero(places >= 0)
        while len(unsettled):
            over = unsettled[timestamps[unsettled] > self._ends[places[unsettled]]]
            places[over] = self._outer[places[over]]
            unsettled = over[places[over] >= 0]
        return np.where(places >= 0, self._order[places], -1)

    def place(self, cell: Sequence[Any] | None) -> int:
        """Return the place in `cells` of an execution, given its session and number; -1 where there is none, or it is not known."""
        return self._number.get((cell[0], cell[1]), -1) if cell else -1

    def cells_of_rows(self, kind: str, name: str, timestamps: Timestamps) -> tuple[Timestamps, NDArray[np.object_]]:
        """Return which cell logged each row of an artifact, and by what.

        The first array has places in `cells`, -1 for none; the second `cell`, `thread …`, `process …`, or None between two cells.
        """
        places = self.cells_at(timestamps)
        by = np.full(len(places), None, dtype=object)
        by[places >= 0] = "cell"
        notes = self._notes.get((kind, name), ())
        spans = sorted((_timestamp(note.moment) or 0, note.by) for note in notes if not note.alone)
        if spans:
            last = np.searchsorted(np.array([moment for moment, _ in spans]), timestamps, side="right") - 1
            for n in np.flatnonzero(last >= 0):
                if spans[last[n]][1]:
                    places[n], by[n] = -1, spans[last[n]][1]
        alone: dict[int, list[AttributionNote]] = {}
        for note in notes:
            if note.alone:
                alone.setdefault(_timestamp(note.moment) or 0, []).append(note)
        if alone:
            # From the last row on: of several rows of one moment, those without a note were logged first.
            for n in np.flatnonzero(np.isin(timestamps, np.array(list(alone), dtype=np.int64)))[::-1]:
                left = alone[int(timestamps[n])]
                if not left:
                    continue
                note = left.pop()
                place = self.place(note.cell)
                places[n], by[n] = place, note.by or ("cell" if place >= 0 else None)
        return places, by


def _start(cell: Cell) -> int:
    """Return from when on rows are a cell's without a note."""
    started, since = _timestamp(cell.started) or 0, _timestamp(cell.since)
    return started if since is None else max(started, since + 1)


def _end(cell: Cell) -> int:
    """Return up to when rows are a cell's without a note."""
    known = [moment for moment in (_timestamp(cell.ended), _timestamp(cell.until)) if moment is not None]
    return max(known, default=_NEVER)


def _timestamp(text: str) -> int | None:
    try:
        return event_rows.parse_timestamp(text)
    except ValueError:
        return None
