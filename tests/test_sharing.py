"""A file that is logged shares its blocks with the copy where the file system can; elsewhere it is copied."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from jupyter_tracking.storage.store import Store
from jupyter_tracking.storage.syscalls import Syscalls

if TYPE_CHECKING:
    from pathlib import Path


class Sharing(Syscalls):
    """A system whose disk can share blocks: here by copying, unseen."""

    def clone(self, fd: int, source: int) -> bool:
        """Give the empty file what the other holds."""
        os.pwrite(fd, os.pread(source, os.fstat(source).st_size, 0), 0)
        return True


@pytest.mark.parametrize("system", [Syscalls(), Sharing()], ids=["copying", "sharing"])
@pytest.mark.parametrize("size", [0, 1, 1_000_000])
def test_a_logged_file_is_whole_with_its_size_and_hash(system: Syscalls, size: int, root: Path) -> None:
    """Shared or copied, the bytes are the source's, and size and hash are those of what was stored."""
    source = root / "source.bin"
    source.write_bytes(os.urandom(size))
    stored = Store(root / "run", system).copy(str(source), "outputs", lambda _: "source.bin")
    kept = (root / "run" / stored.path).read_bytes()
    assert kept == source.read_bytes()
    assert (stored.size, stored.hash) == (size, hashlib.md5(kept).hexdigest()[:12])
