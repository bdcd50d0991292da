"""The columns of a lineage, and its rows as a DataFrame."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pandas as pd

from jupyter_tracking.frames.dtypes import TIMESTAMP, with_dtypes

if TYPE_CHECKING:
    from collections.abc import Sequence

LINEAGE_COLUMNS = {
    "run_uuid": "string",
    "run_name": "string",
    "project": "string",
    "kind": "string",
    "name": "string",
    "is_input": "boolean",
    "versioned": "boolean",
    "path": "string",
    "steps": "Int64",
    "step_min": "Int64",
    "step_max": "Int64",
    "first_logged": TIMESTAMP,
    "last_logged": TIMESTAMP,
    "last_value": "Float64",
    "hash": "string",
    "size": "Int64",
    "framework": "string",
    "content_type": "string",
    "summary": "object",
    "notebook": "string",
    "cell_id": "string",
    "execution_count": "Int64",
}


ROWS_AT_A_TIME = 5_000  # that are there as Python's objects, which take ten times the memory of a frame's columns


class LineageRows:
    """Rows of a lineage, most of them as columns already."""

    def __init__(self) -> None:
        self._parts: list[pd.DataFrame] = []
        self._rows: list[tuple[Any, ...]] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, rows: list[tuple[Any, ...]]) -> None:
        """Add the rows of a run."""
        self._rows += rows
        self._count += len(rows)
        if len(self._rows) >= ROWS_AT_A_TIME:
            self._parts.append(lineage_rows_frame(self._rows))
            self._rows = []

    def frame(self, before: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return all of them, after those of a frame that was there before."""
        parts = [] if before is None else [before.copy(deep=False)]
        parts += self._parts
        self._parts = []
        if self._rows or not parts:
            parts.append(lineage_rows_frame(self._rows))
        if len(parts) == 1:
            return parts[0]
        return joined_parts(parts)


def joined_parts(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return parts of a lineage as one DataFrame; the parts are emptied."""
    # Column by column, so that not all of them are there twice.
    return pd.DataFrame({name: _joined([part.pop(name) for part in parts]) for name in LINEAGE_COLUMNS}, copy=False)


def _joined(parts: list[pd.Series[Any]]) -> pd.Series[Any]:
    """Return the parts of a column as one."""
    if len({part.dtype for part in parts}) > 1 or len({getattr(part.dtype, "storage", "") for part in parts}) > 1:
        python = pd.StringDtype("python")  # a part has halves of characters, which Arrow does not hold
        parts = [part.astype(python) for part in parts]
    return pd.concat(parts, ignore_index=True)


def lineage_rows_frame(rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """Return rows, each with a value a column, as a DataFrame; a summary is JSON."""
    columns = zip(LINEAGE_COLUMNS, zip(*rows, strict=True) if rows else itertools.repeat(()), strict=False)
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns})
    return with_dtypes(frame, {**LINEAGE_COLUMNS, "summary": "string"})
