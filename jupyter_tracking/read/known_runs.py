"""What was read of runs that have ended, kept in memory within a bound: to know that a run is unchanged costs a stat of its documents."""

from __future__ import annotations

import os
import threading
import time
from copy import deepcopy
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from jupyter_tracking.budgets import MOST_KNOWN_BYTES
from jupyter_tracking.fork import free_after_fork
from jupyter_tracking.format.document import run_document, run_values
from jupyter_tracking.format.document.curation import is_archived, is_pinned, note_of
from jupyter_tracking.format.document.metric_summary import MetricDefinition, definitions
from jupyter_tracking.format.document.run_facts import RunFacts
from jupyter_tracking.system.collector import CollectorPause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from jupyter_tracking.format.document.metric_summary import Summary
    from jupyter_tracking.read.run_reader import RunFolder

    Seen = tuple[int, ...]  # `document_stats` of a run, or of more of its files
    Lookup = Callable[[str, Seen], "ListedRun | None"]  # what is known elsewhere of a run whose documents have this stat

_CLOCK_TICK = 2_000_000_000  # ns: within it, a file may change again and have the same time (FAT counts in 2 s)
_TIMES_ITS_JSON = 4  # what a document takes once it is parsed, to its bytes

_CHANGEABLE = {dict, list}

Value = TypeVar("Value")
Item = TypeVar("Item")


def is_settled(seen: Seen, now: int) -> bool:
    """Return whether a change of files after the moment `now` in ns, when they were read, would be seen in their `file_stat`s."""
    return bool(seen) and max(seen[2::4] + seen[3::4]) < now - _CLOCK_TICK


class Known(Generic[Value]):
    """Something of each run, as long as its files are the same.

    It is kept by root. Where there is no more room, the root that was filled longest ago is forgotten; of one that is larger than the
    room, the first runs are kept, since a list of a root asks for all of them in the same order each time.
    """

    def __init__(self, most: int = MOST_KNOWN_BYTES) -> None:
        """Keep so many bytes at most."""
        self._most = most
        self._lock = free_after_fork(threading.Lock())
        self._roots: dict[str, dict[str, tuple[Seen, Value, int]]] = {}  # the one that was filled last comes last
        self._size = 0

    def get(self, path: str | Path, seen: Seen) -> Value | None:
        """Return what is known of a run whose files have this stat; None where nothing is."""
        root, name = os.path.split(os.fspath(path))
        known = self._roots[root].get(name) if seen and root in self._roots else None
        return known[1] if known is not None and known[0] == seen else None

    def put(self, path: str | Path, seen: Seen, value: Value, size: int) -> None:
        """Keep what was read of a run, which takes about so many bytes."""
        parent, name = os.path.split(os.fspath(path))
        with self._lock:
            root = self._roots.pop(parent, {})
            self._roots[parent] = root
            before = root.pop(name, None)
            self._size -= before[2] if before is not None else 0
            while self._size + size > self._most and len(self._roots) > 1:
                forgotten = self._roots.pop(next(iter(self._roots)))
                self._size -= sum(each[2] for each in forgotten.values())
            if self._size + size <= self._most:
                root[name] = (seen, value, size)
                self._size += size


class RunMarks(NamedTuple):
    """What people and code have said of a run beside its values: `group` and `parent` as `init` was given them, or an empty string."""

    pinned: bool
    note: str
    group: str
    parent: str
    definitions: tuple[MetricDefinition, ...]


_UNMARKED = RunMarks(pinned=False, note="", group="", parent="", definitions=())


def marks_of(info: dict[str, Any]) -> RunMarks:
    """Return the marks in a run's document."""
    group, parent = run_document.own_text(info, "group") or "", run_document.own_text(info, "parent") or ""
    marks = RunMarks(is_pinned(info), note_of(info), group, parent, tuple(definitions(info)))
    return _UNMARKED if marks == _UNMARKED else marks  # one object for most of many runs


class ListedRun(NamedTuple):
    """What a list of runs says of one.

    Attributes:
        facts: what it is called and was given, and what came of it; the caller's own.
        archived: whether lists leave it out.
        seen: a stat of its documents, if the facts hold as long as that is the same; else ().
        marks: its marks.
    """

    facts: RunFacts
    archived: bool
    seen: Seen
    marks: RunMarks


_facts: Known[ListedRun] = Known()


def list_run(folder: RunFolder, summary: Summary = None, catalog: Lookup | None = None) -> ListedRun:
    """Return what a list of runs says of a run; `summary` as of `RunFolder.outputs`, `catalog` is asked before the run is read."""
    if summary is not None:
        return _read_now(folder, summary)
    known = look_at_run(folder, catalog)
    facts = known.facts
    own = facts._replace(tags=list(facts.tags), inputs=_copied(facts.inputs), outputs=_copied(facts.outputs))
    return known._replace(facts=own)


def look_at_run(folder: RunFolder, catalog: Lookup | None = None) -> ListedRun:
    """Return what `list_run` does, for a caller who changes nothing of it: the values are those that are kept."""
    return _read_once(folder, catalog) or _read_now(folder)


def _read_now(folder: RunFolder, summary: Summary = None) -> ListedRun:
    """Return what is said of a run at this moment, whatever is known of it."""
    with folder.one_look():
        return ListedRun(folder.facts(summary), is_archived(folder.info), (), marks_of(folder.info))


def run_name(folder: RunFolder, catalog: Lookup | None = None) -> str:
    """Return the name of a run, as `RunFolder.name` does."""
    known = _read_once(folder, catalog)
    return folder.name if known is None else known.facts.name


def _read_once(folder: RunFolder, catalog: Lookup | None) -> ListedRun | None:
    """Return what is known of a run that has ended, or is now read; None of any other run. The caller may change nothing of it."""
    seen, now = folder.document_stats(), time.time_ns()
    known = _facts.get(folder.location, seen)
    if known is None and catalog is not None:
        known = catalog(folder.location, seen)
        if known is not None:
            _facts.put(folder.location, seen, known, _TIMES_ITS_JSON * seen[1])
    if known is not None:
        return known
    info = folder.info_as_seen(seen[:4]) if seen else folder.info
    facts = _final_facts(info, folder, seen)
    if facts is None:
        return None
    # Where a document was replaced since, what is said here may be newer than `seen`: the next look, which sees another, reads it again.
    is_lasting = is_settled(seen, now)
    listed = ListedRun(facts, is_archived(info), seen if is_lasting else (), marks_of(info))
    folder.forget_info()  # the folder may live as long as a widget
    if not is_lasting:
        return listed
    _facts.put(folder.location, seen, listed, _TIMES_ITS_JSON * seen[1])
    return listed


def _final_facts(info: dict[str, Any], folder: RunFolder, seen: Seen) -> RunFacts | None:
    """Return the facts of a run that has ended and whose document says all of them; None of any other."""
    if not seen or not run_values.outputs_are_final(info, seen[5]):
        return None
    said, why, message = run_document.read_status(info, lambda: None)
    uuid, name, project = str(info.get("uuid") or folder.folder_name), str(info.get("name") or ""), str(info.get("project") or "")
    created, finished, seconds = info.get("created_at"), info.get("finished_at"), run_document.recorded_seconds(info, None)
    tags, inputs = [str(tag) for tag in info.get("tags") or ()], run_values.values_of(info, "inputs")
    outputs = run_values.values_of(info, "outputs")
    return RunFacts(uuid, name, project, said, why, message, created, finished, seconds, tags, inputs, outputs)


def _copied(values: dict[str, object]) -> dict[str, object]:
    """Return values that the caller may change."""
    own = values.copy()
    if not _CHANGEABLE.isdisjoint(map(type, values.values())):
        own |= {name: deepcopy(value) for name, value in values.items() if type(value) in _CHANGEABLE}
    return own


# --- many runs -----------------------------------------------------------------------------------

_BATCH = 10_000  # runs, which take half a second


def each_of_many(read: Callable[[Item], Value], runs: Iterable[Item]) -> list[Value]:
    """Return what is read of each of many runs, in their order; after each batch the collector of cycles may look."""
    left, found = iter(runs), []
    while True:
        with CollectorPause():
            batch = [read(run) for run in islice(left, _BATCH)]
        found += batch
        if len(batch) < _BATCH:
            return found
