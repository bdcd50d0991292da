"""Hide from the package, and from nothing else, what Python lacks on Windows, and refuse what Windows refuses.

`import os` of a module of ours gives an `os` without `fork`, `pread`, `O_NOFOLLOW`, `dir_fd=`, …; `fcntl` and `resource` are not there. Files
are opened and locked by the calls of Windows, `CreateFileW` and `LockFileEx`, which are made here of those of Linux: of the rules by which
they differ, those are kept that the package has to live with:

- a file that somebody has open, and not by `CreateFileW` so that all may remove it, is neither renamed nor removed;
- a folder is not renamed while a file below it is open;
- a folder cannot be opened, and a file that is open to be read alone cannot be synced;
- a lock is the handle's: the same handle gets none twice, and to unlock what is not locked is an error.

It knows what this process has open. It is no Windows: what of the calls themselves is wrong there, it cannot tell.
"""

from __future__ import annotations

import builtins
import ctypes
import errno
import fcntl
import os
import stat
import types
from contextlib import suppress

PACKAGE = "jupyter_tracking"
HIDDEN_MODULES = {"fcntl", "resource", "pwd", "grp", "termios"}
# Of what programs use, that which `os` has on Linux and not on Windows, as of Python 3.11.
_ON_LINUX_ALONE = """
O_ACCMODE O_ASYNC O_CLOEXEC O_DIRECT O_DIRECTORY O_DSYNC O_FSYNC O_LARGEFILE O_NDELAY O_NOATIME O_NOCTTY O_NOFOLLOW O_NONBLOCK O_PATH
O_RSYNC O_SYNC O_TMPFILE SEEK_DATA SEEK_HOLE chown chroot confstr confstr_names copy_file_range ctermid environb fchdir fchmod fchown
fdatasync fork forkpty fpathconf fstatvfs fwalk get_blocking getegid getenvb geteuid getgid getgrouplist getgroups getloadavg getpgid
getpgrp getpriority getrandom getsid getuid initgroups killpg lchown lockf login_tty major makedev memfd_create minor mkfifo mknod nice
openpty pathconf pathconf_names pidfd_open pipe2 posix_fadvise posix_fallocate posix_spawn posix_spawnp pread preadv pwrite pwritev
readv register_at_fork sendfile set_blocking setgroups setpgrp setpriority setsid splice statvfs sync sysconf sysconf_names tcgetpgrp
tcsetpgrp ttyname uname wait wait3 wait4 waitid waitid_result writev
"""
HIDDEN_NAMES = set(_ON_LINUX_ALONE.split())
# What takes no descriptor, and nothing relative to one.
BY_PATH = (
    "access",
    "chmod",
    "link",
    "listdir",
    "lstat",
    "mkdir",
    "open",
    "readlink",
    "rmdir",
    "scandir",
    "stat",
    "symlink",
    "truncate",
    "utime",
)
SHARING_VIOLATION, ACCESS_DENIED, LOCK_VIOLATION, NOT_LOCKED = 32, 5, 33, 158

_removable: set[int] = set()  # descriptors that `CreateFileW` gave
_locked: set[int] = set()
_last_error = [0]


def hide() -> None:
    """From now on the package sees an `os` of this kind, whenever it is imported."""
    real = builtins.__import__
    given = {"os": _limited_os(), "msvcrt": _msvcrt(), "ctypes": _ctypes()}

    def importing(name, globals=None, locals=None, fromlist=(), level=0):  # noqa: A002
        asking = str((globals or {}).get("__name__", ""))
        if asking == PACKAGE or asking.startswith(f"{PACKAGE}."):
            if name in HIDDEN_MODULES:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            if name in {"os", "msvcrt"} or (name == "ctypes" and asking.endswith(".system.windows")):
                return given[name]
        return real(name, globals, locals, fromlist, level)

    importing.__code__ = importing.__code__.replace(co_filename="<frozen importlib._bootstrap>")  # no warning is at a line of an import's
    builtins.__import__ = importing


def _windows_error(kind: type[OSError], number: int, code: int, path: object) -> OSError:
    error = kind(number, os.strerror(number), path)
    error.winerror = code
    return error


def _check_removable(path: str | bytes) -> None:
    """Refuse what Windows would: the file, or one below the folder, is open."""
    try:
        seen = os.lstat(path)
    except OSError:
        return
    below = os.fsdecode(os.path.realpath(path)) + "/" if stat.S_ISDIR(seen.st_mode) else ""
    for name in os.listdir("/proc/self/fd"):
        fd, inside, same = int(name), False, False
        with suppress(OSError):  # closed since
            inside = bool(below) and os.readlink(f"/proc/self/fd/{fd}").startswith(below)
            same = stat.S_ISREG(seen.st_mode) and fd not in _removable and os.path.samestat(os.fstat(fd), seen)
        if inside or same:
            raise _windows_error(PermissionError, errno.EACCES, ACCESS_DENIED if inside else SHARING_VIOLATION, path)


def _by_path(name: str) -> object:
    real = getattr(os, name)

    def call(path, *args, **more):
        if isinstance(path, int) or any(value is not None for key, value in more.items() if key.endswith("dir_fd")):
            raise NotImplementedError(f"{name}: Windows has no descriptors of folders")
        if name == "open" and os.path.isdir(path):
            raise _windows_error(PermissionError, errno.EACCES, ACCESS_DENIED, path)
        if name == "utime" and not more.get("follow_symlinks", True):
            raise NotImplementedError("utime: Windows follows links")
        return real(path, *args, **more)

    return call


def unlink(path):
    """Remove a file, which nobody has open but those that let it be removed."""
    _check_removable(path)
    os.unlink(path)


def rename(source, target):
    """Rename to a name that is free."""
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)
    replace(source, target)


def replace(source, target):
    """Rename, also to the name of a file."""
    _check_removable(source)
    _check_removable(target)
    if os.path.isdir(target):
        raise _windows_error(PermissionError, errno.EACCES, ACCESS_DENIED, target)
    os.replace(source, target)


def fsync(fd):
    """Sync a file that is open to be written."""
    if fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    os.fsync(fd)


def close(fd):
    """Close a file, which unlocks it."""
    _removable.discard(fd)
    _locked.discard(fd)
    os.close(fd)


def _limited_os() -> types.ModuleType:
    limited = types.ModuleType("os")
    limited.__dict__.update({name: value for name, value in vars(os).items() if name not in HIDDEN_NAMES})
    for name in ("supports_dir_fd", "supports_fd", "supports_follow_symlinks"):
        setattr(limited, name, set())

    for name in BY_PATH:
        setattr(limited, name, _by_path(name))

    for function in (unlink, rename, replace, fsync, close):
        setattr(limited, function.__name__, function)
    limited.remove = unlink
    return limited


# --- the calls of Windows -----------------------------------------------------------------------------


def _msvcrt() -> types.ModuleType:
    made = types.ModuleType("msvcrt")

    def open_osfhandle(handle, flags):
        if flags & os.O_APPEND:  # of the descriptor, not of the handle
            fcntl.fcntl(handle, fcntl.F_SETFL, fcntl.fcntl(handle, fcntl.F_GETFL) | os.O_APPEND)
        return handle

    made.open_osfhandle = open_osfhandle
    made.get_osfhandle = lambda fd: os.fstat(fd) and fd
    return made


def _failed(error: OSError | None, code: int, result: int) -> int:
    _last_error[0] = (
        code if error is None else {errno.ENOENT: 2, errno.EACCES: 5, errno.EEXIST: 80}.get(error.errno or 0, -(error.errno or 0))
    )
    return result


class _Function:
    """A function of a DLL, which can be told its types."""

    def __init__(self, call) -> None:
        self.call, self.argtypes, self.restype = call, (), None

    def __call__(self, *arguments):
        return self.call(*arguments)


def _create_file(path, access, sharing, _security, how, _attributes, _template):
    assert sharing == 7
    flags = {0x8000_0000: os.O_RDONLY, 0x4000_0000: os.O_WRONLY, 0xC000_0000: os.O_RDWR}[access]
    flags |= {1: os.O_CREAT | os.O_EXCL, 3: 0, 4: os.O_CREAT}[how]
    if os.path.isdir(path):
        return _failed(None, ACCESS_DENIED, ctypes.c_void_p(-1).value)
    try:
        fd = os.open(path, flags | os.O_CLOEXEC, 0o666)
    except OSError as error:
        return _failed(error, 0, ctypes.c_void_p(-1).value)
    _removable.add(fd)
    _locked.discard(fd)
    return fd


def _lock_file(handle, how, _reserved, low, high, _region):
    assert (low, high) == (1, 0)
    assert how & 1, "it waits in the system, where no Ctrl-C reaches it"
    if handle in _locked:
        return _failed(None, LOCK_VIOLATION, 0)
    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if how & 2 else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return _failed(None, LOCK_VIOLATION, 0)
    except OSError as error:
        return _failed(error, 0, 0)
    _locked.add(handle)
    return 1


def _unlock_file(handle, _reserved, _low, _high, _region):
    if handle not in _locked:
        return _failed(None, NOT_LOCKED, 0)
    _locked.discard(handle)
    fcntl.flock(handle, fcntl.LOCK_UN)
    return 1


def _error_of(code: int) -> OSError:
    number = {2: errno.ENOENT, 5: errno.EACCES, 80: errno.EEXIST, 33: errno.EACCES, 158: errno.EACCES}.get(code, -code)
    error = OSError(number, os.strerror(number))
    error.winerror = code
    return error


def _ctypes() -> types.ModuleType:
    made = types.ModuleType("ctypes")
    made.__dict__.update(vars(ctypes))
    kernel = types.SimpleNamespace(
        CreateFileW=_Function(_create_file), LockFileEx=_Function(_lock_file), UnlockFileEx=_Function(_unlock_file)
    )
    made.WinDLL = lambda name, use_last_error: kernel if name == "kernel32" and use_last_error else None
    made.WinError = _error_of
    made.get_last_error = lambda: _last_error[0]
    return made
