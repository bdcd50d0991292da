"""Windows of rows of a stored dataframe: no more of the file is read than the window needs. Nothing of pages."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.kinds.dataframe import from_arrow

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

__all__ = ["Rows", "open_rows"]

_BATCH = 4_096


class Rows(Protocol):
    """A dataframe by windows.

    Attributes:
        count: how many rows there are.
    """

    count: int

    def window(self, start: int, stop: int) -> pd.DataFrame:
        """Return the rows from `start` up to `stop`."""


class ParquetRows:
    """Rows of a parquet file; the footer says where they are."""

    def __init__(self, path: Path) -> None:
        from pyarrow import parquet

        self._file = parquet.ParquetFile(path, memory_map=True, pre_buffer=False)
        self.count = self._file.metadata.num_rows

    def window(self, start: int, stop: int) -> pd.DataFrame:
        """Return the rows from `start` up to `stop`."""
        import pyarrow as pa

        batches = []
        first = 0
        for group in range(self._file.num_row_groups):
            many = self._file.metadata.row_group(group).num_rows
            if first + many > start and first < stop:
                batches.extend(self._batches(group, first, start, stop))
            first += many
        table = pa.Table.from_batches(batches, self._file.schema_arrow)
        return from_arrow(_shifted(table, start))

    def _batches(self, group: int, first: int, start: int, stop: int) -> list[pa.RecordBatch]:
        """Return what a row group has of the window; its later part is not decoded."""
        found = []
        for batch in self._file.iter_batches(_BATCH, row_groups=[group], use_threads=False):
            low, high = max(start - first, 0), min(stop - first, batch.num_rows)
            if low < high:
                found.append(batch.slice(low, high - low))
            first += batch.num_rows
            if first >= stop:
                break
        return found


class HeldRows:
    """Rows of a frame that had to be read whole."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame
        self.count = len(frame)

    def window(self, start: int, stop: int) -> pd.DataFrame:
        """Return the rows from `start` up to `stop`."""
        return self._frame.iloc[start:stop]


def _shifted(table: pa.Table, start: int) -> pa.Table:
    """Say in the table's metadata where its range index starts now: it is kept there, not in a column."""
    metadata = dict(table.schema.metadata or {})
    if b"pandas" not in metadata:
        return table
    said = json.loads(metadata[b"pandas"])
    for index in said.get("index_columns", []):
        if isinstance(index, dict) and index.get("kind") == "range":
            index["start"] += start * index["step"]
            index["stop"] = index["start"] + table.num_rows * index["step"]
    return table.replace_schema_metadata({**metadata, b"pandas": json.dumps(said).encode()})


class _Cells(HTMLParser):
    """The cells of the first table of an HTML page, as text."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"} and self.rows:
            self.rows[-1].append("")
            self._open = True

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.rows[-1][-1] += data


def _from_html(text: str) -> pd.DataFrame:
    cells = _Cells()
    cells.feed(text)
    rows = [row for row in cells.rows if row]
    if not rows:
        return pd.DataFrame()
    head, *body = rows
    width = max(map(len, rows))
    filled = [row + [""] * (width - len(row)) for row in body]
    frame = pd.DataFrame(filled, columns=head + [""] * (width - len(head)), dtype="object")
    if head[0] == "":
        frame.index = pd.Index(frame.iloc[:, 0])
        frame = frame.iloc[:, 1:]
    return frame


def open_rows(path: Path, content: str, decoded: object) -> Rows:
    """Open a stored dataframe.

    Args:
        path: the asset.
        content: its content type.
        decoded: a function without arguments that reads it whole, for formats without windows.
    """
    if content == "parquet":
        return ParquetRows(path)
    value = decoded() if callable(decoded) else decoded
    if isinstance(value, str):
        return HeldRows(_from_html(value))
    if isinstance(value, pd.DataFrame):
        return HeldRows(value)
    what = content or "file of no known type"
    message = f"{path.name} is a {what}, which is not opened by itself; if you trust it, load it with allow_pickle=True"
    raise InvalidArgument(message)
