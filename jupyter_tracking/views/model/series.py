"""One artifact of one run, step by step: which steps were logged, and the value at each. Nothing of widgets or pages."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.read.event_table import NO_ROWS, is_same_event
from jupyter_tracking.views.model.listing import shown_place
from jupyter_tracking.views.model.source_cells import source_cells
from jupyter_tracking.views.model.step_index import StepIndex
from jupyter_tracking.views.model.value_cache import ValueCache

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from jupyter_tracking.read.event_table import EventRows
    from jupyter_tracking.read.run_reader import Artifact, RunFolder


class Series:
    """The steps of one artifact of one run, and their values.

    Attributes:
        folder: the run.
        artifact: the artifact.
        run: what to call the run where several runs are shown, else empty.
        baseline: the same artifact of another run that this one can be compared with, if there is one.
        logged: the last logged event of each step, sorted by step; empty for an artifact that has no steps.
        events: those of `logged` that are shown.
        shown: their places in `logged`; None when all are shown.
        replaced: how often another file took the place of the one that was read.
        cache: what a renderer keeps between two calls about these events; emptied when they change.
    """

    def __init__(self, folder: RunFolder, artifact: Artifact, *, values: ValueCache | None = None, run: str = "") -> None:
        """Read which steps there are. `values` is the cache of the view that shows the series."""
        self.folder = folder
        self.artifact = artifact
        self.run = run
        self.baseline: Series | None = None
        self.logged: EventRows = NO_ROWS
        self.events: EventRows = NO_ROWS
        self.cache: dict[str, Any] = {}
        self._values = values or ValueCache()
        self._counts: NDArray[np.int64] | None = None  # how often each step of `logged` was logged; None: once each
        self.shown: NDArray[np.intp] | None = None
        self._rows: EventRows = NO_ROWS
        self.replaced = 0
        self._unreadable: TrackingError | None = None  # why there are no events: the view says it where the value would be
        self.refresh()

    def refresh(self) -> bool:
        """Read the rows that were logged since the last call; return whether there were any."""
        try:
            rows, self._unreadable = self.folder.rows(self.artifact), None
        except TrackingError as error:
            if len(self._rows):  # what is on screen stays
                raise
            rows, self._unreadable = NO_ROWS, error
        before = len(self._rows)
        if len(rows) < before or (before and not is_same_event(rows[before - 1], self._rows[-1])):
            # Another file took the place of the one that was read: nothing that is known holds of it.
            before = 0
            self.replaced += 1
        elif len(rows) == before:
            return False
        self._add(rows, before)
        self._rows = rows
        self._show(None)
        return True

    def _add(self, rows: EventRows, before: int) -> None:
        """Bring `logged` up to the rows, of which it has the first already."""
        latest, counts = (rows[before:] if before else rows).latest()
        if before and not (self._counts is None and counts is None and latest.step[0] > self.logged.step[-1]):
            every = np.concatenate([self.logged.position, latest.position])
            known, added = (np.ones(len(of), np.int64) if n is None else n for of, n in ((self.logged, self._counts), (latest, counts)))
            latest, counts = rows.take(every).latest(np.concatenate([known, added]))
        elif before:  # as nearly always: each row has a step of its own, after that of the row before
            latest = rows
        self.logged, self._counts = latest, counts

    def _show(self, places: NDArray[np.intp] | None) -> None:
        self.shown = places
        self.events = self.logged if places is None else self.logged.take(places)
        self.cache = {}

    @property
    def rows(self) -> EventRows:
        """All rows there were at the last `refresh`; raises why none can be read."""
        self._check_readable()
        return self._rows

    @property
    def versions(self) -> dict[int, int]:
        """How often a step was logged, by its index in `events`, where that is more than once."""
        if self._counts is None:
            return {}
        counts = self._counts if self.shown is None else self._counts[self.shown]
        several = np.flatnonzero(counts > 1)
        return dict(zip(several.tolist(), counts[several].tolist(), strict=True))

    def limit_steps(self, steps: StepIndex) -> None:
        """Show only the latest event at or before each of these steps, until the next `refresh`."""
        kept = np.unique(StepIndex.of(self.logged).latest_at_or_before(steps))
        self._show(kept[kept >= 0])

    def restricted_to(self, numbers: Sequence[int]) -> Series:
        """Return a copy that shows only the events of these indices."""
        other = copy.copy(self)
        known, places = self.source_cells(), np.array(numbers, dtype=np.intp)
        other.shown = places if self.shown is None else self.shown[places]
        other.events = self.events.take(places)
        other.cache = {"source_cells": {**known, "from": [known["from"][n] for n in numbers]} if known else {}}
        return other

    @property
    def label(self) -> str:
        """What to call the line of this series in a chart: the run where several runs are shown, else the artifact."""
        return self.run or self.artifact.name

    @property
    def steps(self) -> StepIndex:
        """The steps that are shown."""
        return StepIndex.of(self.events)

    def value(self, number: int) -> Any:
        """Return the decoded value of an event; decoded once as long as the view's cache has room."""
        self._check_readable()
        return self.derived("value", lambda: self.folder.value(self.artifact, self.events[number]), number)

    def derived(self, name: str, make: Callable[[], Any], number: int) -> Any:
        """Return what `make` makes of an event; made once under its name, as long as there is room.

        Nothing is kept so of all rows: they are columns already, and of a run that goes on there are others at each poll.
        """
        return self._values.get((*self._key(), self.events[number][:-1], name), make)

    def forget(self) -> None:
        """Drop the values that were read, and what was made of them."""
        self.cache.clear()
        self._values = ValueCache()

    def _key(self) -> tuple[Hashable, ...]:
        return self.folder.path, self.artifact.kind, self.artifact.name, self.replaced

    def asset(self, number: int) -> Path:
        """Return the path of an event's asset; raises as `RunFolder.asset`."""
        self._check_readable()
        return self.folder.asset(self.artifact, self.events[number])

    def where(self, path: Path) -> list[str]:
        """Return where a file or folder of the run is, as a fact that a page shows: on disk, or at a store."""
        inside = path.relative_to(self.folder.path).as_posix()
        return ["on disk" if self.folder.source is None else "at", f"{shown_place(self.folder)}/{inside}", "path"]

    def read(self, number: int, most: int) -> bytes:
        """Return the bytes of an event's asset, at most so many; raises as `RunFolder.read_asset`."""
        self._check_readable()
        return self.folder.read_asset(self.artifact, self.events[number], most)

    def begin(self, number: int, count: int) -> tuple[bytes, int]:
        """Return the first bytes of an event's asset, and how many it has; raises as `RunFolder.read_asset`."""
        self._check_readable()
        return self.folder.begin_asset(self.artifact, self.events[number], count)

    def cell(self, number: int) -> Any:
        """Return the parsed cell of an event's row."""
        self._check_readable()
        return self.folder.payload(self.artifact, self.events[number])

    def _check_readable(self) -> None:
        if self._unreadable is not None:
            raise self._unreadable

    def source_cells(self) -> dict[str, Any]:
        """Return the cells that logged the events, as `model.source_cells.source_cells` does."""
        if "source_cells" not in self.cache:
            self.cache["source_cells"] = source_cells(self.folder, self.artifact, self.events)
        known: dict[str, Any] = self.cache["source_cells"]
        return known
