"""`lineages.plx.json` of a run that ends: its lineage records, and what the event file of each holds."""

from __future__ import annotations

import itertools
import math
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.format import lineage, paths
from jupyter_tracking.format.document import metric_summary, run_values
from jupyter_tracking.format.document.metric_summary import parse_statistics
from jupyter_tracking.format.document.rank_names import journals_among, rank_of, size_of
from jupyter_tracking.format.event_file_summary import EventFileSummary, arrow_pays, last_version_summary, summarize_metric_files
from jupyter_tracking.format.row_columns import SMALL_FILE
from jupyter_tracking.record.side_thread import Beside
from jupyter_tracking.storage.user_file_reader import md5, md5_prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from hashlib import _Hash as Digest

    from jupyter_tracking.format.lineage import LineageRecord
    from jupyter_tracking.storage.store import Store

_PART = 1 << 22  # bytes of an event file that are read at a time
_TOGETHER = 1 << 22  # bytes of small files, as many as are read of another one at a time


def write_lineages(
    store: Store, records: Collection[LineageRecord], ready: Callable[[], object] = bool
) -> tuple[dict[str, dict[str, float]], int]:
    """Write `lineages.plx.json` from the records of a run and its event files.

    Args:
        store: the run folder.
        records: a record an artifact; each learns what its event file holds.
        ready: called when the files are read, before anything is written.

    Returns:
        The statistics of each metric that has a row, and how many bytes were written.
    """
    metrics = _summarize(store, records)
    data = lineage.dump_lineages([record for record in records if not record.versioned or record.events["rows"]])
    ready()
    store.replace(paths.LINEAGES_FILE, data)
    return metrics, len(data)


def summarized(store: Store, records: Collection[LineageRecord]) -> tuple[list[LineageRecord], dict[str, dict[str, float]]]:
    """Return copies of the records of a run that say what their event files hold by now, and the statistics of each metric with a row.

    Records whose event files have no row are left out. Nothing is written.
    """
    copies = [replace(record) for record in records]
    metrics = _summarize(store, copies)
    return [record for record in copies if not record.versioned or record.events["rows"]], metrics


def _summarize(store: Store, records: Collection[LineageRecord]) -> dict[str, dict[str, float]]:
    """Tell each record what its event file holds; return the statistics of each metric that has a row."""
    metrics: dict[str, dict[str, float]] = {}
    _summarize_files(store, [record for record in records if record.versioned])
    assets: dict[str, dict[str, Any]] = {}
    for journal in (paths.ASSET_JOURNAL, *journals_among(store.list_names(paths.PRIVATE_FOLDER), paths.ASSET_JOURNAL)):
        assets |= lineage.parse_asset_journal(store.read(journal))[0]
    for record in records:
        if record.versioned:
            record.summary = {**last_version_summary(record.events, assets), **record.summary}
            if record.kind == "metric" and record.events["rows"]:
                metrics[record.name] = parse_statistics(record.events["metric"])
    return metrics


def _summarize_files(store: Store, records: Collection[LineageRecord]) -> None:
    """Tell each record what its event file holds, its size and its hash, by one reading of it."""
    read, small = 0, _SmallFiles()
    for record in records:
        parts = event_bytes(store, record)
        first = next(parts, b"")
        if record.kind == "metric" and len(first) <= SMALL_FILE:
            read += small.add(record, first + b"".join(parts), read)
        else:
            read += _summarize_file(record, itertools.chain([first], parts), read)
    small.summarize(read)


def _summarize_file(record: LineageRecord, parts: Iterator[bytes], read: int) -> int:
    """Summarize a file that is given in parts; so many bytes of others were read before. Return its size."""
    summary, digest, size = EventFileSummary(record.kind), md5(), 0
    part = next(parts, b"")
    while part:
        size += len(part)
        following: list[bytes] = []
        hashing = partial(_hash_and_read_on, digest, part, parts, following)
        if len(part) < _PART:
            hashing()
            summary.add(part, as_columns=arrow_pays(read + size))
        else:
            with Beside(hashing):
                summary.add(part, as_columns=arrow_pays(read + size))
        part = following[0]
    record.events = {**summary.result(), "size": size, "hash": digest.hexdigest()[:12]}
    return size


def _hash_and_read_on(digest: Digest, part: bytes, parts: Iterator[bytes], following: list[bytes]) -> None:
    digest.update(part)
    following.append(next(parts, b""))


class _SmallFiles:
    """Small files of metrics, whose rows are read together."""

    def __init__(self) -> None:
        self._files: list[tuple[LineageRecord, bytes]] = []
        self._size = 0

    def add(self, record: LineageRecord, data: bytes, read: int) -> int:
        """Add a file, and return its size; so many bytes were read before."""
        self._files.append((record, data))
        self._size += len(data)
        if self._size > _TOGETHER:
            self.summarize(read + len(data))
        return len(data)

    def summarize(self, read: int) -> None:
        """Tell the records what their files hold."""
        summaries = summarize_metric_files([data for _, data in self._files], as_columns=arrow_pays(read))
        for (record, data), summary in zip(self._files, summaries, strict=True):
            record.events = {**summary, "size": len(data), "hash": md5_prefix(data)}
        self._files, self._size = [], 0


def event_bytes(store: Store, record: LineageRecord) -> Iterator[bytes]:
    """Yield the bytes of a record's event file in parts; none, where its path leads out of the run."""
    with suppress(InvalidArgument):
        yield from store.read_parts(record.path or paths.event_path(record.kind, record.stem), part=_PART)


def write_outputs(doc: dict[str, Any], metrics: dict[str, dict[str, float]]) -> None:
    """Write the outputs of a run that ends into its document, by the statistics of each metric; of several ranks those of the first."""
    ranks = size_of(doc)
    metrics = {name: each for name, each in metrics.items() if not rank_of(name, ranks)} if ranks else metrics

    def statistic(metric: str, word: str) -> float | None:
        return metrics[metric].get(word, math.nan) if metric in metrics else None

    summaries = metric_summary.summarize_metrics(metrics, statistic, metric_summary.definitions(doc))
    run_values.write_outputs(doc, summaries, lambda metric: statistic(metric, "last"))
