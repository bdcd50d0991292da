"""The user's cache of objects: each as it was at one version, in folders that nobody else reads, within a bound."""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import tempfile
import threading
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_tracking.budgets import MOST_CACHE_BYTES
from jupyter_tracking.errors import StorageError, storage_errors
from jupyter_tracking.fork import free_after_fork
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

_KEPT = "set JUPYTER_TRACKING_CACHE to a folder that has room and is yours"
_LOOK_EVERY = MOST_CACHE_BYTES // 16  # bytes that are added until the size of all is looked at again
_PRIVATE = 0o700


class ObjectCache:
    """Files of objects by name and version, and a folder for what this process has open.

    A file of the run's folder and one of the cache are the same file by two names: what is forgotten here stays where it is in use.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folders.

        Raises:
            StorageError: they cannot be made, or are somebody else's.
        """
        self.folder = folder
        self._objects, opened = folder / "objects", folder / "open"
        self._lock = free_after_fork(threading.Lock())
        self._added = _LOOK_EVERY  # so that the first one looks
        with storage_errors(f"the cache {folder}", kept=_KEPT, failed="cannot be used"):
            for each in (folder, self._objects, opened):
                each.mkdir(_PRIVATE, parents=True, exist_ok=True)
                seen = each.lstat()
                if not stat.S_ISDIR(seen.st_mode) or os_calls.is_another_users(seen):
                    raise StorageError(f"the cache {each} is not a folder of yours; {_KEPT}")
                each.chmod(_PRIVATE)
            _remove_abandoned(opened)
            self.opened = Path(tempfile.mkdtemp(dir=opened))
            # Held until the process ends: then the next one removes what this one could not.
            self._held = os_calls.open(self.opened / ".lock", os_calls.O_RDWR | os_calls.O_CREAT | os_calls.O_CLOEXEC, 0o600)
            os_calls.flock(self._held, os_calls.LOCK_EX)
        atexit.register(_remove, self.opened, os.getpid())

    def link(self, name: str, target: Path) -> bool:
        """Let a file of this process be the cached one; return False where that is not there."""
        cached = self._objects / _digest(name)
        try:
            seen = cached.stat()
            os.utime(cached, ns=(_now(), seen.st_mtime_ns))  # the time of the last use, by which the oldest are forgotten
            _replace(target, lambda path: _link_or_copy(cached, path))
        except FileNotFoundError:
            return False
        return True

    def add(self, name: str, target: Path, modified: float, fill: Callable[[BinaryIO], object]) -> None:
        """Fill a file, keep it by this name, and let it be a file of this process too; what fails leaves nothing.

        Raises:
            StorageFull: the disk is full; or what `fill` raises.
        """
        handle, made = tempfile.mkstemp(dir=self.opened)
        try:
            with storage_errors(f"the cache {self.folder}", kept=_KEPT):
                with os.fdopen(handle, "w+b") as file:
                    fill(file)
                    size = file.tell()
                os.utime(made, (_now() / 1e9, modified))
                # Before it has its name in the cache, from where another thread or process may take it away at once, to make room.
                _replace(target, lambda path: _link_or_copy(made, path))
                os.replace(made, self._objects / _digest(name))  # noqa: PTH105 - a string
        finally:
            with suppress(FileNotFoundError):
                os.unlink(made)  # noqa: PTH108
        self._forget_oldest(size)

    def _forget_oldest(self, added: int) -> None:
        with self._lock:
            self._added += added
            if self._added < _LOOK_EVERY:
                return
            self._added = 0
        found = []
        with suppress(OSError), os.scandir(self._objects) as entries:
            for entry in entries:
                with suppress(OSError):
                    seen = entry.stat(follow_symlinks=False)
                    found.append((seen.st_atime_ns, seen.st_size, entry.path))
        size = sum(each[1] for each in found)
        for _, less, path in sorted(found):
            if size <= MOST_CACHE_BYTES:
                break
            with suppress(OSError):
                os.unlink(path)  # noqa: PTH108
            size -= less


def make_placeholder(target: Path, size: int, modified: float) -> None:
    """Make a file that says how long the object is and when it was written, and that only its replacement by the object makes readable."""

    def make(path: str) -> None:
        fd = os_calls.open(path, os_calls.O_WRONLY | os_calls.O_CREAT | os_calls.O_EXCL | os_calls.O_CLOEXEC, 0)
        try:
            os_calls.ftruncate(fd, size)
        finally:
            os_calls.close(fd)
        os.utime(path, (modified, modified))

    _replace(target, make)


def _replace(target: Path, make: Callable[[str], object]) -> None:
    """Put a file in the place of another, or of none, at once."""
    own = f"{target.parent}/.{threading.get_ident()}.new"
    target.parent.mkdir(_PRIVATE, parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        os.unlink(own)  # noqa: PTH108
    make(own)
    os.replace(own, target)  # noqa: PTH105
    with suppress(FileNotFoundError):  # of two names of one file, `rename` leaves both
        os.unlink(own)  # noqa: PTH108


def _link_or_copy(source: str | Path, target: str) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        shutil.copy2(source, target)


def _digest(name: str) -> str:
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def _now() -> int:
    from time import time_ns

    return time_ns()


def _remove_abandoned(opened: Path) -> None:
    """Remove what processes had open that did not end by themselves."""
    for folder in opened.iterdir():
        with suppress(OSError):
            fd = os_calls.open(folder / ".lock", os_calls.O_RDWR | os_calls.NO_LINKS)
            try:
                os_calls.flock(fd, os_calls.LOCK_EX | os_calls.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os_calls.close(fd)


def _remove(folder: Path, pid: int) -> None:
    if os.getpid() == pid:  # a forked child only borrows it
        shutil.rmtree(folder, ignore_errors=True)


_caches: dict[Path, ObjectCache] = {}
_making = free_after_fork(threading.Lock())


def user_cache() -> ObjectCache:
    """Return the user's cache: `JUPYTER_TRACKING_CACHE`, else `jupyter-tracking` in their folder of caches; raises as `ObjectCache`."""
    chosen = os.environ.get("JUPYTER_TRACKING_CACHE")
    base = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jupyter-tracking"
    folder = Path(os.path.abspath(base))  # noqa: PTH100
    with _making:
        if folder not in _caches:
            _caches[folder] = ObjectCache(folder)
        return _caches[folder]
