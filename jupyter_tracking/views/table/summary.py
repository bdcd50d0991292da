"""A summary of each column of a table: missing values, distinct values, minimum and maximum, and a histogram or the commonest values."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jupyter_tracking.views.model.payload import json_safe
from jupyter_tracking.views.table.encode import cell_text
from jupyter_tracking.views.table.incremental import IncrementalTask
from jupyter_tracking.views.table.plain_columns import plain_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from jupyter_tracking.views.table.stored_table import StoredTable

_BINS = 20
_SHORT = 60
_TOP = 6
# Of a column with more distinct values than this they are no longer counted; of one with more than that, nor how often each occurs.
_DISTINCT = 100_000
_COMMON = 1_000
# The numbers of a column of at most so many rows are kept for the bins; those of a longer one are read a second time.
_HELD = 2_000_000


class Summary(IncrementalTask):
    """The summaries of some of the columns.

    Attributes:
        columns: the summary of each column that is done, by its number; negative numbers are index levels.
    """

    def __init__(self, table: StoredTable, columns: slice) -> None:
        """Prepare to summarise columns of a table; `run_for` does it."""
        super().__init__()
        self.columns: dict[int, dict[str, Any]] = {}
        self._table = table
        self._wanted = [(-1 - n, name) for n, name in enumerate(table.levels)]
        self._wanted += list(enumerate(table.names))[columns]

    def _work(self) -> Iterator[None]:
        if self._table.range_index is not None:
            self.columns[-1] = _summarise_range(self._table)
        for number, name in self._wanted:
            column = _Column(self._table.schema.field(name).type, held=self._table.count <= _HELD)
            for start, piece in self._table.iter_batches([name]):
                column.add(piece.column(name))
                self.seen = start + piece.num_rows
                yield
            if column.bins_are_open():
                for _, piece in self._table.iter_batches([name]):
                    column.sort_in(piece.column(name))
                    yield
            self.columns[number] = column.summary()
            yield


def _summarise_range(table: StoredTable) -> dict[str, Any]:
    start, step = table.range_index or (0, 1)
    ends = [start, start + (table.count - 1) * step] if table.count else []
    return {"nulls": 0, "distinct": table.count} | ({"low": min(ends), "high": max(ends)} if ends else {})


class _Column:
    """One column, while it is read."""

    def __init__(self, kind: pa.DataType, *, held: bool) -> None:
        self.nulls = 0
        self.there = 0
        self.infinite = 0
        self._kind = kind
        self._held = held
        self._values: list[NDArray[np.float64]] = []
        self._unique: pa.ChunkedArray | None = None
        self._counts: Counter[str] | None = Counter()
        self._low: Any = None
        self._high: Any = None
        self._bins: NDArray[np.int64] | None = None

    def add(self, values: pa.ChunkedArray) -> None:
        """Add the values of a piece."""
        values = plain_values(values)
        self._kind = values.type
        floating = pa.types.is_floating(values.type)
        there = values.filter(pc.invert(pc.is_null(values, nan_is_null=floating))) if floating else values.drop_null()
        self.nulls += len(values) - len(there)
        self.there += len(there)
        if not len(there):
            return
        self._count(there)
        try:
            ends = pc.min_max(there)
        except pa.ArrowNotImplementedError:
            return
        low, high = ends["min"], ends["max"]
        self._low = low if self._low is None or _less(low, self._low) else self._low
        self._high = high if self._high is None or _less(self._high, high) else self._high
        numbers = self._numbers(there)
        if numbers is not None:
            finite = np.isfinite(numbers)
            self.infinite += int(len(numbers) - finite.sum())
            if self._held:
                self._values.append(numbers[finite])

    def _count(self, there: pa.ChunkedArray) -> None:
        """Count distinct values, as long as there are not too many."""
        if self._unique is not None and len(self._unique) > _DISTINCT:
            return
        try:
            counts = pc.value_counts(there)
        except pa.ArrowNotImplementedError:
            self._counts = None
            return
        values = counts.field("values")
        known = [] if self._unique is None else self._unique.chunks
        merged = pc.unique(pa.chunked_array([*known, values], type=values.type))
        self._unique = pa.chunked_array([merged], type=values.type)
        if self._counts is not None and len(merged) <= _COMMON and not self._is_measured():
            for value, many in zip(values.to_pylist(), counts.field("counts").to_pylist(), strict=True):
                self._counts[cell_text(value, _SHORT)] += many
        else:
            self._counts = None

    def _is_measured(self) -> bool:
        kind = self._kind
        return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_temporal(kind))

    def _numbers(self, there: pa.ChunkedArray) -> NDArray[np.float64] | None:
        """Return the values as numbers on an axis; None for values that have no place on one."""
        kind = there.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            return np.asarray(there.to_numpy(), dtype=np.float64)
        if pa.types.is_decimal(kind):
            return np.asarray(there.cast(pa.float64()).to_numpy(), dtype=np.float64)
        if pa.types.is_date(kind) or pa.types.is_timestamp(kind) or pa.types.is_time(kind) or pa.types.is_duration(kind):
            if pa.types.is_date32(kind) or pa.types.is_time32(kind):
                there = there.cast(pa.int32())
            return np.asarray(there.cast(pa.int64()).to_numpy(), dtype=np.float64)
        return None

    def _span(self) -> tuple[float, float] | None:
        """Return minimum and maximum as numbers, where they are finite and differ."""
        if self._low is None or self._high is None:
            return None
        ends = [self._numbers(pa.chunked_array([pa.repeat(end, 1)])) for end in (self._low, self._high)]
        if ends[0] is None or ends[1] is None:
            return None
        low, high = float(ends[0][0]), float(ends[1][0])
        return (low, high) if np.isfinite([low, high, high - low]).all() and low < high else None

    def _edges(self) -> tuple[int, float, float] | None:
        span = self._span()
        if span is None:
            return None
        low, high = span
        if pa.types.is_integer(self._kind) and high - low < _BINS:
            # A bin for each whole number.
            return round(high - low) + 1, low - 0.5, high + 0.5
        return _BINS, low, high

    def bins_are_open(self) -> bool:
        """Return whether the numbers have to be read again to be put into bins."""
        return not self._held and self._edges() is not None

    def sort_in(self, values: pa.ChunkedArray) -> None:
        """Put the numbers of a piece into bins."""
        numbers = self._numbers(plain_values(values).drop_null())
        edges = self._edges()
        if numbers is None or edges is None:
            return
        counts = np.histogram(numbers[np.isfinite(numbers)], bins=edges[0], range=edges[1:])[0]
        self._bins = counts if self._bins is None else self._bins + counts

    def summary(self) -> dict[str, Any]:
        """Return the summary as it goes to the page."""
        found: dict[str, Any] = {"nulls": self.nulls}
        if self._unique is not None:
            distinct = len(self._unique)
            found["distinct"] = min(distinct, _DISTINCT)
            if distinct > _DISTINCT:
                found["more"] = True
        elif not self.there:
            found["distinct"] = 0
        if self._low is not None and (self._is_measured() or self._counts is None):
            found |= {"low": _end(self._low), "high": _end(self._high)}
        edges = self._edges() if self._values or self._bins is not None else None
        if edges is not None:
            if self._bins is None:
                numbers = np.concatenate(self._values)
                self._bins = np.histogram(numbers, bins=edges[0], range=edges[1:])[0]
            found["bins"] = [int(n) for n in self._bins]
        elif self._counts and not self._is_measured():
            top = sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))
            found["top"] = [list(item) for item in top[:_TOP]]
        if self.infinite:
            found["endless"] = self.infinite
        cleaned: dict[str, Any] = json_safe(found)
        return cleaned


def _less(first: pa.Scalar, second: pa.Scalar) -> bool:
    return bool(pc.less(first, second).as_py())


def _end(value: pa.Scalar) -> Any:
    try:
        found = value.as_py()
    except (OverflowError, ValueError):  # a moment that Python has no datetime for
        return cell_text(value.cast(pa.string()).as_py(), _SHORT)
    if pa.types.is_temporal(value.type) or pa.types.is_duration(value.type):
        return cell_text(pd.Series([found]).iloc[0] if not pa.types.is_time(value.type) else found, _SHORT)
    return found if isinstance(found, bool | int | float) else cell_text(found, _SHORT)
