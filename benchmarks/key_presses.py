"""How soon a step is drawn after a key is pressed, in JupyterLab with a kernel that is busy: `python -m benchmarks.key_presses [KIND …]`.

It needs what the browser tests need: a JupyterLab, Playwright and Chromium. For each kind (by default all) it shows an artifact of 2,000
steps, waits until the page has fetched what it fetches ahead, lets the kernel compute, presses an arrow 200 times, and prints, in
milliseconds:

- work: from the key's event until its step is marked as drawn, before the next frame. A browser puts off what a timer would tell until
  after that frame, so a watcher of the mark tells it, at the end of the task that drew;
- drawn: until the page has laid out and painted the frame with it, at as many frames a second as the browser makes. A screen of 60 frames a
  second adds what is left of its frame, 8 ms on average.

`grid` is the overview of a run of 20 metrics: 20 charts.
"""

from __future__ import annotations

import statistics
import sys
from typing import TYPE_CHECKING

from benchmarks.in_jupyterlab import open_notebook

if TYPE_CHECKING:
    from tests.lab.document import Document

STEPS = 2_000
PRESSES = 200
MAKE = f"""
import tempfile, numpy as np, pandas as pd, jupyter_tracking as tracking
random, x, names = np.random.default_rng(0), np.linspace(0, 1, 1000), list("abcdefgh")
frame = pd.DataFrame(random.random((50, 8)), columns=names)
one = {{"name": "answer", "kind": "chain", "started_at": "2026-01-01T00:00:00", "finished_at": "2026-01-01T00:00:03"}}
LOGS = {{
    "metric": lambda run, n: run.log_metric("metric", random.random(), step=n),
    "curve": lambda run, n: run.log_curve("curve", x, np.sin(x * n / 99), step=n),
    "roc": lambda run, n: run.log_roc_auc_curve("roc", x, x ** (1 / (1 + n / 99)), auc=0.8, step=n),
    "histogram": lambda run, n: run.log_histogram("histogram", random.normal(n / 99, 1, 500), 40, step=n),
    "confusion": lambda run, n: run.log_confusion_matrix("confusion", names, names, random.poisson(9, (8, 8)), step=n),
    "dataframe": lambda run, n: run.log_dataframe(frame + n, "dataframe", step=n),
    "image": lambda run, n: run.log_image(random.integers(0, 255, (32, 32), dtype=np.uint8), "image", dataformats="HW", step=n),
    "text": lambda run, n: run.log_text("text", f"step {{n}}\\n" * 50, step=n),
    "markdown": lambda run, n: run.log_markdown("markdown", f"# Step {{n}}\\n\\n" + "- a *word*\\n" * 40, step=n),
    "html": lambda run, n: run.log_html("html", f"<h1>Step {{n}}</h1>" + "<p>a <b>word</b></p>" * 40, step=n),
    "chart": lambda run, n: run.log_plotly_chart("chart", {{"data": [{{"y": (random.random(50) + n).tolist()}}], "layout": {{}}}}, step=n),
    "trace": lambda run, n: run.log_trace(one | {{"name": "trace", "inputs": {{"n": n}}, "children": [one]}}, step=n),
    "audio": lambda run, n: run.log_audio(np.sin(np.linspace(0, 400 + n, 800)), "audio", 8000, step=n),
    "grid": lambda run, n: run.log_metrics({{f"m{{k:02}}": random.random() for k in range(20)}}, step=n),
}}
def make(kind):
    with tracking.init(name=kind, root=tempfile.mkdtemp(), track_code=False, track_env=False, track_logs=False, quiet=True) as run:
        for n in range({STEPS}):
            LOGS[kind](run, n)
    return tracking.open_run(run)
"""
KINDS = (
    "metric",
    "curve",
    "roc",
    "histogram",
    "confusion",
    "dataframe",
    "image",
    "text",
    "markdown",
    "html",
    "chart",
    "trace",
    "audio",
    "grid",
)
BUSY = "import time\nends = time.monotonic() + {seconds}\nwhile time.monotonic() < ends:\n    sum(range(1000))"
# What is on screen: the bar's step, which every panel has drawn.
WATCH = """() => { const begun = window.jtTaken, taken = window.jtTaken ??= {work: [], drawn: []};
  taken.work.length = taken.drawn.length = 0;
  if (begun) return;
  const isDrawn = () => { const wanted = document.querySelector('[data-jt-live] .jt-at').value;
    return [...document.querySelectorAll('[data-jt-live] [data-jt-view]')].every(view => view.dataset.jtStep === wanted) };
  let watcher = null;
  addEventListener('keydown', event => { watcher?.disconnect(); const pressed = event.timeStamp; let marked = null;
    const look = () => { if (marked === null && isDrawn()) marked = performance.now() };
    const painted = () => { look();
      if (marked === null) return requestAnimationFrame(painted);
      const {port1, port2} = new MessageChannel();
      port1.onmessage = () => { taken.work.push(marked - pressed); taken.drawn.push(performance.now() - pressed) };
      port2.postMessage(null) };
    watcher = new MutationObserver(look); watcher.observe(document.body, {subtree: true, attributeFilter: ['data-jt-step']});
    requestAnimationFrame(painted) }, true) }"""
# Whether nothing has gone to the kernel or come from it for a while.
FETCHED = """() => { const now = performance.now();
  if (!window.jtFetched) { const seen = window.jtFetched = {last: now};
    window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.anyMessage.connect(() => { seen.last = performance.now() }) }
  return now - window.jtFetched.last > 600 }"""
BEGIN = """source => { const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
  kernel.requestExecute({code: source, silent: true}); return null }"""


def measure(document: Document, kind: str) -> str:
    """Return the figures of a kind, as a line."""
    page = document.page
    document.restart()
    show = "view.browse()" if kind == "grid" else f"view.show({kind!r})"
    document.run(MAKE, f"view = make({kind!r})", show, timeout=600)
    document.until(f"() => document.querySelector('[data-jt-live] [data-jt-step=\"{STEPS - 1}\"]')", timeout=60)
    document.hold_focus(page.locator("[data-jt-live] .noUi-handle").first)
    page.evaluate("() => { window.jtFetched = undefined }")
    document.until(FETCHED, timeout=60)
    page.evaluate(WATCH)
    page.evaluate(BEGIN, BUSY.format(seconds=60))
    for n in range(PRESSES):
        page.keyboard.press("ArrowLeft")
        document.until("n => window.jtTaken.drawn.length > n", n, timeout=30)
    taken = page.evaluate("() => window.jtTaken")
    columns = (figure for name in ("work", "drawn") for figure in (statistics.median(taken[name]), _p99(taken[name])))
    return f"{kind:>12} " + " ".join(f"{figure:>9.1f}" for figure in columns)


def _p99(values: list[float]) -> float:
    return sorted(values)[round(0.99 * (len(values) - 1))]


def main() -> None:
    """Measure and print."""
    print(f"{'kind':>12} {'work p50':>9} {'p99':>9} {'drawn p50':>9} {'p99':>9}   ms")
    with open_notebook("keys.ipynb", "--disable-frame-rate-limit", "--disable-gpu-vsync") as document:
        for kind in sys.argv[1:] or KINDS:
            print(measure(document, kind), flush=True)


if __name__ == "__main__":
    main()
