"""The rows of an event file as a table of numpy arrays that grows at its end; an `Event` is made of a row where one is asked for."""

from __future__ import annotations

import bisect
from array import array
from collections.abc import Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from jupyter_tracking.format.event_rows import STEP_MAX, STEP_MIN, Event
from jupyter_tracking.format.row_columns import RowColumns, gather_columns, metric_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa
    from numpy.typing import NDArray

_MADE_AT_ONCE = 10_000  # Events
_COUNTED_AT_ONCE = 1 << 16  # rows


class EventRows(Sequence[Event]):
    """Good rows of an event file, in the order they were logged or in that of `take`. What is in it never changes.

    It is a sequence of Events, each made when it is asked for; the columns are arrays that may not be written to.

    Attributes:
        step: int64; 0 where a row has no step.
        mask: True where a row has no step.
        timestamp: µs since the epoch, UTC.
        value: the numbers of a metric; None of other kinds.
        start: the byte of the file at which each cell starts, and `end` the one after it; None of a metric, where an Event has 0.
        position: the number of each row among all of the file.
        source: what read them; while they are held, it is too, and reads on from where they end.
    """

    def __init__(self, columns: RowColumns, lines: LineNumbers, position: NDArray[np.int64] | None = None) -> None:
        """Make the sequence of columns; `position` where they are not those of all rows of the file."""
        self.columns = columns
        self.step, self.mask, self.timestamp, self.value, self.start, self.end = columns
        self.line_numbers = lines
        self._position = position
        self.source: object = None

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.step)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> EventRows: ...
    def __getitem__(self, index: int | slice) -> Event | EventRows:
        """Return a row, or those of a slice."""
        if isinstance(index, slice):
            return self.take(np.arange(*index.indices(len(self))))
        step = None if self.mask[index] else int(self.step[index])
        position = range(len(self))[index] if self._position is None else int(self._position[index])
        start, end = (0, 0) if self.start is None or self.end is None else (int(self.start[index]), int(self.end[index]))
        value = None if self.value is None else float(self.value[index])
        return Event(position, step, int(self.timestamp[index]), self.line_numbers.of(position), start, end, value)

    def __iter__(self) -> Iterator[Event]:
        """Yield the rows; some thousand at a time are made of the columns, which is much faster than one by one."""
        for begin in range(0, len(self), _MADE_AT_ONCE):
            part = slice(begin, begin + _MADE_AT_ONCE)
            steps, missing, timestamps, values, starts, ends = ([] if c is None else c[part].tolist() for c in self.columns)
            if any(missing):
                steps = [None if m else step for step, m in zip(steps, missing, strict=True)]
            position = self.position[part]
            lines, places, none = self.line_numbers.of_each(position).tolist(), (starts or repeat(0), ends or repeat(0)), repeat(None)
            yield from map(Event, position.tolist(), steps, timestamps, lines, *places, values or none)

    def __eq__(self, other: object) -> bool:
        """Whether these are the same Events as those of another sequence; NaN is the same as NaN."""
        if not isinstance(other, Sequence) or len(other) != len(self):
            return False
        return all(map(is_same_event, self, other))

    __hash__ = None  # type: ignore[assignment]

    @property
    def position(self) -> NDArray[np.int64]:
        """The number of each row among all of the file."""
        return np.arange(len(self)) if self._position is None else self._position

    @property
    def nbytes(self) -> int:
        """How many bytes of memory the columns take."""
        return self.columns.nbytes

    def take(self, places: NDArray[np.intp]) -> EventRows:
        """Return the rows of these places, 0 and up, in that order."""
        position = places.astype(np.int64) if self._position is None else self._position[places]
        return EventRows(self.columns.convert(lambda column: _readonly(column[places])), self.line_numbers, position)

    def with_events(self, events: list[Event], kind: str) -> EventRows:
        """Return these rows, all of a file, and some more after them."""
        other = GrowingRows(kind, self)
        other.add_events(events)
        return other.rows()

    def lines(self) -> NDArray[np.int64]:
        """Return the line of the file that each row is, from 1."""
        return self.line_numbers.of_each(self.position)

    def latest(self, counts: NDArray[np.int64] | None = None) -> tuple[EventRows, NDArray[np.int64] | None]:
        """Return the last row of each step, sorted by step, those without one as one, which comes first; and how many each stands for.

        Args:
            counts: how many rows each of these stands for; None: one each, as in what is returned.
        """
        stepless = bool(self.mask.any())
        if not stepless and (self.step[1:] > self.step[:-1]).all():  # as nearly always
            return self, counts
        least, most = int(self.step.min()), int(self.step.max())
        if most - least < len(self):  # steps that came again, as nearly always: they are counted, which takes less than to sort them
            last, many = self._count_steps(least, most, counts)
            found = np.flatnonzero(many)
            return self.take(last[found]), many[found]
        order = np.lexsort((self.step, ~self.mask)) if stepless else np.argsort(self.step, kind="stable")
        step, mask = self.step[order], self.mask[order]
        last = np.flatnonzero(np.append((step[1:] != step[:-1]) | (mask[1:] != mask[:-1]), [True]))
        many = last + 1 if counts is None else np.cumsum(counts[order])[last]
        return self.take(order[last]), np.diff(many, prepend=0)

    def _count_steps(self, least: int, most: int, counts: NDArray[np.int64] | None) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Return the place of the last row without a step and of that of each step from `least` on, and how many there are of each."""
        last, many = np.zeros(most - least + 2, np.intp), np.zeros(most - least + 2, np.int64)
        for begin in range(0, len(self), _COUNTED_AT_ONCE):
            part = slice(begin, begin + _COUNTED_AT_ONCE)
            which = np.where(self.mask[part], 0, self.step[part] - least + 1)
            np.maximum.at(last, which, np.arange(begin, begin + len(which)))
            np.add.at(many, which, np.int64(1) if counts is None else counts[part])
        return last, many

    def distinct_steps(self) -> NDArray[np.int64]:
        """Return the steps, sorted, each once; rows without one are left out."""
        steps = self.step[~self.mask] if self.mask.any() else self.step
        return steps if (steps[1:] > steps[:-1]).all() else np.unique(steps)

    def last_at(self, step: object) -> Event | None:
        """Return the last row of a step; None when there is none."""
        if isinstance(step, float) and step.is_integer():
            step = int(step)  # which numpy compares exactly
        if not isinstance(step, int | np.integer) or not STEP_MIN <= step <= STEP_MAX:
            return None
        places = np.flatnonzero((self.step == step) & ~self.mask)
        return self[int(places[-1])] if len(places) else None

    def list_steps(self) -> list[int | None]:
        """Return the steps as a list, each once, ascending; None comes first if a row has none."""
        steps: list[int | None] = self.distinct_steps().tolist()
        return [None, *steps] if self.mask.any() else steps

    def count_steps(self) -> int:
        """Return how many steps there are; rows without one have one together."""
        return len(self.distinct_steps()) + bool(self.mask.any())

    def to_arrow(self) -> pa.Table:
        """Return the rows of a metric as an Arrow table: step int64, timestamp timestamp[us, UTC], value float64."""
        return metric_table(self.columns)


def union_of_steps(every: Iterable[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return the steps that any of the arrays has, sorted, each once; each array is so too."""
    distinct = sorted({id(steps): steps for steps in every}.values(), key=len)
    union = distinct.pop() if distinct else np.empty(0, np.int64)
    for steps in distinct:
        if not np.array_equal(union[np.searchsorted(union, steps).clip(max=len(union) - 1)], steps):
            union = np.union1d(union, steps)
    return union


def is_same_event(one: object, other: object) -> bool:
    """Return whether two rows are equal; NaN is the same as NaN."""
    if not (isinstance(one, Event) and isinstance(other, Event)):
        return one == other
    return one[:-1] == other[:-1] and (one.value == other.value or (one.value != one.value and other.value != other.value))


class LineNumbers:
    """The line of each row: its number and how many lines before it are no rows, kept where that changes."""

    def __init__(self) -> None:
        """Begin with no row."""
        self._rows, self._before = array("q"), array("q")

    def add(self, row: int, before: int) -> None:
        """Say that from this row on so many lines before are no rows."""
        if not self._rows or self._before[-1] != before:
            self._rows.append(row)
            self._before.append(before)

    def copy(self) -> LineNumbers:
        """Return a copy, to which more can be added."""
        other = LineNumbers()
        other._rows, other._before = self._rows[:], self._before[:]
        return other

    def of(self, row: int) -> int:
        """Return the line of a row, from 1."""
        return row + 1 + self._before[bisect.bisect_right(self._rows, row) - 1]

    def of_each(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the line of each of these rows."""
        if not len(rows):
            return rows
        known, before = (
            np.frombuffer(column.tobytes(), dtype=np.int64) for column in (self._rows, self._before)
        )  # another thread may append
        lines: NDArray[np.int64] = rows + 1 + before[np.searchsorted(known, rows, side="right") - 1]
        return lines


_NONE = [gather_columns([], kind) for kind in ("curve", "metric")]


class GrowingRows:
    """Rows that are added at the end. What `rows` returned before stays as it was, and shares memory with what it returns then."""

    def __init__(self, kind: str, rows: EventRows | None = None) -> None:
        """Begin with rows of a kind, all of a file so far; by default with none."""
        self._kind = kind
        self._columns = _NONE[kind == "metric"] if rows is None else rows.columns
        self._lines = LineNumbers() if rows is None else rows.line_numbers.copy()
        self._count = len(self._columns.step)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self._count

    @property
    def nbytes(self) -> int:
        """How many bytes of memory the columns take, with the room there is for more."""
        return self._columns.nbytes

    def reserve(self, count: int) -> None:
        """Have room for so many rows."""
        if count > len(self._columns.step):
            self._columns = self._columns.convert(lambda column: _enlarged(column, self._count, count))

    def add(self, columns: RowColumns, line: int) -> None:
        """Add rows that follow each other line by line, the first in line `line`."""
        self._lines.add(self._count, line - self._count - 1)
        self._append(columns)

    def add_events(self, events: list[Event]) -> None:
        """Add rows that were read one by one."""
        for event in events:
            self._lines.add(event.position, event.line - event.position - 1)
        self._append(gather_columns(events, self._kind))

    def _append(self, columns: RowColumns) -> None:
        count = self._count + len(columns.step)
        if count == self._count:
            return
        if not len(self._columns.step):
            self._columns, self._count = columns, count
            return
        if count > len(self._columns.step):
            self.reserve(max(count, self._count * 3 // 2))
        for mine, new in zip(self._columns, columns, strict=True):
            if mine is not None and new is not None:
                mine[self._count : count] = new
        self._count = count

    def rows(self) -> EventRows:
        """Return the rows there are."""
        return EventRows(self._columns.convert(lambda column: _readonly(column[: self._count])), self._lines)


def _enlarged(column: NDArray[Any], used: int, room: int) -> NDArray[Any]:
    larger = np.empty(room, column.dtype)
    larger[:used] = column[:used]
    return larger


def _readonly(column: NDArray[Any]) -> NDArray[Any]:
    column.flags.writeable = False
    return column


NO_ROWS = GrowingRows("metric").rows()
