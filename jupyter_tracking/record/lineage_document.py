"""`lineages.plx.json` of a run that ends: its lineage records, and what the event file of each holds."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.format import lineage, paths
from jupyter_tracking.format.document.metric_summary import parse_statistics
from jupyter_tracking.format.event_file_summary import EventFileSummary, arrow_pays, last_version_summary
from jupyter_tracking.storage.user_file_reader import md5

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from jupyter_tracking.format.lineage import LineageRecord
    from jupyter_tracking.storage.store import Store

_PART = 1 << 22  # bytes of an event file that are read at a time


def write_lineages(store: Store, records: Collection[LineageRecord]) -> tuple[dict[str, dict[str, float]], int]:
    """Write `lineages.plx.json` from the records of a run and its event files.

    Args:
        store: the run folder.
        records: a record an artifact; each learns what its event file holds.

    Returns:
        The statistics of each metric that has a row, and how many bytes were written.
    """
    metrics: dict[str, dict[str, float]] = {}
    read = 0  # bytes
    assets = lineage.parse_asset_journal(store.read(paths.ASSET_JOURNAL))[0]
    for record in records:
        if record.versioned:
            record.events = _summarize_rows(store, record, read)
            read += record.events["size"]
            record.summary = {**last_version_summary(record.events, assets), **record.summary}
            if record.kind == "metric" and record.events["rows"]:
                metrics[record.name] = parse_statistics(record.events["metric"])
    data = lineage.dump_lineages([record for record in records if not record.versioned or record.events["rows"]])
    store.replace(paths.LINEAGES_FILE, data)
    return metrics, len(data)


def _summarize_rows(store: Store, record: LineageRecord, read: int) -> dict[str, Any]:
    """Return what a record's event file holds, its size and its hash, by one reading of it; so many bytes of others were read before."""
    summary, digest, size = EventFileSummary(record.kind), md5(), 0
    for part in event_bytes(store, record):
        summary.add(part, as_columns=arrow_pays(read + size + len(part)))
        digest.update(part)
        size += len(part)
    return {**summary.result(), "size": size, "hash": digest.hexdigest()[:12]}


def event_bytes(store: Store, record: LineageRecord) -> Iterator[bytes]:
    """Yield the bytes of a record's event file in parts; none, where its path leads out of the run."""
    with suppress(InvalidArgument):
        yield from store.read_parts(record.path or paths.event_path(record.kind, record.stem), part=_PART)
