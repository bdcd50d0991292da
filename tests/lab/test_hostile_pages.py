"""Documents and charts of a stranger, shown in JupyterLab and in a saved page: no script of theirs runs, and no connection is opened.

A browser may open the connection for a frame or a link before a policy forbids it, and look a name up before that: so a server waits for
connections and not for requests, and the browser writes down what it looked up.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import create_server
from threading import Thread
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.lab import hostile_pages
from tests.lab.conftest import FLAGS, VIEWPORT
from tests.lab.document import Document
from tests.lab.hostile_pages import DOCUMENTS, PLOTLY, VEGA, bokeh_figures, make

if TYPE_CHECKING:
    from collections.abc import Iterator
    from socket import socket

    import pytest
    from playwright.sync_api import Browser, Page

    from tests.lab.app import App

NAME = "looked-up.hostile-pages.test"
LISTEN = "addEventListener('message', event => { if (event.data === 'jtFired') window.jtFired = 1 })"
FIRED = "() => window.jtFired ?? null"
# The kernel's own picture of a chart is not what is tried here.
MAKE = f"""{Path(hostile_pages.__file__).read_text("utf-8")}
from jupyter_tracking.views.renderers.chart import ChartRenderer
ChartRenderer.fallback = lambda *_: ""
view = make({{there!r}}, {NAME!r})"""


@dataclass
class Watch:
    """A server that notes each connection, and what the browser looked up."""

    browser: Browser
    listening: socket
    log: Path
    connections: list[bytes] = field(default_factory=list)

    @property
    def there(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.listening.getsockname()[1]}"

    def listen(self) -> None:
        """Accept whatever comes, until the socket is closed."""
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            connection.settimeout(1)
            with connection:
                try:
                    self.connections.append(connection.recv(200))
                except OSError:
                    self.connections.append(b"")

    def page(self) -> Page:
        """A page that notes what says that it ran."""
        page = self.browser.new_context(viewport=VIEWPORT).new_page()
        page.set_default_timeout(30_000)
        page.add_init_script(LISTEN)
        return page

    def check(self, page: Page, what: str) -> None:
        """Fail when anything ran or reached out up to here."""
        assert page.evaluate(FIRED) is None, what
        assert self.connections == [], what
        assert len(page.context.pages) == 1, what

    def looked_up(self) -> bool:
        """Whether the name was looked up; the browser is closed for it."""
        self.browser.close()
        return NAME in self.log.read_text("utf-8", errors="replace")


@contextmanager
def watching(other: Browser, chromium: str) -> Iterator[Watch]:
    """A browser of its own, which looks names up and makes connections ahead as a user's does."""
    flags = [flag for flag in FLAGS if "host-resolver" not in flag and "background-networking" not in flag]
    log = Path(tempfile.mkdtemp()) / "net.json"
    with create_server(("127.0.0.1", 0)) as listening:
        browser = other.browser_type.launch(
            executable_path=chromium,
            headless=True,
            args=[*flags, f"--log-net-log={log}", "--net-log-capture-mode=Everything"],
            ignore_default_args=["--disable-background-networking"],
        )
        watch = Watch(browser, listening, log)
        Thread(target=watch.listen, daemon=True).start()
        yield watch
        if browser.is_connected():
            browser.close()


def press(page: Page) -> None:
    """Move over what is drawn, and press it in the middle and near a corner."""
    box = page.locator(".jt-enclosed").bounding_box()
    assert box is not None
    for across, down in ((0.5, 0.5), (0.1, 0.15)):
        at = box["x"] + box["width"] * across, box["y"] + box["height"] * down
        page.mouse.move(*at)
        page.mouse.click(*at)


def walk_documents(watch: Watch, page: Page) -> None:
    """Show every document, and press it."""
    inner = page.frame_locator(".jt-enclosed").frame_locator("iframe")
    for step, what in reversed(list(enumerate(DOCUMENTS))):
        expect(page.locator("[data-jt-view=html]")).to_have_attribute("data-jt-step", str(step))
        expect(inner.locator("body, head")).not_to_have_count(0)
        press(page)
        expect(inner.locator("head")).to_be_attached()
        watch.check(page, what)
        if step:
            page.get_by_label("previous step").click()


def walk_charts(watch: Watch, page: Page, library: str, names: list[str], *, drawn: bool) -> None:
    """Show every chart of a library; where the library draws, wait for each, and press it."""
    inner = page.frame_locator(".jt-enclosed").frame_locator("iframe")
    for step, what in reversed(list(enumerate(names))):
        expect(page.locator("[data-jt-view=chart]")).to_have_attribute("data-jt-step", str(step))
        if drawn:
            # The kernel puts the script of vega together before the first.
            expect(inner.locator(f"body[data-jt-drawn='{len(names) - step}']")).to_be_attached(timeout=30_000)
            press(page)
            found = inner.locator("iframe, frame, object, embed, link, meta[http-equiv=refresh], a[href^=http]")
            assert found.evaluate_all("all => all.map(each => each.outerHTML)") == [], what
        watch.check(page, f"{library}: {what}")
        if step:
            page.get_by_label("previous step").click()


def test_the_watch_would_see_it(browser: Browser, chromium: str, tmp_path: Path) -> None:
    """A script that says it ran, a connection and a name that is looked up are noticed: each of them by the means of these tests."""
    with watching(browser, chromium) as watch:
        page = watch.page()
        frame = f"<iframe src='http://{watch.there}/'></iframe><iframe src='http://{NAME}/'></iframe>"
        (tmp_path / "page.html").write_text(
            f'{frame}<iframe sandbox="allow-scripts" srcdoc="<script>{hostile_pages.RUN}</script>"></iframe>'
        )
        page.goto((tmp_path / "page.html").as_uri())
        page.wait_for_function("() => window.jtFired === 1")
        page.wait_for_load_state("load")
        assert watch.connections
        assert watch.looked_up()


def test_hostile_documents_and_charts_reach_nothing_in_jupyterlab(browser: Browser, chromium: str, lab_app: App, tmp_path: Path) -> None:
    """Each is shown and pressed; the charts also drawn by their own libraries, on request."""
    libraries = {"plotly": list(PLOTLY), "vega": list(VEGA), "bokeh": list(bokeh_figures())}
    assert len(DOCUMENTS) + sum(map(len, libraries.values())) >= 60
    with watching(browser, chromium) as watch:
        lab_app.write("pages.ipynb", ["pass"])
        page = watch.page()
        document = Document(lab_app, page, "pages.ipynb", tmp_path).open()
        document.run(MAKE.replace("{there!r}", repr(watch.there)), "view.show('documents')")
        walk_documents(watch, page)
        for library, names in libraries.items():
            document.run(f"view.show({library!r})")
            walk_charts(watch, page, library, names, drawn=False)
            page.get_by_label("last step").click()
            page.get_by_role("button", name=f"draw with {library}").click()
            walk_charts(watch, page, library, names, drawn=True)
        assert not watch.looked_up()


def test_hostile_documents_and_charts_reach_nothing_in_a_saved_page(
    browser: Browser, chromium: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same in files, where no library is."""
    monkeypatch.setattr("jupyter_tracking.views.renderers.chart.ChartRenderer.fallback", lambda *_: "")
    with watching(browser, chromium) as watch:
        view = make(watch.there, NAME)
        page = watch.page()
        for name in ("documents", "plotly", "vega", "bokeh"):
            page.goto(view.show(name).save(tmp_path / f"{name}.html").as_uri())
            if name == "documents":
                walk_documents(watch, page)
            else:
                walk_charts(watch, page, name, [*{"plotly": PLOTLY, "vega": VEGA, "bokeh": bokeh_figures()}[name]], drawn=False)
                expect(page.get_by_role("button", name="draw with")).to_have_count(0)
        assert not watch.looked_up()
