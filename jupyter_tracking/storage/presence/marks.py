"""The marks of a run's writers, as they are read: who writes at this moment, and from which machine.

A lock tells of a process whether it lives, where both use one kernel and one mount. Of other machines it may tell nothing: many network
file systems keep locks on each client alone. So a mark names the client it is of, and where a file system may be shared, it is touched
every few seconds. The mark of another client is never removed, and counts as a living writer's until it is older than it says itself.
"""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.budgets import MOST_DOCUMENT_BYTES
from jupyter_tracking.errors import TrackingError, escape_controls
from jupyter_tracking.format import paths
from jupyter_tracking.format.document import run_document
from jupyter_tracking.storage.last_write import last_write
from jupyter_tracking.storage.syscalls import Syscalls
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".lock"
LASTS = 60.0  # seconds after which a mark that is touched no more is of a writer that is gone; it is touched much more often
_LONGEST_LASTS = 3600.0  # seconds that a mark of anybody's may claim
_LONGEST = 200  # characters of who a writer says it is


class Writer(NamedTuple):
    """A process that writes to a run.

    Attributes:
        words: `process 4711 on host`, and its last sign of life where it is on another machine.
        host: the name of its machine.
        signed: when it gave its last sign of life, in seconds since 1970; None for a process of this machine, which is asked itself.
        rank: which of the processes of one job it is; None where it is the only one.
    """

    words: str
    host: str
    signed: float | None
    rank: int | None

    @property
    def last_sign(self) -> str:
        """When it gave its last sign of life, and where; empty for a process of this machine."""
        return "" if self.signed is None else f"last sign of life {_ago(self.signed)} on {self.host}"


@cache
def _boot_id() -> str:
    """Return what tells this kernel from every other, and from itself before it was started anew: containers of one kernel share it."""
    with suppress(OSError), open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:  # noqa: PTH123
        return file.read().strip()
    return socket.gethostname()


def client_of(folder: int) -> str:
    """Return what tells this client of a file system from others: the kernel, and its mount, as two of one kernel may share no locks."""
    return f"{_boot_id()}:{os_calls.fstat(folder).st_dev:x}"


def own_mark(folder: int, system: Syscalls, rank: int | None) -> dict[str, Any]:
    """Return what a mark in a folder says of this process; `lasts` where the file system may be shared, and the mark is touched."""
    said: dict[str, Any] = {"pid": os.getpid(), "host": socket.gethostname(), "client": client_of(folder)}
    said |= {"lasts": LASTS} if system.may_be_shared(folder) else {}
    return said | ({} if rank is None else {"rank": rank})


class Mark:
    """A mark in the writers' folder, opened."""

    def __init__(self, folder: int, name: str, system: Syscalls) -> None:
        """Open a mark.

        Raises:
            OSError: it is gone; or `ValueError`: a link stands there.
        """
        self._system = system
        self._said: dict[str, Any] = {}
        self.fd = paths.open_inside(folder, name)
        with suppress(ValueError, OSError, RecursionError):  # anybody may have written it
            said = json.loads(os_calls.pread(self.fd, 4096, 0))
            self._said = said if isinstance(said, dict) else {}
        self.host = escape_controls(str(self._said.get("host", "")))[:_LONGEST]
        rank, lasts = self._said.get("rank"), self._said.get("lasts")
        self.rank = rank if type(rank) is int and rank >= 0 else None
        self.lasts = min(float(lasts), _LONGEST_LASTS) if isinstance(lasts, int | float) and lasts > 0 else None
        self.is_near = self._is_near(folder)

    def _is_near(self, folder: int) -> bool:
        """Return whether it is of this kernel and mount, so that its lock says whether its process lives.

        On a disk of this machine alone that holds for every mark but of a machine that has the disk over the network, which touches its
        own: what else is not of this kernel's is of a time before the machine was started anew, or came with a copy of the folder.
        """
        if self._said.get("client") == client_of(folder):
            return True
        if not self._system.may_be_shared(folder):
            return self.lasts is None
        return "client" not in self._said and self.host in {"", socket.gethostname()} and bool(self._said)  # an earlier version's

    def is_locked(self, how: int = os_calls.LOCK_SH) -> bool | None:
        """Return whether a process has it locked, as far as this machine knows; None where the file system has no locks."""
        free = self._system.lock(self.fd, how | os_calls.LOCK_NB)
        return None if free is None else not free

    @property
    def is_fresh(self) -> bool:
        """Whether it was touched as lately as it says that it would be."""
        return self.lasts is not None and time.time() - os_calls.fstat(self.fd).st_mtime <= self.lasts

    def writer(self, path: str | Path) -> Writer | None:
        """Return the process that it is of, or None when that is gone.

        Args:
            path: the run folder.
        """
        locked = self.is_locked()
        if locked is False and self.is_near:
            return None
        signed = None
        if not self.is_near:
            if not locked and not (self.is_fresh if self.lasts is not None else self._said and not _is_over(path)):
                return None
            signed = os_calls.fstat(self.fd).st_mtime
            if self.lasts is None:
                written = last_write(path)
                signed = signed if written is None else max(signed, written.timestamp())
        pid = self._said.get("pid")
        words = "another process" if pid is None or not self.host else f"process {str(pid)[:20]} on {self.host}"
        words = escape_controls(words if self.rank is None else f"rank {self.rank}, {words}")[:_LONGEST]
        if signed is not None:
            words += f" (last sign of life {_ago(signed)})"
        elif locked is None:
            if self.lasts is not None and not self.is_fresh:
                return None
            words += " (this file system has no locks, so it may be gone)"
        return Writer(words, self.host or "another machine", signed, self.rank)

    def close(self) -> None:
        """Close the file."""
        self._system.close_quietly(self.fd)


def _ago(moment: float) -> str:
    seconds = max(0, int(time.time() - moment))
    for unit, name in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds // unit} {name} ago"
    return f"{seconds} s ago"


def _is_over(path: str | Path) -> bool:
    """Return whether a run's document says that it has ended: a mark that is never touched is of no living writer then."""
    root = fd = -1
    try:
        root = os_calls.open(path, os_calls.ANY_FOLDER)
        fd = paths.open_inside(root, paths.RUN_FILE)
        size = min(os_calls.fstat(fd).st_size, MOST_DOCUMENT_BYTES)
        return run_document.has_ended(run_document.parse_document(os_calls.pread(fd, size, 0))[0])
    except (OSError, ValueError, TrackingError, MemoryError):
        return False
    finally:
        for each in (fd, root):
            if each >= 0:
                os_calls.close(each)


def writers_of(path: str | Path, system: Syscalls | None = None, *, without: str = "") -> list[Writer]:
    """Return who writes to the run at this moment; empty when nobody does.

    Args:
        path: the run folder.
        system: the system calls to make.
        without: the name of a mark that is left out, such as that of the one who asks.
    """
    system = system or Syscalls()
    try:
        root = system.open(path, os_calls.ANY_FOLDER)
    except OSError:
        return []
    try:
        folder = paths.open_inside(root, paths.WRITERS)
    except (OSError, ValueError):
        return []
    finally:
        system.close_quietly(root)
    try:
        names = sorted(os_calls.listdir(folder))
        found = (_writer_of(path, folder, name, system) for name in names if name.endswith(SUFFIX) and name != without)
        return [writer for writer in found if writer is not None]
    except NotADirectoryError:
        return []
    finally:
        system.close_quietly(folder)


def _writer_of(path: str | Path, folder: int, name: str, system: Syscalls) -> Writer | None:
    try:
        mark = Mark(folder, name, system)
    except (OSError, ValueError):  # removed meanwhile, or a link
        return None
    try:
        return mark.writer(path)
    except OSError:
        return Writer("another process", mark.host or "this machine", None, None)
    finally:
        mark.close()


def active_writers(path: str | Path, system: Syscalls | None = None, *, without: str = "") -> list[str]:
    """Return who writes to the run at this moment, in words: `process 4711 on host`; arguments as of `writers_of`."""
    return [writer.words for writer in writers_of(path, system, without=without)]


def last_sign(path: str | Path) -> str | None:
    """Return when a run's writer gave its last sign of life, and where; empty for one of this machine, None where nobody writes."""
    writers = writers_of(path)
    if not writers:
        return None
    return "" if any(writer.signed is None for writer in writers) else max(writers, key=lambda writer: writer.signed or 0.0).last_sign
