"""One column of a DataFrame as an Arrow array that parquet and feather keep, with what is needed to make the column of it again.

A dtype that comes back by itself needs nothing (`is_plain`). Every other dtype has a way of its own here, which is named by `as` in what
is stored beside the array, or it is refused.
"""

from __future__ import annotations

import io
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.tseries.frequencies import to_offset

from jupyter_tracking.kinds.arrow.objects import decode_objects, encode_objects
from jupyter_tracking.kinds.arrow.types import (
    are_equal,
    as_type,
    decode_table,
    decode_type,
    encode_table,
    encode_type,
    read_back,
    stored_types,
)
from jupyter_tracking.kinds.arrow.values import from_json, is_unicode, to_json, zone_of, zone_words

if TYPE_CHECKING:
    from collections.abc import Callable

    Said = dict[str, Any]


def is_plain(dtype: Any) -> bool:
    """Return whether a column of this dtype comes back equal from parquet and feather, with nothing stored beside it."""
    if isinstance(dtype, np.dtype):
        if dtype.kind in "Mm":
            return dtype.isnative and np.datetime_data(dtype)[0] in ({"ms", "us", "ns"} if dtype.kind == "M" else {"s", "ms", "us", "ns"})
        return dtype.kind in "biuf" and dtype.isnative and dtype.itemsize <= 8  # noqa: PLR2004
    # These hold something else, or are written in a way of their own: of pandas' own for intervals, Arrow 15 cannot read an empty column.
    own = pd.CategoricalDtype | pd.IntervalDtype | pd.SparseDtype | pd.ArrowDtype
    if isinstance(dtype, own) or type(dtype).__module__.partition(".")[0] != "pandas":
        return False
    # Zones of one name are equal for pandas, whichever library they are of; but not all of them say the same of times long ago.
    zone: Any = getattr(dtype, "tz", None)
    kind: Any = None if str(zone) == "UTC" else type(zone)
    return _survives(dtype, kind)


@cache
def _survives(dtype: Any, zone: Any) -> bool:
    """Return whether an extension dtype of pandas' own comes back: a column of no rows is written and read."""
    from pyarrow import parquet

    written = io.BytesIO()
    try:
        parquet.write_table(pa.Table.from_pandas(pd.DataFrame({"a": pd.Series([], dtype=dtype)})), written)
        back = parquet.read_table(io.BytesIO(written.getvalue())).to_pandas()["a"].dtype
    except Exception:  # noqa: BLE001 - whatever it fails with, it is not kept this way
        return False
    return bool(back == dtype) and str(back) == str(dtype) and (zone is None or type(getattr(back, "tz", None)) is zone)


def encode_column(values: pd.Series[Any], content: str) -> tuple[pa.Array | pa.ChunkedArray, Said | None]:
    """Return a column as an array that a file of this content type keeps, and what `decode_column` needs, if anything.

    Raises:
        TypeError: the column cannot be kept, in words that follow its name.
    """
    dtype = values.dtype
    if is_plain(dtype):
        return pa.array(values, from_pandas=True), None
    encode = next((encode for kind, encode in _ENCODERS.items() if isinstance(dtype, kind)), None)
    if encode is None:
        raise TypeError(f"the dtype {dtype}")
    return encode(values, content)


def decode_column(column: pa.ChunkedArray, said: Said) -> Any:
    """Return the values of a column that `encode_column` made, as an array of pandas or numpy."""
    return _DECODERS[said["as"]](column, said)


def _series(column: pa.ChunkedArray, said: Said | None) -> pd.Series[Any]:
    """Return a column that is part of another's stored form."""
    if said is not None:
        values = decode_column(column, said)
        made: pd.Series[Any] = pd.Series(values, dtype=values.dtype)
        return made
    found: pd.Series[Any] = column.to_pandas()
    return found


def encode_arrow(values: pa.ChunkedArray, content: str) -> tuple[pa.ChunkedArray, Said]:
    """Return a column of Arrow's, as a type that a file of this content type keeps.

    Raises:
        TypeError: there is no such type, in words that follow the column's name.
    """
    kind = values.type
    for stored in stored_types(kind, content):
        try:
            kept = values if stored == kind else values.cast(stored)
            if stored != kind or stored.num_fields:
                kept.validate(full=True)
                # Parquet takes nested values apart, and not each version puts all of them together again.
                back = as_type(read_back(kept, content) if stored.num_fields else kept, kind)
                # The values of a dictionary may come back in another order: they are looked up by it.
                if not pa.types.is_dictionary(kind) and not are_equal(back, values):
                    continue
            return kept, {"as": "arrow", "type": encode_type(kind)}
        except (pa.ArrowException, NotImplementedError, ValueError):
            continue
    other = " or log it with content_type='feather'" if content != "feather" else ""
    raise TypeError(f"the Arrow type {kind}, which {content} does not keep: cast it{other}")


def _decode_arrow(column: pa.ChunkedArray, said: Said) -> Any:
    return pd.arrays.ArrowExtensionArray(as_type(column, decode_type(said["type"])))


def _arrow(values: pd.Series[Any], content: str) -> tuple[pa.ChunkedArray, Said]:
    return encode_arrow(values.array.__arrow_array__(), content)


def _numpy(column: pd.Series[Any], _: str) -> tuple[pa.Array | pa.ChunkedArray, Said]:
    """Return objects; and numbers and moments of a dtype that Arrow or parquet have not, as the nearest that they have."""
    values = column.to_numpy()
    if values.dtype.kind == "O":
        return encode_objects(values)
    said = {"as": "numpy", "dtype": values.dtype.str}
    if values.dtype.kind == "c" and values.dtype.itemsize <= 16:  # noqa: PLR2004
        parts = [pa.array(np.ascontiguousarray(part, dtype=part.dtype.newbyteorder("="))) for part in (values.real, values.imag)]
        return pa.StructArray.from_arrays(parts, names=["real", "imag"]), said
    native = values.dtype.newbyteorder("=")
    if native.kind == "M" and np.datetime_data(native)[0] == "s":
        native = np.dtype("M8[ms]")
    if not is_plain(native):
        raise TypeError(f"the dtype {values.dtype}")
    near = values.astype(native)
    if not np.array_equal(near.astype(values.dtype).view(np.uint8), np.ascontiguousarray(values).view(np.uint8)):
        raise TypeError(f"the dtype {values.dtype}, with a moment beyond what milliseconds reach")
    return pa.array(near, from_pandas=native.kind in "Mm"), said


def _decode_numpy(column: pa.ChunkedArray, said: Said) -> Any:
    dtype = np.dtype(said["dtype"])
    if dtype.kind not in "biufcMm" or dtype.itemsize > 32:  # noqa: PLR2004
        raise ValueError(f"{said['dtype']!r:.60} is no dtype of numbers or moments")
    if dtype.kind == "c":
        made = np.empty(len(column), dtype=dtype)
        made.real, made.imag = (pc.struct_field(column, part).to_numpy() for part in ("real", "imag"))
        return made
    return column.to_pandas().to_numpy().astype(dtype)


def _category(column: pd.Series[Any], _: str) -> tuple[pa.Array | pa.ChunkedArray, Said]:
    """Return categories as the values that they are: plain ones of their own type, all others as texts.

    Which values there are, in which order and of which dtype, is stored beside them: a file keeps it in some cases only.
    """
    values = column.array
    codes = pa.array(values.codes, mask=values.codes < 0)
    words = _words(values.categories)
    said = {"as": "category", "ordered": bool(values.ordered), "categories": _pack(values.categories)}
    if _is_looked_up(values.categories.dtype):
        return words.take(codes), said
    if words.to_pylist() != list(values.categories):
        said["words"] = words.to_pylist()
    return pa.DictionaryArray.from_arrays(codes.cast(pa.int32()), words, ordered=bool(values.ordered)), said


def _pack(categories: pd.Index[Any]) -> Said:
    values = pd.Series(categories.array, dtype=categories.dtype)
    if is_plain(values.dtype):
        table, said = pa.Table.from_pandas(pd.DataFrame({"a": values})), None
    else:
        array, said = encode_column(values, "feather")
        table = pa.table({"a": array})
    return {"table": encode_table(table), "said": said, "freq": frequency(categories)}


def _unpack(packed: Said) -> pd.Index[Any]:
    table = decode_table(packed["table"])
    values = table.to_pandas()["a"] if packed["said"] is None else _series(table.column("a"), packed["said"])
    index: pd.Index[Any] = pd.Index(values.array, dtype=values.dtype)
    return with_frequency(index, packed["freq"])


def frequency(index: pd.Index[Any]) -> str | None:
    """Return how far the moments of an index lie apart, in pandas' words; None where it says nothing, or where no word says it."""
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex) and index.freqstr is not None and to_offset(index.freqstr) == index.freq:
        return index.freqstr
    return None


def with_frequency(index: pd.Index[Any], freq: str | None) -> pd.Index[Any]:
    """Return an index that says how far its moments lie apart."""
    if freq is not None:
        with suppress(ValueError):  # a word of another version of pandas
            index.freq = freq  # type: ignore[attr-defined]
    return index


def _is_looked_up(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and is_plain(dtype) and dtype.kind in "biufM" and dtype != np.float16


def _words(categories: pd.Index[Any]) -> pa.Array:
    """Return what stands for each category in the column, each another."""
    if _is_looked_up(categories.dtype):
        return pa.array(categories)
    words = [str(category) for category in categories]
    if len(set(words)) < len(words) or not all(map(is_unicode, words)):
        words = [f"{number}: {category!a}" for number, category in enumerate(categories)]
    return pa.array(words, pa.string())


def category_words(categories: pd.Index[Any], said: Said) -> pa.Array:
    """Return what stands for each category in the stored column."""
    return pa.array(said["words"], pa.string()) if "words" in said else _words(categories)


def _decode_category(column: pa.ChunkedArray, said: Said) -> Any:
    categories = _unpack(said["categories"])
    words = category_words(categories, said)

    def places(values: Any) -> Any:
        return pc.index_in(values.cast(words.type), value_set=words)

    if pa.types.is_dictionary(column.type):  # each word is looked up once
        found = pa.chunked_array([places(chunk.dictionary).take(chunk.indices) for chunk in column.chunks], pa.int32())
    else:
        found = places(column)
    codes = pc.fill_null(found, -1).to_numpy()
    return pd.Categorical.from_codes(codes, categories=categories, ordered=said["ordered"])


def _sparse(values: pd.Series[Any], content: str) -> tuple[pa.Array | pa.ChunkedArray, Said]:
    dtype: Any = values.dtype
    dense, said = encode_column(pd.Series(np.asarray(values.array), dtype=dtype.subtype), content)
    return dense, {"as": "sparse", "dense": said, "fill": to_json(dtype.fill_value)}


def _decode_sparse(column: pa.ChunkedArray, said: Said) -> Any:
    dense = _series(column, said["dense"])
    fill = from_json(said["fill"])
    return pd.arrays.SparseArray(dense.to_numpy(), fill_value=fill, dtype=pd.SparseDtype(dense.dtype, fill))


def _string(values: pd.Series[Any], _: str) -> tuple[pa.Array | pa.ChunkedArray, Said]:
    dtype: Any = values.dtype
    missing = "nan" if isinstance(getattr(dtype, "na_value", pd.NA), float) else "NA"
    said = {"as": "string", "storage": dtype.storage, "missing": missing, "objects": None}
    try:
        return pa.array(values.array, pa.large_string()), said
    except UnicodeEncodeError:  # lone surrogates
        texts, objects = encode_objects(values.to_numpy(dtype=object))
        return texts, {**said, "objects": objects}


def _decode_string(column: pa.ChunkedArray, said: Said) -> Any:
    try:
        dtype = pd.StringDtype(said["storage"], na_value=float("nan") if said["missing"] == "nan" else pd.NA)
    except TypeError:  # before pandas 2.3
        dtype = pd.StringDtype("pyarrow_numpy" if said["missing"] == "nan" else said["storage"])
    return (
        cast("Any", dtype).__from_arrow__(column)
        if said["objects"] is None
        else pd.array(decode_objects(column, said["objects"]), dtype=dtype)
    )


def _zoned(values: pd.Series[Any], content: str) -> tuple[pa.Array | pa.ChunkedArray, Said]:
    zone = zone_words(values.dt.tz)
    naive, said = encode_column(values.dt.tz_convert("UTC").dt.tz_localize(None), content)
    return naive.cast(pa.timestamp(naive.type.unit, "UTC")), {"as": "zoned", "naive": said, "zone": zone}


def _decode_zoned(column: pa.ChunkedArray, said: Said) -> Any:
    naive = column.cast(pa.timestamp(column.type.unit))
    return _series(naive, said["naive"]).dt.tz_localize("UTC").dt.tz_convert(zone_of(said["zone"])).array


def _interval(values: pd.Series[Any], content: str) -> tuple[pa.Array, Said]:
    whole: Any = values.array
    # Zones of UTC are one for a column, and several for an interval.
    encode = _zoned if isinstance(whole.left.dtype, pd.DatetimeTZDtype) else encode_column
    arrays, notes = zip(*(encode(pd.Series(side, dtype=side.dtype), content) for side in (whole.left, whole.right)), strict=True)
    return pa.StructArray.from_arrays(arrays, names=["left", "right"]), {"as": "interval", "sides": notes, "closed": whole.closed}


def _decode_interval(column: pa.ChunkedArray, said: Said) -> Any:
    left, right = (_series(pc.struct_field(column, side), note) for side, note in zip(("left", "right"), said["sides"], strict=True))
    return pd.arrays.IntervalArray.from_arrays(left, right, closed=said["closed"])


_ENCODERS: dict[Any, Callable[[pd.Series[Any], str], tuple[pa.Array | pa.ChunkedArray, Said]]] = {
    np.dtype: _numpy,
    pd.CategoricalDtype: _category,
    pd.SparseDtype: _sparse,
    pd.ArrowDtype: _arrow,
    pd.StringDtype: _string,
    pd.DatetimeTZDtype: _zoned,
    pd.IntervalDtype: _interval,
}
_DECODERS: dict[str, Callable[[pa.ChunkedArray, Said], Any]] = {
    "objects": decode_objects,
    "json": decode_objects,
    "arrays": decode_objects,
    "arrow": _decode_arrow,
    "numpy": _decode_numpy,
    "category": _decode_category,
    "sparse": _decode_sparse,
    "interval": _decode_interval,
    "string": _decode_string,
    "zoned": _decode_zoned,
}
