"""Arrow's types: which of them a file keeps, and the nearest that it keeps of the others; types and small tables as texts."""

from __future__ import annotations

import base64
import io
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa

from jupyter_tracking.kinds.arrow.ipc_files import read_ipc
from jupyter_tracking.kinds.arrow.type_check import check_schema

if TYPE_CHECKING:
    from collections.abc import Callable


def encode_table(table: pa.Table) -> str:
    """Return a small table as text."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_table(table)
    return base64.b64encode(sink.getvalue().to_pybytes()).decode()


def decode_table(text: str) -> pa.Table:
    """Return the table that `encode_table` wrote."""
    return read_ipc(base64.b64decode(text))


def encode_type(kind: pa.DataType) -> str:
    """Return a type as text, as Arrow's own schemas have it."""
    return base64.b64encode(pa.schema([pa.field("", kind)]).serialize().to_pybytes()).decode()


@cache
def decode_type(text: str) -> pa.DataType:
    """Return the type that `encode_type` wrote."""
    schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text)))
    check_schema(schema)
    return schema.field(0).type


def stored_types(kind: pa.DataType, content: str) -> list[pa.DataType]:
    """Return the types that a column of this type may be stored as: itself, or the nearest, as far as a file keeps them."""
    return [tried for tried in dict.fromkeys((kind, _nearest(kind))) if _is_kept(tried, content)]


@cache
def _is_kept(kind: pa.DataType, content: str) -> bool:
    """Return whether a file of this content type keeps a type: two nulls are written and read."""
    # Arrow cannot select rows of views yet, and parquet cuts the hours off these dates.
    if _holds(kind, _is_view) or (content != "feather" and _holds(kind, pa.types.is_date64)):
        return False
    try:
        values = pa.chunked_array([pa.nulls(2, kind)])
        back = read_back(values, content)
    except Exception:  # noqa: BLE001 - whatever it fails with, the type is not kept
        return False
    return back.type == kind and are_equal(back, values)


def read_back(values: pa.ChunkedArray, content: str) -> pa.ChunkedArray:
    """Return a column as it is read from a file that it was written to."""
    from pyarrow import feather, parquet

    written, table = io.BytesIO(), pa.table({"a": values})
    if content == "feather":
        feather.write_feather(table, written, compression="lz4")
        return feather.read_table(io.BytesIO(written.getvalue())).column(0)
    parquet.write_table(table, written)
    return parquet.read_table(io.BytesIO(written.getvalue())).column(0)


def as_type(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """Return a column that was stored as another type as the type it had."""
    if column.type == kind:
        return column
    if not pa.types.is_dictionary(kind):
        return column.cast(kind)
    chunks = [chunk.dictionary_encode() for chunk in column.cast(kind.value_type).chunks]
    made = [pa.DictionaryArray.from_arrays(chunk.indices.cast(kind.index_type), chunk.dictionary, ordered=kind.ordered) for chunk in chunks]
    return pa.chunked_array(made, kind)


def are_equal(one: pa.ChunkedArray, two: pa.ChunkedArray) -> bool:
    """Return whether two columns have the same values; for Arrow itself, a NaN differs from itself."""
    return bool(one.equals(two)) or repr(one.to_pylist()) == repr(two.to_pylist())


def _children(kind: pa.DataType) -> list[pa.Field]:
    return [kind.field(n) for n in range(kind.num_fields)]


def _holds(kind: pa.DataType, what: Callable[[pa.DataType], bool]) -> bool:
    return what(kind) or any(_holds(field.type, what) for field in _children(kind))


def without_views(kind: pa.DataType) -> pa.DataType:
    """Return a type with plain texts and bytes in place of views, of which Arrow cannot select rows yet."""
    return _mapped(kind, lambda each: _nearest_value(each) if _is_view(each) else each, sized=True)


def _nearest(kind: pa.DataType) -> pa.DataType:
    """Return a type of the same values that more files keep."""
    return _mapped(kind, _nearest_value, sized=False)


def _mapped(kind: pa.DataType, leaf: Callable[[pa.DataType], pa.DataType], *, sized: bool) -> pa.DataType:
    """Return a type with others in place of those within it; lists of one size as they are, or as lists of any."""

    def mapped(field: pa.Field) -> pa.Field:
        return field.with_type(_mapped(field.type, leaf, sized=sized))

    is_a = pa.types
    if is_a.is_struct(kind):
        return pa.struct([mapped(field) for field in _children(kind)])
    if is_a.is_map(kind):
        return pa.map_(mapped(kind.key_field), mapped(kind.item_field), keys_sorted=kind.keys_sorted)
    if is_a.is_large_list(kind) or is_type(kind, "large_list_view"):
        return pa.large_list(mapped(kind.value_field))
    if is_a.is_fixed_size_list(kind) and sized:
        return pa.list_(mapped(kind.value_field), kind.list_size)
    if is_a.is_list(kind) or is_a.is_fixed_size_list(kind) or is_type(kind, "list_view"):
        return pa.list_(mapped(kind.value_field))
    return leaf(kind)


def _nearest_value(kind: pa.DataType) -> pa.DataType:
    is_a = pa.types
    found = kind
    if is_a.is_dictionary(kind) or is_type(kind, "run_end_encoded"):
        found = _nearest(kind.value_type)
    elif is_a.is_timestamp(kind) and kind.unit == "s":
        found = pa.timestamp("ms", kind.tz)
    elif is_a.is_time32(kind):
        found = pa.time32("ms")
    elif is_a.is_date64(kind):
        found = pa.timestamp("ms")
    elif is_a.is_decimal(kind) and kind.bit_width < 128:  # noqa: PLR2004
        found = pa.decimal128(kind.precision, kind.scale)
    elif is_type(kind, "string_view"):
        found = pa.large_string()
    elif is_type(kind, "binary_view"):
        found = pa.large_binary()
    return found


def _is_view(kind: pa.DataType) -> bool:
    return is_type(kind, "string_view") or is_type(kind, "binary_view")


def is_type(kind: pa.DataType, name: str) -> bool:
    """Return whether a type is one of those that not every version of Arrow has."""
    return bool(getattr(pa.types, f"is_{name}", lambda _: False)(kind))
