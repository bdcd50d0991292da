"""Tables of other libraries as DataFrames in which no value is another one."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jupyter_tracking.errors import InvalidType, TrackingError
from jupyter_tracking.kinds.arrow.types import is_type, without_views

_EARLIEST = np.iinfo(np.int64).min  # what pandas takes for NaT


def frame_of(df: Any) -> pd.DataFrame:
    """Return what is given as a DataFrame.

    A table of Arrow (polars, pyarrow, narwhals: whatever has `__arrow_c_stream__`) is not converted: a column is of pandas' own dtype
    where that holds each of its values, else of `pandas.ArrowDtype`, over Arrow's own memory.

    Raises:
        InvalidType: it is no table, and nothing that becomes one.
    """
    if isinstance(df, pd.DataFrame):
        return df
    if hasattr(df, "to_frame"):
        raise InvalidType(f"df is a {type(df).__name__}; give a pandas DataFrame, for example series.to_frame()")
    try:
        if isinstance(df, pa.Table):
            return _frame(df)
        if hasattr(df, "to_native"):  # narwhals
            return frame_of(df.to_native())
        if hasattr(df, "__arrow_c_stream__"):
            return _frame(pa.RecordBatchReader.from_stream(df).read_all())
        if isinstance(df, pa.RecordBatch):
            return _frame(pa.Table.from_batches([df]))
        frame = df.to_pandas() if hasattr(df, "to_pandas") else df.compute() if hasattr(df, "compute") else None
    except (TrackingError, MemoryError):
        raise
    except Exception as error:
        raise InvalidType(f"df is a {type(df).__name__} that became no table: {type(error).__name__}: {error}") from error
    if isinstance(frame, pd.DataFrame):
        return frame
    raise InvalidType(f"df is a {type(df).__name__}; give a pandas DataFrame, or a table of polars or pyarrow")


def _frame(table: pa.Table) -> pd.DataFrame:
    metadata = _pandas_metadata(table.schema)
    if metadata:
        # A DataFrame that was made a table: where it makes the same table again, it is that DataFrame.
        try:
            made: pd.DataFrame = table.to_pandas()
            if pa.Table.from_pandas(made).equals(table):
                return made
        except Exception:  # noqa: BLE001, S110 - then it is taken as any other table
            pass
    columns = [_series(column) for column in table.columns]
    frame = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(table.num_rows), copy=False)
    levels = [table.schema.names.index(name) for name in _index_names(metadata, table.schema.names)]
    if levels:
        kept = [pd.Index(columns[place].array, dtype=columns[place].dtype) for place in levels]
        labels = [None if (name := table.schema.names[place]).startswith("__index_level_") else name for place in levels]
        frame.index = kept[0].rename(labels[0]) if len(kept) == 1 else pd.MultiIndex.from_arrays(kept, names=labels)
    elif (described := _range(metadata, table.num_rows)) is not None:
        frame.index = described
    rest = [place for place in range(table.num_columns) if place not in levels]
    return frame[rest].set_axis(pd.Index([table.schema.names[place] for place in rest]), axis="columns") if rest else frame[rest]


def _pandas_metadata(schema: pa.Schema) -> dict[str, Any]:
    try:
        found = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _index_names(metadata: dict[str, Any], names: list[str]) -> list[str]:
    found = metadata.get("index_columns")
    return [name for name in found if isinstance(name, str) and names.count(name) == 1] if isinstance(found, list) else []


def _range(metadata: dict[str, Any], rows: int) -> pd.RangeIndex | None:
    """Return the range that pandas' metadata describe as the index, if it fits the table."""
    try:
        (described,) = metadata["index_columns"]
        found = pd.RangeIndex(described["start"], described["stop"], described["step"], name=described["name"])
    except (KeyError, TypeError, ValueError):
        return None
    return found if len(found) == rows else None


def _series(column: pa.ChunkedArray) -> pd.Series[Any]:
    """Return a column with pandas' own dtype where that holds each value, else over Arrow's memory."""
    kind, is_a = column.type, pa.types
    if is_a.is_dictionary(kind) and _is_text(kind.value_type):
        column = column.unify_dictionaries()
        words = column.chunk(0).dictionary if column.num_chunks else None
        if words is None or (not words.null_count and len(words.unique()) == len(words)):
            return _own(column)
        column = column.cast(kind.value_type)
        kind = column.type
    plain = without_views(kind)
    if plain != kind:
        column = column.cast(plain)
    if _is_held(column):
        return _own(column)
    values = pd.arrays.ArrowExtensionArray(column)
    return pd.Series(values, dtype=values.dtype)


def _own(column: pa.ChunkedArray) -> pd.Series[Any]:
    found: pd.Series[Any] = column.to_pandas()
    return found


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or is_type(kind, "string_view"))


def _is_held(column: pa.ChunkedArray) -> bool:
    """Return whether pandas' own dtype for this type of Arrow's holds each of the values."""
    kind, is_a = column.type, pa.types
    if is_a.is_integer(kind) or is_a.is_boolean(kind):
        return bool(column.null_count == 0)
    if is_a.is_floating(kind):
        return bool(column.null_count == 0 or not pc.any(pc.is_nan(column.cast(pa.float64()))).as_py())
    if is_a.is_timestamp(kind) or is_a.is_duration(kind):
        return not pc.any(pc.equal(column.cast(pa.int64()), _EARLIEST)).as_py()
    return _is_text(kind) or (isinstance(kind, pa.BaseExtensionType) and str(kind.extension_name).startswith("pandas."))
