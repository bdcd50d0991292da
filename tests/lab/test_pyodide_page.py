"""The storage in Pyodide, in a page: what is logged lasts as long as the file system in which it lies."""

from __future__ import annotations

import base64
import io
import mimetypes
import zipfile
from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from tests.conftest import CHECKOUT
from tests.lab.conftest import page_of
from tests.portable.pyodide_package import HERE, pyodide_package

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

ORIGIN = "http://pyodide.test"
# `/saved` is the page's own database (IDBFS): it is read when it is mounted, and written when a program asks for it.
LOAD = """async () => {
  const { loadPyodide } = await import('/pyodide/pyodide.mjs');
  window.python = await loadPyodide({ indexURL: '/pyodide/' });
  const archive = await (await fetch('/checkout.zip')).arrayBuffer();
  python.unpackArchive(archive, 'zip', { extractDir: '/checkout' });
  window.sync = (fromDatabase) => new Promise((done, failed) => python.FS.syncfs(fromDatabase, (error) => error ? failed(error) : done()));
  python.FS.mkdirTree('/saved');
  python.FS.mount(python.FS.filesystems.IDBFS, {}, '/saved');
  await window.sync(true);
}"""
LOG = """
import sys, warnings
sys.path[:0] = ["/checkout", "/checkout/tests/portable/pyodide/stand_in"]
told = []
warnings.showwarning = lambda message, kind, *_: told.append(f"{kind.__name__}: {message}")
import jupyter_tracking as tracking

def log(name, root):
    with tracking.init(name=name, root=root, quiet=True):
        for step in range(5):
            tracking.log_metrics(step=step, loss=1 / (step + 1))
        tracking.log_text("note", name, step=0)
"""
FILES = """
import base64, json
from pathlib import Path
json.dumps({
    "files": {str(each): base64.b64encode(each.read_bytes()).decode() for each in Path("/saved").rglob("*") if each.is_file()},
    "memory": Path("/memory").exists(),
})
"""


def _serve(page: Page) -> None:
    """Serve Pyodide and the sources of the package at a name that is on no network."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for top in (CHECKOUT / "jupyter_tracking", HERE / "stand_in"):
            for file in top.rglob("*.py"):
                archive.write(file, file.relative_to(CHECKOUT))
    package = pyodide_package()

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path.startswith("/pyodide/"):
            file = package / path.removeprefix("/pyodide/")
            kind = "text/javascript" if file.suffix == ".mjs" else mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            route.fulfill(body=file.read_bytes(), content_type=kind)
        elif path == "/checkout.zip":
            route.fulfill(body=packed.getvalue(), content_type="application/zip")
        else:
            route.fulfill(body="<!doctype html><title>Pyodide</title>", content_type="text/html")

    page.route(f"{ORIGIN}/**", answer)


def test_what_is_logged_in_a_page_lasts_as_long_as_its_file_system(browser: Browser, tmp_path: Path) -> None:
    """In memory until the page is closed; in the page's database from one `syncfs` on, and then it is read here, equal."""
    with page_of(browser, ORIGIN) as page:
        _serve(page)
        page.goto(f"{ORIGIN}/")
        page.evaluate(LOAD)
        told = page.evaluate(
            "source => python.runPython(source)",
            f"{LOG}\nlog('gone', '/memory')\nlog('kept', '/saved/root')\nimport json\njson.dumps(told)",
        )
        assert told.count("a run lasts no longer than the file system of Pyodide") == 1
        page.evaluate("() => window.sync(false)")
        page.evaluate("source => python.runPython(source)", "log('unsaved', '/saved/root')")
        page.reload()
        page.evaluate(LOAD)
        found = page.evaluate("source => JSON.parse(python.runPython(source))", FILES)
    assert not found["memory"]
    for name, content in found["files"].items():
        file = tmp_path / name.removeprefix("/saved/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(content))
    assert list(tracking.runs(root=tmp_path / "root")["name"]) == ["kept"]
    view = tracking.open_run("kept", root=tmp_path / "root")
    assert (view.status, view.load("note"), list(view.metrics()["loss"])) == ("succeeded", "kept", [1 / (step + 1) for step in range(5)])
    assert view.problems().empty
