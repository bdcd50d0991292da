"""Values and DataFrames as standard JSON, for programs: nothing in it that a strict parser refuses, or that a terminal obeys."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import replace_surrogates
from jupyter_tracking.format.event_rows import json_safe_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

_DEEPEST = 100  # levels, below which there is a text


def json_text(value: Any) -> str:
    """Return a value as JSON in ASCII, on one line."""
    return json.dumps(plain(value), allow_nan=False, separators=(", ", ": "))


def rows_of(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the rows of a DataFrame as objects, by its columns; of several columns of one name, the first."""
    names = [str(name) for name in frame.columns]
    columns = [frame.iloc[:, place].array for place in range(len(names))]
    for values in zip(*columns, strict=True):
        row: dict[str, Any] = {}
        for name, value in zip(names, values, strict=True):
            row.setdefault(name, value)
        yield row


def plain(value: Any, depth: int = 0) -> Any:
    """Return a value as what JSON has.

    What is missing (None, NA, NaT) is null. NaN and the infinities are the texts `NaN`, `Infinity` and `-Infinity`, as in a run's
    document. Moments are texts of ISO 8601; anything else is its `str`.
    """
    if isinstance(value, float):
        return json_safe_numbers([value])[0]
    if value is None or isinstance(value, bool | int):
        return value
    if depth < _DEEPEST and isinstance(value, dict):
        return {replace_surrogates(str(key)): plain(item, depth + 1) for key, item in value.items()}
    if depth < _DEEPEST and isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    return _plain_object(value, depth)


def _plain_object(value: Any, depth: int) -> Any:
    """Return what is none of Python's own numbers, lists and dicts as what JSON has."""
    import pandas as pd

    if value is pd.NA or value is pd.NaT:
        return None
    if hasattr(value, "dtype") and hasattr(value, "tolist"):  # numpy's numbers and arrays
        return plain(value.tolist(), depth)
    return replace_surrogates(value.isoformat() if isinstance(value, dt.datetime) else str(value))
