"""One event file: its rows as columns, and what is wrong with it.

A file that grew is read on from where the last reading ended. It is never mapped into memory: a writer that cuts off a
torn end meanwhile would kill the process that has it mapped.
"""

from __future__ import annotations

import weakref
from array import array
from threading import RLock
from typing import TYPE_CHECKING, Any

from jupyter_tracking.budgets import MOST_CELL_BYTES
from jupyter_tracking.fork import call_after_fork
from jupyter_tracking.format import event_rows
from jupyter_tracking.format.document.metric_summary import metric_statistics
from jupyter_tracking.format.event_rows import Event
from jupyter_tracking.format.row_columns import FEW_BYTES, parse_columns
from jupyter_tracking.read.event_table import EventRows, GrowingRows
from jupyter_tracking.read.file_bytes import committed_size, line_blocks, written_size
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_READ = 1 << 20  # bytes
_BLOCK = 1 << 22  # bytes read at a time
_PIECE = 1 << 18  # bytes that are read one by one, where a row among them is not as we write it
_MOST_RESERVED = 1 << 24  # rows for which there is room before they are read
_LONG_ROW = 1 << 9  # bytes: to look for the end of a longer one is faster than to look at all of it
_LAST_ROWS = 1 << 12  # bytes: a row of a metric is shorter by far


class EventFile:
    """The rows of one event file."""

    def __init__(self, open_file: Callable[[], int], kind: str, *, ours: bool) -> None:
        """Name the file; it is opened with every question.

        Args:
            open_file: returns a fresh descriptor, or raises as `os_calls.open`.
            kind: the kind of the file.
            ours: a last row without a newline is torn and no row; in Polyaxon's files it is one.
        """
        self._open = open_file
        self._kind = kind
        self._ours = ours
        self._lock = RLock()  # a view of a running run is read by several threads
        self._reset()
        call_after_fork(self)

    def after_fork(self) -> None:
        """In a child: read the file anew, since a thread that is not there may have been reading it."""
        self._lock = RLock()
        self._reset()

    def _reset(self) -> None:
        """Start again, as of a file that was never read."""
        self._stat: tuple[int, int, int] | None = None  # inode, size and time of the last reading
        self._order: event_rows.ColumnOrder | None = None
        self._end = 0  # bytes read, up to a newline
        self._line = 1
        self._rows = GrowingRows(self._kind)
        self._problems: list[event_rows.RowProblem] = []
        self._unfinished: list[Event | event_rows.RowProblem] = []  # a last row without a newline: the next reading may find more of it
        self._seen: weakref.ref[EventRows] | None = None  # the rows as of the last reading
        self._hole: event_rows.RowProblem | None = None
        self._counted: tuple[int, dict[str, float]] | None = None  # of how many values, and their statistics

    def _look(self, fd: int) -> int | None:
        """Return how long the file is, None when it is as it was; start again unless it is the same one as before and only grew."""
        now = os_calls.fstat(fd)
        seen = (now.st_ino, now.st_size, now.st_mtime_ns)
        if self._stat == seen:
            return None
        if self._stat is not None and (self._stat[0] != now.st_ino or now.st_size < self._end):
            self._reset()
        self._stat = seen
        size = written_size(fd, now.st_size)
        missing = now.st_size - size
        words = f"from byte {size:,} on, {missing:,} bytes were never written; nothing from there on is read"
        self._hole = event_rows.RowProblem(0, words, "") if missing else None
        return size

    def rows(self) -> EventRows:
        """Return the good rows in the order they were logged."""
        with self._lock:
            self._refresh()
            rows = self._seen() if self._seen is not None else None
            if rows is None:
                rows = self._rows.rows()
                unfinished = [row for row in self._unfinished if isinstance(row, Event)]
                if unfinished:
                    rows = rows.with_events(unfinished, self._kind)
                rows.source = self
                self._seen = weakref.ref(rows)
            return rows

    @property
    def nbytes(self) -> int:
        """How many bytes of memory its rows take, so far as they were read."""
        return self._rows.nbytes

    def problems(self) -> list[event_rows.RowProblem]:
        """Return the bad rows."""
        with self._lock:
            self._refresh()
            hole = [self._hole._replace(line=self._line)] if self._hole is not None else []
            return self._problems + [row for row in self._unfinished if isinstance(row, event_rows.RowProblem)] + hole

    def _refresh(self) -> None:
        """Read what was added since the last reading."""
        fd = self._open()
        try:
            size = self._look(fd)
            if size is None:
                return
            committed = committed_size(fd, size)
            self._read_rows(fd, committed)
            self._unfinished, self._seen = [], None
            if not self._ours and committed < size:
                self._read_unfinished(os_calls.pread(fd, min(size - committed, MOST_CELL_BYTES), committed), committed)
        except BaseException:  # interrupted, perhaps, when it is not known how far
            self._reset()
            raise
        finally:
            os_calls.close(fd)

    def _read_rows(self, fd: int, stop: int) -> None:
        """Read the rows up to `stop`, which is the end of a line."""
        for offset, block, end in line_blocks(fd, self._end, stop, _BLOCK):
            if block:
                self._read_block(block, offset, end)
                if not self._end and end < stop:  # the others have about as many rows to a byte as the first
                    self._rows.reserve(min(len(self._rows) * (stop // end + 1), _MOST_RESERVED))
            else:  # a line that is too long
                words = f"the line has {end:,} bytes; up to {MOST_CELL_BYTES:,} are read"
                self._problems.append(event_rows.RowProblem(self._line, words, ""))
                self._line += 1
            self._end = offset + end

    def _read_block(self, block: bytearray, offset: int, stop: int) -> None:
        """Read whole lines as columns; one by one those pieces of them in which something is not as we write it."""
        start, head = 0, event_rows.header(self._kind)
        if stop > FEW_BYTES and not self._begun and block.startswith(head):
            start = len(head)
            self._read_one_by_one(block, offset, 0, start)
        if self._read_columns(block, offset, start, stop):
            return
        while start < stop:
            end = block.rfind(b"\n", start, min(start + _PIECE, stop)) + 1 or block.find(b"\n", start, stop) + 1
            if not self._read_columns(block, offset, start, end):
                self._read_one_by_one(block, offset, start, end)
            start = end

    @property
    def _begun(self) -> bool:
        """Whether a line that is not blank was read: blank lines alone may come before the header."""
        return self._order is not None or bool(self._rows or self._problems)

    def _read_columns(self, block: bytearray, offset: int, start: int, stop: int) -> bool:
        """Read whole lines as columns; return False, and read none, where that is not possible or would not be faster."""
        if self._order is not event_rows.OUR_COLUMNS or self._kind in event_rows.JSONL_KINDS or stop - start < FEW_BYTES:
            return False
        if self._kind != "metric" and block.count(b"\n", start, stop) * _LONG_ROW < stop - start:
            return False
        columns = parse_columns(block, self._kind, start, stop, offset=offset)
        for part in columns or ():
            self._rows.add(part, self._line)
            self._line += len(part.step)
        return columns is not None

    def _read_one_by_one(self, block: bytearray, offset: int, start: int, stop: int) -> None:
        """Read whole lines, whatever is in them."""
        events: list[Event] = []
        for row in self._parse(block, offset, start, stop):
            if isinstance(row, Event):
                events.append(row)
            elif isinstance(row, event_rows.RowProblem):
                self._problems.append(row)
            else:
                self._order = row
        line, last = (events[-1].line, events[-1].end - offset) if events else (self._line, start)
        self._line = line + block.count(b"\n", last, stop)  # which is slow: only what follows the last good row
        self._rows.add_events(events)

    def _parse(
        self, block: bytes | bytearray, offset: int, start: int, stop: int
    ) -> Iterator[Event | event_rows.RowProblem | event_rows.ColumnOrder]:
        """Parse whole lines that follow what was read."""
        return event_rows.parse_rows(
            block,
            self._kind,
            order=self._order,
            begun=self._begun,
            line=self._line,
            position=len(self._rows),
            offset=offset,
            start=start,
            stop=stop,
        )

    def _read_unfinished(self, tail: bytes, offset: int) -> None:
        """Read what follows the last newline of a file that Polyaxon wrote: a row, unless it is cut off."""
        problems: list[event_rows.RowProblem] = []
        for row in self._parse(tail, offset, 0, len(tail)):
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
            cell = os_calls.pread(fd, event.end - event.start, event.start)
        finally:
            os_calls.close(fd)
        return event_rows.parse_cell(cell, self._kind, self._order, limited=limited)

    def payloads(self) -> list[Any]:
        """Return the parsed cell of every good row, or the `ValueError` of a damaged one."""
        return list(self.iter_payloads(self.rows()))

    def iter_payloads(self, rows: EventRows) -> Iterator[Any]:
        """Yield what `payloads` returns, for these rows, one after the other: all of them may take much memory."""
        if rows.value is not None or rows.start is None or rows.end is None:
            yield from map(float, rows.value if rows.value is not None else ())
            return
        fd = self._open()
        try:
            at, block = 0, b""
            for start, end in zip(map(int, rows.start), map(int, rows.end), strict=True):
                if end > at + len(block):
                    at, block = start, os_calls.pread(fd, max(_READ, end - start), start)
                yield self._value_or_error(block[start - at : end - at])
        finally:
            os_calls.close(fd)

    def _value_or_error(self, cell: bytes) -> Any:
        try:
            return event_rows.parse_cell(cell, self._kind, self._order)
        except (ValueError, KeyError, RecursionError) as error:
            return error if isinstance(error, ValueError) else ValueError(str(error))

    def statistics(self) -> dict[str, float]:
        """Return the statistics of a metric's values (see `metric_statistics`); computed once as long as there are no more."""
        with self._lock:
            rows = self.rows()
            if self._counted is None or self._counted[0] != len(rows):
                self._counted = len(rows), metric_statistics(array("d", b"" if rows.value is None else rows.value.tobytes()))
            return self._counted[1]

    def last_value(self) -> float | None:
        """Return the last value of a metric; None when it has none. Reads the header and the end of the file alone."""
        fd = self._open()
        try:
            size = written_size(fd, os_calls.fstat(fd).st_size)
            start = max(0, size - _LAST_ROWS)
            head, tail = os_calls.pread(fd, _LAST_ROWS, 0), os_calls.pread(fd, size - start, start)
        finally:
            os_calls.close(fd)
        end = tail.rfind(b"\n") + 1 if self._ours else len(tail)
        order = event_rows.parse_header(head.partition(b"\n")[0], self._kind)
        begin = tail.find(b"\n") + 1 if start or order else 0
        row = event_rows.last_row(tail[:end], self._kind, order or event_rows.OUR_COLUMNS, start=begin)
        return row.value if row is not None else None
