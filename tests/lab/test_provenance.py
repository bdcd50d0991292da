"""In a real JupyterLab: which cell made what, output that stays where it was, the graph, and a report with live sliders."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import nbformat
from playwright.sync_api import expect

import jupyter_tracking as tracking
from tests.provenance.conftest import EVENTS, TWELVE
from tests.provenance.test_front_ends import check
from tests.provenance.test_printed import SHOWING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.lab.app import App
    from tests.lab.document import Document


def test_every_artifact_has_the_id_of_its_cell_in_jupyterlab(lab_app: App, open_document: Callable[[App, str], Document]) -> None:
    """Twelve cells, a thousand events of eight kinds: ids, numbers, hashes and the notebook, of rows and lineage; run twice too."""
    cells_are_known(lab_app, open_document)


def test_every_artifact_has_the_id_of_its_cell_in_notebook_7(notebook_app: App, open_document: Callable[[App, str], Document]) -> None:
    """The same in Notebook 7."""
    cells_are_known(notebook_app, open_document)


def cells_are_known(app: App, open_document: Callable[[App, str], Document]) -> None:
    """Run a notebook of twelve cells, and look at what the runs say of them."""
    (app.root / "twelve").mkdir()
    app.write("twelve/twelve.ipynb", TWELVE)
    document = open_document(app, "twelve/twelve.ipynb")
    document.run()
    ids = [cell.id for cell in nbformat.read(document.save(), as_version=4).cells]
    folder = app.root / "twelve"
    view = tracking.open_run("twelve", root=folder)
    check(view)
    assert view.cells()["cell_id"].tolist() == ids[1:]
    assert set(view.cells()["notebook"]) == {str(folder / "twelve.ipynb")}
    lineage = view.lineage().set_index("name")
    for name in EVENTS:
        own = ids[int(name.split()[1]) - 1]
        assert set(view.events(name)["cell_id"]) == {own}
        assert lineage.loc[name, "cell_id"] == own
        assert lineage.loc[name, "notebook"] == str(folder / "twelve.ipynb")
    session = view.notebook()
    nbformat.validate(session)
    assert [cell.id for cell in session.cells[1:]] == ids[1:]
    # Once more: other runs of the same cells have the same ids and other numbers.
    document.run()
    runs = tracking.runs(folder)
    again = tracking.open_run(runs["uuid"].iloc[0], root=folder)
    check(again, numbers=range(13, 25))
    assert again.cells()["cell_id"].tolist() == ids[1:]


def outputs_of(document: Document) -> list[list[tuple[object, ...]]]:
    """What stands under each cell; neighbours of one stream put together."""
    cells = []
    for cell in document.cells():
        outputs: list[tuple[object, ...]] = []
        for output in cell["outputs"]:
            text = output.get("text") or output.get("ename") or output["data"]["text/plain"]
            text = "".join(text) if isinstance(text, list) else text
            kind = (output["output_type"], output.get("name"))
            if outputs and outputs[-1][:2] == kind and kind[0] == "stream":
                outputs[-1] = (*kind, str(outputs[-1][2]) + text)
            else:
                outputs.append((*kind, text))
        cells.append(outputs)
    return cells


def test_output_stays_under_its_own_cell(lab: Document) -> None:
    """With a run the page shows what it shows without one: streams, displays, results, threads, errors."""
    shown = []
    for start, end in (("run = None", "None"), ("run = tracking.init(root='stays')", "tracking.end()")):
        # An error would stop the cells behind it, here as anywhere.
        sources = [source.format(start=start, end=end) for source in SHOWING if source != "1/0"]
        lab.run(*sources)
        shown.append(outputs_of(lab))
    plain, tracked = shown
    assert str(tracked[2][0][2]).startswith("run run-")
    tracked[2] = []
    assert tracked == plain


def test_the_graph_of_runs_is_drawn(lab: Document) -> None:
    """JupyterLab draws the Mermaid bundle: a node a run, the names of what passes."""
    source = (
        "import jupyter_tracking as tracking\nfrom pathlib import Path\nfrom tempfile import mkdtemp\nroot = mkdtemp()\n"
        "Path('data.csv').write_text('a')\n"
        "with tracking.init(name='producer', root=root): tracking.log_artifact('data.csv')\n"
        "with tracking.init(name='consumer \"x\"', root=root): tracking.log_artifact_ref('data.csv', name='used', is_input=True)\n"
    )
    lab.run(source, "tracking.lineage_graph(root)")
    drawn = lab.output(1).locator(".jp-RenderedMermaid img")
    expect(drawn).to_be_visible()
    assert "producer" in drawn.evaluate("e => decodeURIComponent(e.src)")
    lab.shot("graph", lab.output(1))


def test_the_report_of_the_quickstart_is_alive_without_a_network(quickstart: Path, tmp_path: Path, blank_page: Page) -> None:
    """One file from the saved notebook and its runs; opened from disk its sliders move, and nothing is asked for."""
    page = tracking.report(quickstart / "quickstart.ipynb", tmp_path / "report.html")
    blank_page.goto(page.as_uri())
    curve = blank_page.locator("[data-jt-view=curve]").first
    expect(curve).to_have_attribute("data-jt-step", "59")
    slider = blank_page.locator("input[type=range], [role=slider]").first
    slider.focus()
    blank_page.keyboard.press("Home")
    expect(curve).to_have_attribute("data-jt-step", "0")
    for step in ("1", "2", "3"):
        blank_page.keyboard.press("ArrowRight")
        expect(curve).to_have_attribute("data-jt-step", step)


def test_a_step_says_its_cell_and_opens_the_source(lab: Document) -> None:
    """In the stepper "from cell [n]" follows the slider and opens the source by key; the browser has the log, with a search."""
    cells = lab.run(
        "import jupyter_tracking as tracking\nrun = tracking.init(root='cells', collect_resources=True)",
        "tracking.log_text('note', 'first', step=0); print('one <b>')",
        "tracking.log_text('note', 'second', step=1); print('two')",
        "tracking.end()\ntracking.open_run(run).show('note')",
        "tracking.open_run(run).browse()",
    )
    origin = lab.output(3).locator("[data-jt-cell]")
    expect(origin).to_have_attribute("data-jt-cell", f"cell [{cells[2]['count']}]")
    press = origin.get_by_role("button")
    press.focus()
    lab.press("Enter")
    expect(lab.output(3).locator("pre.jt-from-source")).to_contain_text("'second'")
    lab.hold_focus(lab.output(3).locator(".noUi-handle"))
    lab.press("ArrowLeft")
    expect(origin).to_have_attribute("data-jt-cell", f"cell [{cells[1]['count']}]")
    expect(lab.output(3).locator("pre.jt-from-source")).to_contain_text("'first'")
    lab.shot("origin", lab.output(3))
    browser = lab.output(4)
    browser.get_by_role("tab", name="Log").click()
    expect(browser.locator(".jt-printed").filter(has_text="one <b>")).to_be_visible()
    browser.get_by_label("search printed lines").fill("two")
    expect(browser.locator(".jt-printed")).to_have_text([re.compile("two$")])
    lab.shot("log", browser)


def test_the_line_of_a_run_leads_to_the_run(lab: Document) -> None:
    """One line with one link, which opens the run in a tab of JupyterLab; what is stored of it names no folder of the machine."""
    lab.run("import jupyter_tracking as tracking\nrun = tracking.init(name='linked')\ntracking.end()\nprint(run.uuid)")
    (shown, printed) = lab.cells()[0]["outputs"]
    uuid = printed["text"].strip()
    assert shown["data"]["text/plain"] == f"run linked · {uuid} · runs/{uuid}"
    assert f'<a href="runs/{uuid}/run.plx.json">runs/{uuid}</a>' in shown["data"]["text/html"]
    assert str(lab.app.root) not in repr(shown)
    names = "() => [...window.jupyterapp.shell.widgets('main')].map(each => each.title.label)"
    before = lab.page.evaluate(names)
    lab.output().locator(".jt-run a").click()
    lab.until("name => [...window.jupyterapp.shell.widgets('main')].some(each => each.title.label === name)", "linked")
    assert [name for name in lab.page.evaluate(names) if name not in before] == ["linked"]
    lab.page.evaluate("() => window.jupyterapp.commands.execute('application:close').then(() => null)")
    lab.until("() => window.jupyterapp.shell.currentWidget?.content?.model?.sharedModel?.cells !== undefined")
