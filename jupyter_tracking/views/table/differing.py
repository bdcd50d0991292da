"""Which cells of two tables differ, and what stands in them.

Columns of one type are looked at together: for a few rows, to begin takes Arrow and pandas much longer than to compare them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jupyter_tracking.views.table.plain_columns import grouped, is_plain, joined, plain_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jupyter_tracking.views.table.stored_table import StoredTable

# What Arrow says of types, and of values, that it does not compare: Python does, one by one.
_INCOMPARABLE = (pa.ArrowNotImplementedError, pa.ArrowInvalid, pa.ArrowTypeError)


def differing(one: pa.Table, two: pa.Table) -> NDArray[np.bool_]:
    """Return where two tables of as many columns and rows differ, for each column and row; a value that is missing in both is equal."""
    found = np.empty((one.num_columns, one.num_rows), dtype=bool)
    pairs = [(_plain(a), _plain(b)) for a, b in zip(one.columns, two.columns, strict=True)]
    for places in grouped((a.type, b.type) if is_plain(a.type) and is_plain(b.type) else None for a, b in pairs).values():
        try:
            first, second = (joined([pairs[place][side] for place in places]) for side in (0, 1))
            found[places] = ~_same(first, second).reshape(len(places), -1)
        except _INCOMPARABLE:
            for place in places:
                found[place] = differs(*pairs[place])
    return found


def cell_values(table: StoredTable, part: pa.Table, wanted: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Return cells of some rows of a table, as they are stored: one column after the other, as the values that were logged.

    Args:
        table: the table.
        part: some of its rows and columns.
        wanted: which cells, for each column and row of `part`.
    """
    many = wanted.sum(axis=1)
    found = np.empty(int(many.sum()), dtype=object)
    names, columns = part.column_names, part.columns
    for places in grouped(map(table.are_alike, names)).values():
        whole = joined([columns[place] for place in places])
        if pa.types.is_primitive(whole.type):  # of many short pieces, to filter each takes twice as long
            whole = pa.chunked_array([whole.combine_chunks()], whole.type)
        values = table.values(names[places[0]], whole.filter(pa.array(wanted[places].ravel())))
        is_here = np.zeros(len(names), dtype=bool)
        is_here[places] = True
        are_numbers = isinstance(values.dtype, np.dtype) and values.dtype.kind in "iufb"
        # An assignment of other values themselves would take lists apart.
        found[np.repeat(is_here, many)] = values.to_numpy() if are_numbers else np.fromiter(values, dtype=object, count=len(values))
    return found


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column if is_plain(column.type) else plain_values(column)


def differs(one: pa.ChunkedArray, two: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Return where two columns differ; a value that is missing in both is equal."""
    one, two = _plain(one), _plain(two)
    try:
        return ~_same(one, two)
    except _INCOMPARABLE:
        pairs = zip(one.to_pylist(), two.to_pylist(), strict=True)
        same = np.fromiter((_are_same(a, b) for a, b in pairs), dtype=bool, count=len(one))
    unlike: NDArray[np.bool_] = ~(same | _both_missing(one, two))
    return unlike


def _same(one: pa.ChunkedArray, two: pa.ChunkedArray) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = np.asarray(pc.fill_null(pc.equal(one, two), False).to_numpy(), dtype=bool)
    return same | _both_missing(one, two)


def _both_missing(one: pa.ChunkedArray, two: pa.ChunkedArray) -> NDArray[np.bool_]:
    first, second = (np.asarray(pc.is_null(v, nan_is_null=pa.types.is_floating(v.type)).to_numpy(), dtype=bool) for v in (one, two))
    missing: NDArray[np.bool_] = first & second
    return missing


def _are_same(one: Any, two: Any) -> bool:
    """Return whether two values that hold others are equal, NaN wherever it stands being equal to NaN."""
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(_are_same(one[key], two[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(two, list | tuple):
        return len(one) == len(two) and all(map(_are_same, one, two))
    return bool(one == two or (one != one and two != two))  # noqa: PLR0124 - NaN
