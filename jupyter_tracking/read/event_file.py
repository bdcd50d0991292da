"""One event file, as far as it is committed: its rows, its columns, and what is wrong with it.

A file that grew is read on from where the last reading ended. Nothing is decoded beyond the cell, and nothing
mapped: a writer that cuts off a torn end meanwhile would end the process that has it mapped.
"""

from __future__ import annotations

import os
from threading import RLock
from typing import TYPE_CHECKING, Any

from jupyter_tracking.format import event_rows
from jupyter_tracking.format.fast_rows import Event, parse_our_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

__all__ = ["Event", "EventFile"]

_TAIL = 1 << 16
_ROWS_BLOCK = 1 << 20  # fits a core's cache
_TABLE_BLOCK = 1 << 24
_MOST_CHUNKS = 1000  # a table that grew by bits is put together at times


class EventFile:
    """The rows of one event file."""

    def __init__(self, opener: Callable[[], int], kind: str, *, ours: bool) -> None:
        """Name the file by a function that opens it.

        Args:
            opener: returns a fresh descriptor, or raises as `os.open`.
            kind: the kind of the file.
            ours: a last row without a newline is torn and no row; in Polyaxon's files it is one.
        """
        self._opener = opener
        self._kind = kind
        self._ours = ours
        self._lock = RLock()  # a view of a living run is read by several threads
        self._forget()

    def _forget(self) -> None:
        self._seen: tuple[int, int, int] | None = None
        self._taken: tuple[int, int, int] | None = None  # what was seen when the rows were last taken
        self._order: event_rows.ColumnOrder | None = None
        self._done = 0  # bytes read, up to a newline
        self._line = 1
        self._events: list[Event] = []
        self._problems: list[event_rows.RowProblem] = []
        self._bare: list[Event] = []  # a last row without a newline: it may grow
        self._table: pa.Table | None = None
        self._table_done = 0

    def _changed(self, fd: int) -> bool:
        """Say whether the file is another than at the last reading; forget everything unless it only grew."""
        stat = os.fstat(fd)
        seen = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        if seen == self._seen:
            return False
        if self._seen is not None and (self._seen[0] != stat.st_ino or stat.st_size < max(self._done, self._table_done)):
            self._forget()
        self._seen = seen
        return True

    def events(self) -> list[Event]:
        """Return the good rows in the order they were logged."""
        with self._lock:
            self._refresh()
            return self._events + self._bare if self._bare else self._events

    def problems(self) -> list[event_rows.RowProblem]:
        """Return the bad rows."""
        with self._lock:
            self._refresh()
            return self._problems

    def _refresh(self) -> None:
        fd = self._opener()
        try:
            self._changed(fd)  # the columns may have seen it change before
            if self._taken == self._seen or not self._seen or not self._seen[1]:
                return
            self._taken = self._seen
            size = self._seen[1]
            whole = _committed(fd, size)
            self._take(fd, whole)
            self._bare = []
            if not self._ours and whole < size:
                self._take_bare(os.pread(fd, size - whole, whole), whole)
        finally:
            os.close(fd)

    def _take(self, fd: int, stop: int) -> None:
        for offset, block, end in _blocks(fd, self._done, stop, _ROWS_BLOCK):
            start = self._take_own(block, offset, end)
            line, last = self._line, start
            begun = bool(self._events or self._problems)  # blank lines alone may come before the header
            for row in event_rows.parse_rows(block, self._kind, order=self._order, line=line, begun=begun, start=start, stop=end):
                if isinstance(row, event_rows.Row):
                    self._events.append(self._event(row, offset))
                    line, last = row.line, row.end
                elif isinstance(row, event_rows.RowProblem):
                    self._problems.append(row)
                else:
                    self._order = row
            self._line = line + block.count(b"\n", last, end)  # which is slow: only what follows the last good row
            self._done = offset + end

    def _take_own(self, block: bytearray, offset: int, end: int) -> int:
        """Take the rows that are as we write them, which is quick; return where the first other one starts."""
        start, head = 0, event_rows.header(self._kind)
        if not offset and head and block.startswith(head):
            self._order, start = event_rows.OUR_COLUMNS, len(head)
            self._line += 1
        if self._order is not event_rows.OUR_COLUMNS:
            return start
        first = Event(len(self._events), None, 0, self._line, offset, offset)
        events, start = parse_our_rows(block, self._kind, first, start=start, stop=end)
        self._events += events
        self._line += len(events)
        return start

    def _event(self, row: event_rows.Row, offset: int) -> Event:
        return Event(len(self._events), row.step, row.timestamp, row.line, offset + row.start, offset + row.end)

    def _take_bare(self, tail: bytes, offset: int) -> None:
        known = len(self._problems)
        begun = bool(self._events or self._problems)
        for row in event_rows.parse_rows(tail, self._kind, order=self._order, line=self._line, begun=begun):
            if isinstance(row, event_rows.Row):
                parsed = self._parsed(tail[row.start : row.end])
                if isinstance(parsed, ValueError):  # cut inside its cell, at what could be its end
                    self._problems.append(event_rows.RowProblem(row.line, str(parsed), event_rows.excerpt(tail)))
                else:
                    self._bare = [self._event(row, offset)]
            elif isinstance(row, event_rows.RowProblem):
                self._problems.append(row)
        self._problems, torn = self._problems[:known], self._problems[known:]
        if torn:  # told while it is so; the next writing may complete it
            self._problems = [*self._problems, torn[0]._replace(problem=f"unfinished last row: {torn[0].problem}")]

    def payload(self, event: Event) -> Any:
        """Return the parsed cell of a row.

        Raises:
            ValueError: the cell is damaged.
        """
        fd = self._opener()
        try:
            cell = os.pread(fd, event.end - event.start, event.start)
        finally:
            os.close(fd)
        return event_rows.parse_cell(cell, self._kind, self._order)

    def payloads(self) -> list[Any]:
        """Return the parsed cell of every good row, or the `ValueError` of a damaged one."""
        found: list[Any] = []
        events = self.events()
        fd = self._opener()
        try:
            start, block = 0, b""
            for event in events:
                if event.end > start + len(block):
                    start, block = event.start, os.pread(fd, max(_ROWS_BLOCK, event.end - event.start), event.start)
                found.append(self._parsed(block[event.start - start : event.end - start]))
        finally:
            os.close(fd)
        return found

    def _parsed(self, cell: bytes) -> Any:
        try:
            return event_rows.parse_cell(cell, self._kind, self._order)
        except (ValueError, KeyError, RecursionError) as error:
            return error if isinstance(error, ValueError) else ValueError(str(error))

    def columns(self) -> pa.Table:
        """Return a metric file as a table: step int64, timestamp timestamp[us, UTC], value float64.

        Our own form is read by pyarrow's CSV reader; whatever it stumbles over is read row by row.
        """
        with self._lock:
            return self._columns()

    def _columns(self) -> pa.Table:
        import pyarrow as pa

        fd = self._opener()
        try:
            self._changed(fd)
            size = os.fstat(fd).st_size
            if not size:
                return _strict_table([], [])
            whole = _committed(fd, size)
            head = event_rows.header(self._kind)
            if (self._ours or whole == size) and os.pread(fd, len(head), 0) == head:
                start = self._table_done or len(head)
                grown = [_fast_table(block, end) for _, block, end in _blocks(fd, start, whole, _TABLE_BLOCK)]
                good = [table for table in grown if table is not None]
                if len(good) == len(grown):
                    known = self._table if self._table is not None else _strict_table([], [])
                    self._table = pa.concat_tables([known, *good])
                    if self._table["value"].num_chunks > _MOST_CHUNKS:
                        self._table = self._table.combine_chunks()
                    self._table_done = whole
                    return self._table
        finally:
            os.close(fd)
        self._table, self._table_done = None, 0
        return _strict_table(self.events(), self.payloads())


def _committed(fd: int, size: int) -> int:
    """Return where the last whole line ends: after the last newline."""
    while size > 0:
        start = max(0, size - _TAIL)
        found = os.pread(fd, size - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        size = start
    return 0


def _blocks(fd: int, start: int, stop: int, size: int) -> Iterator[tuple[int, bytearray, int]]:
    """Yield (offset, block, its length) of whole lines from `start` to `stop`, which is the end of a line.

    One buffer serves for all: a file of any size costs the memory of its longest line, or of one block.
    """
    block = bytearray(min(size, max(0, stop - start)))
    while start < stop:
        want = min(len(block), stop - start)
        taken = os.preadv(fd, [memoryview(block)[:want]], start)
        end = block.rfind(b"\n", 0, taken) + 1
        if end:
            yield start, block, end
            start += end
        elif taken < want:  # cut off meanwhile
            return
        else:
            block = bytearray(2 * len(block))


def _schema() -> dict[str, pa.DataType]:
    import pyarrow as pa

    return {"step": pa.int64(), "timestamp": pa.timestamp("us", "UTC"), "value": pa.float64()}


def _fast_table(block: bytearray, end: int) -> pa.Table | None:
    """Read rows of our own form; None when there is anything odd among them."""
    if block.find(b"\r", 0, end) >= 0:  # which would end a line there
        return None
    import pyarrow as pa
    from pyarrow import csv

    try:
        table = csv.read_csv(
            pa.BufferReader(pa.py_buffer(memoryview(block)[:end])),
            read_options=csv.ReadOptions(column_names=list(_schema())),
            parse_options=csv.ParseOptions(delimiter="|", quote_char=False, newlines_in_values=False),
            convert_options=csv.ConvertOptions(column_types=_schema(), null_values=[""], strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        return None
    return None if table["timestamp"].null_count or table["value"].null_count else table


def _strict_table(events: list[Event], values: list[Any]) -> pa.Table:
    import pyarrow as pa

    good = [(e.step, e.timestamp, v) for e, v in zip(events, values, strict=True) if not isinstance(v, ValueError)]
    columns = zip(*good, strict=True) if good else ([], [], [])
    return pa.table([pa.array(list(c), t) for c, t in zip(columns, _schema().values(), strict=True)], names=list(_schema()))
