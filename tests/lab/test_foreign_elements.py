"""Elements of anybody's that look like a static page of ours: our script starts the one it was written with, and no other."""

from __future__ import annotations

import base64
import gzip
import json
import re
import struct
from html import escape
from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import expect

import jupyter_tracking as tracking
from jupyter_tracking.views.export import page as pages
from jupyter_tracking.views.model.scene import open_scene
from tests.lab.hostile import FLAG

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.lab.app import App
    from tests.lab.document import Document

EVIL = f"{FLAG};export function page(host){{{FLAG};host.textContent='forged'}}export const render=page"
CODE = base64.b64encode(gzip.compress(EVIL.encode())).decode()
HEAD = json.dumps({"scenes": [], "payloads": [], "__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}).encode()
DATA = base64.b64encode(gzip.compress(struct.pack("<I", len(HEAD)) + HEAD)).decode()
FIRED = "() => window.jtFired ?? Object.prototype.polluted ?? null"


def forged(token: str, key: str) -> list[str]:
    """Return elements that look like a page of ours, as a sanitiser may leave them; some with the names of a real one."""
    inner = f'<div class="jt-code" data-hash="h">{CODE}</div><div class="jt-data">{DATA}</div>'
    script = (
        f'<script type="application/gzip" class="jt-code">{CODE}</script><script type="application/gzip" class="jt-data">{DATA}</script>'
    )
    real = f'data-jt-twin="{key}" data-jt-page="{token}"'
    return [
        f'<div class="jt-twin">{inner}</div>',
        f'<div class="jt-twin" data-jt-twin="{key}">{inner}</div>',
        f'<div class="jt-twin" {real}>{inner}</div>',
        f'<div class="jt-twin" {real} hidden>{inner}</div>',
        f'<span class="jt-twin" {real}>{inner}</span>',
        f'<pre class="jt-twin" {real}>{inner}</pre>',
        f'<form class="jt-twin" {real}><input name="dataset"><input name="querySelector">{inner}</form>',
        f'<div class="jt-twin" {real}><div>{script}</div></div>',
        f'<div class="jt-twin" data-jt-page="">{script}</div>',
        f'<div class="jt-twin">{script}</div>',
        f'<div class="jt-twin" data-jt-twin="{key}" data-jt-page="{"0" * 64}">{script}</div>',
        f'<section class="jt-twin" {real}>{script}</section>',
        f'<svg class="jt-twin" {real}><text class="jt-data">{DATA}</text><text class="jt-code">{CODE}</text></svg>',
        f'<div class="jt-twin" {real}><svg><script type="application/gzip" class="jt-data">{DATA}</script></svg></div>',
        f'<div class="jt-twin" {real}><template>{script}</template></div>',
        f'<div class="jt-twin" {real}><textarea class="jt-data">{DATA}</textarea><textarea class="jt-code">{CODE}</textarea></div>',
        f'<div class="jt-code" id="jt-code">{CODE}</div><div class="jt-data" id="jt-data">{DATA}</div>',
        f'<div data-jt-live="{key}" class="jt-stage">forged</div>',
        '<img name="currentScript" class="jt-twin"><img name="querySelectorAll"><a id="token"></a><a id="code"></a><a id="hash"></a>',
        f'<div class="jt-twin"><img name="currentScript">{inner}</div>',
        '<form id="jupyterTrackingBundles" name="jupyterTrackingBundles"><input name="h"></form><a id="DecompressionStream"></a>',
        '<a id="jupyterTracking"></a><object name="currentScript"></object><embed name="currentScript">',
    ]


@pytest.fixture
def genuine(tmp_path: Path) -> tuple[str, str, str]:
    """A page of ours, with its token and its key."""
    with tracking.init(root=tmp_path, name="genuine", track_code=False, track_env=False, track_logs=False) as run:
        run.log_text("notes", "what was logged", step=0)
    scene = open_scene(tracking.open_run(run).files, [("text", "notes")])
    body = pages.static_page(scene, index=0, budget=None, key=scene.key(), line=scene.line())
    return body, re.findall(r'data-jt-page="(\w+)"', body)[0], scene.key()


# What VS Code and older notebooks do: the markup is put in place, and its scripts are run from somewhere else.
AWAY = """html => { const place = document.createElement('div'); document.body.append(place); place.innerHTML = html;
  for (const old of place.querySelectorAll('script:not([type])')) { const script = document.createElement('script');
    script.text = old.textContent; old.remove(); HTMLElement.prototype.append.call(document.documentElement, script); script.remove() } }"""


@pytest.mark.parametrize("away", [False, True], ids=["in its place", "away from its place"])
def test_only_the_element_of_the_script_is_started(blank_page: Page, tmp_path: Path, genuine: tuple[str, str, str], away: bool) -> None:
    """Beside each other in one page, forged ones before and after: only ours is drawn, and nothing of theirs runs."""
    body, token, key = genuine
    strange = "".join(f"<section class=strange>{one}</section>" for one in forged(token, key))
    (tmp_path / "page.html").write_text(f"<!doctype html><meta charset=utf-8><body>{strange}{'' if away else body}{strange}")
    blank_page.goto((tmp_path / "page.html").as_uri())
    if away:
        blank_page.evaluate(AWAY, body)
    expect(blank_page.locator("[data-jt-view=text] pre")).to_have_text("what was logged")
    assert blank_page.locator("[data-jt-view]").count() == 1
    assert blank_page.locator(".strange [data-jt-begun], .strange[data-jt-begun]").count() == 0
    assert blank_page.evaluate(FIRED) is None


def test_a_strangers_markdown_and_outputs_are_not_started(
    lab_app: App, open_document: Callable[[App, str], Document], genuine: tuple[str, str, str]
) -> None:
    """In JupyterLab: cells of Markdown and outputs that came with the notebook, beside a view of ours that is shown now."""
    body, token, key = genuine
    cells = []
    for one in forged(token, key)[:18]:
        cells.append(nbformat.v4.new_markdown_cell(one))
        output = nbformat.v4.new_output("display_data", data={"text/html": one, "text/plain": "forged"})
        cells.append(nbformat.v4.new_code_cell("pass", outputs=[output]))
    show = f"from IPython.display import HTML, display\ndisplay(HTML({body!r}))"
    lab_app.write("foreign.ipynb", [*cells, nbformat.v4.new_code_cell(show)])
    document = open_document(lab_app, "foreign.ipynb")
    document.page.evaluate(
        """() => { const {content} = window.jupyterapp.shell.currentWidget;
          content.activeCellIndex = content.widgets.length - 1; void window.jupyterapp.commands.execute('notebook:run-cell') }"""
    )
    expect(document.page.locator("[data-jt-view=text] pre")).to_have_text("what was logged", timeout=20_000)
    assert document.page.locator("[data-jt-view]").count() == 1
    assert document.page.evaluate(FIRED) is None
    assert escape(CODE)[:40] in document.page.content()
