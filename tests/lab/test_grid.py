"""The controls of each of many drawings: out of sight until someone points at it, and at hand by key and by finger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import jupyter_tracking as tracking

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

SEEN = "(pane) => [...pane.querySelectorAll('.jt-options, .jt-save')].map((each) => getComputedStyle(each).opacity)"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """The overview of a run of four curves, each with a drawing of its own."""
    with tracking.init(root=tmp_path, name="one", track_code=False, track_env=False, quiet=True) as run:
        for name in ("a", "b", "c", "d"):
            for step in range(3):
                run.log_curve(name, np.arange(9), np.arange(9) * step, step=step)
    return tracking.open_run(run).browse().save(tmp_path / "page.html")


def _open(page: Page, saved: Path) -> None:
    page.goto(saved.as_uri())
    page.wait_for_selector('.jt-pane:nth-of-type(4)[data-jt-step="2"]')


def test_words_that_open_are_seen_where_someone_points(blank_page: Page, saved: Path) -> None:
    """Only those of the drawing under the pointer, or of the one that a key has led into; what is open stays in sight."""
    _open(blank_page, saved)
    blank_page.mouse.move(1, 1)
    first, second, *_ = panes = blank_page.locator(".jt-pane").all()
    assert len(panes) == 4
    assert all(set(pane.evaluate(SEEN)) == {"0"} for pane in panes)
    second.hover()
    assert [set(pane.evaluate(SEEN)) for pane in (first, second)] == [{"0"}, {"1"}]
    blank_page.mouse.move(1, 1)
    first.locator("summary").first.focus()
    assert set(first.evaluate(SEEN)) == {"1"}
    blank_page.keyboard.press("Enter")
    first.locator(".jt-save[open], .jt-options[open]").wait_for()
    blank_page.locator(".jt-stage").first.focus()
    assert "1" in first.evaluate(SEEN)


def test_a_finger_need_not_point(browser: Browser, saved: Path) -> None:
    """Where nothing hovers they are all in sight."""
    context = browser.new_context(offline=True, has_touch=True, is_mobile=True, viewport={"width": 430, "height": 900})
    try:
        page = context.new_page()
        _open(page, saved)
        assert all(set(pane.evaluate(SEEN)) == {"1"} for pane in page.locator(".jt-pane").all())
    finally:
        context.close()


def test_no_word_opens_nothing(tmp_path: Path, blank_page: Page) -> None:
    """What has no controls at a step, as a film that has its player, has no word for them; what gets them with its step has one."""
    with tracking.init(root=tmp_path, name="one", track_code=False, track_env=False, quiet=True) as run:
        run.log_plotly_chart("chart", {"data": [{"y": [1, 2, 3]}], "layout": {}}, step=0)
        run.log_video(np.zeros((2, 1, 16, 16)), "film", 2, step=0, content_type="mp4")
        run.log_video(np.zeros((2, 1, 16, 16)), "gif", 2, step=0)
        run.log_curve("curve", np.arange(9), np.arange(9), step=0)
    shown = tracking.open_run(run).show("chart", "film", "gif", "curve")
    blank_page.goto(shown.save(tmp_path / "page.html").as_uri())
    blank_page.wait_for_selector('.jt-pane:nth-of-type(4)[data-jt-step="0"]')
    panes = {pane.get_attribute("aria-label"): pane for pane in blank_page.locator(".jt-pane").all()}
    has_words = {
        name: pane.locator(".jt-options").evaluate("(each) => getComputedStyle(each).display !== 'none'") for name, pane in panes.items()
    }
    assert list(has_words.values()) == [True, False, True, True], has_words
    for name, pane in panes.items():
        if has_words[name]:
            pane.locator(".jt-options > summary").click()
            box = pane.locator(".jt-options").bounding_box()
            assert box is not None
            assert box["height"] > 30, name
