"""The lineage of runs as a frame, a row an artifact.

Of all runs under a root, what was read of those that have ended is remembered while this process lives. The memory is
never trusted over the files: a run is read again unless the kernel says that its documents are the same ones, unchanged.
"""

from __future__ import annotations

import gc
import itertools
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson
import pandas as pd

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.format import event_rows, lineage, paths
from jupyter_tracking.format.event_summary import event_summary, last_version_summary
from jupyter_tracking.frames.runs import TIMESTAMP, with_dtypes
from jupyter_tracking.read.find import find_run
from jupyter_tracking.read.run_reader import RunFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_tracking.format.lineage import LineageRecord

__all__ = ["lineage_frame"]

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

_SETTLED = 2_000_000_000  # ns: a file that changed so lately may change again within one tick of its clock


class _Memory(NamedTuple):
    """The lineage of a root as it was last read: where the rows of each run stand, and by which documents they were read."""

    spans: dict[Path, tuple[tuple[int, ...], int, int]]
    frame: pd.DataFrame | None


_memories: dict[Path, _Memory] = {}  # by root; replaced whole


def lineage_frame(runs: object = None, root: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Return the lineage of one run, of several, or of all under a root: a row an artifact.

    Args:
        runs: a run or several, each as `open_run` takes it; all under the root when None.
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
    """
    if runs is None:
        with _no_collection():
            return _opened(_of_root(paths.default_root(root)))
    if isinstance(runs, str | os.PathLike | RunFolder) or not hasattr(runs, "__iter__"):
        folders = [find_run(runs, root)]
    else:
        folders = [find_run(run, root) for run in runs]
    return _opened(_frame([row for folder in folders for row in _rows(folder)]))


@contextmanager
def _no_collection() -> Iterator[None]:
    """Make many objects, none of them in a cycle, without a search for garbage at every few hundred."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _of_root(root: Path) -> pd.DataFrame:
    """Return the lineage of all runs under a root, and remember it."""
    memory = _memories.get(root) or _Memory({}, None)
    spans: dict[Path, tuple[tuple[int, ...], int, int]] = {}
    fresh: list[tuple[Any, ...]] = []
    places: list[range] = []  # of each run's rows, among those remembered and then the fresh ones
    known, start, now = 0 if memory.frame is None else len(memory.frame), 0, time.time_ns()
    for folder in map(RunFolder, paths.run_folders(root)):
        seen = folder.document_stats()
        before = memory.spans.get(folder.path)
        if seen and before is not None and before[0] == seen:
            place, lasting = range(before[1], before[2]), True
        else:
            rows = _rows(folder)
            place = range(known + len(fresh), known + len(fresh) + len(rows))
            fresh += rows
            # What is read of event files is not told by the documents; what changed just now may change unseen.
            whole = folder.is_final and all(row[_STEPS] is not None or not row[_VERSIONED] for row in rows)
            lasting = whole and folder.document_stats() == seen and max(seen[2:4] + seen[6:8]) < now - _SETTLED
        if lasting:
            spans[folder.path] = (seen, start, start + len(place))
        places.append(place)
        start += len(place)
    frame = memory.frame
    if fresh or frame is None:
        frame = pd.concat([frame, _frame(fresh)], ignore_index=True) if known else _frame(fresh)
    order = np.fromiter(itertools.chain.from_iterable(places), dtype=np.intp, count=start)
    if start != len(frame) or (order[1:] < order[:-1]).any():
        frame = frame.take(order).reset_index(drop=True)
    _memories[root] = _Memory(spans, frame)
    return frame


def _frame(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    columns = zip(_COLUMNS, zip(*rows, strict=True) if rows else itertools.repeat(()), strict=False)
    return with_dtypes(pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns}), _COLUMNS)


def _opened(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a frame with its summaries as dicts."""
    frame = frame.copy()
    frame["summary"] = pd.Series(orjson.loads(b"[%b]" % b",".join(frame["summary"])), dtype=object)
    return frame


def _rows(folder: RunFolder) -> list[tuple[Any, ...]]:
    """Return a row an artifact, by `_COLUMNS`. Summaries are closed: as JSON, which nobody who holds the frame can change."""
    info = folder.info
    of_run = str(info.get("uuid") or folder.path.name), info.get("name"), info.get("project")
    return [of_run + _row(folder, record) for record in folder.records()[0]]


def _row(folder: RunFolder, record: LineageRecord) -> tuple[Any, ...]:
    events = record.events
    if record.versioned and not events:
        try:
            events = event_summary(record.kind, folder.read(record.path or ""), ours=folder.rows_are_ours)
        except (TrackingError, OSError):
            events = {}
    step, moments = events.get("step") or {}, events.get("timestamp") or {}
    summary = record.summary
    if events.get("last"):  # a run that has not ended: its lineage does not say so yet
        summary = {**last_version_summary(events, _assets(folder)), **summary}
    cell = record.cell
    last = (events.get("metric") or {}).get("last")
    return (
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


def _assets(folder: RunFolder) -> dict[str, dict[str, Any]]:
    try:
        return lineage.parse_asset_journal(folder.read(paths.ASSET_JOURNAL))[0]
    except (TrackingError, OSError):
        return {}
