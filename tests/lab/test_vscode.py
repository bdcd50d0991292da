"""Views in VS Code, as far as it can be had without it: outputs laid out as its page has them, and its own renderer of widgets."""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

import jupyter_tracking as tracking
from tests.lab.conftest import page_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# What it says of a widget's output that nothing can draw, in two of the languages it knows.
SENTENCES = (f"Could not render content for '{WIDGET_VIEW}'", f"Inhalt für „{WIDGET_VIEW}“ konnte nicht gerendert werden")
# Each output in a container of its own, one above the other by their `top`.
OUTPUT = '<div class="output_container" style="position:absolute;top:{top}px"><div class="output" id="{id}">{inside}</div></div>'
LOST = '<div><div class="no-renderer-error">{said}</div><div><span>{{"version_major":2,"version_minor":0,"model_id":"0123"}}</span></div></div>'


@pytest.fixture
def view(root: Path) -> tracking.RunView:
    """A run with a curve at five steps."""
    with tracking.init(name="seen", track_code=False, track_env=False, track_logs=False) as run:
        for step in range(5):
            run.log_curve("roc", [0, 0.5, 1], [0, 0.5 + step / 20, 1], step=step)
    return tracking.open_run(run.path)


def place(page: Page, *outputs: str) -> None:
    """Put outputs into a cell of a new page."""
    page.set_content("<body><div id=container><div id=cell></div></div></body>")
    add(page, *outputs)


def add(page: Page, *outputs: str) -> None:
    """Put outputs into the cell one after the other, and run their scripts, as VS Code's renderer of HTML does."""
    for number, inside in enumerate(outputs):
        page.evaluate(
            """([place, inside]) => {
                const cell = document.getElementById('cell');
                cell.insertAdjacentHTML('beforeend', place);
                const output = cell.lastElementChild.firstElementChild;
                output.innerHTML = inside;
                for (const old of output.querySelectorAll('script')) {
                    const script = document.createElement('script');
                    for (const { name, value } of old.attributes) script.setAttribute(name, value);
                    script.text = old.text;
                    old.replaceWith(script);
                }
            }""",
            [OUTPUT.format(top=number * 300, id=f"output{number}", inside=""), inside],
        )


@pytest.mark.parametrize("said", SENTENCES)
def test_the_sentence_on_a_widget_that_is_lost_is_hidden_and_the_page_drawn(view: tracking.RunView, said: str, blank_page: Page) -> None:
    """A notebook that is opened again has no widget: what stands for it goes, whatever the language, and the slider moves by the keys."""
    shown = view.show("roc")
    page = shown._page(shown._line())
    shown.close()
    place(blank_page, LOST.format(said=said), page, "<p>another output</p>")
    drawn = blank_page.locator("[data-jt-step]").first
    expect(drawn).to_have_attribute("data-jt-step", "4")
    expect(blank_page.get_by_text(WIDGET_VIEW)).to_be_hidden()
    expect(blank_page.get_by_text("another output")).to_be_visible()
    # What the editor takes keys for is told on the way up: a key that moved a step goes no further.
    blank_page.evaluate("window.heard = []; document.addEventListener('keydown', (event) => window.heard.push(event.key))")
    blank_page.get_by_role("slider", name="step").focus()
    for key, step in (("ArrowLeft", "3"), ("ArrowUp", "4"), ("ArrowDown", "3"), ("Home", "0")):
        blank_page.keyboard.press(key)
        expect(drawn).to_have_attribute("data-jt-step", step)
    assert blank_page.evaluate("window.heard") == []


def test_what_is_no_widget_of_ours_stays(view: tracking.RunView, blank_page: Page) -> None:
    """An output of another kind that cannot be drawn, which stands before a page of ours, is left as it is."""
    shown = view.show("roc")
    page = shown._page(shown._line())
    shown.close()
    place(blank_page, LOST.format(said="Could not render content for 'application/geo+json'"), page)
    expect(blank_page.locator("[data-jt-step]").first).to_have_attribute("data-jt-step", "4")
    blank_page.wait_for_function("() => performance.now() > 1800")  # it has looked twice by then
    expect(blank_page.get_by_text("application/geo+json")).to_be_visible()


# --- its own renderer of widgets -----------------------------------------------------------------

ORIGIN = "http://vscode.test"
PAGE = """<!doctype html><meta charset=utf-8><body><div id=container><div id=cell></div></div><script src="require.js"></script>
<script>requirejs.config({paths: {anywidget: '/anywidget'}})</script>"""
# What the extension does for a widget's output, with a kernel that answers nothing: what moves by itself has to move so.
SHOW = """async ({state, id}) => {
  const { activate } = await import('/ipywidgets.js');
  activate();
  window.vscIPyWidgets8.load();
  window.sent = [];
  const signal = { connect: () => true, disconnect: () => true };
  const future = { done: Promise.resolve(), registerMessageHook() {}, msg: { header: { msg_id: '1' } } };
  const comm = (target, id) => ({ commId: id, targetName: target, open: () => future, close: () => future, dispose() {},
    send: (data) => { window.sent.push(data.method); return future } });
  const known = { registerCommTarget() {}, removeCommTarget() {}, createComm: comm, requestCommInfo: async () => ({ content: { comms: {} } }),
    id: '', username: '', clientId: '', name: 'python3', status: 'idle', connectionStatus: 'connected', handleComms: true };
  const kernel = new Proxy(known, { get: (kernel, name) => (name in kernel ? kernel[name] : signal) });
  const scripts = { widgetsRegisteredInRequireJs: new Set(['anywidget']), loadWidgetScript: async () => {}, successHandler() {},
    errorHandler: (...words) => { throw Error(words.join(' ')) } };
  const output = document.querySelector('#output0');
  const manager = new window.vscIPyWidgets.WidgetManager(kernel, output, scripts, () => {}, state);
  await manager.set_state(state);
  const view = await manager.create_view(await manager.get_model(id));
  await manager.display_view(undefined, view, { node: output });
}"""


def _script(name: str, inside: str) -> bytes:
    """A script of a package that npm has packed into this environment."""
    packed = next(Path(sys.prefix).glob(f"{name}-*.tgz"), None)
    if packed is None:
        pytest.skip("`make fronts` brings VS Code's renderer of widgets")
    with tarfile.open(packed) as archive:
        file = archive.extractfile(f"package/{inside}")
        assert file is not None
        return file.read()


def test_the_widget_is_drawn_by_vs_codes_own_renderer_and_the_page_beside_it_hides(view: tracking.RunView, browser: Browser) -> None:
    """With its slider, which moves by the keys with no kernel that answers; the editor hears none of them."""
    from ipywidgets.embed import embed_data

    anywidget = Path(sys.prefix) / "share/jupyter/nbextensions/anywidget/index.js"
    files = {
        "ipywidgets.js": _script("vscode-jupyter-ipywidgets8", "dist/ipywidgets.js"),
        "require.js": _script("requirejs", "require.js"),
        "anywidget.js": anywidget.read_bytes(),
    }
    shown = view.show("roc")
    static, state = shown._page(shown._line()), embed_data([shown], drop_defaults=False)["manager_state"]
    model = shown.model_id
    shown.close()

    def answer(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        if name in files:
            route.fulfill(body=files[name], content_type="text/javascript")
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    with page_of(browser, ORIGIN, "blob:", "data:") as page:
        page.route(f"{ORIGIN}/**", answer)
        page.goto(f"{ORIGIN}/page")
        add(page, "", static)
        page.evaluate(SHOW, {"state": state, "id": model})
        drawn = page.locator("[data-jt-live] [data-jt-step]").first
        expect(drawn).to_have_attribute("data-jt-step", "4")
        expect(page.locator(".jt-twin")).to_be_hidden()
        page.evaluate("window.heard = []; document.addEventListener('keydown', (event) => window.heard.push(event.key))")
        page.locator("#output0").get_by_role("slider", name="step").first.focus()
        for key, step in (("ArrowLeft", "3"), ("Home", "0"), ("ArrowRight", "1")):
            page.keyboard.press(key)
            expect(drawn).to_have_attribute("data-jt-step", step)
        assert page.evaluate("window.heard") == []
