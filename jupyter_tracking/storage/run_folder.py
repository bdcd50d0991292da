"""The run folder as a writer holds it open: its folders and files, its locks, and syncing them to the disk.

Everything in it is opened relative to its descriptor, and no link is followed.
"""

from __future__ import annotations

import errno
import mmap
import os
import stat
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from jupyter_tracking.errors import InvalidArgument, OutsideRun, RunGone, storage_error, storage_errors
from jupyter_tracking.format import paths
from jupyter_tracking.storage.presence.marks import active_writers
from jupyter_tracking.storage.reentry import DOCUMENTS, NAMES, hold, interrupted, new_lock
from jupyter_tracking.storage.syscalls import close_when_dropped
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from jupyter_tracking.storage.syscalls import Syscalls

TEMPORARY = f"{paths.PRIVATE_FOLDER}/tmp"  # noqa: S108 - a folder of the run
_LOCKED = os_calls.O_RDWR | os_calls.O_CREAT | os_calls.NO_LINKS  # a file that is only locked
_MOST_AT_ONCE = 1 << 30  # bytes that one system call reads
_MOST_THREADS, _FILES_A_THREAD = 32, 16  # that wait for the disk, and how many files are worth one more


class WritableFolder:
    """A run folder to write to."""

    def __init__(self, path: Path, system: Syscalls) -> None:
        """Open the folder, making it if it is not there.

        Raises:
            StorageError: the folder cannot be made or opened; nothing remains of the attempt.
        """
        self.path = path
        self.system = system
        self.fd = self.temporary_fd = self._inode = -1
        self.unsynced: set[str] = set()  # files and folders written here that may not be on the disk yet
        self.shared = False  # another process, or this run before it was resumed, has written here too
        self.inherited = False  # in a forked child: the run is its parent's
        # Parent and forked children share these bytes: whether a child has written here, and whether the parent has ended the run.
        self._shared_with_children = mmap.mmap(-1, 2)
        self._private_fd = -1
        self._locks = {"lock": new_lock(DOCUMENTS), "names": new_lock(NAMES)}  # between the threads of this process
        self._lock_fds: dict[str, int] = {}  # and, while they are held, between processes
        self._made_folders: list[Path] = []  # the run folder and its parents, as far as this run made them
        self._made_inside: list[str] = []
        self.created = False  # whether this run made the run folder
        try:
            self._make()
            self.created = path in self._made_folders
            self.fd = system.open(path, os_calls.ANY_FOLDER)
            self._inode = system.fstat(self.fd).st_ino
            self._private_fd = self.open_folder(paths.PRIVATE_FOLDER)
            self.temporary_fd = self.open_folder(TEMPORARY)
        except BaseException:
            self.undo_creation()
            with storage_errors(f"the run folder {path}", kept="nothing was made"):
                raise

    def _make(self) -> None:
        missing = []
        for folder in (self.path, *self.path.parents):
            try:
                self.system.stat(folder)
            except FileNotFoundError:
                missing.append(folder)
            else:
                break
        for folder in reversed(missing):
            with suppress(FileExistsError):
                self.system.mkdir(folder)
                self._made_folders.append(folder)

    def undo_creation(self) -> None:
        """Remove what a start that failed has made, unless others have begun to write there; close."""
        try:
            with self.locked():  # who starts next waits, finds the lock's file gone, and starts anew
                if not active_writers(self.path, self.system):
                    self._remove_made()
        except OSError:  # there is no lock file, so nobody else has begun
            self._remove_made()
        self.close()

    def _remove_made(self) -> None:
        with suppress(OSError):  # a folder that others use is not empty, and stays
            for folder in reversed(self._made_inside):
                for name in paths.LOCKS if folder == paths.PRIVATE_FOLDER else ():
                    with suppress(FileNotFoundError):
                        self.system.unlink(f"{paths.PRIVATE_FOLDER}/{name}", dir_fd=self.fd)
                self.system.rmdir(folder, dir_fd=self.fd)
            if self.created and self.fd >= 0:
                with suppress(FileNotFoundError):
                    self.system.unlink(paths.RUN_FILE, dir_fd=self.fd)
            for path in reversed(self._made_folders):
                self.system.rmdir(path)

    def check_in_place(self) -> None:
        """Check that the run folder is still where it was.

        Raises:
            RunGone: moved or deleted.
        """
        with suppress(FileNotFoundError, NotADirectoryError):
            if self.system.stat(self.path).st_ino == self._inode:
                return
        raise RunGone(errno.ENOENT, f"the run folder {self.path} was moved or deleted; nothing more is written to it")

    @contextmanager
    def locked(self, which: str = "lock") -> Iterator[None]:
        """Hold one of the run's locks, while documents or names are read, changed and written.

        Raises:
            RunGone: the run folder was moved or deleted.
            ReentrantCall: this call has interrupted one of its own thread that holds it.
            StorageError: the disk refused.
        """
        what = f"the {'names' if which == 'names' else 'documents'} of {self.path}"
        with hold(self._locks[which], NAMES if which == "names" else DOCUMENTS, what):
            if which in self._lock_fds:
                raise interrupted(what)
            try:
                self._lock_file(which)
                yield
            finally:
                # It is ours until it is unlocked. In a child that was forked meanwhile it is closed already.
                fd = self._lock_fds.get(which, -1)
                try:
                    if fd >= 0:
                        self.system.unlock(fd)
                finally:
                    self._lock_fds.pop(which, None)
                    self.system.close_quietly(fd)

    def _lock_file(self, which: str) -> None:
        relative = f"{paths.PRIVATE_FOLDER}/{which}"
        try:
            fd = self._lock_fds[which] = self.system.open(which, _LOCKED, 0o666, dir_fd=self._private_fd)
            self.system.lock(fd)
            # A start that failed may have removed it while this one was waiting for it.
            if self.system.stat(relative, dir_fd=self.fd).st_ino != self.system.fstat(fd).st_ino:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        except OSError as error:
            self.check_in_place()
            raise storage_error(error, f"{relative} of {self.path}", kept="nothing was changed") from error

    def open_row_lock(self, name: str = "rows") -> int:
        """Open the file that is locked by whoever appends rows to metrics; a rank that writes files of its own has one of its own.

        Raises:
            RunGone: the run folder was moved or deleted.
        """
        self.check_in_place()
        folder = self.open_folder(paths.PRIVATE_FOLDER)
        try:
            return self.system.open(name, _LOCKED, 0o666, dir_fd=folder)
        finally:
            self.system.close_quietly(folder)

    # --- opening ---------------------------------------------------------------------------------

    def open_folder(self, relative: str) -> int:
        """Return a descriptor of a folder of the run, made with its parents if need be; links and `..` are refused."""
        parts = paths.inner_parts(relative)
        fd = self.system.open(".", paths.FOLDER, dir_fd=self.fd)
        for number, part in enumerate(parts, start=1):
            try:
                following = self._open_or_make(part, fd, "/".join(parts[:number]))
            except OSError as error:
                if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                    raise OutsideRun(f"path={relative!r} goes through a link or a file; it must be folders of the run") from None
                raise
            finally:
                self.system.close_quietly(fd)
            fd = following
        return fd

    def _open_or_make(self, part: str, fd: int, relative: str) -> int:
        with suppress(FileNotFoundError):
            return self.system.open(part, paths.FOLDER, dir_fd=fd)
        with suppress(FileExistsError):
            self.system.mkdir(part, dir_fd=fd)
            self._made_inside.append(relative)
        return self.system.open(part, paths.FOLDER, dir_fd=fd)

    def open(self, relative: str, flags: int) -> int:
        """Open an existing file of the run, following no link."""
        return paths.open_inside(self.fd, relative, flags, self.system.open)

    def check_inside(self, relative: str) -> None:
        """Raise `OutsideRun` if a path of the run, as far as there is something, goes through a link."""
        try:
            os_calls.close(self.open(relative, os_calls.O_RDONLY))
        except (OSError, InvalidArgument) as error:  # it is not there yet, or is the user's own pipe
            if isinstance(error, OutsideRun):
                raise

    def read(self, relative: str, offset: int = 0, size: int = -1) -> bytes:
        """Return the bytes of a file from an offset on, at most `size`; of a file that is not there, none. Raises as `read_parts`."""
        return b"".join(self.read_parts(relative, offset, size, part=_MOST_AT_ONCE))

    def read_parts(self, relative: str, offset: int = 0, size: int = -1, *, part: int) -> Iterator[bytes]:
        """Yield the bytes of a file from an offset on, at most `size`, in parts; of a file that is not there, none.

        Raises:
            InvalidArgument: it is a hole of more bytes than memory may have.
            StorageError: the disk refused.
        """
        fd = -1
        with storage_errors(relative, kept="nothing was changed", failed="could not be read"), suppress(FileNotFoundError):
            try:
                fd = self.open(relative, os_calls.O_RDONLY)
                status = check_written(fd, relative)
                left = size if size >= 0 else sys.maxsize
                while left:
                    want = min(part, left, max(0, status.st_size - offset) + 1)  # it may grow meanwhile
                    data = os_calls.pread(fd, want, offset)
                    yield data
                    if len(data) < want:
                        break
                    offset, left = offset + want, left - want
            finally:
                self.system.close_quietly(fd)

    def list_names(self, relative: str) -> list[str]:
        """Return the names in a folder, sorted; of what is no folder, none."""
        fd = -1
        with storage_errors(relative, kept="nothing was changed", failed="could not be read"):
            try:
                fd = self.open(relative, os_calls.O_RDONLY)
                return sorted(os_calls.listdir(fd))
            except (FileNotFoundError, NotADirectoryError, InvalidArgument):
                return []
            finally:
                self.system.close_quietly(fd)

    def event_files(self) -> list[tuple[str, str]]:
        """Return (kind, stem) of every event file. What has no name that a tracker gives is left alone."""
        kinds = filter(paths.is_file_name, self.list_names("events"))
        found = [(kind, name.removesuffix(".plx")) for kind in kinds for name in self.list_names(f"events/{kind}") if name.endswith(".plx")]
        return [(kind, stem) for kind, stem in found if paths.is_file_name(stem)]

    # --- the disk itself -------------------------------------------------------------------------

    def sync(self, changed: Iterable[str] = ()) -> None:
        """Wait until the disk has every file written so far, and the folders that name them.

        Args:
            changed: files that were written before and have grown since.

        Raises:
            RunGone: the run folder was moved or deleted.
            StorageError: the disk refused.
        """
        pending = set(self.unsynced)
        with storage_errors(f"{self.path}", kept="all of it was written", failed="may not outlive a power failure"):
            if self.shared or (self._shared_with_children[0] and not self.inherited):
                self.system.sync_disk(self.fd)
                self.shared, self._shared_with_children[0] = False, 0
            _for_each(self.sync_tree, sorted(pending.union(changed)))
            self.check_in_place()
            self.sync_parents(pending)
        self.unsynced -= pending

    def sync_tree(self, relative: str) -> None:
        """Sync a file, or a folder with all below it."""
        if not self.sync_file(relative):
            return
        for top, folders, files in os.walk(self.path / relative):
            below = os.path.relpath(top, self.path).replace(os.sep, "/")
            for name in (*folders, *files):
                self.sync_file(f"{below}/{name}")

    def sync_parents(self, relatives: Iterable[str]) -> None:
        """Sync the folders in which these files are, up to the run folder, and those in which that was made."""
        parts = [relative.split("/") for relative in relatives]
        for folder in sorted({"/".join(p[:n]) for p in parts for n in range(len(p))} | {""}, reverse=True):
            self.sync_file(folder)
        for made in reversed(self._made_folders):
            fd = self.system.open(made.parent, os_calls.ANY_FOLDER)
            try:
                self.system.fsync(fd)
            finally:
                self.system.close_quietly(fd)
        self._made_folders = []

    def sync_file(self, relative: str) -> bool:
        """Sync one file or folder, unless the user has deleted it meanwhile; return whether it is a folder."""
        try:
            fd = self.open(relative, os_calls.O_RDONLY)
        except (FileNotFoundError, InvalidArgument):
            self.check_in_place()
            return False
        try:
            self.system.fsync(fd)
            return stat.S_ISDIR(os_calls.fstat(fd).st_mode)
        finally:
            self.system.close_quietly(fd)

    # --- closing ---------------------------------------------------------------------------------

    def after_fork(self) -> None:
        """In a child: close a lock that another thread of the parent was holding."""
        while self._lock_fds:
            self.system.close_quietly(self._lock_fds.popitem()[1])
        self._locks = {"lock": new_lock(DOCUMENTS), "names": new_lock(NAMES)}
        self.inherited = True

    def mark_changed(self) -> None:
        """In a forked child: tell the parent that there is more here than it has written itself."""
        if self.inherited:
            self._shared_with_children[0] = 1

    @property
    def ended_by_parent(self) -> bool:
        """Whether this is a forked child, and its parent has ended the run meanwhile."""
        return self.inherited and bool(self._shared_with_children[1])

    def tell_children(self, *, ended: bool) -> None:
        """Tell forked children whether the run has ended: what they log after that is refused."""
        if not self.inherited:
            self._shared_with_children[1] = ended

    def close(self) -> None:
        """Close the descriptors of the folder."""
        for fd in (self.fd, self._private_fd, self.temporary_fd):
            self.system.close_quietly(fd)
        self.fd = self._private_fd = self.temporary_fd = -1

    __del__ = close_when_dropped("fd", "_private_fd", "temporary_fd")  # of a run that was garbage collected


def check_written(fd: int, relative: str) -> os.stat_result:
    """Return the status of a file that is to be read whole.

    Raises:
        InvalidArgument: it is a hole of more bytes than memory may have.
    """
    status = os_calls.fstat(fd)
    if os_calls.is_hole(status):
        raise InvalidArgument(f"{relative} has {status.st_size:,} bytes, of which next to none were ever written; move it away")
    return status


def _for_each(sync: Callable[[str], object], files: list[str]) -> None:
    """Sync each of the files, many of them in threads: a disk writes what several wait for in one go, and one by one it takes a thousand.

    Nothing but system calls is made in the threads. Raises what the first of them raised.
    """
    errors: list[BaseException] = []

    def sync_every(first: int) -> None:
        try:
            for file in files[first::count]:
                sync(file)
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            errors.append(error)

    count = min(_MOST_THREADS, 1 + len(files) // _FILES_A_THREAD)
    threads = [threading.Thread(target=sync_every, args=(number,), name="jupyter-tracking-sync") for number in range(1, count)]
    mine = [0]
    for number, thread in enumerate(threads, start=1):
        try:
            thread.start()
        except RuntimeError:  # the interpreter is being taken down, or the system has no more: this thread does it
            mine.append(number)
    for number in mine:
        sync_every(number)
    for thread in threads:
        if thread.ident is not None:
            thread.join()
    if errors:
        raise errors[0]
