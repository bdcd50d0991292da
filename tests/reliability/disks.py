"""Disks that refuse: small ones, read-only ones, and limits that stand in for them where only root may mount."""

from __future__ import annotations

import os
import resource
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["AS_ROOT", "file_limit", "tmpfs"]

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system of its own")


@contextmanager
def tmpfs(folder: Path, *options: str) -> Iterator[Path]:
    """A file system in memory, mounted at a new folder."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "none", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def file_limit(size: int) -> Iterator[None]:
    """No file of this process grows over a size: a write is cut short there, and the next one fails, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))  # Python ignores the signal that comes with it
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
