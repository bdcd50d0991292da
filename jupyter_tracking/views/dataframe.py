"""Dataframes: the first rows with the step, the others by pages when the page asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.kinds.dataframe import content_type_of
from jupyter_tracking.views import still
from jupyter_tracking.views.family import Family
from jupyter_tracking.views.frame import Frame, clean
from jupyter_tracking.views.rows import Rows, open_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_tracking.views.pane import Pane

__all__ = ["FAMILY", "encode"]

_FIRST = 60
_LIGHT = 20
_STILL = 12
_PAGE = 2_000
_COLUMNS = 100
_LONGEST = 2_000
_EXACT = 2**53
_KEPT = 4


class DataframeFamily(Family):
    """A dataframe a step."""

    stem = "dataframe"

    def frame(self, pane: Pane, number: int, *, light: bool) -> Frame:
        """Return the first rows of one step."""
        rows = self._rows(pane, number)
        return encode(rows.window(0, min(rows.count, _LIGHT if light else _FIRST)), 0, rows.count)

    def answer(self, pane: Pane, number: int, query: dict[str, Any]) -> Frame:
        """Return a page of rows: `{"rows": [from, to]}`."""
        wanted = query.get("rows")
        if not (isinstance(wanted, list) and len(wanted) == 2 and all(type(n) is int for n in wanted)):  # noqa: PLR2004
            return super().answer(pane, number, query)
        rows = self._rows(pane, number)
        start = min(max(wanted[0], 0), rows.count)
        stop = min(max(wanted[1], start), rows.count, start + _PAGE)
        return encode(rows.window(start, stop), start, rows.count)

    def still(self, pane: Pane, number: int) -> str:
        """Return the first rows as a table."""
        rows = self._rows(pane, number)
        shown = rows.window(0, min(rows.count, _STILL)).iloc[:, :12]
        names = [*(_label(n) for n in shown.index.names), *map(_label, shown.columns)]
        rows_of_cells = zip(shown.index, shown.itertuples(index=False, name=None), strict=True)
        words = ([_short(cell) for cell in (*(item if isinstance(item, tuple) else (item,)), *row)] for item, row in rows_of_cells)
        return still.table(names, words) + f"<p><small>{rows.count:,} rows x {rows.window(0, 0).shape[1]} columns</small></p>"

    def _rows(self, pane: Pane, number: int) -> Rows:
        opened: dict[int, Rows] = pane.memory.setdefault("rows", {})
        if number not in opened:
            if not pane.events:
                message = f"{pane.artifact.name} has no rows: nothing was logged"
                raise InvalidArgument(message)
            path = pane.folder.asset(pane.artifact, pane.events[number])
            opened[number] = open_rows(path, content_type_of(pane.payload(number)), lambda: pane.value(number))
            # A few are kept open, for the pages of the step on screen.
            while len(opened) > _KEPT:
                opened.pop(next(iter(opened)))
        return opened[number]


def _label(label: object) -> str:
    text = " / ".join(map(str, label)) if isinstance(label, tuple) else "" if label is None else str(label)
    return str(clean(text))


def _short(cell: object) -> str:
    text = f"{cell:.6g}" if isinstance(cell, float) else str(cell)
    return str(clean(text if len(text) <= 60 else text[:59] + "…"))  # noqa: PLR2004


def encode(window: pd.DataFrame, start: int, count: int) -> Frame:
    """Turn rows into binary columns: numbers as they are, everything else as text, and which are missing."""
    width = window.shape[1]
    frame = Frame({"rows": count, "from": start, "count": len(window), "width": width, "fields": []})
    if width > _COLUMNS:
        frame.head["hidden"] = width - _COLUMNS
    for level in range(window.index.nlevels):
        values = window.index.get_level_values(level)
        _add(frame, pd.Series(values, dtype=values.dtype), window.index.names[level], index=True)
    for place in range(min(width, _COLUMNS)):
        _add(frame, window.iloc[:, place], window.columns[place], index=False)
    return frame


def _add(frame: Frame, values: pd.Series[Any], label: object, *, index: bool) -> None:
    number = len(frame.head["fields"])
    field: dict[str, Any] = {"name": _label(label), "dtype": str(values.dtype), "kind": "text", "missing": ""}
    if index:
        field["index"] = True
    frame.head["fields"].append(field)
    missing = np.asarray(values.isna(), dtype=np.uint8)
    if missing.any():
        frame.add(f"n{number}", missing)
        field["missing"] = _word(values[missing.astype(bool)].iloc[0])
    numbers = _numbers(values, missing)
    if numbers is not None:
        field["kind"] = "boolean" if numbers.dtype == np.uint8 else "number"
        frame.add(f"v{number}", numbers)
        return
    texts = ["" if gone else _text(value) for value, gone in zip(values, missing, strict=True)]
    packed = [text.encode() for text in texts]
    frame.add(f"e{number}", np.cumsum([len(t) for t in packed], dtype=np.uint32))
    field["text"] = frame.attach(b"".join(packed))


def _numbers(values: pd.Series[Any], missing: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """Return a column as numbers a browser holds exactly, or None."""
    kind = values.dtype
    if pd.api.types.is_bool_dtype(kind):
        return np.asarray(values.fillna(value=False) if missing.any() else values, dtype=np.uint8)
    if pd.api.types.is_integer_dtype(kind):
        whole = values.fillna(0) if missing.any() else values
        if len(whole) and (int(whole.max()) > _EXACT or int(whole.min()) < -_EXACT):
            return None
        return np.asarray(whole, dtype=np.float64)
    if pd.api.types.is_float_dtype(kind):
        return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
    return None


def _word(missing: object) -> str:
    """Return the word pandas has for what is missing here."""
    return "NaN" if isinstance(missing, float) else str(missing)


def _text(value: Sequence[Any] | object) -> str:
    text = str(value)
    return str(clean(text if len(text) <= _LONGEST else text[:_LONGEST] + "…"))


FAMILY = DataframeFamily()
