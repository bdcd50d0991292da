"""Several runs, and runs that go on, in a real JupyterLab and Notebook 7."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from jupyter_tracking.format.json_fields import steps_in_full
from tests.lab.app import App

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from tests.lab.document import Document

MAKE = """
import tempfile, numpy as np, pandas as pd, jupyter_tracking as tracking
root = tempfile.mkdtemp()
quiet = dict(root=root, track_code=False, track_env=False, track_logs=False)
for number, every in enumerate((10, 20, 30)):
    with tracking.init(name=f"run{number}", tags=["a", "b"][:number], **quiet) as run:
        run.log_inputs(lr=10.0 ** -number)
        for step in range(every, 121, every):
            x = np.linspace(0, 1, 300)
            run.log_curve("gain", x, np.sin(x * (step + 30) / 9 + number), annotation=f"loop {number}", step=step)
            run.log_metric("loss", (number + 1) / step, step=step)
            run.log_dataframe(pd.DataFrame({"n": [1, 2, 3], "p": [0.5, number, step]}), "predictions", step=step)
"""
START = """
import tempfile, time, numpy as np, jupyter_tracking as tracking
run = tracking.init(name="going", root=tempfile.mkdtemp(), track_code=False, track_env=False, track_logs=False)
def log(step):
    run.log_curve("gain", np.linspace(0, 1, 300), np.sin(np.linspace(0, 1, 300) * (step + 3)), step=step)
    run.log_metric("loss", 1 / (step + 1), step=step)
for step in range(5):
    log(step)
"""
# The cell goes on until a file of the test's comes: what is seen before is seen while the kernel is busy.
TRAIN = """
display({shown})
for step in range(5, 2000):
    log(step)
    end = time.time() + 0.1
    while time.time() < end:
        sum(range(1000))
    if pathlib.Path({stop!r}).exists():
        break
run.end()
"""
RUN_AWAY = """source => { const notebook = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
  const old = notebook.cells.length;
  notebook.transact(() => {
    notebook.insertCells(old, [{cell_type: 'code', source, metadata: {trusted: true}}]);
    notebook.deleteCellRange(0, old); });
  window.jtRan = undefined;
  window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => { window.jtRan = 'done' }) }"""
RAN = "() => window.jtRan === 'done'"
COUNT = "() => Number(document.querySelector('.jt-where')?.textContent.match(/ of ([\\d,]+)/)?.[1].replace(',', '') ?? 0)"
STEP = "(step) => document.querySelector('[data-jt-view]')?.dataset.jtStep === step"
BUSY = "() => window.jtRan === undefined"
NO_SUBSHELLS = {"@jupyterlab/apputils-extension:kernels-settings": {"commsOverSubshells": "disabled"}}


def legend(page: Page) -> list[str]:
    """What the legend says, a run a line."""
    return [text.strip() for text in page.locator(".jt-line-run").all_inner_texts()]


def test_curves_of_several_runs_lie_over_each_other_under_one_slider(lab: Document) -> None:
    """By keys over the union of the steps; the legend says where a run shows an earlier step; a key of it hides a line."""
    lab.run(MAKE, "tracking.compare(['run0', 'run1', 'run2'], 'gain', root=root)")
    lab.until(STEP, "120")
    assert legend(lab.page) == ["run0\nloop 0", "run1\nloop 1", "run2\nloop 2"]
    lab.hold_focus(lab.page.locator(".noUi-handle").first)
    lab.press("Home", *["ArrowRight"] * 4)
    lab.until(STEP, "50")
    assert legend(lab.page) == ["run0\nloop 0", "run1\nloop 1 · from step 40", "run2\nloop 2 · from step 30"]
    canvas = lab.page.locator("canvas.jt-overlay").first
    before = canvas.evaluate("c => c.toDataURL()")
    lab.page.locator(".jt-line-run").nth(1).click()
    expect(lab.page.locator(".jt-line-run").nth(1)).to_have_attribute("aria-pressed", "false")
    assert canvas.evaluate("c => c.toDataURL()") != before
    for theme in ("dark", "light"):
        lab.theme(theme)
        lab.shot(f"compare_{theme}")


def test_frames_of_two_runs_stand_side_by_side_and_are_compared(lab: Document) -> None:
    """The second can show what changed since the first run's frame at the same place of the slider."""
    lab.run(MAKE, "%load_ext jupyter_tracking", "%compare predictions run0 run1 --root {root}")
    lab.until("() => [...document.querySelectorAll('[data-jt-view=dataframe]')].every(e => e.dataset.jtStep === '120')")
    panels = lab.page.locator("[data-jt-view=dataframe]")
    expect(panels).to_have_count(2)
    panels.nth(1).get_by_role("button", name="changes").click()
    expect(panels.nth(1)).to_contain_text("1 row changed (1 cell)")
    lab.hold_focus(lab.page.locator(".noUi-handle").first)
    lab.press("ArrowLeft")
    expect(panels.nth(1)).to_contain_text("run0, step 110")
    expect(panels.nth(1)).to_contain_text("from step 100, its latest before 110")
    expect(panels.nth(1)).to_contain_text("2 rows changed (2 cells)")
    lab.shot("compare_frames")


def test_the_table_of_runs_is_worked_by_keys_and_by_mouse(lab: Document) -> None:
    """Search, sort, open, tick, compare; then the same table in the page of a notebook whose kernel is gone."""
    lab.run(MAKE, "runs = tracking.browse(root=root)\nruns")
    rows = lab.page.locator("[data-jt-run]")
    expect(rows).to_have_count(3)
    lab.page.get_by_role("button", name="loss").click()
    assert [text.strip() for text in lab.page.locator("[data-jt-run] th").all_inner_texts()] == ["run0", "run1", "run2"]
    lab.hold_focus(rows.first)
    lab.press("ArrowDown", "Enter")
    expect(lab.page.locator("[data-jt-artifact]")).to_have_count(3)
    lab.until("() => document.querySelector('.jt-stage [data-jt-view=metric]')?.dataset.jtStep === '120'")
    lab.hold_focus(rows.nth(1))
    lab.press(" ", "End", " ")
    expect(lab.page.locator(".jt-choice")).to_contain_text("2 runs chosen")
    lab.page.get_by_label("artifact to compare").select_option(label="gain · curve")
    lab.page.get_by_role("button", name="compare").click()
    lab.until("() => document.querySelectorAll('.jt-line-run').length === 2")
    assert legend(lab.page) == ["run1\nloop 1", "run2\nloop 2"]
    for theme in ("dark", "light"):
        lab.theme(theme)
        for width in (1200, 800, 500):
            lab.resize(width)
            lab.shot(f"runs_{theme}_{width}")
    lab.resize(1200)
    lab.page.get_by_label("search runs").fill("lr=0.01")
    expect(rows).to_have_count(1)


def test_the_table_of_runs_is_alive_in_the_twin(lab_app: App, open_document: Callable[[App, str], Document]) -> None:
    """Saved, and reopened with no kernel: the rows open what the page has kept."""
    lab_app.write("runs.ipynb", [MAKE, "tracking.browse(root=root)", "tracking.compare(['run0', 'run1'], 'loss', root=root)"])
    document = open_document(lab_app, "runs.ipynb")
    document.run()
    document.save()
    document.restart()
    document.open()
    document.resize(1200, 3000)
    twin = document.page.locator(".jt-twin").first
    expect(twin.locator("[data-jt-run]")).to_have_count(3, timeout=20_000)
    twin.locator("[data-jt-run]").nth(2).click()
    expect(twin.locator("[data-jt-artifact]")).to_have_count(3)
    twin.locator("[data-jt-artifact='curve/gain']").click()
    expect(twin.locator("[data-jt-view=curve]")).to_have_attribute("data-jt-step", "120")
    expect(document.page.locator(".jt-twin").nth(1).locator(".jt-line-run")).to_have_count(2)
    assert "model not found" not in document.page.locator(".jp-Notebook").inner_text()


def grow(document: Document, stop: str, *, answers: bool) -> None:
    """Show a stepper in the cell that trains; look at it meanwhile; end the cell; look at what is kept."""
    document.run(START)
    train = "import pathlib\n" + TRAIN.format(shown="tracking.open_run(run).show('gain')", stop=stop)
    # Where nobody answers, the page is slow too: it draws the view after steps have come that are newer than the one it opens at.
    processor = document.page.context.new_cdp_session(document.page)
    processor.send("Emulation.setCPUThrottlingRate", {"rate": 1 if answers else 8})
    document.page.evaluate(RUN_AWAY, train)
    document.until(f"() => ({COUNT})() > 0", timeout=60)
    processor.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    document.until(STEP, "4")
    document.hold_focus(document.page.locator(".noUi-handle").first)
    document.press("ArrowLeft", "ArrowLeft")
    document.until(STEP, "2")
    first = document.page.evaluate(COUNT)
    document.until(f"n => ({COUNT})() > n + 15", first)
    document.until(STEP, "2")
    expect(document.page.locator(".noUi-handle").first).to_have_attribute("aria-valuetext", "step 2")
    document.press("End")
    document.until(f"() => ({COUNT})() - 40 < Number(document.querySelector('[data-jt-view]').dataset.jtStep)")
    document.page.locator(".jt-follow").click()
    seen = document.page.evaluate("() => Number(document.querySelector('[data-jt-view]').dataset.jtStep)")
    document.until("n => Number(document.querySelector('[data-jt-view]').dataset.jtStep) > n + 10", seen)
    if answers:
        document.hold_focus(document.page.locator(".noUi-handle").first)
        document.press("Home")
        document.until(STEP, "0")
    assert document.page.evaluate(BUSY)
    Path(stop).touch()
    document.until(RAN)
    expect(document.page.locator(".jt-follow")).to_be_hidden()
    last = document.page.evaluate(COUNT)
    (cell,) = document.cells()
    kept = [output["metadata"]["jupyter_tracking"]["steps"] for output in cell["outputs"] if "text/html" in output.get("data", {})]
    assert [len(steps_in_full(steps) or ()) for steps in kept] == [last]


@pytest.fixture
def stop(lab_app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A file that ends the training cell when it comes."""
    file = tmp_path_factory.mktemp("stop") / "stop"
    yield str(file)
    file.touch()


def test_a_stepper_grows_while_the_cell_that_shows_it_trains(lab: Document, stop: str) -> None:
    """The position is kept; what is pressed is answered; "follow" goes along; afterwards the notebook keeps every step."""
    grow(lab, stop, answers=True)


def test_a_stepper_grows_in_notebook_7(notebook7: Document, stop: str) -> None:
    """The same in Notebook 7."""
    grow(notebook7, stop, answers=True)


def test_a_stepper_grows_where_a_busy_kernel_answers_nobody(
    tmp_path_factory: pytest.TempPathFactory, open_document: Callable[[App, str], Document], stop: str
) -> None:
    """With messages of the page waiting for the cell to end, as in older kernels: what is new comes along by itself."""
    with App(tmp_path_factory.mktemp("plain"), "lab", settings=NO_SUBSHELLS) as app:
        app.write("plain.ipynb", ["pass"])
        grow(open_document(app, "plain.ipynb"), stop, answers=False)


def test_the_browser_opens_what_is_clicked_while_a_cell_trains(lab: Document, stop: str) -> None:
    """New steps are counted in the list; a click is answered by the busy kernel."""
    lab.run(START)
    train = "import pathlib\n" + TRAIN.format(shown="tracking.open_run(run).browse()", stop=stop)
    lab.page.evaluate(RUN_AWAY, train)
    row = lab.page.locator("[data-jt-artifact='metric/loss']")
    steps = "() => Number(document.querySelector(`[data-jt-artifact='metric/loss']`).innerText.match(/(\\d+) steps/)[1])"
    row.wait_for()
    first = lab.page.evaluate(steps)
    lab.until(f"n => ({steps})() > n + 10", first)
    lab.page.locator("[data-jt-artifact='curve/gain']").click()
    lab.until("() => document.querySelector('.jt-stage [data-jt-view=curve]')?.dataset.jtStep !== undefined")
    assert lab.page.evaluate(BUSY)
    Path(stop).touch()
    lab.until(RAN)
