"""The documentation as it was built: every link leads somewhere, nothing is loaded from elsewhere, every public name is there, sliders move."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

import jupyter_tracking as tracking
from tests.conftest import CHECKOUT
from tests.lab.conftest import browser, chromium  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.docs

SITE = Path(os.environ.get("JUPYTER_TRACKING_SITE") or CHECKOUT / "docs" / "_build" / "html")


class _Parser(HTMLParser):
    """What a page has: the ids of its elements, where its links lead, and what a browser loads for it."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value is not None}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        address = given.get("href" if tag in {"a", "link"} else "src")
        if address is None:
            return
        (self.links if tag == "a" else self.loaded).append(address)


@pytest.fixture(scope="module")
def pages() -> dict[Path, _Parser]:
    """Each page of the site, read."""
    assert SITE.is_dir(), "build the documentation first: make docs-html"
    found = {}
    for page in sorted(SITE.rglob("*.html")):
        found[page] = parser = _Parser()
        parser.feed(page.read_text(encoding="utf-8"))
    assert len(found) > 30
    return found


def test_every_link_leads_to_a_page_and_a_place_in_it(pages: dict[Path, _Parser]) -> None:
    """Of those that stay in the site; with anchors."""
    broken = []
    for page, parsed in pages.items():
        for link in [*parsed.links, *parsed.loaded]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            there = target.exists()
            if there and parts.fragment and target.suffix == ".html" and target in pages:
                there = unquote(parts.fragment) in pages[target].ids
            if not there:
                broken.append(f"{page.relative_to(SITE)}: {link}")
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(pages: dict[Path, _Parser]) -> None:
    """Neither by a page nor by a style sheet: fonts, scripts, pictures."""
    outside = [f"{page.relative_to(SITE)}: {each}" for page, parsed in pages.items() for each in parsed.loaded if urlsplit(each).netloc]
    for sheet in SITE.rglob("*.css"):
        asked = re.findall(r"(?:@import|url\()\s*[\"']?((?:https?:)?//[^\"')\s]+)", sheet.read_text(encoding="utf-8"))
        outside += [f"{sheet.relative_to(SITE)}: {each}" for each in asked]
    assert outside == []


def test_every_public_name_is_in_the_reference(pages: dict[Path, _Parser]) -> None:
    """Functions, classes, the methods of the view object, magics, commands, errors."""
    ids = set().union(*(parsed.ids for page, parsed in pages.items() if page.parent.name == "reference"))
    written = {each.rpartition(".")[2] for each in ids}
    aliases = {"ArtifactKind"}  # another name of V1ArtifactKind, of which its section tells
    assert [name for name in tracking.__all__ if name not in written | aliases] == []
    of_views = [name for name in dir(tracking.RunView) if not name.startswith("_")]
    assert [name for name in of_views if f"jupyter_tracking.RunView.{name}" not in ids] == []
    from jupyter_tracking import errors

    kinds = [
        name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, (tracking.TrackingError, UserWarning))
    ]
    assert len(kinds) > 15
    assert [name for name in kinds if name not in written] == []


def test_every_magic_and_command_has_a_section() -> None:
    """With its usage."""
    magics, commands = ((SITE / "reference" / f"{name}.html").read_text(encoding="utf-8") for name in ("magics", "command-line"))
    assert all(f"<h2>%{name}" in magics for name in ("track_init", "artifacts", "log_curve", "runs", "track_tag"))
    assert "<h2>%%track" in magics
    assert all(f"<h2>{name}" in commands for name in ("runs", "show", "check", "report", "export"))


def test_llms_txt_lists_every_page_and_function(pages: dict[Path, _Parser]) -> None:
    """With a sentence each."""
    text = (SITE / "llms.txt").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^- \[[^\n]+\]\(([^)]+)\): (.+)$", text, re.MULTILINE))
    own = {page.relative_to(SITE).as_posix() for page in pages} - {"genindex.html", "search.html", "py-modindex.html"}
    assert set(listed) == own
    assert [page for page, sentence in listed.items() if not sentence.endswith((".", "?"))] == []
    assert all(f"`tracking.{name}(" in text for name in ("init", "log_metric", "runs", "best"))


def test_what_works_in_a_front_end_has_a_test() -> None:
    """Each "yes" of the table names a test that is there, and no other cell does."""
    page = (CHECKOUT / "docs" / "reference" / "front-ends.md").read_text(encoding="utf-8")
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("|")]
    claimed = {f"{front_end}, {what}" for front_end, *cells in rows for what, cell in zip(head[1:], cells, strict=True) if cell == "yes"}
    assert {cell for _, *cells in rows for cell in cells} == {"yes", "not tried", "–"}
    named = dict(re.findall(r"^- (.+): `(tests/\S+::test_\w+)`$", page, re.MULTILINE))
    assert set(named) == claimed
    for test in named.values():
        file, _, name = test.partition("::")
        assert f"def {name}(" in (CHECKOUT / file).read_text(encoding="utf-8"), test


@pytest.mark.parametrize("name", ["breast-cancer", "quickstart"])
def test_the_sliders_of_the_gallery_move(browser: Browser, name: str) -> None:  # noqa: F811 - the fixture
    """In the built page, opened from disk: the first view is at its last step, and goes back by one and to the first."""
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto((SITE / "gallery" / f"{name}.html").as_uri())
    view = page.locator("[data-jt-view='curve'][data-jt-step]").first
    view.wait_for()
    last = int(view.get_attribute("data-jt-step") or "")
    slider = page.locator(".jt-twin input[type=range]").first
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.locator(f"[data-jt-view='curve'][data-jt-step='{last - 1}']").first.wait_for()
    page.keyboard.press("Home")
    page.wait_for_function(f"() => Number(document.querySelector('[data-jt-view=curve]').dataset.jtStep) < {last - 1}")
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    page.close()
