"""Dataframes in a real JupyterLab: quick while the kernel is busy, however many rows; order, changes and keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.lab.document import Document

KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
BUSY = "import time\nend = time.time() + 600\nwhile time.time() < end: time.sleep(0.05)"

MAKE = """
import tempfile, numpy as np, pandas as pd, jupyter_tracking as tracking
generator = np.random.default_rng(0)
def frame(rows):
    return pd.DataFrame({
        "id": [f"r{n}" for n in range(rows)], "n": np.arange(rows), "p": generator.random(rows), "q": generator.normal(size=rows),
        "word": generator.choice(["cat", "dog", "owl"], rows), "ok": generator.random(rows) > 0.5,
        "when": pd.date_range("2024-01-01", periods=rows, freq="min"), "group": pd.Categorical(generator.choice(list("abc"), rows)),
    })
run = tracking.init(name="payloads", root=tempfile.mkdtemp(), track_code=False, track_env=False, track_logs=False)
"""
FIFTY = """
base = frame(10_000)
for step in range(50):
    base = base.copy()
    base.loc[step, "p"] = step
    run.log_dataframe(base, "table", step=step)
tracking.end()
view = tracking.open_run(run)
"""
# Key presses, each timed from the event to the step being on the page, with the layout that the next picture needs.
MOVES = """async ([key, moves]) => {
  const handle = document.querySelector('.noUi-handle'), section = document.querySelector('[data-jt-view]'), times = [], steps = [];
  for (let i = 0; i < moves; i++) {
    const start = performance.now();
    handle.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
    const before = section.dataset.jtStep;
    void section.offsetHeight;
    times.push(performance.now() - start);
    steps.push(section.dataset.jtStep);
    await new Promise(done => setTimeout(done, 0));
  }
  times.sort((a, b) => a - b);
  return {steps, median: times[times.length >> 1], worst: times.at(-1)} }"""


def drawn(document: Document, step: str) -> None:
    """Wait until the table has drawn a step."""
    document.until("step => document.querySelector('[data-jt-view=dataframe]')?.dataset.jtStep === step", step)


def cells(document: Document) -> list[list[str]]:
    """The texts of the rows in the page."""
    read = "() => [...document.querySelectorAll('.jt-table tbody tr:not(.jt-space)')].map(r => [...r.children].map(c => c.textContent))"
    found: list[list[str]] = document.page.evaluate(read)
    return found


def busy(document: Document) -> None:
    """Keep the kernel busy until it is interrupted."""
    document.page.evaluate(f"() => {{ void {KERNEL}.requestExecute({{code: {json.dumps(BUSY)}}}) }}")
    document.until(f"() => {KERNEL}.status === 'busy'")


def free(document: Document) -> None:
    """Let the kernel go on."""
    document.page.evaluate(f"() => {KERNEL}.interrupt().then(() => null)")
    document.until(f"() => {KERNEL}.status === 'idle'")


def test_fifty_steps_of_a_frame_are_moved_through_while_the_kernel_is_busy(lab: Document) -> None:
    """10,000 x 8 x 50: every step is on the page within the key press; nothing is asked."""
    lab.run(MAKE, FIFTY, "view.show('table')", timeout=120)
    drawn(lab, "49")
    lab.quiet()
    busy(lab)
    sent = len(lab.record.sent)
    told: dict[str, Any] = lab.page.evaluate(MOVES, ["ArrowLeft", 49])
    free(lab)
    assert told["steps"] == [str(step) for step in range(48, -1, -1)]
    assert len(lab.record.sent) - sent <= 50


def test_a_step_that_is_not_in_the_page_is_there_soon(lab: Document) -> None:
    """With a budget that holds no neighbours, each step is asked for when it is moved to."""
    lab.run(
        MAKE,
        FIFTY,
        """from jupyter_tracking.views.widgets.stepper import Stepper
from jupyter_tracking.views.model.scene import open_scene
Stepper(open_scene(view.files, ["table"]), budget=1)""",
        timeout=120,
    )
    drawn(lab, "49")
    lab.quiet()
    times: list[float] = lab.page.evaluate(
        """async () => { const times = [];
             const handle = document.querySelector('.noUi-handle'), section = document.querySelector('[data-jt-view]');
             for (const step of [0, 10, 20, 30]) {
               for (const key of step ? Array(10).fill('ArrowRight') : ['Home']) {
                 handle.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true})) }
               const start = performance.now();
               while (section.dataset.jtStep !== String(step)) await new Promise(done => setTimeout(done, 1));
               times.push(performance.now() - start);
             }
             return times.sort((a, b) => a - b) }"""
    )
    assert len(times) == 4


def test_order_and_filter_are_the_kernels_for_a_long_frame(lab: Document) -> None:
    """What is on the page is what pandas would give; the order is kept from step to step."""
    lab.run(
        MAKE,
        FIFTY,
        """import json
frame_ = view.load("table", step=49)
best = frame_[frame_.word == "dog"].sort_values("p", ascending=False, kind="stable").head(12)
print(json.dumps([[str(i), row.id] for i, row in best.iterrows()]))""",
        "view.show('table')",
        timeout=120,
    )
    drawn(lab, "49")
    wanted = json.loads(lab.text(2))
    heading = lab.page.locator("th[data-column='3']")
    heading.click()
    heading.click()
    lab.page.locator(".jt-filter").fill("DOG")
    expect(lab.page.locator(".jt-caption")).to_contain_text("of 10,000 rows hold “DOG”")
    assert [row[:2] for row in cells(lab)[:12]] == wanted
    lab.hold_focus(lab.page.locator(".noUi-handle").first)
    lab.press("ArrowLeft")
    drawn(lab, "48")
    assert cells(lab)[0][5] == "dog"
    lab.shot("dataframe_order")


def test_what_changed_is_painted_with_both_values(lab: Document) -> None:
    """Since the previous step and since another one; by index and by a column."""
    lab.run(MAKE, FIFTY, "view.show('table')", timeout=120)
    drawn(lab, "49")
    lab.page.get_by_role("button", name="changes").click()
    expect(lab.page.locator(".jt-marks")).to_contain_text("1 row changed (1 cell)")
    assert cells(lab)[0][1] == "49"
    assert cells(lab)[0][4].endswith(" → 49.000000")
    lab.page.get_by_label("compare with").select_option("46")
    expect(lab.page.locator(".jt-marks")).to_contain_text("3 rows changed (3 cells)")
    lab.page.get_by_label("match rows by").select_option("=id")
    expect(lab.page.locator(".jt-marks")).to_contain_text("3 rows changed (3 cells)")
    lab.page.get_by_label("only what changed").uncheck()
    lab.until("() => document.querySelector('.jt-table').getAttribute('aria-rowcount') === '10001'")
    lab.shot("dataframe_changes")


def test_the_summary_is_the_kernels_and_follows_the_step(lab: Document) -> None:
    """Ends, missing and distinct values stand in the head of each column."""
    lab.run(MAKE, FIFTY, "view.show('table')", timeout=120)
    drawn(lab, "49")
    lab.page.get_by_role("button", name="summary").click()
    expect(lab.page.locator("th[data-column='3'] .jt-summary")).to_contain_text(" – 49")
    expect(lab.page.locator("th[data-column='5'] .jt-summary")).to_contain_text("3 distinct")
    lab.hold_focus(lab.page.locator(".noUi-handle").first)
    lab.press("ArrowLeft")
    expect(lab.page.locator("th[data-column='3'] .jt-summary")).to_contain_text(" – 48")
    lab.shot("dataframe_summary")


def test_ten_million_rows_open_like_a_thousand(lab: Document) -> None:
    """The kernel reads the footer and one page: it grows by little, and the last row is as near as the first."""
    lab.run(
        MAKE,
        """import gc
def write(rows, name):
    part = frame(min(rows, 1_000_000)).drop(columns=["id"])
    whole = pd.concat([part] * max(1, rows // 1_000_000), ignore_index=True)
    run.log_dataframe(whole, name, step=1)
write(1_000, "short"); write(10_000_000, "long"); gc.collect()
tracking.end()
import pyarrow; pyarrow.default_memory_pool().release_unused()""",
        timeout=300,
    )
    path = lab.page.evaluate(
        f"""() => new Promise(done => {{ {KERNEL}.requestExecute({{code: 'print(run.path)'}}).onIOPub =
               m => {{ if (m.content.text) done(m.content.text.trim()) }} }})"""
    )
    lab.restart()
    lab.run(
        f"""import psutil, jupyter_tracking as tracking
view = tracking.open_run({path!r})
view.show("short")
process = psutil.Process()""",
        "before = process.memory_info().rss\nview.show('short')",
        "view.show('long')",
        """from jupyter_tracking.views.export import page
def read(name):
    begin = process.io_counters().read_chars
    kept.append(view.show(name))
    page.static_page(kept[-1]._scene, key='', line='', index=0, budget=256_000)
    return process.io_counters().read_chars - begin
kept = []
for name in ("short", "long"): read(name)
import json; print(json.dumps([read("long"), max(path.stat().st_size for path in view.path.rglob("*.parquet")), (process.memory_info().rss - before) / 1e6]))""",
        timeout=120,
    )
    lab.until("() => document.querySelectorAll('[data-jt-view=dataframe][data-jt-step]').length >= 2")
    last = lab.output(2).locator(".jt-scroll")
    last.evaluate("e => { e.scrollTop = e.scrollHeight }")
    expect(lab.output(2).locator("tbody tr:not(.jt-space) th").last).to_have_text("9999999")
    taken, size, grown = json.loads(lab.text(3))
    assert taken < size / 10
    assert grown < 100


@pytest.mark.parametrize("width", [500, 800, 1200])
def test_the_table_keeps_to_its_width(lab: Document, width: int) -> None:
    """It scrolls in its own frame; controls and legend wrap."""
    lab.run(
        MAKE,
        "for step in range(3): run.log_dataframe(frame(300), 'table', step=step)\ntracking.end()\ntracking.open_run(run).show('table')",
        timeout=60,
    )
    drawn(lab, "2")
    for name in ("summary", "changes"):
        lab.page.get_by_role("button", name=name).click()
    expect(lab.page.locator(".jt-marks")).to_contain_text("rows changed")
    lab.resize(width)
    lab.until(
        """() => { const stage = document.querySelector('.jt-stage'), edge = stage.getBoundingClientRect().right + 1;
          return [...stage.querySelectorAll('*')].every(e => e.closest('.jt-scroll') || e.getBoundingClientRect().right <= edge) }"""
    )
    lab.shot(f"dataframe_{width}")
    lab.resize(1200)


SIDEWAYS = """
run.log_dataframe(pd.DataFrame({f"c{n}": np.arange(50) + n / 100_000 for n in range(20_000)}), "wide", step=1)
tracking.end()
view = tracking.open_run(run)
"""
# What is in the page of a grid: headings, cells, elements; the last heading; whether its cells lie below it; how far it is scrolled.
IN_THE_PAGE = """() => {
  const grid = document.querySelector('.jt-scroll'), all = [...grid.querySelectorAll('thead th[data-column]')];
  const last = all.at(-1), cell = grid.querySelector(`tbody td[data-column="${last.dataset.column}"]`);
  return {
    headings: all.length, cells: grid.querySelectorAll('tbody td[data-column]').length, elements: grid.querySelectorAll('*').length,
    last: last.querySelector('.jt-field').textContent, text: cell.textContent, scrolled: grid.scrollLeft,
    aligned: Math.abs(last.getBoundingClientRect().left - cell.getBoundingClientRect().left) < 1,
    end: grid.scrollLeft + grid.clientWidth >= grid.scrollWidth - 1,
  } }"""
LAST_DRAWN = """() => { const th = [...document.querySelectorAll('.jt-scroll thead th[data-column]')].at(-1);
  return th.querySelector('.jt-field').textContent === 'c19999' && document.querySelector('td[data-column="20000"]').textContent !== '…' }"""


def test_twenty_thousand_columns_are_scrolled_through(lab: Document) -> None:
    """By the scroll bar and by keys; only the columns in view are in the page, each below its heading."""
    lab.run(MAKE, SIDEWAYS, "view.show('wide')", timeout=120)
    drawn(lab, "1")
    before = lab.page.evaluate(IN_THE_PAGE)
    assert before["headings"] < 60
    lab.page.evaluate("() => { const grid = document.querySelector('.jt-scroll'); grid.scrollLeft = grid.scrollWidth }")
    lab.until(LAST_DRAWN)
    after = lab.page.evaluate(IN_THE_PAGE)
    assert after["end"]
    assert (after["last"], after["aligned"]) == ("c19999", True)
    assert after["headings"] < 60
    assert after["elements"] < 4_000
    lab.page.evaluate("() => { document.querySelector('.jt-scroll').scrollLeft = 0 }")
    lab.until("() => document.querySelector('.jt-scroll thead th[data-column=\"1\"] .jt-field')?.textContent === 'c0'")
    lab.page.locator(".jt-table tbody td[data-column='1']").first.click()
    lab.page.keyboard.press("End")
    lab.until(LAST_DRAWN)
    lab.until("() => document.activeElement.dataset.column === '20000'")
    found = lab.page.evaluate("() => document.activeElement.getBoundingClientRect().right - innerWidth")
    assert found <= 0
    assert lab.page.evaluate(IN_THE_PAGE)["end"]
