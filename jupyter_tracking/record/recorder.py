"""Artifacts of one run as they are recorded: names, rows, assets and lineage records.

Knows nothing of a run's status or of the values behind the cells.
"""

from __future__ import annotations

import os
import stat
import threading
import weakref
from dataclasses import replace
from threading import get_ident
from typing import TYPE_CHECKING, Any

import orjson

from jupyter_tracking.errors import InvalidArgument, RunEnded
from jupyter_tracking.format import event_rows, lineage, paths, run_document
from jupyter_tracking.format.convert import as_step, as_timestamp, timestamp_now
from jupyter_tracking.format.event_summary import event_summary, last_version_summary
from jupyter_tracking.format.lineage import LineageRecord
from jupyter_tracking.kinds.base import Recorder
from jupyter_tracking.record import resume_polyaxon
from jupyter_tracking.storage.journal import Journal
from jupyter_tracking.storage.user_files import file_mode, hash_and_size, md5_prefix

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_tracking.kinds.base import Timestamp
    from jupyter_tracking.notebook.attribution import Attribution
    from jupyter_tracking.storage.store import Sink, Store, Stored

__all__ = ["RunRecorder"]

_STEP_MIN, _STEP_MAX = -(2**63), 2**63 - 1
_FLAGS = {"metric": "has_metrics", "model": "has_model", "tensorboard": "has_tensorboard", "span": "has_traces"}


class RunRecorder(Recorder):
    """Writes rows, assets and lineage records into a run folder."""

    def __init__(self, store: Store) -> None:
        """Record into the store's folder, going on from the lineage it has."""
        self._store = store
        self._ended = False
        self._mutex = threading.RLock()
        self._journals: dict[tuple[str, str], Journal] = {}
        self._headers: dict[str, bytes] = {}
        self._records: dict[tuple[str, str], LineageRecord] = {}
        self._stems: dict[str, str] = {}
        self._flags: set[str] = set()
        self._lineage = Journal(store, paths.LINEAGE_JOURNAL)
        self._lineage_read = 0
        self._assets = Journal(store, paths.ASSET_JOURNAL)
        self._document = b"{}"  # as we last wrote it
        self.resumed = False
        self.current_cell: Callable[[], dict[str, Any]] = dict
        self.attribution: Attribution | None = None
        _recorders.add(self)

    @property
    def store(self) -> Store:
        """The run folder, to write to."""
        return self._store

    # --- rows --------------------------------------------------------------------------------

    def _append(self, kind: str, name: str, cell: str, step: int | None, timestamp: Timestamp) -> None:
        if step is not None and not (type(step) is int and _STEP_MIN <= step <= _STEP_MAX):
            step = as_step(step)
        moment = timestamp_now() if timestamp is None else as_timestamp(timestamp)
        if self._ended:
            self._raise_ended()
        witness = self.attribution
        if witness is not None and (timestamp is not None or witness.check_every_row or get_ident() != witness.cell_thread):
            moment = witness.attribute(kind, paths.check_name(name), moment, given=timestamp is not None)
        journal = self._journals.get((kind, name)) or self._event_journal(kind, name)
        journal.append(event_rows.format_row(kind, step, moment, cell), self._headers[kind])

    def _event_journal(self, kind: str, name: str) -> Journal:
        true_name = paths.check_name(name)
        with self._mutex:
            record = self._record_artifact(kind, true_name, None, summary={}, versioned=True)
            known = self._journals.get((kind, true_name))
            path = paths.event_path(kind, record.stem)
            if known is None and self.resumed:
                resume_polyaxon.check_header(self._store, kind, path)
            journal = known or Journal(self._store, path)
            self._headers[kind] = event_rows.header(kind)
            self._journals[kind, true_name] = self._journals[kind, name] = journal
        return journal

    def _raise_ended(self) -> None:
        raise RunEnded(f"run {self._store.path.name[:8]} has ended; resume it with init(run_uuid=…), or start another with init()")

    # --- assets ------------------------------------------------------------------------------

    def _put(self, kind: str, name: str, step: int | None, suffix: str, write: Callable[[Sink], object]) -> Stored:
        folder, named = self._asset_names(kind, name, step, suffix)
        return self._journal_asset(self._store.put(folder, named, write))

    def _copy(self, kind: str, name: str, step: int | None, path: str, *, hashed: bool = True) -> Stored:
        mode = file_mode(path)
        suffix = "" if stat.S_ISDIR(mode) else paths.extension(path)
        folder, named = self._asset_names(kind, name, step, suffix)
        return self._journal_asset(self._store.copy(path, folder, named, hashed=hashed))

    def _asset_names(self, kind: str, name: str, step: int | None, suffix: str) -> tuple[str, Callable[[int], str]]:
        if self._ended:
            self._raise_ended()
        record = self._record_artifact(kind, name, None, summary={}, versioned=True, only_stem=True)
        return f"assets/{kind}", lambda again: paths.asset_name(record.stem, step, suffix, again)

    def _journal_asset(self, stored: Stored) -> Stored:
        """Keep size and hash of an asset: rows have no room for them, a check of the run needs them."""
        self._assets.append(orjson.dumps(stored._asdict()) + b"\n")
        return stored

    def _copy_output(self, kind: str, name: str, path: str, folder: str, summary: dict[str, Any], *, hashed: bool) -> None:
        if self._ended:
            self._raise_ended()
        base = os.path.basename(path.rstrip("/"))  # noqa: PTH119
        paths.check_name(base, "path")
        stored = self._journal_asset(self._store.copy(path, folder, _numbered(base), hashed=hashed))
        about = {**summary, "path": os.path.abspath(path), "size": stored.size}  # noqa: PTH100
        about |= {"hash": stored.hash} if stored.hash else {}
        self._record_artifact(kind, name, stored.path, summary=about)

    def _write_output(self, kind: str, name: str, path: str, summary: dict[str, Any], write: Callable[[Sink], object]) -> None:
        if self._ended:
            self._raise_ended()
        folder, _, base = path.rpartition("/")
        stored = self._journal_asset(self._store.put(folder, _numbered(base), write))
        self._record_artifact(kind, name, stored.path, summary={**summary, "path": stored.path, "hash": stored.hash, "size": stored.size})

    def _hash_and_size(self, path: str) -> tuple[str, int]:
        return hash_and_size(path)

    def _relative(self, path: str) -> str:
        top = os.fspath(self._store.path) + os.sep
        return path.removeprefix(top)

    # --- lineage -----------------------------------------------------------------------------

    def _record_artifact(
        self,
        kind: str,
        name: str,
        path: str | None,
        *,
        summary: dict[str, Any],
        is_input: bool = False,
        versioned: bool = False,
        further: dict[str, Any] | None = None,
        only_stem: bool = False,
    ) -> LineageRecord:
        """Record an artifact; a line of the lineage journal, written once for what is versioned.

        With `only_stem` nothing is written: the record is needed for its file stem, before its first row.
        """
        if self._ended:
            self._raise_ended()
        with self._mutex:
            known = self._records.get((kind, name))
            if known is not None and known.versioned and versioned:
                return known
            with self._store.locked():
                self._catch_up()
                known = self._records.get((kind, name))
                if known is not None and known.versioned and versioned:
                    return known
                stem = known.stem if known is not None else paths.file_stem(name, self._stems)
                record = LineageRecord(name, kind, stem, path, is_input, versioned, summary, timestamp_now(), further=further or {})
                if only_stem:
                    return record
                record.cell = self.current_cell()
                if versioned:
                    record.path = paths.event_path(kind, stem)
                if known is not None and (known.versioned or versioned):
                    # Versions and a copy under outputs/ of one name: one record, which knows both.
                    other = known.path if versioned else path
                    about = {**known.summary, **summary, "output": other}
                    own = paths.event_path(kind, stem)
                    record = replace(known, path=own, versioned=True, summary=about, further=record.further or known.further)
                self._lineage.append(record.line())
                self._remember(record)
        self._flag(kind, versioned=versioned)
        return record

    def _add_summary(self, kind: str, name: str, summary: dict[str, Any]) -> None:
        with self._mutex:
            record = self._records[kind, name]
            merged = replace(record, summary={**record.summary, **summary})
            if merged != record:
                self._lineage.append(merged.line())
                self._remember(merged)

    def _catch_up(self) -> None:
        """Read the records that other processes, or an earlier life of this run, have written."""
        data = self._store.read(paths.LINEAGE_JOURNAL, self._lineage_read)
        whole = data[: data.rfind(b"\n") + 1]
        self._lineage_read += len(whole)
        for record in lineage.parse_journal(whole)[0]:
            self._remember(record)

    def _record_unlisted(self, files: list[tuple[str, str]]) -> None:
        """Record the event files that no record tells of: each is an artifact, and no other name may have it."""
        known = {record.path for record in self._records.values() if record.versioned}
        for kind, stem in files:
            path = paths.event_path(kind, stem)
            if path not in known:
                record = lineage.unlisted_record(self._records.get((kind, stem)), kind, stem, path)
                self._lineage.append(record.line())
                self._remember(record)

    def _remember(self, record: LineageRecord) -> None:
        self._records[record.kind, record.name] = record
        self._stems[record.stem.casefold()] = record.name

    def _flag(self, kind: str, *, versioned: bool) -> None:
        """Set the marks by which Polyaxon's pages filter runs, once each."""
        missing = _marks(kind, versioned=versioned) - self._flags
        if missing:
            self._update(lambda doc: doc.setdefault("meta_info", {}).update(dict.fromkeys(missing, True)))
            self._flags |= missing

    # --- documents ---------------------------------------------------------------------------

    def _present(self) -> dict[str, Any]:
        """Return the run's document; as we last wrote it, where somebody deleted or damaged it meanwhile."""
        try:
            present = orjson.loads(self._store.read(paths.RUN_FILE))
        except orjson.JSONDecodeError:
            present = None
        return present if isinstance(present, dict) else dict(orjson.loads(self._document))

    def _update(self, change: Callable[[dict[str, Any]], object]) -> None:
        if self._ended:
            self._raise_ended()
        with self._mutex, self._store.locked():
            present = self._present()
            change(present)
            self._replace_document(present)

    def _replace_document(self, present: dict[str, Any]) -> None:
        data = run_document.dump(present)
        self._store.replace(paths.RUN_FILE, data)
        self._document = data

    def _write_lineages(self) -> dict[str, Any]:
        """Write `lineages.plx.json` from the journal and the event files; return the last value of each metric."""
        last: dict[str, Any] = {}
        with self._mutex, self._store.locked():
            self._catch_up()
            assets = lineage.parse_asset_journal(self._store.read(paths.ASSET_JOURNAL))[0]
            for record in self._records.values():
                if record.versioned:
                    data = self._rows_of(record)
                    record.events = event_summary(record.kind, data)
                    record.events |= {"size": len(data), "hash": md5_prefix(data)}
                    record.summary = {**last_version_summary(record.events, assets), **record.summary}
                    if record.kind == "metric" and record.events["rows"]:
                        last[record.name] = record.events["metric"]["last"]
            kept = [r for r in self._records.values() if not r.versioned or r.events["rows"]]
            self._store.replace(paths.LINEAGES_FILE, lineage.dump_lineages(kept))
        return last

    def _rows_of(self, record: LineageRecord) -> bytes:
        """Return the event file of a record; nothing, where its journal was made to lead elsewhere."""
        try:
            return self._store.read(record.path or paths.event_path(record.kind, record.stem))
        except InvalidArgument:
            return b""

    def sync(self) -> None:
        """Wait until the disk has all that was logged so far: nothing of it is lost to a power failure.

        Raises:
            StorageError: the disk refused.
        """
        with self._mutex:
            journals = {id(j): j for j in (*self._journals.values(), self._lineage, self._assets)}
            self._store.sync()
            for journal in journals.values():
                journal.sync()

    def after_fork(self) -> None:
        """Let go, in a child, of what belongs to the parent."""
        self._mutex = threading.RLock()  # another thread of the parent may hold it
        self._store.after_fork()


def _marks(kind: str, *, versioned: bool) -> set[str]:
    return ({"has_events"} if versioned else set()) | ({_FLAGS[kind]} if kind in _FLAGS else set())


def _numbered(base: str) -> Callable[[int], str]:
    """Return what names a file at the first, second, … attempt: `a.csv`, `a-2.csv`, …."""
    stem, dot, suffix = base.partition(".") if not base.startswith(".") else (base, "", "")
    return lambda again: base if again == 1 else f"{stem}-{again}{dot}{suffix}"


_recorders: weakref.WeakSet[RunRecorder] = weakref.WeakSet()


def _after_fork() -> None:
    for recorder in list(_recorders):
        recorder.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
