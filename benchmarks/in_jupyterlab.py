"""How soon a long metric is seen in JupyterLab, and how soon what is zoomed to: `python -m benchmarks.in_jupyterlab [ROWS …]`.

It needs what the browser tests need: a JupyterLab, Playwright and Chromium. For each number of rows (by default 100,000, 1,000,000 and
10,000,000) it prints, in milliseconds:

- show: the cell that shows the metric, from its start to its end;
- picture: from the end of that cell until its last step is drawn; less than nothing where it was drawn before;
- zoom: from the release of the mouse over 1 % of the axis until its points are drawn, the median and the worst of twenty;
- kernel: the floor of that, a question to the kernel that any kernel answers.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.lab.app import App
from tests.lab.conftest import FLAGS, VIEWPORT
from tests.lab.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = (100_000, 1_000_000, 10_000_000)
ZOOMS = 20
# The first row is logged; the others are the bytes that logging would have written, so that ten million do not take minutes.
MAKE = """
import pathlib, tempfile, numpy as np, jupyter_tracking as tracking
with tracking.init(name="long", root=tempfile.mkdtemp(), track_code=False, track_env=False, track_logs=False) as run:
    run.log_metric("loss", 0.0, step=0, timestamp="2026-01-01 00:00:00+00:00")
(file,) = pathlib.Path(tracking.open_run(run).path).rglob("loss.plx")
values = np.cumsum(np.random.default_rng(0).normal(size={rows}))
times = np.datetime_as_string(np.datetime64("2026-01-01T00:00:00", "us") + np.arange({rows}) * np.timedelta64(100_000, "us"), unit="us")
with file.open("a") as out:
    for first in range(1, {rows}, 100_000):
        part = slice(first, min(first + 100_000, {rows}))
        rows = zip(range(part.start, part.stop), times[part], values[part].tolist())
        out.writelines(f"{{n}}|{{t.replace('T', ' ')}}+00:00|{{v!r}}\\n" for n, t, v in rows)
view = tracking.open_run(run)
"""
WATCH = """() => { const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel, seen = window.jtSeen = {};
  kernel.anyMessage.connect((_, {msg, direction}) => { const now = performance.now(), type = msg.header.msg_type;
    if (direction === 'send' && type === 'execute_request') seen.began = now;
    if (direction === 'recv' && type === 'execute_reply') seen.ended = now;
    if (direction === 'recv' && msg.content.data?.content?.head?.parts) requestAnimationFrame(() => { seen.zoomed = performance.now() }) });
  addEventListener('pointerup', () => { seen.released = performance.now(); seen.zoomed = undefined }, true);
  new MutationObserver(() => { if (!seen.drawn && document.querySelector('[data-jt-live] [data-jt-step]')) seen.drawn = performance.now() })
    .observe(document.body, {attributes: true, childList: true, subtree: true, attributeFilter: ['data-jt-step']}) }"""
ASK = """async n => { const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel, taken = [];
  for (let i = 0; i < n; i += 1) {
    const begin = performance.now(); await kernel.requestKernelInfo(); taken.push(performance.now() - begin) }
  return taken }"""


def measure(document: Document, rows: int) -> str:
    """Return the figures of a number of rows, as a line."""
    page = document.page
    document.restart()
    document.run(MAKE.format(rows=rows), timeout=600)
    page.evaluate(WATCH)
    document.run("view.show('loss')", timeout=600)
    page.wait_for_function("() => window.jtSeen.drawn && window.jtSeen.ended", timeout=120_000)
    seen = page.evaluate("() => window.jtSeen")
    plot = page.locator("[data-jt-view=metric] .jt-plot").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    zooms = []
    for n in range(ZOOMS):
        left = box["x"] + box["width"] * (0.05 + 0.9 * n / ZOOMS)
        page.mouse.move(left, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(left + box["width"] / 100, box["y"] + box["height"] / 2, steps=2)
        page.mouse.up()
        page.wait_for_function("() => window.jtSeen.zoomed", timeout=60_000)
        zooms.append(page.evaluate("() => window.jtSeen.zoomed - window.jtSeen.released"))
        plot.dblclick()
    floor = statistics.median(page.evaluate(ASK, ZOOMS))
    show, picture = seen["ended"] - seen["began"], seen["drawn"] - seen["ended"]
    return f"{rows:>12,} {show:>9,.0f} {picture:>9,.0f} {statistics.median(zooms):>9,.0f} {max(zooms):>9,.0f} {floor:>9,.1f}"


@contextmanager
def open_notebook(name: str, *flags: str) -> Iterator[Document]:
    """Start a JupyterLab and a Chromium with these flags, and open a notebook of one empty cell."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with tempfile.TemporaryDirectory() as folder, App(Path(folder), "lab") as app, sync_playwright() as playwright:
        app.write(name, ["pass"])
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=[*FLAGS, *flags])
        page = browser.new_context(viewport=VIEWPORT).new_page()
        yield Document(app, page, name, Path(folder)).open()
        browser.close()


def main() -> None:
    """Measure and print."""
    sizes = [int(word.replace(",", "").replace("_", "")) for word in sys.argv[1:]] or ROWS
    print(f"{'rows':>12} {'show':>9} {'picture':>9} {'zoom':>9} {'worst':>9} {'kernel':>9}   ms")
    with open_notebook("long.ipynb") as document:
        for rows in sizes:
            print(measure(document, rows), flush=True)


if __name__ == "__main__":
    main()
