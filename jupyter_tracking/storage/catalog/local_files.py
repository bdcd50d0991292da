"""The files of the catalog of a local root, with the calls of an object store. No link below the root is followed."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from jupyter_tracking.budgets import MOST_CATALOG_BYTES
from jupyter_tracking.errors import MalformedEvent, MissingFile, OutsideRun, TooLarge, escape_controls, storage_errors
from jupyter_tracking.format import paths
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_UNFINISHED = ".unfinished-"
_ABANDONED = 86_400  # seconds after which nobody goes on with an unfinished file


class LocalFile(NamedTuple):
    """A file below a root."""

    path: str
    size: int
    modified: datetime


class LocalFiles:
    """The files below a root on this machine."""

    def __init__(self, root: Path) -> None:
        """Name the root; nothing is opened."""
        self.root = root

    def list(self, prefix: str = "") -> list[LocalFile]:
        """Return the files below a folder, by path; of one that is not there, or is a link, none."""
        found: list[LocalFile] = []
        pending = [prefix]
        while pending:
            folder = pending.pop()
            try:
                fd = self._open(folder, paths.FOLDER)
            except (OSError, ValueError):
                continue
            with paths.closing_descriptor(fd):
                for name in os_calls.listdir(fd):
                    with suppress(OSError):  # deleted meanwhile
                        seen = os_calls.lstat(name, dir_fd=fd)
                        path = f"{folder}/{name}" if folder else name
                        if stat.S_ISDIR(seen.st_mode):
                            pending.append(path)
                        elif stat.S_ISREG(seen.st_mode) and not name.startswith(_UNFINISHED):
                            found.append(LocalFile(path, seen.st_size, datetime.fromtimestamp(seen.st_mtime, UTC)))
        return sorted(found)

    def get(self, path: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            MissingFile: there is none.
            MalformedEvent: it is a folder.
            TooLarge: it has more than is read.
            OutsideRun: a link is on the way.
            StorageError: it cannot be read.
        """
        try:
            fd = self._open(path, os_calls.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise MissingFile(error.errno, f"{escape_controls(path)} is not there") from None
        with paths.closing_descriptor(fd), storage_errors(path, kept="nothing was changed", failed="could not be read"):
            seen = os_calls.fstat(fd)
            if not stat.S_ISREG(seen.st_mode):
                raise MalformedEvent(f"{escape_controls(path)} is no file")
            if seen.st_size > MOST_CATALOG_BYTES:
                raise TooLarge(f"{escape_controls(path)} has {seen.st_size:,} bytes; up to {MOST_CATALOG_BYTES:,} are read of such a file")
            with os.fdopen(fd, "rb", closefd=False) as file:
                return file.read(seen.st_size)

    def get_many(self, relatives: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of files; those that are not there are left out, and of what is no file that is read there are none."""
        found = {}
        for path in relatives:
            try:
                found[path] = self.get(path)
            except MissingFile:
                continue
            except (MalformedEvent, TooLarge, OutsideRun):
                found[path] = b""
        return found

    def put(self, path: str, data: bytes) -> None:
        """Write a file, whole or not at all; it is on the disk when the call returns.

        Raises:
            OutsideRun: a link is on the way.
            StorageError: the disk refuses.
        """
        folder, _, name = path.rpartition("/")
        with storage_errors(path, kept="what was there is there"):
            self._make(folder)
            with paths.closing_descriptor(self._open(folder, paths.FOLDER)) as at:
                unfinished = f"{_UNFINISHED}{uuid4().hex}"
                fd = os_calls.open(unfinished, os_calls.O_WRONLY | os_calls.O_CREAT | os_calls.O_EXCL | os_calls.NO_LINKS, 0o666, dir_fd=at)
                try:
                    with os.fdopen(fd, "wb") as file:
                        file.write(data)
                        file.flush()
                        os_calls.fsync(fd)
                    os_calls.rename(unfinished, name, src_dir_fd=at, dst_dir_fd=at)
                except BaseException:
                    with suppress(OSError):
                        os_calls.unlink(unfinished, dir_fd=at)
                    raise
                os_calls.fsync(at)
                self._sweep(at)

    def delete(self, relatives: Iterable[str]) -> None:
        """Delete files; one that is not there is deleted already. Raises as `put`."""
        for path in relatives:
            with (
                storage_errors(path, kept="it is still there", failed="could not be deleted"),
                suppress(FileNotFoundError, IsADirectoryError),
            ):
                self._delete(path)

    def _delete(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        with paths.closing_descriptor(self._open(folder, paths.FOLDER)) as at:
            os_calls.unlink(name, dir_fd=at)

    def _open(self, relative: str, flags: int) -> int:
        with paths.closing_descriptor(os_calls.open(self.root, os_calls.ANY_FOLDER)) as top:
            return paths.open_inside(top, relative, flags)

    def _make(self, folder: str) -> None:
        """Make a folder below the root; raises as `put`."""
        parts = folder.split("/")
        for count in range(1, len(parts) + 1):
            with paths.closing_descriptor(self._open("/".join(parts[: count - 1]), paths.FOLDER)) as at, suppress(FileExistsError):
                os_calls.mkdir(parts[count - 1], dir_fd=at)

    @staticmethod
    def _sweep(at: int) -> None:
        """Delete what a process that was killed left unfinished, long ago."""
        now = datetime.now(UTC).timestamp()
        for name in os_calls.listdir(at):
            if name.startswith(_UNFINISHED):
                with suppress(OSError):
                    if os_calls.lstat(name, dir_fd=at).st_mtime < now - _ABANDONED:
                        os_calls.unlink(name, dir_fd=at)
