"""What a stored table says of itself, checked before it is believed: its types, and what is to be made of them in pandas."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jupyter_tracking.budgets import MOST_COLUMNS, MOST_DEPTH, MOST_TABLE_BYTES
from jupyter_tracking.errors import MalformedEvent, TooLarge

# Pandas takes a zone that begins so for a file to be opened.
_FILE_ZONE = re.compile(r"dateutil|\.\.|(?:^|[=, ])/", re.IGNORECASE)
_TEXTS = {pa.string(), pa.large_string(), pa.binary(), pa.large_binary()}
_VIEWS, _VIEW, _PLAIN = {"string_view", "binary_view"}, 16, 2  # bytes of a view; buffers of an array of numbers
_REPEATING = ("string_view", "binary_view", "list_view", "large_list_view", "run_end_encoded")
_WORDS = 16  # times the bytes of a JSON text that its values take


def check_schema(schema: pa.Schema) -> None:
    """Check the types of a table, and what its metadata say of them.

    Raises:
        TooLarge: too many columns, or nested too deeply.
        MalformedEvent: a time zone that names a file.
    """
    if len(schema) > MOST_COLUMNS:
        raise TooLarge(f"the table has {len(schema):,} columns; up to {MOST_COLUMNS:,} are opened")
    for kind in set(schema.types):
        _check_type(kind, MOST_DEPTH)
    for entry in _entries(schema):
        words = entry.get("numpy_type")
        if isinstance(words, str) and _FILE_ZONE.search(words):
            raise MalformedEvent(f"the table has a column of the dtype {words!r:.100}, which names a file")


def _entries(schema: pa.Schema) -> list[dict[str, Any]]:
    try:
        found = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))
        listed = [*found.get("columns", ()), *found.get("column_indexes", ())]
    except (ValueError, AttributeError, TypeError, RecursionError):  # whoever reads it will say so
        return []
    return [entry for entry in listed if isinstance(entry, dict)]


def _check_type(kind: pa.DataType, deeper: int) -> None:
    if deeper < 0:
        raise TooLarge(f"the table has a column nested in more than {MOST_DEPTH} levels")
    zone = kind.tz if pa.types.is_timestamp(kind) else None
    if zone is not None and _FILE_ZONE.search(zone):
        raise MalformedEvent(f"the table has a column in the time zone {zone!r:.100}, which names a file")
    if isinstance(kind, pa.BaseExtensionType):
        _check_type(kind.storage_type, deeper - 1)
    elif pa.types.is_dictionary(kind):
        _check_type(kind.value_type, deeper - 1)
    else:
        for number in range(kind.num_fields):
            _check_type(kind.field(number).type, deeper - 1)


def check_values(table: pa.Table, said: dict[str, Any], most: int | None = MOST_TABLE_BYTES) -> pa.Table:
    """Return a table once it is known that its values fit, also where a value stands for many: categories, views, JSON.

    Raises:
        TooLarge: they take more than `most` bytes; None for however many.
    """
    has_json = bool(said) and any(_has_json(said.get(name)) for name in table.column_names)
    types = set(table.schema.types)
    stands_for_many = has_json or any(map(_repeats, types))
    if most is None or (not stands_for_many and (_numbers_size(table, types) <= most or table.nbytes <= most)):
        return table
    size = 0
    for name, column in zip(table.column_names, table.columns, strict=True):
        size += _size(column)
        if _has_json(said.get(name)):
            size += _WORDS * column.nbytes
        if size > most:
            raise TooLarge(f"the values of the column {name!r:.100} take {size:,} bytes or more; up to {most:,} are decoded")
    return table


def _numbers_size(table: pa.Table, types: set[pa.DataType]) -> float:
    """Return how many bytes numbers take at most, without asking each of many columns; infinity where a column has anything else."""
    if not all(map(pa.types.is_primitive, types)):
        return math.inf
    widest = max((kind.bit_width for kind in types), default=0) // 8 + 1  # with a bit for what is missing
    return float(table.num_rows * table.num_columns * widest)


def _has_json(said: Any) -> bool:
    return isinstance(said, dict) and (said.get("as") == "json" or any(map(_has_json, said.values())))


def _size(column: pa.ChunkedArray) -> int:
    return sum(map(_array_size, column.chunks))


def _array_size(array: pa.Array) -> int:
    """Return how many bytes the values of an array take where each stands by itself."""
    kind, is_a = array.type, pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return _array_size(array.storage)
    if is_a.is_dictionary(kind):
        words = array.dictionary
        if words.type in _TEXTS:
            return int(pc.sum(pc.binary_length(words).take(array.indices)).as_py() or 0)
        return len(array) * (words.nbytes if words.type.num_fields or words.type.num_buffers > _PLAIN else 16)
    if str(kind) in _VIEWS:
        sizes = np.frombuffer(array.buffers()[1], np.int32)[:: _VIEW // 4][array.offset : array.offset + len(array)]
        return int(sizes.sum(dtype=np.int64))
    inside = 0
    if _repeats(kind) and is_a.is_struct(kind):
        inside = sum(map(_array_size, array.flatten()))
    elif _repeats(kind) and (is_a.is_list(kind) or is_a.is_large_list(kind) or is_a.is_map(kind) or is_a.is_fixed_size_list(kind)):
        inside = _array_size(array.flatten())
    elif _repeats(kind):
        inside = int(array.nbytes) * len(array)
    return int(array.nbytes) + inside


def _repeats(kind: pa.DataType) -> bool:
    """Return whether a value may stand in many places and yet be stored once."""
    if isinstance(kind, pa.BaseExtensionType):
        return _repeats(kind.storage_type)
    if pa.types.is_dictionary(kind) or str(kind).startswith(_REPEATING):
        return True
    return any(_repeats(kind.field(n).type) for n in range(kind.num_fields))
