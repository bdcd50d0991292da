"""A file that grows at its end, at a cost that grows with what is added alone, and that every reader finds whole at every moment.

Two files take turns. One has the name; the other lies among the run's unfinished files, and lacks what was added last. What is new is
written to the end of the other, and then the two change names in one step. So everything is written twice, however often it is saved.

Somebody may still be reading the file that has had the name until then. A lease of the kernel's says that nobody has it open, before it is
written to. Where somebody has, or a hard link was made of it, or there are no leases (NFS, macOS), a new file is written as a whole.
"""

from __future__ import annotations

import itertools
import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from jupyter_tracking.errors import storage_errors
from jupyter_tracking.fork import call_after_fork
from jupyter_tracking.format import paths
from jupyter_tracking.storage.reentry import NOTES, hold, new_lock
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_tracking.storage.store import Store

_NEW = os_calls.O_RDWR | os_calls.O_CREAT | os_calls.O_EXCL | os_calls.NO_LINKS
_KEPT = "the one before is intact"


class _File(NamedTuple):
    """One of the two files, as it was left.

    Attributes:
        head: its first bytes.
        status: inode, size, and the moment in ns of the last write: if one of them is another, somebody else has written to it.
    """

    head: bytes
    status: tuple[int, ...]


class GrowingFile:
    """A file of a head, parts with a separator between them, and an end."""

    def __init__(self, store: Store, relative: str, separator: bytes, end: bytes, reread: Callable[[], list[bytes]]) -> None:
        """Name the file; nothing is written before the first `save`.

        Args:
            store: the run folder.
            relative: the file, relative to the run folder.
            separator: the bytes between two parts.
            end: the bytes after the last part.
            reread: returns the parts of the file that is there, whoever wrote it.
        """
        self._store = store
        self.relative = relative
        self._separator, self._end = separator, end
        self._reread = reread
        self._new: list[bytes] = []  # parts that neither file has
        self._last: list[bytes] = []  # parts that only the file with the name has
        self._named: _File | None = None
        self._other: _File | None = None
        self._other_name = ""
        self._token, self._numbers = paths.new_uuid()[:8], itertools.count()
        self._lock = new_lock(NOTES)
        call_after_fork(self)

    def after_fork(self) -> None:
        """In a child: write nothing into the files of the parent, one of whose threads may be saving."""
        self._lock = new_lock(NOTES)

    def go_on(self, last_of_head: bytes) -> list[bytes]:
        """Begin with the parts of the file that is there, and return them; `last_of_head` are the bytes with which its head ends."""
        status = self._status(self.relative, self._store.fd)
        parts = self._reread()
        data = self._read(self.relative, self._store.fd) if parts else b""
        head, found, rest = data.partition(last_of_head)
        if found and rest == self._separator.join(parts) + self._end:  # as we have left it
            self._named = _File(head + found, status)
        else:
            self._new = list(parts)
        return parts

    def add(self, part: bytes) -> None:
        """Add a part, which the next `save` writes."""
        self._new.append(part)

    def save(self, head: bytes, *, lasting: bool = False) -> None:
        """Bring the file up to date; after a crash it is as before or as now.

        Args:
            head: its first bytes; where they have another length than before, all of the file is written again.
            lasting: wait for the disk, so that this also holds for a power failure.

        Raises:
            RunGone: the run folder was moved or deleted.
            StorageError: the disk refused; the file is as before, and the next call tries again.
        """
        with hold(self._lock, NOTES, self.relative), storage_errors(self.relative, kept=_KEPT):
            self._store.check_in_place()
            if not self._new and self._named is not None and self._named == (head, self._status(self.relative, self._store.fd)):
                if lasting:
                    self._store.sync_file(self.relative)
                return
            sync = lasting or self._store.power
            name, file = self._add_to_other(head, sync=sync) or self._write_whole(head, sync=sync)
            self._give_name(name, file)

    def close(self) -> None:
        """Remove the file that has not the name."""
        self._remove(self._other_name)
        self._other, self._other_name = None, ""

    # --- the file that gets the name ---------------------------------------------------------------

    def _add_to_other(self, head: bytes, *, sync: bool) -> tuple[str, _File] | None:
        """Write what is new to the end of the file that has not the name; return it, or None where that cannot be done."""
        system, other = self._store.system, self._other
        if other is None or len(head) != len(other.head) or not self._is_own(self._other_name):
            return None
        fd = -1
        try:
            fd = system.open(self._other_name, os_calls.O_RDWR | os_calls.O_NONBLOCK | os_calls.NO_LINKS, dir_fd=self._store.temporary_fd)
            if self._fd_status(fd) != other.status or os_calls.fstat(fd).st_nlink > 1 or not system.lease(fd):
                return None
            if head != other.head:
                os_calls.lseek(fd, 0, os.SEEK_SET)
                system.write_all(fd, head)
            end = os_calls.lseek(fd, other.status[1] - len(self._end), os.SEEK_SET)
            system.write_all(fd, self._joined(self._last + self._new, first=end == len(head)) + self._end)
            if sync:
                system.fsync(fd)
            return self._other_name, _File(head, self._fd_status(fd))
        except OSError:  # it is gone, or half of it was written; a new one tells whether the disk refuses
            return None
        finally:
            system.end_lease(fd)
            system.close_quietly(fd)

    def _write_whole(self, head: bytes, *, sync: bool) -> tuple[str, _File]:
        """Write a new file with all parts."""
        system, fd, name, written = self._store.system, -1, self._temporary(), False
        content = [head, *self._parts_so_far()]
        content += [self._joined(self._new, first=not any(content[1:])), self._end]
        try:
            fd = system.open(name, _NEW, 0o666, dir_fd=self._store.temporary_fd)
            system.write_all(fd, b"".join(content))
            if sync:
                system.fsync(fd)
            file, written = _File(head, self._fd_status(fd)), True
        finally:
            system.close_quietly(fd)
            if not written:
                self._remove(name)
        self.close()
        return name, file

    def _parts_so_far(self) -> list[bytes]:
        """Return the parts that were saved, from whichever of the two files is as it was left."""
        for file, name, fd, more in (
            (self._named, self.relative, self._store.fd, []),
            (self._other, self._other_name, self._store.temporary_fd, self._last),
        ):
            if file is not None and self._status(name, fd) == file.status:
                data = self._read(name, fd)
                if len(data) == file.status[1]:
                    body = data[len(file.head) : -len(self._end)]
                    return [body, self._joined(more, first=not body)]
        parts = self._reread() if self._named is not None else []
        self._new = [part for part in self._new if part not in parts]
        return [self._joined(parts, first=True)]

    def _joined(self, parts: list[bytes], *, first: bool) -> bytes:
        """Return parts as they follow what is there; `first` where nothing is."""
        return (b"" if first or not parts else self._separator) + self._separator.join(parts)

    # --- names ---------------------------------------------------------------------------------------

    def _give_name(self, name: str, file: _File) -> None:
        """Give a file the name, and keep the one that has had it for the next turn."""
        store, system, spare = self._store, self._store.system, ""
        *folders, last = paths.inner_parts(self.relative)
        fd = store.open_folder("/".join(folders))
        try:
            if not system.exchange(name, last, src_dir_fd=store.temporary_fd, dst_dir_fd=fd):
                with suppress(OSError):  # there is none, or the file system has no hard links
                    spare = self._temporary()
                    system.link(last, spare, src_dir_fd=fd, dst_dir_fd=store.temporary_fd, follow_symlinks=False)
                system.rename(name, last, src_dir_fd=store.temporary_fd, dst_dir_fd=fd)
                name = spare
        finally:
            system.close_quietly(fd)
        before, self._named = self._named, file
        self._other, self._other_name, self._last, self._new = before, name, self._new, []
        if before is None or self._status(name, store.temporary_fd) != before.status:  # what somebody else has put there
            self.close()
        store.unsynced.add(self.relative)
        if store.power:
            store.sync_parents([self.relative])
            store.unsynced.discard(self.relative)

    def _temporary(self) -> str:
        return f"{os.getpid()}-{self._token}-{next(self._numbers)}.tmp"

    def _is_own(self, name: str) -> bool:
        """Return whether an unfinished file is of this process: in a forked child it is the parent's."""
        return name.startswith(f"{os.getpid()}-")

    def _remove(self, name: str) -> None:
        if self._is_own(name):
            with suppress(OSError):
                self._store.system.unlink(name, dir_fd=self._store.temporary_fd)

    def _read(self, name: str, folder: int) -> bytes:
        fd = -1
        with suppress(OSError):
            fd = paths.open_inside(folder, name)
            with os.fdopen(fd, "rb") as file:
                return file.read()
        return b""

    def _status(self, name: str, folder: int) -> tuple[int, ...]:
        """Return inode, size and the moment of the last write of a file; empty where there is none."""
        try:
            seen = os_calls.lstat(name, dir_fd=folder)
        except OSError:
            return ()
        return seen.st_ino, seen.st_size, seen.st_mtime_ns

    def _fd_status(self, fd: int) -> tuple[int, ...]:
        seen = self._store.system.fstat(fd)
        return seen.st_ino, seen.st_size, seen.st_mtime_ns
