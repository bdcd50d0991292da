"""`tracking.watch()` in JupyterLab: asked for before there is a run, it shows one and goes along with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.document import Document

SEEN = "() => [...document.querySelectorAll('[data-jt-step]')].filter(each => each.checkVisibility()).map(each => each.dataset.jtStep)"


ASK = "import jupyter_tracking as tracking\ntracking.watch('loss')"
TRAIN = "run = tracking.init(name='going', track_code=False, track_env=False)\nfor step in range(3): run.log_metric('loss', step, step)"
END = "run.log_metrics(loss=4, acc=1, step=4); run.end()"


def test_watch_waits_shows_and_goes_along(lab: Document) -> None:
    """First the line that waits, then one chart at the newest step in the same place, and never its static page beside it."""
    lab.restart()  # so that the kernel has had no run
    lab.run(ASK)
    lab.until("() => document.body.innerText.includes('waiting for a run to start, and its loss…')")
    lab.run(ASK, TRAIN)
    lab.until(f"() => String(({SEEN})()) === '2'")
    lab.run(ASK, TRAIN, END)
    lab.until(f"() => String(({SEEN})()) === '4'")
    lab.quiet(1)
    assert lab.page.evaluate(SEEN) == ["4"]
    assert "waiting for" not in lab.output(0).inner_text()
    lab.shot("watch")
