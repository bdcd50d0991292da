"""`make demo`: a fresh copy of the quickstart is run for real, and what it left behind is shown."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import nbformat
import pytest

from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

STAND_IN = """
import jupyter_tracking as tracking
run = tracking.init(name="stand-in")
for step in range(3):
    tracking.log_metric("loss", 1 / (step + 1), step=step)
tracking.end()
"""


def small_checkout(folder: Path, *sources: str) -> Path:
    """Make a checkout with nothing in it but a small notebook and the script that runs it."""
    (folder / "notebooks").mkdir(parents=True)
    shutil.copy(CHECKOUT / "notebooks" / "demo.py", folder / "notebooks")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source.strip()) for source in sources])
    nbformat.write(notebook, folder / "notebooks" / "quickstart.ipynb")
    return folder


def demo(checkout: Path, *, fails: bool = False) -> str:
    """Run the script as make does."""
    home = checkout.parent / "home"
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "notebooks/demo.py"],
        cwd=checkout,
        env={**os.environ, "HOME": str(home), "IPYTHONDIR": str(home / "ipython")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert (done.returncode != 0) == fails, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, str]:
    """A checkout whose demo was run once: its folder, its notebook as it was before, and what was printed."""
    folder = small_checkout(tmp_path_factory.mktemp("demo") / "checkout", STAND_IN)
    before = (folder / "notebooks" / "quickstart.ipynb").read_bytes()
    return folder, before, demo(folder)


def test_the_demo_shows_progress_the_run_folder_and_the_lineage(shown: tuple[Path, bytes, str]) -> None:
    """A line a cell; then the folder, a line an artifact, and how to open the notebook."""
    checkout, _, printed = shown
    (folder,) = (checkout / "demo" / "runs").iterdir()
    assert "[ 1/1] import jupyter_tracking as tracking" in printed
    assert f"Run folder: demo/runs/{folder.name}" in printed
    assert any(line.split()[:5] == ["metric", "loss", "3", "0", "2"] for line in printed.splitlines()), printed
    assert "make lab" in printed


def test_the_demo_leaves_the_checkouts_notebook_as_it_was(shown: tuple[Path, bytes, str]) -> None:
    """The outputs are in the copy; git sees no change."""
    checkout, before, _ = shown
    assert (checkout / "notebooks" / "quickstart.ipynb").read_bytes() == before
    assert nbformat.read(checkout / "demo" / "quickstart.ipynb", as_version=4).cells[0].execution_count == 1


def test_a_second_demo_adds_a_run_and_keeps_what_the_user_changed(shown: tuple[Path, bytes, str], tmp_path: Path) -> None:
    """Nothing of the first is overwritten but its outputs: an edited copy is kept beside the new one."""
    checkout = shutil.copytree(shown[0], tmp_path / "checkout")
    copy = checkout / "demo" / "quickstart.ipynb"
    edited = nbformat.read(copy, as_version=4)
    edited.cells[0].source += "\n# mine"
    nbformat.write(edited, copy)
    printed = demo(checkout)
    (kept,) = (checkout / "demo").glob("quickstart-*.ipynb")
    assert kept.name in printed
    assert nbformat.read(kept, as_version=4).cells[0].source.endswith("# mine")
    assert len(list((checkout / "demo" / "runs").iterdir())) == 2


def test_a_cell_that_fails_is_shown_and_ends_the_demo(root: Path) -> None:
    """The error, the notebook as far as it came, and an exit code that make sees."""
    checkout = small_checkout(root, "print('fine')", "1 / 0", "print('never')")
    printed = demo(checkout, fails=True)
    assert "ZeroDivisionError" in printed
    assert (checkout / "demo" / "quickstart.ipynb").exists()
