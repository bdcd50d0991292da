"""JupyterLite, which is JupyterLab without a server: our extension is in the way of nothing there, and a saved notebook has its views."""

from __future__ import annotations

import functools
import http.server
import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient
from playwright.sync_api import expect

from tests.conftest import CHECKOUT
from tests.lab.document import PageRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytest.importorskip("jupyterlite_core", reason="`make fronts` tests it in an environment of its own")

# From here its kernel would load Python, which no test reaches: there is no kernel, as for a reader for whom it is still being loaded.
ITS_PYTHON = "https://cdn.jsdelivr.net/pyodide/"
# What hinders a site of a folder with runs otherwise: JupyterLite lists no hidden files, and fails where there are some.
HIDDEN = r"/\.jupyter-tracking/"
CELLS = (
    """
import jupyter_tracking as tracking
with tracking.init(name="first", track_code=False, track_env=False, track_logs=False) as run:
    for step in range(6):
        run.log_metric("loss", 1 / (step + 1), step=step)
        run.log_curve("roc", [0, 0.5, 1], [0, 0.5 + step / 20, 1], step=step)
""",
    "tracking.open_run(run).show('roc')",
    "tracking.open_run(run)",
)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Files, and a page that says 404 of whatever is none, as any host of static pages has."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site with our extension, a notebook that has run elsewhere and its run; its address."""
    folder = tmp_path_factory.mktemp("jupyterlite")
    files = folder / "files"
    files.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    NotebookClient(notebook, kernel_name="python3", store_widget_state=False, resources={"metadata": {"path": str(files)}}).execute()
    notebook.metadata["kernelspec"] = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
    nbformat.write(notebook, files / "seen.ipynb")
    extension = CHECKOUT / "jupyter_tracking" / "static" / "lab"
    build = {
        "contents": [str(files)],
        "federated_extensions": [str(extension)],
        "output_dir": "site",
        "apps": ["lab", "notebooks"],
        "no_sourcemaps": True,
        "extra_ignore_contents": [HIDDEN],
    }
    (folder / "jupyter_lite_config.json").write_text(json.dumps({"LiteBuildConfig": build}))
    exposed = {"jupyter-lite-schema-version": 0, "jupyter-config-data": {"exposeAppInBrowser": True}}
    (folder / "jupyter-lite.json").write_text(json.dumps(exposed))
    done = subprocess.run(
        [sys.executable, "-m", "jupyter", "lite", "build", "--no-libarchive"],
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=folder / "site")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def opened(browser: Browser, site: str, app: str) -> Iterator[Page]:
    """Open the notebook in a browser that has never been there; the page may ask for its site, and for Python, which does not come."""
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    page = context.new_page()
    page.set_default_timeout(30_000)
    record = PageRecord(page, (f"{site}/", ITS_PYTHON))
    page.goto(f"{site}/{app}/index.html?path=seen.ipynb")
    expect(page.locator(".jp-Notebook .jp-CodeCell").first).to_be_visible(timeout=60_000)
    yield page
    context.close()
    record.errors = [each for each in record.errors if ITS_PYTHON not in each]
    record.check()


def look(page: Page) -> None:
    """Each view is a picture or a table of its last step, which says how to get the slider; nothing more."""
    output = page.locator(".jp-CodeCell").nth(1)
    expect(output.get_by_role("img", name="curve roc")).to_be_visible(timeout=30_000)
    expect(output.get_by_text("Trust this notebook to get the slider")).to_be_visible()
    expect(page.locator(".jp-CodeCell").nth(2).locator("table")).to_contain_text("roc")
    expect(page.locator("[data-jt-step]")).to_have_count(0)


def test_a_saved_notebook_has_pictures_and_once_it_is_trusted_sliders(browser: Browser, site: str) -> None:
    """As the hint says, and without a kernel; a widget that may still come is waited for a while."""
    with opened(browser, site, "lab") as page:
        look(page)
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:trust') }")
        page.locator(".jp-Dialog").get_by_role("button", name="Trust").click()
        output = page.locator(".jp-CodeCell").nth(1)
        drawn = output.locator("[data-jt-step]")
        expect(drawn).to_have_attribute("data-jt-step", "5", timeout=30_000)
        output.get_by_role("slider", name="step").focus()
        for key, step in (("ArrowLeft", "4"), ("Home", "0"), ("ArrowRight", "1")):
            page.keyboard.press(key)
            expect(drawn).to_have_attribute("data-jt-step", step)
        expect(page.locator(".jp-CodeCell").nth(2).locator(".jt-list")).to_contain_text("roc")
        expect(page.get_by_text("Loading widget").locator("visible=true")).to_have_count(0)


def test_in_the_notebook_of_jupyterlite_too(browser: Browser, site: str) -> None:
    """Which is Notebook 7 without a server: the last step of each view."""
    with opened(browser, site, "notebooks") as page:
        look(page)


def test_the_panel_and_the_tab_of_a_run_say_that_there_is_no_server(browser: Browser, site: str) -> None:
    """In a sentence that begins with it; JupyterLite goes on: a file is made and opened."""
    said = "There is no server here that reads runs."
    with opened(browser, site, "lab") as page:
        run = page.evaluate(
            "() => fetch('../api/contents/runs/all.json').then(answer => answer.json()).then(found => found.content[0].name)"
        )
        page.evaluate("() => window.jupyterapp.commands.execute('jupyter-tracking:show-runs').then(() => null)")
        expect(page.locator(".jt-lab > .jt-note")).to_contain_text(said, timeout=30_000)
        page.evaluate("() => window.jupyterapp.commands.execute('filebrowser:activate').then(() => null)")
        for name in ("runs", run, "run.plx.json"):
            page.locator(f".jp-DirListing-item[title*='{name}']").dblclick()
        expect(page.locator(".jt-lab-tab > .jt-note")).to_contain_text(said, timeout=30_000)
        page.evaluate(
            "() => window.jupyterapp.commands.execute('docmanager:new-untitled', {path: '', type: 'file', ext: '.txt'})"
            ".then(file => window.jupyterapp.commands.execute('docmanager:open', {path: file.path})).then(() => null)"
        )
        expect(page.locator(".jp-FileEditor")).to_be_visible()
