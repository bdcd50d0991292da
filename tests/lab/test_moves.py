"""How soon a move is drawn, at the sizes that are promised. Times are printed (`pytest -s`), never asserted; what is sent is counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.lab.document import Document

KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
BUSY = "import time\nend = time.time() + 600\nwhile time.time() < end: time.sleep(0.05)"
LOG = (
    "import tempfile, numpy as np, pandas as pd, jupyter_tracking as tracking\ngenerator = np.random.default_rng(0)\n"
    "with tracking.init(name='moves', root=tempfile.mkdtemp(), track_code=False, track_env=False, track_logs=False) as run:\n"
)
CURVES = LOG + (
    "    x = np.linspace(0, 1, 1000)\n"
    "    for step in range(200): run.log_curve('it', x, x ** (1 + step / 20) + generator.random(1000) / 50, step=step)\n"
    "view = tracking.open_run(run)"
)
FRAMES = LOG + (
    "    for step in range(50):\n"
    "        numbers = {f'n{n}': generator.random(10_000) for n in range(5)}\n"
    "        others = {'whole': np.arange(10_000) + step, 'word': [f'word {n % 97}' for n in range(10_000)], 'yes': generator.random(10_000) > 0.5}\n"
    "        run.log_dataframe(pd.DataFrame(numbers | others), 'it', step=step)\n"
    "view = tracking.open_run(run)"
)
# From the key press until the step is drawn, for each move; between two moves the page may paint.
WALK = """async ([view, moves]) => {
  const handle = document.querySelector('.noUi-handle'), section = document.querySelector(`[data-jt-view=${view}]`), took = [];
  for (let to = moves - 1; to >= 0; to--) {
    const began = performance.now();
    handle.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowLeft', bubbles: true, cancelable: true}));
    for (let turn = 0; turn < 1000 && section.dataset.jtStep !== String(to); turn++) await new Promise(done => setTimeout(done, 0));
    if (section.dataset.jtStep !== String(to)) throw Error(`drawn is ${section.dataset.jtStep}, not ${to}`);
    took.push(performance.now() - began);
    await new Promise(requestAnimationFrame) }
  return took }"""
JUMP = """async view => { const section = document.querySelector(`[data-jt-view=${view}]`), began = performance.now();
  document.querySelector('.noUi-handle').dispatchEvent(new KeyboardEvent('keydown', {key: 'Home', bubbles: true, cancelable: true}));
  while (section.dataset.jtStep !== '0') await new Promise(done => setTimeout(done, 0));
  return performance.now() - began }"""


@pytest.mark.parametrize(("make", "kind", "steps"), [(CURVES, "curve", 200), (FRAMES, "dataframe", 50)], ids=["curve", "dataframe"])
def test_each_move_is_drawn_with_the_kernel_busy_and_sends_one_small_message(lab: Document, make: str, kind: str, steps: int) -> None:
    """Over all fetched steps, with another cell running all the while; the first sight of a step that was not fetched is timed before."""
    lab.run(make, "view.show('it')")
    lab.until("([kind, step]) => document.querySelector(`[data-jt-view=${kind}]`)?.dataset.jtStep === step", [kind, str(steps - 1)])
    first = lab.page.evaluate(JUMP, kind)
    lab.quiet(1)
    lab.page.evaluate(
        "() => document.querySelector('.noUi-handle').dispatchEvent(new KeyboardEvent('keydown', {key: 'End', bubbles: true}))"
    )
    lab.until("([kind, step]) => document.querySelector(`[data-jt-view=${kind}]`)?.dataset.jtStep === step", [kind, str(steps - 1)])
    lab.quiet(1)
    lab.page.evaluate(f"() => {{ void {KERNEL}.requestExecute({{code: {json.dumps(BUSY)}}}) }}")
    lab.until(f"() => {KERNEL}.status === 'busy'")
    sent = len(lab.record.sent)
    took = sorted(lab.page.evaluate(WALK, [kind, steps - 1]))
    messages = lab.record.sent[sent:]
    lab.page.evaluate(f"() => {KERNEL}.interrupt().then(() => null)")
    lab.until(f"() => {KERNEL}.status === 'idle'")
    print(  # noqa: T201
        f"\n{kind}: first sight of an unfetched step {first:.1f} ms; {len(took)} moves with the kernel busy: "
        f"median {took[len(took) // 2]:.1f} ms, 99th percentile {took[int(len(took) * 0.99)]:.1f} ms, longest {took[-1]:.1f} ms; "
        f"{len(messages)} messages, the largest {max(messages, default=0)} bytes"
    )
    assert len(took) == steps - 1
    assert len(messages) <= len(took)
    assert max(messages, default=0) < 1000
