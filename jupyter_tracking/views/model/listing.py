"""The listing of a run: its artifacts, files, log, inputs, outputs and problems, in words and numbers. Nothing is drawn from the values."""

from __future__ import annotations

import contextlib
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_tracking.format import paths
from jupyter_tracking.kinds import kind_of
from jupyter_tracking.printed import short_path
from jupyter_tracking.read.remote.roots import remote_place
from jupyter_tracking.read.scan.file_ends import FileEnd, file_ends
from jupyter_tracking.system.collector import CollectorPause
from jupyter_tracking.views.model.payload import json_safe
from jupyter_tracking.views.model.source_cells import log_of
from jupyter_tracking.views.model.units import unit_of, with_unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_tracking.format.document.run_facts import RunFacts
    from jupyter_tracking.read.run_files import Problem
    from jupyter_tracking.read.run_reader import Artifact, RunFolder

_FILES = 2_000
_PROBLEMS = 200
NOT_LOOKED_FOR = "not looked for here; view.problems() tells them"
_SOON_BYTES, _SOON_FILES = 1 << 21, 500


def ordered(folder: RunFolder) -> list[Artifact]:
    """Return the artifacts of a run sorted by kind, and within a kind as they were first logged."""
    artifacts = folder.artifacts()
    orders = {kind: (kind_of(kind).order, kind) for kind in {artifact.kind for artifact in artifacts}}
    return sorted(artifacts, key=lambda artifact: orders[artifact.kind])


def list_artifacts(folder: RunFolder, problems: Sequence[Problem] | None = None) -> dict[str, Any]:
    """Return the listing of a run, as it goes to the page. No row is read but the last of each file, and those of small files.

    Args:
        folder: the run.
        problems: what `find_problems` returned of it; None where nobody has looked.
    """
    with CollectorPause(), folder.one_look():
        safe = _listing(folder)
    return with_problems(safe, problems or (), "" if problems is not None else NOT_LOOKED_FOR)


def _listing(folder: RunFolder) -> dict[str, Any]:
    files = list(_files(folder))
    folder.wanted([artifact.path or "" for artifact in folder.artifacts() if artifact.versioned])
    artifacts = ordered(folder)
    ends = list(file_ends(folder, artifacts))
    for artifact, end in zip(artifacts, ends, strict=True):
        if isinstance(end, FileEnd) and artifact.row_kind == "metric":
            folder.keep_last_value(artifact, end.last)
    facts = folder.facts()
    listing: dict[str, Any] = {
        "run": {"uuid": facts.uuid, "name": facts.name, "status": facts.status, "why": facts.why, "facts": _facts(folder, facts)},
        "files": files[:_FILES],
        "log": log_of(folder),
        "inputs": _pairs(facts.inputs),
        "outputs": _pairs(facts.outputs),
        "more": {"files": max(0, len(files) - _FILES)},
    }
    safe: dict[str, Any] = json_safe(listing)
    safe["artifacts"] = [_entry(artifact, end) for artifact, end in zip(artifacts, ends, strict=True)]
    return safe


def with_problems(listing: dict[str, Any], problems: Sequence[Problem], unchecked: str = "") -> dict[str, Any]:
    """Return a listing with what is wrong with the run, and in words why that may not be all."""
    told = [[p.file, "" if p.line is None else str(p.line), p.problem] for p in problems[:_PROBLEMS]]
    more = {**listing["more"], "problems": max(0, len(problems) - _PROBLEMS)}
    return {**listing, "problems": json_safe(told), "more": more, "unchecked": json_safe(unchecked)}


def is_soon_checked(folder: RunFolder) -> bool:
    """Return whether all rows and files of a run are so few that its problems are found in no time."""
    if sum(artifact.versioned for artifact in folder.artifacts()) + len(folder.assets) > _SOON_FILES:
        return False
    size = count = 0
    for _, seen in folder.walk("events"):
        size, count = size + seen.st_size, count + 1
        if size > _SOON_BYTES or count > _SOON_FILES:
            return False
    return count + len(folder.assets) <= _SOON_FILES


def change_marks(folder: RunFolder) -> list[tuple[str, int, int]]:
    """Return sizes and times of the run's files: as long as they are equal, nothing was logged. No file is opened."""
    found = [(path, seen) for path, seen in folder.walk("events") if not stat.S_ISDIR(seen.st_mode)]
    for path in (paths.RUN_FILE, paths.LINEAGE_JOURNAL):
        with contextlib.suppress(OSError):
            found.append((path, (folder.path / path).lstat()))
    return [(path, seen.st_size, seen.st_mtime_ns) for path, seen in found]


def _entry(artifact: Artifact, end: FileEnd | Exception | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"kind": json_safe(artifact.kind), "name": json_safe(artifact.name)}
    if isinstance(end, FileEnd):
        if end.rows:
            one = end.steps == 1 and end.rows > 1  # all at one step, or without any, as what the machine uses
            entry |= {"rows": end.rows} if end.steps is None or one else {"steps": json_safe(end.steps)}
        if end.last is not None and artifact.row_kind == "metric":
            entry["last"] = with_unit(end.last, unit_of(artifact.kind, artifact.name))
    elif end is not None:
        entry["note"] = json_safe(str(end))
    size = artifact.summary.get("size")
    if isinstance(size, int) and not artifact.versioned:
        entry["size"] = json_safe(size)
    if artifact.is_input:
        entry["input"] = True
    return entry


def _facts(folder: RunFolder, facts: RunFacts) -> list[list[str]]:
    said = {
        "status": facts.status,
        "reason": facts.reason,
        "message": facts.message,
        "project": facts.project,
        "description": folder.info.get("description"),
        "tags": ", ".join(facts.tags),
        "created": facts.created_at,
        "finished": facts.finished_at,
        "took": _duration(facts.duration),
        "uuid": facts.uuid,
        "folder": shown_place(folder),
    }
    return [[name, str(value)] for name, value in said.items() if value not in (None, "")]


def shown_place(folder: RunFolder) -> str:
    """Return where a run lies, for what is shown and saved: as `relative_path` says, of the .zip that it was unpacked from its own."""
    return relative_path(folder.archive or folder.path)


def relative_path(path: Path) -> str:
    """Return where a run or a root lies, for what is saved: a notebook that is moved together with its runs still finds them.

    It tells nothing of the machine: where the run does not lie near the current directory it is the end of the path, from the root. Of
    what is at a store it is the URL.
    """
    url = remote_place(path)
    if url is not None:
        return url
    short = Path(short_path(path))
    if short.is_absolute() or short.parts[:1] == ("~",):
        short = Path(*path.parts[-2:]) if path.parent.name == "runs" else Path(path.name)
    return short.as_posix()


def _duration(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    minutes, rest = divmod(seconds, 60)
    return f"{seconds:.1f} s" if not minutes else f"{minutes:.0f} min {rest:.0f} s"


def _pairs(values: dict[str, Any]) -> list[list[str]]:
    return [[str(key), f"{value:.6g}" if isinstance(value, float) else str(value)] for key, value in values.items()]


def _files(folder: RunFolder) -> Iterator[list[Any]]:
    """List the files the user and the run keep, with their sizes; links are named and not followed."""
    for top in ("outputs", "assets"):
        for path, seen in folder.walk(top):
            if not stat.S_ISDIR(seen.st_mode):
                yield [path, seen.st_size]
