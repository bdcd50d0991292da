"""Zooming into a long line: the page asks its kernel for the points that it has not, and shows what it has until they come."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from tests.lab.document import Document

ROWS = 60_000
MAKE = f"""
import tempfile, numpy as np, jupyter_tracking as tracking
with tracking.init(name="long", root=tempfile.mkdtemp(), track_code=False, track_env=False, track_logs=False) as run:
    for step in range({ROWS}):
        run.log_metric("loss", np.sin(step / 7) + step / {ROWS}, step=step)
tracking.open_run(run).show("loss")"""
# Keeps the questions of the page about ranges, and the answers to them.
KEEP = """() => { const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel; window.jtAsked = []; window.jtTold = [];
  kernel.anyMessage.connect((_, {msg, direction}) => {
    const content = msg.header.msg_type === 'comm_msg' && msg.content.data?.method === 'custom' ? msg.content.data.content : null;
    if (direction === 'send' && content?.query?.x) window.jtAsked.push(content.query);
    if (direction === 'recv' && content?.head?.parts) window.jtTold.push(content.head.parts[0][3]) }) }"""
PICTURE = "() => document.querySelector('[data-jt-view=metric] canvas').toDataURL()"


def drag(page: Page, plot: Locator, begin: float, end: float) -> None:
    """Zoom to a part of what is seen, in shares of its width."""
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * begin, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, middle, steps=4)
    page.mouse.up()


def kept(page: Page, name: str) -> list[dict[str, Any]]:
    """The questions or the answers so far."""
    found: list[dict[str, Any]] = page.evaluate(f"() => window.{name}")
    return found


def test_zooming_brings_the_points_that_were_not_in_the_page(lab: Document) -> None:
    """One question for one zoom; back at all no question, and the same picture; a deeper zoom of which all points are here asks nothing."""
    lab.run(MAKE)
    section, page = lab.page.locator("[data-jt-view=metric]").first, lab.page
    expect(section).to_have_attribute("data-jt-step", str(ROWS - 1))
    page.evaluate(KEEP)
    plot = section.locator(".jt-plot")
    whole = page.evaluate(PICTURE)
    drag(page, plot, 0.4, 0.45)
    lab.until("() => window.jtTold.length === 1")
    (asked,), (told,) = kept(page, "jtAsked"), kept(page, "jtTold")
    low, high = asked["x"]
    assert 0.35 * ROWS < low < high < 0.5 * ROWS
    assert told["points"] == int(high) - int(low)
    assert told["all"] == (told["points"] <= 4 * asked["points"])
    lab.until("picture => document.querySelector('[data-jt-view=metric] canvas').toDataURL() !== picture", whole)
    plot.dblclick()
    lab.until("picture => document.querySelector('[data-jt-view=metric] canvas').toDataURL() === picture", whole)
    drag(page, plot, 0.4, 0.41)
    lab.until("() => window.jtTold.length === 2")
    assert kept(page, "jtTold")[1]["all"]
    drag(page, plot, 0.2, 0.6)
    lab.quiet()
    assert len(kept(page, "jtAsked")) == 2
    expect(section.get_by_text("thinned to")).to_have_count(0)
    lab.shot("zoomed")


def test_without_its_kernel_a_long_line_stays_and_says_that_it_is_thinned(lab: Document) -> None:
    """What is drawn is what came at first."""
    lab.run(MAKE)
    section = lab.page.locator("[data-jt-view=metric]").first
    expect(section).to_have_attribute("data-jt-step", str(ROWS - 1))
    lab.restart()
    drag(lab.page, section.locator(".jt-plot"), 0.4, 0.45)
    note = section.get_by_text(re.compile(r"^thinned to [\d,]+ of 60,000 points: the kernel that made this view is gone$"))
    expect(note).to_be_visible()
    section.locator(".jt-plot").dblclick()
    expect(note).to_have_count(0)


def test_a_saved_page_says_of_how_many_points_it_has_how_many(lab: Document, blank_page: Page, tmp_path: Path) -> None:
    """It has no kernel to ask."""
    path = tmp_path / "long.html"
    lab.run(f"{MAKE}.save({str(path)!r})")
    blank_page.goto(path.as_uri())
    section = blank_page.locator("[data-jt-view=metric]")
    note = section.get_by_text(re.compile(r"^thinned to [\d,]+ of 60,000 points$"))
    expect(note).to_be_visible()
    drag(blank_page, section.locator(".jt-plot"), 0.4, 0.45)
    expect(note).to_be_visible()
