"""Doubles of the operating system: one that notes its calls, one that records, one that fails at the nth call, one that writes short."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.storage.syscalls import Syscalls
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Callable

WAITS = ("fsync", "fdatasync", "sync_disk")  # a test need not wait for the disk

__all__ = ["CALLS", "Call", "FailAt", "Noting", "Recording", "Short"]

CALLS = (
    *("open", "close", "write", "pread", "fsync", "fdatasync", "ftruncate", "inode_and_size", "stat", "fstat"),
    *("lseek", "inode_and_change"),
    *("mkdir", "rmdir", "link", "rename", "unlink", "flock", "sync_disk"),
)


class _Observed(Syscalls):
    """Every system call goes through `_call`."""

    def __init__(self) -> None:
        for name in CALLS:
            setattr(self, name, partial(self._call, name, getattr(super(), name)))

    def _call(self, name: str, real: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError


class Noting(_Observed):
    """Notes its calls, and makes some of them in another way; all others are real."""

    def __init__(self, **calls: Callable[..., Any]) -> None:
        super().__init__()
        self.made: list[str] = []
        self._calls = calls

    def _call(self, name: str, real: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.made.append(name)
        return self._calls.get(name, real)(*args, **kwargs)


class FailAt(_Observed):
    """The nth call fails, before or after it was made; all others are real."""

    def __init__(self, at: int, error: Callable[[], BaseException], *, done: bool = False, only: str | None = None) -> None:
        super().__init__()
        self.at = at
        self.error = error
        self.done = done
        self.only = only
        self.count = 0
        self.failed = ""

    def _call(self, name: str, real: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self.only is not None and name != self.only:
            return real(*args, **kwargs)
        self.count += 1
        if self.count == self.at:
            self.failed = name
            if self.done:
                real(*args, **kwargs)
            raise self.error()
        if name in WAITS:
            return None
        return real(*args, **kwargs)


class Short(Syscalls):
    """No write takes more than a few bytes."""

    def __init__(self, most: int) -> None:
        self.most = most

    def write(self, fd: int, data: Any) -> int:  # type: ignore[override]
        """Write the first bytes only."""
        return os.write(fd, memoryview(data)[: self.most])


class Call(NamedTuple):
    """What a call did to the disk, in inodes: nothing of descriptors or paths is left."""

    what: str
    inode: int
    name: str = ""
    target: int = 0
    data: bytes = b""


class Recording(_Observed):
    """Everything is real, and what changes the disk is noted in order."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []

    def _call(self, name: str, real: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        note = getattr(self, f"_note_{name}", None)
        if note is None:
            return real(*args, **kwargs)
        return note(real, *args, **kwargs)

    @staticmethod
    def _folder(path: Any, dir_fd: int | None) -> tuple[int, str]:
        folder, name = os.path.split(os.fspath(path))
        return os_calls.stat(folder or ".", dir_fd=dir_fd).st_ino, name

    def _note_open(self, real: Callable[..., int], path: Any, flags: int, *args: Any, dir_fd: int | None = None) -> int:
        there = True
        if flags & os.O_CREAT:
            try:
                os_calls.lstat(path, dir_fd=dir_fd)
            except FileNotFoundError:
                there = False
        fd = real(path, flags, *args, dir_fd=dir_fd)
        if not there:
            folder, name = self._folder(path, dir_fd)
            self.calls.append(Call("create", folder, name, os_calls.fstat(fd).st_ino))
        return fd

    def _note_write(self, real: Callable[..., int], fd: int, data: Any) -> int:
        done = real(fd, data)
        self.calls.append(Call("write", os_calls.fstat(fd).st_ino, data=bytes(memoryview(data)[:done])))
        return done

    def _note_ftruncate(self, real: Callable[..., None], fd: int, size: int) -> None:
        real(fd, size)
        self.calls.append(Call("cut", os_calls.fstat(fd).st_ino, target=size))

    def _note_fsync(self, real: Callable[..., None], fd: int) -> None:
        del real  # the disk of a test need not be waited for
        self.calls.append(Call("sync", os_calls.fstat(fd).st_ino))

    _note_fdatasync = _note_fsync

    def _note_sync_disk(self, real: Callable[..., None], fd: int) -> None:
        del real, fd
        self.calls.append(Call("sync_all", 0))

    def _note_mkdir(self, real: Callable[..., None], path: Any, *args: Any, dir_fd: int | None = None) -> None:
        real(path, *args, dir_fd=dir_fd)
        folder, name = self._folder(path, dir_fd)
        self.calls.append(Call("mkdir", folder, name, os_calls.stat(path, dir_fd=dir_fd).st_ino))

    def _note_link(self, real: Callable[..., None], source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int, **more: Any) -> None:
        real(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd, **more)
        self.calls.append(Call("name", os_calls.fstat(dst_dir_fd).st_ino, target, os_calls.stat(target, dir_fd=dst_dir_fd).st_ino))

    def _note_rename(self, real: Callable[..., None], source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        real(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        self.calls.append(Call("name", os_calls.fstat(dst_dir_fd).st_ino, target, os_calls.stat(target, dir_fd=dst_dir_fd).st_ino))
        self.calls.append(Call("unname", os_calls.fstat(src_dir_fd).st_ino, source))

    def exchange(self, source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int) -> bool:
        """Note that two files have changed names: the old one is deleted next, and its inode given again."""
        done = super().exchange(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        for fd, name in ((dst_dir_fd, target), (src_dir_fd, source)) if done else ():
            self.calls.append(Call("exchange", os_calls.fstat(fd).st_ino, name, os_calls.stat(name, dir_fd=fd).st_ino))
        return done

    def _note_unlink(self, real: Callable[..., None], path: str, *, dir_fd: int) -> None:
        real(path, dir_fd=dir_fd)
        self.calls.append(Call("unname", os_calls.fstat(dir_fd).st_ino, path))

    _note_rmdir = _note_unlink
