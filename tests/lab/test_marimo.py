"""Views in marimo, which draws HTML and no containers of ipywidgets: each stands in a frame of its own, and its slider moves."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.lab.app import START_SECONDS, free_port
from tests.lab.conftest import page_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytest.importorskip("marimo", reason="`make fronts` tests it in an environment of its own")

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
        stepper = page.frame_locator("iframe[title*=\"curve 'roc'\"]")
        drawn = stepper.locator("[data-jt-step]")
        expect(drawn).to_have_attribute("data-jt-step", "7")
        stepper.get_by_role("slider").first.focus()
        page.keyboard.press("ArrowLeft")
        expect(drawn).to_have_attribute("data-jt-step", "6")
        page.keyboard.press("Home")
        expect(drawn).to_have_attribute("data-jt-step", "0")
        for what, inside in (
            ("artifacts of run", "[data-jt-step]"),
            ("1 run: ", "table:visible, [role=grid]:visible"),
            ("1 run compared", "table:visible"),
        ):
            expect(page.frame_locator(f"iframe[title*='{what}']").locator(inside).first).to_be_visible()
        page.screenshot(path=str(root / "marimo.png"), full_page=True)
