"""A cell that is run again and again: the page keeps nothing of the views that were there before."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from playwright.sync_api import TimeoutError as TimedOut

from tests.lab.made import MAKE

if TYPE_CHECKING:
    from tests.lab.document import Document

AGAIN = 12
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
