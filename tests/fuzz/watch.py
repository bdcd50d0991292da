"""What a process does while it reads somebody else's files: an audit hook of Python, and the kernel's own word on a private folder.

Python tells of each call before it is made (`sys.addaudithook`); libraries in C do not, but the kernel tells (inotify) whoever opens a
file of the private folder, by whatever name and from whatever language. Programs that are started leave a mark themselves: those that
can be found on the path are ours.
"""

from __future__ import annotations

import ctypes
import os
import re
import site
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["CANARY", "RAW", "PrivateFolder", "Watch", "lay_decoys", "peak_memory", "reset_peak"]

CANARY = "THE-CANARY-SANG"
# What a terminal obeys, what reorders a line, and what ends one; a line break and a tab are ours to print.
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_CHECKOUT = Path(__file__).resolve().parents[2]

# What Python and its libraries read of a machine, whoever asks them for something.
_MACHINE = (
    *(
        "/usr",
        "/lib",
        "/lib64",
        "/etc/fonts",
        "/etc/mime.types",
        "/etc/localtime",
        "/etc/ld.so.cache",
        "/etc/os-release",
        "/var/cache/fontconfig",
    ),
    *(
        "/proc/self",
        f"/proc/{os.getpid()}",
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/proc/stat",
        "/proc/filesystems",
        "/sys/devices",
        "/sys/fs/cgroup",
    ),
    *("/dev/null", "/dev/urandom", "/dev/shm/sem."),
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NAMING = {  # which arguments of an event are paths, and which the descriptor of the folder that each is seen from
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.link": ((0, 2), (1, 3)),
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.removexattr": ((0, None),),
    "os.rename": ((0, 2), (1, 3)),
    "os.rmdir": ((0, 1),),
    "os.setxattr": ((0, None),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
    "os.utime": ((0, 3),),
}
_STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.startfile", "pty.spawn")
_CONNECTS = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostby", "socket.sendto", "socket.sendmsg", "urllib.Request")


class Watch:
    """Records what the process does beyond what is allowed, from `allow` on until `stop`."""

    def __init__(self, *own: Path) -> None:
        """Install the hook, for good; `own` are the folders that libraries keep their caches in."""
        prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages(), site.getusersitepackages(), str(_CHECKOUT)}
        self._libraries = [os.path.realpath(p) for p in prefixes]
        self._own = [os.path.realpath(p) for p in own]
        self._reads: list[str] = []
        self._saves: list[str] = []
        self._on = self._busy = False
        self.seen: list[str] = []
        sys.addaudithook(self._audit)

    @contextmanager
    def allowing(self, reads: Iterable[Path], saves: Iterable[Path]) -> Iterator[None]:
        """Watch the block: it may read these files and folders, and write those."""
        self._saves, self._reads = ([os.path.join(os.path.realpath(p.parent), p.name) for p in places] for places in (saves, reads))
        self._on = True
        try:
            yield
        finally:
            self._on = False

    def take(self) -> list[str]:
        """Return what was seen since the last time."""
        seen, self.seen = list(dict.fromkeys(self.seen)), []
        return seen

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on or self._busy:
            return
        self._busy = True
        try:
            wrong = self._wrong(event, arguments)
            if wrong:
                self.seen.append(f"{wrong} ({_caller()})")
        finally:
            self._busy = False

    def _wrong(self, event: str, arguments: tuple[Any, ...]) -> str:  # noqa: PLR0911 - a sort of call a line
        """Return what is wrong with a call, or nothing."""
        if event == "open":
            return self._wrong_open(*arguments[:3])
        if event in {"os.listdir", "os.scandir"}:
            return self._wrong_place(event, arguments[0] or ".", None, writes=False)
        if event in _NAMING:
            places = [(arguments[at], arguments[of] if of is not None else None) for at, of in _NAMING[event]]
            return next(filter(None, (self._wrong_place(event, path, folder, writes=True, follows=False) for path, folder in places)), "")
        if event == "subprocess.Popen" and arguments[0] == sys.executable and arguments[1][1:2] == ["-I"]:
            return ""  # a worker of ours: this Python, by its whole path and without the user's surroundings
        if event.startswith(_STARTS):
            return f"starts {event} {str(arguments)[:200]}"
        if event.startswith(_CONNECTS):
            return f"connects {event} {str(arguments[1:])[:200]}"
        if event == "pickle.find_class":
            return f"unpickles {arguments}"
        if event == "ctypes.dlopen" and arguments[0] is not None and "/" in str(arguments[0]):
            return self._wrong_place(event, arguments[0], None, writes=False)
        if event == "compile":
            source = arguments[0] if isinstance(arguments[0], str | bytes) else b""
            return "compiles a text of the run" if CANARY in os.fsdecode(source) else ""
        return ""

    def _wrong_open(self, path: Any, mode: str | None, flags: int | None) -> str:
        bits = flags or 0
        writes = bool(bits & _WRITES) if flags is not None else any(c in (mode or "r") for c in "wax+")
        if isinstance(path, int):
            return ""
        text = os.fsdecode(path)
        if bits & os.O_NOFOLLOW and "/" not in text and text not in {"", "..", "."}:
            return ""  # one component, from a folder that is open already: the hook is not told which
        return self._wrong_place("open", path, None, writes=writes, follows=not bits & os.O_NOFOLLOW)

    def _wrong_place(self, event: str, path: Any, folder: int | None, *, writes: bool, follows: bool = True) -> str:
        if isinstance(path, int):
            real = os.readlink(f"/proc/self/fd/{path}")
        else:
            text = os.fsdecode(path)
            start = os.readlink(f"/proc/self/fd/{folder}") if folder is not None and folder >= 0 else "."
            whole = os.path.join(start, text)
            if "\0" in whole:
                return ""  # which no call takes
            real = os.path.realpath(whole) if follows else os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))
        if not real.startswith("/") or any(_within(real, each) for each in (*self._saves, *self._own)) or real == "/dev/null":
            return ""
        if not writes and any(_within(real, each) for each in (*self._reads, *self._libraries, *_MACHINE)):
            return ""
        return f"{'writes' if writes else 'reads'} outside: {event} {real!r}"


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _caller() -> str:
    """Say which line of the package has asked."""
    frame = sys._getframe(3)
    last = ""
    while frame is not None:
        name = frame.f_code.co_filename
        if f"{os.sep}jupyter_tracking{os.sep}" in name:
            return f"{os.path.basename(name)}:{frame.f_lineno}"
        last = last or f"{os.path.basename(name)}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment] # until there is none
    return last


class PrivateFolder:
    """A folder that nobody may open: the kernel tells of each file in it that is opened, changed, made or removed."""

    _EVENTS = 0x20 | 0x2 | 0x4 | 0x40 | 0x80 | 0x100 | 0x200  # opened, changed, its attributes, moved from, moved to, made, removed

    def __init__(self, path: Path) -> None:
        """Watch a folder as it is now."""
        self.path = path
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC) if sys.platform == "linux" else -1
        self._names = {}
        for each in [path, *path.rglob("*")]:
            if self._fd >= 0 and each.is_dir():
                self._names[libc.inotify_add_watch(self._fd, os.fsencode(each), self._EVENTS)] = each

    def take(self, named: Iterable[Path] = ()) -> list[str]:
        """Return what was touched since the last time; what the caller had named may be opened."""
        asked_for, touched = set(named), []
        while self._fd >= 0:
            try:
                data = os.read(self._fd, 1 << 16)
            except BlockingIOError:
                break
            while data:
                watch, mask, length = (int.from_bytes(data[a : a + 4], "little") for a in (0, 4, 12))
                name = os.fsdecode(data[16 : 16 + length].rstrip(b"\0"))
                path = self._names.get(watch, self.path) / name
                if not (mask & 0x20 and path in asked_for):
                    touched.append(f"{'opens' if mask & 0x20 else 'changes'} the private {path}")
                data = data[16 + length :]
        return list(dict.fromkeys(touched))


_DECOY = '#!/bin/sh\necho "$0 $*" >> {mark}\ncase "$1" in --version|-version) echo 10.0; exit 0;; esac\nexit 1\n'
_PROGRAMS = (
    "gs",
    "git",
    "ffmpeg",
    "ffprobe",
    "sh",
    "dot",
    "xdg-open",
    "convert",
    "magick",
    "pdftoppm",
    "xclip",
    "less",
    "node",
    "ssh",
    "curl",
    "file",
)


def lay_decoys(folder: Path, mark: Path) -> None:
    """Make programs that do nothing but tell that they were started."""
    folder.mkdir()
    for name in _PROGRAMS:
        (folder / name).write_text(_DECOY.format(mark=mark))
        (folder / name).chmod(0o755)


def reset_peak() -> int:
    """Forget how much memory the process had at most; return how much it has, in bytes."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return 0
    return _status("VmRSS")


def peak_memory() -> int:
    """Return the most memory that the process has had since the last reset, in bytes."""
    return _status("VmHWM")


def _status(field: str) -> int:
    found = re.search(rf"{field}:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) << 10 if found else 0


def scratch() -> str | None:
    """Return where many small files are made quickly, if there is such a place."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()
