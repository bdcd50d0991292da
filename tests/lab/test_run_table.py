"""Choosing a model among many runs in a real JupyterLab: what the table is for, done by mouse and by keyboard."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.lab.test_access import violations

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.lab.app import App
    from tests.lab.document import Document

MAKE = """
import itertools, math, tempfile, jupyter_tracking as tracking
root = tempfile.mkdtemp()
quiet = dict(root=root, track_code=False, track_env=False, track_logs=False)
for lr, model, seed in itertools.product((0.1, 0.01, 0.001), ("cnn", "mlp", "vit"), (0, 1)):
    try:
        with tracking.init(name=f"{model}-{lr}", tags=["sweep"], **quiet) as run:
            run.log_inputs(lr=lr, model=model, seed=seed, optimizer="adam")
            for step in range(6):
                best = {"cnn": 0.8, "mlp": 0.6, "vit": 0.9}[model] - abs(math.log10(lr) + 2) / 10 + seed / 100
                run.log_metrics({"val/acc": best * (1 - math.exp(-step)), "val/loss": 2 * math.exp(-step)}, step=step)
                if lr == 0.1 and model == "vit" and step == 3:
                    raise MemoryError("no room for 2 GiB on the device")
    except MemoryError:
        pass
with tracking.init(name="cross-validation", **quiet) as study:
    for fold in range(3):
        with tracking.init(name=f"fold{fold}", parent=study.uuid, **quiet) as one:
            one.log_metric("val/acc", 0.5 + fold / 100, step=0)
"""
SHOW = "runs = tracking.browse(root=root)\nruns"
COLUMN = """([name, row]) => { const n = [...document.querySelectorAll('.jt-sort')].find(b => b.querySelector('.jt-field').textContent === name)
  .closest('th').dataset.column; return document.querySelectorAll('[data-jt-run], .jt-runs-group')[row].querySelector(`[data-column="${n}"]`).textContent }"""
NAMES = "() => [...document.querySelectorAll('.jt-runs-row .jt-name')].map(e => e.textContent)"


def heading(page: Page, name: str) -> None:
    """Press the heading of a column."""
    page.locator(".jt-sort").filter(has=page.locator(".jt-field", has_text=name)).first.click()


def search(lab: Document, text: str) -> None:
    """Type a filter, as one who came by the slash."""
    lab.page.get_by_label("search runs").fill(text)


def no_violations(page: Page) -> None:
    """Axe finds nothing in the view as it is now."""
    found = violations(page, ".jt-browser", every=True)
    assert found == [], json.dumps(found, indent=1)


def test_the_best_is_found_and_why_one_failed_and_what_a_model_is_worth(lab: Document) -> None:
    """The best by one press, a reason in the row, mean and best of each model; folds stand below their parent."""
    lab.run(MAKE, SHOW)
    page = lab.page
    expect(page.locator(".jt-run-table > .jt-tools .jt-caption")).to_have_text("22 runs")
    expect(page.locator(".jt-same")).to_contain_text("optimizer adam")
    heading(page, "val/acc")
    row = page.locator("[data-jt-run]").first
    expect(row.locator("th")).to_contain_text("vit-0.01")
    assert "best: 0.90" in page.evaluate(COLUMN, ["val/acc", 0])
    expect(page.locator(".jt-sort", has_text="val/acc")).to_contain_text("higher is better (guessed from its name)")
    expect(page.locator(".jt-spark").first).to_be_visible()
    no_violations(page)
    search(lab, "status = failed")
    expect(page.locator("[data-jt-run]")).to_have_count(2)
    expect(page.locator("[data-jt-run]").first).to_contain_text("MemoryError: no room for 2 GiB on the device")
    search(lab, "status = fialed")
    page.get_by_role("button", name="status = failed").click()
    expect(page.locator("[data-jt-run]")).to_have_count(2)
    search(lab, "statuss = failed")
    expect(page.locator(".jt-mistake mark")).to_have_text("statuss")
    no_violations(page)
    search(lab, "")
    page.get_by_label("group by").select_option(label="model")
    expect(page.locator(".jt-runs-group")).to_have_count(4)
    assert "best ★ best: 0.90" in " ".join(page.evaluate(COLUMN, ["val/acc", 0]).split())
    page.locator(".jt-runs-group .jt-twist").first.click()
    expect(page.locator("[aria-level='2']")).to_have_count(6)
    no_violations(page)
    for theme in ("dark", "light"):
        lab.theme(theme)
        for width in (1400, 900, 430):
            lab.resize(width)
            lab.shot(f"run_table_groups_{theme}_{width}")
    lab.resize(1200)
    page.get_by_role("button", name="do not group by model").click()
    search(lab, "name ~ cross or name ~ fold")
    expect(page.locator("[data-jt-run]")).to_have_count(1)
    lab.hold_focus(page.locator("[data-jt-run]").first)
    lab.press("ArrowRight")
    expect(page.locator("[data-jt-run]")).to_have_count(4)


def test_runs_are_curated_and_every_change_goes_back(lab: Document) -> None:
    """Deleted and brought back, tagged, noted on, pinned; the kernel's runs say so."""
    lab.run(MAKE, SHOW)
    page = lab.page
    search(lab, "status = failed")
    lab.hold_focus(page.locator("[data-jt-run]").first)
    lab.press("Control+a")
    expect(page.locator(".jt-choice")).to_contain_text("2 runs chosen")
    page.get_by_role("button", name="delete", exact=True).click()
    expect(page.locator(".jt-said-of-runs")).to_contain_text("2 runs moved to the trash")
    expect(page.locator(".jt-nothing")).to_contain_text("no run passes")
    no_violations(page)
    page.get_by_role("button", name="undo").click()
    expect(page.locator("[data-jt-run]")).to_have_count(2)
    search(lab, "")
    heading(page, "val/acc")
    lab.hold_focus(page.locator("[data-jt-run]").first)
    lab.press(" ")
    page.get_by_role("button", name="tag…").click()
    page.keyboard.type("winner")
    no_violations(page)
    page.keyboard.press("Enter")
    expect(page.locator(".jt-said-of-runs")).to_contain_text("1 run tagged winner")
    page.get_by_role("button", name="note…").click()
    page.keyboard.type("take this one")
    page.keyboard.press("Enter")
    expect(page.locator(".jt-said-of-runs")).to_contain_text("note kept on 1 run")
    page.get_by_role("button", name="pin", exact=True).click()
    expect(page.get_by_role("button", name="unpin")).to_be_visible()
    search(lab, "'winner' in tags and notes ~ take")
    expect(page.locator("[data-jt-run]")).to_have_count(1)
    no_violations(page)
    for theme in ("dark", "light"):
        lab.theme(theme)
        lab.shot(f"run_table_curated_{theme}")
    page.get_by_role("button", name="archive", exact=True).click()
    expect(page.locator(".jt-nothing")).to_be_visible()
    page.get_by_role("button", name="1 archived").click()
    expect(page.locator("[data-jt-run]")).to_contain_text("archived")


def test_the_table_is_worked_by_keyboard_alone_and_stays_as_it_was_arranged(lab: Document) -> None:
    """From the search to a heading, a cell and the columns; shown again, it is as it was left, also in a page without a kernel."""
    lab.run(MAKE, SHOW)
    page = lab.page
    lab.hold_focus(page.locator("[data-jt-run]").first)
    lab.press("/")
    page.keyboard.type("mod")
    expect(page.locator(".jt-completions li")).to_have_count(1)
    lab.press("ArrowDown", "Enter")
    page.keyboard.type("= vi")
    lab.press("ArrowDown", "Enter")
    expect(page.locator("[data-jt-run]")).to_have_count(6)
    lab.hold_focus(page.locator("[data-jt-run]").first)
    lab.press("ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowUp", "Enter")
    expect(page.locator("[aria-sort=descending]")).to_contain_text("val/acc")
    lab.press("Control+ArrowLeft", "Shift+ArrowRight")
    assert page.evaluate("() => [...document.querySelectorAll('.jt-sort .jt-field')].map(e => e.textContent)")[:4] == [
        "name",
        "status",
        "val/acc",
        "created",
    ]
    lab.press("ArrowDown", "ArrowLeft", "ArrowLeft", "ArrowLeft", "Enter")
    expect(page.locator("[data-jt-artifact]")).to_have_count(2)
    page.get_by_role("button", name="columns").click()
    page.get_by_role("checkbox", name="seed").uncheck()
    expect(page.locator(".jt-sort .jt-field", has_text="seed")).to_have_count(0)
    no_violations(page)
    lab.shot("run_table_columns")
    lab.run(MAKE.split("for lr", maxsplit=1)[0].replace("root = tempfile.mkdtemp()", "pass"), SHOW)
    expect(page.locator("[data-jt-run]")).to_have_count(6)
    assert page.evaluate("() => document.querySelectorAll('.jt-sort .jt-field')[2].textContent") == "val/acc"


def test_a_cell_keeps_the_focus_when_the_columns_get_other_widths(lab: Document) -> None:
    """The reasons of failures have the room that is left: of a wider page it is more, and the keys go on where they were."""
    lab.resize(900)
    lab.run(MAKE, SHOW)
    page = lab.page
    lab.hold_focus(page.locator("[data-jt-run]").nth(2))
    lab.press("ArrowRight", "ArrowRight")
    focused = "() => [document.activeElement.localName, document.activeElement.dataset.column, document.activeElement.parentElement.dataset.jtRun]"
    width = "() => [...document.querySelectorAll('.jt-run-table col')].map(e => e.style.width).join()"
    before, narrow = page.evaluate(focused), page.evaluate(width)
    assert before[:2] == ["td", "1"]
    lab.resize(1400)
    lab.until(f"narrow => ({width})() !== narrow", narrow)
    assert page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
    assert page.evaluate(focused) == before


def test_reasons_have_the_room_of_a_page_however_it_came_to_be_so_wide(lab: Document) -> None:
    """Opened wide, or widened from a width that shows fewer columns: the status with its reason is as wide."""
    status = """() => { const head = [...document.querySelectorAll('.jt-sort')].find(b => b.textContent.includes('status')).closest('th');
      return document.querySelectorAll('.jt-run-table col')[[...head.parentElement.children].indexOf(head)].style.width }"""
    widths = {}
    for before, width in ((None, 1400), (900, 1400), (430, 1400), (1400, 900)):
        lab.resize(before or width)
        lab.run(MAKE, SHOW)
        if before:
            shown = lab.page.evaluate(status)
            lab.resize(width)
            lab.until(f"before => ({status})() !== before", shown)
        widths[before, width] = lab.page.evaluate(status)
    assert widths[None, 1400] == widths[900, 1400] == widths[430, 1400] != widths[1400, 900]


def test_the_table_lives_without_a_kernel_but_changes_no_run(lab_app: App, open_document: Callable[[App, str], Document]) -> None:
    """In the page of a saved notebook: filter, sort, group and columns; nothing that would need a kernel is offered."""
    lab_app.write("table.ipynb", [MAKE, SHOW])
    document = open_document(lab_app, "table.ipynb")
    document.run()
    document.save()
    document.restart()
    document.open()
    page = document.page
    twin = page.locator(".jt-twin").first
    expect(twin.locator("[data-jt-run]").first).to_be_visible(timeout=20_000)
    twin.get_by_label("search runs").fill("lr < 0.05 and status = succeeded")
    expect(twin.locator(".jt-caption").first).to_have_text("12 of 22 runs")
    twin.get_by_label("group by").select_option(label="lr")
    expect(twin.locator(".jt-runs-group")).to_have_count(2)
    expect(twin.locator(".jt-curating, .jt-said-of-runs, .jt-choice")).to_have_count(0)
    no_violations(page)
