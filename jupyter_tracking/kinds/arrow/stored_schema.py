"""What a stored table says of its columns, and the columns as the values that they stand for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from jupyter_tracking.errors import replace_surrogates
from jupyter_tracking.kinds.arrow.columns import category_words, decode_column
from jupyter_tracking.kinds.arrow.table import FRAME, PANDAS, reading_stored, stored_columns

if TYPE_CHECKING:
    from collections.abc import Sequence


class StoredSchema:
    """The schema of a stored table, read once: what it says of a few columns goes with a part of the table, not all of it.

    Attributes:
        whole: Arrow's schema.
        columns: what is stored beside each column that is not what it looks like, by its name in Arrow.
        levels: Arrow's names of the index levels that are kept as columns.
        described: the index of a table that has no such level, as pandas' metadata describe it.
    """

    @reading_stored()
    def __init__(self, whole: pa.Schema) -> None:
        """Read the metadata of a schema.

        Raises:
            MalformedEvent: they are not what they should be.
        """
        self.whole = whole
        self.columns = stored_columns(whole)
        metadata = whole.metadata or {}
        self._pandas = json.loads(metadata[PANDAS]) if PANDAS in metadata else None
        self._frame = {**json.loads(metadata[FRAME]), "labels": None, "attrs": None} if FRAME in metadata else None
        pandas_metadata = self._pandas or {}
        index = pandas_metadata.get("index_columns", [])
        self._names: list[str] = whole.names
        known = set(self._names)
        self.levels = [entry for entry in index if isinstance(entry, str) and entry in known]
        self.described: dict[str, Any] = next((entry for entry in index if isinstance(entry, dict)), {})
        self._entries: dict[str, list[Any]] = {}
        for entry in pandas_metadata.get("columns", ()):
            self._entries.setdefault(entry.get("field_name") or entry.get("name"), []).append(entry)
        self._known: tuple[list[str], pa.Schema] | None = None

    def dtype(self, name: str) -> tuple[str, ...]:
        """Return what is said of a column's dtype in pandas; equal for columns that are made alike."""
        said = self.columns.get(name)
        if said is not None:
            return (json.dumps(said),)
        found: tuple[str, ...] = ()
        for entry in self._entries.get(name, ()):
            found += str(entry.get("pandas_type")), str(entry.get("numpy_type")), str(entry.get("metadata"))
        return found

    def are_named(self, names: Sequence[str]) -> bool:
        """Return whether pandas' metadata call columns by their names in Arrow, and these are several."""
        return len(names) > 1 and all(entry.get("name") == name for name in names for entry in self._entries.get(name, ()))

    @reading_stored()
    def select(self, names: Sequence[str]) -> pa.Schema:
        """Return the schema of some of the columns, with what is said of them and of the index.

        Raises:
            MalformedEvent: there is no such column.
        """
        if names == self._names:
            return self.whole
        if self._known is None or self._known[0] != names:
            fields = [self.whole.field(name) for name in names]
            self._known = list(names), pa.schema(fields, metadata=self._metadata([*names, *self.levels]))
        return self._known[1]

    def _metadata(self, names: Sequence[str]) -> dict[bytes, bytes]:
        metadata = {}
        if self._pandas is not None:
            entries = [entry for name in dict.fromkeys(names) for entry in self._entries.get(name, ())]
            metadata[PANDAS] = json.dumps({**self._pandas, "columns": entries}).encode()
        if self._frame is not None:
            columns = {name: self.columns[name] for name in names if name in self.columns}
            metadata[FRAME] = json.dumps({**self._frame, "columns": columns}).encode()
        return metadata


@reading_stored()
def as_shown(table: pa.Table) -> pa.Table:
    """Return a stored table with texts in place of what only `restore` can read, and ordered categories in their order.

    It is what a table is sorted, filtered, summarised and compared by.
    """
    said = stored_columns(table.schema)
    shown = {name: _shown(table.column(name), said[name]) for name in table.column_names if said.get(name)}
    if not any(column is not None for column in shown.values()):
        return table
    columns = [column if shown.get(name) is None else shown[name] for name, column in zip(table.column_names, table.columns, strict=True)]
    return pa.Table.from_arrays(columns, names=table.column_names, metadata=table.schema.metadata)


def _shown(column: pa.ChunkedArray, said: dict[str, Any]) -> pa.ChunkedArray | None:
    """Return a column as the values that it stands for; None where it has them itself."""
    if said["as"] == "category" and said["ordered"]:
        values = decode_column(column, said)
        codes = pa.array(values.codes, pa.int32(), mask=values.codes < 0)
        return pa.chunked_array([pa.DictionaryArray.from_arrays(codes, category_words(values.categories, said), ordered=True)])
    inner = said.get("objects") or said.get("dense") or said
    if inner["as"] in {"json", "interval"} or (pa.types.is_struct(column.type) and inner["as"] == "numpy"):
        values = decode_column(column, said)
        gaps = pd.isna(pd.Series(values, dtype=values.dtype))
        texts = [None if gap else _text(value) for value, gap in zip(values, gaps, strict=True)]
        return pa.chunked_array([pa.array(texts, pa.large_string())])
    return None


def _text(value: object) -> str:
    return replace_surrogates(str(value))
