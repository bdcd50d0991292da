"""Find a run by what a user has of it: itself, its folder, its uuid, its name, a prefix of its uuid, or a .zip of it."""

from __future__ import annotations

import os
import shutil
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, NotFound, shortened, suggest
from jupyter_tracking.format import paths
from jupyter_tracking.format.document import curation
from jupyter_tracking.read.catalog.content import LocalCatalog
from jupyter_tracking.read.catalog.named_runs import WHOLE_UUID, NamedRuns, moment_of, named_runs
from jupyter_tracking.read.known_runs import list_run
from jupyter_tracking.read.remote.roots import find_root, is_remote_root, remote_run, remote_url
from jupyter_tracking.read.run_reader import RunFolder, open_folder
from jupyter_tracking.storage.objects import is_url
from jupyter_tracking.storage.run_archive import unpack_run
from jupyter_tracking.storage.trash import trashed_folders

if TYPE_CHECKING:
    from datetime import datetime

_MOST_NESTED = 3
_UUIDS = ("uuid", "run_uuid", "uuids")  # columns of our DataFrames that say which runs their rows are of
ROOT_OF_TABLE = "root"  # in the `attrs` of a DataFrame of runs


def find_run(run: object, root: str | os.PathLike[str] | None = None) -> RunFolder:
    """Open a run given by itself, its folder, its uuid, its name, a prefix of its uuid of at least 4 digits, or a .zip of it.

    Of what fits more than one of these the first wins: a whole uuid; a path with a separator, where there is a run; a name, as a run
    that is called `2024` or `cafe` has to be found whatever the uuids are; a prefix; a folder or a .zip in the current directory.
    Of several runs of one name the newest is meant, by `created_at` and then by the folder's name; one that is archived only where all
    of them are.

    Raises:
        NotFound: there is none, or several have the prefix; the message lists what is near.
        InvalidArgument: a .zip that holds no run.
    """
    return _find(run, root, [])


def is_run(text: str, root: str | os.PathLike[str] | None = None) -> bool:
    """Return whether a run is found by a text."""
    try:
        find_run(text, root)
    except NotFound:
        return False
    return True


def find_under(run: str, root: Path) -> RunFolder:
    """Open a run under a root by its uuid, a prefix of it or its name, as `find_run` does; a path is none of them, and is not looked at.

    Raises:
        NotFound: there is none, or several have the prefix.
    """
    listed = NamedRuns(paths.run_folders(root), root)
    found = listed.find(run)
    if found is None:
        raise _not_found(run, listed, root)
    return found


def resolve_runs(runs: Any, root: str | os.PathLike[str] | None = None) -> list[RunFolder]:
    """Open the runs that a user means.

    Args:
        runs: a run, as `find_run` takes it; a DataFrame of `runs()`, of its groups, of `lineage()` or `problems()`, or a row of one (a
            Series, a dict, a tuple with names); a folder that holds `runs/`; anything that yields such things; all under the root when
            None. Those of a folder are the ones that are not archived, the newest first; one that is given twice is there twice.
        root: the folder that holds `runs/`; by default that of the DataFrame, then `POLYAXON_OFFLINE_ROOT`, else the current directory.

    Raises:
        NotFound: there is no such run; or something that means none, by its type.
        InvalidArgument: a DataFrame that does not say which runs its rows are of.
    """
    return all_runs(find_root(root)) if runs is None else _resolve(runs, root, {}, _MOST_NESTED)


def _resolve(runs: Any, root: str | os.PathLike[str] | None, listed: dict[object, list[NamedRuns]], levels: int) -> list[RunFolder]:
    """Resolve runs as `resolve_runs`; each root is listed once for all of them."""
    uuids = _uuids_of_table(runs)
    root = root if root is not None else _attributes(runs).get(ROOT_OF_TABLE)
    if uuids is not None:
        return [_find(uuid, root, listed.setdefault(root, [])) for uuid in uuids]
    if isinstance(runs, str | os.PathLike):
        text = os.fsdecode(runs)
        top = _as_root(os.fspath(runs))
        if top is not None and (isinstance(runs, os.PathLike) or os.sep in text or text in {".", ".."}):
            return all_runs(top)
        try:
            return [_find(runs, root, listed.setdefault(root, []))]
        except NotFound:
            if top is None:
                raise
            return all_runs(top)
    if not hasattr(runs, "__iter__") or levels == 0 or _open_object(runs) is not None:
        return [_find(runs, root, listed.setdefault(root, []))]
    return [folder for each in runs for folder in _resolve(each, root, listed, levels - 1)]


def all_runs(root: Path) -> list[RunFolder]:
    """Return the runs under a root that are not archived, the newest first, as `runs()` lists them."""
    catalog = LocalCatalog(root).get
    listed = [(list_run(folder, catalog=catalog), folder) for folder in map(RunFolder, paths.run_folders(root))]
    listed.sort(key=lambda each: str(each[0].facts.created_at or ""), reverse=True)
    return [folder for run, folder in listed if not run.archived]


def _as_root(text: str | bytes) -> Path | None:
    """Return a folder that holds runs and is none itself; None where a text is none."""
    if is_url(text):
        return find_root(text) if isinstance(text, str) and is_remote_root(text) else None
    try:
        path = paths.absolute(text, "runs", expands=True)
    except InvalidArgument:
        return None
    return path if (path / "runs").is_dir() and not paths.holds_run(path) else None


def _attributes(table: object) -> dict[str, Any]:
    """Return what a DataFrame or a row of one keeps beside its values; nothing of anything else."""
    attributes = getattr(table, "attrs", None)
    return attributes if isinstance(attributes, dict) else {}


def _uuids_of_table(runs: Any) -> list[str] | None:
    """Return the uuids of the runs of a DataFrame, or of a row of one, each once; None where something is neither.

    Raises:
        InvalidArgument: a DataFrame that has none.
    """
    row = runs._asdict() if hasattr(runs, "_asdict") else runs  # of `itertuples()`, or of `to_dict("records")`
    if isinstance(row, Mapping):
        uuid = next((row[name] for name in _UUIDS if name in row), None)
        return None if uuid is None else uuid if isinstance(uuid, list) else [uuid]
    columns = getattr(runs, "columns", None)
    labels = columns if columns is not None else getattr(runs, "index", None)
    if labels is None or not hasattr(labels, "names") or not hasattr(runs, "attrs"):
        return None
    name = next((name for name in _UUIDS if name in labels), None)
    if name is not None:
        found = list(runs[name]) if columns is not None else [runs[name]]
    elif columns is not None and labels is not None and runs.index.name in _UUIDS:
        found = list(runs.index)
    elif columns is not None:
        raise InvalidArgument(f"runs is a DataFrame with the columns {shortened(list(labels))} and no uuid; give one of runs()")
    else:
        return None
    every = [uuid for each in found for uuid in (each if isinstance(each, list | tuple) else [each])]
    return list(dict.fromkeys(uuid for uuid in every if isinstance(uuid, str)))


def _find(run: object, root: str | os.PathLike[str] | None, listed: list[NamedRuns]) -> RunFolder:
    given = _open_object(run) or _open_url(run, root)
    if given is not None:
        return given
    uuids = _uuids_of_table(run)
    if uuids is not None and len(uuids) == 1:
        known = None if root is not None else _attributes(run).get(ROOT_OF_TABLE)
        return _find(uuids[0], root if known is None else known, listed if known is None else [])
    if not isinstance(run, str | os.PathLike):
        raise NotFound(f"run={shortened(run)} is a {type(run).__name__}; give a run, a uuid, a name or a folder")
    text = os.fsdecode(run)
    is_path = isinstance(run, os.PathLike)
    if is_path or os.sep in text or text in {".", ".."}:
        there = _open_path(text)
        if there is not None or is_path:
            return there or open_folder(text)
    if not listed:
        listed.append(named_runs(root))
    found = listed[0].find(text) or _open_path(text)
    if found is not None:
        return found
    if os.sep in text and os.path.isdir(text):  # noqa: PTH112
        return open_folder(text)
    raise _not_found(text, listed[0], None if remote_url(root) is not None else find_root(root))


def _not_found(text: str, listed: NamedRuns, root: Path | None) -> NotFound:
    known = [name for folders in listed.by_name.values() if (name := listed.name(folders[0]))] + [folder[:12] for folder in listed.folders]
    deleted = _in_trash(text, root) if root is not None else ""
    return NotFound(f"run={text!r}: no run of this uuid or name under {listed.where}{deleted or suggest(text, known)}")


def place_of(folder: RunFolder) -> str:
    """Return where a run is, as its user knows it: the URL at a store, the .zip that it was unpacked from, or its folder."""
    return folder.source.url if folder.source is not None else os.fspath(folder.archive or folder.path)


def find_to_restore(run: object, root: str | os.PathLike[str] | None = None) -> RunFolder:
    """Open a run that may have been archived or deleted, given as `find_run` takes it; raises as `find_run`."""
    try:
        present = find_run(run, root)
    except NotFound:
        present = None
    if present is not None and (not isinstance(run, str) or curation.is_archived(present.info)):
        return present
    top = find_root(root)
    deleted = NamedRuns(trashed_folders(top), top).find(run) if isinstance(run, str) else None
    return deleted or present or find_run(run, root)


def last_worked_on(root: Path, name: str | None = None) -> RunFolder | None:
    """Return the run under a root (of a name, if one is given) that was started, resumed or ended last; None where there is none."""
    runs = [RunFolder(path) for path in paths.run_folders(root)]
    chosen = [each for each in runs if each.info and (name is None or paths.normal_name(each.name) == paths.normal_name(name))]
    return max(chosen, key=lambda each: (_last_change(each), each.path.name), default=None)


def _last_change(folder: RunFolder) -> datetime:
    """Return the last moment that a run's document gives: a file's own time changes when the run is given a note."""
    info = folder.info
    conditions = info.get("status_conditions")
    last = conditions[-1] if isinstance(conditions, list) and conditions and isinstance(conditions[-1], dict) else {}
    moments = [info.get("created_at"), info.get("started_at"), info.get("finished_at"), last.get("last_update_time")]
    return max(map(moment_of, moments))


def _open_object(run: object) -> RunFolder | None:
    """Return the run folder of a run, of ours to record or to read."""
    files = getattr(run, "files", run)
    if isinstance(files, RunFolder):
        return files
    where = getattr(run, "path", None)
    return open_folder(where) if where is not None and not isinstance(run, os.PathLike) else None


def _open_url(run: object, root: object) -> RunFolder | None:
    """Open a run at an object store by its URL, or by its root's and its whole uuid; None where something else is given."""
    if is_url(run):
        return open_folder(remote_run(str(run)))
    if not (is_url(root) and isinstance(run, str) and len(run) == WHOLE_UUID and run.isalnum()):
        return None
    try:
        return open_folder(remote_run(f"{str(root).rstrip('/')}/runs/{run}"))
    except NotFound:  # a name, perhaps
        return None


def _open_path(text: str) -> RunFolder | None:
    """Open a run folder or a .zip of one; None where there is neither."""
    try:
        path = str(paths.absolute(text, "run", expands=True))
    except InvalidArgument:
        return None
    if path.lower().endswith(".zip") and os.path.isfile(path):  # noqa: PTH113
        return _open_archive(Path(path))
    try:
        return open_folder(path) if os.path.isdir(path) else None  # noqa: PTH112
    except NotFound:
        return None


def _open_archive(path: Path) -> RunFolder:
    """Unpack a .zip for as long as anybody holds the run, and this process lives."""
    unpacked, run = unpack_run(path)
    folder = RunFolder(run)
    folder.archive = path
    weakref.finalize(folder, _remove, unpacked, os.getpid())
    return folder


def _remove(unpacked: Path, pid: int) -> None:
    if pid == os.getpid():  # a forked child only borrows it
        shutil.rmtree(unpacked, ignore_errors=True)


def _in_trash(text: str, root: Path) -> str:
    """Return how to get at a run of this uuid or name that was deleted, or an empty string."""
    try:
        deleted = NamedRuns(trashed_folders(root), root).find(text)
    except NotFound:
        return ""
    return f"; it was deleted: open_run({os.fspath(deleted.path)!r}).restore() brings it back" if deleted is not None else ""
