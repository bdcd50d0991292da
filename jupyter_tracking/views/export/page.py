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

from jupyter_tracking.read import checksum
from jupyter_tracking.views.model.downsample import places
from jupyter_tracking.views.model.panel import GROUND
from jupyter_tracking.views.model.payload import clean, pack
from jupyter_tracking.views.widgets.base import bundle, static

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_tracking.read.run_reader import Artifact
    from jupyter_tracking.views.model.panel import Pane, Scene
    from jupyter_tracking.views.model.payload import Frame

__all__ = ["BUDGET", "body", "choose", "markup", "metadata", "relative", "save", "squeeze", "still", "write"]

BUDGET = 256_000
_MOST = 400
_SAMPLE = 6
_HINT = "This is the last step. Trust this notebook, or open it in JupyterLab, to get the slider."
_SCRIPTS = "This is the last step. The slider needs JavaScript."
# The file may run what is in it, and fetch nothing.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; "
    "img-src data: blob:; media-src data: blob:; frame-src data: blob:"
)
_SHEET = (
    ":root{color-scheme:light dark}body{margin:16px auto;max-width:1100px;padding:0 12px;background:Canvas;color:CanvasText}"
    "h1{font:600 16px system-ui,sans-serif;overflow-wrap:anywhere}"
)


def metadata(scene: Scene) -> dict[str, Any]:
    """Return what lets a reader find the run again from the notebook alone."""
    first = scene.panes[0]
    path = relative(first.folder.path)
    shown = [_shown(pane, artifact) for pane in scene.panes for artifact in pane.artifacts]
    said: dict[str, Any] = {"run_path": path, **shown[0], "steps": scene.steps}
    if len(shown) > 1:
        said["artifacts"] = shown
    if len(scene.folders) > 1:
        said["runs"] = [{"run_uuid": folder.uuid, "run_path": relative(folder.path)} for folder in scene.folders]
    kept: dict[str, Any] = clean(said)
    return kept


def _shown(pane: Pane, artifact: Artifact) -> dict[str, Any]:
    about = {"run_uuid": pane.folder.uuid, "kind": artifact.kind, "name": artifact.name, "steps": pane.steps}
    return {**about, "events": checksum.taken(pane.folder, artifact)}


def relative(path: Path) -> str:
    """Return a run's path as seen from here, so that a notebook moved together with its runs still finds them."""
    try:
        return Path(os.path.relpath(path)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


def choose(scene: Scene, chosen: Sequence[int], index: int, *, light: bool) -> tuple[dict[str, Any], list[tuple[int, int, Frame]]]:
    """Return the scene at some of its steps: what the page is told, and pane, number and frame of each."""
    about = scene.about()
    frames: list[tuple[int, int, Frame]] = []
    panes = []
    for number, (pane, told) in enumerate(zip(scene.panes, about["panes"], strict=True)):
        every = scene.at(pane)
        at = list(chosen) if every is None else [every[place] for place in chosen]
        wanted = sorted({n for n in at if n >= 0}) if pane.events else []
        place = {n: k for k, n in enumerate(wanted)}
        if not pane.events:
            frames.append((number, GROUND, pane.ground(light=light)))
            panes.append(told)
        elif pane.family.whole:
            kept = pane.only(wanted)
            frames.append((number, GROUND, kept.ground(light=light)))
            panes.append({**clean(kept.about()), "at": [place.get(n, -1) for n in at]})
        else:
            frames.append((number, GROUND, pane.ground(light=light)))
            panes.append({**told, **_picked(told, wanted), "at": [place.get(n, -1) for n in at]})
            frames.extend((number, place[n], pane.frame(n, light=light)) for n in wanted)
    steps = [about["steps"][n] for n in chosen]
    nearest = min(range(len(chosen)), key=lambda n: abs(chosen[n] - index), default=0)
    return {"about": {**about, "panes": panes, "steps": steps, "total": scene.total}, "index": nearest}, frames


def squeeze(header: dict[str, Any], frames: Sequence[tuple[int, int, int, Frame]]) -> bytes:
    """Pack and compress; the same content gives the same bytes."""
    return gzip.compress(pack(header, frames), 9, mtime=0)


def _packed(scene: Scene, chosen: Sequence[int], index: int, *, light: bool) -> bytes:
    told, frames = choose(scene, chosen, index, light=light)
    return squeeze({"scenes": [told]}, [(0, *frame) for frame in frames])


def _picked(told: dict[str, Any], wanted: Sequence[int]) -> dict[str, Any]:
    """Return what the page is told of some of a pane's frames."""
    versions = {str(k): told["versions"][str(n)] for k, n in enumerate(wanted) if str(n) in told["versions"]}
    kept = {"steps": [told["steps"][n] for n in wanted], "times": [told["times"][n] for n in wanted], "versions": versions}
    return kept | ({"from": [told["from"][n] for n in wanted]} if "from" in told else {})


def _fitting(scene: Scene, index: int, room: int) -> bytes:
    """Pack as many steps as the room holds, evenly thinned."""
    most = min(len(scene.steps), _MOST)

    def packed(kept: int) -> bytes:
        return _packed(scene, places(len(scene.steps), kept), index, light=True)

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


def body(key: str, still: str, data: bytes, line: str) -> str:
    """Return the element that holds the still, the bundle, the steps and the script that brings them to life."""
    code, name = bundle()
    return (
        f'<div class="jt-twin" data-jt-twin="{key}" data-jt-line="{html.escape(line)}">'
        f'<div class="jt-still">{still}</div>'
        f'<script type="application/gzip" class="jt-code" data-hash="{name}">{base64.b64encode(code).decode()}</script>'
        f'<script type="application/gzip" class="jt-data">{base64.b64encode(data).decode()}</script>'
        f"<script>{static('boot.js').strip()}</script></div>"
    )


def markup(scene: Scene, *, index: int, budget: int, key: str, line: str) -> str:
    """Return the twin within a budget of bytes; `key` and `line` are those of the widget it stands in for."""
    shown = still(scene, hint=_HINT)
    room = (budget - len(body(key, shown, b"", line))) * 3 // 4
    return body(key, shown, _fitting(scene, index, max(0, room)), line)


def still(scene: Scene, *, hint: str = "") -> str:
    """Return the last step of each pane as a picture or a table."""
    parts = []
    for pane in scene.panes:
        number = max(0, len(pane.events) - 1)
        step = f", step {pane.events[number].step}" if pane.events else ""
        try:
            shown = pane.family.still(pane, number)
        except Exception as error:  # noqa: BLE001 - whatever fails is said in the view, and the rest goes on
            shown = f"<p>{html.escape(f'{type(error).__name__}: {error}')}</p>"
        words = f"{pane.artifact.kind}{step}{f', {pane.label}' if pane.label else ''}"
        parts.append(f"<p><b>{html.escape(clean(pane.title))}</b> {html.escape(clean(words))}</p>{shown}")
    return "".join(parts) + (f"<p><small>{hint}</small></p>" if hint else "")


def save(scene: Scene, path: str | Path, *, index: int) -> Path:
    """Write the scene with all its steps to one HTML file."""
    data = _packed(scene, range(len(scene.steps)), index, light=False)
    title = ", ".join(pane.title for pane in scene.panes)
    return write(path, title, body(scene.key(), still(scene, hint=_SCRIPTS), data, scene.line()))


def write(path: str | Path, title: str, inside: str) -> Path:
    """Write a page that stands alone."""
    target = Path(path)
    target.write_text(
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(clean(title))}</title>'
        f'<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<style>{_SHEET}</style></head><body><main><h1>{html.escape(clean(title))}</h1>{inside}</main></body></html>\n",
        "utf-8",
    )
    return target
