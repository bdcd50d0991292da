"""Artifacts of one run as they are recorded: names, rows, assets and lineage records.

A run's status is the concern of `record.run`; how a value becomes a cell or an asset is that of its kind.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from dataclasses import replace
from threading import get_ident
from typing import TYPE_CHECKING, Any

import orjson

from jupyter_tracking.errors import RunEnded
from jupyter_tracking.fork import call_after_fork
from jupyter_tracking.format import event_rows, lineage, paths
from jupyter_tracking.format.document import run_document
from jupyter_tracking.format.event_rows import STEP_MAX, STEP_MIN
from jupyter_tracking.format.lineage import LineageRecord
from jupyter_tracking.format.step_timestamp import FormattedTimestamp, as_step, as_timestamp, timestamp_now
from jupyter_tracking.kinds import KINDS
from jupyter_tracking.kinds.base import AssetCopy, NewAsset, Recorder
from jupyter_tracking.record import resume_polyaxon
from jupyter_tracking.record.lineage_document import event_bytes, write_lineages
from jupyter_tracking.redact import KnownSecrets
from jupyter_tracking.redact.given import without_secrets
from jupyter_tracking.storage.journal import Journal, syncing
from jupyter_tracking.storage.reentry import RUN, hold, new_lock, whole_call
from jupyter_tracking.storage.user_file_reader import file_mode, hash_and_size, path_below
from jupyter_tracking.storage.writer_lock import FolderLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from jupyter_tracking.kinds.base import Encoded, Timestamp
    from jupyter_tracking.record.row_attribution import RowAttribution
    from jupyter_tracking.storage.store import Store, Stored


class RunRecorder(Recorder):
    """Writes rows, assets and lineage records into a run folder."""

    def __init__(self, store: Store) -> None:
        """Record into the store's folder."""
        self._store = store
        self.path: Path = store.path
        self._ended = False
        self._closed = False  # to rows, while it ends
        self._mutex = new_lock(RUN)
        self._journals: dict[tuple[str, str], Journal] = {}
        self._child_journals: dict[tuple[str, str], Journal] = {}  # those of a forked child
        self._records: dict[tuple[str, str], LineageRecord] = {}
        self._stems: dict[str, str] = {}
        self._flags: set[str] = set()
        self._lineage = Journal(store, paths.LINEAGE_JOURNAL)
        self._lineage_read = 0
        self._metric_lock = FolderLock(store.path / "events" / "metric", store.open_row_lock)
        self._assets = Journal(store, paths.ASSET_JOURNAL)
        self._document = b"{}"  # as it was last written
        self.resumed = False
        self.current_cell: Callable[[], dict[str, Any]] = dict
        self.attribution: RowAttribution | None = None
        self.known_secrets = KnownSecrets()  # looked for in all that is kept of the run but its content
        call_after_fork(self)

    @property
    def store(self) -> Store:
        """The run folder, to write to."""
        return self._store

    def _turn(self) -> AbstractContextManager[None]:
        """Keep other threads from what is known of the run, while it is looked up and changed."""
        return hold(self._mutex, RUN, f"run {self.path.name[:8]}")

    # --- rows --------------------------------------------------------------------------------

    def record(self, kind: str, name: str, encoded: Encoded, step: int | None = None, timestamp: Timestamp = None) -> None:
        """Append a row to the artifact's event file; its asset, if there is one, is written first.

        Args:
            kind: the kind's name.
            name: the artifact's name.
            encoded: what the kind's `encode` returned: the row's payload, or an asset and the payload of the row that names it.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            RunEnded: the run has ended.
            StorageError: the disk refused; every earlier row was kept.
        """
        if type(encoded) is not float:
            if isinstance(encoded, NewAsset | AssetCopy):  # the asset comes first: a row never names a file that is not there
                name, step, timestamp = paths.check_name(name), as_step(step), FormattedTimestamp(as_timestamp(timestamp))
                with whole_call():
                    payload = self._store_asset(kind, name, step, encoded)
                    self.record(kind, name, payload, step, timestamp)
                return
            if isinstance(encoded, dict):  # before anything is written, as it may hold what JSON cannot
                encoded = event_rows.format_cell(encoded)
        # Called for each value that is logged: a plain step and the present time take the shortest way.
        step = step if step is None or (type(step) is int and STEP_MIN <= step <= STEP_MAX) else as_step(step)
        moment = timestamp_now() if timestamp is None else as_timestamp(timestamp)
        try:
            journal = self._journals.get((kind, name)) or self._event_journal(kind, name)  # of a run that has ended there is none
        except TypeError:  # a name that is no string, and has no hash
            paths.check_name(name)
            raise
        attribution = self.attribution
        if attribution is not None and (timestamp is not None or attribution.check_every_row or get_ident() != attribution.cell_thread):
            moment = attribution.attribute(kind, paths.check_name(name), moment, given=timestamp is not None)
        journal.append(event_rows.format_row(kind, step, moment, encoded))

    def record_metrics(self, values: Mapping[str, float], step: int | None, timestamp: Timestamp) -> None:
        """Append a row to each of several metrics, with one look at the run and one lock; as in `Recorder`."""
        if len(values) == 1 and ("metric", *values) in self._journals:
            self.record("metric", *next(iter(values.items())), step, timestamp)
            return
        moment = as_timestamp(timestamp)
        journals = [known for name in values if (known := self._journals.get(("metric", name))) is not None]
        if len({*journals}) != len(values):  # a name is new, or two that were logged before, each by itself, are one
            paths.check_names(values, "metrics")
            journals = [self._event_journal("metric", name) for name in values]
        attribution = self.attribution
        if attribution is not None and (timestamp is not None or attribution.check_every_row or get_ident() != attribution.cell_thread):
            for name in values:
                attribution.attribute("metric", paths.check_name(name), moment, given=True)
        rows = [*zip(journals, event_rows.format_metrics(step, moment, values.values()), strict=True)]
        for journal, row in rows[:1]:
            journal.append(row, rows[1:])

    def _event_journal(self, kind: str, name: str) -> Journal:
        true_name = paths.check_name(name)
        # A forked child asks for each row: its parent may have ended the run since the last one.
        journals = self._child_journals if self._store.inherited else self._journals
        with self._turn():
            record = self._record_versioned(kind, true_name)
            known = journals.get((kind, true_name))
            path = paths.event_path(kind, record.stem)
            if known is None and self.resumed:
                resume_polyaxon.check_header(self._store, kind, path)
            journal = known or Journal(self._store, path, event_rows.header(kind), self._metric_lock if kind == "metric" else None)
            journals[kind, true_name] = journals[kind, name] = journal
        return journal

    def _check_open(self) -> None:
        if self._ended or self._store.ended_by_parent:
            raise RunEnded(f"run {self._store.path.name[:8]} has ended; resume it with init(run_uuid=…), or start another with init()")

    # --- assets ------------------------------------------------------------------------------

    def _store_asset(self, kind: str, name: str, step: int | None, asset: NewAsset | AssetCopy) -> dict[str, Any]:
        """Write or copy an asset and return the payload of the row that names it."""
        if isinstance(asset, NewAsset):
            folder, file_name = self._asset_names(kind, name, step, asset.suffix)
            stored = self._store.write_file(folder, file_name, asset.write)
        else:
            suffix = "" if stat.S_ISDIR(file_mode(asset.source)) else paths.file_extension(asset.source)
            folder, file_name = self._asset_names(kind, name, step, suffix)
            stored = self._store.copy(asset.source, folder, file_name, hashed=asset.hashed)
        self._journal_asset(stored)
        return {**asset.payload, "path": stored.path}

    def _asset_names(self, kind: str, name: str, step: int | None, suffix: str) -> tuple[str, Callable[[int], str]]:
        self._check_open()
        stem = self._stem(kind, name)
        return f"assets/{kind}", lambda again: paths.asset_name(stem, step, suffix, again)

    def _journal_asset(self, stored: Stored) -> Stored:
        """Write size and hash of an asset into its journal: a check of the run needs them, and rows have no field for them."""
        self._assets.append(orjson.dumps(stored._asdict()) + b"\n")
        return stored

    def _copy_output(self, kind: str, name: str, path: str, folder: str, summary: dict[str, Any], *, hashed: bool, stays: bool) -> None:
        self._check_open()
        file_mode(path)  # refuses what is no file, and what is not there
        summary = {**summary, "path": os.path.abspath(path)}  # noqa: PTH100
        own = self._own_output(path)
        if own is not None and (stays or own.rpartition("/")[0] == folder):
            found = dict(zip(("hash", "size"), hash_and_size(path), strict=True)) if hashed else {}
            self._record_artifact(kind, name, own, summary={**summary, **found})
            return
        base = os.path.basename(path.rstrip("/"))  # noqa: PTH119
        paths.check_name(base, "path")
        with whole_call():
            stored = self._journal_asset(self._store.copy(path, folder, paths.numbered(base), hashed=hashed))
            about = {**summary, "size": stored.size, **({"hash": stored.hash} if stored.hash else {})}
            self._record_artifact(kind, name, stored.path, summary=about)

    def _own_output(self, path: str) -> str | None:
        """Return a path relative to the run folder where it lies in `outputs/`; else None."""
        for absolute, own in ((os.path.abspath(path), self.path), (os.path.realpath(path), os.path.realpath(self.path))):  # noqa: PTH100
            relative = path_below(absolute, own)
            if not os.path.isabs(relative) and relative.partition("/")[0] == "outputs":  # noqa: PTH117
                self._store.check_inside(relative)
                return relative
        return None

    def _write_output(self, kind: str, name: str, path: str, data: bytes) -> None:
        self._check_open()
        folder, _, base = path.rpartition("/")
        with whole_call():
            stored = self._journal_asset(self._store.write_file(folder, paths.numbered(base), lambda sink: sink.write(data)))
            self._record_artifact(kind, name, stored.path, summary={"path": stored.path, "hash": stored.hash, "size": stored.size})

    # --- lineage -----------------------------------------------------------------------------

    def _record_artifact(
        self,
        kind: str,
        name: str,
        path: str | None,
        *,
        summary: dict[str, Any],
        is_input: bool = False,
        further: dict[str, Any] | None = None,
    ) -> None:
        self._check_open()
        summary, further = without_secrets([summary, further or {}], "summary", self.known_secrets)
        path = without_secrets(path, "path", self.known_secrets) if path is not None and paths.is_url(path) else path
        with self._turn(), self._store.locked():
            self._check_open()  # a forked child's parent may have ended the run meanwhile
            self._read_new_records()
            stem, moment = self._stem_of(kind, name), timestamp_now()
            if self.attribution is not None and self.attribution.check_every_row:
                moment = self.attribution.attribute(kind, name, moment, given=False)
            record = LineageRecord(name, kind, stem, path, is_input, summary=summary, logged=moment, further=further)
            known = self._records.get((kind, name))
            if known is not None and known.versioned:
                # Versions and a copy under outputs/ of one name: one record, which knows both.
                about = {**known.summary, **summary, "output": path}
                record = replace(known, path=paths.event_path(kind, stem), summary=about, further=record.further or known.further)
            else:
                record.cell = self.current_cell()
            self._write_record(record)
        self._flag(kind, versioned=False)

    def _record_versioned(self, kind: str, name: str) -> LineageRecord:
        """Return the record of an artifact that has rows; it is in the lineage journal before the first row is in the event file."""
        self._check_open()
        with self._turn():
            known = self._records.get((kind, name))
            if known is not None and known.versioned:
                return known
            with self._store.locked():
                self._check_open()
                self._read_new_records()
                known = self._records.get((kind, name))
                if known is not None and known.versioned:
                    return known
                stem = self._stem_of(kind, name)
                path = paths.event_path(kind, stem)
                if known is None:
                    record = LineageRecord(name, kind, stem, path, versioned=True, logged=timestamp_now(), cell=self.current_cell())
                else:  # logged before without a step: its record knows both from now on
                    record = replace(known, path=path, versioned=True, summary={**known.summary, "output": known.path})
                self._write_record(record)
        self._flag(kind, versioned=True)
        return record

    def _stem(self, kind: str, name: str) -> str:
        """Return the file stem that an artifact has, or will have with its first row."""
        with self._turn():
            known = self._records.get((kind, name))
            if known is not None and known.versioned:
                return known.stem
            with self._store.locked():
                self._read_new_records()
                return self._stem_of(kind, name)

    def _stem_of(self, kind: str, name: str) -> str:
        known = self._records.get((kind, name))
        return known.stem if known is not None else paths.file_stem(name, self._stems)

    def _write_record(self, record: LineageRecord) -> None:
        if self._closed:
            raise RunEnded(f"run {self._store.path.name[:8]} is ending; {record.name!r} was not logged")
        self._lineage.append(record.line())
        self._remember(record)

    def _add_summary(self, kind: str, name: str, summary: dict[str, Any]) -> None:
        summary = without_secrets(summary, "summary", self.known_secrets)
        with self._turn(), self._store.locked():
            self._read_new_records()
            record = self._records[kind, name]
            merged = replace(record, summary={**record.summary, **summary})
            if merged != record:
                self._write_record(merged)

    def _read_new_records(self) -> None:
        """Read the records that other processes, or this run before it was resumed, have written."""
        data = self._store.read(self._lineage.relative, self._lineage_read)
        whole = data[: data.rfind(b"\n") + 1]
        self._lineage_read += len(whole)
        for record in lineage.parse_journal(whole)[0]:
            self._remember(record)

    def _known_records(self) -> list[LineageRecord]:
        """Return the records of all artifacts of the run, those of other processes too."""
        with self._turn():
            self._read_new_records()
            return list(self._records.values())

    def _record_unlisted(self, files: list[tuple[str, str]]) -> None:
        """Record the event files that no record names: each is an artifact, and no other artifact may get its file."""
        known = {record.path for record in self._records.values() if record.versioned}
        for kind, stem in files:
            path = paths.event_path(kind, stem)
            if path not in known:
                record = lineage.unlisted_record(self._records.get((kind, stem)), kind, stem, path)
                self._write_record(record)

    def _remember(self, record: LineageRecord) -> None:
        self._records[record.kind, record.name] = record
        self._stems[record.stem.casefold()] = record.name

    def _flag(self, kind: str, *, versioned: bool) -> None:
        """Set the flags by which Polyaxon's pages filter runs, each once."""
        flag = KINDS[kind].flag if kind in KINDS else None
        missing = {*(["has_events"] if versioned else []), *([flag] if flag else [])} - self._flags
        if missing:
            self._update_document(lambda doc: doc.setdefault("meta_info", {}).update(dict.fromkeys(missing, True)))
            self._flags |= missing

    # --- documents ---------------------------------------------------------------------------

    def _current_document(self) -> dict[str, Any]:
        """Return the run's document, or as it was last written, where it was deleted or damaged meanwhile."""
        try:
            present = orjson.loads(self._store.read(paths.RUN_FILE))
        except orjson.JSONDecodeError:
            present = None
        return present if isinstance(present, dict) else dict(orjson.loads(self._document))

    def _update_document(self, change: Callable[[dict[str, Any]], object]) -> None:
        self._check_open()
        with self._turn(), self._store.locked():
            self._check_open()
            present = self._current_document()
            change(present)
            run_document.mark_alive(present)
            self._replace_document(present)

    def _replace_document(self, present: dict[str, Any]) -> None:
        data = lineage.dump_document(present)
        self._store.replace(paths.RUN_FILE, data)
        self._document = data

    def _replace_lineages(self, ready: Callable[[], object] = bool) -> tuple[dict[str, dict[str, float]], int]:
        """Write `lineages.plx.json` as `write_lineages` does; the lock of the documents is held."""
        self._read_new_records()
        return write_lineages(self._store, self._records.values(), ready)

    def _last_value(self, metric: str) -> float | None:
        """Return the last value of a metric, of all that was logged; None where there is none."""
        record = self._records.get(("metric", metric))
        data = b"".join(event_bytes(self._store, record)) if record is not None and record.versioned else b""
        first = data.find(b"\n") + 1
        order = event_rows.parse_header(data[: max(0, first - 1)], "metric")
        row = event_rows.last_row(data[: data.rfind(b"\n") + 1], "metric", order or event_rows.OUR_COLUMNS, start=first if order else 0)
        return row.value if row is not None else None

    @contextmanager
    def _without_new_rows(self) -> Iterator[None]:
        """Refuse further rows of other threads and forked children, so that what is told of them stays true, unless the block fails."""
        journals = {*self._journals.values(), *self._child_journals.values()}
        try:
            self._closed = True
            self._store.tell_children(ended=True)
            for journal in journals:
                journal.close(ended=True)
            yield
        except BaseException:
            self._closed = False
            self._store.tell_children(ended=False)
            for journal in journals:
                journal.close(ended=False)
            raise

    def sync(self) -> None:
        """Wait until the disk has all that was logged so far: nothing of it is lost to a power failure.

        Raises:
            StorageError: the disk refused.
        """
        with self._turn(), self._syncing() as files:
            self._store.sync(files)

    def _syncing(self) -> AbstractContextManager[list[str]]:
        return syncing({*self._journals.values(), *self._child_journals.values(), self._lineage, self._assets})

    def after_fork(self) -> None:
        """In a forked child: close what belongs to the parent."""
        self._mutex = new_lock(RUN)  # another thread of the parent may hold it
        self._journals = {}
        self._store.after_fork()
