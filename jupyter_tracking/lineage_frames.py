"""The lineage of runs as a frame, a row an artifact.

Of all runs under a root, what was read of those that have ended is remembered while this process lives. The memory is
never trusted over the files: a run is read again unless the kernel says that its documents are the same ones, unchanged.
"""

from __future__ import annotations

import itertools
import os
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson
import pandas as pd

from jupyter_tracking import layout, lineages, plx
from jupyter_tracking.errors import TrackingError
from jupyter_tracking.frames import MOMENT, find_run, typed
from jupyter_tracking.reader import RunFolder

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.lineages import Record

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
    "first_logged": MOMENT,
    "last_logged": MOMENT,
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

_SETTLED = 2_000_000_000  # ns: a file that changed so lately may change again within one tick of its clock


class _Memory(NamedTuple):
    """The lineage of a root as it was last read: where the rows of each run stand, and by which documents they were read."""

    spans: dict[Path, tuple[tuple[int, ...], int, int]]
    frame: pd.DataFrame


_memories: dict[Path, _Memory] = {}  # by root; replaced whole


def lineage_frame(runs: object = None, root: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Return the lineage of one run, of several, or of all under a root: a row an artifact.

    Args:
        runs: a run or several, each as `open_run` takes it; all under the root when None.
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
    """
    if runs is None:
        return _opened(_of_root(layout.default_root(root)))
    if isinstance(runs, str | os.PathLike | RunFolder) or not hasattr(runs, "__iter__"):
        folders = [find_run(runs, root)]
    else:
        folders = [find_run(run, root) for run in runs]
    return _opened(_frame([row for folder in folders for row in _rows(folder)]))


def _of_root(root: Path) -> pd.DataFrame:
    """Return the lineage of all runs under a root, and remember it."""
    memory = _memories.get(root) or _Memory({}, _frame([]))
    spans: dict[Path, tuple[tuple[int, ...], int, int]] = {}
    fresh: list[dict[str, Any]] = []
    places: list[range] = []  # of each run's rows, among those remembered and then the fresh ones
    known, start, now = len(memory.frame), 0, time.time_ns()
    for folder in map(RunFolder, layout.run_folders(root)):
        seen = folder.look()
        before = memory.spans.get(folder.path)
        if seen and before is not None and before[0] == seen:
            place, lasting = range(before[1], before[2]), True
        else:
            rows = _rows(folder)
            place = range(known + len(fresh), known + len(fresh) + len(rows))
            fresh += rows
            # What is read of event files is not told by the documents; what changed just now may change unseen.
            whole = folder.settled and all(row["steps"] is not None or not row["versioned"] for row in rows)
            lasting = whole and folder.look() == seen and max(seen[2:4] + seen[6:8]) < now - _SETTLED
        if lasting:
            spans[folder.path] = (seen, start, start + len(place))
        places.append(place)
        start += len(place)
    frame = memory.frame
    if fresh:
        frame = pd.concat([frame, _frame(fresh)], ignore_index=True) if known else _frame(fresh)
    order = np.fromiter(itertools.chain.from_iterable(places), dtype=np.intp, count=start)
    if start != len(frame) or (order[1:] < order[:-1]).any():
        frame = frame.take(order).reset_index(drop=True)
    _memories[root] = _Memory(spans, frame)
    return frame


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a frame whose summaries are closed: as JSON, which nobody who holds the frame can change."""
    frame = pd.DataFrame(rows, columns=list(_COLUMNS), dtype=object)
    frame["summary"] = pd.Series([orjson.dumps(row["summary"]) for row in rows], dtype=object)
    return typed(frame, _COLUMNS)


def _opened(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a frame with its summaries as dicts."""
    frame = frame.copy()
    frame["summary"] = pd.Series([orjson.loads(summary) for summary in frame["summary"]], dtype=object)
    return frame


def _rows(folder: RunFolder) -> list[dict[str, Any]]:
    info = folder.info
    of_run = {"run_uuid": str(info.get("uuid") or folder.path.name), "run_name": info.get("name"), "project": info.get("project")}
    return [of_run | _row(folder, record) for record in folder.records()[0]]


def _row(folder: RunFolder, record: Record) -> dict[str, Any]:
    events = record.events
    if record.versioned and not events:
        try:
            events = lineages.event_summary(record.kind, folder.read(record.path or ""), ours=folder.rows_are_ours)
        except (TrackingError, OSError):
            events = {}
    step, moments = events.get("step") or {}, events.get("timestamp") or {}
    summary = record.summary
    if events.get("last"):  # a run that has not ended: its lineage does not say so yet
        summary = {**lineages.about_last(events, _assets(folder)), **summary}
    cell = record.cell
    last = (events.get("metric") or {}).get("last")
    return {
        "kind": record.kind,
        "name": record.name,
        "is_input": record.is_input,
        "versioned": record.versioned,
        "path": record.path,
        "steps": step.get("distinct", step.get("count")),
        "step_min": step.get("min"),
        "step_max": step.get("max"),
        "first_logged": moments.get("min") or record.logged or None,
        "last_logged": moments.get("max") or record.logged or None,
        "last_value": None if last is None else plx.number(last),
        "hash": summary.get("hash"),
        "size": summary.get("size"),
        "framework": summary.get("framework"),
        "content_type": summary.get("content_type"),
        "summary": summary,
        "notebook": cell.get("notebook"),
        "cell_id": cell.get("cell_id"),
        "execution_count": cell.get("execution_count"),
    }


def _assets(folder: RunFolder) -> dict[str, dict[str, Any]]:
    try:
        return lineages.read_assets(folder.read(layout.ASSET_JOURNAL))[0]
    except (TrackingError, OSError):
        return {}
