"""The views in a real JupyterLab and Notebook 7: by keyboard, without the kernel, and after it is gone."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error, expect

from tests.lab.made import MAKE, SEEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.lab.app import App
    from tests.lab.document import Document

STEPS = [str(step) for step in range(0, 200, 10)]
# Keys in the order in which the page gives them.
LIVE = {"live": True, "twin": False, "still": False, "error": False}
TWIN = {"live": False, "twin": True, "still": False, "error": False}
STILL = {"live": False, "twin": True, "still": True, "error": False}
KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
BUSY = "import time\nend = time.time() + 600\nwhile time.time() < end: time.sleep(0.1)"
MOVES = """async moves => {
  const handle = document.querySelector('.noUi-handle'), section = document.querySelector('[data-jt-view]'), seen = [];
  for (let i = 0; i < moves; i++) {
    handle.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowLeft', bubbles: true, cancelable: true}));
    await new Promise(done => setTimeout(done, 0));
    seen.push(section.dataset.jtStep) }
  return seen }"""
# Everything but what scrolls in its own frame.
INSIDE = """() => [...document.querySelectorAll('.jt-stage, .jt-browser')].every(root => [...root.querySelectorAll('*')].every(e =>
  e.closest('.jt-scroll, .jt-picture-frame, .jt-panel, .jt-chart, .jt-text') !== null
  || e.getBoundingClientRect().right <= root.getBoundingClientRect().right + 1))"""


def drawn(document: Document, step: str, view: str = "curve") -> None:
    """Wait until a view has drawn a step."""
    document.until("([view, step]) => document.querySelector(`[data-jt-view=${view}]`)?.dataset.jtStep === step", [view, step])


def pixels(document: Document) -> str:
    """What is on the canvas of the current step."""
    return document.page.locator("canvas.jt-overlay").first.evaluate("c => c.toDataURL()")


def walk(document: Document) -> None:
    """With keys alone over every logged step, first to last; the drawing follows."""
    document.run(MAKE, "view.show('gain')")
    drawn(document, STEPS[-1])
    document.hold_focus(document.page.locator(".noUi-handle").first)
    document.press("Home")
    drawn(document, STEPS[0])
    pictures = {pixels(document)}
    for step in STEPS[1:]:
        document.press("ArrowRight")
        drawn(document, step)
        pictures.add(pixels(document))
    assert len(pictures) == len(STEPS)
    document.press("End", "ArrowLeft")
    drawn(document, STEPS[-2])
    document.press("PageDown")
    drawn(document, STEPS[-2 - 5])


def test_keys_walk_over_every_logged_step_in_jupyterlab(lab: Document) -> None:
    """Arrows, Page keys, Home and End move the slider, and the curve is another at each step."""
    walk(lab)


def test_keys_walk_over_every_logged_step_in_notebook_7(notebook7: Document) -> None:
    """The same in Notebook 7, which takes arrow keys unless the focused element says otherwise."""
    walk(notebook7)


def test_moving_needs_no_kernel_and_sends_one_small_message_a_move(lab: Document) -> None:
    """With the kernel busy all the while, each step is drawn before the next timer; no more is sent than the slider's value."""
    lab.run(MAKE, "view.show('gain')")
    drawn(lab, STEPS[-1])
    lab.quiet()
    lab.page.evaluate(f"() => {{ void {KERNEL}.requestExecute({{code: {json.dumps(BUSY)}}}) }}")
    lab.until(f"() => {KERNEL}.status === 'busy'")
    sent = len(lab.record.sent)
    seen = lab.page.evaluate(MOVES, len(STEPS) - 1)
    lab.page.evaluate(f"() => {KERNEL}.interrupt().then(() => null)")
    assert seen == STEPS[-2::-1]
    assert len(lab.record.sent) - sent <= len(seen)
    assert max(lab.record.sent[sent:], default=0) < 1000
    lab.until(f"() => {KERNEL}.status === 'idle'")


def test_the_kernel_learns_the_step_and_sets_it(lab: Document) -> None:
    """`.step` follows the page, and the page follows `.step`."""
    lab.run(MAKE, "stepper = view.show('gain')\nstepper")
    drawn(lab, STEPS[-1])
    lab.hold_focus(lab.page.locator(".noUi-handle").first)
    lab.press("Home", "ArrowRight")
    drawn(lab, STEPS[1])
    lab.quiet()
    lab.page.evaluate(
        f"""() => {{ window.jtSaid = new Promise(done => {{
               const asked = {KERNEL}.requestExecute({{code: 'print(stepper.step); stepper.step = 50'}});
               asked.onIOPub = m => {{ if (m.header.msg_type === 'stream') done(m.content.text.trim()) }} }}) }}"""
    )
    assert lab.page.evaluate("() => window.jtSaid") == STEPS[1]
    drawn(lab, "50")


def test_a_table_shows_the_cells_of_the_stored_frame(lab: Document) -> None:
    """At each step, the cells on screen equal the asset's, nulls too; further rows come when they are scrolled to."""
    lab.run(
        MAKE,
        "import json\nprint(json.dumps({s: view.load('predictions', step=s).to_dict('list') for s in (0, 50, 100, 150)}, default=str))",
        "view.show('predictions')",
    )
    frames: dict[str, dict[str, list[Any]]] = json.loads(lab.text(1))
    rows = "() => [...document.querySelectorAll('.jt-table tbody tr:not(.jt-space)')].map(r => [...r.children].map(c => c.title || c.textContent))"
    drawn(lab, "150", "dataframe")
    lab.hold_focus(lab.page.locator(".noUi-handle").first)
    for step in ("150", "100", "50", "0"):
        drawn(lab, step, "dataframe")
        frame = frames[step]
        for index, n, p, word in lab.page.evaluate(rows):
            at = int(index)
            stored = frame["word"][at]
            assert (int(n), float(p), word) == (frame["n"][at], frame["p"][at], stored if isinstance(stored, str) else "NaN")
        lab.press("ArrowLeft")
    lab.page.locator(".jt-scroll").evaluate("e => { e.scrollTop = e.scrollHeight }")
    lab.until("() => document.querySelector('.jt-table tbody tr:last-child th')?.textContent === '499'")


def test_several_artifacts_move_together(lab: Document) -> None:
    """One slider drives them all; one without the step shows its latest earlier one and says so."""
    lab.run(MAKE, "view.show('gain', 'predictions', 'digit')")
    drawn(lab, STEPS[-1])
    lab.hold_focus(lab.page.locator(".noUi-handle").first)
    lab.press("Home", *["ArrowRight"] * 7)
    drawn(lab, "70")
    drawn(lab, "50", "dataframe")
    drawn(lab, "50", "image")
    expect(lab.page.get_by_text("from step 50, its latest before 70")).to_have_count(2)


def test_the_browser_opens_what_is_clicked_and_what_enter_is_pressed_on(lab: Document) -> None:
    """Rows carry kind and name; the stepper beside follows; Python reads and sets what is selected."""
    lab.run(MAKE, "browser = view.browse()\nbrowser")
    lab.page.locator("[data-jt-artifact='dataframe/predictions']").click()
    drawn(lab, "150", "dataframe")
    row = lab.page.locator("[data-jt-artifact='dataframe/predictions']")
    lab.hold_focus(row)
    lab.press("ArrowDown", "Enter")
    drawn(lab, "150", "image")
    lab.page.get_by_label("search artifacts").fill("gain")
    expect(lab.page.locator("[data-jt-artifact]")).to_have_count(1)


def test_live_or_twin_never_both_or_neither_in_jupyterlab(lab_app: App, open_document: Callable[[App, str], Document]) -> None:
    """Live, after a reload, and after a restart with a reload; then reopened trusted, and untrusted."""
    live_or_twin(lab_app, open_document)


def test_live_or_twin_never_both_or_neither_in_notebook_7(notebook_app: App, open_document: Callable[[App, str], Document]) -> None:
    """The same in Notebook 7."""
    live_or_twin(notebook_app, open_document)


def live_or_twin(app: App, open_document: Callable[[App, str], Document]) -> None:
    """Open a notebook in all the states that it may be in."""
    app.write("twin.ipynb", [MAKE, "view.show('gain')", "view.show('predictions')", "view.browse()"])
    document = open_document(app, "twin.ipynb")
    document.run()

    def stands(how: dict[str, bool]) -> None:
        # JupyterLab takes cells far below the window out of the page.
        document.resize(1200, 3000)
        steps = [None] * 3 if how is STILL else ["190", "150", "190"]
        wanted = [{**how, "step": step} for step in steps]
        with suppress(Error):  # what is seen instead is told below
            document.until(f"wanted => JSON.stringify(({SEEN})()) === JSON.stringify(wanted)", wanted, timeout=60)
        assert document.page.evaluate(SEEN) == wanted

    stands(LIVE)
    document.save()
    document.open()
    stands(LIVE)
    document.restart()
    stands(LIVE)
    document.open()
    stands(TWIN)
    document.hold_focus(document.page.locator(".jt-controls input[type=range]").first)
    document.press("Home", "ArrowRight")
    document.until("() => document.querySelector('.jt-twin [data-jt-step]').dataset.jtStep === '10'")
    document.run()
    stands(LIVE)
    document.save()
    # A copy nobody has trusted.
    notebook = json.loads((app.root / "twin.ipynb").read_text())
    notebook["cells"][0]["source"] = "'another notebook'"
    (app.root / "untrusted.ipynb").write_text(json.dumps(notebook))
    document = open_document(app, "untrusted.ipynb")
    stands(STILL)


@pytest.mark.parametrize("stored", [False, True], ids=["without-widget-state", "with-widget-state"])
def test_nbconverts_page_is_alive_without_a_network(nbconverted: Callable[..., Page], stored: bool) -> None:
    """The slider moves, the picture changes, no error line; with the stored state of the widgets as well as without."""
    page = nbconverted(MAKE, "view.show('gain')", "view.browse()", stored=stored)
    move_and_look(page)
    assert "model not found" not in page.locator("body").inner_text()


def test_a_saved_file_is_alive_without_a_network(view_file: Path, blank_page: Page) -> None:
    """The same from one HTML file on disk; nothing is asked for."""
    blank_page.context.set_offline(True)
    blank_page.goto(view_file.as_uri())
    move_and_look(blank_page)


@pytest.fixture
def view_file(root: Path) -> Path:
    """A stepper saved to a file."""
    names: dict[str, Any] = {}
    exec(MAKE, names)
    return names["view"].show("gain").save(root / "view.html")


def move_and_look(page: Page) -> None:
    """Move the first slider of a saved page by keys, and see the canvas change."""
    page.wait_for_function("() => document.querySelector('[data-jt-view]')?.dataset.jtStep === '190'")
    picture = "() => document.querySelector('canvas.jt-overlay').toDataURL()"
    last = page.evaluate(picture)
    page.locator(".jt-controls input[type=range]").first.focus()
    page.keyboard.press("Home")
    page.wait_for_function("() => document.querySelector('[data-jt-view]').dataset.jtStep === '0'")
    assert page.evaluate(picture) != last


@pytest.mark.parametrize("width", [500, 800, 1200])
def test_nothing_is_cut_off_at_any_width(lab: Document, width: int) -> None:
    """Controls, captions and charts stay inside of the output; only tables and pictures scroll in their own frames."""
    lab.resize(1200, 1400)
    lab.run(MAKE, "view.show('gain', 'loss', 'predictions', 'digit', 'notes')", "view.browse()")
    drawn(lab, STEPS[-1])
    lab.resize(width, 1400)
    lab.until(INSIDE)
    lab.shot(f"views_{width}")
    lab.resize(1200)
