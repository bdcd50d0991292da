"""Many runs in a real JupyterLab: compare the best three, find which inputs matter, live and in the saved notebook."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from playwright.sync_api import expect

import jupyter_tracking as tracking
from tests.lab.test_access import violations

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.lab.app import App
    from tests.lab.document import Document

MAKE = """
import math, tempfile, jupyter_tracking as tracking
root = tempfile.mkdtemp()
for n in range(12):
    with tracking.init(name=f"run{n}", root=root, track_code=False, track_env=False, track_logs=False, quiet=True) as run:
        run.log_inputs(lr=10.0 ** -(n % 6), optimizer=["adam", "sgd"][n % 2], **({} if n == 3 else {"decay": n / 10}), data="digits")
        for step in range(5):
            run.log_metrics({"loss": 1 / (step + 1) + n / 50, "val/accuracy": 0.5 + (n % 6) / 20 + step / 50}, step=step)
runs = tracking.runs(root)
"""
LEFT = ".jt-runs-list tbody tr"


def listed(page: Page, where: str) -> list[str]:
    """The runs in the list of a view."""
    return [text.strip() for text in page.locator(f"{where} .jt-runs-list tbody .jt-from-button").all_inner_texts()]


def check_access(lab: Document, where: str) -> None:
    """Axe finds nothing, light and dark."""
    for theme in ("light", "dark"):
        lab.theme(theme)
        found = violations(lab.page, where)
        assert found == [], json.dumps(found, indent=1)
    lab.theme("light")


def test_the_best_three_are_compared(lab: Document) -> None:
    """One line of code; a line is hidden by its mark in the table; a run is opened below."""
    lab.run(MAKE, "tracking.compare(runs.nlargest(3, 'outputs.val/accuracy'))")
    view = lab.page.locator(".jt-comparison")
    expect(view.locator(LEFT)).to_have_count(3)
    expect(view.locator("section.jt-pane canvas[role=img]")).to_have_count(2)
    expect(view).to_contain_text("equal in all: data digits")
    canvas = view.locator("section.jt-pane canvas").first
    before = canvas.evaluate("c => c.toDataURL()")
    mark = view.locator(".jt-line-mark").nth(1)
    lab.hold_focus(mark)
    lab.press(" ")
    expect(view.locator(".jt-line-mark").nth(1)).to_have_attribute("aria-pressed", "false")
    assert canvas.evaluate("c => c.toDataURL()") != before
    check_access(lab, ".jt-comparison")
    view.locator(".jt-from-button").first.click()
    expect(lab.page.locator("[data-jt-artifact]").first).to_be_visible()
    for theme in ("dark", "light"):
        lab.theme(theme)
        lab.shot(f"compare_best_{theme}")


def test_which_inputs_matter_is_seen_by_brushing(lab: Document) -> None:
    """By mouse along an axis, and by the keys of a handle; the list below has what is left; a click opens a run."""
    lab.run(MAKE, "view = tracking.parallel(runs)\nview")
    view = lab.page.locator(".jt-parallel-view")
    expect(view.locator(LEFT)).to_have_count(12)
    expect(view.locator(".jt-importance li").first).to_contain_text("lr")
    expect(view.locator(".jt-importance li").first).to_contain_text("−1.00")
    box = view.locator(".jt-brush").last.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2
    lab.page.mouse.move(middle, box["y"] + box["height"] * 0.3)
    lab.page.mouse.down()
    lab.page.mouse.move(middle, box["y"] - 20, steps=5)
    lab.page.mouse.up()
    expect(view.locator(LEFT)).to_have_count(4)
    assert sorted(listed(lab.page, ".jt-parallel-view")) == ["run10", "run11", "run4", "run5"]
    lab.until("() => document.querySelector('.jt-parallel-view').textContent.includes('4 of 12 runs left by the brushes')")
    handle = view.get_by_role("slider", name="optimizer, from")
    lab.hold_focus(handle)
    lab.press("ArrowUp")
    expect(handle).to_have_attribute("aria-valuetext", "sgd")
    assert sorted(listed(lab.page, ".jt-parallel-view")) == ["run11", "run5"]
    check_access(lab, ".jt-parallel-view")
    lab.shot("parallel_brushed")
    plot = view.get_by_role("application")
    lab.hold_focus(plot)
    lab.press("ArrowUp")
    expect(view.locator(".jt-of-runs .jt-tip")).to_be_visible()
    lab.press("Enter")
    expect(lab.page.locator("[data-jt-artifact]").first).to_be_visible()
    lab.hold_focus(view.get_by_role("button", name="clear brushes"))
    lab.press("Enter")
    expect(view.locator(LEFT)).to_have_count(12)


def test_a_scatter_plot_is_alive_in_the_saved_notebook(lab_app: App, open_document: Callable[[App, str], Document]) -> None:
    """Saved, and reopened with no kernel: other axes, brushes by dragging, and what a run has where it is clicked."""
    lab_app.write("many.ipynb", [MAKE, "tracking.scatter(runs, x='decay')"])
    document = open_document(lab_app, "many.ipynb")
    document.run()
    document.save()
    document.restart()
    document.open()
    twin = document.page.locator(".jt-twin .jt-scatter-view")
    expect(twin.locator(LEFT)).to_have_count(12, timeout=20_000)
    expect(twin.get_by_role("slider", name="decay, from")).to_have_attribute("aria-valuetext", "missing")
    plot = twin.get_by_role("application")
    box = plot.bounding_box()
    assert box is not None
    document.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 2)
    document.page.mouse.down()
    document.page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2, steps=5)
    document.page.mouse.up()
    expect(twin.locator(LEFT)).not_to_have_count(12)
    assert "run3" not in listed(document.page, ".jt-twin .jt-scatter-view")  # which has no decay
    twin.get_by_label("colour").select_option(label="optimizer")
    expect(twin.locator(".jt-legend")).to_contain_text("sgd")
    check_access(document, ".jt-twin .jt-scatter-view")
    twin.locator(".jt-runs-list .jt-from-button").first.click()
    expect(twin.locator(".jt-card")).to_contain_text("val/accuracy")
    document.shot("scatter_saved")
    document.page.emulate_media(media="print")
    expect(twin.locator("svg.jt-paper")).to_be_visible()
    expect(twin.locator(".jt-runs-list .jt-from-button").first).to_be_visible()
    expect(twin.get_by_role("slider").first).to_be_hidden()
    document.page.emulate_media(media="screen")
    expect(twin.locator("svg.jt-paper")).to_have_count(0)


def test_a_page_of_many_runs_filters_and_is_brushed_without_a_network(offline_page: Page, tmp_path: Path) -> None:
    """What `browse().save()` writes has the table and, below it, the runs over parallel axes, as `save_pages` has in its index."""
    for n in range(12):
        with tracking.init(name=f"run{n}", root=tmp_path, track_code=False, track_env=False, track_logs=False, quiet=True) as run:
            run.log_inputs(lr=10.0 ** -(n % 6), optimizer=["adam", "sgd"][n % 2])
            run.log_metric("val/accuracy", 0.5 + (n % 6) / 20, step=1)
    tracking.save_pages(root=tmp_path, output=tmp_path / "pages")
    for page in (tracking.browse(root=tmp_path).save(tmp_path / "runs.html"), tmp_path / "pages" / "index.html"):
        offline_page.goto(page.as_uri())
        offline_page.get_by_label("search runs").fill("lr < 0.005 and optimizer = adam")
        expect(offline_page.locator(".jt-run-table .jt-caption").first).to_have_text("2 of 12 runs")
        plot = offline_page.locator(".jt-parallel-view")
        expect(plot.locator(LEFT)).to_have_count(12)
        plot.get_by_role("slider", name="optimizer, from").focus()
        offline_page.keyboard.press("ArrowUp")
        expect(plot.locator(LEFT)).to_have_count(6)
        assert violations(offline_page, "main", every=True) == []
    with tracking.init(name="alone", root=tmp_path / "alone", quiet=True):
        pass
    offline_page.goto(tracking.browse(root=tmp_path / "alone").save(tmp_path / "alone.html").as_uri())
    expect(offline_page.locator(".jt-run-table")).to_be_visible()
    expect(offline_page.locator(".jt-parallel-view")).to_have_count(0)
