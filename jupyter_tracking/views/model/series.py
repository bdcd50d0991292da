"""One artifact of one run, step by step: which steps were logged, and the value at each. Nothing of widgets or pages."""

from __future__ import annotations

import bisect
import copy
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.read.event_table import is_same_event
from jupyter_tracking.views.model.source_cells import source_cells
from jupyter_tracking.views.model.value_cache import ValueCache

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from pathlib import Path

    from jupyter_tracking.format.event_rows import Event
    from jupyter_tracking.read.run_reader import Artifact, RunFolder

Step = int | None


def step_order(step: Step) -> tuple[bool, int]:
    """Return the key that steps are sorted by: the one without a number comes first."""
    return step is not None, step or 0


def latest_at_or_before(steps: Sequence[Step], wanted: Iterable[Step]) -> list[int]:
    """Return, for each wanted step, the index of the latest of the sorted `steps` that is not after it; -1 when there is none."""
    keys = [step_order(step) for step in steps]
    return [bisect.bisect_right(keys, step_order(step)) - 1 for step in wanted]


class Series:
    """The steps of one artifact of one run, and their values.

    Attributes:
        folder: the run.
        artifact: the artifact.
        run: what to call the run where several runs are shown, else empty.
        baseline: the same artifact of another run that this one can be compared with, if there is one.
        logged: the last logged event of each step, sorted by step; empty for an artifact that has no steps.
        events: those of `logged` that are shown.
        versions: how often a step was logged, by its index in `events`, where that is more than once.
        cache: what a renderer keeps between two calls about these events; emptied when they change.
    """

    def __init__(self, folder: RunFolder, artifact: Artifact, *, values: ValueCache | None = None, run: str = "") -> None:
        """Read which steps there are. `values` is the cache of the view that shows the series."""
        self.folder = folder
        self.artifact = artifact
        self.run = run
        self.baseline: Series | None = None
        self.logged: list[Event] = []
        self.events: list[Event] = []
        self.versions: dict[int, int] = {}
        self.cache: dict[str, Any] = {}
        self._values = values or ValueCache()
        self._last_of: dict[Step, Event] = {}
        self._count_of: dict[Step, int] = {}
        self._rows = 0
        self._last_row: Event | None = None
        self._replaced = 0
        self._unreadable: TrackingError | None = None  # why there are no events: the view says it where the value would be
        self.refresh()

    def refresh(self) -> bool:
        """Read the rows that were logged since the last call; return whether there were any."""
        try:
            rows, self._unreadable = self.folder.events(self.artifact), None
        except TrackingError as error:
            if self._rows:  # what is on screen stays
                raise
            rows, self._unreadable = [], error
        count = len(rows)
        if count < self._rows or (self._rows and not is_same_event(rows[self._rows - 1], self._last_row)):
            # Another file took the place of the one that was read: nothing that is known holds of it.
            self._last_of, self._count_of, self._rows = {}, {}, 0
            self._replaced += 1
        elif count == self._rows:
            return False
        for event in rows[self._rows : count]:
            self._last_of[event.step] = event
            self._count_of[event.step] = self._count_of.get(event.step, 0) + 1
        self._rows, self._last_row = count, rows[count - 1] if count else None
        self.logged = [self._last_of[step] for step in sorted(self._last_of, key=step_order)]
        self._show(self.logged)
        return True

    def _show(self, events: list[Event]) -> None:
        self.events = events
        self.versions = {n: self._count_of[e.step] for n, e in enumerate(events) if self._count_of.get(e.step, 1) > 1}
        self.cache.clear()

    def limit_steps(self, steps: Sequence[Step]) -> None:
        """Show only the latest event at or before each of these steps, until the next `refresh`."""
        kept = sorted(set(latest_at_or_before([event.step for event in self.logged], steps)) - {-1})
        self._show([self.logged[n] for n in kept])

    def restricted_to(self, numbers: Sequence[int]) -> Series:
        """Return a copy that shows only the events of these indices."""
        other = copy.copy(self)
        known = self.source_cells()
        other.cache = {"source_cells": {**known, "from": [known["from"][n] for n in numbers]} if known else {}}
        other.events = [self.events[n] for n in numbers]
        other.versions = {k: self.versions[n] for k, n in enumerate(numbers) if n in self.versions}
        return other

    @property
    def label(self) -> str:
        """What to call the line of this series in a chart: the run where several runs are shown, else the artifact."""
        return self.run or self.artifact.name

    @property
    def steps(self) -> list[Step]:
        """The steps that are shown, sorted, each once."""
        return [event.step for event in self.events]

    def value(self, number: int) -> Any:
        """Return the decoded value of an event; decoded once as long as the view's cache has room."""
        self._check_readable()
        return self.derived("value", lambda: self.folder.value(self.artifact, self.events[number]), number)

    def derived(self, name: str, make: Callable[[], Any], number: int | None = None) -> Any:
        """Return what `make` makes of an event, or without `number` of all rows; made once under its name, as long as there is room."""
        of = self._rows if number is None else self.events[number]
        return self._values.get((*self._key(), of, name), make)

    def _key(self) -> tuple[Hashable, ...]:
        return self.folder.path, self.artifact.kind, self.artifact.name, self._replaced

    def asset(self, number: int) -> Path:
        """Return the path of an event's asset; raises as `RunFolder.asset`."""
        self._check_readable()
        return self.folder.asset(self.artifact, self.events[number])

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
