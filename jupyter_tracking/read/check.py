"""What is wrong with a run's files, in words: every bad row, missing or changed file, escape attempt, stray file."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.format import lineage, paths, run_document
from jupyter_tracking.read.run_files import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from hashlib import _Hash as Digest

    from jupyter_tracking.read.run_reader import Artifact, RunFolder

__all__ = ["find_problems"]

_CHUNK = 1 << 20


def find_problems(folder: RunFolder, *, hashes: bool = False) -> list[Problem]:
    """Return every problem of a run folder.

    Args:
        folder: the run.
        hashes: read every file and compare its md5 with the one taken when it was logged, or when the run ended.
    """
    ended = folder.is_ours and str(folder.info.get("status")) in run_document.FINAL_STATUSES
    records, problems = folder.records()
    problems = ([folder.info_problem] if folder.info_problem else []) + problems + list(_strays(folder))
    problems += _lines(folder)
    named = {record.path for record in records}
    problems += [
        Problem(path, None, "no lineage record names this event file", "")
        for path in (f"events/{kind}/{name}" for kind in folder.list_names("events") for name in folder.list_names(f"events/{kind}"))
        if ended and path.endswith(".plx") and path not in named
    ]
    for artifact in folder.artifacts():
        problems += _rows(folder, artifact) if artifact.versioned else _place(folder, artifact)
        if ended and hashes and artifact.versioned:
            problems += _since_end(folder, artifact)
    if hashes:
        problems += _since_logged(folder)
    return problems


def _strays(folder: RunFolder) -> Iterator[Problem]:
    for kind in folder.list_names("events"):
        for name in folder.list_names(f"events/{kind}"):
            if not name.endswith(".plx"):
                yield Problem(f"events/{kind}/{name}", None, "not an event file; Polyaxon parses every file here", "")


def _lines(folder: RunFolder) -> list[Problem]:
    """Return the bad lines of the journal of assets."""
    try:
        bad = lineage.parse_asset_journal(folder.read(paths.ASSET_JOURNAL))[1]
    except (TrackingError, OSError) as error:
        there = (folder.path / paths.ASSET_JOURNAL).is_symlink()
        return [Problem(paths.ASSET_JOURNAL, None, _words(error), "")] if there else []
    return [Problem(paths.ASSET_JOURNAL, line, problem, "") for line, problem in bad]


def _rows(folder: RunFolder, artifact: Artifact) -> list[Problem]:
    file = artifact.path or ""
    try:
        found = [Problem(file, p.line, p.problem, p.text) for p in folder.row_problems(artifact)]
        pairs = list(zip(folder.events(artifact), folder.payloads(artifact), strict=False))
    except (TrackingError, OSError) as error:
        return [Problem(file, None, _words(error), "")]
    for event, payload in pairs:
        if isinstance(payload, ValueError):
            found.append(Problem(file, event.line, str(payload), ""))
        elif isinstance(payload, dict) and isinstance(payload.get("path"), str):
            try:
                folder.asset_path(payload["path"])
            except (TrackingError, OSError) as error:
                found.append(Problem(file, event.line, _words(error), payload["path"]))
    return found


def _place(folder: RunFolder, artifact: Artifact) -> list[Problem]:
    path = artifact.path
    if not path or paths.is_url(path) or os.path.isabs(path):  # noqa: PTH117
        return []
    try:
        folder.asset_path(path)
    except (TrackingError, OSError) as error:
        return [Problem(paths.LINEAGES_FILE, None, f"{artifact.kind} {artifact.name!r}: {_words(error)}", path)]
    return []


def _words(error: Exception) -> str:
    """Return what an error says, without its number."""
    return str(getattr(error, "strerror", None) or error)


def _since_end(folder: RunFolder, artifact: Artifact) -> Iterator[Problem]:
    """Compare an event file with its hash of when the run ended."""
    then = artifact.record.events.get("hash")
    try:
        digest = _digest(folder, artifact.path or "")
    except (TrackingError, OSError):
        return  # told with its rows
    if then and digest != then:
        yield Problem(artifact.path or "", None, "the file is not what it was when the run ended", f"md5 {digest}, was {then}")


def _since_logged(folder: RunFolder) -> Iterator[Problem]:
    """Compare assets, and copies under outputs/, with their hashes of when they were logged."""
    for path, item in folder.assets.items():
        then = item.get("hash")
        try:
            digest = _digest(folder, path) if then else then
        except (TrackingError, OSError):
            continue  # told with the row or the record that names it
        if digest != then:
            yield Problem(path, None, "the content is not what was logged", f"md5 {digest}, was {then}")


def _digest(folder: RunFolder, path: str) -> str:
    """Return the first 12 hex digits of the md5 of a file, or of a folder's files in order."""
    digest = hashlib.md5(usedforsecurity=False)
    _add(folder, path, digest)
    return digest.hexdigest()[:12]


def _add(folder: RunFolder, path: str, digest: Digest) -> None:
    fd = folder.open(path)
    if stat.S_ISDIR(os.fstat(fd).st_mode):
        os.close(fd)
        for name in folder.list_names(path):
            _add(folder, f"{path}/{name}", digest)
        return
    with os.fdopen(fd, "rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
