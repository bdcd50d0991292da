"""A page that is used for hours stays as large as it was: what is gone from it is gone from memory too, and from the kernel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import CDPSession

    from tests.lab.document import Document

MAKE = """
import gc, json, tempfile, ipywidgets, numpy as np, jupyter_tracking as tracking
from IPython.display import display
from jupyter_tracking.views.widgets import live
run = tracking.init(name="flat", root=tempfile.mkdtemp(), track_code=False, track_env=False, track_logs=False)
x = np.linspace(0, 1, 50)
def log(*steps):
    for step in steps:
        run.log_curve("gain", x, np.sin(x * step), step=step)
        run.log_metric("loss", 1 / (step + 1), step=step)
log(0, 1, 2)
view = tracking.open_run(run)
"""
COUNT = """
gc.collect()
print(json.dumps([len(get_ipython().kernel.comm_manager.comms), len(ipywidgets.widgets.widget._instances)]))
"""
DRAWN = "n => document.querySelectorAll('[data-jt-live] [data-jt-step]').length >= n"
# Of the elements in memory, those that hold a whole widget, chart or static page and are in no document.
LOST = r"""function () { const lost = {};
  for (const element of this) { try { const name = element.getAttribute('class') ?? '';
    const [found] = /jt-(stage|pane|chart|twin|still)\b|noUi-target|widget-(vbox|hbox|play|hslider)\b/.exec(name) ?? [];
    if (!element.isConnected && found) lost[found] = (lost[found] ?? 0) + 1 } catch { /* a prototype */ } }
  return lost }"""
# Runs code as a cell does, without one.
EXECUTE = """source => { window.jtRan = undefined; const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  kernel.requestExecute({code: source}).done.then(() => { window.jtRan = 'done' }) }"""
WATCHERS = ("ResizeObserver", "MutationObserver", "IntersectionObserver", "MediaQueryList")


class Memory:
    """What a page has in memory."""

    def __init__(self, document: Document) -> None:
        """Look into the page of a document."""
        self.document = document
        self.session: CDPSession = document.page.context.new_cdp_session(document.page)

    def _ask(self, prototype: str, function: str) -> Any:
        """Call a function with all objects of a prototype that are still referred to."""
        self.session.send("HeapProfiler.collectGarbage")
        known = {"objectGroup": "asked"}
        one = self.session.send("Runtime.evaluate", {"expression": f"{prototype}.prototype", **known})["result"]["objectId"]
        every = self.session.send("Runtime.queryObjects", {"prototypeObjectId": one, **known})["objects"]["objectId"]
        call = {"functionDeclaration": function, "objectId": every, "returnByValue": True}
        found = self.session.send("Runtime.callFunctionOn", call)["result"]["value"]
        self.session.send("Runtime.releaseObjectGroup", known)
        return found

    def lost(self) -> dict[str, int]:
        """The elements of widgets that are in no document any more, by their classes."""
        return self._ask("HTMLElement", LOST)

    def buffers(self) -> int:
        """How many bytes the buffers in the page have: the model of each widget of ours has the bundle, of 60 kB."""
        return int(self.session.send("Runtime.getHeapUsage")["backingStorageSize"])

    def listeners(self) -> int:
        """How many static pages listen for their widgets."""
        window = self.session.send("Runtime.evaluate", {"expression": "window"})["result"]["objectId"]
        found = self.session.send("DOMDebugger.getEventListeners", {"objectId": window})["listeners"]
        return sum(each["type"] == "jt-live" for each in found)

    def watchers(self) -> dict[str, int]:
        """How many observers there are."""
        return {kind: self._ask(kind, "function () { return this.length }") for kind in WATCHERS}

    def all(self) -> dict[str, int]:
        """All of it, when the page has come to rest: a static page looks once more for its widget after eight seconds."""
        self.document.page.wait_for_timeout(8_500)
        return {**self.lost(), **self.watchers(), "listeners": self.listeners()}


def grown(after: dict[str, int], before: dict[str, int]) -> dict[str, tuple[int, int]]:
    """What there is more of. There may be less: what was in memory by chance is gone later."""
    return {name: (before.get(name, 0), count) for name, count in after.items() if count > before.get(name, 0)}


@pytest.fixture
def memory(lab: Document) -> Iterator[Memory]:
    """What the page of the session's notebook has in memory, in a new kernel with a run that goes on."""
    lab.restart()
    lab.run(MAKE)
    memory = Memory(lab)
    yield memory
    memory.session.detach()
    lab.run("run.end()")


def kernel(lab: Document) -> list[int]:
    """The comms and widgets of the kernel, which the last cell has printed."""
    outputs = lab.cells()[-1]["outputs"]  # where a collection lets asyncio say something of zmq's tasks, on stderr
    return json.loads(next(output["text"] for output in outputs if output.get("name") == "stdout"))


def replace(lab: Document, source: str) -> None:
    """Give the first cell another source; it stays the same cell."""
    lab.page.evaluate(
        "source => window.jupyterapp.shell.currentWidget.content.widgets[0].model.sharedModel.setSource(source)",
        source,
    )


def test_a_cell_that_is_run_again_leaves_nothing_behind(lab: Document, memory: Memory) -> None:
    """As many elements, buffers, listeners, comms and widgets after twelve times as after two."""

    def again(times: int) -> tuple[dict[str, int], int, list[int]]:
        for _ in range(times):
            lab.run()
            lab.until(DRAWN, 2)
        return memory.all(), memory.buffers(), kernel(lab)

    lab.run("view.show('gain', 'loss')", COUNT)
    elements, buffers, kernels = again(3)
    more, later, same = again(10)
    assert grown(more, elements) == {}
    assert later - buffers < 5 * 60_000
    assert same == kernels


def test_many_charts_go_with_their_cell(lab: Document, memory: Memory) -> None:
    """Whatever was displayed by a cell that now displays something else, or nothing, also where the notebook had not shown it yet."""
    lab.run("1", COUNT)
    before, buffers, kernels = memory.all(), memory.buffers(), kernel(lab)
    replace(lab, "for _ in range(30): display(view.show('loss'))")
    lab.run(timeout=180)
    lab.until(DRAWN, 20)
    assert kernel(lab)[0] > 30
    replace(lab, "1")
    lab.run()
    assert grown(memory.all(), before) == {}
    assert memory.buffers() - buffers < 15 * 60_000
    assert kernel(lab) == kernels


def test_following_a_run_for_long_leaves_the_page_as_it_is(lab: Document, memory: Memory) -> None:
    """The same elements, observers, listeners and widgets after many new steps, and after the static page was renewed as often."""
    lab.run("shown = view.show('gain', 'loss')\nlive.stop_polling(shown)\nshown", COUNT)
    lab.until(DRAWN, 2)

    def follow(first: int, end: int) -> dict[str, int]:
        for begin in range(first, end, 20):
            added = f"for step in range({begin}, {min(begin + 20, end)}):\n    log(step)\n    shown.poll()"
            lab.page.evaluate(EXECUTE, added)
            lab.until("() => window.jtRan === 'done'", timeout=60)
        lab.until(f"() => document.querySelector('[data-jt-view=metric] .jt-caption').textContent.includes('{end} values')")
        elements = lab.page.evaluate("() => document.querySelectorAll('[data-jt-live] *').length")
        return {**memory.all(), "elements": elements}

    follow(3, 20)
    before = follow(20, 120)
    assert grown(follow(120, 520), before) == {}
