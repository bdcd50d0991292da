"""Cells that make a run to look at, for the tests of the views in a real page."""

from __future__ import annotations

MAKE = """
import tempfile, numpy as np, pandas as pd, jupyter_tracking as tracking
generator = np.random.default_rng(0)
with tracking.init(name="seen", root=tempfile.mkdtemp(), track_code=False, track_env=False, track_logs=False) as run:
    for step in range(0, 200, 10):
        x = np.linspace(0, 1, 500)
        run.log_curve("gain", x, np.sin(x * (step + 30) / 9), annotation="loop", step=step)
        run.log_metric("loss", 1 / (step + 1), step=step)
        run.log_text("notes", f"step {step}\\nsame", step=step)
        if step % 50 == 0:
            frame = pd.DataFrame({"n": np.arange(500), "p": generator.random(500), "word": ["cat", None] * 250})
            run.log_dataframe(frame, "predictions", step=step)
            run.log_image(generator.integers(0, 255, (8, 8), dtype=np.uint8), "digit", step=step, dataformats="HW")
    run.log_artifact_ref("s3://bucket/file.ext", name="away")
view = tracking.open_run(run)
"""

# Which of a cell's two outputs is to be seen, and what each shows.
SEEN = """() => [...document.querySelectorAll('.jp-CodeCell')].filter(c => c.querySelector('.jt-twin')).map(cell => {
  const height = element => element ? element.offsetHeight : 0;
  const twin = cell.querySelector('.jt-twin');
  const live = [...cell.querySelectorAll('[data-jt-live]')].find(e => !twin.contains(e));
  return {live: height(live) > 0, twin: height(twin) > 0, still: height(twin.querySelector('.jt-still')) > 0,
    error: /model not found|error displaying/i.test(cell.innerText),
    step: (height(twin) ? twin : cell).querySelector('[data-jt-step]')?.dataset.jtStep ?? null} })"""
