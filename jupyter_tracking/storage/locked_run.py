"""A run's document, changed while nobody writes to the run or while somebody does: under the lock that its writers take for it.

Nothing of the run is opened for writing but that document, which is replaced in one step.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from jupyter_tracking.budgets import MOST_DOCUMENT_BYTES
from jupyter_tracking.errors import InvalidArgument, MissingFile, RunGone, RunLocked, storage_errors
from jupyter_tracking.format import paths
from jupyter_tracking.format.document.curation import changed_document
from jupyter_tracking.storage.reentry import DOCUMENTS, hold, interrupted, is_inside, new_lock
from jupyter_tracking.storage.run_folder import check_written
from jupyter_tracking.storage.syscalls import Syscalls
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_tracking.format.document.curation import Change

_KEPT = "nothing was changed"
_turn = new_lock(DOCUMENTS)  # one change at a time in this process


def change_document(path: Path, change: Change, system: Syscalls | None = None) -> None:
    """Change a run's document, and nothing else of the run; a change that changes nothing writes nothing.

    Args:
        path: the run folder.
        change: what `format.curation` says is to be changed, given the document as it is under the lock.
        system: the system calls to make.

    Raises:
        MissingFile: the run has no document.
        InvalidArgument: the document cannot be read.
        RunGone: the run folder was moved or deleted.
        RunLocked: the run is being resumed at this moment.
        ReentrantCall: this call has interrupted one of its own thread.
        StorageError: the disk refused; the document is as it was.
    """
    system = system or Syscalls()
    with locked_run(path, system) as root, storage_errors(f"{paths.RUN_FILE} of {path}", kept=_KEPT):
        lockable = _has_private_folder(root)
        try:
            fd = paths.open_inside(root, paths.RUN_FILE, os_calls.O_RDONLY, system.open)
        except FileNotFoundError:
            raise MissingFile(errno.ENOENT, f"the run {path} has no {paths.RUN_FILE}, so there is nothing to change in it") from None
        with os.fdopen(fd, "rb") as file:
            check_written(fd, paths.RUN_FILE)
            before, mode = file.read(MOST_DOCUMENT_BYTES + 1), stat.S_IMODE(os_calls.fstat(fd).st_mode)
        after = changed_document(before, change)
        if after == before:
            return
        try:
            _write(root, after, mode, system)
            if _has_private_folder(root) != lockable:  # of a run of Polyaxon's that had no lock we could share
                raise RunLocked(f"the run {path.name} is being resumed at this moment; {_KEPT}, try again")  # noqa: TRY301
            system.rename(paths.UNFINISHED, paths.RUN_FILE, src_dir_fd=root, dst_dir_fd=root)
        except BaseException:
            with suppress(OSError):
                system.unlink(paths.UNFINISHED, dir_fd=root)
            raise


def _write(root: int, data: bytes, mode: int, system: Syscalls) -> None:
    with suppress(FileNotFoundError):
        system.unlink(paths.UNFINISHED, dir_fd=root)
    fd = system.open(paths.UNFINISHED, os_calls.O_WRONLY | os_calls.O_CREAT | os_calls.O_EXCL | os_calls.NO_LINKS, 0o600, dir_fd=root)
    try:
        system.write_all(fd, data)
        os_calls.fchmod(fd, mode)
        system.fsync(fd)
    except BaseException:
        system.close_quietly(fd)
        raise
    system.close(fd)


def _has_private_folder(root: int) -> bool:
    try:
        return stat.S_ISDIR(os_calls.stat(paths.PRIVATE_FOLDER, dir_fd=root, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


@contextmanager
def locked_run(path: Path, system: Syscalls) -> Iterator[int]:
    """Hold the lock of a run's document, and give a descriptor of its folder.

    It is the lock of our writers where the run has our private folder. Where it has none (Polyaxon wrote the run, and takes no locks),
    the run folder itself is locked, against others who curate it: a lock file would be one more file in a run that is not ours.

    Raises:
        RunGone: there is no such folder any more.
        ReentrantCall: this thread changes a run already, as where a signal handler came in between.
        StorageError: the disk refused, as one that is mounted read-only does.
    """
    if is_inside():
        raise interrupted(f"the document of the run {path.name}")
    gone = RunGone(errno.ENOENT, f"the run folder {path} was moved or deleted; {_KEPT}")
    root = lock = -1
    with hold(_turn, DOCUMENTS, f"the document of the run {path.name}"):
        try:
            with storage_errors(f"the run folder {path}", kept=_KEPT, failed="could not be locked"):
                try:
                    root = system.open(path, os_calls.ANY_FOLDER)
                except (FileNotFoundError, NotADirectoryError):
                    raise gone from None
                lock = _lock(root, system)
                try:
                    moved = system.stat(path).st_ino != os_calls.fstat(root).st_ino
                except (FileNotFoundError, NotADirectoryError):
                    moved = True
                if moved:
                    raise gone
            yield root
        finally:
            try:
                system.unlock_and_close(lock)
            finally:
                system.unlock_and_close(root)


def _lock(root: int, system: Syscalls) -> int:
    """Lock our writers' lock file and return it; where there can be none, lock the run folder and return -1.

    Windows locks no folder, nor do some network file systems: there the document is locked, where that can be, and returned.
    """
    try:
        return _lock_file(root, f"{paths.PRIVATE_FOLDER}/lock", os_calls.O_RDWR | os_calls.O_CREAT, system)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, InvalidArgument):  # no writer of ours can have it, either
        pass
    with suppress(OSError):
        if system.lock(root):
            return -1
    with suppress(OSError, InvalidArgument):  # who wants to change it is told what is wrong with it
        return _lock_file(root, paths.RUN_FILE, os_calls.O_RDONLY, system)
    return -1


def _lock_file(root: int, relative: str, flags: int, system: Syscalls) -> int:
    """Lock the file that has a name once it is locked: what was locked may have been removed or replaced meanwhile."""
    while True:
        lock = paths.open_inside(root, relative, flags, partial(system.open, mode=0o666))
        try:
            system.lock(lock)
            with suppress(FileNotFoundError, NotADirectoryError):
                if system.stat(relative, dir_fd=root, follow_symlinks=False).st_ino == system.fstat(lock).st_ino:
                    return lock
        except BaseException:
            system.unlock_and_close(lock)
            raise
        system.unlock_and_close(lock)
