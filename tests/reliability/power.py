"""What a disk may hold after the power failed: the recorded calls, replayed up to any moment.

Until a file is synced the disk may have none of its bytes, all, or those up to a sector's end; until a folder is
synced it may know its new names or not. Each survival below takes one side of that, the last draws lots.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from tests.reliability.faults import Call

__all__ = ["SURVIVALS", "Disk"]

SECTOR = 512
SURVIVALS = ("nothing", "everything", "names only", "bytes only", "names and whole sectors", "lots")


@dataclass
class File:
    """A file's bytes, and those that are on the disk for good."""

    now: bytes = b""
    synced: bytes = b""

    def left(self, how: str) -> bytes:
        """The bytes after the failure: synced, all, or up to a sector's end."""
        if how == "none" or self.now == self.synced:
            return self.synced
        if how == "all" or not self.now.startswith(self.synced):
            return self.now if how == "all" else self.synced
        return self.now[: max(len(self.synced), len(self.now) // SECTOR * SECTOR)]


@dataclass
class Names:
    """A folder's names with their inodes, and those that are on the disk for good."""

    now: dict[str, int] = field(default_factory=dict)
    synced: dict[str, int] = field(default_factory=dict)


class Disk:
    """The disk below one folder, as calls change it."""

    def __init__(self, root: int) -> None:
        self.root = root
        self.files: dict[int, File] = {}
        self.folders: dict[int, Names] = {root: Names()}

    def do(self, call: Call) -> None:
        """Let one call happen."""
        # The inode of what was deleted is given again, and to a folder it may be one that was a file's.
        if call.what == "create":
            self.folders.pop(call.target, None)
            self.files[call.target] = File()
            self._names(call.inode).now[call.name] = call.target
        elif call.what == "mkdir":
            self.files.pop(call.target, None)
            self.folders[call.target] = Names()
            self._names(call.inode).now[call.name] = call.target
        elif call.what in {"name", "exchange"}:
            self._names(call.inode).now[call.name] = call.target
        elif call.what == "unname":
            self._names(call.inode).now.pop(call.name, None)
        elif call.what == "write":
            self.files[call.inode].now += call.data
        elif call.what == "cut":
            self.files[call.inode].now = self.files[call.inode].now[: call.target]
        elif call.what == "sync":
            self._sync(call.inode)
        else:
            for inode in (*self.files, *self.folders):
                self._sync(inode)

    def _names(self, inode: int) -> Names:
        return self.folders.setdefault(inode, Names())

    def _sync(self, inode: int) -> None:
        if inode in self.files:
            self.files[inode].synced = self.files[inode].now
        elif inode in self.folders:
            self.folders[inode].synced = dict(self.folders[inode].now)

    def write(self, path: Path, survival: str, lots: random.Random) -> None:
        """Write what is left after a failure at this moment below a new folder."""
        self._write(self.root, path, survival, lots)

    def _write(self, inode: int, path: Path, survival: str, lots: random.Random) -> None:
        path.mkdir()
        names = self.folders[inode]
        keep_names = survival in {"everything", "names only", "names and whole sectors"} or (survival == "lots" and lots.random() < 0.5)
        for name, target in (names.now if keep_names else names.synced).items():
            if target in self.folders:
                self._write(target, path / name, survival, lots)
                continue
            how = {
                "everything": "all",
                "bytes only": "all",
                "names and whole sectors": "sectors",
                "lots": lots.choice(("none", "all", "sectors")),
            }
            (path / name).write_bytes(self.files[target].left(how.get(survival, "none")))
