"""Logged HTML over steps: each step's page in its frame, however one goes there, and nothing of it in the tab's history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

import jupyter_tracking as tracking

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import FrameLocator, Page

STEPS = 12
LONG = 5
# Two keys in one task: no frame can have loaded between them.
TWO_KEYS = """slider => { for (const _ of [1, 2]) slider.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowLeft", bubbles: true}));
  const covered = document.querySelector(".jt-passed"); return [covered.innerText, getComputedStyle(covered).display] }"""
# Whether a frame that is seen, and is not covered, ever has another step's name than the view.
WATCH = """() => { window.jtSeen = []; const frames = document.querySelector(".jt-frames");
  const look = () => { if (frames.getAttribute("aria-busy") === "false")
    window.jtSeen.push([frames.querySelector(".jt-enclosed").title, frames.closest("[data-jt-view]").dataset.jtStep]) };
  new MutationObserver(look).observe(frames.closest("[data-jt-view]"), {subtree: true, attributes: true}) }"""

# The frame in which the height of a page is measured, as soon as there is one.
MEASURED = """() => { window.jtMeasured = new Promise(done => new MutationObserver((_, watch) => {
  const { sandbox, srcdoc } = document.querySelector("body > .jt-measured") ?? {};
  if (srcdoc) { watch.disconnect(); done([sandbox.value, srcdoc]) } }).observe(document.body, {childList: true})) }"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with a slider over twelve pages, one of which is longer than an address may be."""
    root = tmp_path_factory.mktemp("runs")
    with tracking.init(root=root, track_code=False, track_env=False, track_logs=False) as run:
        for step in range(STEPS):
            # No work to lay out, and of the million characters that are shown each is six of an address.
            unseen = f"<b hidden>{'é' * 2_400_000}</b>" if step == LONG else ""
            run.log_html("page", f"<h1>Step {step}</h1><p>a</p><p>b</p><i>x</i>{unseen}", step=step)
    return tracking.open_run(run).show("page").save(root / "page.html")


def inside(page: Page) -> FrameLocator:
    """What the frame shows."""
    return page.frame_locator(".jt-enclosed").frame_locator("iframe")


def opened(page: Page, file: Path) -> Page:
    """The saved page, at its last step."""
    page.goto(file.as_uri())
    expect(inside(page).get_by_role("heading")).to_have_text(f"Step {STEPS - 1}")
    return page


def go(page: Page, step: int) -> None:
    """Type a step, and see its page."""
    page.locator(".jt-at").fill(str(step))
    page.locator(".jt-at").press("Enter")
    expect(inside(page).get_by_role("heading")).to_have_text(f"Step {step}")
    expect(page.locator(".jt-frames")).to_have_attribute("aria-busy", "false")
    assert page.locator(".jt-enclosed").get_attribute("title") == f"page, step {step}"


def test_each_step_shows_its_page_and_back_leaves_the_notebook(saved: Path, blank_page: Page) -> None:
    """Step by step and by jumps, with a page too long for an address between: no entry is added to the tab's history."""
    page = opened(blank_page, saved)
    before = page.evaluate("history.length")
    for step in (*range(STEPS - 2, -1, -1), 7, 2, LONG, 9, LONG, 4):
        go(page, step)
        whole = page.locator(".jt-enclosed").get_attribute("srcdoc") is not None
        assert whole == (step == LONG), "a page too long for an address is the frame's own"
    assert page.evaluate("history.length") == before
    assert page.locator(".jt-frames iframe").count() <= 4


def test_pages_that_are_passed_are_read_and_the_last_is_drawn(saved: Path, blank_page: Page) -> None:
    """While keys come faster than a page loads its words are there; a frame that is seen is never another step's."""
    page = opened(blank_page, saved)
    page.evaluate(WATCH)
    slider = page.get_by_role("slider", name="step")
    text, display = slider.evaluate(TWO_KEYS)
    assert (text.split(), display) == ([*f"Step {STEPS - 3} a b".split(), "x"], "block")
    expect(inside(page).get_by_role("heading")).to_have_text(f"Step {STEPS - 3}")
    expect(page.locator(".jt-passed")).to_be_hidden()
    for _ in range(20):
        slider.press("ArrowLeft")
        slider.press("ArrowRight")
    for _ in range(4):
        slider.press("ArrowLeft")
    expect(inside(page).get_by_role("heading")).to_have_text(f"Step {STEPS - 7}")
    expect(page.locator(".jt-passed")).to_be_hidden()
    seen = page.evaluate("jtSeen.filter(([title, step]) => step === document.querySelector('.jt-at').value)")
    assert seen
    assert {title for title, step in seen if title != f"page, step {step}"} == set()


def test_every_frame_has_the_same_walls(saved: Path, blank_page: Page) -> None:
    """That of the step on screen, those kept hidden, and the one within each: nothing may run, and the policy comes before what was logged."""
    page = opened(blank_page, saved)
    for step in (8, 7, LONG):
        go(page, step)
    # The next page is loaded ahead; until it is, what is within its frame comes and goes.
    ahead = page.frame_locator(f"iframe[title='page, step {LONG - 1}']").frame_locator("iframe")
    expect(ahead.locator("h1")).to_have_text(f"Step {LONG - 1}")
    # The one whose height is measured comes and goes too.
    elements = page.locator(".jt-frames > iframe").element_handles()
    assert len(elements) > 2
    for element in elements:
        assert element.get_attribute("sandbox") == ""
        frame = element.content_frame()
        assert frame is not None
        policy = frame.locator("head > meta").nth(1)
        assert policy.get_attribute("http-equiv") == "Content-Security-Policy"
        assert str(policy.get_attribute("content")).startswith("default-src 'none'; ")
        (inner,) = frame.child_frames
        assert inner.frame_element().get_attribute("sandbox") == ""


def test_the_frame_that_is_measured_has_walls_too(saved: Path, blank_page: Page) -> None:
    """It has this page's origin, so that its height can be read: so nothing runs in it either, and the policy comes first."""
    page = opened(blank_page, saved)
    page.evaluate(MEASURED)
    go(page, 3)
    sandbox, markup = page.evaluate("jtMeasured")
    assert sandbox == "allow-same-origin"
    head = '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    assert markup.startswith(head)
    assert markup.count("<iframe") == markup.count('<iframe sandbox="allow-same-origin"') == 1


def test_a_frame_that_is_put_elsewhere_shows_its_page_again(saved: Path, blank_page: Page) -> None:
    """As JupyterLab does with a cell that is scrolled away and back: the page on screen, and not the first that the frame had."""
    page = opened(blank_page, saved)
    go(page, 8)
    go(page, 7)
    page.locator(".jt-frames").evaluate("frames => { const parent = frames.parentNode; frames.remove(); parent.append(frames) }")
    expect(inside(page).get_by_role("heading")).to_have_text("Step 7")
    go(page, 6)


def test_where_the_pages_policy_forbids_addresses_the_steps_are_drawn_all_the_same(saved: Path, blank_page: Page, tmp_path: Path) -> None:
    """A hub may forbid frames of any address: then each page has a frame of its own."""
    text = saved.read_text("utf-8")
    assert text.count("frame-src data:; ") == 1
    strict = tmp_path / "strict.html"
    strict.write_text(text.replace("frame-src data:; ", ""), "utf-8")
    page = opened(blank_page, strict)
    before = page.evaluate("history.length")
    for step in (10, 9, LONG, 2):
        go(page, step)
    assert page.evaluate("history.length") == before


# Goes back by a key while the frame that is measured is loading what is within it: the state it had then, and whether the key removed it.
KEY_WHILE_MEASURED = """slider => new Promise(done => { let last = null; const look = () => {
  const measured = document.querySelector(".jt-measured"), state = measured?.contentDocument.readyState;
  if (last && !measured) return done(["missed", false]);
  last = measured;
  if (state !== "interactive" || !measured.contentDocument.querySelector("iframe")) return void setTimeout(look);
  slider.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowLeft", bubbles: true}));
  done([state, !measured.isConnected]) }; look() })"""


def test_a_key_while_the_height_is_measured_goes_to_its_page(saved: Path, blank_page: Page) -> None:
    """The browser says that a frame has loaded while it is being removed, where what is within it was still loading."""
    page = opened(blank_page, saved)
    slider = page.get_by_role("slider", name="step")
    go(page, LONG + 1)
    slider.press("ArrowLeft")
    assert slider.evaluate(KEY_WHILE_MEASURED) == ["interactive", True]
    expect(inside(page).get_by_role("heading")).to_have_text(f"Step {LONG - 1}")
    expect(page.get_by_role("alert")).to_have_count(0)
