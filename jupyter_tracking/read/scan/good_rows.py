"""Event files in which every row is good, found by one reading of their bytes; nothing of the rows is kept.

What is wrong in the others is not told here: `read.check` reads these again, row by row.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.format import event_rows
from jupyter_tracking.format.event_rows import Event, RowProblem
from jupyter_tracking.format.row_columns import parse_columns
from jupyter_tracking.read.event_file import _blocks, _committed
from jupyter_tracking.read.file_bytes import written_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_tracking.read.run_reader import Artifact
    from jupyter_tracking.read.scan.file_ends import OpenFolders

    Assets = list[tuple[int, str]]  # of each the line of the row that names it, and its path

_BLOCK = 1 << 20  # bytes read at a time
_SMALL = 1 << 16  # bytes of a metric's file that is looked at together with others, which Arrow does as fast as one
_TOGETHER = 1000  # files
_FEW_BYTES = 1 << 14  # of rows that are read one by one in the time in which Arrow begins


def good_rows(artifacts: Sequence[Artifact], opened: OpenFolders, *, ours: bool) -> Iterator[tuple[Artifact, Assets | None]]:
    """Yield each artifact with the assets that its rows name; with None where not all of its rows are surely good.

    Args:
        artifacts: of one run.
        opened: opens their files.
        ours: as of `EventFile`.
    """
    group: list[tuple[Artifact, Assets | bytes | None]] = []
    size = 0
    for artifact in artifacts:
        try:
            found = _look(artifact, opened, ours=ours)
        except (TrackingError, OSError):
            found = None
        group.append((artifact, found))
        size += len(found) if isinstance(found, bytes) else 0
        if size > _BLOCK or len(group) == _TOGETHER:
            yield from _decided(group)
            group, size = [], 0
    yield from _decided(group)


def _decided(group: list[tuple[Artifact, Assets | bytes | None]]) -> Iterator[tuple[Artifact, Assets | None]]:
    """Yield artifacts with the assets of their rows. Of small files of metrics there are their rows, which are looked at together."""
    good = _are_numbers(b"".join(rows for _, rows in group if isinstance(rows, bytes)))
    for artifact, found in group:
        yield artifact, ([] if good or _are_numbers(found) else None) if isinstance(found, bytes) else found


def _look(artifact: Artifact, opened: OpenFolders, *, ours: bool) -> Assets | bytes | None:
    if not artifact.versioned or not artifact.path:
        return None
    fd = opened.open_file(artifact.path)
    try:
        size = os.fstat(fd).st_size
        end = _committed(fd, size) if written_size(fd, size) == size else -1
        if end < 0 or (end < size and not ours):  # an unfinished row
            return None
        return _numbers(fd, end) if artifact.row_kind == "metric" else _assets(fd, artifact.row_kind, end)
    finally:
        os.close(fd)


def _numbers(fd: int, end: int) -> Assets | bytes | None:
    """Return the rows of a small file of a metric; of a large one no asset, if they are all good, else None."""
    head = event_rows.header("metric")
    if os.pread(fd, len(head), 0) != head:
        return None if end else []
    if end <= _SMALL:
        return os.pread(fd, end - len(head), len(head))
    last = 0
    for offset, block, stop in _blocks(fd, len(head), end, _BLOCK):
        if not block or not _are_numbers(block, stop):
            return None
        last = offset + stop
    return [] if last == end else None


def _are_numbers(rows: bytes | bytearray, stop: int | None = None) -> bool:
    """Return whether whole lines are rows of a metric, each of them good."""
    stop = len(rows) if stop is None else stop
    if stop > _FEW_BYTES:
        return parse_columns(rows, "metric", 0, stop) is not None
    return all(isinstance(row, Event) for row in event_rows.parse_rows(rows, "metric", order=event_rows.OUR_COLUMNS, stop=stop))


def _assets(fd: int, kind: str, end: int) -> Assets | None:
    """Return the assets that the rows of a file name; None where a line is no good row, or its cell is damaged."""
    assets: Assets = []
    order: event_rows.ColumnOrder | None = None
    line, position, begun, last = 1, 0, False, 0
    for offset, block, stop in _blocks(fd, 0, end, _BLOCK):
        if not block:  # a line that is too long
            return None
        rows = event_rows.parse_rows(block, kind, order=order, begun=begun, line=line, position=position, offset=offset, stop=stop)
        for row in rows:
            begun = True
            if isinstance(row, RowProblem):
                return None
            if not isinstance(row, Event):
                order = row
                continue
            position += 1
            if order is None:  # the line was parsed, and holds a text
                continue
            try:
                payload = event_rows.parse_cell(bytes(block[row.start - offset : row.end - offset]), kind, order)
            except (ValueError, KeyError, RecursionError):
                return None
            if isinstance(payload, dict) and isinstance(payload.get("path"), str):
                assets.append((row.line, payload["path"]))
        line, last = line + block.count(b"\n", 0, stop), offset + stop
    return assets if last == end else None
