"""The differences between two tables: rows added, removed and changed, matched by the index or by key columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jupyter_tracking.errors import InvalidArgument, suggest
from jupyter_tracking.views.table.encode import label
from jupyter_tracking.views.table.incremental import IncrementalTask
from jupyter_tracking.views.table.sort_filter import plain_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from jupyter_tracking.format.event_rows import Event
    from jupyter_tracking.read.run_reader import Artifact, RunFolder
    from jupyter_tracking.views.table.stored_table import StoredTable

SAME, ADDED, REMOVED, CHANGED = range(4)

_BLOCK = 65_536
# Rows whose keys are stored are matched in memory; those that are only counted are compared piece by piece, however many.
_MOST = 5_000_000


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
        self.earlier, self.later = earlier, later
        self.key = list(key) if key else None
        mine, theirs = _column_indices(later), _column_indices(earlier)
        self.pairs = [(theirs[name], place) for name, place in mine.items() if name in theirs]
        self.added = [place for name, place in mine.items() if name not in theirs]
        self.removed = [place for name, place in theirs.items() if name not in mine]
        self.cells = np.zeros(len(self.pairs), dtype=np.int64)
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
        if self.by_position:
            yield from self._compare_blocks()
        else:
            yield from self._compare_columns()

    def _compare_blocks(self) -> Iterator[None]:
        """Compare rows at the same positions, a block of rows at a time."""
        names = [(self.earlier.names[a], self.later.names[b]) for a, b in self.pairs]
        shared = min(self.earlier.count, self.later.count)
        for start in range(0, shared, _BLOCK):
            stop = min(start + _BLOCK, shared)
            one = self.earlier.read(start, stop, [a for a, _ in names])
            two = self.later.read(start, stop, [b for _, b in names])
            for place, (a, b) in enumerate(names):
                self._mark(place, np.arange(start, stop), differs(one.column(a), two.column(b)))
            self.seen = stop
            yield

    def _compare_columns(self) -> Iterator[None]:
        """Compare matched rows, a column at a time."""
        both = np.flatnonzero(self.status == SAME)
        for place, (a, b) in enumerate(self.pairs):
            one, two = (
                _column(table, table.names[position]).take(pa.array(rows[both]))
                for table, position, rows in ((self.earlier, a, self._before), (self.later, b, self._after))
            )
            self._mark(place, both, differs(one, two))
            self.seen = len(self.status) * (place + 1) // len(self.pairs)
            yield

    def _mark(self, pair: int, places: NDArray[np.int64], changed: NDArray[np.bool_]) -> None:
        self.cells[pair] += int(changed.sum())
        self.status[places[changed]] = CHANGED


def _column_indices(table: StoredTable) -> dict[tuple[object, int], int]:
    """Map (label, occurrence) to a column's index. Labels may repeat; occurrence counts them from 0."""
    occurrences: dict[object, int] = {}
    indices = {}
    for index, name in enumerate(table.labels):
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
        return [_column(table, name).to_pandas() for name in table.levels]
    labels = list(table.labels)
    places = []
    for name in key:
        if name not in labels:
            raise InvalidArgument(f"key={label(name)!r} is no column of both{suggest(label(name), [label(n) for n in labels])}")
        places.append(labels.index(name))
    return [_column(table, table.names[place]).to_pandas() for place in places]


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


def differs(one: pa.ChunkedArray, two: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Return where two columns differ; a value that is missing in both is equal."""
    one, two = plain_values(one), plain_values(two)
    null_one, null_two = (np.asarray(pc.is_null(v, nan_is_null=pa.types.is_floating(v.type)).to_numpy(), dtype=bool) for v in (one, two))
    try:
        same = np.asarray(pc.fill_null(pc.equal(one, two), False).to_numpy(), dtype=bool)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid, pa.ArrowTypeError):
        pairs = zip(one.to_pylist(), two.to_pylist(), strict=True)
        same = np.fromiter((_are_same(a, b) for a, b in pairs), dtype=bool, count=len(one))
    unlike: NDArray[np.bool_] = ~(same | (null_one & null_two))
    return unlike


def _are_same(one: Any, two: Any) -> bool:
    """Return whether two values that hold others are equal, NaN wherever it stands being equal to NaN."""
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(_are_same(one[key], two[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(two, list | tuple):
        return len(one) == len(two) and all(map(_are_same, one, two))
    return bool(one == two or (one != one and two != two))  # noqa: PLR0124 - NaN


def diff_events(folder: RunFolder, artifact: Artifact, events: tuple[Event, Event], key: list[object] | None) -> pd.DataFrame:
    """Return what changed in a dataframe from one of its events to another, as `diff_frame` returns it."""
    from jupyter_tracking.views.table.stored_table import open_table

    earlier, later = (open_table(folder, folder.payload(artifact, event)) for event in events)
    return diff_frame(TableDiff(earlier, later, key))


def diff_frame(changes: TableDiff) -> pd.DataFrame:
    """Return a DataFrame with a row for each row added or removed and each cell changed: `change`, `column`, `before`, `after`.

    The index is the key of the row. A row that was added or removed has no column and no values.
    """
    changes.run_for(float("inf"))
    earlier, later = changes.earlier, changes.later
    parts: list[pd.DataFrame] = []
    whole = np.flatnonzero((changes.status == ADDED) | (changes.status == REMOVED))
    words = np.array(["same", "added", "removed", "changed"], dtype=object)
    parts.append(
        pd.DataFrame({"place": whole, "order": -1, "change": words[changes.status[whole]], "column": None, "before": None, "after": None})
    )
    changed = np.flatnonzero(changes.status == CHANGED)
    before, after = changes.sides(changed)
    for order, (a, b) in enumerate(changes.pairs):
        if not changes.cells[order]:
            continue
        one = earlier.take_arrow(before, [earlier.names[a]])
        two = later.take_arrow(after, [later.names[b]])
        places = np.flatnonzero(differs(one.column(0), two.column(0)))
        old = earlier.take(before[places], slice(a, a + 1)).iloc[:, 0]
        new = later.take(after[places], slice(b, b + 1)).iloc[:, 0]
        parts.append(
            pd.DataFrame(
                {
                    "place": changed[places],
                    "order": order,
                    "change": "changed",
                    "column": pd.Series([later.labels[b]] * len(places), dtype=object),
                    "before": pd.Series(list(old), dtype=object),
                    "after": pd.Series(list(new), dtype=object),
                }
            )
        )
    listed = pd.concat([p.astype(object) for p in parts]).sort_values(["place", "order"], kind="stable")
    index = _key_index(changes, listed["place"].to_numpy(dtype=np.int64))
    listing = listed[["change", "column", "before", "after"]].set_axis(index)
    return listing.astype({"change": "string"})


def _key_index(changes: TableDiff, places: NDArray[np.int64]) -> pd.Index[Any]:
    """Return the keys of rows of the listing, by their positions."""
    before, after = changes.sides(places)
    there = after >= 0
    parts = []
    for table, rows in ((changes.later, after[there]), (changes.earlier, before[~there])):
        if changes.key is None:
            parts.append(table.take(rows, slice(0, 0)).index.to_frame(index=False))
        else:
            labels = list(table.labels)
            columns = [labels.index(name) for name in changes.key]
            parts.append(pd.concat([table.take(rows, slice(c, c + 1)).iloc[:, 0].reset_index(drop=True) for c in columns], axis=1))
    names = list(changes.later.index_names) if changes.key is None else [label(name) for name in changes.key]
    back = np.empty(len(places), dtype=np.int64)
    back[np.concatenate([np.flatnonzero(there), np.flatnonzero(~there)])] = np.arange(len(places))
    kept = [part for part in parts if len(part)] or parts[:1]
    joined = pd.concat([part.set_axis(range(part.shape[1]), axis=1) for part in kept], ignore_index=True).iloc[back]
    index: pd.Index[Any]
    index = pd.Index(joined.iloc[:, 0], name=names[0]) if joined.shape[1] == 1 else pd.MultiIndex.from_frame(joined, names=names)
    return index
