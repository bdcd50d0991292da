"""The table of runs: a row for each, read from the runs' documents, and encoded for the page."""

from __future__ import annotations

import json
import math
import os
from functools import lru_cache
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from jupyter_tracking.errors import TrackingError, replace_surrogates
from jupyter_tracking.format import paths
from jupyter_tracking.format.document import run_document
from jupyter_tracking.format.document.metric_goal import Goal, goal_of
from jupyter_tracking.progress import Progress
from jupyter_tracking.read.catalog.content import LocalCatalog
from jupyter_tracking.read.known_runs import each_of_many, look_at_run
from jupyter_tracking.read.run_reader import RunFolder
from jupyter_tracking.system import os_calls
from jupyter_tracking.views.model.downsample import SPARK_GAP, SPARK_POINTS, spark_heights
from jupyter_tracking.views.model.payload import Payload, json_safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from jupyter_tracking.format.document.metric_summary import MetricDefinition
    from jupyter_tracking.read.known_runs import ListedRun, Lookup

Row = dict[str, Any]

_OWN = (
    *("id", "name", "status", "why", "created", "finished", "duration", "tags", "note", "group", "parent"),
    *("project", "pinned", "archived"),
)
_KINDS = {"created": "time", "finished": "time", "duration": "seconds"}
_GROUPS = ("inputs", "outputs")
_SHORTEST = 8
_LONGEST = 200
# Of at most so many runs, `poll` reads each; of more, those that are running.
_ALL = 500


class _Listed(NamedTuple):
    """A run as it was last read.

    Attributes:
        folder: its folder.
        row: its row.
        seen: as of `ListedRun`.
        info: its document, where `seen` is empty.
        definitions: what `define_metric` said in it.
    """

    folder: RunFolder
    row: Row
    seen: tuple[int, ...]
    info: dict[str, Any]
    definitions: tuple[MetricDefinition, ...]


class RunTable:
    """Runs, the newest first, and a row for each.

    Attributes:
        folders: the runs, in the order of the rows.
        rows: their columns as the page shows them. Those of a root that are archived are among them: the page hides them.
        goals: what is better of each output of which that is known, those that were defined first.
        left_out: folders of runs that are in no row although they were named: they are in the trash.
    """

    def __init__(self, runs: Sequence[RunFolder] | None, root: Path) -> None:
        """List runs.

        Args:
            runs: which; None for all under the root, also those that are started later.
            root: the folder that holds `runs/`.
        """
        self.root = root
        self._given = None if runs is None else list({run.path: run for run in runs}.values())
        self.left_out: set[Path] = set()
        self._known: dict[str, _Listed] = {}  # by path
        self._modified: object = None
        self.folders: list[RunFolder] = []
        self.rows: list[Row] = []
        self.goals: dict[str, Goal] = {}
        self.refresh()

    def refresh(self) -> bool:
        """Read the runs again; return whether a row is new or has changed."""
        before = (self.rows, self.goals)
        self._modified = self._root_modified()
        count, folders = self._found()
        catalog = LocalCatalog(self.root).get if self._given is None else None
        with Progress("browse()", "runs") as progress:
            every = each_of_many(lambda folder: self._read(folder, catalog), progress.over(folders, count))
        self._known = {each.folder.location: each for each in every}
        every.sort(key=lambda each: str(each.row["uuid"]))
        every.sort(key=lambda each: float(each.row["created"] or 0), reverse=True)  # no tuple of each, for which the collector would look
        self.folders, self.rows = [each.folder for each in every], [each.row for each in every]
        _identify(self.rows)
        self.goals = _goals(self.rows, [each.definitions for each in every])
        return (self.rows, self.goals) != before

    @property
    def hides_archived(self) -> bool:
        """Whether runs that are archived are shown only when they are asked for: those that were named are always shown."""
        return self._given is None

    @property
    def every(self) -> list[tuple[RunFolder, Row]]:
        """The runs and their rows."""
        return list(zip(self.folders, self.rows, strict=True))

    @property
    def listed(self) -> list[tuple[RunFolder, Row]]:
        """The runs that are shown unless others are asked for."""
        return [(folder, row) for folder, row in self.every if not (self.hides_archived and row["archived"])]

    @property
    def listed_rows(self) -> list[Row]:
        """The rows that are shown unless others are asked for."""
        return [row for row in self.rows if not (self.hides_archived and row["archived"])]

    def _read(self, folder: RunFolder, catalog: Lookup | None) -> _Listed:
        """Read a run, or what a catalog says of it; the row of one that has ended is kept as long as its documents do not change."""
        known = self._known.get(folder.location)
        if known is not None and known.seen and known.seen == folder.document_stats():
            return known
        if known is not None and known.info and known.info is folder.info and known.row["status"] in run_document.FINAL_STATUSES:
            return known
        listed = look_at_run(folder, catalog)
        return _Listed(folder, _row(listed), listed.seen, {} if listed.seen else folder.info, listed.marks.definitions)

    def poll(self) -> bool:
        """Read what may have changed: every run of a few; of many, those that are running, and new ones. Return whether anything has."""
        if len(self.rows) <= _ALL or self._root_modified() != self._modified:
            return self.refresh()
        changed = False
        for n, folder in enumerate(self.folders):
            if self.rows[n]["status"] in run_document.OVER:
                continue
            row = _row(look_at_run(folder)) | {key: self.rows[n][key] for key in ("id", "parent")}
            changed = changed or row != self.rows[n]
            self.rows[n] = row
        return changed

    @property
    def may_grow(self) -> bool:
        """Whether runs may be started or are still running."""
        return self._given is None or any(row["status"] not in run_document.OVER for row in self.rows)

    def find(self, identity: str) -> RunFolder | None:
        """Return a run by its uuid, or by its id in the table."""
        for folder, row in zip(self.folders, self.rows, strict=True):
            if identity in {row["id"], row["uuid"]}:
                return folder
        return None

    def _root_modified(self) -> object:
        try:
            return os.stat(self.root / "runs").st_mtime_ns  # noqa: PTH116 - as elsewhere
        except OSError:
            return None

    def _found(self) -> tuple[int, Iterable[RunFolder]]:
        """Return how many runs there are, and them; those that are new are made as they are asked for."""
        if self._given is not None:
            given = [folder for folder in self._given if folder.path not in self.left_out]
            return len(given), given
        known = self._known
        found = sorted(entry.path for entry in paths.run_entries(self.root))
        return len(found), (each.folder if (each := known.get(path)) is not None else RunFolder(path) for path in found)


def _row(run: ListedRun) -> Row:
    facts, marks = run.facts, run.marks
    return {
        "uuid": facts.uuid,
        "name": replace_surrogates(facts.name),
        "status": replace_surrogates(facts.status),
        "why": cut(facts.why),
        "created": _micros(facts.created_at),
        "finished": _micros(facts.finished_at),
        "duration": facts.duration,
        "tags": replace_surrogates(", ".join(facts.tags)),
        "note": cut(marks.note),
        "group": cut(marks.group),
        "parent": cut(marks.parent),
        "project": cut(facts.project),
        "pinned": "pinned" if marks.pinned else "",
        "archived": "archived" if run.archived else "",
        "inputs": {_safe_name(k): _cell(v) for k, v in facts.inputs.items()},
        "outputs": {_safe_name(k): _cell(v) for k, v in facts.outputs.items()},
    }


def _micros(text: str | None) -> float | None:
    moment = run_document.parse_moment(text)
    return None if moment is None else moment.timestamp() * 1e6


@lru_cache(maxsize=4096)  # of many runs most have the same
def _safe_name(name: str) -> str:
    return replace_surrogates(name)


def _cell(value: object) -> float | str | None:
    """Return a value as a number, or as a string: an integer too, where a float would be another."""
    if value is None:
        return None
    if type(value) is float:
        return math.nan if math.isnan(value) else value  # the same object each time, so that rows are equal
    if type(value) is int and int(float(value)) == value:
        return float(value)
    return cut(value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False))


def cut(text: str) -> str:
    """Return a text as the table shows it: the start of a long one."""
    return replace_surrogates(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…") if text else ""


def _identify(rows: Sequence[Row]) -> None:
    """Give each row an id: the shortest prefix of its uuid that no other row has."""
    length, every = _SHORTEST, {row["uuid"] for row in rows}
    while len({uuid[:length] for uuid in every}) < len(every):
        length += 4
    ids = {}
    for row in rows:
        row["id"] = ids[row["uuid"]] = replace_surrogates(row["uuid"][:length])
    for row in rows:
        if row["parent"]:
            row["parent"] = ids.get(row["parent"], row["parent"])


def _goals(rows: Sequence[Row], definitions: Iterable[tuple[MetricDefinition, ...]]) -> dict[str, Goal]:
    """Return what is better of each output of which that is known."""
    known = [list(each) for each in dict.fromkeys(definitions)]
    goals = {name: goal_of(name, known) for name in dict.fromkeys(name for row in rows for name in row["outputs"])}
    known_ones = [(name, goal) for name, goal in goals.items() if goal.direction]
    return dict(sorted(known_ones, key=lambda each: each[1].why != _DEFINED))


# --- a line of each run --------------------------------------------------------------------------

_MOST_SPARK_BYTES = 2_000_000  # of the rows of a metric: of more, there is no line, since all of them would be read
_DEFINED = "as defined"  # as a goal says it of itself


def first_score(rows: Sequence[Row], goals: Mapping[str, Goal]) -> str:
    """Return the result that the table shows first: the first that has a goal, or no name."""
    return next((name for name in goals if any(name in row["outputs"] for row in rows)), "")


def spark_of(folder: RunFolder, metric: str) -> bytes:
    """Return the line of a run's metric, as `spark_heights` makes it; nothing where it has none, or too many values."""
    try:
        own = RunFolder(folder.path)  # which is not held, and the rows that it reads with it
        artifact = own.find(metric, "metric")
        fd = own.open_file(artifact.path or "")
        try:
            is_small = os_calls.fstat(fd).st_size <= _MOST_SPARK_BYTES
        finally:
            os_calls.close(fd)
        values = own.rows(artifact).value if is_small else None
    except (TrackingError, OSError):
        return b""
    return b"" if values is None or len(values) < 2 else spark_heights(values)  # noqa: PLR2004 - of one value there is no line


# --- on its way to the page ----------------------------------------------------------------------


def columns(rows: Iterable[Row]) -> list[tuple[str, str]]:
    """Return the columns of rows, as (group, name)."""
    rows = list(rows)
    found = [("", name) for name in _OWN]
    for group in _GROUPS:
        known: set[str] = set()
        for row in rows:
            if not known.issuperset(row[group]):
                found += [(group, name) for name in row[group] if name not in known]
                known.update(row[group])
    return found


def _picker(group: str, name: str) -> Callable[[Row], Any]:
    return (lambda row: row[group].get(name)) if group else (lambda row: row[name])


def encode_rows(rows: Sequence[Row], goals: Mapping[str, Goal], *, hides_archived: bool, sparks: Sequence[bytes] | None = None) -> Payload:
    """Encode rows column by column: numbers as they are, strings as indices into the list of distinct ones.

    Args:
        rows: the rows.
        goals: as of `RunTable`.
        hides_archived: as of `RunTable`.
        sparks: the lines of the first rows, where they go along; else the page asks for those that it shows.
    """
    payload = Payload({"rows": len(rows), "fields": [], "hides_archived": hides_archived, "spark": first_score(rows, goals)})
    if sparks:
        gap = bytes([SPARK_GAP])
        every = b"".join(spark.ljust(SPARK_POINTS, gap) for spark in sparks[: len(rows)])
        payload.add("spark", np.frombuffer(every, dtype=np.uint8))
    for number, (group, name) in enumerate(columns(rows)):
        cells = [row[group].get(name) for row in rows] if group else [row[name] for row in rows]
        types = set(map(type, cells))
        field: dict[str, Any] = {"group": group, "name": name}
        if group == "outputs" and name in goals:
            field["goal"], field["why"] = goals[name]
        payload.head["fields"].append(field)
        if (group or name in _KINDS) and types <= {float, NoneType}:
            field["kind"] = _KINDS.get(name, "number") if not group else "number"
            payload.add(f"v{number}", np.array(cells, dtype=np.float64))  # None is NaN
            if NoneType in types:
                payload.add(f"n{number}", np.array([cell is None for cell in cells], dtype=np.uint8))
            continue
        texts = cells if types == {str} else ["" if cell is None else _words(cell) for cell in cells]
        place = {text: n for n, text in enumerate(dict.fromkeys(texts))}
        field |= {"kind": "text", "words": list(place)}
        payload.add(f"c{number}", np.fromiter(map(place.__getitem__, texts), np.uint32, len(texts)))
    return payload


def _words(cell: float | str) -> str:
    return cell if isinstance(cell, str) else f"{cell:.6g}"


def changed_rows(rows: Sequence[Row], before: Sequence[Row]) -> list[list[Any]] | None:
    """Return rows that changed as [index, cells]; None when the page needs the whole table: other rows or columns, or many changes."""
    if len(rows) != len(before) or columns(rows) != columns(before):
        return None
    changed = [n for n, (row, old) in enumerate(zip(rows, before, strict=True)) if row != old]
    if any(rows[n]["id"] != before[n]["id"] for n in changed) or len(changed) > max(20, len(rows) // 20):
        return None
    picks = [_picker(group, name) for group, name in columns(rows)]
    return [[n, [json_safe(pick(rows[n])) for pick in picks]] for n in changed]
