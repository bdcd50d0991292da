"""The runs that a saved notebook shows, and how the notebook sessions of two runs differ. No notebook is executed or written."""

from __future__ import annotations

import difflib
import os
import stat
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from jupyter_tracking.budgets import MOST_DOCUMENT_BYTES
from jupyter_tracking.errors import InvalidArgument, MissingFile, TrackingError, escape_controls
from jupyter_tracking.format import paths
from jupyter_tracking.format.json_fields import OBJECT, TEXT, Fields, FieldType, steps_in_full, typed
from jupyter_tracking.format.lineage import META_KEY
from jupyter_tracking.frames import cells
from jupyter_tracking.frames.dtypes import with_dtypes
from jupyter_tracking.read import check
from jupyter_tracking.read.catalog.at_store import open_runs
from jupyter_tracking.read.find import find_run, place_of
from jupyter_tracking.read.remote.roots import find_root, remote_url, use_options
from jupyter_tracking.read.run_reader import RunFolder
from jupyter_tracking.system import os_calls
from jupyter_tracking.system.files import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nbformat import NotebookNode

_COLUMNS = {
    "cell": "Int64",
    "cell_id": "string",
    "execution_count": "Int64",
    "run_uuid": "string",
    "run_name": "string",
    "run_path": "string",
    "kind": "string",
    "name": "string",
    "steps": "Int64",
    "on_disk": "boolean",
    "unchanged": "boolean",
}


# --- which runs a notebook shows -----------------------------------------------------------------


def runs_in(
    notebook: str | os.PathLike[str],
    root: str | os.PathLike[str] | None = None,
    *,
    storage_options: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Return the runs and artifacts that a saved notebook shows: a row a display and artifact.

    `on_disk` says whether the run is found (as it was, in the folder of the notebook or below, or under the root) and still holds the
    artifact; `unchanged` whether all that was shown is there byte for byte. A browser's row has no name.

    Args:
        notebook: the file.
        root: the folder that holds `runs/`, or a URL, as `runs()` takes it; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
        storage_options: of the store that a URL names, as `runs()` takes them.

    Raises:
        MissingFile: there is no such file.
        InvalidArgument: it is no notebook.
    """
    use_options(root, storage_options)
    rows = []
    for position, cell in enumerate(read_notebook(notebook).cells):
        seen = set()
        for display in _displays(cell):
            for shown in shown_artifacts(display):
                key = (shown["run_uuid"], shown.get("kind"), shown.get("name"))
                if key not in seen:
                    seen.add(key)
                    place = {"cell": position, "cell_id": cell.get("id"), "execution_count": cell.get("execution_count")}
                    rows.append(place | _row(shown, notebook, root))
    return with_dtypes(pd.DataFrame(rows, columns=list(_COLUMNS), dtype="object"), _COLUMNS)


def read_notebook(notebook: str | os.PathLike[str]) -> NotebookNode:
    """Return a notebook file, brought to the present version of the format.

    Raises:
        MissingFile: there is no such file.
        InvalidArgument: it is no notebook.
    """
    path = os.fspath(notebook)
    try:
        fd = os_calls.open(path, os_calls.O_RDONLY | os_calls.O_NONBLOCK | os_calls.O_CLOEXEC)
        try:
            seen = os_calls.fstat(fd)
            data = read_bytes(fd, min(seen.st_size, MOST_DOCUMENT_BYTES + 1)) if stat.S_ISREG(seen.st_mode) else None
        finally:
            os_calls.close(fd)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MissingFile(error.errno, f"notebook={path!r}: no such file") from None
    except (OSError, ValueError) as error:
        raise InvalidArgument(f"notebook={path!r} cannot be read: {error}") from None
    if data is None:
        raise InvalidArgument(f"notebook={path!r} is not a regular file; give a notebook")
    return cells.as_notebook(data, path)


_SHOWN: Fields = {
    **dict.fromkeys(("run_uuid", "run_path", "kind", "name"), TEXT),
    "steps": FieldType("a list of steps", lambda value: steps_in_full(value) is not None),
    "events": OBJECT,
}
_NAMES = FieldType("a list of names", lambda value: type(value) is list and all(each is None or TEXT.fits(each) for each in value))
_MANY: Fields = {"view": TEXT, "color": TEXT, "axes": _NAMES, "group_by": _NAMES}
_VIEWS = {"scatter", "parallel", "comparison"}


def _known(said: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of a display or an artifact, as far as it can be, with all of its steps."""
    kept = typed(said, _SHOWN, [])
    return {**kept, "steps": steps_in_full(kept["steps"])} if isinstance(kept.get("steps"), str) else kept


def _displays(cell: Any) -> Iterator[dict[str, Any]]:
    """Yield the metadata of each display of ours among the outputs of a cell."""
    for output in cell.get("outputs") or ():
        metadata = display_metadata(output)
        if metadata is not None:
            yield metadata


def display_metadata(output: Any) -> dict[str, Any] | None:
    """Return what an output of a cell says of the run and the artifacts it shows, as far as that can be; None of another output."""
    metadata = (output.get("metadata") or {}).get(META_KEY)
    kept = _known(metadata) if isinstance(metadata, dict) else {}
    return kept if kept.get("run_uuid") else None


def table_metadata(output: Any) -> dict[str, Any] | None:
    """Return what an output of a cell says of many runs that it shows, None of another output.

    `runs` are at most 1,000 of them; `many` is which view of them it is, and of what, or None of a table: `view`, one of `scatter`,
    `parallel` and `comparison`, `axes`, `color` and `group_by`.
    """
    said = (output.get("metadata") or {}).get(META_KEY)
    metadata: dict[str, Any] = said if isinstance(said, dict) and "run_uuid" not in said else {}
    runs = metadata.get("runs")
    listed = [typed(run, _SHOWN, []) for run in runs[:1000] if isinstance(run, dict)] if isinstance(runs, list) else []
    kept = [{"run_uuid": run["run_uuid"], "run_path": run.get("run_path") or ""} for run in listed if run.get("run_uuid")]
    return {"runs": kept, "many": _many_view(metadata.get("many"))} if kept else None


def _many_view(many: Any) -> dict[str, Any] | None:
    kept = typed(many, _MANY, []) if isinstance(many, dict) else {}
    given = {key: value for key, value in kept.items() if value is not None}
    return {"axes": [], "color": None, "group_by": [], **given} if kept.get("view") in _VIEWS else None


def shown_artifacts(metadata: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each artifact of a display's metadata, with the run it is of."""
    own = {"run_uuid": metadata["run_uuid"], "run_path": metadata.get("run_path") or ""}
    runs, artifacts = metadata.get("runs"), metadata.get("artifacts")
    listed = [typed(run, _SHOWN, []) for run in runs if isinstance(run, dict)] if isinstance(runs, list) else []
    paths = {run["run_uuid"]: run.get("run_path") or "" for run in listed if "run_uuid" in run}
    for artifact in artifacts if isinstance(artifacts, list) else [metadata]:
        if isinstance(artifact, dict):
            known = _known(artifact)
            uuid = known.get("run_uuid") or own["run_uuid"]
            kept = {key: known[key] for key in ("kind", "name", "steps", "events") if known.get(key) is not None}
            yield own | kept | {"run_uuid": uuid, "run_path": paths.get(uuid, own["run_path"])}


def find_shown_run(shown: dict[str, Any], notebook: str | os.PathLike[str], root: str | os.PathLike[str] | None) -> RunFolder | None:
    """Return the run of a display: where it was as seen from the notebook, else under the root; None when it is in neither place.

    A notebook may say anything of where its runs are. One is opened only if it lies in the folder of the notebook, or among the runs of the
    root, and if no link leads to it from there: else a notebook could have any run of its reader shown in a page to be passed on.
    """
    uuid, path = shown["run_uuid"], shown["run_path"]
    beside, url, name = Path(os.path.abspath(notebook)).parent, remote_url(root), uuid.replace("-", "").lower()  # noqa: PTH100
    recorded = Path(os.path.normpath(beside / path))
    candidates = [(beside, recorded)] if path else []
    if url is None:
        top = find_root(root)
        candidates += [(top, place) for place in (recorded, paths.run_path(top, name)) if place.is_relative_to(top / "runs")]
    for above, place in candidates:
        if _is_folder_in(above, place):
            folder = RunFolder(place)
            if folder.uuid == uuid:
                return folder
    there = open_runs(url, [name]).get(name) if url is not None and paths.is_file_name(name) else None
    return there if there is not None and there.uuid == uuid else None


def _is_folder_in(top: Path, place: Path) -> bool:
    """Return whether a folder lies below another, at any depth, with no link on the way."""
    relative = os.path.relpath(place, top)
    try:
        with ExitStack() as stack:
            root = stack.enter_context(paths.closing_descriptor(os_calls.open(top, os_calls.ANY_FOLDER)))
            fd = stack.enter_context(paths.closing_descriptor(paths.open_inside(root, relative)))
            return stat.S_ISDIR(os_calls.fstat(fd).st_mode)
    except (TrackingError, OSError, ValueError):
        return False


def _row(shown: dict[str, Any], notebook: str | os.PathLike[str], root: str | os.PathLike[str] | None) -> dict[str, Any]:
    steps = shown.get("steps")
    row: dict[str, Any] = {key: shown.get(key) for key in ("run_uuid", "kind", "name")}
    row |= {"run_path": shown["run_path"] or None, "run_name": None, "on_disk": False, "unchanged": None}
    row["steps"] = len(steps) if isinstance(steps, list) else None
    folder = find_shown_run(shown, notebook, root)
    if folder is None:
        return row
    row |= {"run_name": folder.name or None, "run_path": place_of(folder)}
    if not shown.get("name"):
        return row | {"on_disk": True}
    try:
        artifact = folder.find(str(shown["name"]), shown.get("kind"))
        there = set(folder.steps(artifact))
    except (TrackingError, OSError):
        return row
    then = shown.get("events") if isinstance(shown.get("events"), dict) else {}
    complete = there >= set(steps if isinstance(steps, list) else ())
    return row | {"on_disk": True, "unchanged": complete and check.is_unchanged(folder, artifact, then or {})}


# --- how two sessions differ ---------------------------------------------------------------------


# How many pairs of lines, or of characters, are looked at to find how two sessions differ; it takes some seconds.
_MOST_WORK = 30_000_000


class NotebookDiff(str):
    """A readable difference; empty when there is none. It shows itself as the text it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the text, as it is safe to print."""
        return "\n".join(map(escape_controls, self.split("\n"))) or "no differences"


def diff_notebooks(run_a: object, run_b: object, root: str | os.PathLike[str] | None = None) -> NotebookDiff:
    """Return which cells differ between the sessions of two runs: cells added, removed and changed, line by line.

    Args:
        run_a: a run as `open_run` takes it.
        run_b: the other.
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.

    Raises:
        NotFound: no such run, or one that kept no code.
    """
    a, b = find_run(run_a, root), find_run(run_b, root)
    before, after = (cells.session_notebook(folder).cells for folder in (a, b))
    sources = [[str(cell.source) for cell in cells] for cells in (before, after)]
    lines: list[str] = []
    work = _Work()
    for tag, start, end, first, last in work.changes(*sources):
        if tag == "equal":
            continue
        for old, new in _pairs(before[start:end], after[first:last], work):
            lines += [f"@@ {_title(old)} → {_title(new)} @@", *_lines(old, new, work), ""]
    head = [escape_controls(f"{sign} {folder.name} {folder.uuid[:8]}") for sign, folder in (("---", a), ("+++", b))]
    return NotebookDiff("\n".join([*head, *lines]).rstrip() + "\n" if lines else "")


class _TooMuchError(Exception):
    """To find what two texts have in common takes more than there is time for."""


class _Work:
    """How much is compared, of all of two sessions: what comes after that is told as wholly different, which is true as well."""

    def __init__(self) -> None:
        self.left = _MOST_WORK

    def matcher(self, a: Sequence[str], b: Sequence[str]) -> difflib.SequenceMatcher[str]:
        """Return a matcher that raises when there is no time left."""
        work = self

        class Matcher(difflib.SequenceMatcher[str]):
            def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> difflib.Match:
                places: dict[str, list[int]] = self.b2j  # type: ignore[attr-defined] # documented, and not known to the type checker
                work.left -= sum(1 + len(places.get(each, ())) for each in a[alo:ahi])
                if work.left < 0:
                    raise _TooMuchError
                return super().find_longest_match(alo, ahi, blo, bhi)

        return Matcher(None, a, b, autojunk=False)

    def changes(self, a: Sequence[str], b: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
        """Return what `difflib` calls the opcodes."""
        try:
            return list(self.matcher(a, b).get_opcodes())
        except _TooMuchError:
            return [("replace", 0, len(a), 0, len(b))]

    def likeness(self, a: str, b: str) -> float:
        """Return how much two texts have in common, from 0 to 1."""
        try:
            return self.matcher(a, b).ratio()
        except _TooMuchError:
            return 0.0


def _pairs(old: list[Any], new: list[Any], work: _Work) -> Iterator[tuple[Any, Any]]:
    """Pair cells that are alike, in order; the rest stand alone."""
    at = 0
    for cell in old:
        alike = [work.likeness(cell.source, other.source) for other in new[at:]] if work.left > 0 else []
        best = max(range(len(alike)), key=alike.__getitem__, default=-1)
        if best < 0 or alike[best] < 0.5:  # noqa: PLR2004 - half of it is the same
            yield cell, None
            continue
        for other in new[at : at + best]:
            yield None, other
        yield cell, new[at + best]
        at += best + 1
    for other in new[at:]:
        yield None, other


def _title(cell: Any) -> str:
    if cell is None:
        return "nothing"
    count = cell.get("execution_count")
    return f"cell [{count}]" if count is not None else "a cell"


def _lines(old: Any, new: Any, work: _Work) -> list[str]:
    before, after = (cell.source.splitlines() if cell is not None else [] for cell in (old, new))
    lines: list[str] = []
    for tag, start, end, first, last in work.changes(before, after):
        if tag == "equal":
            lines += [f"  {line}" for line in before[start:end]]
        else:
            lines += [*(f"- {line}" for line in before[start:end]), *(f"+ {line}" for line in after[first:last])]
    return lines
