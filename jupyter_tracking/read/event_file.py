"""One event file: its rows, its columns as an Arrow table, and what is wrong with it.

A file that grew is read on from where the last reading ended. It is never mapped into memory: a writer that cuts off a
torn end meanwhile would kill the process that has it mapped.
"""

from __future__ import annotations

import os
from array import array
from threading import RLock
from typing import TYPE_CHECKING, Any

from jupyter_tracking.budgets import MOST_CELL_BYTES
from jupyter_tracking.format import event_rows
from jupyter_tracking.format.document.metric_summary import metric_statistics
from jupyter_tracking.format.event_rows import Event
from jupyter_tracking.format.metric_table import metric_table, parse_metric_table
from jupyter_tracking.read.file_bytes import written_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

_TAIL = 1 << 16
_ROWS_BLOCK = 1 << 20  # fits a core's cache
_TABLE_BLOCK = 1 << 24
_LAST_ROWS = 1 << 12  # bytes: a row of a metric is shorter by far
_MOST_CHUNKS = 1000  # a table that grew by bits is put together at times


class EventFile:
    """The rows of one event file."""

    def __init__(self, open_file: Callable[[], int], kind: str, *, ours: bool) -> None:
        """Name the file; it is opened with every question.

        Args:
            open_file: returns a fresh descriptor, or raises as `os.open`.
            kind: the kind of the file.
            ours: a last row without a newline is torn and no row; in Polyaxon's files it is one.
        """
        self._open = open_file
        self._kind = kind
        self._ours = ours
        self._lock = RLock()  # a view of a running run is read by several threads
        self._reset()

    def _reset(self) -> None:
        """Start again, as of a file that was never read."""
        self._stat: tuple[int, int, int] | None = None  # inode, size and time of the last reading
        self._rows_stat: tuple[int, int, int] | None = None  # the same of when the rows were last read; columns may be read apart
        self._order: event_rows.ColumnOrder | None = None
        self._rows_end = 0  # bytes read, up to a newline
        self._line = 1
        self._events: list[Event] = []
        self._problems: list[event_rows.RowProblem] = []
        self._unfinished: list[Event | event_rows.RowProblem] = []  # a last row without a newline: the next reading may find more of it
        self._table: pa.Table | None = None
        self._table_end = 0
        self._hole: event_rows.RowProblem | None = None
        self._counted: tuple[int, dict[str, float]] | None = None  # of how many values, and their statistics

    def _look(self, fd: int) -> int:
        """Return how long the file is now; start again unless it is the same one as before and only grew."""
        now = os.fstat(fd)
        if self._stat is not None and (self._stat[0] != now.st_ino or now.st_size < max(self._rows_end, self._table_end)):
            self._reset()
        self._stat = (now.st_ino, now.st_size, now.st_mtime_ns)
        size = written_size(fd, now.st_size)
        missing = now.st_size - size
        words = f"from byte {size:,} on, {missing:,} bytes were never written; nothing from there on is read"
        self._hole = event_rows.RowProblem(0, words, "") if missing else None
        return size

    def events(self) -> list[Event]:
        """Return the good rows in the order they were logged."""
        with self._lock:
            self._refresh()
            unfinished = [row for row in self._unfinished if isinstance(row, Event)]
            return self._events + unfinished if unfinished else self._events

    def problems(self) -> list[event_rows.RowProblem]:
        """Return the bad rows."""
        with self._lock:
            self._refresh()
            hole = [self._hole._replace(line=self._line)] if self._hole is not None else []
            return self._problems + [row for row in self._unfinished if isinstance(row, event_rows.RowProblem)] + hole

    def _refresh(self) -> None:
        fd = self._open()
        try:
            size = self._look(fd)
            if self._rows_stat == self._stat:
                return
            self._rows_stat = self._stat
            committed = _committed(fd, size)
            self._read_rows(fd, committed)
            self._unfinished = []
            if not self._ours and committed < size:
                self._read_unfinished(os.pread(fd, min(size - committed, MOST_CELL_BYTES), committed), committed)
        finally:
            os.close(fd)

    def _read_rows(self, fd: int, stop: int) -> None:
        """Read the rows up to `stop`, which is the end of a line."""
        for offset, block, end in _blocks(fd, self._rows_end, stop, _ROWS_BLOCK):
            if not block:  # a line that is too long
                words = f"the line has {end:,} bytes; up to {MOST_CELL_BYTES:,} are read"
                self._problems.append(event_rows.RowProblem(self._line, words, ""))
                self._line, self._rows_end = self._line + 1, offset + end
                continue
            known, line, last = len(self._events), self._line, 0
            for row in self._parse(block, offset, end):
                if isinstance(row, Event):
                    self._events.append(row)
                elif isinstance(row, event_rows.RowProblem):
                    self._problems.append(row)
                else:
                    self._order = row
            if len(self._events) > known:
                line, last = self._events[-1].line, self._events[-1].end - offset
            self._line = line + block.count(b"\n", last, end)  # which is slow: only what follows the last good row
            self._rows_end = offset + end

    def _parse(self, block: bytes | bytearray, offset: int, stop: int) -> Iterator[Event | event_rows.RowProblem | event_rows.ColumnOrder]:
        """Parse whole lines that follow what was read."""
        begun = bool(self._events or self._problems)  # blank lines alone may come before the header
        position = len(self._events)
        return event_rows.parse_rows(
            block, self._kind, order=self._order, begun=begun, line=self._line, position=position, offset=offset, stop=stop
        )

    def _read_unfinished(self, tail: bytes, offset: int) -> None:
        """Read what follows the last newline of a file that Polyaxon wrote: a row, unless it is cut off."""
        problems: list[event_rows.RowProblem] = []
        for row in self._parse(tail, offset, len(tail)):
            if isinstance(row, event_rows.RowProblem):
                problems.append(row)
            elif isinstance(row, Event):
                value = self._value_or_error(tail[row.start - offset : row.end - offset])
                if isinstance(value, ValueError):  # cut off inside its cell, at what could be its end
                    problems.append(event_rows.RowProblem(row.line, str(value), event_rows.excerpt(tail)))
                else:
                    self._unfinished = [row]
        if problems:
            self._unfinished.append(problems[0]._replace(problem=f"unfinished last row: {problems[0].problem}"))

    def payload(self, event: Event, *, limited: bool = True) -> Any:
        """Return the parsed cell of a row.

        Raises:
            TooLarge: with `limited`, it has more values than are read.
            ValueError: the cell is damaged.
        """
        if event.value is not None:
            return event.value
        fd = self._open()
        try:
            cell = os.pread(fd, event.end - event.start, event.start)
        finally:
            os.close(fd)
        return event_rows.parse_cell(cell, self._kind, self._order, limited=limited)

    def payloads(self) -> list[Any]:
        """Return the parsed cell of every good row, or the `ValueError` of a damaged one."""
        return list(self.iter_payloads(self.events()))

    def iter_payloads(self, events: Sequence[Event]) -> Iterator[Any]:
        """Yield what `payloads` returns, for these rows, one after the other: all of them may take much memory."""
        if self._kind == "metric":
            yield from (event.value for event in events)
            return
        fd = self._open()
        try:
            start, block = 0, b""
            for event in events:
                if event.end > start + len(block):
                    start, block = event.start, os.pread(fd, max(_ROWS_BLOCK, event.end - event.start), event.start)
                yield self._value_or_error(block[event.start - start : event.end - start])
        finally:
            os.close(fd)

    def _value_or_error(self, cell: bytes) -> Any:
        try:
            return event_rows.parse_cell(cell, self._kind, self._order)
        except (ValueError, KeyError, RecursionError) as error:
            return error if isinstance(error, ValueError) else ValueError(str(error))

    def columns(self) -> pa.Table:
        """Return a metric file as a table: step int64, timestamp timestamp[us, UTC], value float64.

        Rows as we write them are read by Arrow's CSV reader, many times as fast; a file that has others is read row by row.
        """
        with self._lock:
            fd = self._open()
            try:
                table = self._arrow_table(fd, self._look(fd))
            finally:
                os.close(fd)
            if table is None:
                self._table, self._table_end = None, 0
                return metric_table(self.events())
            return table

    def _arrow_table(self, fd: int, size: int) -> pa.Table | None:
        """Read on where the table ends; None when a row is not as we write it."""
        import pyarrow as pa

        known = self._table if self._table is not None else metric_table([])
        committed = _committed(fd, size)
        head = event_rows.header(self._kind)
        if not size:
            return known
        if not (self._ours or committed == size) or os.pread(fd, len(head), 0) != head:
            return None
        start = self._table_end or len(head)
        grown = [parse_metric_table(block, 0, end) if block else None for _, block, end in _blocks(fd, start, committed, _TABLE_BLOCK)]
        if any(table is None for table in grown):
            return None
        self._table = pa.concat_tables([known, *grown])
        if self._table["value"].num_chunks > _MOST_CHUNKS:
            self._table = self._table.combine_chunks()
        self._table_end = committed
        return self._table

    def statistics(self) -> dict[str, float]:
        """Return the statistics of a metric's values (see `metric_statistics`); computed once as long as there are no more."""
        with self._lock:
            values = self.columns()["value"]
            if self._counted is None or self._counted[0] != len(values):
                self._counted = len(values), metric_statistics(array("d", values.to_numpy().astype("float64").tobytes()))
            return self._counted[1]

    def last_value(self) -> float | None:
        """Return the last value of a metric; None when it has none. Reads the header and the end of the file alone."""
        fd = self._open()
        try:
            size = written_size(fd, os.fstat(fd).st_size)
            start = max(0, size - _LAST_ROWS)
            head, tail = os.pread(fd, _LAST_ROWS, 0), os.pread(fd, size - start, start)
        finally:
            os.close(fd)
        end = tail.rfind(b"\n") + 1 if self._ours else len(tail)
        order = event_rows.parse_header(head.partition(b"\n")[0], self._kind)
        begin = tail.find(b"\n") + 1 if start or order else 0
        row = event_rows.last_row(tail[:end], self._kind, order or event_rows.OUR_COLUMNS, start=begin)
        return row.value if row is not None else None


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

    One buffer serves for all: a file of any size costs the memory of its longest line, or of one block. A line that is too long has an
    empty block, and its length.
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
        elif want >= MOST_CELL_BYTES:
            block = bytearray(size)
            following = _line_end(fd, start + want, stop)
            yield start, bytearray(), following - start
            start = following
        else:
            block = bytearray(2 * len(block))


def _line_end(fd: int, start: int, stop: int) -> int:
    """Return where the line that `start` is in ends."""
    while start < stop:
        piece = os.pread(fd, min(_ROWS_BLOCK, stop - start), start)
        found = piece.find(b"\n")
        if found >= 0 or not piece:
            return start + found + 1
        start += len(piece)
    return stop
