"""The lineage of runs as a DataFrame, a row an artifact.

What was read of the ended runs under a root is cached while this process lives. A run is read again unless the kernel says
that its two documents are the same files, unchanged.
"""

from __future__ import annotations

import itertools
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np
import orjson
import pandas as pd

from jupyter_tracking.budgets import MOST_KNOWN_BYTES
from jupyter_tracking.errors import TrackingError
from jupyter_tracking.format import event_rows, paths
from jupyter_tracking.format.event_file_summary import last_version_summary, summarize_event_file
from jupyter_tracking.frames.catalog.engines import check_engine, lazy_table
from jupyter_tracking.frames.catalog.stored import LINEAGE, catalogued_lineage, current_lineage, lineage_of, to_arrow
from jupyter_tracking.frames.lineage_columns import LINEAGE_COLUMNS, ROWS_AT_A_TIME, LineageRows, joined_parts, lineage_rows_frame
from jupyter_tracking.frames.problems import Unread
from jupyter_tracking.frames.run_versions import keep_versions, recorded_versions
from jupyter_tracking.kinds.calls import checks_arguments
from jupyter_tracking.progress import Progress
from jupyter_tracking.read.catalog.at_store import catalog_at
from jupyter_tracking.read.find import resolve_runs
from jupyter_tracking.read.known_runs import is_settled
from jupyter_tracking.read.remote.roots import find_root, use_options
from jupyter_tracking.read.run_reader import RunFolder

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from jupyter_tracking.format.lineage import LineageRecord
    from jupyter_tracking.read.catalog.at_store import StoreCatalog

_VERSIONED, _STEPS = (list(LINEAGE_COLUMNS).index(column) for column in ("versioned", "steps"))


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


@overload
def lineage_frame(
    runs: object = None,
    root: str | os.PathLike[str] | None = None,
    *,
    engine: None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> pd.DataFrame: ...
@overload
def lineage_frame(
    runs: object = None,
    root: str | os.PathLike[str] | None = None,
    *,
    engine: str,
    storage_options: Mapping[str, Any] | None = None,
) -> Any: ...
@checks_arguments
def lineage_frame(
    runs: object = None,
    root: str | os.PathLike[str] | None = None,
    *,
    engine: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> Any:
    """Return the lineage of one run, of several, or of all under a root: a row an artifact.

    What cannot be read of a run is left out, with one warning of the class `TrackingWarning`; `problems` lists it. Where it takes more
    than a second a bar shows how far it is; an interrupt cancels it, and what was known before is still known.

    Args:
        runs: a run or several, each as `open_run` takes it; all under the root when None.
        root: the folder that holds `runs/`, or a URL, as `runs()` takes it; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
        engine: None for a DataFrame; `"arrow"`, `"polars"`, `"duckdb"` or `"dask"` for the same rows and columns as the lazy object of that
            library, where a summary is JSON. Of all runs under a root whose catalog (see `catalog`) is as they are, that object reads
            the file of the catalog, which workers on other machines have to see too, and only the columns and rows it needs; refresh
            the catalog, and the object has to be made anew. Otherwise all rows are in memory, and nothing is written. One process of
            pandas is faster than Dask up to millions of rows: Dask is for what has to run on a cluster anyway.
        storage_options: of the store that a URL names, as `runs()` takes them.

    Raises:
        InvalidArgument: no such engine.
        MissingExtra: the library of the engine is not installed.
    """
    use_options(root if root is not None else runs, storage_options)
    lazily, unread = check_engine(engine), Unread("lineage()")
    at_store = catalog_at(root, lineage=True) if runs is None else None
    top = find_root(root) if runs is None and at_store is None else None
    if lazily is not None and top is not None and (stored := current_lineage(top)) is not None:
        unread.add_links(top)
        unread.warn()
        return lazy_table(lazily, stored)
    with Progress("lineage()", "runs") as progress:
        if top is not None:
            frame = read_root(top, unread, progress).frame
        elif at_store is not None:
            frame = _lineage_at_store(at_store, unread)
        else:
            folders, rows = resolve_runs(runs, root), LineageRows()
            for folder in progress.over(folders, len(folders)):
                rows.add(lineage_rows(folder, unread)[0])
            frame = rows.frame()
    unread.warn()
    return _parsed_summaries(frame) if lazily is None else lazy_table(lazily, to_arrow(frame).cast(LINEAGE))


def _lineage_at_store(catalog: StoreCatalog, unread: Unread) -> pd.DataFrame:
    """Return the lineage of all runs in the catalog of a store; of those that were not over, as it is now."""
    known, counts = lineage_of(catalog.content)
    rows = {folder: lineage_rows(run, unread)[0] for folder, run in catalog.others.items()}
    if not rows:
        return known
    frame = joined_parts([known, lineage_rows_frame([row for each in rows.values() for row in each])])
    folders = np.repeat([*counts, *rows], [*counts.values(), *map(len, rows.values())])
    return frame.take(np.argsort(folders, kind="stable")).reset_index(drop=True)


class RootLineage(NamedTuple):
    """The lineage of all runs under a root.

    Attributes:
        frame: the rows of all runs, in the order of the folders' names, summaries as JSON; a caller may change nothing of it.
        final: by run folder, what a `_CachedLineage` keeps of it: of those whose rows hold as long as their documents are the same.
        counts: by run folder, how many rows it has.
    """

    frame: pd.DataFrame
    final: dict[Path, tuple[tuple[int, ...], int, int]]
    counts: dict[Path, int]


def read_root(root: Path, unread: Unread, progress: Progress) -> RootLineage:
    """Return the lineage of all runs under a root, and cache it; what its catalog knows of unchanged runs is not read of them."""
    cached = _cache.get(root) or _CachedLineage(*(catalogued_lineage(root) or ({}, None)))
    final: dict[Path, tuple[tuple[int, ...], int, int]] = {}
    fresh = LineageRows()
    places: dict[Path, range] = {}  # of each run's rows, among the cached ones and then the fresh ones
    known, start, now = 0 if cached.frame is None else len(cached.frame), 0, time.time_ns()
    folders = paths.run_folders(root)
    for path in progress.over(folders, len(folders)):
        folder = RunFolder(path)
        seen = folder.document_stats()
        before = cached.runs.get(path)
        if seen and before is not None and before[0] == seen:
            place, is_final = range(before[1], before[2]), True
        else:
            first = known + len(fresh)
            rows, whole = lineage_rows(folder, unread, (seen, now))
            fresh.add(rows)
            place = range(first, first + len(rows))
            # The documents do not tell of a change in what was read of event files, nor of one within a tick of the clock.
            from_documents = folder.is_final and all(row[_STEPS] is not None or not row[_VERSIONED] for row in rows)
            is_final = whole and from_documents and folder.document_stats() == seen and is_settled(seen, now)
        if is_final:
            final[path] = (seen, start, start + len(place))
        places[path] = place
        start += len(place)
    unread.add_links(root)
    frame = cached.frame
    if len(fresh) or frame is None:
        frame = fresh.frame(frame if known else None)
    order = np.fromiter(itertools.chain.from_iterable(places.values()), dtype=np.intp, count=start)
    if start != len(frame) or (order[1:] < order[:-1]).any():
        frame = frame.take(order).reset_index(drop=True)
    if frame is not cached.frame or final != cached.runs or root not in _cache:
        _keep(root, final, frame)
    return RootLineage(frame, final, {path: len(place) for path, place in places.items()})


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


def _parsed_summaries(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a frame with its summaries as dicts, which the caller may change."""
    stored, parsed = frame["summary"], np.empty(len(frame), dtype=object)
    for start in range(0, len(frame), ROWS_AT_A_TIME):
        part = stored.iloc[start : start + ROWS_AT_A_TIME]
        parsed[start : start + len(part)] = _parsed(list(part))
    frame = frame.drop(columns="summary").copy()
    frame.insert(list(LINEAGE_COLUMNS).index("summary"), "summary", pd.Series(parsed, index=frame.index, dtype=object))
    return frame


def _parsed(texts: list[str]) -> list[dict[str, Any]]:
    """Return summaries; what a catalog has in the place of one may be anything, and is empty then."""
    with suppress(orjson.JSONDecodeError, TypeError):
        found: list[dict[str, Any]] = orjson.loads(f"[{','.join(texts)}]")
        if len(found) == len(texts) and set(map(type, found)) <= {dict}:
            return found
    return [{}] if len(texts) == 1 else [each for text in texts for each in _parsed([text])]


def lineage_rows(folder: RunFolder, unread: Unread, seen: tuple[tuple[int, ...], int] | None = None) -> tuple[list[tuple[Any, ...]], bool]:
    """Return a row an artifact, by `LINEAGE_COLUMNS`, and whether all of the lineage could be read.

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
