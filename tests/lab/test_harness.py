"""The harness itself, with a plain ipywidgets slider: what the other tests of this folder stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error, expect

from tests.lab.document import PageRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.lab.app import App
    from tests.lab.document import Document

SLIDER = """
import ipywidgets as w
slider = w.IntSlider(value=0, min=0, max=10, description='step')
out = w.Output()
def show(change):
    out.clear_output(wait=True)
    with out:
        print(f'kernel saw step {change["new"]}')
slider.observe(show, 'value')
show({'new': slider.value})
w.VBox([slider, out])
"""


ALIVE = """<p class="alive">dead</p><script>document.querySelector(".alive").textContent = "alive"</script>"""


def drive_slider(document: Document) -> None:
    """Run the slider and move it by keyboard: the kernel hears each move and the page shows its answer."""
    document.run(SLIDER)
    handle = document.output(0).locator(".widget-slider .noUi-handle")
    handle.wait_for()
    document.keep_keys(handle)
    document.hold_focus(handle)
    for step in (1, 2, 3):
        document.press("ArrowRight")
        expect(document.page.get_by_text(f"kernel saw step {step}", exact=True)).to_be_visible()


def test_keys_reach_the_kernel_in_jupyterlab(lab: Document) -> None:
    """A key press on a slider in JupyterLab changes what the kernel prints."""
    drive_slider(lab)


def test_keys_reach_the_kernel_in_notebook_7(notebook7: Document) -> None:
    """The same in Notebook 7."""
    drive_slider(notebook7)


def test_cells_are_replaced_and_their_outputs_read(lab: Document) -> None:
    """`run` leaves exactly the given cells, run once each, in order, and returns what they printed."""
    lab.run("print('old')", "pass", "pass")
    cells = lab.run("x = 20", "print(x + 1)")
    assert [cell["source"] for cell in cells] == ["x = 20", "print(x + 1)"]
    assert lab.text(1) == "21\n"


def test_a_cell_that_raises_fails_the_run(lab: Document) -> None:
    """An exception in a cell is not overlooked."""
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        lab.run("1 / 0")
    assert lab.run("1 / 0", errors=True)[0]["outputs"][0]["ename"] == "ZeroDivisionError"


def test_a_restarted_kernel_has_forgotten(lab: Document) -> None:
    """`restart` gives a kernel without the names of earlier tests."""
    lab.run("forgotten = 1")
    lab.restart()
    lab.run("print('forgotten' in globals())")
    assert lab.text(0) == "False\n"


def test_the_theme_is_switched_there_and_back(lab: Document) -> None:
    """In the dark theme the page's own font colour is another, and the light one comes back."""
    colour = "() => getComputedStyle(document.body).getPropertyValue('--jp-ui-font-color1').trim()"
    light = lab.page.evaluate(colour)
    lab.theme("dark")
    dark = lab.page.evaluate(colour)
    lab.theme("light")
    assert light != dark
    assert lab.page.evaluate(colour) == light


def test_a_picture_is_written_at_the_asked_width(lab: Document) -> None:
    """`resize` and `shot` give a PNG as wide as asked."""
    from PIL import Image

    lab.run("print('picture')")
    lab.resize(800)
    picture = lab.shot("harness_800")
    lab.resize(1200)
    with Image.open(picture) as image:
        assert image.width == 800


def test_a_notebook_is_saved_trusted_and_opened_again(lab_app: App, open_document: Callable[[App, str], Document]) -> None:
    """A script in a saved output runs after reopening when the notebook is trusted, and does not when it is not."""
    script = f"from IPython.display import HTML; HTML({ALIVE!r})"
    lab_app.write("again.ipynb", ["pass"])
    first = open_document(lab_app, "again.ipynb")
    first.run(script)
    expect(first.output(0).locator(".alive")).to_have_text("alive")
    saved = first.save()
    # A copy elsewhere, with another cell, is a notebook that its reader has not signed.
    from_stranger = saved.with_name("stranger.ipynb")
    from_stranger.write_text(saved.read_text().replace("again", "stranger").replace("alive", "alife"))
    expect(open_document(lab_app, "stranger.ipynb").page.locator(".alife")).to_have_text("dead")
    lab_app.trust("stranger.ipynb")
    expect(open_document(lab_app, "stranger.ipynb").page.locator(".alife")).to_have_text("alife")


def test_a_request_outside_loopback_fails_and_is_recorded(blank_page: Page, tmp_path: Path) -> None:
    """No page reaches beyond loopback, and each try is known, of names and of bare addresses."""
    context = blank_page.context.browser.new_context()
    page = context.new_page()
    record = PageRecord(page, ("file:",))
    (tmp_path / "page.html").write_text("<p>here</p>")
    page.goto((tmp_path / "page.html").as_uri())
    for address in ("http://tracker.invalid/x.js", "http://192.0.2.1/y.js"):
        with pytest.raises(Error, match="Failed to fetch"):
            page.evaluate("address => fetch(address, {mode: 'no-cors'}).then(() => null)", address)
    context.close()
    assert record.outside == ["http://tracker.invalid/x.js", "http://192.0.2.1/y.js"]
    with pytest.raises(AssertionError, match="outside loopback"):
        record.check()


def test_a_request_that_a_policy_stops_is_none(blank_page: Page) -> None:
    """The browser tells of such a request as of any other; it never left the page, so it is not held against it."""
    with blank_page.expect_event("requestfailed"):
        blank_page.set_content(
            "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\"><img src=http://192.0.2.1/pixel.png>",
            wait_until="commit",
        )


def test_an_error_in_a_page_is_recorded(blank_page: Page) -> None:
    """An uncaught JavaScript error is known by its message."""
    context = blank_page.context.browser.new_context()
    page = context.new_page()
    record = PageRecord(page, ("file:",))
    with page.expect_event("pageerror"):
        page.evaluate("() => { setTimeout(() => { throw new Error('by design') }) }")
    context.close()
    with pytest.raises(AssertionError, match="by design"):
        record.check()
