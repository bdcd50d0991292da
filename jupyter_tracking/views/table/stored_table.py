"""Stored dataframes, read by rows and columns: no more of a file is read than is asked for."""

from __future__ import annotations

import itertools
import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from jupyter_tracking.budgets import MOST_LOADED_BYTES, MOST_TEXT_TABLE_BYTES
from jupyter_tracking.errors import InvalidArgument, MalformedEvent
from jupyter_tracking.kinds.arrow.ipc_files import read_ipc
from jupyter_tracking.kinds.arrow.parquet_pages import CheckedFile
from jupyter_tracking.kinds.arrow.stored_schema import StoredSchema, as_shown
from jupyter_tracking.kinds.arrow.table import restore, stored_index_names, stored_labels, to_arrow
from jupyter_tracking.kinds.arrow.type_check import check_values
from jupyter_tracking.kinds.dataframe import content_type_of, csv_encoding, read_csv
from jupyter_tracking.views.table import html

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from numpy.typing import NDArray

    from jupyter_tracking.read.remote.ranges import RangedFile
    from jupyter_tracking.read.run_reader import RunFolder

PIECE = 65_536
_BATCH = 8_192
# Columns that are read together, as far as their rows are one batch: what Arrow sets up for more of them at once fits no cache.
_TOGETHER = 100
# Column chunks of foreign files can be large; they are read through a buffer of this size.
_BUFFER = 65_536
# Dtypes of pandas that hold nulls among integers and booleans, as its metadata have them.
_NULLABLE = {"boolean", *(f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))}


class StoredTable:
    """A stored dataframe.

    Attributes:
        count: how many rows there are.
        schema: its Arrow schema, of the values that are shown.
        levels: Arrow's names of the index levels that are kept as columns.
        names: Arrow's names of the other columns, in order.
        note: how it is stored, where a reader should know; else empty.
    """

    def __init__(self, schema: pa.Schema, count: int, note: str = "") -> None:
        """Read index and columns from a schema that was checked."""
        self._stored = StoredSchema(schema)
        self.schema = as_shown(schema.empty_table()).schema if any(self._stored.columns.values()) else schema
        self.count = count
        self.note = note
        self.levels = self._stored.levels
        levels = set(self.levels)
        self.names = [name for name in schema.names if name not in levels]

    def read(self, start: int, stop: int, names: Sequence[str]) -> pa.Table:
        """Return the rows from `start` up to `stop` as an Arrow table."""
        return as_shown(self.read_stored(start, stop, names))

    def read_stored(self, start: int, stop: int, names: Sequence[str]) -> pa.Table:
        """Return the rows from `start` up to `stop` as an Arrow table, as they are stored: `as_shown` has their values."""
        return self._checked(self._read(start, stop, names))

    def read_columns(self, names: Sequence[str]) -> pa.Table:
        """Return all rows as an Arrow table, as they are stored."""
        pieces = [self._checked(piece) for group in range(len(self.groups)) for _, piece in self._pieces(group, names)]
        return pa.concat_tables(pieces).unify_dictionaries() if pieces else self._stored.select(names).empty_table()

    def take_arrow(self, rows: NDArray[np.int64], names: Sequence[str]) -> pa.Table:
        """Return rows by their numbers, in that order, as an Arrow table."""
        return as_shown(self._checked(self._take(rows, names)))

    def iter_batches(self, names: Sequence[str], group: int | None = None) -> Iterator[tuple[int, pa.Table]]:
        """Yield all rows, or those of a group, piece by piece, each with the number of its first row."""
        for number in range(len(self.groups)) if group is None else [group]:
            for start, piece in self._pieces(number, names):
                yield start, as_shown(self._checked(piece))

    def _checked(self, table: pa.Table) -> pa.Table:
        return check_values(table, self._stored.columns)

    def _read(self, start: int, stop: int, names: Sequence[str]) -> pa.Table:
        """Return the rows from `start` up to `stop` as they are stored."""
        raise NotImplementedError

    def _take(self, rows: NDArray[np.int64], names: Sequence[str]) -> pa.Table:
        """Return rows by their numbers, in that order, as they are stored."""
        raise NotImplementedError

    @property
    def groups(self) -> list[tuple[int, int]]:
        """The first row of each part that is stored by itself, and the one after its last."""
        raise NotImplementedError

    def _pieces(self, group: int, names: Sequence[str]) -> Iterator[tuple[int, pa.Table]]:
        """Yield the rows of a group piece by piece as they are stored."""
        raise NotImplementedError

    def has_nulls(self, name: str) -> bool:
        """Return whether a column has nulls anywhere, as far as can be told without reading it."""
        raise NotImplementedError

    @cached_property
    def _own_labels(self) -> pd.Index[Any] | None:
        """The labels of the columns that Arrow could not hold itself; None where it has them."""
        return stored_labels(self._stored.whole)

    @cached_property
    def labels(self) -> pd.Index[Any]:
        """The labels of the columns."""
        if self._own_labels is not None:
            return self._own_labels
        if any(self._stored.columns.get(name) is not None for name in self.names):
            return self._plain_labels()
        # Most often they are Arrow's names. One column says so, where many would take long.
        one: pd.Index[Any] = restore(self._stored.select(self.names[:1]).empty_table()).columns
        if type(one) is pd.Index and one.name is None and one.equals(pd.Index(self.names[:1])) and self._stored.are_named(self.names):
            return self._plain_labels()
        found: pd.Index[Any] = restore(self._stored.whole.empty_table()).columns
        return found

    def _plain_labels(self) -> pd.Index[Any]:
        found: pd.Index[Any] = pd.Index(self.names)
        return found

    @property
    def width(self) -> int:
        """How many columns there are beside the index."""
        return len(self.names)

    @property
    def range_index(self) -> tuple[int, int] | None:
        """Start and step of a `RangeIndex`; None when the index is stored as columns."""
        described = self._stored.described
        return None if self.levels else (described.get("start", 0), described.get("step", 1))

    @cached_property
    def index_names(self) -> list[Any]:
        """The names of the index levels."""
        stored = stored_index_names(self._stored.whole)
        if stored is not None:
            return stored
        if not self.levels:
            return [self._stored.described.get("name")]
        return list(self._stored.select(self.levels).empty_table().to_pandas().index.names)

    def window(self, start: int, stop: int, columns: slice | list[int] = slice(None)) -> pd.DataFrame:
        """Return the rows from `start` up to `stop` as a DataFrame of some of the columns, as it was logged."""
        stop = min(stop, self.count)
        start = min(start, stop)
        rows = self._checked(self._read(start, stop, [*self.named(columns), *self.levels]))
        return self._frame(rows, columns, range(start, stop))

    def take(self, rows: NDArray[np.int64], columns: slice | list[int] = slice(None)) -> pd.DataFrame:
        """Return rows by their numbers, in that order, as a DataFrame of some of the columns, as it was logged."""
        return self._frame(self._checked(self._take(rows, [*self.named(columns), *self.levels])), columns, rows)

    def named(self, columns: slice | list[int]) -> list[str]:
        """Return Arrow's names of some of the columns."""
        return self.names[columns] if isinstance(columns, slice) else [self.names[place] for place in columns]

    def values(self, name: str, column: pa.ChunkedArray) -> pd.Series[Any]:
        """Return some values of a stored column as they were logged."""
        return self._restored(pa.table([column], schema=self._stored.select([name])), [name]).iloc[:, 0]

    def are_alike(self, name: str) -> Hashable | None:
        """Return what is equal for columns whose values may be made together by `values`; None for a column whose values are made alone."""
        kind, dtype = self._stored.whole.field(name).type, self._stored.dtype(name)
        if self._stored.columns.get(name) is not None:
            return kind, dtype
        alone = kind.num_fields or pa.types.is_dictionary(kind) or isinstance(kind, pa.BaseExtensionType)
        # What integers and booleans become is a matter of the nulls among them, unless pandas has a dtype of theirs that holds nulls.
        by_nulls = (pa.types.is_integer(kind) or pa.types.is_boolean(kind)) and not _NULLABLE.intersection(dtype)
        return None if alone or (by_nulls and self.has_nulls(name)) else (kind, dtype)

    def _frame(self, table: pa.Table, columns: slice | list[int], rows: range | NDArray[np.int64]) -> pd.DataFrame:
        frame = self._restored(table, self.named(columns))
        if self.names and self._own_labels is not None:
            frame.columns = self.labels[columns]
        if self.range_index is not None:
            start, step = self.range_index
            called = self.index_names[0]
            if isinstance(rows, range):
                frame.index = pd.RangeIndex(start + rows.start * step, start + rows.stop * step, step, name=called)
            else:
                frame.index = pd.Index(start + rows * step, name=called)
        return frame

    def _restored(self, table: pa.Table, names: Sequence[str]) -> pd.DataFrame:
        frame = restore(table)
        # Integers and booleans are something else where their column has nulls; a window alone would not show it.
        wider = {
            place: object if dtype.kind == "b" else "float64"
            for place, (name, dtype) in enumerate(zip(names, frame.dtypes, strict=False))
            if isinstance(dtype, np.dtype) and dtype.kind in "iub" and self.has_nulls(name)
        }
        if wider:
            frame = frame.set_axis(range(frame.shape[1]), axis="columns").astype(wider).set_axis(frame.columns, axis="columns")
        return frame


class ParquetTable(StoredTable):
    """A parquet file: its footer says where the rows are; a descriptor is open only while it is read."""

    def __init__(self, opened: Callable[[], int | RangedFile]) -> None:
        """Read the footer of the file that `opened` gives, or a descriptor of it."""

        def open_raw() -> BinaryIO:
            found = opened()
            return os.fdopen(found, "rb", buffering=0) if isinstance(found, int) else cast("BinaryIO", found)

        self._file = CheckedFile(open_raw, buffer_size=_BUFFER)
        self._footer = self._file.footer
        counts = [self._footer.row_group(n).num_rows for n in range(self._footer.num_row_groups)]
        self._starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)
        super().__init__(self._file.schema, self._footer.num_rows)

    def _read(self, start: int, stop: int, names: Sequence[str]) -> pa.Table:
        """Return the rows from `start` up to `stop`; what comes after them in a row group is not decoded."""
        if start >= stop and self.count:
            return self._read(0, 1, names).slice(0, 0)  # the categories are not in the schema
        found = []
        first = int(np.searchsorted(self._starts, start, side="right")) - 1
        for group in range(max(first, 0), len(self._starts) - 1):
            at = int(self._starts[group])
            if at >= stop:
                break
            for batch in self._batches(group, names, stop - at):
                low, high = max(start - at, 0), min(stop - at, batch.num_rows)
                if low < high:
                    found.append(batch.slice(low, high - low))
                at += batch.num_rows
        return self._table(found, names)

    def _take(self, rows: NDArray[np.int64], names: Sequence[str]) -> pa.Table:
        """Return rows by their numbers, in that order, batch by batch."""
        if not len(rows):
            return self._read(0, 0, names)
        order = np.argsort(rows, kind="stable")
        wanted = rows[order]
        found = []
        for group in np.unique(np.searchsorted(self._starts, rows, side="right") - 1):
            at = int(self._starts[group])
            last = wanted[np.searchsorted(wanted, self._starts[group + 1]) - 1]
            for batch in self._batches(int(group), names, int(last) + 1 - at):
                low, high = np.searchsorted(wanted, [at, at + batch.num_rows])
                if low < high:
                    found.append(batch.take(pa.array(wanted[low:high] - at)))
                at += batch.num_rows
        back = np.empty(len(rows), dtype=np.int64)
        back[order] = np.arange(len(rows))
        return self._table(found, names).take(pa.array(back))

    @property
    def groups(self) -> list[tuple[int, int]]:
        """The first row of each row group, and the one after its last."""
        return list(itertools.pairwise(self._starts.tolist()))

    def _pieces(self, group: int, names: Sequence[str]) -> Iterator[tuple[int, pa.Table]]:
        """Yield the rows of a row group by pieces."""
        at, end = self.groups[group]
        for batch in self._batches(group, names, end - at, PIECE):
            yield at, self._table([batch], names)
            at += batch.num_rows

    def has_nulls(self, name: str) -> bool:
        """Return what the footer says."""
        return self._file.has_nulls(name)

    def _batches(self, group: int, names: Sequence[str], enough: int, most: int = _BATCH) -> Iterator[pa.RecordBatch]:
        """Return the first `enough` rows of a row group, or a few more."""
        size = max(1, min(enough, most))
        repeating = self._file.check([group], names, 2 * size)
        with self._file.reader(repeating) as file:

            def read(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
                for batch in file.iter_batches(size, row_groups=[group], columns=list(columns), use_threads=False):
                    yield batch.select(list(columns))

            begin, end = self.groups[group]
            rows, starts = min(enough, end - begin), range(0, len(names), _TOGETHER)
            if rows <= most and len(starts) > 1:
                parts = [part for at in starts for part in itertools.islice(read(names[at : at + _TOGETHER]), 1)]
                if [part.num_rows for part in parts] == [rows] * len(starts):
                    schema = pa.schema([field for part in parts for field in part.schema])
                    yield pa.RecordBatch.from_arrays([column for part in parts for column in part.columns], schema=schema)
                    return
            for batch in read(names):
                yield batch
                enough -= batch.num_rows
                if enough <= 0:
                    return

    def _table(self, batches: list[pa.RecordBatch], names: Sequence[str]) -> pa.Table:
        schema = self._stored.select(names)
        if batches:
            # The dictionaries of a category may differ from row group to row group.
            table = pa.Table.from_batches(batches).unify_dictionaries()
            if not table.schema.equals(schema):
                table = self._file.as_stored(self._checked(table))
            return table.replace_schema_metadata(schema.metadata)
        return schema.empty_table()


class InMemoryTable(StoredTable):
    """A dataframe that is held in memory: its format has to be read as a whole."""

    def __init__(self, table: pa.Table, note: str = "") -> None:
        """Hold an Arrow table."""
        super().__init__(table.schema, table.num_rows, note)
        self._table = table

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return int(self._table.nbytes)

    def _read(self, start: int, stop: int, names: Sequence[str]) -> pa.Table:
        """Return the rows from `start` up to `stop`."""
        return self._select(names).slice(start, stop - start)

    def _take(self, rows: NDArray[np.int64], names: Sequence[str]) -> pa.Table:
        """Return rows by their numbers, in that order."""
        return self._select(names).take(pa.array(rows))

    def _select(self, names: Sequence[str]) -> pa.Table:
        return self._table.select(list(names)).replace_schema_metadata(self._stored.select(names).metadata)

    @property
    def groups(self) -> list[tuple[int, int]]:
        """All rows."""
        return [(0, self.count)]

    def _pieces(self, group: int, names: Sequence[str]) -> Iterator[tuple[int, pa.Table]]:
        """Yield the rows of a group by pieces."""
        for start in range(*self.groups[group], PIECE):
            yield start, self._read(start, min(start + PIECE, self.count), names)

    def has_nulls(self, name: str) -> bool:
        """Return whether there are nulls."""
        return bool(self._table.column(name).null_count)


def open_table(folder: RunFolder, payload: dict[str, Any]) -> StoredTable:
    """Open a stored dataframe of a run.

    Raises:
        InvalidArgument: it is a pickle, or of a format that is not known.
        MalformedEvent: it cannot be read as what it says it is, or it is not what was logged.
        MissingFile: it is not there.
        OutsideRun: its path leads out of the run.
    """
    path, content = str(payload.get("path") or ""), content_type_of(payload)
    if content not in {"parquet", "feather", "csv", "html"}:
        raise InvalidArgument(f"{path} is a {content or 'file of no known type'}, which is not opened by itself")
    ranged = folder.ranged(path) if content == "parquet" else None
    if ranged is not None:
        folder.check_size(path, ranged.size)
    elif not path or folder.asset_path(path).is_dir():
        raise MalformedEvent(f"the row names no file: {path!r}")
    try:
        if content == "parquet":
            return ParquetTable(lambda: folder.ranged(path) or folder.open(path))
        data = folder.read(path, MOST_LOADED_BYTES if content == "feather" else MOST_TEXT_TABLE_BYTES)
        if content == "feather":
            return InMemoryTable(read_ipc(data, MOST_LOADED_BYTES), "stored as feather")
        if content == "csv":
            encoding = csv_encoding(data)
            odd = "" if encoding.startswith("utf-8") else f", read as {encoding.title()}"
            return InMemoryTable(to_arrow(read_csv(data)), f"stored as CSV{odd}; dtypes are guessed from it")
        return InMemoryTable(to_arrow(html.read_html(data.decode("utf-8", "replace"))), "the texts of a table stored as HTML")
    except (pa.ArrowException, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise MalformedEvent(f"{path} is no readable {content}: {error}") from None
