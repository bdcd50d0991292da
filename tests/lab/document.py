"""A notebook open in a page: set its cells, run them, read its outputs, press keys, look at it.

Never `time.sleep()` in a test here: it would stop the page's own events from being read. Wait with Playwright's `expect`,
`page.wait_for_*`, or `Document.until`.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from playwright.sync_api import TimeoutError as Late

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import ConsoleMessage, Error, Locator, Page, Request, WebSocket

    from tests.lab.app import App

# Notebook 7.6 raises the first by itself, with no cell run; anywidget the other two seconds after a widget that was closed before it was loaded,
# as happens when a cell is run again at once; JupyterLab the third, for each widget, where a kernel is gone before it has answered the request
# for the subshell of that widget.
OTHERS_ERRORS = ("reading 'schema'", "[anywidget] Failed to initialize model.", "Canceled future for create_subshell_request")

# How many looks in a row, a tenth of a second apart, must find the focus where it was put.
HELD_LOOKS = 4

READY = """() => { const c = window.jupyterapp?.shell?.currentWidget?.sessionContext;
  return c?.isReady && c.session?.kernel?.status === 'idle' && c.session.kernel.connectionStatus === 'connected' }"""

SET_CELLS = """sources => { const notebook = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
  const old = notebook.cells.length;
  notebook.transact(() => {
    notebook.insertCells(old, sources.map(source => ({cell_type: 'code', source, metadata: {trusted: true}})));
    notebook.deleteCellRange(0, old); }) }"""

RUN_ALL = """() => { window.jtRan = undefined;
  window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => { window.jtRan = 'done' }, e => { window.jtRan = String(e) }) }"""

CODE_CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets.filter(c => c.model.type === 'code')
  .map(c => ({source: c.model.sharedModel.source, count: c.model.executionCount, outputs: c.model.outputs.toJSON()}))"""


class PageRecord:
    """What a page did that a test may want to know, and what no page may do."""

    def __init__(self, page: Page, allowed: tuple[str, ...]) -> None:
        """Listen to a page; `allowed` are the beginnings of the addresses it may ask for."""
        self.page = page
        self.allowed = allowed
        self.asked: list[Request] = []  # of outside
        self.sockets: list[str] = []  # to outside
        self.errors: list[str] = []
        self.console: list[str] = []
        self.sent: list[int] = []
        page.on("request", self._request)
        page.on("websocket", self._websocket)
        page.on("pageerror", self._error)
        page.on("console", self._console)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((*self.allowed, "data:", "blob:", "about:")):
            self.asked.append(request)

    def _websocket(self, socket: WebSocket) -> None:
        if not socket.url.startswith(tuple(start.replace("http", "ws", 1) for start in self.allowed)):
            self.sockets.append(socket.url)
        socket.on("framesent", lambda payload: self.sent.append(len(payload)))

    def _error(self, error: Error) -> None:
        if not any(known in str(error) for known in OTHERS_ERRORS):
            self.errors.append(str(error))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.console.append(message.text)

    @property
    def outside(self) -> list[str]:
        """What the page asked for outside, without what a policy stopped: the browser tells of that too, but it never left the page."""
        return [*self.sockets, *(request.url for request in self.asked if request.failure != "csp")]

    def forget(self) -> None:
        """Begin anew: what the page did up to here is nobody's."""
        self.settle()
        for done in (self.asked, self.sockets, self.errors, self.console):
            done.clear()

    def settle(self) -> None:
        """Wait, while the page is open, until all that was asked for outside has ended; no such address answers."""
        self.page.title()
        with contextlib.suppress(Late):
            while any(request.failure is None for request in self.asked):
                self.page.wait_for_event("requestfailed", timeout=10_000)

    def check(self) -> None:
        """Fail when the page asked for anything outside, or raised an error."""
        assert not self.outside, f"asked for outside loopback: {sorted(set(self.outside))}"
        assert not self.errors, f"the page raised: {self.errors}"


@dataclass
class Document:
    """One open notebook."""

    app: App
    page: Page
    name: str
    shots: Path
    record: PageRecord = field(init=False)

    def __post_init__(self) -> None:
        """Listen before anything is loaded."""
        self.record = PageRecord(self.page, (f"{self.app.origin}/",))

    # ------------------------------------------------------------------------------------------------------- open, run
    def open(self) -> Document:
        """Load the notebook and wait until its kernel is there and idle."""
        self.page.goto(self.app.url(self.name))
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        # The toolbar says "idle" before there is a kernel; running then opens a dialog and never ends. The session knows.
        self.page.wait_for_function(READY, timeout=60_000)
        return self

    def run(self, *sources: str, timeout: float = 60, errors: bool = False) -> list[dict[str, Any]]:
        """Replace the cells by these (none given: keep them), run all, and return the code cells with their outputs.

        Fails when a cell raised, with its traceback, unless `errors` allows that.
        """
        if sources:
            self.page.evaluate(SET_CELLS, list(sources))
        self.page.evaluate(RUN_ALL)
        self.page.wait_for_function("window.jtRan !== undefined", timeout=timeout * 1000)
        # The promise may settle before the last outputs have come.
        self.page.wait_for_function(READY, timeout=timeout * 1000)
        cells = self.cells()
        failures = [output for cell in cells for output in cell["outputs"] if output["output_type"] == "error"]
        assert errors or not failures, "\n".join(failures[0]["traceback"])
        return cells

    def restart(self) -> None:
        """A new kernel for the same page."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart().then(() => null)")
        self.page.wait_for_function(READY, timeout=60_000)

    def save(self) -> Path:
        """Save, and return the file when it is written."""
        self.page.evaluate(
            """() => { window.jtSaved = undefined; const c = window.jupyterapp.shell.currentWidget.context;
                 c.save().then(() => { window.jtSaved = 'done' }, e => { window.jtSaved = String(e) }) }"""
        )
        self.page.wait_for_function("window.jtSaved !== undefined", timeout=30_000)
        assert self.page.evaluate("window.jtSaved") == "done"
        return self.app.root / self.name

    def shut_down_kernel(self) -> None:
        """End the kernel and leave the page open."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown().then(() => null)")

    # --------------------------------------------------------------------------------------------------------- look at
    def cells(self) -> list[dict[str, Any]]:
        """The code cells: source, count, outputs (nbformat's dictionaries)."""
        return self.page.evaluate(CODE_CELLS)

    def text(self, index: int = -1) -> str:
        """The printed text of one code cell."""
        return "".join(output["text"] for output in self.cells()[index]["outputs"] if output["output_type"] == "stream")

    def output(self, index: int = 0) -> Locator:
        """The output area of one code cell (counted among the cells on the page)."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(index).locator(".jp-OutputArea")

    def shot(self, name: str, locator: Locator | None = None) -> Path:
        """Take a picture of the page, or of a part of it."""
        path = self.shots / f"{name}.png"
        (self.page if locator is None else locator).screenshot(path=str(path))
        return path

    def resize(self, width: int, height: int = 900) -> None:
        """Change the window's size, and wait until the page has drawn with it."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.wait_for_function("width => window.innerWidth === width", arg=width)
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))")

    def theme(self, kind: Literal["light", "dark"]) -> None:
        """Switch the theme by the app's own command."""
        self.page.evaluate(
            "name => { void window.jupyterapp.commands.execute('apputils:change-theme', {theme: name}) }", f"JupyterLab {kind.title()}"
        )
        self.page.wait_for_function("light => document.body.dataset.jpThemeLight === light", arg=json.dumps(kind == "light"))
        # The splash covers the page until the theme's style sheet has come; one more switch before it is gone makes the app raise.
        self.page.wait_for_function("() => document.getElementById('jupyterlab-splash') === null")

    # ------------------------------------------------------------------------------------------------------------- act
    def hold_focus(self, locator: Locator) -> None:
        """Focus and stay focused: after a run the notebook takes the focus back once, a moment later."""
        held = 0
        for _ in range(60):
            if not locator.evaluate("element => element.contains(document.activeElement)"):
                locator.focus()
                held = 0
            self.page.wait_for_timeout(100)
            held += 1
            if held > HELD_LOOKS:
                return
        raise AssertionError("the notebook keeps taking the focus")

    def keep_keys(self, locator: Locator) -> None:
        """Keep the app's shortcuts off an element that does not do so itself: Notebook 7 takes the arrow keys before any widget."""
        locator.evaluate("element => element.setAttribute('data-lm-suppress-shortcuts', 'true')")

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def until(self, condition: str, argument: object = None, timeout: float = 15) -> None:
        """Wait until a JavaScript expression (or function of `argument`) holds in the page."""
        self.page.wait_for_function(condition, arg=argument, timeout=timeout * 1000)

    def quiet(self, still: float = 0.4) -> int:
        """Wait until the page has sent its kernel nothing for a moment; return how many frames it had sent by then."""
        while True:
            before = len(self.record.sent)
            self.page.wait_for_timeout(still * 1000)
            if len(self.record.sent) == before:
                return before
