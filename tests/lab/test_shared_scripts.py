"""The saved views of one notebook, which have the scripts that draw them together: in Chromium, without a kernel and without a network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.lab.made import MAKE

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

SHOWN = ("view.show('loss')", "view.show('predictions')", "table = view.show('predictions')\ntable", "view.show('gain')", "view.browse()")
GIVEN = re.compile(r'\("[0-9a-f]{64}","([^"]*)","[^"]*"\)</script>')
MISSING = "What draws the others was in a cell that is gone: run this cell again."


def twins(page: Page) -> list[Locator]:
    """The saved views of a page, from the first to the last."""
    return page.locator(".jt-twin").all()


def is_alive(twin: Locator) -> None:
    """It has been drawn by its scripts, in the place of its still."""
    expect(twin.locator("[data-jt-view]").first).to_be_visible()
    expect(twin.locator(".jt-still")).to_be_hidden()


def test_every_view_of_a_notebook_is_drawn_by_what_those_before_it_have_brought(nbconverted: Callable[..., Page]) -> None:
    """A metric, two tables, a curve and a browser; each script is in the page once."""
    page = nbconverted(MAKE, *SHOWN)
    for twin in twins(page):
        is_alive(twin)
    names = GIVEN.findall(page.content())
    assert len(names) == len(SHOWN)
    brought = [name for each in names for name in each.split() if name.startswith("+")]
    assert len(brought) == len(set(brought))
    table = twins(page)[2]
    table.locator("input[type=range]").first.press("Home")
    expect(table.locator("[data-jt-view]").first).to_have_attribute("data-jt-step", "0")


def test_without_the_cell_that_had_the_scripts_a_view_shows_its_last_step_and_what_brings_the_rest(
    nbconverted: Callable[..., Page],
) -> None:
    """The first of the views has been deleted: the others are stills, and say so in the place of how a notebook is trusted."""
    page = nbconverted(MAKE, *SHOWN, deleted=[1])
    stills = page.locator(".jt-twin > .jt-still > p:last-child")
    expect(stills).to_have_count(len(SHOWN) - 1)
    for still in stills.all():
        expect(still).to_contain_text(MISSING, timeout=15_000)
        expect(still).not_to_contain_text("Trust")
    expect(page.locator("[data-jt-view]")).to_have_count(0)


def test_a_view_that_lacks_the_script_of_its_kind_alone_is_a_still_beside_live_ones(nbconverted: Callable[..., Page]) -> None:
    """The first table has been deleted, which had the script of tables; the metric and the curve do not need it."""
    page = nbconverted(MAKE, *SHOWN[:4], deleted=[2])
    metric, table, curve = twins(page)
    for each in (metric, curve):
        is_alive(each)
    expect(table.locator(".jt-still > p:last-child")).to_contain_text(MISSING, timeout=15_000)
    expect(table.locator(".jt-still table")).to_be_visible()
