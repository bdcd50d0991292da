"""What runs ran in: of their environments and of their code, what is not the same in all of them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.format.json_fields import parse_json
from jupyter_tracking.frames.cells import session_notebook
from jupyter_tracking.frames.saved_notebooks import diff_notebooks
from jupyter_tracking.views.model.payload import json_safe
from jupyter_tracking.views.model.run_table import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_tracking.read.run_reader import RunFolder

_MOST_RUNS = 200  # whose environments and notebooks are read
_MOST_ROWS = 60
_MOST_DIFFS = 5
_LONGEST = 20_000
_TOLD = ("python_version", "os", "machine", "cpu_count", "hostname", "user", "filename", "jupyter_tracking_version")


class Difference(NamedTuple):
    """Something that not all runs have alike: its name, and each value with the runs that have it."""

    name: str
    having: list[tuple[str, list[int]]]


class Surroundings(NamedTuple):
    """What is known of what runs ran in.

    Attributes:
        differs: what is not the same in all of them.
        same: how many things are.
        code: each session's code with the runs that have it; empty where none kept any.
        diffs: how a session's code differs from the first one's: what it is called, and the difference.
        note: what was not looked at, in words.
    """

    differs: list[Difference]
    same: int
    code: list[tuple[str, list[int]]]
    diffs: list[tuple[str, str]]
    note: str


def surroundings_of(folders: Sequence[RunFolder], labels: Sequence[str]) -> Surroundings:
    """Return what differs in the environments and in the code of runs; what cannot be read of a run is told as not known."""
    looked = folders[:_MOST_RUNS]
    known = [_environment(folder) for folder in looked]
    found: list[Difference] = []
    same = 0
    for name in dict.fromkeys(name for each in known for name in each):
        values: dict[str, list[int]] = {}
        for n, each in enumerate(known):
            values.setdefault(each.get(name, "not there" if each else "not known"), []).append(n)
        if len(values) == 1:
            same += 1
        else:
            found.append(Difference(name, sorted(values.items(), key=lambda item: -len(item[1]))))
    code, diffs = _code(looked, labels)
    notes = [f"environments and code are those of the first {_MOST_RUNS} runs"] if len(folders) > len(looked) else []
    if len(found) > _MOST_ROWS:
        notes.append(f"{len(found) - _MOST_ROWS} more differ")
    return Surroundings(found[:_MOST_ROWS], same, code, diffs, "; ".join(notes))


def _environment(folder: RunFolder) -> dict[str, str]:
    """Return what is told of a run's environment, the versions of its packages among it, and its commit."""
    found: dict[str, str] = {}
    try:
        artifacts = folder.artifacts()
    except TrackingError:
        return found
    for artifact in artifacts:
        if artifact.kind == "coderef":
            found["commit"] = cut(artifact.name)
        if artifact.kind == "env" and artifact.path:
            found |= _told(folder, artifact.path)
    return found


def _told(folder: RunFolder, path: str) -> dict[str, str]:
    try:
        content: Any = parse_json(folder.read_document(path))
    except (TrackingError, OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    found = {name: cut(str(content[name])) for name in _TOLD if content.get(name) is not None}
    packages = content.get("packages")
    for each in packages if isinstance(packages, list) else ():
        if isinstance(each, list) and len(each) == 2:  # noqa: PLR2004
            found[cut(f"{each[0]} (package)")] = cut(str(each[1]))
    return found


def _code(folders: Sequence[RunFolder], labels: Sequence[str]) -> tuple[list[tuple[str, list[int]]], list[tuple[str, str]]]:
    """Return the runs by their code, most of them first, and how each other code differs from that of the first run."""
    groups: dict[bytes, list[int]] = {}
    for n, folder in enumerate(folders):
        groups.setdefault(_hash_of_code(folder), []).append(n)
    without = groups.pop(b"", [])
    if not groups:
        return [], []
    first, *others = groups.values()
    name = labels[first[0]]
    code = [(f"as in {name}", first)]
    diffs = []
    for number, members in enumerate(others):
        code.append((f"as in {labels[members[0]]}", members))
        if number < _MOST_DIFFS:
            try:
                words = str(diff_notebooks(folders[first[0]], folders[members[0]]))
            except TrackingError as error:
                words = str(error)
            text = words if len(words) <= _LONGEST else f"{words[:_LONGEST]}\n…"
            diffs.append((f"{name} → {labels[members[0]]}", json_safe(text)))
    if without:
        code.append(("no code kept", without))
    return code, diffs


def _hash_of_code(folder: RunFolder) -> bytes:
    """Return what stands for the cells that ran; nothing where a run kept none."""
    try:
        cells = session_notebook(folder).cells
    except (TrackingError, OSError):
        return b""
    digest = hashlib.blake2s()
    for cell in cells:
        digest.update(str(cell.source).encode("utf-8", "surrogatepass") + b"\0")
    return digest.digest()
