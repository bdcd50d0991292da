"""Stored columns as the values that they stand for, in Arrow: what a table is sorted, filtered, summarised and compared by."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

from jupyter_tracking.errors import replace_surrogates
from jupyter_tracking.kinds.arrow.columns import category_words, decode_column
from jupyter_tracking.kinds.arrow.table import reading_stored, stored_columns


@reading_stored()
def as_shown(table: pa.Table) -> pa.Table:
    """Return a stored table with texts in place of what only `restore` can read, and ordered categories in their order."""
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
