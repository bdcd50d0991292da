"""Write files, folders and documents into the run folder, as a whole or not at all.

Everything is written to a temporary file in the run's private folder and then given its name, which must be free: nothing is ever
overwritten but our own documents, which are replaced in one step. Size and hash are taken while the bytes are written.
"""

from __future__ import annotations

import errno
import io
import itertools
import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jupyter_tracking.errors import NOT_SUPPORTED, InvalidArgument, TrackingError, storage_error, storage_errors
from jupyter_tracking.format import paths
from jupyter_tracking.storage.reentry import interrupted
from jupyter_tracking.storage.run_folder import TEMPORARY, WritableFolder
from jupyter_tracking.storage.syscalls import Syscalls
from jupyter_tracking.storage.user_file_reader import file_chunks, file_mode, md5, open_user_file, read_chunks, walk
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _typeshed import ReadableBuffer

_NEW = os_calls.O_RDWR | os_calls.O_CREAT | os_calls.O_EXCL | os_calls.NO_LINKS
_NO_LINKS = {errno.EPERM, errno.EMLINK, *NOT_SUPPORTED}


class Stored(NamedTuple):
    """What was written: its path relative to the run, its size in bytes, the first 12 hex digits of its md5 (or None)."""

    path: str
    size: int
    hash: str | None


class Sink(io.RawIOBase):
    """A binary file that is written from start to end; its bytes are counted and hashed on the way."""

    def __init__(self, system: Syscalls, fd: int, *, hashed: bool) -> None:
        """Write to `fd`, which stays the caller's to close."""
        super().__init__()
        self._system = system
        self._fd = fd
        self._md5 = md5() if hashed else None
        self.size = 0

    def writable(self) -> bool:
        """Report that the sink is writable (the file protocol asks)."""
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        """Write all of the data, however many system calls it takes, and return how much it was."""
        view = memoryview(data).cast("B")
        self._system.write_all(self._fd, view)
        if self._md5 is not None:
            self._md5.update(view)
        self.size += len(view)
        return len(view)

    def clone_from(self, source: int) -> bool:
        """Become a copy of another open file by sharing its blocks on the disk; False where the file system cannot."""
        if not self._system.clone(self._fd, source):
            return False
        for piece in read_chunks(self._fd, "the copy"):
            if self._md5 is not None:
                self._md5.update(piece)
            self.size += len(piece)
        return True

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self.size

    @property
    def digest(self) -> str | None:
        """The first 12 hex digits of the md5, as Polyaxon's `hash`."""
        return self._md5.hexdigest()[:12] if self._md5 is not None else None


class Store(WritableFolder):
    """A run folder into which files are written."""

    def __init__(self, path: Path, system: Syscalls | None = None, *, power: bool = False) -> None:
        """Open the folder, making it if it is not there.

        Args:
            path: the run folder.
            system: the system calls to make.
            power: when a call returns, what it wrote is on the disk itself.

        Raises:
            StorageError: the folder cannot be made or opened; nothing remains of the attempt.
        """
        super().__init__(path, system or Syscalls())
        self.power = power
        self._last_numbers: dict[str, int] = {}
        self._token = paths.new_uuid()[:8]
        self._numbers = itertools.count()
        self._writing: set[int] = set()  # descriptors of temporary files

    def open_or_create(self, relative: str, first: bytes, flags: int) -> tuple[int, int, bool]:
        """Open a file, or make it with its first bytes in one step; return it, its inode, and whether it was made."""
        self.mark_changed()
        while True:
            fd = -1
            try:
                try:
                    fd = self.open(relative, flags)
                except FileNotFoundError:
                    self.check_in_place()
                else:
                    return fd, self.system.fstat(fd).st_ino, False
                return *self._make_file(relative, first), True
            except FileExistsError:  # another process was first
                continue
            except BaseException:
                self.system.close_quietly(fd)
                raise

    def _make_file(self, relative: str, first: bytes) -> tuple[int, int]:
        fd, temporary = -1, self._temporary()
        try:
            fd = self.system.open(temporary, _NEW | os_calls.O_APPEND, 0o666, dir_fd=self.temporary_fd)
            self._writing.add(fd)
            self._check_own(temporary)
            self.system.write_all(fd, first)
            inode = self.system.fstat(fd).st_ino
            self._give_name(temporary, relative)
        except BaseException:
            self.system.close_quietly(fd)
            raise
        finally:
            self._writing.discard(fd)
            self._remove_own(temporary)
        return fd, inode

    # --- writing ---------------------------------------------------------------------------------

    def write_file(self, folder: str, name: Callable[[int], str], write: Callable[[Sink], object], *, hashed: bool = True) -> Stored:
        """Write a new file under the first free name and return where it is.

        Args:
            folder: its folder, relative to the run.
            name: the file name at the first, second, … attempt.
            write: writes the content to a binary file.
            hashed: take the md5 too.

        Raises:
            StorageError: the disk refused; nothing remains of the file.
        """
        temporary = self._temporary()
        with self._using_temporary(temporary, f"a file of {folder}", "every earlier file was kept"):
            fd = self.system.open(temporary, _NEW, 0o666, dir_fd=self.temporary_fd)
            with self._closing(fd, temporary):
                sink = Sink(self.system, fd, hashed=hashed)
                write(sink)
            path = self._give_free_name(temporary, folder, name)
            return Stored(path, sink.size, sink.digest)

    def copy(self, source: str, folder: str, name: Callable[[int], str], *, hashed: bool = True) -> Stored:
        """Copy a file or a folder of the user's into the run; the source is only read.

        Raises:
            MissingFile: the source is not there.
            InvalidArgument: a link, a pipe, a socket, a device, or a folder that contains the run.
            StorageError: the source cannot be read or the disk refused; nothing remains of the copy.
        """
        if not stat.S_ISDIR(file_mode(source)):

            def write(sink: Sink) -> None:
                with open_user_file(source) as fd:
                    if not sink.clone_from(fd):
                        for piece in read_chunks(fd, source):
                            sink.write(piece)

            return self.write_file(folder, name, write, hashed=hashed)
        if Path(os.path.realpath(self.path)).is_relative_to(os.path.realpath(source)):
            raise InvalidArgument(f"path={source!r} contains the run folder itself; log what is inside it, or move the root")
        return self._copy_folder(source, folder, name, hashed=hashed)

    def _copy_folder(self, source: str, folder: str, name: Callable[[int], str], *, hashed: bool) -> Stored:
        digest = md5() if hashed else None
        temporary = self._temporary()
        total, parent, parent_fd = 0, "", -1
        with self._using_temporary(temporary, f"a folder of {folder}", "every earlier file was kept"):
            self.system.mkdir(temporary, dir_fd=self.temporary_fd)
            try:
                for relative, is_folder in walk(source):
                    above, _, last = f"{TEMPORARY}/{temporary}/{relative}".rpartition("/")
                    if above != parent:  # the files of a folder follow each other
                        self.system.close_quietly(parent_fd)
                        parent_fd = -1
                        parent, parent_fd = above, self.open_folder(above)
                    if is_folder:
                        self.system.mkdir(last, dir_fd=parent_fd)
                        continue
                    fd = self.system.open(last, _NEW, 0o666, dir_fd=parent_fd)
                    with self._closing(fd, temporary):
                        for chunk in file_chunks(os.path.join(source, relative)):  # noqa: PTH118
                            self.system.write_all(fd, chunk)
                            total += len(chunk)
                            if digest is not None:
                                digest.update(chunk)
            finally:
                self.system.close_quietly(parent_fd)
            path = self._give_free_name(temporary, folder, name, is_folder=True)
            return Stored(path, total, digest.hexdigest()[:12] if digest else None)

    def replace(self, relative: str, data: bytes, *, lasting: bool = True) -> None:
        """Replace one of our documents in one step: after a crash it is the old or the new one.

        Args:
            relative: the document.
            data: all of it.
            lasting: wait for the disk, so that this also holds for a power failure.

        Raises:
            StorageError: the disk refused; the old document is intact.
        """
        temporary = self._temporary()
        with self._using_temporary(temporary, relative, "the old one is intact"):
            self.check_in_place()
            fd = self.system.open(temporary, _NEW, 0o666, dir_fd=self.temporary_fd)
            with self._closing(fd, temporary):
                self.system.write_all(fd, data)
                if lasting:
                    self.system.fsync(fd)
            *folders, last = paths.inner_parts(relative)
            self._check_own(temporary)
            folder_fd = self.open_folder("/".join(folders))
            places = {"src_dir_fd": self.temporary_fd, "dst_dir_fd": folder_fd}
            try:
                if lasting or not self.system.exchange(temporary, last, **places):
                    self.system.rename(temporary, last, **places)
            finally:
                self.system.close_quietly(folder_fd)
        self._sync_name(relative)

    @contextmanager
    def _using_temporary(self, temporary: str, what: str, kept: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if isinstance(error, TrackingError):
                raise
            self.check_in_place()
            raise storage_error(error, what, kept=kept) from error
        finally:
            self._remove_own(temporary)

    @contextmanager
    def _closing(self, fd: int, temporary: str) -> Iterator[None]:
        """Close a file that was written; some file systems report only then that a write failed."""
        try:
            self._writing.add(fd)
            self._check_own(temporary)
            yield
        except BaseException:
            self.system.close_quietly(fd)
            raise
        finally:
            self._writing.discard(fd)
        self.system.close(fd)

    # --- names, temporaries ----------------------------------------------------------------------

    def _temporary(self) -> str:
        return f"{os.getpid()}-{self._token}-{next(self._numbers)}.tmp"

    def _is_own(self, temporary: str) -> bool:
        """Return whether a temporary file is of this process: in a child that was forked while it was written it is the parent's."""
        return temporary.startswith(f"{os.getpid()}-")

    def _check_own(self, temporary: str) -> None:
        if not self._is_own(temporary):
            raise interrupted("what the parent of this process was writing when it forked")

    def _remove_own(self, temporary: str) -> None:
        if self._is_own(temporary):
            self._remove_temporary(temporary)

    def after_fork(self) -> None:
        """In a child: write no more into the files that the parent was writing; what it would write fails."""
        super().after_fork()
        if self._writing:
            nothing = os_calls.open(os.devnull, os_calls.O_RDONLY)
            for fd in self._writing:
                os.dup2(nothing, fd, inheritable=False)
            os_calls.close(nothing)

    def _remove_temporary(self, temporary: str) -> None:
        """Remove what is left of a temporary file or folder; it is gone when it was renamed."""
        try:
            self.system.unlink(temporary, dir_fd=self.temporary_fd)
        except IsADirectoryError:
            os_calls.rmtree(temporary, ignore_errors=True, dir_fd=self.temporary_fd)
        except OSError:
            pass

    def remove_unfinished(self) -> None:
        """Remove the unfinished files of writers that are gone; call it only while no other lives."""
        for name in os_calls.listdir(self.temporary_fd):
            self._remove_temporary(name)

    def _give_name(self, temporary: str, relative: str, *, is_folder: bool = False) -> None:
        """Give the temporary file or folder its name, which must be free."""
        self.check_in_place()
        self._check_own(temporary)
        self.mark_changed()
        if self.power:
            self.sync_tree(f"{TEMPORARY}/{temporary}")
        *folders, last = paths.inner_parts(relative)
        fd = self.open_folder("/".join(folders))
        try:
            if is_folder:
                self._rename_free(temporary, last, fd)
            else:
                try:
                    self.system.link(temporary, last, src_dir_fd=self.temporary_fd, dst_dir_fd=fd, follow_symlinks=False)
                except OSError as error:
                    if error.errno not in _NO_LINKS:
                        raise
                    self._rename_free(temporary, last, fd)
        finally:
            self.system.close_quietly(fd)
        self._sync_name(relative)

    def _sync_name(self, relative: str) -> None:
        """Sync the folder of a name that was just given: at once with `power`, else with the next `sync`."""
        self.unsynced.add(relative)
        if self.power:
            with storage_errors(relative, kept="it was written", failed="may not outlive a power failure"):
                self.sync_parents([relative])
            self.unsynced.discard(relative)

    def _rename_free(self, temporary: str, last: str, fd: int) -> None:
        """Give a name by renaming, for folders and where there are no hard links: one writer at a time, and only if it is free."""
        with self.locked("names"):
            try:
                os_calls.lstat(last, dir_fd=fd)
            except FileNotFoundError:
                self.system.rename(temporary, last, src_dir_fd=self.temporary_fd, dst_dir_fd=fd)
            else:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))

    def _give_free_name(self, temporary: str, folder: str, name: Callable[[int], str], *, is_folder: bool = False) -> str:
        first = f"{folder}/{name(1)}"
        again = self._last_numbers.get(first, 1)
        while True:
            relative = f"{folder}/{name(again)}"
            try:
                self._give_name(temporary, relative, is_folder=is_folder)
            except FileExistsError:
                again += 1
                self._last_numbers[first] = again
            else:
                return relative
