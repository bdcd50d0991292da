"""What the tests of reliability need beside a root."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jupyter_tracking.storage.store import Store
from tests.reliability.canary import Canary

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED_MEMORY = Path("/dev/shm")


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, for tests that would wait for the disk most of their time; on the disk where there is none."""
    if not os.access(SHARED_MEMORY, os.W_OK):
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(dir=SHARED_MEMORY, prefix="jupyter-tracking-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Canary]:
    """A secret beside the root, which nobody may open."""
    outside = tmp_path / "outside"
    outside.mkdir()
    watched = Canary(outside / "canary.txt")
    yield watched
    watched.close()


@pytest.fixture
def store(root: Path) -> Iterator[Store]:
    """A store of its own."""
    made = Store(root / "run")
    yield made
    made.close()
