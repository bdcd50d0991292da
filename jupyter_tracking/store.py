"""Put bytes into the run folder, whole or not at all: files, folders, documents.

Everything is written to a temporary file in the run's own corner and then linked to its name, which
must be free: nothing is ever overwritten but our own documents, and those are replaced in one step.
Size and hash are taken in the same pass over the source.
"""

from __future__ import annotations

import errno
import io
import itertools
import os
import stat
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jupyter_tracking import layout
from jupyter_tracking.errors import InvalidArgument, MissingFile, OutsideRun, RunGone, storage_error
from jupyter_tracking.system import LINK_FLAGS, System

if TYPE_CHECKING:
    from collections.abc import Buffer, Callable, Iterator

    from hashlib import _Hash as Digest

    from jupyter_tracking.journal import Journal

__all__ = ["Sink", "Store", "Stored"]

_CHUNK = 1 << 20
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | LINK_FLAGS
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class Stored(NamedTuple):
    """What was put: its path relative to the run, its size in bytes, the first 12 hex of its md5 (or None)."""

    path: str
    size: int
    hash: str | None


class Sink(io.RawIOBase):
    """A file being written from start to end; counts and hashes what passes."""

    def __init__(self, system: System, fd: int, *, hashed: bool) -> None:
        """Write to `fd`, which stays the caller's to close."""
        super().__init__()
        self._system = system
        self._fd = fd
        self._md5 = md5() if hashed else None
        self.size = 0

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, data: Buffer, /) -> int:
        """Write all of the data."""
        view = memoryview(data).cast("B")
        self._system.write_all(self._fd, view)
        if self._md5 is not None:
            self._md5.update(view)
        self.size += len(view)
        return len(view)

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self.size

    @property
    def digest(self) -> str | None:
        """The first 12 hex digits of the md5, as Polyaxon's `hash`."""
        return self._md5.hexdigest()[:12] if self._md5 is not None else None


class Store:
    """The run folder as a place to write to, held open by a descriptor."""

    def __init__(self, path: Path, system: System | None = None) -> None:
        """Open the folder, making it if it is not there.

        Raises:
            StorageError: the folder cannot be made or opened.
        """
        self.path = path
        self.system = system or System()
        self._open_journals: deque[Journal] = deque()
        self._unsynced: set[str] = set()
        self._again: dict[str, int] = {}
        self._numbers = itertools.count()
        self._most_open = _open_limit()
        self._corner = -1
        try:
            path.mkdir(parents=True, exist_ok=True)
            self.fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self._corner = self.folder(f"{layout.OWN}/tmp")
        except OSError as error:
            raise storage_error(error, f"the run folder {path}", kept="nothing was made") from error
        self._inode = os.fstat(self.fd).st_ino

    def check(self) -> None:
        """Say at once when the run folder is no longer where it was.

        Raises:
            RunGone: moved or deleted.
        """
        try:
            if os.stat(self.path).st_ino == self._inode:  # noqa: PTH116 - no Path object on the way of an error
                return
        except OSError:
            pass
        message = f"the run folder {self.path} was moved or deleted; nothing more is written to it"
        raise RunGone(errno.ENOENT, message)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run's own lock, against other processes, while documents and names are settled."""
        fd = self.system.open(f"{layout.OWN}/lock", os.O_RDWR | os.O_CREAT | LINK_FLAGS, 0o666, dir_fd=self.fd)
        try:
            self.system.lock(fd)
            yield
        finally:
            self.system.close(fd)

    # --- opening ---------------------------------------------------------------------------------

    def folder(self, relative: str) -> int:
        """Return a descriptor of a folder of the run, made with its parents if need be; links are refused."""
        fd = os.dup(self.fd)
        for part in relative.split("/") if relative else []:
            try:
                try:
                    following = os.open(part, os.O_RDONLY | os.O_DIRECTORY | LINK_FLAGS, dir_fd=fd)
                except FileNotFoundError:
                    try:
                        self.system.mkdir(part, dir_fd=fd)
                    except FileExistsError:
                        pass
                    following = os.open(part, os.O_RDONLY | os.O_DIRECTORY | LINK_FLAGS, dir_fd=fd)
            except OSError as error:
                os.close(fd)
                if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                    message = f"path={relative!r} goes through a link or a file; it must be folders of the run"
                    raise OutsideRun(message) from None
                raise
            os.close(fd)
            fd = following
        return fd

    def open(self, relative: str, flags: int) -> int:
        """Open an existing file of the run, following no link."""
        return layout.open_inside(self.fd, relative, flags)

    def open_or_make(self, relative: str, first: bytes, flags: int) -> tuple[int, bool]:
        """Open a file, or make it with its first bytes in one step; say whether it was made."""
        while True:
            try:
                return self.open(relative, flags), False
            except FileNotFoundError:
                self.check()
            temporary = self._temporary()
            fd = self.system.open(temporary, _NEW | os.O_APPEND, 0o666, dir_fd=self._corner)
            try:
                self.system.write_all(fd, first)
                self._publish(temporary, relative)
            except FileExistsError:  # another process was first
                self.system.close(fd)
                continue
            except BaseException:
                self.system.close(fd)
                raise
            finally:
                self._discard(temporary)
            return fd, True

    def make_room(self, journal: Journal) -> None:
        """Close the journal opened longest ago once too many are open."""
        self._open_journals.append(journal)
        if len(self._open_journals) > self._most_open:
            oldest = self._open_journals.popleft()
            if oldest is not journal:
                oldest.close()

    # --- putting ---------------------------------------------------------------------------------

    def put(
        self,
        folder: str,
        name: Callable[[int], str],
        write: Callable[[Sink], object],
        *,
        hashed: bool = True,
    ) -> Stored:
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
        try:
            fd = self.system.open(temporary, _NEW, 0o666, dir_fd=self._corner)
            try:
                sink = Sink(self.system, fd, hashed=hashed)
                write(sink)
            finally:
                self.system.close(fd)
            path = self._place(temporary, folder, name)
        except OSError as error:
            if isinstance(error, MissingFile | RunGone):
                raise
            self.check()
            raise storage_error(error, f"a file of {folder}", kept="every earlier file was kept") from error
        finally:
            self._discard(temporary)
        return Stored(path, sink.size, sink.digest)

    def copy(self, source: str, folder: str, name: Callable[[int], str], *, hashed: bool = True) -> Stored:
        """Copy a file or a folder of the user's into the run; the source is only read.

        Raises:
            MissingFile: the source is not there.
            InvalidArgument: a link, a pipe, a socket, a device, or a folder that contains the run.
            StorageError: the disk refused; nothing remains of the copy.
        """
        mode = source_mode(source)
        if not stat.S_ISDIR(mode):

            def write(sink: Sink) -> None:
                fd = os.open(source, os.O_RDONLY | os.O_NONBLOCK | LINK_FLAGS)
                with os.fdopen(fd, "rb", buffering=0) as file:
                    while chunk := file.read(_CHUNK):
                        sink.write(chunk)

            return self.put(folder, name, write, hashed=hashed)
        real = os.path.realpath(source)
        if os.path.commonpath([real, os.path.realpath(self.path)]) == real:
            message = f"path={source!r} contains the run folder itself; log what is inside it, or move the root"
            raise InvalidArgument(message)
        return self._copy_folder(source, folder, name, hashed=hashed)

    def _copy_folder(self, source: str, folder: str, name: Callable[[int], str], *, hashed: bool) -> Stored:
        import shutil

        digest = md5() if hashed else None
        temporary = self._temporary()
        target = self.path / layout.OWN / "tmp" / temporary
        total = 0
        try:
            self.system.mkdir(temporary, dir_fd=self._corner)
            for relative, is_folder in walk(source):
                if is_folder:
                    (target / relative).mkdir()
                    continue
                fd = self.system.open(os.fspath(target / relative), _NEW, 0o666)
                try:
                    total += self._copy_bytes(os.path.join(source, relative), fd, digest)  # noqa: PTH118
                finally:
                    self.system.close(fd)
            path = self._place(temporary, folder, name, is_folder=True)
        except OSError as error:
            if isinstance(error, MissingFile | RunGone):
                raise
            self.check()
            raise storage_error(error, f"a folder of {folder}", kept="every earlier file was kept") from error
        finally:
            shutil.rmtree(target, ignore_errors=True)
        return Stored(path, total, digest.hexdigest()[:12] if digest else None)

    def _copy_bytes(self, source: str, target: int, digest: Digest | None) -> int:
        size = 0
        fd = os.open(source, os.O_RDONLY | os.O_NONBLOCK | LINK_FLAGS)
        with os.fdopen(fd, "rb", buffering=0) as file:
            while chunk := file.read(_CHUNK):
                self.system.write_all(target, chunk)
                size += len(chunk)
                if digest is not None:
                    digest.update(chunk)
        return size

    def replace(self, relative: str, data: bytes) -> None:
        """Replace one of our documents in one step: after a crash it is the old or the new one.

        Raises:
            StorageError: the disk refused; the old document is intact.
        """
        temporary = self._temporary()
        try:
            self.check()
            fd = self.system.open(temporary, _NEW, 0o666, dir_fd=self._corner)
            try:
                self.system.write_all(fd, data)
                self.system.fsync(fd)
            finally:
                self.system.close(fd)
            folder, _, last = relative.rpartition("/")
            folder_fd = self.folder(folder)
            try:
                self.system.rename(temporary, last, src_dir_fd=self._corner, dst_dir_fd=folder_fd)
                self.system.fsync(folder_fd)
            finally:
                os.close(folder_fd)
        except OSError as error:
            if isinstance(error, RunGone):
                raise
            raise storage_error(error, relative, kept="the old one is intact") from error
        finally:
            self._discard(temporary)

    # --- names and leftovers ---------------------------------------------------------------------

    def _temporary(self) -> str:
        return f"{os.getpid()}-{next(self._numbers)}.tmp"

    def _discard(self, temporary: str) -> None:
        try:
            self.system.unlink(temporary, dir_fd=self._corner)
        except OSError:  # published by rename, or the disk is gone
            pass

    def _publish(self, temporary: str, relative: str) -> None:
        """Give the temporary file its name, which must be free."""
        self.check()
        folder, _, last = relative.rpartition("/")
        fd = self.folder(folder)
        try:
            try:
                self.system.link(temporary, last, src_dir_fd=self._corner, dst_dir_fd=fd, follow_symlinks=False)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                self._rename_free(temporary, last, fd)
        finally:
            os.close(fd)
        self._unsynced.add(relative)

    def _rename_free(self, temporary: str, last: str, fd: int) -> None:
        """Where there are no hard links, and for folders: take the name first, then rename onto it."""
        source = os.stat(temporary, dir_fd=self._corner)
        if stat.S_ISDIR(source.st_mode):
            self.system.mkdir(last, dir_fd=fd)
        else:
            self.system.close(self.system.open(last, _NEW, 0o666, dir_fd=fd))
        self.system.rename(temporary, last, src_dir_fd=self._corner, dst_dir_fd=fd)

    def _place(self, temporary: str, folder: str, name: Callable[[int], str], *, is_folder: bool = False) -> str:
        first = f"{folder}/{name(1)}"
        again = self._again.get(first, 1)
        while True:
            relative = f"{folder}/{name(again)}"
            try:
                if is_folder:
                    self.check()
                    fd = self.folder(folder)
                    try:
                        self._rename_free(temporary, name(again), fd)
                    finally:
                        os.close(fd)
                    self._unsynced.add(relative)
                else:
                    self._publish(temporary, relative)
            except FileExistsError:
                again += 1
                self._again[first] = again
                continue
            return relative

    def sync(self) -> None:
        """Wait until the disk has every file put so far, and the folders that name them."""
        pending, self._unsynced = self._unsynced, set()
        folders = {""}
        for relative in sorted(pending):
            parts = relative.split("/")
            folders.update("/".join(parts[:n]) for n in range(1, len(parts)))
            target = self.path / relative
            inner = [target, *(target / r for r, _ in walk(os.fspath(target)))] if target.is_dir() else [target]
            for path in inner:
                self._fsync(os.fspath(path.relative_to(self.path)))
        for relative in sorted(folders, reverse=True):
            self._fsync(relative)

    def _fsync(self, relative: str) -> None:
        fd = self.open(relative, os.O_RDONLY)
        try:
            self.system.fsync(fd)
        finally:
            self.system.close(fd)

    def close(self) -> None:
        """Let go of the folder."""
        for fd in (self.fd, self._corner):
            if fd >= 0:
                os.close(fd)
        self.fd = self._corner = -1


def md5() -> Digest:
    """Return the hash that Polyaxon takes of files; it names content here, and protects nothing."""
    import hashlib

    return hashlib.md5(usedforsecurity=False)


def source_mode(path: str) -> int:
    """Return the mode of a file or folder to log.

    Raises:
        MissingFile: it is not there.
        InvalidArgument: a link, a pipe, a socket or a device.
    """
    try:
        mode = os.lstat(path.rstrip("/") or path).st_mode
    except (OSError, ValueError):
        message = f"path={path!r}: no such file or folder (relative to {os.getcwd()!r})"  # noqa: PTH109
        raise MissingFile(errno.ENOENT, message) from None
    if stat.S_ISLNK(mode):
        message = f"path={path!r} is a link; log what it points to, with os.path.realpath(path)"
        raise InvalidArgument(message)
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        message = f"path={path!r} is a pipe, a socket or a device; give a file or a folder"
        raise InvalidArgument(message)
    return mode


def measure(path: str) -> tuple[str, int]:
    """Return the first 12 hex digits of the md5, and the size in bytes, of a file or of a folder's files in order."""
    mode = source_mode(path)
    digest, size = md5(), 0
    files = [os.path.join(path, r) for r, is_folder in walk(path) if not is_folder] if stat.S_ISDIR(mode) else [path]  # noqa: PTH118
    for name in files:
        with open(os.open(name, os.O_RDONLY | os.O_NONBLOCK | LINK_FLAGS), "rb", buffering=0) as file:  # noqa: PTH123
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    return digest.hexdigest()[:12], size


def walk(top: str, below: str = "") -> list[tuple[str, bool]]:
    """Return (relative path, is a folder) of all below a folder, sorted, parents first; what is no file is refused."""
    found: list[tuple[str, bool]] = []
    with os.scandir(os.path.join(top, below)) as entries:  # noqa: PTH118
        for entry in sorted(entries, key=lambda e: e.name):
            relative = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir(follow_symlinks=False):
                found += [(relative, True), *walk(top, relative)]
            elif entry.is_file(follow_symlinks=False):
                found.append((relative, False))
            else:
                source_mode(os.path.join(top, relative))  # noqa: PTH118 - raises, naming what it is
    return found


def _open_limit() -> int:
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(8, min(1024, soft // 2 - 64)) if soft > 0 else 1024
