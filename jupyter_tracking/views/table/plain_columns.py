"""Columns in types that Arrow can sort, compare and search; and columns of one type together, one below the other.

For a few rows, to begin takes Arrow much longer than to do: of a wide table, columns of one type are looked at together.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

# Arrow sorts and compares these only as their commoner relatives, which hold the same values.
_COMMON_TYPES: dict[tuple[str, ...], Callable[[pa.DataType], pa.DataType]] = {
    ("decimal32", "decimal64"): lambda kind: pa.decimal128(kind.precision, kind.scale),
    ("string_view",): lambda _: pa.large_string(),
    ("binary_view",): lambda _: pa.large_binary(),
}


def plain_values(values: pa.ChunkedArray, *, ranked: bool = False) -> pa.ChunkedArray:
    """Return a column with its values unwrapped from dictionaries, runs and extension types, in a type that Arrow can sort and compare.

    Args:
        values: the column.
        ranked: an ordered category as the ranks of its values.
    """
    if isinstance(values.type, pa.BaseExtensionType):
        storage = values.type.storage_type
        return plain_values(pa.chunked_array([chunk.storage for chunk in values.chunks], type=storage))
    if pa.types.is_dictionary(values.type):
        whole = values.unify_dictionaries()
        if ranked and values.type.ordered:
            return pa.chunked_array([chunk.indices for chunk in whole.chunks], type=values.type.index_type)
        return plain_values(pa.chunked_array([chunk.dictionary_decode() for chunk in whole.chunks], type=values.type.value_type))
    if pa.types.is_run_end_encoded(values.type):
        return plain_values(pa.chunked_array([pc.run_end_decode(chunk) for chunk in values.chunks], type=values.type.value_type))
    if pa.types.is_float16(values.type):
        return pa.chunked_array([_halves(chunk) for chunk in values.chunks], type=pa.float32())
    common = next((common for names, common in _COMMON_TYPES.items() if str(values.type).partition("(")[0] in names), None)
    return values if common is None else values.cast(common(values.type))


def _halves(chunk: pa.Array) -> pa.Array:
    """Return half floats as floats, by numpy, since an older Arrow cannot cast them."""
    gaps = chunk.is_null().to_numpy(zero_copy_only=False)
    return pa.array(chunk.to_numpy(zero_copy_only=False).astype(np.float32), pa.float32(), mask=gaps)


def grouped(keys: Iterable[Hashable | None]) -> dict[Hashable, list[int]]:
    """Return the positions of equal keys together; of None, each by itself."""
    groups: dict[Hashable, list[int]] = {}
    for place, key in enumerate(keys):
        groups.setdefault((place,) if key is None else key, []).append(place)
    return groups


def joined(columns: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    """Return columns of one type one below the other."""
    return columns[0] if len(columns) == 1 else pa.chunked_array([chunk for column in columns for chunk in column.chunks], columns[0].type)


@cache
def is_plain(kind: pa.DataType) -> bool:
    """Return whether values of this type are compared as they are."""
    is_a = pa.types
    numbers = is_a.is_integer(kind) or is_a.is_float32(kind) or is_a.is_float64(kind) or is_a.is_boolean(kind)
    return bool(numbers or is_a.is_temporal(kind) or is_a.is_string(kind) or is_a.is_large_string(kind) or is_a.is_binary(kind))
