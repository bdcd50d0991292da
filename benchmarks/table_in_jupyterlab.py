"""How soon a table of many runs follows in JupyterLab: `python -m benchmarks.table_in_jupyterlab [RUNS …]`, by default 10,000.

It needs what the browser tests need: a JupyterLab, Playwright and Chromium. Each run has ten inputs and ten results, nine of each numbers.
For each piece of work it prints the median and the worst, in milliseconds: what the page's main thread worked for, in processor time, and
what passed from the event until the frame was painted. Each key press in the field that filters is one, and each click on a heading.
`scroll` is a turn of the wheel. Of what moves on its own each frame is told, its work and how long it took: of the page at rest, while the
table glides by 12,000 pixels in four seconds, and while the mouse goes along an axis of `parallel()`. What is drawn 60 times a second
has a frame each 16.7 ms.
"""

from __future__ import annotations

import statistics
import sys
from typing import TYPE_CHECKING

from benchmarks.in_jupyterlab import open_notebook

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import CDPSession, Page

    from tests.lab.document import Document

MAKE = """
import pathlib, tempfile, numpy as np, orjson, jupyter_tracking as tracking
root = pathlib.Path(tempfile.mkdtemp())
with tracking.init(name="run-0", root=root, track_code=False, track_env=False, track_logs=False, quiet=True) as run:
    run.log_inputs(x=1)
(first,) = (root / "runs").iterdir()
document, random = orjson.loads((first / "run.plx.json").read_bytes()), np.random.default_rng(0)
lineages = (first / "lineages.plx.json").read_bytes()
words = ["adam", "sgd", "resnet50", "vgg16"]
for n in range(1, {runs}):
    folder = root / "runs" / f"{{random.bytes(16).hex()}}"
    folder.mkdir()
    inputs = {{f"input{{k}}": float(value) for k, value in enumerate(10 ** -random.uniform(0, 5, 9))}} | {{"model": words[n % 4]}}
    outputs = {{f"result{{k}}": float(value) for k, value in enumerate(random.random(9))}} | {{"best": words[n % 3]}}
    (folder / "lineages.plx.json").write_bytes(lineages)
    said = {{**document, "uuid": folder.name, "name": f"run-{{n}}", "inputs": inputs, "outputs": outputs}}
    (folder / "run.plx.json").write_bytes(orjson.dumps(said))
"""
TYPED = {"word": "resnet", "name with digits": "run-73", "number": "0.731", "name=number": "result3=0.7", "comparison": "result3 > 0.5"}
# When the frame after an event was painted, in ms since the event.
WATCH = """() => { window.jtTaken = [];
  for (const kind of ['input', 'click', 'pointermove', 'wheel']) addEventListener(kind, event => { const at = event.timeStamp;
    requestAnimationFrame(() => { const {port1, port2} = new MessageChannel();
      port1.onmessage = () => window.jtTaken.push(performance.now() - at); port2.postMessage(null) }) }, true) }"""

# How long each frame took from now on, in ms.
FRAMES = """() => { const frames = window.jtFrames = []; let last = performance.now();
  const look = () => { if (window.jtFrames !== frames) return; const now = performance.now(); frames.push(now - last); last = now;
    requestAnimationFrame(look) };
  requestAnimationFrame(look) }"""


def measure(document: Document, runs: int) -> None:
    """Print the figures of a number of runs."""
    page = document.page
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    document.restart()
    document.run(MAKE.format(runs=runs), "tracking.browse(root=root)", timeout=1200)
    field = page.locator("[data-jt-live] input[type=search]").first
    field.wait_for(timeout=120_000)
    page.evaluate(WATCH)
    for name, text in TYPED.items():
        document.hold_focus(field)
        taken = [_take(page, session, lambda letter=letter: page.keyboard.type(letter)) for letter in text]
        _say(f"filter, {name}", taken)
        field.fill("")
    headings = page.locator("[data-jt-live] [aria-sort] button, [data-jt-live] [role=columnheader] button")
    taken = [_take(page, session, lambda n=n: headings.nth(n).click()) for n in range(min(8, headings.count())) for _ in range(2)]
    _say("sort", taken)
    table = page.locator("[data-jt-live] .jt-scroll").first
    table.hover()
    _say("scroll", [_take(page, session, lambda: page.mouse.wheel(0, 900)) for _ in range(40)])
    table.evaluate("table => { table.scrollTop = 0 }")
    _say("frames at rest", _frames(page, session, lambda: page.wait_for_timeout(2_000)))
    box = table.bounding_box()
    assert box is not None
    gesture = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2, "yDistance": -12_000, "speed": 3_000}
    _say("frames of scrolling", _frames(page, session, lambda: session.send("Input.synthesizeScrollGesture", gesture)))
    assert table.evaluate("table => table.scrollTop") > 11_000
    document.run("tracking.parallel(tracking.runs(root), color='outputs.result3')", timeout=600)
    brush = page.locator(".jt-parallel-view .jt-brush").last
    brush.wait_for(timeout=120_000)
    box = brush.bounding_box()
    assert box is not None
    left, top = box["x"] + box["width"] / 2, box["y"]
    page.mouse.move(left, top + box["height"] * 0.2)
    page.mouse.down()
    moves = [top + box["height"] * (0.2 + n / 120) for n in range(1, 81)]
    _say("frames of a brush", _frames(page, session, lambda: [page.mouse.move(left, move) for move in moves]))
    page.mouse.up()


def _frames(page: Page, session: CDPSession, act: Callable[[], object]) -> list[tuple[float, float]]:
    """Return how long the page worked for a frame, the same for all, and how long each took while something was done, in ms."""
    before = _worked(session)
    page.evaluate(FRAMES)
    act()
    frames = page.evaluate("() => { const frames = window.jtFrames; window.jtFrames = null; return frames }")
    worked = (_worked(session) - before) / max(len(frames), 1)
    return [(worked, frame) for frame in frames]


def _take(page: Page, session: CDPSession, act: Callable[[], object]) -> tuple[float, float]:
    """Return how long the page worked for an action, and how long it took until it was painted, in ms."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    before = _worked(session)
    page.evaluate("() => { window.jtTaken = [] }")
    act()
    page.wait_for_function("() => window.jtTaken.length > 0", timeout=60_000)
    painted = page.evaluate("() => Math.max(...window.jtTaken)")
    return _worked(session) - before, painted


def _worked(session: CDPSession) -> float:
    """Return for how long the page's main thread has worked, in ms of processor time."""
    found = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return 1e3 * found["TaskDuration"]


def _say(name: str, taken: list[tuple[float, float]]) -> None:
    columns = (figure for each in zip(*taken, strict=True) for figure in (statistics.median(each), max(each)))
    print(f"{name:>24} " + " ".join(f"{figure:>9.1f}" for figure in columns) + f"   {len(taken):>5}", flush=True)


def main() -> None:
    """Measure and print."""
    sizes = [int(word.replace(",", "").replace("_", "")) for word in sys.argv[1:]] or [10_000]
    with open_notebook("table.ipynb") as document:
        for runs in sizes:
            print(f"{f'{runs:,} runs':>24} {'work p50':>9} {'worst':>9} {'painted':>9} {'worst':>9}   ms, of so many")
            measure(document, runs)


if __name__ == "__main__":
    main()
