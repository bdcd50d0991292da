"""What every test gets: no Polyaxon settings of the machine's, a current directory of its own, plots without a screen."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from IPython.core.interactiveshell import InteractiveShell

CHECKOUT = Path(__file__).resolve().parent.parent


def pytest_configure() -> None:
    """Settle what must stand before the first import of a library."""
    os.environ["MPLBACKEND"] = "Agg"
    # Programs that the tests start import the checkout, installed or not.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH", "")]))
    # No example fails by the clock: a busy machine is no fault of what is tested.
    settings.register_profile("without a clock", settings(), deadline=None)
    settings.load_profile("without a clock")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What installs goes first: one file that takes long, beside which the other worker does the quick ones.

    Those with a browser go last, since Playwright keeps an event loop running in this thread; of their files the long ones first, which
    happen to be the last by name, so that both workers end together.
    """
    order = {"packaging": -1, "lab": 1}
    items.sort(key=lambda item: item.path.name if item.get_closest_marker("lab") else "", reverse=True)
    items.sort(key=lambda item: sum(order.get(mark.name, 0) for mark in item.iter_markers()))


def made_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that `make` filled once for the whole run of the suite, whichever worker came first; nobody may change it."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder, done = shared / name, shared / f"{name}.done"
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker whose `make` has failed
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


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
    end_polling()


@pytest.fixture(autouse=True)
def no_surroundings(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of this process hold what the test logs: not the environment and the commit, which the tests of provenance look at."""
    monkeypatch.setattr("jupyter_tracking.notebook.provenance._keep_surroundings", lambda *_, **__: None)


def end_polling() -> None:
    """Poll no view that a test left open, so that the next test has the process and its descriptors to itself."""
    live = sys.modules.get("jupyter_tracking.views.widgets.live")
    if live is not None:
        with live._POLLER._changed:
            live._POLLER._due.clear()
            live._POLLER._changed.notify()
            thread = live._POLLER._thread
        if thread is not None:
            thread.join()


def end_active_runs() -> None:
    """End what a test (one that failed, say) left active, so that the next one starts with no run."""
    session = sys.modules.get("jupyter_tracking.session")
    for _ in range(10):
        run = session and session.current_run()
        if run is None:
            break
        with contextlib.suppress(Exception):
            run.end()


@pytest.fixture(scope="session")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The quickstart notebook, executed once for all tests in a folder of its own (a quarter of a minute); they only read it."""

    def execute(folder: Path) -> None:
        import nbformat
        from nbclient import NotebookClient

        notebook = nbformat.read(CHECKOUT / "notebooks" / "quickstart.ipynb", as_version=4)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("POLYAXON")} | {"IPYTHONDIR": str(folder / "ipython")}
        client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
        client.execute(env=environment)
        nbformat.write(notebook, folder / "quickstart.ipynb")

    return made_once(tmp_path_factory, "quickstart", execute)


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
    # Resetting a shell collects garbage: what the process holds already (a million objects of libraries) need not be looked through each time.
    gc.freeze()
    shell = InteractiveShell.instance(config=config)
    yield shell
    shell.reset(new_session=False)
    InteractiveShell.clear_instance()
    gc.unfreeze()
