"""A network file system in small: a folder mounted by FUSE, whose locks hold on this mount alone, and whose files' sizes are a second old.

Two mounts of one folder are two machines: Linux gives an append the place where its own mount believes that the file ends. Run as a
program it mounts a folder until it is unmounted: `python -m tests.reliability.fuse_mount FOLDER MOUNT`.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["mounted", "mounted_by_sshfs", "why_no_sshfs", "why_not"]

_SFTP_SERVERS = ("/usr/lib/openssh", "/usr/libexec/openssh", "/usr/lib/ssh", "/usr/libexec")


def why_not() -> str:
    """Return why nothing can be mounted here; empty where it can."""
    if why := _why_no_mount():
        return why
    if find_spec("mfusepy") is None:
        return "mfusepy is not installed"
    try:
        import mfusepy  # noqa: F401
    except (OSError, ImportError) as error:
        return f"mfusepy finds no libfuse: {error}"
    return ""


def why_no_sshfs() -> str:
    """Return why sshfs cannot mount anything here; empty where it can."""
    if why := _why_no_mount():
        return why
    return "" if shutil.which("sshfs") and _sftp_server() else "sshfs, or the server of SFTP that it talks to, is not installed"


def _why_no_mount() -> str:
    may = os.geteuid() == 0 and Path("/dev/fuse").exists()
    return "" if may else "only root may mount, and only where there is /dev/fuse"


def _sftp_server() -> str | None:
    return shutil.which("sftp-server", path=os.pathsep.join([*_SFTP_SERVERS, os.environ["PATH"]]))


@contextmanager
def mounted_by_sshfs(folder: Path, mount: Path) -> Iterator[Path]:
    """Have a folder mounted for a block by a file system that people use, whose locks hold on this mount alone, too.

    It talks to the server of SFTP by a pipe, so that no machine has to let it in.
    """
    mount.mkdir()
    server = mount.with_name(f"{mount.name}.sh")
    server.write_text(f"#!/bin/sh\nexec {_sftp_server()}\n")
    server.chmod(0o700)
    subprocess.run(["sshfs", f"here:{folder}", mount, "-o", f"ssh_command={server}"], check=True, timeout=60)
    try:
        yield mount
    finally:
        subprocess.run(["umount", "--lazy", mount], check=True)


@contextmanager
def mounted(folder: Path, mount: Path) -> Iterator[Path]:
    """Have a folder mounted for a block."""
    mount.mkdir()
    command = [sys.executable, "-m", "tests.reliability.fuse_mount", str(folder), str(mount)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent.parent) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"mounted\n"
            yield mount
        finally:
            subprocess.run(["umount", "--lazy", mount], check=True)
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()


def _serve(folder: str, mount: str) -> None:  # noqa: C901 - a class of short methods, of a library that need not be there
    import mfusepy as fuse

    class Folder(fuse.Operations):  # type: ignore[misc,name-defined]
        """Passes every call on to a folder; it has no call for locks, which the kernel then keeps to the mount."""

        use_ns = True

        def init(self, _path: str) -> None:
            """Say that the mount is there."""
            sys.stdout.write("mounted\n")
            sys.stdout.flush()

        def _at(self, path: str) -> str:
            return folder + path

        def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:  # noqa: ARG002
            seen = os.lstat(self._at(path))
            names = ("st_mode", "st_nlink", "st_uid", "st_gid", "st_size", "st_ino", "st_blocks")
            times = {f"st_{time}": getattr(seen, f"st_{time}_ns") for time in ("atime", "mtime", "ctime")}
            return {name: getattr(seen, name) for name in names} | times

        def readdir(self, path: str, _fh: int) -> list[tuple[str, dict[str, Any], int]]:
            with os.scandir(self._at(path)) as entries:
                return [(entry.name, {"st_ino": entry.inode()}, 0) for entry in entries]

        def open(self, path: str, flags: int) -> int:
            return os.open(self._at(path), flags & ~(os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW))

        def create(self, path: str, mode: int, _info: object = None) -> int:
            return os.open(self._at(path), os.O_RDWR | os.O_CREAT, mode)

        def read(self, _path: str, size: int, offset: int, fh: int) -> bytes:
            return os.pread(fh, size, offset)

        def write(self, _path: str, data: bytes, offset: int, fh: int) -> int:
            return os.pwrite(fh, data, offset)

        def truncate(self, path: str, length: int, fh: int | None = None) -> int:
            os.truncate(self._at(path) if fh is None else fh, length)
            return 0

        def release(self, _path: str, fh: int) -> int:
            os.close(fh)
            return 0

        def fsync(self, _path: str, _datasync: int, fh: int) -> int:
            os.fsync(fh)
            return 0

        def mkdir(self, path: str, mode: int) -> int:
            os.mkdir(self._at(path), mode)
            return 0

        def rmdir(self, path: str) -> int:
            os.rmdir(self._at(path))
            return 0

        def unlink(self, path: str) -> int:
            os.unlink(self._at(path))
            return 0

        def rename(self, old: str, new: str) -> int:
            os.rename(self._at(old), self._at(new))
            return 0

        def link(self, _target: str, _source: str) -> int:
            raise fuse.FuseOSError(errno.EPERM)  # two names of one file would be two files to the kernel, each with a size of its own

        def chmod(self, path: str, mode: int) -> int:
            os.chmod(self._at(path), mode)
            return 0

        def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
            os.utime(self._at(path), ns=times) if times else os.utime(self._at(path))
            return 0

    fuse.FUSE(Folder(), mount, foreground=True, nothreads=True, attr_timeout=1, entry_timeout=1, use_ino=True)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
