"""A saved notebook that is opened without a kernel, or that nobody has trusted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.lab.made import MAKE, SEEN

if TYPE_CHECKING:
    from tests.lab.app import App
    from tests.lab.document import Document

TWIN = {"live": False, "twin": True, "still": False, "error": False, "step": "190"}


def test_without_a_kernel_nothing_says_that_a_widget_is_loading(lab_app: App, lab: Document) -> None:
    """JupyterLab shows "Loading widget..." for as long as there is no kernel; the view stands there alone."""
    lab.run(MAKE, "view.show('gain')")
    (lab_app.root / "no_kernel.ipynb").write_bytes(lab.save().read_bytes())  # as trusted as the one it is a copy of
    page = lab.page.context.new_page()
    page.route("**/api/sessions*", lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    page.goto(lab_app.url("no_kernel.ipynb"))
    page.wait_for_function("() => /loading widget/i.test(document.body.innerText)")
    page.wait_for_function(f"wanted => JSON.stringify(({SEEN})()) === wanted", arg=json.dumps([TWIN], separators=(",", ":")))
    page.screenshot(path=str(lab.shots / "no_kernel.png"))
    assert "Loading widget" not in page.locator(".jp-Notebook").inner_text()
    page.close()


def test_an_untrusted_notebook_says_what_to_press_there(lab: Document) -> None:
    """The command that the line names is there under that name, and so is the key that finds it."""
    assert lab.page.evaluate("window.jupyterapp.commands.label('notebook:trust')") == "Trust Notebook"
    lab.run(MAKE, "view.show('gain')")
    lab.page.keyboard.press("Control+Shift+C")
    lab.page.wait_for_selector(".jp-ModalCommandPalette")
    lab.page.keyboard.type("Trust Notebook")
    assert "Trust Notebook" in lab.page.locator(".lm-CommandPalette-itemLabel").first.inner_text()
    lab.page.keyboard.press("Escape")
