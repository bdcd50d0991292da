"""A view where each output has a frame of its own, and where a page's policy forbids scripts in it: it is drawn, or its picture stands there."""

from __future__ import annotations

import html
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

import jupyter_tracking as tracking
from jupyter_tracking.views.export.frame import FramedPage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

# As a hub may have it, and as Jupyter's own server has it where files are downloaded; the last is what our own pages have.
POLICIES = (
    "script-src 'self'",
    "default-src 'self'; style-src 'unsafe-inline'; img-src data:",
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'",
)
VIEWS: dict[str, Callable[[tracking.RunView], Any]] = {
    "curve": lambda view: view.show("roc"),
    "metric": lambda view: view.show("loss"),
    "dataframe": lambda view: view.show("frame"),
    "text": lambda view: view.show("words"),
    "image": lambda view: view.show("digit"),
    "browser": lambda view: view.browse(),
    "runs": lambda view: tracking.browse(root=view.path.parent.parent),
    "comparison": lambda view: tracking.compare([view, "other"], root=view.path.parent.parent),
}
WITH_STEPS = {"curve", "metric", "dataframe", "text", "image", "browser"}


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> tracking.RunView:
    """A run with several kinds at five steps, and a name that ends an attribute; and another run."""
    import numpy as np
    import pandas as pd

    root = tmp_path_factory.mktemp("framed")
    quiet = {"track_code": False, "track_env": False, "track_logs": False}
    for name in ("other", "a\"'><script>alert(1)</script>"):
        with tracking.init(name=name, root=root, **quiet) as run:
            for step in range(5):
                run.log_metric("loss", 1 / (step + 1), step=step)
                run.log_curve("roc", [0, 0.5, 1], [0, 0.5 + step / 20, 1], step=step)
                run.log_dataframe(pd.DataFrame({"x": np.arange(4) + step}), "frame", step=step)
                run.log_text("words", f"step {step}", step=step)
                run.log_image(np.full((4, 4), 50 * step, np.uint8), "digit", step=step, dataformats="HW")
    return tracking.open_run(run.path)


def page_of_output(shown: Any) -> str:
    """The static page that a notebook keeps of a view."""
    text: str = shown._page(shown._line())
    return text


class _Elements(HTMLParser):
    """The elements of a text, as a browser reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("name", VIEWS)
def test_what_marimo_is_given_is_one_frame_and_a_still_that_does_nothing(view: tracking.RunView, name: str) -> None:
    """Whatever a run is called: a frame without an origin, whose page may fetch nothing and run our scripts alone; beside it text and pictures."""
    shown = VIEWS[name](view)
    elements = _Elements()
    elements.feed(shown._display_()._repr_html_())
    shown.close()
    ((_, frame),) = (each for each in elements.found if each[0] == "iframe")
    assert frame["sandbox"] == "allow-scripts"
    assert "default-src 'none'" in (frame["srcdoc"] or "")
    beside = [each for each in elements.found if each[0] != "iframe"]
    assert {tag for tag, _ in beside} <= {
        "div",
        "style",
        "p",
        "b",
        "small",
        "span",
        "br",
        "pre",
        "code",
        "img",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    assert [tag for tag, _ in beside].count("style") == 1
    for tag, given in beside:
        assert given.keys() <= ({"src", "alt", "style", "class"} if tag == "img" else {"class", "style"}), (tag, given)
        assert tag != "img" or (given["src"] or "").startswith("data:image/")


def test_a_picture_that_would_fill_the_output_stands_in_the_frame_alone() -> None:
    """A still that is large, twice in one output, would be more than marimo shows; what to do without a frame is said all the same."""
    for size, times in ((10_000, 2), (600_000, 1)):
        made = FramedPage("one", f'<div class="jt-still">{"y" * size}</div><script type="application/gzip"></script>')._repr_html_()
        assert made.count("y" * size) == times
        assert "the whole view" in made


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_drawn_in_a_frame_of_its_own(view: tracking.RunView, name: str, blank_page: Page) -> None:
    """As Colab and marimo have each output: in a frame without an origin. Its slider moves by the keys, and the page around does not scroll."""
    shown = VIEWS[name](view)
    outputs = [f"<iframe sandbox='allow-scripts' width=900 height=600 srcdoc=\"{html.escape(page_of_output(shown))}\"></iframe>"]
    outputs += [shown._display_()._repr_html_()]
    shown.close()
    blank_page.set_content(f"<body>{''.join(outputs)}<p style='height:3000px'></p></body>")
    for number in range(len(outputs)):
        frame = blank_page.frame_locator("iframe").nth(number)
        expect(frame.locator(".jt-still").first).to_be_hidden()
        if name not in WITH_STEPS:
            expect(frame.locator("table:visible, [role=grid]:visible").first).to_be_visible()
            continue
        drawn = frame.locator("[data-jt-step]").first
        expect(drawn).to_have_attribute("data-jt-step", "4")
        frame.get_by_role("slider", name="step").first.focus()
        before = blank_page.evaluate("scrollY")
        for key, step in (("ArrowLeft", "3"), ("ArrowDown", "2"), ("ArrowUp", "3"), ("Home", "0"), ("ArrowRight", "1"), ("End", "4")):
            blank_page.keyboard.press(key)
            expect(drawn).to_have_attribute("data-jt-step", step)
        assert blank_page.evaluate("scrollY") == before


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", VIEWS)
def test_where_no_script_may_run_the_picture_stands_there(
    view: tracking.RunView, name: str, policy: str, browser: Any, tmp_path: Path
) -> None:
    """A content policy without inline scripts: the last step, and what to do to get the slider; nothing is empty or hidden."""
    shown = VIEWS[name](view)
    text = page_of_output(shown)
    shown.close()
    file = tmp_path / "page.html"
    file.write_text(f'<!doctype html><meta charset=utf-8><meta http-equiv=Content-Security-Policy content="{policy}">{text}')
    page = browser.new_page()
    page.goto(file.as_uri())
    still = page.locator(".jt-still").first
    expect(still).to_be_visible()
    box = still.bounding_box()
    assert box is not None
    assert box["height"] > 20
    expect(page.get_by_text("Trust this notebook to get").first).to_be_visible()
    assert page.locator("[data-jt-step]").count() == 0
    page.close()
