"""Texts that try to get out of every slot there is: in JupyterLab and in saved files."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from tests.lab import hostile
from tests.lab.hostile import FLAG, HOSTILE, NAMED

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.lab.document import Document

MAKE = f"{Path(hostile.__file__).read_text('utf-8')}\nview = make()"
QUIET = """import tempfile, jupyter_tracking as tracking
with tracking.init(root=tempfile.mkdtemp(), name="page", track_code=False, track_env=False, track_logs=False) as run:
"""
HIDEOUS = f"""<script>fetch('THEREfetch')</script><img src=THEREpicture onerror={FLAG}><link rel=stylesheet href=THEREsheet>
<style>@import url(THEREimport);@font-face{{font-renderer:x;src:url(THEREfont)}}body{{background:url(THEREground);font-renderer:x}}</style>
<meta http-equiv=refresh content='0;url=THERErefresh'><iframe src=THEREframe></iframe><object data=THEREobject></object><base href=THERE>
<link rel=prefetch href=THEREprefetch><video src=THEREvideo></video><form action=THEREform><button>send</button></form>
<a href=THERElink id=link target=_self>link</a>
<a href=THEREtop id=top target=_top>top</a> <a href=THEREblank id=blank target=_blank>blank</a>"""
SHOWN = [
    *NAMED.items(),
    ("markdown", "markdown"),
    ("chart", "other"),
    ("span", "span"),
    ("dataframe", "columns"),
    ("image", "svg"),
    ("model", "model"),
]
SHOW = f"from jupyter_tracking.views.widgets.stepper import show\nstepper = show(view.files, {[(kind, name) for kind, name in SHOWN]!r})\nstepper"
FIRED = "() => window.jtFired ?? null"
# Every box ticked and every list at its last word: HTML is rendered, sources and trees are open.
OPEN = """() => { for (const box of document.querySelectorAll('.jt-stage .jt-check input[type=checkbox]:not(:checked)')) box.click();
  for (const list of document.querySelectorAll('.jt-stage select')) { list.value = 'JSON'; list.dispatchEvent(new Event('change')) }
  for (const box of document.querySelectorAll('details')) box.open = true }"""
TEXT = "() => document.querySelector('.jt-stage [data-jt-view=text] pre').textContent"


WALK = """async open => {
  const step = () => document.querySelector('.jt-stage [data-jt-view=text]').dataset.jtStep;
  const until = async wanted => { while (step() !== String(wanted)) await new Promise(done => setTimeout(done, 5)) };
  for (let at = Number(step()) - 1; at >= 0; at -= 1) {
    document.querySelector(".jt-stage [aria-label='previous step']").click();
    await until(at);
    if (at % 12 === 0) open() } }"""

# The steps that a page kept, whichever they are.
WALK_KEPT = """async open => {
  const where = document.querySelector('.jt-stage .jt-where'), back = document.querySelector(".jt-stage [aria-label='previous step']");
  let steps = 1;
  for (open(); back.getAttribute('aria-disabled') !== 'true'; steps += 1) {
    const before = where.textContent;
    back.click();
    while (where.textContent === before) await new Promise(done => setTimeout(done, 5));
    if (steps % 5 === 0) open() }
  return steps }"""


def walk(page: Page) -> None:
    """Show every step, with all that can be opened open."""
    page.wait_for_function("n => document.querySelector('[data-jt-view=text]')?.dataset.jtStep === String(n)", arg=len(HOSTILE) - 1)
    page.evaluate(OPEN)
    page.evaluate(f"() => ({WALK})({OPEN})")
    assert page.evaluate(FIRED) is None


def test_nothing_hostile_runs_or_is_fetched_in_jupyterlab(lab: Document) -> None:
    """A flag that any executed script would set stays unset, at every step and over every entry of the list; nothing is asked outside."""
    lab.run(MAKE, SHOW, "view.browse()")
    walk(lab.page)
    assert HOSTILE[0] in lab.page.evaluate(TEXT)
    for tab in ("Files", "Run", "Problems"):
        lab.page.locator(".jt-tab", has_text=tab).click()
    lab.page.locator(".jt-tab", has_text="Artifacts").click()
    names = "() => [...document.querySelectorAll('.jt-browser [data-jt-artifact^=metric] .jt-name')].map(e => e.textContent)"
    listed = lab.page.evaluate(names)
    assert sorted(listed) == sorted(HOSTILE)
    assert lab.page.evaluate(FIRED) is None


def test_nothing_hostile_runs_or_is_fetched_in_saved_pages(blank_page: Page, tmp_path: Path) -> None:
    """The same in files that were saved: the stepper over all of them, and the browser."""
    names: dict[str, object] = {"__name__": "hostile"}
    exec(MAKE + "\n" + SHOW + f"\nstepper.save({str(tmp_path / 'all.html')!r})\nview.save({str(tmp_path / 'run.html')!r})", names)
    blank_page.goto((tmp_path / "all.html").as_uri())
    walk(blank_page)
    blank_page.goto((tmp_path / "run.html").as_uri())
    blank_page.wait_for_selector("[data-jt-artifact]")
    blank_page.evaluate("() => { for (const row of document.querySelectorAll('[data-jt-artifact]')) row.click() }")
    assert blank_page.evaluate(FIRED) is None


def test_nothing_hostile_runs_or_is_fetched_in_nbconverts_page(nbconverted: Callable[..., Page]) -> None:
    """The same in a notebook made into a page, in the stepper over all, in the browser and in the table of runs."""
    page = nbconverted(MAKE, SHOW, "view.browse()", "tracking.browse([view])")
    page.wait_for_selector(".jt-stage [data-jt-view=text][data-jt-step]")
    assert page.evaluate(f"() => ({WALK_KEPT})({OPEN})") > 1
    page.evaluate("() => { for (const row of document.querySelectorAll('[data-jt-artifact]')) row.click() }")
    page.wait_for_selector(".jt-runs-row")
    page.locator(".jt-runs-row").first.click()
    assert page.evaluate(FIRED) is None


class Listener(ThreadingHTTPServer):
    """A server that notes what it is asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Noting)
        self.asked: list[str] = []


class Noting(BaseHTTPRequestHandler):
    """Answers nothing, and notes the path."""

    server: Listener

    def do_GET(self) -> None:
        """Note it."""
        self.server.asked.append(self.path)
        self.send_response(204)
        self.end_headers()

    do_POST = do_GET  # noqa: N815 - the server's own words

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def test_a_rendered_page_runs_nothing_fetches_nothing_and_goes_nowhere(lab: Document) -> None:
    """Scripts, forms, redirects, links that are clicked, pictures, fonts, frames: a server that would answer them hears of none."""
    with Listener() as listener:
        Thread(target=listener.serve_forever, daemon=True).start()
        page = HIDEOUS.replace("THERE", f"http://127.0.0.1:{listener.server_port}/")
        lab.run(f"{QUIET}    run.log_html('page', {page!r}, step=0)\ntracking.open_run(run).show('page')")
        inner = lab.page.frame_locator(".jt-enclosed").frame_locator("iframe")
        for name in ("#link", "#top", "#blank", "button"):
            lab.page.get_by_label("show rendered").uncheck()
            lab.page.get_by_label("show rendered").check()
            inner.locator(name).click(no_wait_after=True)
        lab.quiet()
        assert lab.page.evaluate(FIRED) is None
        assert lab.page.url.startswith(lab.app.origin)
        listener.shutdown()
        assert listener.asked == []


def test_the_flag_would_be_seen(blank_page: Page) -> None:
    """What the other tests look at is set by a script that does run."""
    blank_page.set_content(f"<iframe srcdoc='<script>{FLAG}</script>'></iframe>")
    blank_page.wait_for_function("() => window.jtFired === 1")
