"""The twin: the same view as the widget, in HTML that stays in the saved notebook and needs no kernel and no network.

Equal content gives equal bytes: nothing here depends on the clock, on an order of a set or on a number that was drawn.
"""

from __future__ import annotations

import base64
import gzip
import html
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_tracking.read import check
from jupyter_tracking.views.model.downsample import spread_evenly
from jupyter_tracking.views.model.panel import SHARED
from jupyter_tracking.views.model.payload import json_safe, pack
from jupyter_tracking.views.widgets.base import bundle, static

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_tracking.read.run_reader import Artifact
    from jupyter_tracking.views.model.panel import Panel, Scene
    from jupyter_tracking.views.model.payload import Payload

__all__ = [
    "BUDGET",
    "compress",
    "fallback_html",
    "metadata",
    "page_body",
    "relative_path",
    "save_scene",
    "select_steps",
    "static_page",
    "write_page",
]

BUDGET = 256_000
_MOST = 400
_SAMPLE = 6
_HINT = "This is the last step. Trust this notebook, or open it in JupyterLab, to get the slider."
_SCRIPTS = "This is the last step. The slider needs JavaScript."
# The file may run what is in it, and fetch nothing.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; "
    "img-src data: blob:; media-src data: blob:; payload-src data: blob:"
)
_SHEET = (
    ":root{color-scheme:light dark}body{margin:16px auto;max-width:1100px;padding:0 12px;background:Canvas;color:CanvasText}"
    "h1{font:600 16px system-ui,sans-serif;overflow-wrap:anywhere}"
)


def metadata(scene: Scene) -> dict[str, Any]:
    """Return what lets a reader find the run again from the notebook alone."""
    first = scene.panels[0]
    path = relative_path(first.folder.path)
    shown = [_shown(panel, artifact) for panel in scene.panels for artifact in panel.artifacts]
    said: dict[str, Any] = {"run_path": path, **shown[0], "steps": scene.steps}
    if len(shown) > 1:
        said["artifacts"] = shown
    if len(scene.folders) > 1:
        said["runs"] = [{"run_uuid": folder.uuid, "run_path": relative_path(folder.path)} for folder in scene.folders]
    kept: dict[str, Any] = json_safe(said)
    return kept


def _shown(panel: Panel, artifact: Artifact) -> dict[str, Any]:
    about = {"run_uuid": panel.folder.uuid, "kind": artifact.kind, "name": artifact.name, "steps": panel.steps}
    return {**about, "events": check.checksum_of(panel.folder, artifact)}


def relative_path(path: Path) -> str:
    """Return a run's path as seen from here, so that a notebook moved together with its runs still finds them."""
    try:
        return Path(os.path.relpath(path)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


def select_steps(
    scene: Scene, chosen: Sequence[int], index: int, *, preview: bool
) -> tuple[dict[str, Any], list[tuple[int, int, Payload]]]:
    """Return the scene at some of its steps: what the page is told, and panel, number and payload of each."""
    about = scene.about()
    payloads: list[tuple[int, int, Payload]] = []
    panels = []
    for number, (panel, told) in enumerate(zip(scene.panels, about["panels"], strict=True)):
        every = scene.at(panel)
        at = list(chosen) if every is None else [every[place] for place in chosen]
        wanted = sorted({n for n in at if n >= 0}) if panel.events else []
        place = {n: k for k, n in enumerate(wanted)}
        if not panel.events:
            payloads.append((number, SHARED, panel.shared(preview=preview)))
            panels.append(told)
        elif panel.renderer.all_steps:
            kept = panel.only(wanted)
            payloads.append((number, SHARED, kept.shared(preview=preview)))
            panels.append({**json_safe(kept.about()), "at": [place.get(n, -1) for n in at]})
        else:
            payloads.append((number, SHARED, panel.shared(preview=preview)))
            panels.append({**told, **_picked(told, wanted), "at": [place.get(n, -1) for n in at]})
            payloads.extend((number, place[n], panel.payload(n, preview=preview)) for n in wanted)
    steps = [about["steps"][n] for n in chosen]
    nearest = min(range(len(chosen)), key=lambda n: abs(chosen[n] - index), default=0)
    return {"about": {**about, "panels": panels, "steps": steps, "total": scene.total}, "index": nearest}, payloads


def compress(header: dict[str, Any], payloads: Sequence[tuple[int, int, int, Payload]]) -> bytes:
    """Pack and compress; the same content gives the same bytes."""
    return gzip.compress(pack(header, payloads), 9, mtime=0)


def _packed(scene: Scene, chosen: Sequence[int], index: int, *, preview: bool) -> bytes:
    told, payloads = select_steps(scene, chosen, index, preview=preview)
    return compress({"scenes": [told]}, [(0, *payload) for payload in payloads])


def _picked(told: dict[str, Any], wanted: Sequence[int]) -> dict[str, Any]:
    """Return what the page is told of some of a panel's frames."""
    versions = {str(k): told["versions"][str(n)] for k, n in enumerate(wanted) if str(n) in told["versions"]}
    kept = {"steps": [told["steps"][n] for n in wanted], "times": [told["times"][n] for n in wanted], "versions": versions}
    return kept | ({"from": [told["from"][n] for n in wanted]} if "from" in told else {})


def _fitting(scene: Scene, index: int, room: int) -> bytes:
    """Pack as many steps as the room holds, evenly thinned."""
    most = min(len(scene.steps), _MOST)

    def packed(kept: int) -> bytes:
        return _packed(scene, spread_evenly(len(scene.steps), kept), index, preview=True)

    kept = min(most, _SAMPLE)
    found = packed(kept)
    if kept < most and len(found) < room:
        # What a step costs is seen from a few, so that not all have to be drawn to find out that they do not fit.
        cost = max(1.0, (len(found) - len(packed(1))) / (kept - 1))
        kept = min(most, kept + int((room - len(found)) / cost))
        found = packed(kept)
    while len(found) > room and kept > 1:
        kept = max(1, min(kept - 1, int(kept * room / len(found) * 0.97)))
        found = packed(kept)
    return found


def page_body(key: str, still: str, data: bytes, line: str) -> str:
    """Return the element that holds the still, the bundle, the steps and the script that brings them to life."""
    code, name = bundle()
    return (
        f'<div class="jt-twin" data-jt-twin="{key}" data-jt-line="{html.escape(line)}">'
        f'<div class="jt-still">{still}</div>'
        f'<script type="application/gzip" class="jt-code" data-hash="{name}">{base64.b64encode(code).decode()}</script>'
        f'<script type="application/gzip" class="jt-data">{base64.b64encode(data).decode()}</script>'
        f"<script>{static('boot.js').strip()}</script></div>"
    )


def static_page(scene: Scene, *, index: int, budget: int, key: str, line: str) -> str:
    """Return the twin within a budget of bytes; `key` and `line` are those of the widget it stands in for."""
    shown = fallback_html(scene, hint=_HINT)
    room = (budget - len(page_body(key, shown, b"", line))) * 3 // 4
    return page_body(key, shown, _fitting(scene, index, max(0, room)), line)


def fallback_html(scene: Scene, *, hint: str = "") -> str:
    """Return the last step of each panel as a picture or a table."""
    parts = []
    for panel in scene.panels:
        number = max(0, len(panel.events) - 1)
        step = f", step {panel.events[number].step}" if panel.events else ""
        try:
            shown = panel.renderer.fallback(panel, number)
        except Exception as error:  # noqa: BLE001 - whatever fails is said in the view, and the rest goes on
            shown = f"<p>{html.escape(f'{type(error).__name__}: {error}')}</p>"
        words = f"{panel.artifact.kind}{step}{f', {panel.label}' if panel.label else ''}"
        parts.append(f"<p><b>{html.escape(json_safe(panel.title))}</b> {html.escape(json_safe(words))}</p>{shown}")
    return "".join(parts) + (f"<p><small>{hint}</small></p>" if hint else "")


def save_scene(scene: Scene, path: str | Path, *, index: int) -> Path:
    """Write the scene with all its steps to one HTML file."""
    data = _packed(scene, range(len(scene.steps)), index, preview=False)
    title = ", ".join(panel.title for panel in scene.panels)
    return write_page(path, title, page_body(scene.key(), fallback_html(scene, hint=_SCRIPTS), data, scene.line()))


def write_page(path: str | Path, title: str, inside: str) -> Path:
    """Write a page that stands alone."""
    target = Path(path)
    target.write_text(
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(json_safe(title))}</title>'
        f'<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<style>{_SHEET}</style></head><body><main><h1>{html.escape(json_safe(title))}</h1>{inside}</main></body></html>\n",
        "utf-8",
    )
    return target
