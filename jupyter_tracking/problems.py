"""What is wrong with a run's files, in words: every bad row, missing or changed asset, escape attempt, stray file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from jupyter_tracking import layout, lineages
from jupyter_tracking.errors import TrackingError
from jupyter_tracking.files import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_tracking.reader import Artifact, RunFolder

__all__ = ["find_problems"]


def find_problems(folder: RunFolder, *, hashes: bool = False) -> list[Problem]:
    """Return every problem of a run folder.

    Args:
        folder: the run.
        hashes: read every asset and compare its md5 with the one taken when it was logged.
    """
    problems = [folder.info_problem] if folder.info_problem else []
    problems += folder.records()[1]
    problems += _strays(folder)
    known = _assets(folder, problems)
    for artifact in folder.artifacts():
        problems += _rows(folder, artifact, known) if artifact.versioned else _place(folder, artifact)
    if hashes:
        problems += _changed(folder, known)
    return problems


def _strays(folder: RunFolder) -> Iterator[Problem]:
    for kind in folder.names("events"):
        for name in folder.names(f"events/{kind}"):
            if not name.endswith(".plx"):
                yield Problem(f"events/{kind}/{name}", None, "not an event file; Polyaxon parses every file here", "")


def _assets(folder: RunFolder, problems: list[Problem]) -> dict[str, dict[str, Any]]:
    """Return size and hash of each asset as they were when it was logged."""
    try:
        known, bad = lineages.read_assets(folder.read(layout.ASSET_JOURNAL))
    except (TrackingError, OSError):
        return {}
    problems += [Problem(layout.ASSET_JOURNAL, line, problem, "") for line, problem in bad]
    return known


def _rows(folder: RunFolder, artifact: Artifact, known: dict[str, dict[str, Any]]) -> list[Problem]:
    file = artifact.path or ""
    try:
        found = [Problem(file, p.line, p.problem, p.text) for p in folder.row_problems(artifact)]
        pairs = list(zip(folder.events(artifact), folder.payloads(artifact), strict=False))
    except (TrackingError, OSError) as error:
        return [Problem(file, None, str(error), "")]
    for event, payload in pairs:
        if isinstance(payload, ValueError):
            found.append(Problem(file, event.line, str(payload), ""))
        elif isinstance(payload, dict) and isinstance(payload.get("path"), str):
            problem = _asset(folder, payload["path"], known)
            if problem:
                found.append(Problem(file, event.line, problem, payload["path"]))
    return found


def _asset(folder: RunFolder, path: str, known: dict[str, dict[str, Any]]) -> str | None:
    try:
        size = folder.checked(path).lstat().st_size
    except (TrackingError, OSError) as error:
        return str(error)
    then = known.get(path, {}).get("size")
    if then is not None and not (folder.path / path).is_dir() and size != then:
        return f"the asset has {size} bytes, and had {then} when it was logged"
    return None


def _place(folder: RunFolder, artifact: Artifact) -> list[Problem]:
    path = artifact.path
    if not path or layout.is_url(path) or os.path.isabs(path):  # noqa: PTH117
        return []
    try:
        folder.checked(path)
    except (TrackingError, OSError) as error:
        return [Problem(layout.LINEAGES_FILE, None, f"{artifact.kind} {artifact.name!r}: {error}", path)]
    return []


def _changed(folder: RunFolder, known: dict[str, dict[str, Any]]) -> list[Problem]:
    import hashlib

    found = []
    for path, item in known.items():
        if not item.get("hash") or (folder.path / path).is_dir():
            continue
        try:
            digest = hashlib.md5(folder.read(path), usedforsecurity=False).hexdigest()[:12]
        except (TrackingError, OSError):
            continue  # told with the row that names it
        if digest != item["hash"]:
            found.append(Problem(path, None, "the content is not what was logged", f"md5 {digest}, was {item['hash']}"))
    return found
