"""Runs that were deleted: moved as they are into `trash/` beside the folder `runs/`, from where they come back or are ended.

A folder in the trash has the name it had. A further one of a name, and one that did not lie in a folder `runs/`, have a suffix that
says so: `<name>~2`, `<name>~beside-1`. No link is followed, and what holds no run is left alone: the folder may be the user's own.
"""

from __future__ import annotations

import errno
import os
import re
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_tracking.errors import InvalidArgument, OutsideRun, RunLocked, TrackingError, storage_error, storage_errors
from jupyter_tracking.format import paths
from jupyter_tracking.storage.locked_run import locked_run
from jupyter_tracking.storage.presence.marks import active_writers
from jupyter_tracking.storage.syscalls import Syscalls
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Callable

TRASH = "trash"
_KEPT = "nothing was moved"
_SUFFIX = re.compile(r"~(beside-)?\d+\Z")
_TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}


def is_in_trash(path: Path) -> bool:
    """Return whether a run folder lies in a trash."""
    return path.parent.name == TRASH


def trashed_folders(root: Path) -> list[Path]:
    """Return the folders of the runs in the trash of a root, by name."""
    trash = root / TRASH
    if trash.is_symlink() or not trash.is_dir():
        return []
    with os.scandir(trash) as entries:
        folders = sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    return [folder for folder in folders if paths.holds_run(folder)]


def move_to_trash(path: Path, system: Syscalls | None = None) -> Path:
    """Move a run folder into the trash, and return where it is now.

    The trash of `<root>/runs/<uuid>` is `<root>/trash/`; that of a run folder elsewhere lies beside it.

    Raises:
        RunLocked: a process writes to the run.
        InvalidArgument: it is in the trash already, or it holds other runs or none.
        OutsideRun: the run folder, or the trash, is a link.
        StorageError: the disk refused; the run is where it was.
    """
    in_runs = path.parent.name == "runs"
    if is_in_trash(path):
        raise InvalidArgument(f"the run {path} is in the trash already; tracking.empty_trash() ends it, restore() brings it back")
    if not paths.holds_run(path):
        raise InvalidArgument(f"{os.fspath(path)!r} holds no run that a tracker wrote, and is left alone")
    if paths.run_folders(path):
        raise InvalidArgument(f"{os.fspath(path)!r} holds other runs, under runs/; delete those first, or move them away")

    def name(number: int) -> str:
        plain = in_runs and number == 1 and not _SUFFIX.search(path.name)
        return path.name if plain else f"{path.name}~{'' if in_runs else 'beside-'}{number}"

    return _move(path, (path.parent.parent if in_runs else path.parent) / TRASH, name, system or Syscalls())


def move_back(path: Path, system: Syscalls | None = None) -> Path:
    """Move a run folder from the trash to where it was, and return where that is.

    Raises:
        InvalidArgument: there is another run by now.
        RunLocked, OutsideRun, StorageError: as `move_to_trash`.
    """
    found = _SUFFIX.search(path.name)
    folder = path.parent.parent / ("" if found and found[1] else "runs")
    target = folder / (path.name[: found.start()] if found else path.name)

    def name(number: int) -> str:
        if number > 1:
            raise InvalidArgument(f"the run cannot go back to {target}: there is something of this name; move that away first")
        return target.name

    return _move(path, folder, name, system or Syscalls())


def _move(path: Path, folder: Path, name: Callable[[int], str], system: Syscalls) -> Path:
    """Move a run into another folder, under the first name that is free there."""
    if path.is_symlink():
        raise OutsideRun(f"{os.fspath(path)!r} is a link; open the folder that it leads to")
    failed = storage_errors(f"the run folder {path}", kept=_KEPT, failed="could not be moved")
    with ExitStack() as held, failed, ExitStack() as stack:
        held.enter_context(locked_run(path, system))
        _check_unwritten(path, system)
        if not os_calls.FOLDERS_MOVE_WITH_OPEN_FILES:
            held.close()  # the lock's file would keep the run where it is, as would one of a process that begins to write now
        with suppress(FileExistsError):
            system.mkdir(folder)
        source, target = (_open_folder(each, stack, system) for each in (path.parent, folder))
        number = 0
        while True:
            number += 1
            try:
                os_calls.lstat(name(number), dir_fd=target)
            except FileNotFoundError:
                pass
            else:
                continue
            try:
                system.rename(path.name, name(number), src_dir_fd=source, dst_dir_fd=target)
            except OSError as error:
                if error.errno not in _TAKEN:  # else another process was quicker
                    raise
            else:
                return folder / name(number)


def _check_unwritten(path: Path, system: Syscalls) -> None:
    writers = active_writers(path, system)
    if writers:
        raise RunLocked(f"{writers[0]} is writing to the run {path.name}; end it there first; {_KEPT}")


def _open_folder(folder: Path, stack: ExitStack, system: Syscalls) -> int:
    """Open a folder for as long as the stack lives; a trash that is a link is refused."""
    follow = 0
    if folder.name == TRASH:
        follow = os_calls.NO_LINKS
        if folder.is_symlink():
            raise OutsideRun(f"{os.fspath(folder)!r} is a link; make it a folder of its own")
    fd = system.open(folder, os_calls.ANY_FOLDER | follow)
    stack.callback(system.close_quietly, fd)
    return fd


def empty_trash(root: str | os.PathLike[str] | None = None) -> int:
    """End the runs that were deleted: remove those in `<root>/trash/` from the disk, for ever.

    Anything else in that folder stays; no link is followed, neither in the trash nor in a run. A run that a process writes to stays too.

    Args:
        root: the folder that holds `runs/` and `trash/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.

    Returns:
        How many runs were removed.

    Raises:
        OutsideRun: the trash is a link; nothing is removed.
        RunLocked: a process writes to a run of it; the others are removed.
        StorageError: the disk refused; what could be removed is.
    """
    system = Syscalls()
    top = paths.default_root(root)
    removed, refused = 0, None
    with ExitStack() as stack:
        try:
            trash = _open_folder(top / TRASH, stack, system)
        except FileNotFoundError:
            return 0
        except OSError as error:
            if isinstance(error, TrackingError):
                raise
            raise storage_error(error, f"{top / TRASH}", kept="nothing was removed", failed="could not be opened") from error
        for folder in trashed_folders(top):
            try:
                _remove(folder, trash, system)
            except TrackingError as error:
                refused = error
            else:
                removed += 1
    if refused is not None:
        raise refused
    return removed


def _remove(folder: Path, trash: int, system: Syscalls) -> None:
    failed = storage_errors(f"the run {folder}", kept="the rest of it is still there", failed="could not be removed")
    with failed, locked_run(folder, system):
        _check_unwritten(folder, system)
        os_calls.rmtree(folder.name, dir_fd=trash)  # it follows no link, and none that is put there meanwhile
