"""Rows of an event file as columns, many times as fast as one by one where they are exactly as we write them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.format import event_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from jupyter_tracking.format.event_rows import Event, Source

FEW_BYTES = 1 << 14  # of rows that are read one by one in the time in which Arrow begins
SMALL_FILE = 1 << 16  # bytes of a metric's file that is read together with others, which Arrow does as fast as one
_TIMESTAMP = b"0000-00-00 00:00:00.000000+00:00"  # a timestamp as we write it, with a zero for each digit
_DIGITS = 26  # the first of its bytes are digits, but for what stands between them
_WORDS = len(_TIMESTAMP) // 8  # which are looked at eight bytes at a time
_LAST_SECOND = 59
_LONGEST_STEP = 19  # bytes; of longer ones some are steps
_READ_AT_ONCE = 1 << 20  # bytes, as many as Arrow reads at a time: threads have nothing to share of fewer
_PIECES = 3 << 17, 1 << 20  # bytes of a metric looked at at a time, a quarter of what there is: meanwhile they take several times as many
_BOM = b"\xef\xbb\xbf"
_AFTER_STEP = len(_TIMESTAMP) + 2  # bytes between a step and its cell
_NEWLINE, _BAR = b"\n|"
_MINUS, _NINE = b"-9"  # of these bytes, "-" and digits alone make an integer


class RowColumns(NamedTuple):
    """Rows as arrays of one length.

    Attributes:
        step: the steps; 0 where there is none.
        mask: True where there is none.
        timestamp: µs since the epoch, UTC.
        value: the numbers of a metric; None of other kinds.
        start: the byte of the file at which each cell starts, and `end` the one after it; None of a metric.
    """

    step: NDArray[np.int64]
    mask: NDArray[np.bool_]
    timestamp: NDArray[np.int64]
    value: NDArray[np.float64] | None
    start: NDArray[np.int64] | None
    end: NDArray[np.int64] | None

    def convert(self, function: Callable[[NDArray[Any]], NDArray[Any]]) -> RowColumns:
        """Return what a function makes of each array."""
        columns: list[Any] = [None if column is None else function(column) for column in self]
        return RowColumns(*columns)

    @property
    def nbytes(self) -> int:
        """How many bytes of memory they take."""
        return sum(column.nbytes for column in self if column is not None)


def gather_columns(events: Sequence[Event], kind: str) -> RowColumns:
    """Return rows that were read one by one as columns."""
    import numpy as np

    _, steps, timestamps, _, starts, ends, values = zip(*events, strict=True) if events else [()] * len(event_rows.Event._fields)
    mask = np.array([step is None for step in steps], dtype=bool)
    step, timestamp = np.array([step or 0 for step in steps], dtype=np.int64), np.array(timestamps, dtype=np.int64)
    if kind == "metric":
        return RowColumns(step, mask, timestamp, np.array(values, dtype=np.float64), None, None)
    return RowColumns(step, mask, timestamp, None, np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64))


def join_columns(parts: Sequence[RowColumns]) -> RowColumns:
    """Return the rows of several parts, one at least, as one."""
    if len(parts) == 1:
        return parts[0]
    import numpy as np

    joined: list[Any] = [None if columns[0] is None else np.concatenate(columns) for columns in zip(*parts, strict=True)]
    return RowColumns(*joined)


def parse_columns(raw: Source, kind: str, start: int, stop: int, *, offset: int = 0) -> list[RowColumns] | None:
    """Read whole lines that follow a header as we write it with numpy and Arrow; None when one of them is not a row as we write it.

    What is returned, in parts, is what `parse_rows` finds, and no line among them is anything but a row. Arrow takes more for a step
    or a timestamp than that does, so their bytes are looked at too.

    Args:
        raw: the bytes of the file, or a block of whole lines of it.
        kind: the kind of the file, none of those with a JSONL form.
        start: where in `raw` to begin, at the start of a line.
        stop: where in `raw` to end, after a newline.
        offset: where in the file `raw` starts.
    """
    # Arrow would take what is in parentheses, and what is hexadecimal, for a number, and end a row of another kind at a return.
    if any(raw.find(mark, start, stop) >= 0 for mark in (b"\r", b"(", b"x", b"X")[: 4 if kind == "metric" else 1]):
        return None
    import pyarrow as pa

    try:
        if kind != "metric":
            return _parse_cells(raw, start, stop, offset)
        found, piece = [], min(max(_PIECES[0], (stop - start) // 4), _PIECES[1])
        while start < stop:
            end = raw.rfind(b"\n", start, min(start + piece, stop)) + 1
            if not end:  # a line as long is no number
                return None
            found.append(_parse_numbers(raw, start, end))
            start = end
    except (pa.ArrowInvalid, _NotOursError):
        return None
    return found


class _NotOursError(Exception):
    """A row is not exactly as we write it."""


def _parse_numbers(raw: Source, start: int, stop: int) -> RowColumns:
    """Return the rows of a metric. Arrow's reader of CSV looks for more bytes: by the machine it takes as long to half as long again."""
    import numpy as np
    import pyarrow as pa

    data = np.frombuffer(raw, np.uint8)[start:stop]
    end = np.flatnonzero(data == _NEWLINE)
    begin = np.append([0], end[:-1] + 1)
    # Nearly always all steps of so few rows have as many digits as the first.
    digits, room = raw.find(b"|", start, stop) - start, int((end - begin).min()) - _AFTER_STEP
    bar = begin + digits
    if not 0 <= digits < room or (data[bar] != _BAR).any():
        bars = np.flatnonzero(data == _BAR)
        if len(bars) != 2 * len(end):
            raise _NotOursError
        bar = bars[::2]
    cell = bar + _AFTER_STEP
    if (cell >= end).any() or (bar < begin).any() or (bar - begin).max() > _LONGEST_STEP or (data[cell - 1] != _BAR).any():
        raise _NotOursError
    content, mask = pa.py_buffer(memoryview(raw)[start:stop]), bar == begin
    step, value = _cast_pieces(content, begin, bar, pa.int64(), mask), _cast_pieces(content, cell, end, pa.float64())
    del begin, cell, end
    # At each byte of the data an item of 32 bytes begins.
    moments = np.ndarray(len(data) - len(_TIMESTAMP) + 1, f"V{len(_TIMESTAMP)}", raw, start, (1,))[bar + 1]
    return RowColumns(step, mask, _parse_timestamps(moments.view("<u8")), value, None, None)


def _cast_pieces(
    content: pa.Buffer, begin: NDArray[np.intp], end: NDArray[np.intp], to: pa.DataType, mask: NDArray[np.bool_] | None = None
) -> NDArray[Any]:
    """Return pieces of text as numbers, 0 for those that are masked. To Arrow they are every second item; what is between them is null."""
    import numpy as np
    import pyarrow as pa

    places, there = np.empty(2 * len(begin), np.int32), np.zeros(2 * len(begin), bool)
    places[::2], places[1::2], there[::2] = begin, end, True if mask is None else ~mask
    known = pa.py_buffer(np.packbits(there, bitorder="little"))
    numbers = pa.StringArray.from_buffers(len(places) - 1, pa.py_buffer(places), content, known).cast(to)
    found = np.frombuffer(numbers.buffers()[1], to.to_pandas_dtype())[: len(places) - 1 : 2]
    return np.ascontiguousarray(found) if mask is None else np.where(mask, 0, found)


def _parse_cells(raw: Source, start: int, stop: int, offset: int) -> list[RowColumns]:
    """Return the rows of another kind, whose cells are JSON."""
    import pyarrow as pa
    from pyarrow import csv

    if raw.startswith(_BOM, start):  # which Arrow would pass over
        raise _NotOursError
    types = {"step": pa.binary(), "timestamp": pa.binary(len(_TIMESTAMP)), "cell": pa.binary()}
    table = csv.read_csv(
        pa.BufferReader(pa.py_buffer(memoryview(raw)[start:stop])),
        read_options=csv.ReadOptions(column_names=list(types), use_threads=stop - start > _READ_AT_ONCE),
        parse_options=csv.ParseOptions(delimiter="|", quote_char=False, newlines_in_values=False, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True, check_utf8=False),
        memory_pool=pa.system_memory_pool(),  # Arrow's own keeps what each of its threads once had
    )
    found, line = [], offset + start
    for batch in filter(len, table.to_batches()):  # where a row is long, one may be empty
        rows, line = _columns(*batch.columns, line=line)
        found.append(rows)
    return found


def _columns(steps: pa.Array, moments: pa.Array, cells: pa.Array, *, line: int) -> tuple[RowColumns, int]:
    """Return the columns of a batch whose first line starts at the byte `line` of the file, and where the line after it starts."""
    import numpy as np

    if moments.null_count or cells.null_count:
        raise _NotOursError
    step, lengths = _parse_steps(steps)
    words = np.frombuffer(moments.buffers()[1], dtype="<u8")[moments.offset * _WORDS : (moments.offset + len(moments)) * _WORDS]
    timestamp = _parse_timestamps(words)
    mask = np.zeros(len(step), dtype=bool) if steps.null_count == 0 else steps.is_null().to_numpy(zero_copy_only=False)
    offsets, content = _binary(cells)
    first, last = content[offsets[:-1]], content[offsets[1:] - 1]
    if (first != ord("{")).any() or (last != ord("}")).any():
        raise _NotOursError
    before, cell = lengths + (len(_TIMESTAMP) + 2), np.diff(offsets)
    end = line + np.cumsum(before + cell + 1, dtype=np.int64) - 1
    return RowColumns(step, mask, timestamp, None, end - cell, end), int(end[-1]) + 1


def _binary(column: pa.Array) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Return where the items of a column of bytes start, and where the last one ends, with the bytes of them all."""
    import numpy as np

    _, offsets, content = column.buffers()
    places = np.frombuffer(offsets, dtype=np.int32)[column.offset : column.offset + len(column) + 1]
    return places, np.frombuffer(content or b"", dtype=np.uint8)


def _parse_steps(column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the steps, 0 where there is none, and how many bytes each takes."""
    import numpy as np
    import pyarrow as pa

    offsets, content = _binary(column)
    used, lengths = content[offsets[0] : offsets[-1]], np.diff(offsets)
    # Hexadecimal digits, and more digits than 64 bits have, are an integer to Arrow.
    if len(used) and not (used.min() >= _MINUS and used.max() <= _NINE and lengths.max() <= _LONGEST_STEP):
        raise _NotOursError
    step = column.view(pa.string()).cast(pa.int64())
    return (step.fill_null(0) if step.null_count else step).to_numpy(), lengths


def _parse_timestamps(words: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return timestamps, whose bytes are given eight at a time, in µs since the epoch.

    Rows that follow each other nearly always share date, hour and minute: these are read of the first of them alone.
    """
    import numpy as np
    import pyarrow as pa

    date, hour, second, fraction = words.reshape(-1, _WORDS).T
    first = np.flatnonzero(np.append([True], (date[1:] != date[:-1]) | (hour[1:] != hour[:-1])))  # of those that share a minute
    since = _parse_seconds(second, fraction)
    texts = words.reshape(-1, _WORDS)[first]
    for place, word in enumerate(texts.T[:2]):
        _parse_digits(word, place)
    places = pa.py_buffer(np.arange(0, texts.nbytes + 1, len(_TIMESTAMP), dtype=np.int32))
    whole = pa.StringArray.from_buffers(len(texts), places, pa.py_buffer(texts))
    moments = whole.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy()
    if len(moments) and moments.min() < event_rows.TIMESTAMP_MIN:  # Arrow has a year 0
        raise _NotOursError
    return np.repeat(moments - since[first], np.diff(first, append=len(since))) + since


def _parse_seconds(second: NDArray[np.uint64], fraction: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the µs since the minute began, of the third and the fourth word of timestamps."""
    import numpy as np

    digits, last = _parse_digits(second, 2), _parse_digits(fraction, 3)
    # Of each two digits that follow each other the first is taken ten times: of ":12.3456" the bytes 1, 4 and 6 are 12, 34 and 56 then.
    pairs, last_pair = digits * 10 + (digits >> 8), last * 10 + (last >> 8)
    seconds = pairs >> 8 & 0xFF
    if len(seconds) and seconds.max() > _LAST_SECOND:
        raise _NotOursError
    found = seconds * 1_000_000 + (pairs >> 32 & 0xFF) * 10_000 + (pairs >> 48 & 0xFF) * 100 + (last_pair & 0xFF)
    microseconds: NDArray[np.int64] = found.view(np.int64)
    return microseconds


def _parse_digits(words: NDArray[np.uint64], place: int) -> NDArray[np.uint64]:
    """Return eight bytes of each timestamp as numbers: digits as what they say, all others, which are to be as we write them, as 0."""
    form, six, high = (pattern[place] for pattern in _patterns())
    digits: NDArray[np.uint64] = words ^ form
    # What is up to 9 has nothing in its upper half, and still has not when 6 is added.
    if ((digits | (digits + six)) & high).any():
        raise _NotOursError
    return digits


@cache
def _patterns() -> tuple[NDArray[np.uint64], ...]:
    """Return, for the bytes of a timestamp eight at a time: `_TIMESTAMP`; 6 where a digit is; the bits that are 0 in what is written so."""
    import numpy as np

    form = np.frombuffer(_TIMESTAMP, dtype=np.uint8)
    digit = (form == ord("0")) & (np.arange(len(form)) < _DIGITS)
    patterns = form, np.where(digit, 6, 0), np.where(digit, 0xF0, 0xFF)
    return tuple(pattern.astype(np.uint8).view("<u8") for pattern in patterns)


def metric_types() -> dict[str, pa.DataType]:
    """Return the columns of a metric and their Arrow types."""
    import pyarrow as pa

    return {"step": pa.int64(), "timestamp": pa.timestamp("us", "UTC"), "value": pa.float64()}


def metric_table(columns: RowColumns) -> pa.Table:
    """Return the rows of a metric as an Arrow table."""
    import pyarrow as pa

    arrays = (
        pa.array(columns.step, mask=columns.mask if columns.mask.any() else None),
        pa.array(columns.timestamp).view(pa.timestamp("us", "UTC")),
        pa.array(columns.value),
    )
    return pa.table(dict(zip(metric_types(), arrays, strict=True)))


def parse_metric_table(raw: Source, start: int, stop: int) -> pa.Table | None:
    """Read whole lines of a metric's file, after its header, as an Arrow table; None when one of them is not as we write it."""
    import pyarrow as pa

    found = parse_columns(raw, "metric", start, stop)
    return None if found is None else pa.concat_tables([metric_table(gather_columns([], "metric")), *map(metric_table, found)])
