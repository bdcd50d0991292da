"""The twin: the same view as the widget, in HTML that stays in the saved notebook and needs no kernel and no network.

Equal content gives equal bytes: nothing here depends on the clock, on an order of a set or on a number that was drawn.
"""

from __future__ import annotations

import base64
import gzip
import html
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_tracking.views.content import bundle, static
from jupyter_tracking.views.frame import clean, pack
from jupyter_tracking.views.pane import GROUND
from jupyter_tracking.views.thin import places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_tracking.views.frame import Frame
    from jupyter_tracking.views.pane import Scene

__all__ = ["BUDGET", "markup", "metadata", "save"]

BUDGET = 256_000
_MOST = 400
_HINT = "This is the last step. Trust this notebook, or open it in JupyterLab, to get the slider."
_SCRIPTS = "This is the last step. The slider needs JavaScript."
# The file may run what is in it, and fetch nothing.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; "
    "img-src data: blob:; media-src data: blob:; frame-src data: blob:"
)
_SHEET = ":root{color-scheme:light dark}body{margin:16px auto;max-width:1100px;padding:0 12px;background:Canvas;color:CanvasText}"


def metadata(scene: Scene) -> dict[str, Any]:
    """Return what lets a reader find the run again from the notebook alone."""
    first = scene.panes[0]
    path = _relative(first.folder.path)
    shown = [{"kind": p.artifact.kind, "name": p.artifact.name, "steps": p.steps} for p in scene.panes]
    said = {"run": first.folder.uuid, "path": path, "kind": first.artifact.kind, "name": first.artifact.name, "steps": scene.steps}
    kept: dict[str, Any] = clean(said if len(shown) == 1 else {**said, "artifacts": shown})
    return kept


def _relative(path: Path) -> str:
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def _packed(scene: Scene, chosen: Sequence[int], index: int, *, light: bool) -> bytes:
    """Pack the scene at some of its steps."""
    about = scene.about()
    frames: list[tuple[int, int, Frame]] = []
    panes = []
    for number, (pane, told) in enumerate(zip(scene.panes, about["panes"], strict=True)):
        frames.append((number, GROUND, pane.ground(light=light)))
        if told["whole"]:
            panes.append({**told, "at": _picked(told.get("at"), chosen)} if pane.events else told)
            continue
        at = [scene.number(pane, place) for place in chosen]
        wanted = sorted({n for n in at if n >= 0})
        place = {n: k for k, n in enumerate(wanted)}
        kept = {
            "steps": [told["steps"][n] for n in wanted],
            "times": [told["times"][n] for n in wanted],
            "versions": {str(place[int(n)]): many for n, many in told["versions"].items() if int(n) in place},
            "at": [place.get(n, -1) for n in at],
        }
        panes.append({**told, **kept})
        frames.extend((number, place[n], pane.frame(n, light=light)) for n in wanted)
    header = {"about": {**about, "panes": panes, "steps": [about["steps"][n] for n in chosen], "total": len(scene.steps)}}
    nearest = min(range(len(chosen)), key=lambda n: abs(chosen[n] - index), default=0)
    return gzip.compress(pack({**header, "index": nearest}, frames), 9, mtime=0)


def _picked(at: list[int] | None, chosen: Sequence[int]) -> list[int]:
    return [place if at is None else at[place] for place in chosen]


def _fitting(scene: Scene, index: int, room: int) -> bytes:
    """Pack as many steps as the room holds, evenly thinned."""
    count = len(scene.steps)
    kept = min(count, _MOST)
    packed = _packed(scene, places(count, kept), index, light=True)
    while len(packed) > room and kept > 1:
        kept = max(1, min(kept - 1, int(kept * room / len(packed) * 0.97)))
        packed = _packed(scene, places(count, kept), index, light=True)
    return packed


def _body(scene: Scene, data: bytes, line: str, hint: str) -> str:
    """Return the element that holds the still, the bundle, the steps and the script that brings them to life."""
    code, name = bundle()
    return (
        f'<div class="jt-twin" data-jt-twin="{scene.key()}" data-jt-line="{html.escape(line)}">'
        f'<div class="jt-still">{_still(scene)}<p><small>{hint}</small></p></div>'
        f'<script type="application/gzip" class="jt-code" data-hash="{name}">{base64.b64encode(code).decode()}</script>'
        f'<script type="application/gzip" class="jt-data">{base64.b64encode(data).decode()}</script>'
        f"<script>{static('twin.js').strip()}</script></div>"
    )


def markup(scene: Scene, *, index: int, budget: int, line: str) -> str:
    """Return the twin within a budget of bytes."""
    fixed = len(_body(scene, b"", line, _HINT))
    return _body(scene, _fitting(scene, index, max(0, (budget - fixed) * 3 // 4)), line, _HINT)


def _still(scene: Scene) -> str:
    parts = []
    for pane in scene.panes:
        number = max(0, len(pane.events) - 1)
        step = f", step {pane.events[number].step}" if pane.events else ""
        try:
            body = pane.family.still(pane, number)
        except Exception as error:  # noqa: BLE001 - whatever fails is said in the view, and the rest goes on
            body = f"<p>{html.escape(f'{type(error).__name__}: {error}')}</p>"
        parts.append(f"<p><b>{html.escape(clean(pane.artifact.name))}</b> {html.escape(pane.artifact.kind)}{html.escape(step)}</p>{body}")
    return "".join(parts)


def save(scene: Scene, path: str | Path, *, index: int) -> Path:
    """Write the scene with all its steps to one HTML file."""
    data = _packed(scene, range(len(scene.steps)), index, light=False)
    title = html.escape(clean(", ".join(pane.artifact.name for pane in scene.panes)))
    target = Path(path)
    target.write_text(
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<style>{_SHEET}</style></head><body>{_body(scene, data, scene.line(), _SCRIPTS)}</body></html>\n",
        "utf-8",
    )
    return target
