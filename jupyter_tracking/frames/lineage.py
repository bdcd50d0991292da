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

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.format import event_rows, paths
from jupyter_tracking.format.event_file_summary import last_version_summary, summarize_event_file
from jupyter_tracking.frames.dtypes import TIMESTAMP, with_dtypes
from jupyter_tracking.frames.problems import Unread
from jupyter_tracking.read.find import find_runs
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

_CLOCK_TICK = 2_000_000_000  # ns: within it, a file may change again and have the same time (FAT counts in 2 s)


class _CachedLineage(NamedTuple):
    """The lineage of a root as it was last read.

    Attributes:
        runs: by run folder, the `document_stats` with which the run was read, and its rows in `frame`: the first, and the one after.
        frame: the rows of all runs, summaries as JSON; None before the first reading.
    """

    runs: dict[Path, tuple[tuple[int, ...], int, int]]
    frame: pd.DataFrame | None


_cache: dict[Path, _CachedLineage] = {}  # by root; an entry is replaced and never changed, since other threads may read it


def lineage_frame(runs: object = None, root: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Return the lineage of one run, of several, or of all under a root: a row an artifact.

    What cannot be read of a run is left out, with one warning of the class `TrackingWarning`; `problems` lists it.

    Args:
        runs: a run or several, each as `open_run` takes it; all under the root when None.
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
    """
    unread = Unread("lineage()")
    if runs is None:
        frame = _root_lineage(paths.default_root(root), unread)
        unread.warn()
        return _parsed_summaries(frame)
    frame = _frame([row for folder in find_runs(runs, root) for row in _rows(folder, unread)])
    unread.warn()
    return _parsed_summaries(frame)


def _root_lineage(root: Path, unread: Unread) -> pd.DataFrame:
    """Return the lineage of all runs under a root, and cache it."""
    cached = _cache.get(root) or _CachedLineage({}, None)
    runs: dict[Path, tuple[tuple[int, ...], int, int]] = {}
    fresh: list[tuple[Any, ...]] = []
    places: list[range] = []  # of each run's rows, among the cached ones and then the fresh ones
    known, start, now = 0 if cached.frame is None else len(cached.frame), 0, time.time_ns()
    for folder in map(RunFolder, paths.run_folders(root)):
        seen = folder.document_stats()
        before = cached.runs.get(folder.path)
        if seen and before is not None and before[0] == seen:
            place, final = range(before[1], before[2]), True
        else:
            rows = _rows(folder, unread)
            place = range(known + len(fresh), known + len(fresh) + len(rows))
            fresh += rows
            # The documents do not tell of a change in what was read of event files, nor of one within a tick of the clock.
            from_documents = folder.is_final and all(row[_STEPS] is not None or not row[_VERSIONED] for row in rows)
            final = from_documents and folder.document_stats() == seen and max(seen[2:4] + seen[6:8]) < now - _CLOCK_TICK
        if final:
            runs[folder.path] = (seen, start, start + len(place))
        places.append(place)
        start += len(place)
    unread.add_links(root)
    frame = cached.frame
    if fresh or frame is None:
        frame = pd.concat([frame, _frame(fresh)], ignore_index=True) if known else _frame(fresh)
    order = np.fromiter(itertools.chain.from_iterable(places), dtype=np.intp, count=start)
    if start != len(frame) or (order[1:] < order[:-1]).any():
        frame = frame.take(order).reset_index(drop=True)
    _cache[root] = _CachedLineage(runs, frame)
    return frame


def _frame(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    columns = zip(_COLUMNS, zip(*rows, strict=True) if rows else itertools.repeat(()), strict=False)
    return with_dtypes(pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns}), _COLUMNS)


def _parsed_summaries(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a frame with its summaries as dicts, which the caller may change."""
    frame = frame.copy()
    frame["summary"] = pd.Series(orjson.loads(b"[%b]" % b",".join(frame["summary"])), dtype=object)
    return frame


def _rows(folder: RunFolder, unread: Unread) -> list[tuple[Any, ...]]:
    """Return a row an artifact, by `_COLUMNS`; its summary as JSON, so that a caller who changes a dict does not change the cache."""
    run_columns = folder.uuid, folder.name or None, folder.project or None
    records, problems = folder.records()
    unread.add(folder, problems)
    return [_row(folder, record, run_columns) for record in records]


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
        orjson.dumps(summary),
        cell.get("notebook"),
        cell.get("cell_id"),
        cell.get("execution_count"),
    )
