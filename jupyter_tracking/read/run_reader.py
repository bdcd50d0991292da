"""A run folder, ours or Polyaxon's, running, ended or broken: its artifacts, their events and their values.

A bad file or row never hides the good ones. Nothing is written, nothing outside of the folder is opened, and nothing is
unpickled unless the caller asks for it.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import MalformedEvent, MissingFile, NotFound, TooLarge, TrackingError, suggest
from jupyter_tracking.format import event_rows, lineage, paths
from jupyter_tracking.format.document import metric_summary, rank_names, run_document, run_values
from jupyter_tracking.format.document.run_facts import RunFacts
from jupyter_tracking.kinds import kind_of
from jupyter_tracking.read.asset_reader import AssetReader, path_in
from jupyter_tracking.read.event_file import EventFile
from jupyter_tracking.read.event_table import NO_ROWS
from jupyter_tracking.read.file_bytes import file_stat, written_size
from jupyter_tracking.read.recent_files import RecentFiles
from jupyter_tracking.read.run_files import Problem, RunFiles, reason
from jupyter_tracking.system import os_calls
from jupyter_tracking.system.collector import CollectorPause
from jupyter_tracking.system.files import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_tracking.format.document.metric_summary import Summary
    from jupyter_tracking.format.event_rows import Event
    from jupyter_tracking.format.lineage import LineageRecord
    from jupyter_tracking.read.event_table import EventRows

_RESOURCES = "resources/metric/"


@dataclass(frozen=True, slots=True)
class Artifact:
    """One artifact of a run, as its lineage says.

    Attributes:
        kind: Polyaxon's kind string.
        name: the true name.
        stem: the file stem that stands for the name.
        path: relative to the run, or absolute, or a URL.
        is_input: the run used it rather than made it.
        versioned: it has an event file, with a row a version.
        summary: what was said of it, and size and hash where known.
        record: all of its lineage record.
    """

    kind: str
    name: str
    stem: str
    path: str | None
    is_input: bool
    versioned: bool
    summary: dict[str, Any]
    record: LineageRecord

    @property
    def row_kind(self) -> str:
        """The kind its rows are of: what the machine uses is kept as metrics, of the kind `system`."""
        return "metric" if self.kind == "system" and (self.path or "").startswith(_RESOURCES) else self.kind

    @property
    def meta(self) -> dict[str, Any]:
        """Which cell made it, and when it was first logged."""
        return {"cell": self.record.cell, "logged": self.record.logged}


def open_folder(path: str | os.PathLike[str]) -> RunFolder:
    """Open a run folder.

    Raises:
        NotFound: no folder, or a folder that holds no run.
    """
    folder = RunFolder(paths.absolute(path, "run"))
    marks = (paths.RUN_FILE, paths.LINEAGES_FILE, "events", "outputs", "assets", "plxlogs", "resources")
    if not paths.has_private_folder(folder.path) and not any(os.path.lexists(folder.path / mark) for mark in marks):
        raise NotFound(f"{os.fspath(folder.path)!r} is no run folder: it holds neither {paths.RUN_FILE} nor events/")
    return folder


class RunFolder(RunFiles):
    """A run folder, opened for reading."""

    is_known_ours = False  # set by who has read that the run is over and all of it ours
    _event_files = cached_property(lambda _: RecentFiles())  # of most runs of a list none is ever read
    _known: tuple[object, list[Artifact]] = (None, [])  # the artifacts of a run whose documents say all of them
    _lineage_seen: tuple[tuple[int, ...], bool, bool] = ((), False, False)  # as last read: its stat; all is ours; nothing was wrong

    def __init__(self, path: str | Path) -> None:
        """Name the folder; files are read when they are asked for."""
        super().__init__(path)
        self._lineages = f"{self.location}/{paths.LINEAGES_FILE}"

    def records(self, *, strict: bool = False) -> tuple[list[LineageRecord], list[Problem]]:
        """Return a lineage record for each artifact, and what could not be read of the lineage; with `strict`, every wrong field of it."""
        found: dict[tuple[str, str], LineageRecord] = {}
        problems: list[Problem] = []
        is_ours, moved = self.is_ours, self.is_replaced("events")
        if moved:
            problems.append(Problem("events", None, "a link, which is not followed: no event is read", ""))
        seen, rows_are_ours = file_stat(self._lineages), is_ours
        complete = self._is_complete(seen)
        if seen:
            records, wrong, all_ours = lineage.parse_lineages(self._bytes(paths.LINEAGES_FILE, problems), strict=strict)
            self._lineage_seen = (seen, all_ours, not wrong)
            rows_are_ours = is_ours and all_ours
            found |= {(r.kind, r.name): r for r in reversed(records)}  # of two of one name, the first
            wrong += [f"{len(records) - len(found)} records name an artifact that another names"] if len(found) < len(records) else []
            found = dict(reversed(found.items()))
            if rows_are_ours and not complete and self._is_complete(()):
                wrong.append("it has not as many bytes as the run's end wrote; the event files that it does not name are added")
            problems += [Problem(paths.LINEAGES_FILE, None, w, "") for w in wrong]
        if seen and complete and rows_are_ours and not problems:
            if strict:  # the journal has nothing to add; it may be damaged all the same
                self._add_journal({}, problems, rows_are_ours=True)
            return list(found.values()), problems
        if is_ours:
            self._add_journal(found, problems, rows_are_ours=rows_are_ours)
        self._compare_with_files(found, problems, moved=moved, complete=complete)
        return list(found.values()), problems

    def _add_journal(self, found: dict[tuple[str, str], LineageRecord], problems: list[Problem], *, rows_are_ours: bool) -> None:
        """Add the records of the journal, which has them from the first row on."""
        every = {journal: lineage.parse_journal(self._bytes(journal, problems)) for journal in self.journals(paths.LINEAGE_JOURNAL)}
        problems += [Problem(journal, line, words, "") for journal, (_, bad) in every.items() for line, words in bad]
        for record in (record for records, _ in every.values() for record in records):
            known = found.get((record.kind, record.name))
            if known is None and not rows_are_ours:
                found.pop((record.kind, record.stem), None)  # Polyaxon knows it by its file's name alone
            record.events = record.events or (known.events if known is not None else {})
            found[record.kind, record.name] = record

    def _compare_with_files(
        self, found: dict[tuple[str, str], LineageRecord], problems: list[Problem], *, moved: bool, complete: bool
    ) -> None:
        """Add a record for each event file that none names, and drop those of which nothing was logged."""
        kinds = {kind: self.list_names(f"events/{kind}") for kind in filter(paths.is_file_name, self.list_names("events"))}
        there = [(kind, file.removesuffix(".plx")) for kind, files in kinds.items() for file in files if file.endswith(".plx")]
        unnamed = {paths.event_path(kind, stem): (kind, stem) for kind, stem in there if paths.is_file_name(stem)}
        for key, record in list(found.items()):
            if not record.versioned:
                continue
            path = record.path or ""
            if path in unnamed and unnamed[path][0] != record.kind:
                problems.append(Problem(path, None, f"the lineage says that it is the event file of a {record.kind}", record.name))
                del found[key]
                continue
            is_there = unnamed.pop(path, None) is not None
            nothing = not (record.events or is_there or moved)
            if nothing and self.is_ours and not self.is_replaced(path.rpartition("/")[0]):
                del found[key]  # its writer died before the first row: nothing was logged under this name
            elif is_there and not complete:
                record.events = {}  # as of an earlier end: rows may have come since
        for path, (kind, stem) in unnamed.items():
            record = lineage.unlisted_record(found.get((kind, stem)), kind, stem, path)
            found[record.kind, record.name] = record

    @property
    def rows_are_ours(self) -> bool:
        """Whether a last row without a newline is torn: Polyaxon did not write the run, nor go on with it."""
        return self.is_known_ours or self._answer("ours", self._are_rows_ours)

    def _are_rows_ours(self) -> bool:
        seen = file_stat(self._lineages)
        if seen and seen != self._lineage_seen[0]:
            _, wrong, all_ours = lineage.parse_lineages(self._bytes(paths.LINEAGES_FILE, []))
            self._lineage_seen = (seen, all_ours, not wrong)
        return self.is_ours and (not seen or self._lineage_seen[1])

    def document_stats(self) -> tuple[int, ...]:
        """Return inode, size and times of the run's two documents, to see whether they are unchanged; empty when one is missing."""
        document, lineages = file_stat(self._document), file_stat(self._lineages)
        return document + lineages if document and lineages else ()

    @property
    def is_final(self) -> bool:
        """Whether the two documents, as last read, say all of the run's lineage: it has ended, and all of it is ours."""
        seen, all_ours, whole = self._lineage_seen
        return bool(seen) and all_ours and whole and run_document.is_ours(self._info) and self._is_complete(seen)

    def _is_complete(self, lineages: tuple[int, ...]) -> bool:
        """Return whether the run's document, as last read, and a lineage of this stat say all of the run; () leaves out its size."""
        return run_document.is_complete(self._info, lineages[1] if lineages else None)

    def _bytes(self, relative: str, problems: list[Problem]) -> bytes:
        try:
            return self.read_document(relative)
        except MissingFile:
            return b""
        except (TrackingError, OSError) as error:
            problems.append(Problem(relative, None, reason(error), ""))
            return b""

    def artifacts(self) -> list[Artifact]:
        """Return the run's artifacts in the order they were first logged."""
        return self._answer("artifacts", self._look_at_artifacts).copy()

    def _look_at_artifacts(self) -> list[Artifact]:
        seen = (self.document_stats(), self.is_replaced("events"))
        if not seen[0] or seen != self._known[0]:
            with CollectorPause():
                found = [artifact_of(record) for record in self.records()[0]]
            self._known = (seen if self.is_final else None, found)
        return self._known[1]

    def find(self, name: str, kind: str | None = None) -> Artifact:
        """Return the artifact of this name; of this kind, when several kinds have the name.

        Raises:
            NotFound: none has it, or several kinds do; the message lists what is near.
        """
        everything = self.artifacts()
        wanted = None if kind is None else str(getattr(kind, "value", kind))
        plain = paths.normal_name(name)
        found = [a for a in everything if a.name == plain] or [a for a in everything if paths.normal_name(a.name) == plain]
        found = found or [a for a in everything if a.stem == plain]
        if not found:
            raise NotFound(f"run {self.uuid[:8]} has no artifact {name!r}{suggest(str(name), [a.name for a in everything])}")
        kinds = [a.kind for a in found]
        found = [a for a in found if wanted is None or a.kind == wanted]
        if len(found) == 1:
            return found[0]
        if not found:
            raise NotFound(f"{name!r} is no {wanted}; it is a {' and a '.join(kinds)}")
        raise NotFound(f"{name!r} is the name of a {' and of a '.join(kinds)}; say which with kind=")

    # --- events and values -------------------------------------------------------------------

    def _file(self, artifact: Artifact) -> EventFile | None:
        if not artifact.versioned or not artifact.path:
            return None
        relative = artifact.path

        def make() -> EventFile:
            return EventFile(lambda: self.open_file(relative), artifact.row_kind, ours=self.rows_are_ours)

        return self._event_files.get((artifact.kind, relative), make)

    def event_bytes(self, record: LineageRecord) -> bytes:
        """Return the bytes of an artifact's event file; raises as `open_file`."""
        with paths.closing_descriptor(self.open_file(record.path or "")) as fd:
            return read_bytes(fd, written_size(fd, os_calls.fstat(fd).st_size))

    def rows(self, artifact: Artifact) -> EventRows:
        """Return the good rows of an artifact in the order they were logged, as columns; none of what has no event file."""
        return file.rows() if (file := self._file(artifact)) is not None else NO_ROWS

    def steps(self, artifact: Artifact) -> list[int | None]:
        """Return the steps of an artifact, each once, ascending; None comes first if a row has none."""
        return self.rows(artifact).list_steps()

    def keep_last_value(self, artifact: Artifact, value: float | None) -> None:
        """Say what a metric's last value is, within `one_look`: who has read its file spares `outputs` from reading it again."""
        self._answer(("last", artifact.path), lambda: value)

    def facts(self, summary: Summary = None) -> RunFacts:
        """Return all that a list of runs says of this one, by one reading of its document; `summary` as of `outputs`."""
        with self.one_look():
            info = self.info
            return RunFacts(
                *(self.uuid, self.name, self.project, *self.status_reason, info.get("created_at"), info.get("finished_at")),
                *(self.duration, self.tags, self.inputs, self.outputs(summary)),
            )

    def outputs(self, summary: Summary = None) -> dict[str, Any]:
        """Return the run's outputs: what `log_outputs` said, and a number for each metric of another name.

        Args:
            summary: which number, instead of the one that `define_metric` says: `last min max best mean` of all metrics, or by metric.
        """
        info, seen = self.info, file_stat(self._lineages)
        if summary is None and run_values.outputs_are_final(info, seen[1] if seen else 0):
            return run_values.values_of(info, "outputs")
        ranks = rank_names.size_of(info)  # of several ranks the first says what a metric's number is
        is_bare = not seen and self.source is None and not os.path.lexists(f"{self.location}/events")  # nothing says that there is a row
        every = [] if is_bare else [each for each in self.artifacts() if each.kind == "metric" and each.versioned]
        metrics = {artifact.name: artifact for artifact in every if not rank_names.rank_of(artifact.name, ranks)}
        # A file is asked once: what was logged under a metric's name is told apart by its last value.
        statistic = cache(lambda name, word: self._statistic(metrics[name], word) if name in metrics else None)
        found = metric_summary.summarize_metrics(metrics, statistic, metric_summary.definitions(info), summary)
        return run_values.merge_outputs(info, found, lambda name: statistic(name, "last"))

    def _statistic(self, artifact: Artifact, word: str) -> float | None:
        """Return a statistic of a metric's values; None where it has none, or its file cannot be read.

        A run that has ended has them in its lineage. Before infinities were counted there, only the last of those that are not all
        finite can be relied on.
        """
        events = artifact.record.events
        known = metric_summary.parse_statistics(events.get("metric")) if self.is_final else {}
        if word in known and (word == "last" or known.get("count") == events.get("rows")):
            return known[word]
        try:
            last = self._answer(("last", artifact.path), lambda: file.last_value() if (file := self._file(artifact)) is not None else None)
            file = None if last is None or word == "last" else self._file(artifact)
            return last if file is None else file.statistics().get(word, math.nan)
        except (TrackingError, OSError):
            return None

    def payload(self, artifact: Artifact, event: Event, *, allow_large: bool = False) -> Any:
        """Return the parsed cell of a row.

        Raises:
            TooLarge: it has more values than are read without `allow_large`.
            MalformedEvent: the cell is damaged; the message names file and line.
        """
        file = self._file(artifact)
        try:
            return file.payload(event, limited=not allow_large) if file is not None else {}
        except TooLarge as error:
            raise TooLarge(f"{artifact.path}:{event.line}: {error}; load it with allow_large=True") from None
        except (ValueError, KeyError, RecursionError) as error:
            raise MalformedEvent(f"{artifact.path}:{event.line}: {error}") from None

    def payloads(self, artifact: Artifact) -> list[Any]:
        """Return the parsed cell of every good row, or the `ValueError` of a damaged one."""
        file = self._file(artifact)
        return file.payloads() if file is not None else []

    def iter_payloads(self, artifact: Artifact) -> Iterator[tuple[Event, Any]]:
        """Yield each good row with what `payloads` has of it, one after the other."""
        file, rows = self._file(artifact), self.rows(artifact)
        return zip(rows, file.iter_payloads(rows) if file is not None else (), strict=False)

    def columns(self, artifact: Artifact) -> Any:
        """Return a metric as a pyarrow table: step int64, timestamp timestamp[us, UTC], value float64."""
        file = self._file(artifact)
        if file is None or artifact.row_kind != "metric":
            raise NotFound(f"{artifact.name!r} is a {artifact.kind}; only a metric has columns")
        return file.rows().to_arrow()

    def value(self, artifact: Artifact, event: Event | None = None, *, allow_pickle: bool = False, allow_large: bool = False) -> Any:
        """Return the value of a row; of an artifact without rows, the path or URL where it is.

        Raises:
            TooLarge: the asset is larger than what is decoded without `allow_large`.
            MalformedEvent: the row or its asset is damaged.
            MissingFile: the asset is not there.
            OutsideRun: the row points out of the run.
        """
        if event is None:
            return self._place(artifact)
        payload = self.payload(artifact, event, allow_large=allow_large)
        try:
            return kind_of(artifact.row_kind).decode(payload, AssetReader(self, allow_pickle=allow_pickle, allow_large=allow_large))
        except (ImportError, MemoryError):
            raise
        except TooLarge as error:
            file = payload.get("path") if isinstance(payload, dict) else None
            where = f", or open {file} by a program of your own" if file else ""
            raise TooLarge(f"{artifact.path}:{event.line}: {error}; load it with allow_large=True{where}") from error
        except Exception as error:  # a decoder of a library may raise anything, of data that anybody may have made
            if isinstance(error, TrackingError) and not isinstance(error, MalformedEvent):
                raise
            raise MalformedEvent(f"{artifact.path}:{event.line}: {error}") from None  # a library may quote the bytes as they are

    def _place(self, artifact: Artifact) -> Path | str | None:
        path = artifact.path
        if not path or paths.is_url(path):
            return path
        return Path(path) if os.path.isabs(path) else self.path_of(path)  # noqa: PTH117

    def asset(self, artifact: Artifact, event: Event) -> Path:
        """Return the path of a row's asset; raises as `value`."""
        return self.asset_path(self._asset_path(artifact, event))

    def _asset_path(self, artifact: Artifact, event: Event) -> str:
        payload = self.payload(artifact, event)
        return path_in(payload if isinstance(payload, dict) else {})

    def read_asset(self, artifact: Artifact, event: Event, most: int) -> bytes:
        """Return the bytes of a row's asset, through one descriptor; raises as `value`, and `MalformedEvent` of more than `most`."""
        return self.read_logged(self._asset_path(artifact, event), most)

    def begin_asset(self, artifact: Artifact, event: Event, count: int) -> tuple[bytes, int]:
        """Return the first bytes of a row's asset and how many it has; raises as `value`."""
        fd = self.open_file(self._asset_path(artifact, event))
        try:
            return os_calls.pread(fd, count, 0), os_calls.fstat(fd).st_size
        finally:
            os_calls.close(fd)

    def row_problems(self, artifact: Artifact) -> list[event_rows.RowProblem]:
        """Return the bad rows of an artifact's event file."""
        return file.problems() if (file := self._file(artifact)) is not None else []


def artifact_of(record: LineageRecord) -> Artifact:
    """Return the artifact that a lineage record is of."""
    found = Artifact(record.kind, record.name, record.stem, record.path, record.is_input, record.versioned, record.summary, record)
    return replace(found, versioned=True) if found.row_kind != found.kind else found
