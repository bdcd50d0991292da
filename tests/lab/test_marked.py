"""A step is marked as drawn when it is what is on screen, however fast someone goes through the steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from playwright.sync_api import expect

import jupyter_tracking as tracking

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

COUNT = 20
# What is on screen in the moment in which a step is marked.
WATCH = """() => { const pane = document.querySelector('[data-jt-view]'), seen = window.jtSeen = [];
  const look = () => { const shown = [...pane.querySelectorAll('img')].filter(each => each.checkVisibility());
    return [shown.every(each => each.complete), ...shown.map(each => each.naturalWidth)] };
  new MutationObserver(() => seen.push([Number(pane.dataset.jtStep), ...look()])).observe(pane, {attributeFilter: ['data-jt-step']}) }"""


def test_a_picture_is_the_one_that_is_seen_when_its_step_is_marked(tmp_path: Path, blank_page: Page) -> None:
    """Each step has a picture of another width. To the first step one by one, without waiting, and back by half."""
    with tracking.init(root=tmp_path, track_code=False, track_env=False, track_logs=False) as run:
        for step in range(COUNT):
            run.log_image(np.full((8, 10 + step), step, dtype=np.uint8), "image", dataformats="HW", step=step)
    blank_page.goto(tracking.open_run(run).show("image").save(tmp_path / "image.html").as_uri())
    pane = blank_page.locator("[data-jt-view]")
    expect(pane).to_have_attribute("data-jt-step", str(COUNT - 1))
    blank_page.evaluate(WATCH)
    blank_page.get_by_label("step", exact=True).and_(blank_page.get_by_role("slider")).focus()
    for _ in range(COUNT - 1):
        blank_page.keyboard.press("ArrowLeft")
    expect(pane).to_have_attribute("data-jt-step", "0")
    for key in ("PageUp", "PageUp", "ArrowLeft", "ArrowRight"):
        blank_page.keyboard.press(key)
    expect(pane).to_have_attribute("data-jt-step", "10")
    seen = blank_page.evaluate("() => window.jtSeen")
    assert seen[-1][0] == 10
    assert all(rest == [True, 10 + step] for step, *rest in seen)
    # The row of small pictures follows.
    expect(blank_page.locator(".jt-film [aria-current]")).to_have_attribute("data-jt-place", "10")
