"""Event files in which every row is good, found by one reading of their bytes; nothing of the rows is kept.

What is wrong in the others is not told here: `read.check` reads these again, row by row.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.fork import free_after_fork
from jupyter_tracking.format import event_rows
from jupyter_tracking.format.event_rows import Event, RowProblem
from jupyter_tracking.format.row_columns import FEW_BYTES, SMALL_FILE, parse_columns
from jupyter_tracking.read.file_bytes import committed_size, line_blocks, written_size
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    from jupyter_tracking.read.run_reader import Artifact
    from jupyter_tracking.read.scan.file_ends import OpenFolders

    Assets = list[tuple[int, str]]  # of each the line of the row that names it, and its path

_BLOCK = 1 << 22  # bytes read at a time: as many as Arrow shares among threads
_TOGETHER = 1000  # files
_MOST_KNOWN, _FEW_ASSETS = 50_000, 100  # files that are remembered, and assets that each of them may name
_SETTLED = 2_000_000_000  # ns


_known: OrderedDict[tuple[str | int, ...], Assets] = OrderedDict()  # of files found good, by what `_identity` says of them
_lock = free_after_fork(Lock())


def _identity(kind: str, status: os.stat_result) -> tuple[str | int, ...]:
    """Return what changes with any change of a file, and the kind of rows that it was found good for."""
    return kind, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _remember(kind: str, status: os.stat_result, assets: Assets) -> None:
    """Remember that a file is good. One that was changed just now may be changed again in the same tick of its clock."""
    if len(assets) > _FEW_ASSETS or time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) < _SETTLED:
        return
    with _lock:
        _known[_identity(kind, status)] = assets
        while len(_known) > _MOST_KNOWN:
            _known.popitem(last=False)


def good_rows(artifacts: Sequence[Artifact], opened: OpenFolders, *, ours: bool) -> Iterator[tuple[Artifact, Assets | None]]:
    """Yield each artifact with the assets that its rows name; with None where not all of its rows are surely good.

    A file that was found good is not read again as long as it is as it was.

    Args:
        artifacts: of one run.
        opened: opens their files.
        ours: as of `EventFile`.
    """
    group: list[tuple[Artifact, Assets | _Rows | None]] = []
    size = 0
    for artifact in artifacts:
        try:
            found = _look(artifact, opened, ours=ours)
        except (TrackingError, OSError):
            found = None
        group.append((artifact, found))
        size += len(found.rows) if isinstance(found, _Rows) else 0
        if size > _BLOCK or len(group) == _TOGETHER:
            yield from _decided(group)
            group, size = [], 0
    yield from _decided(group)


class _Rows(NamedTuple):
    """The rows of a small file of a metric, which are looked at together with those of others."""

    rows: bytes
    status: os.stat_result
    torn: bool


def _decided(group: list[tuple[Artifact, Assets | _Rows | None]]) -> Iterator[tuple[Artifact, Assets | None]]:
    good = _are_numbers(b"".join(found.rows for _, found in group if isinstance(found, _Rows)))
    for artifact, found in group:
        if not isinstance(found, _Rows):
            yield artifact, found
        elif good or _are_numbers(found.rows):
            if not found.torn:
                _remember("metric", found.status, [])
            yield artifact, []
        else:
            yield artifact, None


def _look(artifact: Artifact, opened: OpenFolders, *, ours: bool) -> Assets | _Rows | None:
    if not artifact.versioned or not artifact.path:
        return None
    fd = opened.open_file(artifact.path)
    try:
        status, kind = os_calls.fstat(fd), artifact.row_kind
        size = status.st_size
        with _lock:
            known = _known.get(_identity(kind, status))
        if known is not None:
            return known
        end = committed_size(fd, size) if written_size(fd, size) == size else -1
        if end < 0 or (end < size and not ours):  # an unfinished row
            return None
        if kind == "metric" and not _begins_as_ours(fd, end):
            return None
        if kind == "metric" and end <= SMALL_FILE:
            start = len(event_rows.header(kind))
            return _Rows(os_calls.pread(fd, max(0, end - start), start), status, torn=end < size)
        assets = _numbers(fd, end) if kind == "metric" else _assets(fd, kind, end)
        if assets is not None and end == size:
            _remember(kind, status, assets)
        return assets
    finally:
        os_calls.close(fd)


def _begins_as_ours(fd: int, end: int) -> bool:
    """Return whether the file of a metric is empty or begins with our header."""
    head = event_rows.header("metric")
    return not end or os_calls.pread(fd, len(head), 0) == head


def _numbers(fd: int, end: int) -> Assets | None:
    """Return no asset for the file of a metric in which all rows are good."""
    last = 0
    for offset, block, stop in line_blocks(fd, len(event_rows.header("metric")), end, _BLOCK):
        if not block or not _are_numbers(block, stop):
            return None
        last = offset + stop
    return [] if last == end else None


def _are_numbers(rows: bytes | bytearray, stop: int | None = None) -> bool:
    """Return whether whole lines are rows of a metric, each of them good."""
    stop = len(rows) if stop is None else stop
    if stop > FEW_BYTES:
        return parse_columns(rows, "metric", 0, stop) is not None
    return all(isinstance(row, Event) for row in event_rows.parse_rows(rows, "metric", order=event_rows.OUR_COLUMNS, stop=stop))


def _assets(fd: int, kind: str, end: int) -> Assets | None:
    """Return the assets that the rows of a file name; None where a line is no good row, or its cell is damaged."""
    assets: Assets = []
    order: event_rows.ColumnOrder | None = None
    line, position, begun, last = 1, 0, False, 0
    for offset, block, stop in line_blocks(fd, 0, end, _BLOCK):
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
