"""Whether a page's memory stays flat in JupyterLab: `python -m benchmarks.page_memory [again] [grid] [live]`, by default all three.

It needs a JupyterLab, Playwright and Chromium, as the browser tests do. Each line is the page after so much of the work, once garbage is
collected: the heap of its scripts in MB, its elements (with those that a script still holds), its listeners, and the kernel's memory in MB.

- again: a cell that shows a metric of 2,000 steps is run 200 times; and, beside it, one with a slider of ipywidgets and nothing of ours.
- grid: the overview of a run of 500 metrics of 1,000 steps, from its beginning to its end and back, five times.
- live: `watch()` during an hour of ten rows a second, 36,000, which are logged as fast as the page can follow, in a minute and a half.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.in_jupyterlab import open_notebook

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession

    from tests.lab.document import Document

MAKE = """
import tempfile, time, ipywidgets, psutil, numpy as np, jupyter_tracking as tracking
random = np.random.default_rng(0)
def make(names, steps):
    with tracking.init(name="run", root=tempfile.mkdtemp(), track_code=False, track_env=False, track_logs=False, quiet=True) as run:
        for n in range(steps):
            run.log_metrics({name: random.random() for name in names}, step=n)
    return tracking.open_run(run)
"""
# A cell would add an output to the page.
RUN = """async source => { const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
  await kernel.requestExecute({code: source, silent: true}).done }"""
MEMORY = """async () => { const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
  const asked = kernel.requestExecute({code: '', silent: true, user_expressions: {memory: 'psutil.Process().memory_info().rss / 1e6'}});
  return (await asked.done).content.user_expressions.memory.data['text/plain'] }"""
SCROLL = """async () => { const wait = () => new Promise(done => requestAnimationFrame(() => setTimeout(done, 20))), all = [];
  for (let e = document.querySelector('[data-jt-live] [data-jt-view]'); e; e = e.parentElement ?? e.getRootNode().host)
    if (e.scrollHeight > e.clientHeight + 50) all.push(e);
  for (const down of [true, false]) for (const e of all) for (let n = 0; n <= 60; n += 1) {
    e.scrollTop = (e.scrollHeight - e.clientHeight) * (down ? n / 60 : 1 - n / 60); await wait() } }"""
LIVE = """
run = tracking.init(name="live", root=tempfile.mkdtemp(), track_code=False, track_env=False, track_logs=False, quiet=True)
tracking.watch()
"""
LOG = """
for n in range({first}, {last}):
    run.log_metrics(dict(loss=random.random(), accuracy=random.random()), step=n)
    if n % 40 == 39:
        time.sleep(0.1)
"""
ROWS, PARTS = 36_000, 6


def again(document: Document, session: CDPSession) -> None:
    """Run a cell again and again."""
    for name, show in {"ipywidgets": "ipywidgets.IntSlider()", "show()": "view.show('loss')"}.items():
        document.restart()
        document.run(MAKE, "view = make(['loss'], 2000)")
        document.run(show)
        for n in range(1, 201):
            document.run()
            if n in {20, 80, 140, 200}:
                document.quiet(1)
                _say(document, session, f"{name}, {n} times")


def grid(document: Document, session: CDPSession) -> None:
    """Go through an overview of many charts."""
    document.restart()
    document.run(MAKE, "view = make([f'part{n // 20}/metric{n:03}' for n in range(500)], 1000)", "view.browse()", timeout=300)
    document.until("() => document.querySelectorAll('[data-jt-live] [data-jt-view]').length > 3", timeout=60)
    for n in range(1, 6):
        document.page.evaluate(SCROLL)
        document.quiet(1)
        _say(document, session, f"500 charts, {n} times")


def live(document: Document, session: CDPSession) -> None:
    """Follow a run while it goes on."""
    document.restart()
    document.run(MAKE + LIVE)
    part = ROWS // PARTS
    for n in range(PARTS):
        log = LOG.format(first=n * part, last=(n + 1) * part)
        document.page.evaluate(RUN, log)
        document.quiet(1)
        _say(document, session, f"{(n + 1) * part:,} rows")


def _say(document: Document, session: CDPSession, name: str) -> None:
    session.send("HeapProfiler.collectGarbage")
    found = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    kernel = document.page.evaluate(MEMORY)
    heap, counts = found["JSHeapUsedSize"] / 1e6, f"{found['Nodes']:>9,.0f} {found['JSEventListeners']:>9,.0f}"
    print(f"{name:>24} {heap:>8.1f} {counts} {float(kernel):>9.1f}", flush=True)


def main() -> None:
    """Measure and print."""
    work = {"again": again, "grid": grid, "live": live}
    print(f"{'after':>24} {'heap':>8} {'elements':>9} {'listeners':>9} {'kernel':>9}   MB")
    for name in sys.argv[1:] or work:
        with open_notebook("memory.ipynb") as document:
            session = document.page.context.new_cdp_session(document.page)
            session.send("Performance.enable")
            work[name](document, session)


if __name__ == "__main__":
    main()
