"""What every test gets: no Polyaxon settings of the machine's, a current directory of its own, plots without a screen."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

CHECKOUT = Path(__file__).resolve().parent.parent


def pytest_configure() -> None:
    """Settle what must stand before the first import of a library."""
    os.environ["MPLBACKEND"] = "Agg"
    # Programs that the tests start import the checkout, installed or not.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH", "")]))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The quick tests first; those with a browser last, since Playwright keeps an event loop running in this thread."""
    order = {"lab": 2, "packaging": 1}
    items.sort(key=lambda item: max((order.get(mark.name, 0) for mark in item.iter_markers()), default=0))


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty root for runs, which is the current directory too, and no Polyaxon setting in the environment."""
    for name in [name for name in os.environ if name.startswith("POLYAXON")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "root"
    folder.mkdir()
    monkeypatch.chdir(folder)
    yield folder
    end_active_runs()


@pytest.fixture(autouse=True)
def no_surroundings(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of this process hold what the test logs: not the environment and the commit, which the tests of provenance look at."""
    monkeypatch.setattr("jupyter_tracking.notebook.provenance._keep_surroundings", lambda *_, **__: None)


def end_active_runs() -> None:
    """End what a test (one that failed, say) left active, so that the next one starts with no run."""
    session = sys.modules.get("jupyter_tracking.session")
    for _ in range(10):
        run = session and session.current_run()
        if run is None:
            break
        with contextlib.suppress(Exception):
            run.end()


@pytest.fixture
def checkout() -> Path:
    """The folder of the checkout."""
    return CHECKOUT


@pytest.fixture
def shell(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A fresh IPython shell, which is also what get_ipython() answers; no user settings, no history file."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    monkeypatch.setenv("IPYTHONDIR", str(root.parent / "ipython"))
    # A shell puts its own module in the place of the program's, which other tests still need.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    yield shell
    shell.reset(new_session=False)
    InteractiveShell.clear_instance()
