"""The dtypes of our frames' columns, whatever the values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from jupyter_tracking.format.event_rows import STEP_MAX, STEP_MIN

TIMESTAMP = pd.DatetimeTZDtype("us", "UTC")


def with_dtypes(frame: pd.DataFrame, types: dict[str, Any]) -> pd.DataFrame:
    """Convert the columns of a frame in place, and return it; a value that does not fit its type is missing."""
    for column, dtype in types.items():
        values = frame[column]
        if dtype is TIMESTAMP:
            frame[column] = pd.to_datetime(values, utc=True, errors="coerce", format="ISO8601").astype(TIMESTAMP)
        elif dtype == "Int64":
            frame[column] = _whole_numbers(values)
        elif dtype == "Float64":  # by hand: NaN is a value, and not the same as none
            missing = np.array([not isinstance(v, int | float) for v in values], dtype=bool)
            numbers = np.array([0.0 if absent else v for v, absent in zip(values, missing, strict=True)], dtype=float)
            frame[column] = pd.arrays.FloatingArray(numbers, missing)
        elif dtype == "string" and pd.api.types.infer_dtype(values, skipna=True) not in {"string", "empty"}:
            frame[column] = as_strings([v if isinstance(v, str) else None for v in values])
        elif dtype == "string":
            frame[column] = as_strings(values)
        elif dtype != "object":
            frame[column] = values.astype(dtype)
    return frame


def as_strings(values: Any) -> Any:
    """Return texts as a column; one with halves of characters, which Arrow does not hold, is kept by Python."""
    try:
        return pd.array(values, dtype="string")
    except UnicodeEncodeError:
        return pd.array(values, dtype=pd.StringDtype("python"))


def as_inferred(values: list[Any]) -> pd.Series[Any]:
    """Return values as a column of the dtype that all of them have."""
    column: pd.Series[Any] = pd.Series(values, dtype="object")
    try:
        return column.infer_objects()
    except UnicodeEncodeError:  # halves of characters, as above
        return column


def _whole_numbers(values: pd.Series[Any]) -> Any:
    try:
        return pd.array(values.to_list(), dtype="Int64")
    except (TypeError, ValueError, OverflowError):  # of a summary, which may say anything
        whole = [v if type(v) is int and STEP_MIN <= v <= STEP_MAX else None for v in values]
        return pd.array(whole, dtype="Int64")
