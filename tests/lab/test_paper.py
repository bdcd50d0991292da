"""Views on paper: nbconvert's webpdf, the browser's own print, and pages of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import jupyter_tracking as tracking
from tests.lab import renderers
from tests.lab.made import MAKE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.lab.document import Document

# As wide as the text of A4 paper with margins of 2 cm, and a tab's width less.
WIDTHS = (640, 560)
# What nbconvert waits before it prints.
WEBPDF = 100

# What of each view is on paper: its height, the words of its headings, what reaches beyond the paper, what there is to press, and how much
# of it is drawn: lines of charts, rows of tables, pictures.
PRINTED = """() => { const shown = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden';
  return [...document.querySelectorAll('.jt-twin, [data-jt-live]')].filter(shown).map(view => {
    const all = [...view.querySelectorAll('*')].filter(shown);
    return {
      height: view.offsetHeight,
      still: all.some(e => e.matches('.jt-still')),
      steps: all.filter(e => e.matches('.jt-title')).map(e => getComputedStyle(e, '::after').content),
      beyond: all.filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.matches('.jt-unseen')).map(e => e.outerHTML.slice(0, 200)),
      cut: all.filter(e => e.scrollHeight > e.clientHeight + 2 && /auto|scroll|hidden/.test(getComputedStyle(e).overflowY)
        && !e.matches('.jt-unseen, svg, svg *, .jt-field, .jt-dtype, .jt-group-of')).map(e => e.outerHTML.slice(0, 200)),
      pressed: all.filter(e => e.matches('button:not(.jt-line-run, .jt-tab), input, select, .jt-save, .widget-slider, .widget-play'))
        .map(e => e.outerHTML.slice(0, 200)),
      drawn: all.filter(e => e.matches('.jt-paper path, .jt-paper tbody tr, .jt-matrix td, canvas, .jt-text, .jt-facts dd, .jt-enclosed, .jt-span')
        || (e.matches('img') && e.naturalWidth > 0)).length,
    } }) }"""


def check(page: Page, count: int) -> list[dict[str, object]]:
    """Lay the page out as the printer does, when no script runs any more, and look at every view."""
    # A printer tells the page before it prints, and waits; a page that is only shown as if it were printed is told within the next frames.
    page.evaluate("() => new Promise(told => requestAnimationFrame(() => requestAnimationFrame(told)))")
    page.context.new_cdp_session(page).send("Emulation.setScriptExecutionDisabled", {"value": True})
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        views = page.evaluate(PRINTED)
        assert len(views) == count
        for view in views:
            assert view["height"] > 40
            assert view["drawn"], view
            assert (view["beyond"], view["cut"], view["pressed"]) == ([], [], []), view
    return list(views)


@pytest.mark.parametrize("stored", [False, True], ids=["without-widget-state", "with-widget-state"])
def test_every_view_is_whole_in_webpdf(nbconverted: Callable[..., Page], stored: bool) -> None:
    """Printed as soon as nbconvert prints, each view of each kind shows its step, whole and without controls."""
    source = renderers.__loader__.get_source(renderers.__name__)  # type: ignore[union-attr]
    names = [*renderers.NAMES, "clf", "kept"]
    cells = [source, "view = make()", *(f"view.show({name!r})" for name in names), "view.browse()", "tracking.browse([view])"]
    page = nbconverted(*cells, stored=stored)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(WEBPDF)
    page.emulate_media(media="print")
    views = check(page, len(names) + 2)
    assert not any(view["still"] for view in views)
    said = [step for view in views[: len(renderers.NAMES)] for step in view["steps"]]  # type: ignore[attr-defined]
    assert said == ['" · step 20"'] * len(renderers.NAMES)


def test_a_page_printed_at_once_has_the_still_picture_or_the_view(nbconverted: Callable[..., Page]) -> None:
    """`chromium --print-to-pdf` waits for nothing."""
    page = nbconverted(MAKE, "view.show('gain')")
    page.emulate_media(media="print")
    [view] = page.evaluate(PRINTED)
    assert view["height"] > 150
    assert view["drawn"]


def test_a_saved_page_is_whole_on_paper(root: Path, blank_page: Page) -> None:
    """Also from the dark: paper has dark letters."""
    names: dict[str, object] = {}
    exec(MAKE, names)
    path = names["view"].show("gain", "predictions", "digit").save(root / "view.html")  # type: ignore[attr-defined]
    blank_page.emulate_media(color_scheme="dark")
    blank_page.goto(path.as_uri())
    blank_page.wait_for_function("() => document.querySelector('[data-jt-view]')?.dataset.jtStep === '190'")
    blank_page.emulate_media(media="print")
    assert blank_page.evaluate("getComputedStyle(document.querySelector('.jt-title')).color") == "rgb(31, 31, 31)"
    letters = "[...document.querySelectorAll('.jt-chart > .jt-paper text')].map(e => e.getAttribute('fill'))"
    assert set(blank_page.evaluate(letters)) <= {"#5c5c5c", "rgb(31, 31, 31)", "#1f1f1f"}
    check(blank_page, 1)


def test_logged_html_is_printed_at_its_own_height(root: Path, blank_page: Page) -> None:
    """Whole, however long; a short page has no empty frame below it, on paper and on screen, and the frame in which it was measured is gone."""
    with tracking.init(root=root, track_code=False, track_env=False, track_logs=False) as run:
        run.log_html("long", "<h1>Long</h1>" + f"<p>{'word ' * 60}</p>" * 40, step=1)
        run.log_html("short", "<p>short</p>", step=1)
    heights = {}
    for name in ("long", "short"):
        blank_page.emulate_media(media="screen")
        blank_page.goto(tracking.open_run(run).show(name).save(root / f"{name}.html").as_uri())
        blank_page.wait_for_function("() => document.querySelector('.jt-enclosed')?.parentElement.style.getPropertyValue('--jt-whole')")
        assert blank_page.locator("iframe:not(.jt-enclosed)").count() == 0
        frame = blank_page.locator(".jt-enclosed")
        screen = frame.evaluate("e => e.clientHeight")
        blank_page.emulate_media(media="print")
        for width in WIDTHS:
            blank_page.set_viewport_size({"width": width, "height": 900})
            inner = blank_page.main_frame.child_frames[0].child_frames[0]
            page, paper = inner.evaluate("document.documentElement.scrollHeight"), frame.evaluate("e => e.clientHeight")
            assert page <= paper < page * 1.45 + 60
        heights[name] = (screen, paper)
    assert heights["long"][0] == 418  # and its border
    assert heights["long"][1] > 2000
    assert max(heights["short"]) < 100


def test_a_live_view_is_whole_on_paper_and_as_it_was_afterwards(lab: Document) -> None:
    """The browser's own print of a notebook with its kernel."""
    lab.run(MAKE, "view.show('gain', 'predictions')")
    lab.until("() => document.querySelector('[data-jt-live] [data-jt-step]')?.dataset.jtStep === '190'")
    lab.page.emulate_media(media="print")
    [view] = [view for view in lab.page.evaluate(PRINTED) if view["drawn"]]
    assert view["steps"] == ['" · step 190"', '" · step 150"']
    assert (view["cut"], view["pressed"], view["still"]) == ([], [], False)
    assert not lab.page.locator(".jt-stepper .widget-slider, .jt-stepper .widget-play").first.is_visible()
    lab.page.emulate_media(media="screen")
    lab.until("() => document.querySelector('.jt-paper') === null")
    assert lab.page.locator(".noUi-handle").first.is_visible()
