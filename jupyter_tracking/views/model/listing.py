"""The listing of a run: its artifacts, files, log, inputs, outputs and problems, in words and numbers. Nothing is drawn from the values."""

from __future__ import annotations

import contextlib
import stat
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.format import paths
from jupyter_tracking.kinds import kind_of
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.views.model.payload import json_safe
from jupyter_tracking.views.model.source_cells import log_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_tracking.read.run_files import RunFacts
    from jupyter_tracking.read.run_reader import Artifact, RunFolder

_FILES = 2_000
_PROBLEMS = 200


def ordered(folder: RunFolder) -> list[Artifact]:
    """Return the artifacts of a run sorted by kind, and within a kind as they were first logged."""
    return sorted(folder.artifacts(), key=lambda a: (kind_of(a.kind).order, a.kind))


def list_artifacts(folder: RunFolder, before: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the listing of a run, as it goes to the page.

    Args:
        folder: the run.
        before: an earlier listing, whose problems are kept: to look for them, every row and asset is read.
    """
    files = list(_files(folder))
    problems = [] if before else find_problems(folder)
    facts = folder.facts()
    listing: dict[str, Any] = {
        "run": {"uuid": facts.uuid, "name": facts.name, "status": facts.status, "why": facts.why, "facts": _facts(folder, facts)},
        "artifacts": [_entry(folder, artifact) for artifact in ordered(folder)],
        "files": files[:_FILES],
        "log": log_of(folder),
        "inputs": _pairs(facts.inputs),
        "outputs": _pairs(facts.outputs),
        "problems": [[p.file, "" if p.line is None else str(p.line), p.problem] for p in problems[:_PROBLEMS]],
        "more": {"files": max(0, len(files) - _FILES), "problems": max(0, len(problems) - _PROBLEMS)},
    }
    safe: dict[str, Any] = json_safe(listing)
    if before:
        safe["problems"] = before["problems"]
        safe["more"]["problems"] = before["more"]["problems"]
    return safe


def change_marks(folder: RunFolder) -> list[tuple[str, int, int]]:
    """Return sizes and times of the run's files: as long as they are equal, nothing was logged. No file is opened."""
    found = [(path, seen) for path, seen in folder.walk("events") if not stat.S_ISDIR(seen.st_mode)]
    for path in (paths.RUN_FILE, paths.LINEAGE_JOURNAL):
        with contextlib.suppress(OSError):
            found.append((path, (folder.path / path).lstat()))
    return [(path, seen.st_size, seen.st_mtime_ns) for path, seen in found]


def _entry(folder: RunFolder, artifact: Artifact) -> dict[str, Any]:
    entry: dict[str, Any] = {"kind": artifact.kind, "name": artifact.name}
    try:
        events = folder.events(artifact)
        if events:
            entry["steps"] = len({event.step for event in events})
        if events and artifact.row_kind == "metric":
            entry["last"] = f"{folder.columns(artifact)['value'][-1].as_py():.6g}"
    except (TrackingError, OSError) as error:
        entry["note"] = str(error)
    size = artifact.summary.get("size")
    if isinstance(size, int) and not artifact.versioned:
        entry["size"] = size
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
        "folder": str(folder.path),
    }
    return [[name, str(value)] for name, value in said.items() if value not in (None, "")]


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
