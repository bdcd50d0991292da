"""Resume a run that Polyaxon wrote: every row and every lineage record stays.

Each step can be repeated, so that the next start completes one that was killed. The document that marks the run as ours is written
last, by the caller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_tracking.errors import InvalidArgument, storage_errors
from jupyter_tracking.format import event_rows, lineage, paths
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from jupyter_tracking.storage.journal import Journal
    from jupyter_tracking.storage.store import Store

_HEADER = 200  # bytes: no header is longer


def take_over_run(store: Store, journal: Journal) -> None:
    """Close the last row of each event file, and copy Polyaxon's lineage into our journal.

    Raises:
        StorageError: the disk refused; every row is as it was.
    """
    for kind, stem in store.event_files():
        _close_rows(store, kind, paths.event_path(kind, stem))
    # Compared by stem: Polyaxon does not keep the true names of a run of ours that it went on with.
    known = {(r.kind, r.stem) for r in lineage.parse_journal(store.read(paths.LINEAGE_JOURNAL))[0]}
    for record in lineage.parse_lineages(store.read(paths.LINEAGES_FILE) or b"[]")[0]:
        if (record.kind, record.stem) not in known:
            record.events = {}  # rows will be added, so what it says of them would be wrong
            journal.append(record.line())


def _close_rows(store: Store, kind: str, relative: str) -> None:
    """End the last row with a newline. Polyaxon reads it as a row without one; we would cut it off. What is no row is left alone."""
    data = store.read(relative)
    if not data or data.endswith(b"\n"):
        return
    if not _is_whole(data, kind):
        return
    with storage_errors(relative, kept="every row is as it was"):
        fd = store.open(relative, os_calls.O_WRONLY | os_calls.O_APPEND)
        try:
            store.system.write_all(fd, b"\n")
        finally:
            store.system.close(fd)


def _is_whole(data: bytes, kind: str) -> bool:
    """Return whether the last line, which has no newline, is a whole header or row."""
    last, order = None, None
    for last in event_rows.parse_rows(data, kind):
        order = last if isinstance(last, event_rows.ColumnOrder) else order
    if not isinstance(last, event_rows.Event):
        return last is not None and last is order
    try:
        event_rows.parse_cell(data[last.start : last.end], kind, order)
    except ValueError:
        return False
    return last.end >= len(data.rstrip(b"\r"))


def check_header(store: Store, kind: str, relative: str) -> None:
    """Check that rows of the present form can follow those that a file has.

    Raises:
        InvalidArgument: an old Polyaxon wrote it in another form.
    """
    first = store.read(relative, size=_HEADER).partition(b"\n")[0]
    found = event_rows.parse_header(first, kind)
    if found is not None and (kind in event_rows.JSONL_KINDS or found != event_rows.OUR_COLUMNS):
        raise InvalidArgument(
            f"{relative} was written by an old Polyaxon in another form and cannot be gone on with; log under another name"
        )
