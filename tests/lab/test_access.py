"""The views for everyone: axe-core finds nothing, and all that can be done can be done by keyboard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab import families
from tests.lab.families import NAMES

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.lab.document import Document

AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
MAKE = f"{Path(families.__file__).read_text('utf-8')}\nview = make()"
LOOK = """async where => { const found = await axe.run(document.querySelector(where)); return found.violations.map(v =>
  ({rule: v.id, help: v.help, at: v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + (n.failureSummary ?? '').slice(0, 200))})) }"""
# Every control that a mouse can reach, and a key cannot. Of tabs, one takes the focus and arrows do the rest.
UNREACHED = """() => [...document.querySelectorAll(':is(.jt-stage, .jt-browser) :is(button, input, select, summary, audio, video)')]
  .filter(e => e.offsetParent !== null && e.tabIndex < 0 && e.getAttribute('role') !== 'tab').map(e => e.outerHTML.slice(0, 160))"""


def violations(page: Page, where: str) -> list[dict[str, Any]]:
    """What axe-core finds in a part of the page."""
    if not AXE.exists():
        pytest.fail("axe-core is not there; run `npm ci` in widgets/")
    page.evaluate(AXE.read_text("utf-8"))
    return page.evaluate(LOOK, where)


def test_axe_finds_nothing_in_the_stepper_and_the_browser(lab: Document) -> None:
    """In JupyterLab, every family and the browser, light and dark."""
    lab.resize(1200, 6000)
    lab.run(MAKE, f"view.show(*{list(NAMES)!r})", "view.browse()")
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.until("n => document.querySelectorAll('[data-jt-step]').length >= n", len(NAMES))
        for where in (".jt-stepper", ".jt-browser"):
            found = violations(lab.page, where)
            assert found == [], json.dumps(found, indent=1)
    lab.theme("light")
    assert lab.page.evaluate(UNREACHED) == []
    lab.resize(1200)


def test_axe_finds_nothing_in_saved_pages(blank_page: Page, tmp_path: Path) -> None:
    """In the files as well, whole pages with their titles and languages."""
    names: dict[str, Any] = {"__name__": "families"}
    exec(MAKE, names)
    for file in (names["view"].show(*NAMES).save(tmp_path / "all.html"), names["view"].save(tmp_path / "run.html")):
        blank_page.goto(file.as_uri())
        blank_page.wait_for_selector("[data-jt-step]")
        found = violations(blank_page, "html")
        assert found == [], json.dumps(found, indent=1)
