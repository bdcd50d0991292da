"""A whole DataFrame as an Arrow table and back: its columns, its index, its labels and their names, and what it carries beside them.

A frame that pandas and Arrow keep by themselves is stored as they do it. Of any other, what they would lose is in the schema's metadata,
and Arrow's columns have the labels as names where those are texts, or else numbers.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from jupyter_tracking.errors import InvalidArgument, MalformedEvent, TrackingError, escape_controls
from jupyter_tracking.kinds.arrow.columns import decode_column, encode_column, frequency, is_plain, with_frequency
from jupyter_tracking.kinds.arrow.types import decode_table, encode_table
from jupyter_tracking.kinds.arrow.values import from_json, is_field_name, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Said = dict[str, Any]

FRAME = b"jupyter_tracking.frame"
_LABELS = b"jupyter_tracking.columns"  # of version 0.1.0
PANDAS = b"pandas"
JSON_KEYS = {FRAME, _LABELS, PANDAS}
_COLUMN_LABELS = "column labels"
_LEVEL = "__index_level_{}__"


class UnkeptError(TypeError):
    """A part of a frame that cannot be kept: `where` names it, `why` says what it has."""

    def __init__(self, where: str, why: object) -> None:
        """Say where, and why."""
        super().__init__(f"{where} with {why}")
        self.where, self.why = where, why


def to_arrow(frame: pd.DataFrame, content: str = "parquet") -> pa.Table:
    """Return the table that a DataFrame is stored as in a file of this content type; `from_arrow` is its inverse.

    Raises:
        InvalidArgument: a column, a label or a name that cannot be kept; the message names it.
    """
    try:
        return _to_arrow(frame, content)
    except UnkeptError as error:
        other = "give texts, numbers or dates"
        if error.where == _COLUMN_LABELS:
            other = "name columns by texts, numbers or dates"
        elif error.where.startswith("the column"):
            other = "convert that column, or log the frame with content_type='csv'"
        raise InvalidArgument(f"df has {error}; {other}") from None


def _to_arrow(frame: pd.DataFrame, content: str) -> pa.Table:
    if _is_simple(frame):
        try:
            return pa.Table.from_pandas(frame)
        except Exception:  # noqa: BLE001, S110 - below, each column says for itself what is wrong with it
            pass
    attrs, unique, labels = frame.attrs, not frame.flags.allows_duplicate_labels, frame.columns
    named = _are_names(labels)
    names = list(labels) if named else [f"{place}" for place in range(len(labels))]
    said: Said = {
        "columns": {},
        "labels": None if _are_none(labels) or (named and labels.name is None) else _packed_labels(labels),
        "attrs": _text(attrs, "attributes (df.attrs)") if attrs else None,
        "unique": unique,
    }
    parts = pd.DataFrame(frame, copy=False).set_axis(names, axis="columns").set_axis(pd.RangeIndex(len(frame)), axis="index")
    parts.attrs = {}
    for place, dtype in enumerate(frame.dtypes):
        # pandas 2 makes several such columns native when it moves them.
        if isinstance(dtype, np.dtype) and not dtype.isnative and parts.iloc[:, place].dtype != dtype:
            raise UnkeptError(
                f"the column {_shown(labels[place])}", f"the byte order of {dtype.str}, which pandas {pd.__version__} does not keep"
            )
    arrays, fields = _encode(parts, content, said["columns"], lambda place: f"the column {_shown(labels[place])}")
    levels, said["index"] = _levels(frame.index, stored=not len(labels))
    kept, level_fields = _encode(
        levels, content, said["columns"], lambda place: f"the index level {_shown(place if (n := frame.index.names[place]) is None else n)}"
    )
    for field, name in zip(level_fields, frame.index.names, strict=False):
        field["name"] = _plain_name(name)
    described = {"kind": "range", "name": _plain_name(frame.index.name), **said["index"].get("range", {})}
    pandas_metadata = {
        "index_columns": list(levels.columns) if levels.shape[1] else [described],
        "column_indexes": [{"name": None, "field_name": None, "pandas_type": "unicode", "numpy_type": "object", "metadata": None}],
        "columns": [*fields, *level_fields],
        "creator": {"library": "pyarrow", "version": pa.__version__},
        "pandas_version": pd.__version__,
    }
    metadata = {PANDAS: json.dumps(pandas_metadata), FRAME: json.dumps(said)}
    return pa.Table.from_arrays([*arrays, *kept], [*names, *levels.columns]).replace_schema_metadata(metadata)


def _is_simple(frame: pd.DataFrame) -> bool:
    """Return whether pandas and Arrow keep the frame by themselves."""
    index = frame.index
    # As an index, pandas makes numpy's dtypes of its nullable ones.
    of_numpy = isinstance(index.dtype, np.dtype) and is_plain(index.dtype)
    simple_index = type(index) is pd.RangeIndex or (type(index) is pd.Index and (of_numpy or index.dtype == _dtype_of_texts()))
    return (
        type(frame) is pd.DataFrame
        and len(frame.columns) > 0
        and simple_index
        and index.name is None
        and frame.columns.name is None
        and _are_names(frame.columns)
        and all(map(is_plain, frame.dtypes))
        and not frame.attrs
        and frame.flags.allows_duplicate_labels
    )


def _are_names(labels: pd.Index[Any]) -> bool:
    """Return whether Arrow's columns can have the labels as their names, and pandas makes the same labels of them."""
    return (
        type(labels) is pd.Index
        and len(labels) > 0
        and labels.dtype == _dtype_of_texts()
        and all(is_field_name(label) and not label.startswith("__index_level_") for label in labels)
        and labels.is_unique
    )


@cache
def _dtype_of_texts() -> Any:
    return pd.Index(["a"]).dtype


def _are_none(labels: pd.Index[Any]) -> bool:
    """Return whether there are no labels, as in a frame of an index alone."""
    return type(labels) is pd.RangeIndex and labels.equals(pd.RangeIndex(0)) and labels.name is None


def _plain_name(name: object) -> str | None:
    """Return a name as pandas' metadata have it, for others to read."""
    return str(name) if is_field_name(name) else None


def _packed_labels(labels: pd.Index[Any]) -> str:
    try:
        return pack_index(labels)
    except TypeError as error:
        raise UnkeptError(_COLUMN_LABELS, error) from None


def _encode(
    frame: pd.DataFrame, content: str, said: Said, called: Callable[[int], str]
) -> tuple[list[pa.ChunkedArray], list[dict[str, Any]]]:
    """Return the columns as arrays and their entries in pandas' metadata; note in `said` what else is needed of each."""
    plain = [place for place, dtype in enumerate(frame.dtypes) if is_plain(dtype)]
    part = frame if len(plain) == frame.shape[1] else frame.iloc[:, plain]
    try:
        table = pa.Table.from_pandas(part, preserve_index=False)
    except Exception:  # noqa: BLE001 - each column says for itself what is wrong with it
        plain = []
        table = pa.table({})
    fields = {field["field_name"]: field for field in json.loads((table.schema.metadata or {}).get(PANDAS, b"{}")).get("columns", [])}
    arrays: list[pa.ChunkedArray] = []
    for place, name in enumerate(frame.columns):
        if name in fields:
            arrays.append(table.column(name))
            continue
        array, said[name] = _encoded(frame.iloc[:, place], content, called(place))
        fields[name] = {"name": name, "field_name": name, "pandas_type": "object", "numpy_type": "object", "metadata": None}
        arrays.append(array)
    return arrays, [fields[name] for name in frame.columns]


def _encoded(values: pd.Series[Any], content: str, called: str) -> tuple[pa.ChunkedArray, Said | None]:
    try:
        array, said = encode_column(values, content)
    except MemoryError:
        raise
    except Exception as error:
        raise UnkeptError(called, error if type(error) is TypeError else f"what Arrow cannot hold: {error}") from error
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array]), said


def _levels(index: pd.Index[Any], *, stored: bool) -> tuple[pd.DataFrame, Said]:
    """Return the levels of an index as columns, none for a range that has not to be stored; and what else is needed of it."""
    said: Said = {"names": _text(list(index.names), "names of the index")}
    index = index.set_names([None] * index.nlevels)  # a name that is a number would be taken for a level's
    if type(index) is pd.RangeIndex:
        said["range"] = {"start": index.start, "stop": index.stop, "step": index.step}
        if not stored:
            return pd.DataFrame(index=pd.RangeIndex(len(index))), said
    values: list[Any] = [index.get_level_values(number) for number in range(index.nlevels)]
    if isinstance(index, pd.MultiIndex):
        # Whole numbers with gaps would be floats: such a level is stored as a category of its numbers.
        said["coded"] = [isinstance(level.dtype, np.dtype) and level.dtype != values[n].dtype for n, level in enumerate(index.levels)]
        for n, coded in enumerate(said["coded"]):
            if coded:
                values[n] = pd.CategoricalIndex(pd.Categorical.from_codes(index.codes[n], categories=index.levels[n]))
    said["freq"] = frequency(index)
    levels = {_LEVEL.format(n): pd.Series(each.array, dtype=each.dtype) for n, each in enumerate(values)}
    return pd.DataFrame(levels, copy=False), said


@contextmanager
def reading_stored() -> Iterator[None]:
    """Raise MalformedEvent for whatever is wrong with a table that was read, or with what is stored beside it."""
    try:
        yield
    except (TrackingError, MemoryError):
        raise
    except Exception as error:
        raise MalformedEvent(f"a table's columns are not what is said of them beside it: {type(error).__name__}: {error}") from error


@reading_stored()
def from_arrow(table: pa.Table) -> pd.DataFrame:
    """Return the DataFrame that was logged as this table.

    Raises:
        MalformedEvent: what is stored beside the columns does not fit them.
    """
    said = _said(table.schema)
    frame = restore(table)
    labels = stored_labels(table.schema)
    if labels is not None:
        frame.columns = labels
    if said is None:
        return frame
    frame.index = with_frequency(frame.index, said["index"].get("freq"))
    if said["attrs"] is not None:
        frame.attrs = from_json(said["attrs"])
    return frame.set_flags(allows_duplicate_labels=False) if said["unique"] else frame


@reading_stored()
def restore(table: pa.Table) -> pd.DataFrame:
    """Return some of the rows and columns of a stored table as a DataFrame, with Arrow's names and an index of its levels.

    Raises:
        MalformedEvent: as `from_arrow`.
    """
    said = _said(table.schema)
    if said is None:
        frame: pd.DataFrame = table.to_pandas()
        return frame
    metadata = json.loads(table.schema.metadata[PANDAS])
    levels = [name for name in metadata["index_columns"] if isinstance(name, str) and name in table.column_names]
    fields = [{**field, "name": field["field_name"]} for field in metadata["columns"]]
    plain = table.replace_schema_metadata({PANDAS: json.dumps({**metadata, "index_columns": [], "columns": fields})})
    columns = [name for name in plain.column_names if name not in levels]
    frame, kept = (_decode(plain.select(names), said["columns"], table.num_rows) for names in (columns, levels))
    index = _decode_index(kept, said["index"])
    if index is not None:
        frame.index = index
    return frame


def _decode(table: pa.Table, said: Said, rows: int) -> pd.DataFrame:
    """Return columns as they were, with their names in the table."""
    special = [name for name in table.column_names if said.get(name) is not None]
    if not special:
        frame: pd.DataFrame = table.to_pandas() if table.num_columns else pd.DataFrame(index=pd.RangeIndex(rows))
        return frame
    made = dict(table.select([name for name in table.column_names if said.get(name) is None]).to_pandas().items())
    for name in special:
        values = decode_column(table.column(name), said[name])
        made[name] = pd.Series(values, dtype=values.dtype)
    # In their order from the start: pandas does not move columns of the other byte order.
    return pd.DataFrame({name: made[name] for name in table.column_names}, copy=False)


def _decode_index(levels: pd.DataFrame, said: Said) -> pd.Index[Any] | None:
    """Return the index of a frame; None for a range of which only some rows are there."""
    names = from_json(said["names"])
    if "range" in said:
        whole = pd.RangeIndex(said["range"]["start"], said["range"]["stop"], said["range"]["step"], name=names[0])
        if len(whole) == len(levels):
            return whole
    columns = [levels.iloc[:, number] for number in range(levels.shape[1])]
    if len(columns) != len(names):
        return None
    if "coded" not in said:
        index: pd.Index[Any] = pd.Index(columns[0].array, dtype=columns[0].dtype, name=names[0])
        return index
    levels_and_codes: list[Any] = [_level(column, coded=coded) for column, coded in zip(columns, said["coded"], strict=True)]
    found, codes = zip(*levels_and_codes, strict=True)
    return pd.MultiIndex(levels=found, codes=codes, names=names, verify_integrity=False)


def _level(column: pd.Series[Any], *, coded: bool) -> tuple[pd.Index[Any], Any]:
    """Return the values of a level, in order where they have one, and which of them stands in each row."""
    if coded:
        return column.cat.categories, column.cat.codes.to_numpy()
    try:
        codes, values = pd.factorize(column, sort=True)
    except TypeError:
        codes, values = pd.factorize(column)
    return pd.Index(values, dtype=column.dtype), codes


def _said(schema: pa.Schema) -> Said | None:
    stored = (schema.metadata or {}).get(FRAME)
    return None if stored is None else json.loads(stored)


@reading_stored()
def stored_columns(schema: pa.Schema) -> Said:
    """Return what is stored beside each column that is not what it looks like, by its name in Arrow."""
    said = _said(schema)
    return {} if said is None else dict(said["columns"])


@reading_stored()
def stored_index_names(schema: pa.Schema) -> list[Any] | None:
    """Return the names of the index levels, where Arrow could not hold them itself."""
    said = _said(schema)
    return None if said is None else list(from_json(said["index"]["names"]))


@reading_stored()
def stored_labels(schema: pa.Schema) -> pd.Index[Any] | None:
    """Return the column labels that Arrow could not hold itself; None when it did."""
    said = _said(schema)
    if said is not None:
        return None if said["labels"] is None else unpack_index(said["labels"])
    stored = (schema.metadata or {}).get(_LABELS)
    if stored is None:
        return None
    # As version 0.1.0 wrote them: each level of a label as its type and its JSON.
    named = json.loads(stored)
    names, *labels = (
        [pd.Timestamp(part) if kind == "timestamp" else part for kind, part in each] for each in (named["names"], *named["labels"])
    )
    return (
        pd.MultiIndex.from_tuples(map(tuple, labels), names=names)
        if len(names) > 1
        else pd.Index([label[0] for label in labels], name=names[0])
    )


def pack_index(index: pd.Index[Any]) -> str:
    """Return an index as text: that of a table without columns.

    Raises:
        TypeError: a label that cannot be kept.
    """
    try:
        table = _to_arrow(pd.DataFrame(index=index), "feather")
    except UnkeptError as error:
        raise TypeError(str(error.why)) from None
    return encode_table(table)


def unpack_index(packed: str) -> pd.Index[Any]:
    """Return the index that `pack_index` wrote."""
    index: pd.Index[Any] = from_arrow(decode_table(packed)).index
    return index


def _text(value: object, what: str) -> str:
    try:
        return to_json(value)
    except (TypeError, RecursionError) as error:
        raise UnkeptError(what, error) from None


def _shown(label: object) -> str:
    shown = escape_controls(repr(label))
    return shown if len(shown) <= 60 else shown[:59] + "…"  # noqa: PLR2004
