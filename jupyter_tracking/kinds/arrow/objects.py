"""Columns of Python objects as Arrow arrays of the very same values, where Arrow has a type for them; else as JSON texts.

Nothing is inferred from a first value and nothing is converted: an array is made only where all values are of one type, at each depth.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from decimal import Decimal
from itertools import chain
from types import NoneType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from jupyter_tracking.kinds.arrow.values import from_json, is_field_name, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_MOST_DIGITS = 76
_MOST_LINKS = 2**31 - 1
# What may stand for a missing value in a column of one type, and is a null of Arrow's then.
_MISSING = {"None": None, "nan": float("nan"), "NA": pd.NA, "NaT": pd.NaT}


def encode_objects(values: NDArray[Any]) -> tuple[pa.Array | pa.ChunkedArray, dict[str, Any]]:
    """Return an array of these Python objects, and what `decode_objects` needs to make them again.

    Raises:
        TypeError: a value of a type that is not kept, in words that follow the name of the column.
    """
    items = values.tolist()
    kinds = set(map(type, items))
    if Decimal in kinds:
        for row, item in enumerate(items):
            if type(item) is Decimal and item.is_snan():  # pandas cannot tell whether it is missing, and fails
                raise TypeError(f"a signaling NaN in row {row}, which pandas itself cannot work with")
    if kinds <= {np.ndarray, NoneType} and np.ndarray in kinds:
        found = _arrays(items)
        if found is not None:
            return found
    if str in kinds and (kinds <= {str, NoneType} or kinds == {str, float}):
        with suppress(UnicodeEncodeError, pa.ArrowTypeError, pa.ArrowInvalid):  # much faster than from a list
            texts = pa.array(values, pa.string(), from_pandas=float in kinds)
            return texts, {"as": "objects", "missing": "nan" if float in kinds else "None"}
    missing = [word for word, gap in _MISSING.items() if type(gap) in kinds and type(gap) is not float]
    # A NaN among floats is one of them; a float that is none is left, and the column is one of several types.
    missing = [] if kinds <= {float, NoneType} else missing + ["nan"] * (float in kinds)
    if len(missing) <= 1:
        word = missing[0] if missing else "None"
        gap = _MISSING[word]
        native = exact_array(items if gap is None else [None if _is_gap(item, gap) else item for item in items])
        if native is not None:
            return native, {"as": "objects", "missing": word}
    return _texts(items), {"as": "json"}


def _is_gap(item: object, gap: object) -> bool:
    return item is gap or (type(gap) is float and type(item) is float and item != item)  # noqa: PLR0124 - a NaN differs from itself


def _texts(items: list[Any]) -> pa.Array:
    texts: list[str | None] = []
    for row, item in enumerate(items):
        try:
            texts.append(None if item is None else to_json(item))
        except TypeError as error:
            raise TypeError(f"{error} in row {row}") from None
        except RecursionError:
            raise TypeError(f"a value in row {row} that is nested too deep") from None
    return pa.array(texts, pa.large_string())


def decode_objects(column: pa.ChunkedArray, said: dict[str, Any]) -> NDArray[Any]:
    """Return the Python objects of a column that `encode_objects` made."""
    if said["as"] == "arrays":
        return _decode_arrays(column, np.dtype(said["dtype"]))
    if said["as"] == "json":
        items = [None if text is None else from_json(text) for text in column.to_pylist()]
    else:
        gap = _MISSING[said["missing"]]
        if column.type in {pa.string(), pa.binary()} and len(column):
            items = column.to_numpy()
            if gap is None:
                return np.array(items, dtype=object)
        else:
            items = column.to_pylist()
        if gap is not None:
            items = [gap if item is None else item for item in items]
    return _objects(items)


def _objects(items: Sequence[Any]) -> NDArray[Any]:
    made = np.empty(len(items), dtype=object)
    for place, item in enumerate(items):  # an assignment of the whole would take lists apart
        made[place] = item
    return made


def exact_array(items: Sequence[Any], around: frozenset[int] = frozenset()) -> pa.Array | pa.ChunkedArray | None:
    """Return an array whose `to_pylist()` is equal to these objects, with their types; None where Arrow has none."""
    kinds = set(map(type, items)) - {NoneType}
    if not kinds:
        return pa.nulls(len(items))
    if len(kinds) > 1:
        return None
    kind = kinds.pop()
    if kind is list or kind is dict:
        # An object that is met again deeper may hold itself.
        here = frozenset(id(item) for item in items if item is not None)
        return None if here & around else (_lists if kind is list else _structs)(items, around | here)
    make = _LEAVES.get(kind)
    try:
        return None if make is None else make(items)
    except (OverflowError, UnicodeEncodeError, pa.ArrowInvalid, pa.ArrowTypeError):
        return None


def _lists(items: Sequence[list[Any] | None], around: frozenset[int]) -> pa.Array | None:
    lengths = np.array([0 if item is None else len(item) for item in items], dtype=np.int64)
    if lengths.sum() > _MOST_LINKS:
        return None
    inner = exact_array(list(chain.from_iterable(item for item in items if item is not None)), around)
    if inner is None or isinstance(inner, pa.ChunkedArray):
        return None
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), inner, mask=_gaps(items))


def _structs(items: Sequence[dict[Any, Any] | None], around: frozenset[int]) -> pa.Array | None:
    keys = {tuple(item) for item in items if item is not None}
    # Parquet has no struct without fields.
    if len(keys) != 1 or not (names := keys.pop()) or not all(map(is_field_name, names)):
        return None
    fields = [exact_array([None if item is None else item[name] for item in items], around) for name in names]
    if any(field is None or isinstance(field, pa.ChunkedArray) for field in fields):
        return None
    return pa.StructArray.from_arrays(fields, names=list(names), mask=_gaps(items))


def _gaps(items: Sequence[Any]) -> pa.Array | None:
    gaps = [item is None for item in items]
    return pa.array(gaps) if any(gaps) else None


def _integers(items: Sequence[int | None]) -> pa.Array:
    try:
        return pa.array(items, pa.int64())
    except (OverflowError, pa.ArrowInvalid):
        return pa.array(items, pa.uint64())


def _decimals(items: Sequence[Decimal | None]) -> pa.Array | None:
    parts = [item.as_tuple() for item in items if item is not None]
    scales = {part.exponent for part in parts}
    scale = scales.pop()
    # A column of Arrow's has one scale: 1.5 and 1.50 are two. It has neither NaN nor a negative zero.
    if scales or not isinstance(scale, int) or scale > 0 or any(part.sign and not any(part.digits) for part in parts):
        return None
    digits = max(-scale, *(len(part.digits) for part in parts))
    if digits > _MOST_DIGITS:
        return None
    return pa.array(items, pa.decimal128(38, -scale) if digits <= 38 else pa.decimal256(_MOST_DIGITS, -scale))  # noqa: PLR2004


def _clock(kind: pa.DataType) -> Callable[[Sequence[Any]], pa.Array | None]:
    def make(items: Sequence[dt.datetime | dt.time | None]) -> pa.Array | None:
        zoned = any(item is not None and (item.tzinfo is not None or item.fold) for item in items)
        return None if zoned else pa.array(items, kind)

    return make


def _of(kind: pa.DataType) -> Callable[[Sequence[Any]], pa.Array]:
    return lambda items: pa.array(items, kind, from_pandas=False)


_LEAVES: dict[type, Callable[[Sequence[Any]], pa.Array | None]] = {
    bool: _of(pa.bool_()),
    int: _integers,
    float: _of(pa.float64()),
    str: _of(pa.string()),
    bytes: _of(pa.binary()),
    Decimal: _decimals,
    dt.date: _of(pa.date32()),
    dt.time: _clock(pa.time64("us")),
    dt.datetime: _clock(pa.timestamp("us")),
    dt.timedelta: _of(pa.duration("us")),
}


def _arrays(items: list[NDArray[Any] | None]) -> tuple[pa.Array, dict[str, Any]] | None:
    """Return vectors of one dtype as a list array; None for others."""
    there = [item for item in items if item is not None]
    kinds = {item.dtype for item in there}
    kind = kinds.pop()
    lengths = np.array([0 if item is None else item.size for item in items], dtype=np.int64)
    if kinds or kind.kind not in "biuf" or kind.itemsize > 8 or not kind.isnative or lengths.sum() > _MOST_LINKS:  # noqa: PLR2004
        return None
    if any(item.ndim != 1 for item in there):
        return None
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    made = pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.concatenate(there)), mask=_gaps(items))
    return made, {"as": "arrays", "dtype": kind.str}


def _decode_arrays(column: pa.ChunkedArray, dtype: np.dtype[Any]) -> NDArray[Any]:
    made: list[NDArray[Any] | None] = []
    for chunk in column.chunks:
        flat = chunk.flatten().to_numpy(zero_copy_only=False).astype(dtype)  # a copy: it can be written to
        lengths = np.diff(chunk.offsets.to_numpy())
        there = chunk.is_valid().to_numpy(zero_copy_only=False)
        ends = np.cumsum(np.where(there, lengths, 0))
        made += [flat[end - many : end] if valid else None for end, many, valid in zip(ends, lengths, there, strict=True)]
    return _objects(made)
