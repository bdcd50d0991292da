"""The differences between two tables: rows added, removed and changed, matched by the index or by key columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from jupyter_tracking.errors import InvalidArgument, TooLarge, suggest
from jupyter_tracking.kinds.arrow.stored_schema import as_shown
from jupyter_tracking.system.collector import CollectorPause
from jupyter_tracking.views.table.differing import differing
from jupyter_tracking.views.table.encode import label
from jupyter_tracking.views.table.incremental import IncrementalTask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from jupyter_tracking.views.table.stored_table import StoredTable

SAME, ADDED, REMOVED, CHANGED = range(4)

_BLOCK = 65_536
# Rows whose keys are stored are matched in memory; those that are only counted are compared piece by piece, however many.
_MOST = 5_000_000
# Cells that are compared at once, and columns, each of which takes some time however few its rows.
_CELLS, _COLUMNS = 1 << 22, 2_000


_Read: TypeAlias = "Callable[[int, list[str]], pa.Table]"  # of the earlier table, 0, or the later one, 1, some columns


class Compared(NamedTuple):
    """Some rows and columns of two tables that were compared.

    Attributes:
        pairs: numbers of the pairs of columns.
        places: positions of the rows in the listing.
        parts: the rows of the earlier and of the later table, as they are stored.
        changed: which cells differ, for each pair and row.
    """

    pairs: NDArray[np.int64]
    places: NDArray[np.int64]
    parts: tuple[pa.Table, pa.Table]
    changed: NDArray[np.bool_]


class TableDiff(IncrementalTask):
    """The rows of two tables, matched and listed: in the order of the later table, each removed row after the row that preceded it.

    Attributes:
        status: SAME, ADDED, REMOVED or CHANGED for each row of the listing.
        pairs: for each column that both tables have, its position in the earlier and in the later table.
        cells: for each of these columns, in how many rows it changed.
        added: positions of the columns that only the later table has.
        removed: positions of the columns that only the earlier table has.
        by_position: rows are matched by their position: both tables have the same range index, and no key is given.
    """

    def __init__(self, earlier: StoredTable, later: StoredTable, key: Sequence[object] | None = None) -> None:
        """Match rows by the index, or by the columns named in `key`.

        Raises:
            InvalidArgument: a key column that one of the tables does not have, or too many rows to match.
        """
        super().__init__()
        self.earlier, self.later = self.tables = earlier, later
        self.key = list(key) if key else None
        mine, theirs = _column_indices(later), _column_indices(earlier)
        self.pairs = [(theirs[name], place) for name, place in mine.items() if name in theirs]
        self.added = [place for name, place in mine.items() if name not in theirs]
        self.removed = [place for name, place in theirs.items() if name not in mine]
        self.cells = np.zeros(len(self.pairs), dtype=np.int64)
        self._later_columns = np.array([place for _, place in self.pairs], dtype=np.int64)  # from the first on
        self.by_position = self.key is None and earlier.range_index is not None and earlier.range_index == later.range_index
        if self.by_position:
            self.status = np.zeros(max(earlier.count, later.count), dtype=np.uint8)
            self.status[min(earlier.count, later.count) :] = ADDED if later.count > earlier.count else REMOVED
        else:
            self._match()

    @property
    def size(self) -> int:
        """How many bytes it holds."""
        return self.status.nbytes * (1 if self.by_position else 17)

    @property
    def tally(self) -> dict[str, int]:
        """How many rows are of each status, and how many cells changed."""
        many = np.bincount(self.status, minlength=4)
        return {
            "same": int(many[SAME]),
            "added": int(many[ADDED]),
            "removed": int(many[REMOVED]),
            "changed": int(many[CHANGED]),
            "cells": int(self.cells.sum()),
        }

    def count(self, *, changed_only: bool) -> int:
        """Return how many rows the listing has, or how many of them differ."""
        return int(np.count_nonzero(self.status)) if changed_only else len(self.status)

    def page(self, start: int, stop: int, *, changed_only: bool) -> NDArray[np.int64]:
        """Return positions in the listing: from `start` up to `stop` of all, or of those that differ."""
        return np.flatnonzero(self.status)[start:stop] if changed_only else np.arange(start, min(stop, len(self.status)))

    def pairs_of(self, columns: slice) -> NDArray[np.int64]:
        """Return the numbers of the pairs whose later column is one of these."""
        low, high = np.searchsorted(self._later_columns, [columns.start, columns.stop])
        return np.arange(low, high)

    def sides(self, places: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the row numbers in the earlier and in the later table at positions of the listing; -1 where a table lacks the row."""
        if not self.by_position:
            return self._before[places], self._after[places]
        return np.where(places < self.earlier.count, places, -1), np.where(places < self.later.count, places, -1)

    def _match(self) -> None:
        if max(self.earlier.count, self.later.count) > _MOST:
            raise InvalidArgument(f"more than {_MOST:,} rows with stored keys are not matched")
        first, second = _key_codes(_keys(self.earlier, self.key), _keys(self.later, self.key))
        found = pd.Index(first).get_indexer(pd.Index(second)).astype(np.int64)
        is_removed = np.ones(len(first), dtype=bool)
        is_removed[found[found >= 0]] = False
        removed = np.flatnonzero(is_removed)
        # For each row of the earlier table, the position in the later table of the last row before it that is still there; -1: none.
        kept_before = np.full(len(first) + 1, -1, dtype=np.int64)
        kept_before[found[found >= 0] + 1] = np.flatnonzero(found >= 0)
        filled = np.maximum.accumulate(np.where(kept_before >= 0, np.arange(len(kept_before)), 0))
        anchor = kept_before[filled][removed]
        order = np.lexsort(
            (
                np.concatenate([np.zeros(len(second), dtype=np.int64), removed + 1]),
                np.concatenate([np.arange(len(second)), anchor]),
            )
        )
        self._before = np.concatenate([found, removed])[order]
        self._after = np.concatenate([np.arange(len(second)), np.full(len(removed), -1)])[order].astype(np.int64)
        self.status = np.select([self._before < 0, self._after < 0], [ADDED, REMOVED], SAME).astype(np.uint8)

    def _work(self) -> Iterator[None]:
        cells, all_cells = 0, max(1, len(self.pairs) * (self._shared if self.by_position else int(np.count_nonzero(self.status == SAME))))
        for pairs, places, _, changed in self.compare():
            self.cells[pairs] += changed.sum(axis=1)
            self.status[places[changed.any(axis=0)]] = CHANGED
            cells += changed.size
            self.seen = (self._shared if self.by_position else len(self.status)) * cells // all_cells
            yield

    @property
    def _shared(self) -> int:
        """How many rows both tables have at the same positions."""
        return min(self.earlier.count, self.later.count)

    def compare(self) -> Iterator[Compared]:
        """Compare the tables, a block of rows and columns at a time."""
        if not self.by_position:
            both = np.flatnonzero((self._before >= 0) & (self._after >= 0))
            sides = ((self.earlier, self._before[both]), (self.later, self._after[both]))
            yield from self._compare_rows(both, lambda n, names: _taken(sides[n][0].read_columns(names), sides[n][1]))
            return
        for start in range(0, self._shared, _BLOCK):
            stop = min(start + _BLOCK, self._shared)

            def read(n: int, names: list[str], start: int = start, stop: int = stop) -> pa.Table:
                return self.tables[n].read_stored(start, stop, names)

            yield from self._compare_rows(np.arange(start, stop), read)

    def _compare_rows(self, places: NDArray[np.int64], read: _Read) -> Iterator[Compared]:
        """Compare rows at some places of the listing, all of their columns."""
        pairs, columns = np.arange(len(self.pairs)), max(1, min(_COLUMNS, _CELLS // max(1, len(places))))
        for start in range(0, len(pairs), columns):
            yield from self._compare_columns(pairs[start : start + columns], places, read)

    def _compare_columns(self, pairs: NDArray[np.int64], places: NDArray[np.int64], read: _Read) -> Iterator[Compared]:
        """Compare some columns; where they are too large to be read together, one half after the other."""
        try:
            with CollectorPause():
                parts = [read(n, [self.tables[n].names[self.pairs[pair][n]] for pair in pairs]) for n in (0, 1)]
        except TooLarge:
            if len(pairs) == 1:
                raise
            for half in np.array_split(pairs, 2):
                yield from self._compare_columns(half, places, read)
            return
        yield Compared(pairs, places, (parts[0], parts[1]), differing(as_shown(parts[0]), as_shown(parts[1])))


def _taken(table: pa.Table, rows: NDArray[np.int64]) -> pa.Table:
    return table if np.array_equal(rows, np.arange(table.num_rows)) else table.take(pa.array(rows))


def _column_indices(table: StoredTable) -> dict[tuple[object, int], int]:
    """Map (label, occurrence) to a column's index. Labels may repeat; occurrence counts them from 0."""
    occurrences: dict[object, int] = {}
    indices = {}
    labels: Any = table.labels
    # Many times faster one by one; the items of others are of other types in a list.
    for index, name in enumerate(labels.tolist() if isinstance(labels.dtype, pd.StringDtype) else labels):
        occurrences[name] = occurrences.get(name, -1) + 1
        indices[name, occurrences[name]] = index
    return indices


def _column(table: StoredTable, name: str) -> pa.ChunkedArray:
    parts = [piece.column(name) for _, piece in table.iter_batches([name])]
    whole: pa.ChunkedArray = pa.concat_tables([pa.table({"v": part}) for part in parts]).unify_dictionaries().column("v") if parts else None
    return whole if parts else table.schema.empty_table().column(name)


def _keys(table: StoredTable, key: list[object] | None) -> list[pd.Series[Any]]:
    """Return what rows are matched by: the index levels, or the columns of a key."""
    if key is None:
        if table.range_index is not None:
            start, step = table.range_index
            return [pd.Series(start + np.arange(table.count) * step)]
        return [_series(_column(table, name)) for name in table.levels]
    labels = list(table.labels)
    places = []
    for name in key:
        if name not in labels:
            raise InvalidArgument(f"key={label(name)!r} is no column of both{suggest(label(name), [label(n) for n in labels])}")
        places.append(labels.index(name))
    return [_series(_column(table, table.names[place])) for place in places]


def _series(column: pa.ChunkedArray) -> pd.Series[Any]:
    try:
        series: pd.Series[Any] = column.to_pandas()
    except pa.ArrowNotImplementedError:  # a list of what pandas has no lists of, such as bytes of one length
        series = pd.Series(column.to_pylist(), dtype=object)
    return series


def _key_codes(first: list[pd.Series[Any]], second: list[pd.Series[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return an integer for each row, equal for equal keys. Of rows with the same key, the first matches the first, and so on."""
    if len(first) != len(second):
        raise InvalidArgument(f"the index has {len(first)} levels before and {len(second)} after; match by a key column")
    length = len(first[0])
    codes = np.zeros(length + len(second[0]), dtype=np.int64)
    for one, two in zip(first, second, strict=True):
        joined = pd.concat([_joint_keys(one, two), _joint_keys(two, one)], ignore_index=True)
        own, uniques = pd.factorize(joined, use_na_sentinel=False)
        codes = pd.factorize(codes * (len(uniques) + 1) + own)[0].astype(np.int64)
    turns = [pd.Series(part).groupby(part).cumcount().to_numpy() for part in (codes[:length], codes[length:])]
    most = max((int(turn.max()) for turn in turns if len(turn)), default=0) + 1
    return codes[:length] * most + turns[0], codes[length:] * most + turns[1]


def _joint_keys(values: pd.Series[Any], other: pd.Series[Any]) -> pd.Series[Any]:
    """Return keys that can be put into one column with the other table's: where the dtypes differ, as Python objects."""
    if values.dtype == other.dtype and not isinstance(values.dtype, pd.CategoricalDtype):
        return values if values.dtype != object else values.map(_hashable)
    return values.astype(object).map(_hashable)


def _hashable(value: object) -> object:
    try:
        hash(value)
    except TypeError:
        return str(value)
    return value
