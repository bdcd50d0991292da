"""A cell that is run again and again: the page keeps nothing of the views that were there before."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import nbformat
from playwright.sync_api import TimeoutError as TimedOut

from tests.lab.made import MAKE

if TYPE_CHECKING:
    from tests.lab.document import Document

AGAIN = 12
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# Which observers observe, and who listens to the window, from now on.
WATCH = """() => { const live = window.jtHeld = {resize: new Set(), mutation: new Set(), window: new Map()};
  for (const [name, kind] of [['resize', ResizeObserver.prototype], ['mutation', MutationObserver.prototype]]) {
    const {observe, disconnect} = kind;
    kind.observe = function (...given) { live[name].add(this); return observe.apply(this, given) };
    kind.disconnect = function () { live[name].delete(this); return disconnect.call(this) } }
  const {addEventListener: add, removeEventListener: remove} = window;
  const of = name => live.window.get(name) ?? live.window.set(name, new Set()).get(name);
  window.addEventListener = (name, heard, ...more) => { of(name).add(heard); return add.call(window, name, heard, ...more) };
  window.removeEventListener = (name, heard, ...more) => { of(name).delete(heard); return remove.call(window, name, heard, ...more) } }"""
# A twin that is out of the page listens for some seconds more whether it is needed.
HELD = """() => ({resize: window.jtHeld.resize.size, mutation: window.jtHeld.mutation.size, nodes: document.querySelectorAll('*').length,
  window: [...window.jtHeld.window].filter(([name]) => !name.startsWith('jt-')).reduce((sum, [, heard]) => sum + heard.size, 0)})"""
# What there is in the page: tells what was left, when something was.
KINDS = "() => Array.from(document.querySelectorAll('*'), e => `${e.tagName}.${e.getAttribute('class') ?? ''}`.slice(0, 80))"
DRAWN = "() => document.querySelectorAll('[data-jt-live] [data-jt-step=\"190\"]').length === 1"


def test_views_that_were_replaced_leave_nothing_in_the_page(lab: Document) -> None:
    """No more observers, listeners and elements after a dozen runs of a cell than after one."""
    lab.run(MAKE)
    lab.page.evaluate(WATCH)
    for _ in range(2):
        lab.run("view.show('gain')")
        lab.until(DRAWN)
    lab.quiet(1)
    once, kinds = lab.page.evaluate(HELD), Counter(lab.page.evaluate(KINDS))
    for _ in range(AGAIN):
        lab.run()
    lab.until(DRAWN)
    lab.quiet(1)
    try:
        # Fewer is no trace of a view: JupyterLab takes elements of its own away meanwhile.
        lab.until(f"once => Object.entries(({HELD})()).every(([what, count]) => count <= once[what])", once)
    except TimedOut:
        now, more = lab.page.evaluate(HELD), Counter(lab.page.evaluate(KINDS))
        raise AssertionError(f"{now} and not {once}: more of {more - kinds}, fewer of {kinds - more}") from None


def test_a_notebook_that_is_run_again_shows_the_same_and_is_the_same_file(lab: Document) -> None:
    """In the same kernel and in a new one; two views of the same are two, and each is alive after each run."""
    lab.run(MAKE, "print(view.path)")
    begin = f"import jupyter_tracking as tracking\nview = tracking.open_run({lab.text().strip()!r})"
    shown: list[list[dict[str, Any]]] = []
    lab.run(begin, "view.show('gain')", "view.show('gain')", "view.show('gain', 'predictions')", "view.browse()")
    for again in (None, lab.run, lab.restart):
        if again == lab.restart:
            lab.restart()
        if again is not None:
            lab.run()
        lab.until("() => document.querySelectorAll('[data-jt-live] [data-jt-step=\"190\"]').length >= 3")
        assert lab.page.get_by_text("Error displaying widget").count() == 0
        for n in range(3):
            (handle, view) = (lab.output(n + 1).locator(each).first for each in ("[data-jt-live] .noUi-handle", "[data-jt-live]"))
            lab.hold_focus(handle)
            lab.press("ArrowLeft")
            view.locator('[data-jt-view="curve"][data-jt-step="180"]').wait_for()
        saved = nbformat.read(lab.save(), as_version=4)
        shown.append([output for cell in saved.cells for output in cell.outputs])
    widgets = [output["data"][WIDGET_VIEW]["model_id"] for output in shown[0] if WIDGET_VIEW in output["data"]]
    assert len(set(widgets)) == len(widgets) == 4
    assert shown[1] == shown[0]
    assert shown[2] == shown[0]
