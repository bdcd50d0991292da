"""Fixtures for a real JupyterLab and Notebook 7 in headless Chromium.

`lab` (or `notebook7`) is one open notebook for the whole session: a test replaces its cells with `lab.run("...")`, and gets a
kernel that earlier tests have used (`lab.restart()` gives a new one). `lab_app.write(...)` and `open_document(...)` open another
notebook; `blank_page` is a page without Jupyter, for files and for single views.

Pictures go to the folder named by JUPYTER_TRACKING_SHOTS, else to the test's temporary folder. CHROMIUM names another browser.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient
from playwright.sync_api import sync_playwright

from tests.lab.app import App
from tests.lab.document import Document, PageRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright.sync_api import Browser, Page

# Names that are not loopback do not resolve, and Chromium's own errands are off.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
VIEWPORT = {"width": 1200, "height": 900}

# What nbconvert's own template asks for, with or without us.
NBCONVERTS = ("https://cdnjs.cloudflare.com/", "https://unpkg.com/@jupyter-widgets/html-manager")


# Files in the order of how long they take, others last: two workers that take the next file each end at about the same time.
LONGEST_FIRST = [
    "quickstart",
    "access",
    "flat",
    "hostile_pages",
    "hostile",
    "views",
    "compare",
    "dataframe",
    "harness",
    "provenance",
    "zoom",
    "slow_kernel",
    "foreign_elements",
    "moves",
    "again",
]
PLACES = {f"test_{name}": number for number, name in enumerate(LONGEST_FIRST)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder, and put it in order."""
    here = Path(__file__).parent
    inside = [item for item in items if here in item.path.parents]
    for item in inside:
        item.add_marker(pytest.mark.lab)
    inside.sort(key=lambda item: PLACES.get(item.path.stem, len(PLACES)))
    items[:] = [*(item for item in items if here not in item.path.parents), *inside]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program."""
    named = os.environ.get("CHROMIUM")
    for candidate in [named] if named else ["chromium", "chromium-browser", "google-chrome"]:
        found = shutil.which(candidate)
        if found:
            return found
    if os.environ.get("CI"):
        pytest.fail("CI must have Chromium: `make test` installs it")
    pytest.skip("there is no Chromium on this machine; `make test` installs it by apt as root, CHROMIUM names one")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for the session."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One JupyterLab for the session."""
    with App(tmp_path_factory.mktemp("lab"), "lab") as app:
        yield app


@pytest.fixture(scope="session")
def notebook_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One Notebook 7 for the session."""
    with App(tmp_path_factory.mktemp("notebook"), "notebook") as app:
        yield app


@pytest.fixture(scope="session")
def _shots() -> Path | None:
    folder = os.environ.get("JUPYTER_TRACKING_SHOTS")
    if not folder:
        return None
    path = Path(folder).resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def _open(browser: Browser, app: App, name: str, shots: Path) -> Document:
    page = browser.new_context(viewport=VIEWPORT).new_page()
    page.set_default_timeout(30_000)
    return Document(app, page, name, shots).open()


@pytest.fixture(scope="session")
def _lab_document(browser: Browser, lab_app: App) -> Document:
    lab_app.write("shared.ipynb", ["pass"])
    return _open(browser, lab_app, "shared.ipynb", lab_app.root)


@pytest.fixture(scope="session")
def _notebook_document(browser: Browser, notebook_app: App) -> Document:
    notebook_app.write("shared.ipynb", ["pass"])
    return _open(browser, notebook_app, "shared.ipynb", notebook_app.root)


def _lend(document: Document, shots: Path) -> Iterator[Document]:
    """Lend the session's notebook to one test: what the page did before is forgotten, what it did meanwhile is judged."""
    document.shots = shots
    document.record.forget()
    yield document
    document.record.settle()
    document.record.check()


@pytest.fixture
def lab(_lab_document: Document, _shots: Path | None, tmp_path: Path) -> Iterator[Document]:
    """The session's notebook in JupyterLab; afterwards the page must have asked for nothing outside and raised nothing."""
    yield from _lend(_lab_document, _shots or tmp_path)


@pytest.fixture
def notebook7(_notebook_document: Document, _shots: Path | None, tmp_path: Path) -> Iterator[Document]:
    """The session's notebook in Notebook 7, judged likewise."""
    yield from _lend(_notebook_document, _shots or tmp_path)


@pytest.fixture
def open_document(browser: Browser, _shots: Path | None, tmp_path: Path) -> Iterator[Callable[[App, str], Document]]:
    """Open a notebook of an app in a page of its own (4 to 8 seconds); judged and closed after the test."""
    opened: list[Document] = []

    def open_(app: App, name: str) -> Document:
        opened.append(_open(browser, app, name, _shots or tmp_path))
        return opened[-1]

    yield open_
    for document in opened:
        document.record.settle()
        document.page.context.close()
    for document in opened:
        document.record.check()


@contextmanager
def page_of(browser: Browser, *allowed: str, offline: bool = False) -> Iterator[Page]:
    """A page of its own, closed and judged at the end; it may ask for what begins as one of `allowed`."""
    context = browser.new_context(viewport=VIEWPORT, offline=offline)
    page = context.new_page()
    record = PageRecord(page, allowed)
    yield page
    record.settle()
    context.close()
    record.check()


@pytest.fixture
def blank_page(browser: Browser) -> Iterator[Page]:
    """A page without Jupyter, for files on disk and single views; it may ask for files and nothing else."""
    with page_of(browser, "file:") as page:
        yield page


@pytest.fixture
def offline_page(browser: Browser) -> Iterator[Page]:
    """As `blank_page`, without a network."""
    with page_of(browser, "file:", offline=True) as page:
        yield page


@pytest.fixture
def nbconverted(browser: Browser, lab_app: App) -> Iterator[Callable[..., Page]]:
    """Run cells without a browser and open what nbconvert makes of the notebook, without a network; the page is judged after the test."""
    with page_of(browser, "file:", *NBCONVERTS, offline=True) as page:

        def convert(*sources: str, stored: bool = False, deleted: Sequence[int] = ()) -> Page:
            path = lab_app.write("export.ipynb", list(sources))
            notebook = nbformat.read(path, 4)
            NotebookClient(notebook, kernel_name="python3", store_widget_state=stored).execute()
            notebook.cells = [cell for n, cell in enumerate(notebook.cells) if n not in deleted]
            nbformat.write(notebook, path)
            lab_app.jupyter("nbconvert", "--to", "html", path.name)
            page.goto(path.with_suffix(".html").as_uri())
            return page

        yield convert
