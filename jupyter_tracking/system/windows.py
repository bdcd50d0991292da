"""Of Windows what Python has no function for: files that may be renamed and removed while they are open, and locks of files.

Python's own `open` keeps everybody from renaming and removing a file, and `msvcrt.locking` has no shared locks. Locks are mandatory there:
who has locked bytes keeps the others from reading them. So a byte is locked that no file has, far behind its end.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from typing import Any

_msvcrt: Any = None  # typed on Windows alone, as is what ctypes has there
with suppress(ImportError):
    import msvcrt as _msvcrt
IS_THERE = _msvcrt is not None
_ctypes: Any = ctypes
_kernel: Any = _ctypes.WinDLL("kernel32", use_last_error=True) if IS_THERE else None

_READ, _WRITE = 0x8000_0000, 0x4000_0000
_ACCESS = {os.O_RDONLY: _READ, os.O_WRONLY: _WRITE, os.O_RDWR: _READ | _WRITE}
_SHARED_WITH_ALL = 0x1 | 0x2 | 0x4  # who reads, writes, and renames or removes it
_CREATE_NEW, _OPEN_EXISTING, _OPEN_ALWAYS = 1, 3, 4
_NORMAL = 0x80
_FAIL_AT_ONCE, _EXCLUSIVE = 0x1, 0x2
_LOCK_VIOLATION, _IO_PENDING = 33, 997
_LOCKED_BYTE = 1 << 62


class _Overlapped(ctypes.Structure):
    _fields_ = (
        ("internal", ctypes.c_size_t),
        ("internal_high", ctypes.c_size_t),
        ("offset", ctypes.c_uint32),
        ("offset_high", ctypes.c_uint32),
        ("event", ctypes.c_void_p),
    )


if IS_THERE:
    _kernel.CreateFileW.argtypes = (
        *(ctypes.c_wchar_p, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p),
        *(ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p),
    )
    _kernel.CreateFileW.restype = ctypes.c_void_p
    _kernel.LockFileEx.argtypes = (ctypes.c_void_p, *[ctypes.c_uint32] * 4, ctypes.c_void_p)
    _kernel.UnlockFileEx.argtypes = (ctypes.c_void_p, *[ctypes.c_uint32] * 3, ctypes.c_void_p)
_NO_HANDLE = ctypes.c_void_p(-1).value


def open_file(path: str, flags: int) -> int:
    """Open a file as `os.open` does, in binary and not inherited; others may rename and remove it meanwhile."""
    how = _OPEN_EXISTING if not flags & os.O_CREAT else _CREATE_NEW if flags & os.O_EXCL else _OPEN_ALWAYS
    access = _ACCESS[flags & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR)]
    handle = _kernel.CreateFileW(path, access, _SHARED_WITH_ALL, None, how, _NORMAL, None)
    if handle == _NO_HANDLE:
        error: OSError = _ctypes.WinError(_ctypes.get_last_error())
        error.filename = path
        raise error
    return int(_msvcrt.open_osfhandle(handle, flags & os.O_APPEND | getattr(os, "O_NOINHERIT", 0)))


def try_lock(fd: int, *, shared: bool) -> bool:
    """Lock an open file, if nobody else has; return whether it is locked."""
    region = _region()
    how = _FAIL_AT_ONCE | (0 if shared else _EXCLUSIVE)
    if _kernel.LockFileEx(_msvcrt.get_osfhandle(fd), how, 0, 1, 0, ctypes.byref(region)):
        return True
    if _ctypes.get_last_error() in {_LOCK_VIOLATION, _IO_PENDING}:
        return False
    raise _ctypes.WinError(_ctypes.get_last_error())


def unlock(fd: int) -> None:
    """Unlock an open file.

    Raises:
        OSError: it was not locked.
    """
    region = _region()
    if not _kernel.UnlockFileEx(_msvcrt.get_osfhandle(fd), 0, 1, 0, ctypes.byref(region)):
        raise _ctypes.WinError(_ctypes.get_last_error())


def _region() -> _Overlapped:
    return _Overlapped(offset=_LOCKED_BYTE & 0xFFFF_FFFF, offset_high=_LOCKED_BYTE >> 32)
