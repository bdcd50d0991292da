"""Views in marimo, which draws HTML and no containers of ipywidgets: each stands in a frame of its own, and its slider moves.

Also in what marimo exports: a page, and a notebook for Jupyter.
"""

from __future__ import annotations

import mimetypes
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.lab.app import START_SECONDS, App, free_port
from tests.lab.conftest import page_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, FrameLocator, Page, Route

marimo = pytest.importorskip("marimo", reason="`make fronts` tests it in an environment of its own")

# Where a page that marimo exports has its scripts, which its package brings as well.
ITS_SCRIPTS = f"https://cdn.jsdelivr.net/npm/@marimo-team/frontend@{marimo.__version__}/dist/"

NOTEBOOK = """
import marimo
app = marimo.App()

@app.cell
def _():
    import jupyter_tracking as tracking
    return (tracking,)

@app.cell
def train(tracking):
    with tracking.init(name="seen", track_code=False, track_env=False, track_logs=False) as run:
        run.log_inputs(lr=0.1)
        for step in range(8):
            run.log_metric("loss", 1 / (step + 1), step=step)
            run.log_curve("roc", [0, 0.5, 1], [0, 0.5 + step / 20, 1], step=step)
    run
    return (run,)

@app.cell
def _(run, tracking):
    tracking.open_run(run).show("roc")
    return

@app.cell
def _(run, tracking):
    tracking.open_run(run)
    return

@app.cell
def _(run, tracking):
    run
    tracking.browse()
    return

@app.cell
def _(run, tracking):
    run
    tracking.compare([run, run])
    return

if __name__ == "__main__":
    app.run()
"""


@contextmanager
def served(folder: Path, mode: str) -> Iterator[str]:
    """Serve the notebook, to be read or to be edited; its address."""
    (folder / "notebook.py").write_text(NOTEBOOK)
    port = free_port()
    words = [mode, "notebook.py", "--headless", "--no-token", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "marimo", *words], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                    break
            except OSError:
                assert process.poll() is None, (folder / "server.log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)  # asking a server that is not up yet; nothing tells when it is
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def export(folder: Path, kind: str, *words: str) -> Path:
    """Have marimo run the notebook and write it as something else."""
    (folder / "notebook.py").write_text(NOTEBOOK)
    written = folder / f"exported.{kind}"
    command = [sys.executable, "-m", "marimo", "export", kind, "notebook.py", "-o", written.name, *words]
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return written


def walk(page: Page) -> None:
    """The curve is drawn at its last step, and keys on its slider move it."""
    stepper: FrameLocator = page.frame_locator("iframe[title*=\"curve 'roc'\"]")
    drawn = stepper.locator("[data-jt-step]")
    expect(drawn).to_have_attribute("data-jt-step", "7", timeout=60_000)  # the page around it is still loading
    stepper.get_by_role("slider").first.focus()
    page.keyboard.press("ArrowLeft")
    expect(drawn).to_have_attribute("data-jt-step", "6")
    page.keyboard.press("Home")
    expect(drawn).to_have_attribute("data-jt-step", "0")


@pytest.mark.parametrize("mode", ["run", "edit"])
def test_each_view_is_drawn_in_marimo_and_its_slider_moves(browser: Browser, root: Path, mode: str) -> None:
    """A card of the run, a stepper, a browser of artifacts, the table of runs, a comparison; nothing is asked of another place."""
    with served(root, mode) as address, page_of(browser, address, "data:", "blob:") as page:
        page.set_default_timeout(60_000)
        page.goto(address)
        frames, tries = page.locator("iframe[sandbox='allow-scripts']"), 6 if mode == "edit" else 1
        for left in reversed(range(tries)):
            if mode == "edit":  # an editor runs nothing before it is asked, and hears nothing before it is connected
                page.get_by_test_id("run-button").last.click()
            try:
                expect(frames).to_have_count(4, timeout=10_000 if left else 60_000)
                break
            except AssertionError:
                if not left:
                    raise
        expect(page.get_by_text("tracking.open_run('").first).to_be_visible()
        walk(page)
        expect(page.locator(".jt-still:visible")).to_have_count(0)
        for what, inside in (
            ("artifacts of run", "[data-jt-step]"),
            ("1 run: ", "table:visible, [role=grid]:visible"),
            ("1 run compared", "table:visible"),
        ):
            expect(page.frame_locator(f"iframe[title*='{what}']").locator(inside).first).to_be_visible()
        page.screenshot(path=str(root / "marimo.png"), full_page=True)


def test_in_the_page_that_marimo_exports_a_slider_moves(browser: Browser, root: Path) -> None:
    """No kernel, no server: of another place it asks marimo's own scripts alone, which are given from its package here."""
    written = export(root, "html")
    static = Path(marimo.__file__).parent / "_static"

    def give(route: Route) -> None:
        file = static / route.request.url.removeprefix(ITS_SCRIPTS).partition("?")[0]
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        route.fulfill(path=file, headers={"Access-Control-Allow-Origin": "*", "Content-Type": kind})

    with page_of(browser, "file:", ITS_SCRIPTS) as page:
        page.set_default_timeout(30_000)
        page.route(f"{ITS_SCRIPTS}**", give)
        page.goto(written.as_uri())
        walk(page)
        expect(page.locator(".jt-still:visible")).to_have_count(0)
        expect(page.locator("iframe")).to_have_count(4)


def test_the_notebook_that_marimo_exports_has_stills_and_once_it_is_trusted_its_sliders(browser: Browser, root: Path) -> None:
    """JupyterLab takes frames out of what is not trusted: then each view is a picture or a table of its last step, and says how to get the rest."""
    export(root, "ipynb", "--include-outputs")
    settings = {
        "@jupyterlab/notebook-extension:tracker": {"autoStartDefaultKernel": True}
    }  # the notebook names none: nobody is asked for one
    with App(root, settings=settings) as app, page_of(browser, app.origin) as page:
        page.set_default_timeout(30_000)
        opened = f"{app.origin}/doc/tree/exported.ipynb?token={app.token}"
        page.goto(opened)
        expect(page.locator(".jp-OutputArea-output").get_by_role("img", name="curve roc")).to_be_visible(timeout=60_000)
        expect(page.locator("iframe")).to_have_count(0)
        expect(page.get_by_text("Trust this notebook to get the whole view").first).to_be_visible()
        expect(page.locator(".jp-Dialog")).to_have_count(0)
        app.trust("exported.ipynb")
        page.goto(opened)
        walk(page)
        expect(page.locator(".jt-still:visible")).to_have_count(0)
