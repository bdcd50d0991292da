"""The quickstart in a real JupyterLab: top to bottom, then by keyboard alone over every step, looked at in four ways."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lab.app import App
    from tests.lab.document import Document

STEPS = [str(step) for step in range(60)]
ROC, TABLE, BROWSER = 6, 7, 9  # code cells

OVERFLOW = """() => [...document.querySelectorAll('.jt-root, [data-jt-view]')].filter(e => e.offsetParent && e.scrollWidth > e.clientWidth + 1)
  .map(e => `${e.className} ${e.dataset.jtView} ${e.scrollWidth} > ${e.clientWidth}`)"""


def shown(document: Document, view: str, step: str) -> None:
    """Wait until the view that has the focus's cell has drawn a step."""
    document.until(
        "([view, step]) => [...document.querySelectorAll(`[data-jt-view=${view}]`)].some(e => e.offsetParent && e.dataset.jtStep === step)",
        [view, step],
    )


def test_quickstart_runs_and_its_sliders_move_by_keyboard(lab_app: App, open_document: Callable[[App, str], Document]) -> None:
    """Every logged step of the ROC curve and of the table is shown, and the table's cells are those of the stored parquet."""
    folder = lab_app.root / "quickstart"
    folder.mkdir()
    shutil.copy(CHECKOUT / "notebooks" / "quickstart.ipynb", folder)
    document = open_document(lab_app, "quickstart/quickstart.ipynb")
    document.run(timeout=240)
    view = tracking.open_run("digits", root=folder)
    assert view.status == "succeeded"

    curve = document.output(ROC)
    curve.scroll_into_view_if_needed()
    document.hold_focus(curve.locator(".noUi-handle"))
    document.press("Home")
    shown(document, "curve", "0")
    pictures = {curve.locator("canvas.jt-overlay").evaluate("c => c.toDataURL()")}
    for step in STEPS[1:]:
        document.press("ArrowRight")
        shown(document, "curve", step)
        pictures.add(curve.locator("canvas.jt-overlay").evaluate("c => c.toDataURL()"))
    assert len(pictures) > len(STEPS) * 0.8  # late in training two curves may be the same

    table = document.output(TABLE)
    table.scroll_into_view_if_needed()
    document.hold_focus(table.locator(".noUi-handle"))
    document.press("Home")
    for step in STEPS:
        if step != "0":
            document.press("ArrowRight")
        shown(document, "dataframe", step)
        if int(step) % 20 == 0:
            frame = view.load("predictions", step=int(step))
            assert str(
                view.files.asset(view.files.find("predictions"), view.files.rows(view.files.find("predictions"))[int(step)])
            ).endswith(f"assets/dataframe/predictions_{step}.parquet")
            cells = table.locator(".jt-table tbody tr:not(.jt-space)").evaluate_all(
                "rows => rows.slice(0, 10).map(r => [...r.children].map(c => Number(c.title || c.textContent)))"
            )
            assert cells == [[i, *row] for i, row in enumerate(frame.head(10).to_numpy().tolist())]

    for theme, width in (("light", 1200), ("dark", 800)):
        document.theme(theme)  # type: ignore[arg-type]
        document.resize(width, 1000)
        for cell in (ROC, TABLE, TABLE + 1, BROWSER):
            document.output(cell).scroll_into_view_if_needed()
            document.quiet()
            document.shot(f"quickstart-{theme}-{width}-{cell}", document.output(cell))
        assert document.page.evaluate(OVERFLOW) == []
