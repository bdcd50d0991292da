"""The static pages of a root: the table leads to a run's own page, and back, without a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import jupyter_tracking as tracking

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_run_opens_as_its_own_page_and_leads_back(tmp_path: Path, blank_page: Page) -> None:
    """From the table, by a click or Enter, without a server: its slider moves there, and a link leads back."""
    with tracking.init(root=tmp_path, name="one", track_code=False, track_env=False, quiet=True):
        for step in range(5):
            tracking.log_metric("loss", 1 / (step + 1), step=step)
    done = tracking.save_pages(tmp_path, tmp_path / "site")
    blank_page.goto(Path(done.url).as_uri())
    blank_page.locator(".jt-browser").get_by_text("one", exact=True).first.click()
    blank_page.wait_for_url("**/runs/*.html")
    blank_page.wait_for_selector('.jt-pane[data-jt-step="4"]')
    blank_page.focus(".jt-stage")
    blank_page.keyboard.press("Home")
    blank_page.wait_for_selector('.jt-pane[data-jt-step="0"]')
    blank_page.get_by_role("link", name="all runs").click()
    blank_page.wait_for_url("**/index.html")
