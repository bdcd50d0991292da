"""The lineage of runs as a DataFrame, a row an artifact.

What was read of the ended runs under a root is cached while this process lives. A run is read again unless the kernel says
that its two documents are the same files, unchanged.
"""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson
import pandas as pd

from jupyter_tracking.budgets import MOST_KNOWN_BYTES
from jupyter_tracking.errors import TrackingError
from jupyter_tracking.format import event_rows, paths
from jupyter_tracking.format.event_file_summary import last_version_summary, summarize_event_file
from jupyter_tracking.frames.dtypes import TIMESTAMP, with_dtypes
from jupyter_tracking.frames.problems import Unread
from jupyter_tracking.frames.run_versions import keep_versions, recorded_versions
from jupyter_tracking.progress import Progress
from jupyter_tracking.read.find import resolve_runs
from jupyter_tracking.read.known_runs import is_settled
from jupyter_tracking.read.run_reader import RunFolder

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from jupyter_tracking.format.lineage import LineageRecord

_COLUMNS = {
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

_VERSIONED, _STEPS = (list(_COLUMNS).index(column) for column in ("versioned", "steps"))

_ROWS_AT_A_TIME = 5_000  # that are there as Python's objects, which take ten times the memory of a frame's columns


class _CachedLineage(NamedTuple):
    """The lineage of a root as it was last read.

    Attributes:
        runs: by run folder, the `document_stats` with which the run was read, and its rows in `frame`: the first, and the one after.
        frame: the rows of all runs, summaries as JSON; None before the first reading.
        size: about how many bytes it takes.
    """

    runs: dict[Path, tuple[tuple[int, ...], int, int]]
    frame: pd.DataFrame | None
    size: int = 0


_cache: dict[Path, _CachedLineage] = {}  # by root, the one last read comes last; an entry is never changed, as other threads may read it


def lineage_frame(runs: object = None, root: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Return the lineage of one run, of several, or of all under a root: a row an artifact.

    What cannot be read of a run is left out, with one warning of the class `TrackingWarning`; `problems` lists it. Where it takes more
    than a second a bar shows how far it is; an interrupt cancels it, and what was known before is still known.

    Args:
        runs: a run or several, each as `open_run` takes it; all under the root when None.
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
    """
    unread = Unread("lineage()")
    with Progress("lineage()", "runs") as progress:
        if runs is None:
            frame = _root_lineage(paths.default_root(root), unread, progress)
        else:
            folders, rows = resolve_runs(runs, root), _Rows()
            for folder in progress.over(folders, len(folders)):
                rows.add(_rows(folder, unread)[0])
            frame = rows.frame()
    unread.warn()
    return _parsed_summaries(frame)


def _root_lineage(root: Path, unread: Unread, progress: Progress) -> pd.DataFrame:
    """Return the lineage of all runs under a root, and cache it."""
    cached = _cache.get(root) or _CachedLineage({}, None)
    runs: dict[Path, tuple[tuple[int, ...], int, int]] = {}
    fresh = _Rows()
    places: list[range] = []  # of each run's rows, among the cached ones and then the fresh ones
    known, start, now = 0 if cached.frame is None else len(cached.frame), 0, time.time_ns()
    folders = paths.run_folders(root)
    for path in progress.over(folders, len(folders)):
        folder = RunFolder(path)
        seen = folder.document_stats()
        before = cached.runs.get(path)
        if seen and before is not None and before[0] == seen:
            place, final = range(before[1], before[2]), True
        else:
            first = known + len(fresh)
            rows, whole = _rows(folder, unread, (seen, now))
            fresh.add(rows)
            place = range(first, first + len(rows))
            # The documents do not tell of a change in what was read of event files, nor of one within a tick of the clock.
            from_documents = folder.is_final and all(row[_STEPS] is not None or not row[_VERSIONED] for row in rows)
            final = whole and from_documents and folder.document_stats() == seen and is_settled(seen, now)
        if final:
            runs[path] = (seen, start, start + len(place))
        places.append(place)
        start += len(place)
    unread.add_links(root)
    frame = cached.frame
    if len(fresh) or frame is None:
        frame = fresh.frame(frame if known else None)
    order = np.fromiter(itertools.chain.from_iterable(places), dtype=np.intp, count=start)
    if start != len(frame) or (order[1:] < order[:-1]).any():
        frame = frame.take(order).reset_index(drop=True)
    if frame is not cached.frame or runs != cached.runs:
        _keep(root, runs, frame)
    return frame


def _keep(root: Path, runs: dict[Path, tuple[tuple[int, ...], int, int]], frame: pd.DataFrame) -> None:
    """Cache the lineage of a root: as many of its first runs as there is room for, and other roots in what is left of it."""
    size = int(frame.memory_usage(deep=True).sum())
    if size > MOST_KNOWN_BYTES:
        most = len(frame) * MOST_KNOWN_BYTES // size
        runs = {path: each for path, each in runs.items() if each[2] <= most}
        frame, size = frame.iloc[:most].copy(), MOST_KNOWN_BYTES
    _cache.pop(root, None)
    _cache[root] = _CachedLineage(runs, frame, size)
    for other in list(_cache):
        if other != root and sum(each.size for each in list(_cache.values())) > MOST_KNOWN_BYTES:
            _cache.pop(other, None)


class _Rows:
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
        if len(self._rows) >= _ROWS_AT_A_TIME:
            self._parts.append(_frame(self._rows))
            self._rows = []

    def frame(self, before: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return all of them, after those of a frame that was there before."""
        parts = [] if before is None else [before.copy(deep=False)]
        parts += self._parts
        self._parts = []
        if self._rows or not parts:
            parts.append(_frame(self._rows))
        if len(parts) == 1:
            return parts[0]
        # Column by column, so that not all of them are there twice.
        return pd.DataFrame({name: _joined([part.pop(name) for part in parts]) for name in _COLUMNS}, copy=False)


def _joined(parts: list[pd.Series[Any]]) -> pd.Series[Any]:
    """Return the parts of a column as one."""
    if len({part.dtype for part in parts}) > 1 or len({getattr(part.dtype, "storage", "") for part in parts}) > 1:
        python = pd.StringDtype("python")  # a part has halves of characters, which Arrow does not hold
        parts = [part.astype(python) for part in parts]
    return pd.concat(parts, ignore_index=True)


def _frame(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    columns = zip(_COLUMNS, zip(*rows, strict=True) if rows else itertools.repeat(()), strict=False)
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns})
    return with_dtypes(frame, {**_COLUMNS, "summary": "string"})


def _parsed_summaries(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a frame with its summaries as dicts, which the caller may change."""
    stored, parsed = frame["summary"], np.empty(len(frame), dtype=object)
    for start in range(0, len(frame), _ROWS_AT_A_TIME):
        part = stored.iloc[start : start + _ROWS_AT_A_TIME]
        parsed[start : start + len(part)] = orjson.loads(f"[{','.join(part)}]")
    frame = frame.drop(columns="summary").copy()
    frame.insert(list(_COLUMNS).index("summary"), "summary", pd.Series(parsed, index=frame.index, dtype=object))
    return frame


def _rows(folder: RunFolder, unread: Unread, seen: tuple[tuple[int, ...], int] | None = None) -> tuple[list[tuple[Any, ...]], bool]:
    """Return a row an artifact, by `_COLUMNS`, and whether all of the lineage could be read.

    The summary is JSON, so that a caller who changes a dict does not change the cache.

    Args:
        folder: the run.
        unread: what cannot be read is noted there.
        seen: a stat of the run's documents and the moment of it, with which `lineage_edges` need not read the run again.
    """
    run_columns = folder.uuid, folder.name or None, folder.project or None
    records, problems = folder.records()
    unread.add(folder, problems)
    if seen is not None and not problems:
        keep_versions(folder, recorded_versions(folder, records), *seen)
    return [_row(folder, record, run_columns) for record in records], not problems


def _row(folder: RunFolder, record: LineageRecord, run_columns: tuple[Any, ...]) -> tuple[Any, ...]:
    events = record.events
    if record.versioned and not events:
        try:
            events = summarize_event_file(record.kind, folder.event_bytes(record), ours=folder.rows_are_ours)
        except (TrackingError, OSError):
            events = {}
    step, moments = events.get("step") or {}, events.get("timestamp") or {}
    summary = record.summary
    if events.get("last"):  # a run that has not ended: its lineage does not say so yet
        summary = {**last_version_summary(events, folder.assets), **summary}
    cell = record.cell
    last = (events.get("metric") or {}).get("last")
    return (
        *run_columns,
        record.kind,
        record.name,
        record.is_input,
        record.versioned,
        record.path,
        step.get("distinct", step.get("count")),
        step.get("min"),
        step.get("max"),
        moments.get("min") or record.logged or None,
        moments.get("max") or record.logged or None,
        last if last is None or type(last) is float else event_rows.parse_number(last),
        summary.get("hash"),
        summary.get("size"),
        summary.get("framework"),
        summary.get("content_type"),
        orjson.dumps(summary).decode(),
        cell.get("notebook"),
        cell.get("cell_id"),
        cell.get("execution_count"),
    )
