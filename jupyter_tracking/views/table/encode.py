"""Rows of a dataframe as columns of a payload: numbers as they are, everything else as text, and which values are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from jupyter_tracking.views.model.payload import Payload, json_safe

if TYPE_CHECKING:
    from numpy.typing import NDArray

CUT = 255  # in place of the number of a word: the text is cut
_LONGEST = 2_000
_TEXT = 1_000_000
_EXACT = 2**53


def label(name: object) -> str:
    """Return a column's label as a string."""
    text = " / ".join(map(str, name)) if isinstance(name, tuple) else "" if name is None else str(name)
    return str(json_safe(text))


def missing_value_text(value: object) -> str:
    """Return how pandas writes a missing value: NaN, None, NaT, <NA>."""
    return "NaN" if isinstance(value, float) else str(value)


def cell_text(value: object, longest: int = _LONGEST) -> str:
    """Return a cell as a string of at most so many characters."""
    text = str(value)
    return str(json_safe(text if len(text) <= longest else text[:longest]))


def level_values(index: pd.Index[Any], level: int) -> pd.Index[Any]:
    """Return the values of a level by its number; pandas takes a number for a name where one level is called so."""
    return index.set_names([None] * index.nlevels).get_level_values(level)


def add_window(payload: Payload, window: pd.DataFrame, first: int, prefix: str = "") -> list[dict[str, Any]]:
    """Add the columns of some rows to a payload, and return what the page is told of each.

    Args:
        payload: the payload.
        window: the rows.
        first: the number of the window's first column among the table's.
        prefix: goes before the names of the binary columns.
    """
    fields: list[dict[str, Any]] = []
    cells = max(1, len(window) * (window.shape[1] + window.index.nlevels))
    longest = max(100, min(_LONGEST, _TEXT // cells))
    for level in range(window.index.nlevels):
        values = level_values(window.index, level)
        field = {"name": label(window.index.names[level]), "at": -1 - level, "index": True}
        fields.append(_add(payload, f"{prefix}{{}}{len(fields)}", pd.Series(values, dtype=values.dtype), field, longest))
    for place in range(window.shape[1]):
        field = {"name": label(window.columns[place]), "at": first + place}
        fields.append(_add(payload, f"{prefix}{{}}{len(fields)}", window.iloc[:, place], field, longest))
    return fields


def _add(payload: Payload, name: str, values: pd.Series[Any], field: dict[str, Any], longest: int) -> dict[str, Any]:
    field |= {"dtype": str(values.dtype), "kind": "text"}
    codes, words = _missing(values)
    if words:
        field["missing"] = words
    is_missing = codes.astype(bool)
    numbers = _numbers(values, is_missing)
    if numbers is not None:
        field["kind"] = "boolean" if numbers.dtype == np.uint8 else "number"
        payload.add(name.format("v"), numbers)
    else:
        if _number_kind(values.dtype):
            field["right"] = True
        texts = ["" if code else str(value) for value, code in zip(values, codes, strict=True)]
        codes[[len(text) > longest for text in texts]] = CUT
        packed = [json_safe(text[:longest]).encode() for text in texts]
        payload.add(name.format("e"), np.cumsum([len(text) for text in packed], dtype=np.uint32))
        field["text"] = payload.attach(b"".join(packed))
    if codes.any():
        payload.add(name.format("n"), codes)
    return field


def _missing(values: pd.Series[Any]) -> tuple[NDArray[np.uint8], list[str]]:
    """Return, for each value, 0 or the number of its word, and the words for what is missing."""
    codes = np.array(values.isna(), dtype=np.uint8)
    words: list[str] = []
    for place in np.flatnonzero(codes):
        word = missing_value_text(values.iloc[place])
        if word not in words:
            words.append(word)
        codes[place] = words.index(word) + 1
        if len(words) == 1 and values.dtype != object:
            # Only a column of objects has more than one kind of missing value.
            break
    return codes, words


def _number_kind(dtype: Any) -> str:
    """Return how the numbers of a column are held: boolean, integer, float, or other, such as decimals; "" where it has none."""
    if isinstance(dtype, pd.CategoricalDtype):  # categories are words
        return ""
    # pandas has no answer for Arrow's views, intervals and run-end encoded columns; Arrow has one for every type.
    arrow = dtype.pyarrow_dtype if isinstance(dtype, pd.ArrowDtype) else None
    kinds = {
        "boolean": (pa.types.is_boolean, pd.api.types.is_bool_dtype),
        "integer": (pa.types.is_integer, pd.api.types.is_integer_dtype),
        "float": (pa.types.is_floating, pd.api.types.is_float_dtype),
        "other": (pa.types.is_decimal, pd.api.types.is_numeric_dtype),
    }
    return next((name for name, (of_arrow, of_pandas) in kinds.items() if (of_pandas(dtype) if arrow is None else of_arrow(arrow))), "")


def _numbers(values: pd.Series[Any], is_missing: NDArray[np.bool_]) -> NDArray[Any] | None:
    """Return a column as numbers a browser holds exactly, or None."""
    kind = _number_kind(values.dtype)
    if kind == "boolean":
        return np.asarray(values.fillna(value=False) if is_missing.any() else values, dtype=np.uint8)
    if kind == "integer":
        whole = values.fillna(0) if is_missing.any() else values
        if len(whole) and (int(whole.max()) > _EXACT or int(whole.min()) < -_EXACT):
            return None
        return np.asarray(whole, dtype=np.float64)
    if kind == "float":
        return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
    return None
