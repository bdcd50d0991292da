"""The rows of a table that contain a text, sorted by a column: as row numbers, without their cells."""

from __future__ import annotations

import re
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jupyter_tracking.budgets import MOST_LOADED_BYTES
from jupyter_tracking.errors import InvalidArgument, TooLarge
from jupyter_tracking.views.table.incremental import IncrementalTask
from jupyter_tracking.views.table.plain_columns import grouped, joined, plain_values
from jupyter_tracking.views.table.stored_table import PIECE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from jupyter_tracking.views.table.stored_table import StoredTable

_NUMBER = re.compile(r"[-+0-9.,einfa]+", re.IGNORECASE)
# Numbers of rows that take four bytes.
_SHORT = 2**32
_LOOK = 0.02
# Cells of numbers that are searched at once, where a cell of texts counts as so many; and columns, however few their rows.
_CELLS, _LONG, _COLUMNS = 1 << 22, 8, 2_000
_MOMENT = re.compile(r"[-+:.0-9 TZ]+", re.IGNORECASE)


class SortFilter(IncrementalTask):
    """Rows filtered by a text and sorted by a column.

    Attributes:
        rows: their numbers; None for all rows as they are stored.
        sorting: whether they are still to be sorted.
    """

    def __init__(self, table: StoredTable, *, text: str = "", column: int | None = None, descending: bool = False) -> None:
        """Prepare to filter and sort; `run_for` does it.

        Args:
            table: the table.
            text: what a cell of a row has to contain; case is ignored.
            column: the number of the column to sort by; below zero, an index level: -1 is the first.
            descending: the greatest first. Missing values come last either way.
        """
        super().__init__()
        self.rows: NDArray[Any] | None = None
        self.sorting = column is not None
        self._table = table
        self._text = text
        self._column = column
        self._descending = descending

    @property
    def size(self) -> int:
        """How many bytes it holds."""
        return 0 if self.rows is None else self.rows.nbytes

    @property
    def count(self) -> int:
        """How many rows there are, of those looked at."""
        return self._table.count if self.rows is None else len(self.rows)

    def page(self, start: int, stop: int) -> NDArray[np.int64]:
        """Return the numbers of the rows at some places."""
        if self.rows is None:
            return np.arange(start, min(stop, self._table.count))
        return self.rows[start:stop].astype(np.int64)

    def _work(self) -> Iterator[None]:
        if self._text:
            yield from self._filter()
        if self._column is not None:
            yield from self._sort(self._column)
            self.sorting = False

    def _filter(self) -> Iterator[None]:
        table = self._table
        blocks = self._blocks()
        self.rows = np.empty(0, dtype=np.int64)
        for group, (first, end) in enumerate(table.groups):
            hit = np.zeros(end - first, dtype=bool)
            for number, names in enumerate(blocks, start=1):
                for start, piece in table.iter_batches(names, group):
                    rows = slice(start - first, start - first + piece.num_rows)
                    hit[rows] |= _found(piece, self._text)
                    if number == len(blocks):
                        self.rows = np.concatenate([self.rows, start + np.flatnonzero(hit[rows])])
                        self.seen = start + piece.num_rows
                    yield

    def _blocks(self) -> list[list[str]]:
        """Return the columns that may hold the text, as many together as are read at once."""
        table, rows = self._table, max(1, min(PIECE, self._table.count))
        blocks: list[list[str]] = []
        cells = _CELLS
        for name in (*table.names, *table.levels):
            kind = table.schema.field(name).type
            if not _may_hold(kind, self._text):
                continue
            size = rows * (1 if _is_number(kind) else _LONG)
            cells += size
            if cells > _CELLS or len(blocks[-1]) == _COLUMNS:
                blocks.append([])
                cells = size
            blocks[-1].append(name)
        return blocks

    def _sort(self, column: int) -> Iterator[None]:
        table = self._table
        if column < 0 and table.range_index is not None:
            rows = np.arange(table.count) if self.rows is None else self.rows
            self.rows = rows[::-1] if self._descending == (table.range_index[1] > 0) else rows
            return
        name = table.names[column] if column >= 0 else table.levels[-1 - column]
        chunks: list[pa.Array] = []
        size = 0
        for start, piece in table.iter_batches([name]):
            values = piece.column(name)
            if self.rows is not None:
                low, high = np.searchsorted(self.rows, [start, start + piece.num_rows])
                values = values.take(pa.array(self.rows[low:high] - start))
            chunks.extend(values.chunks)
            size += values.nbytes
            if size > 2 * MOST_LOADED_BYTES:
                raise TooLarge(f"the column {name!r:.100} has {size:,} bytes or more; up to {2 * MOST_LOADED_BYTES:,} are sorted")
            self.seen = start + piece.num_rows
            yield
        values = plain_values(pa.chunked_array(chunks, type=chunks[0].type if chunks else table.schema.field(name).type), ranked=True)
        sorter = _Sorter(values, descending=self._descending)
        while not sorter.ended(_LOOK):
            yield
        self.rows = sorter.order() if self.rows is None else self.rows[sorter.order()]


class _Sorter(threading.Thread):
    """Sort in a thread. Arrow's sort cannot be interrupted, and the kernel must keep answering other requests."""

    def __init__(self, values: pa.ChunkedArray, *, descending: bool) -> None:
        super().__init__(name="jupyter-tracking-sort", daemon=True)
        self._values = values
        self._descending = descending
        self._order: NDArray[Any] | None = None
        self._failed: BaseException | None = None
        self.start()

    def run(self) -> None:
        """Sort the values; the result is their row numbers in order."""
        kind = "descending" if self._descending else "ascending"
        try:
            order = pc.sort_indices(pa.table({"v": self._values}), sort_keys=[("v", kind)]).to_numpy()
        except (pa.ArrowException, MemoryError) as error:
            self._failed = error
            return
        self._order = order.astype(np.uint32) if len(order) <= _SHORT else order.view(np.int64)

    def ended(self, seconds: float) -> bool:
        """Wait for at most so many seconds; return whether the sort has ended."""
        self.join(seconds)
        return not self.is_alive()

    def order(self) -> NDArray[Any]:
        """Return the indices that sort the values.

        Raises:
            InvalidArgument: values of this type have no order.
        """
        if isinstance(self._failed, pa.ArrowNotImplementedError | pa.ArrowTypeError | pa.ArrowInvalid):
            raise InvalidArgument(f"a column of {self._values.type} has no order to be sorted by")
        if self._order is None:
            raise self._failed or MemoryError
        return self._order


def _inner(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _may_hold(kind: pa.DataType, text: str) -> bool:
    """Return whether cells of this type can contain the text at all: columns that cannot are not read."""
    kind = _inner(kind)
    if _is_number(kind):
        return _NUMBER.fullmatch(text) is not None
    if pa.types.is_temporal(kind) and not pa.types.is_duration(kind):
        return _MOMENT.fullmatch(text) is not None
    if pa.types.is_boolean(kind):
        return text.lower() in "true" or text.lower() in "false"
    return not pa.types.is_null(kind)


def _found(piece: pa.Table, text: str) -> NDArray[np.bool_]:
    """Return which rows have a cell that contains a text."""
    columns = piece.columns
    hit = np.zeros(piece.num_rows, dtype=bool)
    for places in grouped(kind if _is_written(kind) else None for kind in piece.schema.types).values():
        hit |= _holds(joined([columns[place] for place in places]), text).reshape(len(places), -1).any(axis=0)
    return hit


@cache
def _is_written(kind: pa.DataType) -> bool:
    """Return whether Arrow writes any value of this type out as a text."""
    is_a = pa.types
    return bool(is_a.is_integer(kind) or is_a.is_float32(kind) or is_a.is_float64(kind) or is_a.is_boolean(kind) or is_a.is_string(kind))


def _holds(values: pa.ChunkedArray, text: str) -> NDArray[np.bool_]:
    """Return which cells contain a text, written out in full."""
    if pa.types.is_dictionary(values.type):
        found = [np.empty(0, dtype=bool)]
        for chunk in values.chunks:
            # One entry more, which is no hit, stands for missing values.
            hits = np.append(_holds(pa.chunked_array([chunk.dictionary]), text), False)
            found.append(hits[chunk.indices.cast(pa.int64()).fill_null(len(hits) - 1).to_numpy()])
        return np.concatenate(found)
    values = plain_values(values)
    written = _written(values)
    if written is None:
        words = ("" if value is None else str(value).lower() for value in values.to_pylist())
        return np.fromiter((text.lower() in word for word in words), dtype=bool, count=len(values))
    found = pc.match_substring(written, text, ignore_case=True)
    return np.asarray(pc.fill_null(found, False).to_numpy(), dtype=bool)


def _written(values: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Return the cells as strings; None where Arrow cannot cast them."""
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return values
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        values = pc.local_timestamp(values)
    try:
        return values.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return None
