"""The static page of a view: the same view as the widget, in HTML that stays in the saved notebook and needs no kernel and no network.

Equal content gives equal bytes: nothing here depends on the clock, on the order of a set or on a random number.
"""

from __future__ import annotations

import base64
import bisect
import gzip
import hashlib
import html
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_tracking.errors import escape_controls, storage_errors
from jupyter_tracking.format.json_fields import steps_in_short
from jupyter_tracking.read.check import checksum_of
from jupyter_tracking.views.export.bundle import are_scripts, packed_scripts, scripts_for, static
from jupyter_tracking.views.model.downsample import spread_evenly
from jupyter_tracking.views.model.listing import relative_path
from jupyter_tracking.views.model.panel import SHARED
from jupyter_tracking.views.model.payload import encode_scene, json_safe, pack
from jupyter_tracking.views.renderers.overlay import fallback_chart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jupyter_tracking.views.model.panel import Panel
    from jupyter_tracking.views.model.payload import Payload
    from jupyter_tracking.views.model.scene import Scene
    from jupyter_tracking.views.model.series import Series

BUDGET = 256_000  # bytes that a display may add to the notebook's file
MOST_STEPS = 400
SAMPLE = 6
_GROWTHS = 3
_SMALL = 500_000
# Only where scripts do not run is this read: no page can tell there which front end it is in.
_TRUST = (
    "Trust this notebook to get {}: in JupyterLab or Notebook, press Ctrl+Shift+C and choose “Trust Notebook”. "
    "Anywhere else, open it in one of the two first."
)
_HINT = f"This is the last step. {_TRUST.format('the slider')}"
_HINTS = re.compile(r"<p><small>[^<]*Trust this notebook to get [^<]*</small></p>")
_SCRIPTS = "This is the last step. The slider needs JavaScript."
# The file may run our own scripts, by their hashes, and fetch nothing.
_POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; "
    "img-src data: blob:; media-src data: blob:; font-src data:; frame-src data:; base-uri 'none'; form-action 'none'"
)
# What a script of ours is given, at its end: the name of its element and those of the scripts that draw it.
_GIVEN = re.compile(r'\}\)\("([0-9a-f]{64})","([\w+ -]+)","[^"]*"\)</script>')
_SHEET = (
    ":root{color-scheme:light dark}body{margin:16px auto;max-width:1100px;padding:0 12px;background:Canvas;color:CanvasText}"
    "h1,h2{font:600 16px system-ui,sans-serif;overflow-wrap:anywhere}h2{margin-top:32px}"
)

T = TypeVar("T")


# --- how much is kept ----------------------------------------------------------------------------


def fit(pack_some: Callable[[int], T], most: int, room: int | None, *, size: Callable[[T], int], first: int = SAMPLE) -> T:
    """Return what `pack_some` makes of as many things as fit into the room; of one, where even that is too large.

    What one thing costs is seen from a few, so that not all have to be drawn to find out that they do not fit.

    Args:
        pack_some: makes something of so many things.
        most: how many there are.
        room: bytes; None for all of them.
        size: how many bytes it takes.
        first: how many to try first.
    """
    if room is None or most <= 1:
        return pack_some(most)
    kept = min(most, first)
    found = pack_some(kept)
    for _ in range(_GROWTHS):
        if kept == most or size(found) > room:
            break
        one = size(pack_some(1)) if kept > 1 else 0
        cost = max(1.0, (size(found) - one) / max(1, kept - 1))
        more = min(most, kept + int((room - size(found)) / cost))
        if more == kept:
            break
        kept, found = more, pack_some(more)
    while size(found) > room and kept > 1:
        kept = max(1, min(kept - 1, int(kept * room / size(found) * 0.97)))
        found = pack_some(kept)
    return found


def data_byte_budget(budget: int, body: str) -> int:
    """Return how many compressed bytes a page has room for beside the rest of its body: they are written in base64."""
    return max(0, (budget - len(body)) * 3 // 4)


def select_steps(
    scene: Scene, chosen: Sequence[int], index: int, *, preview: bool
) -> tuple[dict[str, Any], list[tuple[int, int, Payload]]]:
    """Return a scene at some of its steps: what the page is told, as it is encoded, and panel, number and payload of each.

    Args:
        scene: the scene.
        chosen: indices of its steps.
        index: the step to begin with; of those that are not chosen, the nearest that is.
        preview: in few points and rows.
    """
    info = scene.info()
    payloads: list[tuple[int, int, Payload]] = []
    panels = []
    for number, (panel, panel_info) in enumerate(zip(scene.panels, info["panels"], strict=True)):
        places = scene.places(panel)
        at = list(chosen) if places is None else [places[n] for n in chosen]
        kept = sorted({n for n in at if n >= 0}) if panel.steps else []
        all_of_them = len(kept) == len(panel.steps)
        restricted = panel if all_of_them else panel.restricted_to(kept)
        payloads.append((number, SHARED, (restricted if panel.renderer.all_steps else panel).shared(preview=preview)))
        if not panel.steps:
            panels.append(panel_info)
            continue
        if all_of_them:
            panels.append({**panel_info, "at": at})
        else:
            index_of = {n: k for k, n in enumerate(kept)}
            panels.append({**panel_info, **json_safe(restricted.info()), "at": [index_of.get(n, -1) for n in at]})
        if preview:  # what is behind a millisecond is noise, which takes most of the bytes of compressed times
            panels[-1]["times"] = [time - time % 1000 for time in panels[-1]["times"]]
        if not panel.renderer.all_steps:
            payloads.extend((number, k, panel.payload(n, preview=preview)) for k, n in enumerate(kept))
    steps = [info["steps"][n] for n in chosen]
    after = bisect.bisect_left(chosen, index)
    nearest = min((n for n in (after - 1, after) if 0 <= n < len(chosen)), key=lambda n: abs(chosen[n] - index), default=0)
    about = encode_scene({**info, "panels": panels, "steps": steps, "total": scene.total})
    return {"about": about, "index": nearest}, payloads


def compress(header: dict[str, Any], payloads: Sequence[tuple[int, int, int, Payload]]) -> bytes:
    """Pack and compress; the same content gives the same bytes."""
    data = pack(header, payloads, to_compress=True)
    # The best compression takes two seconds a megabyte of some patterns.
    return gzip.compress(data, 9 if len(data) < _SMALL else 4, mtime=0)


def compressed_size(header: dict[str, Any], payloads: Sequence[tuple[int, int, int, Payload]]) -> int:
    """Return about how many bytes `compress` would make, found in a tenth of the time; more rather than less."""
    return len(zlib.compress(pack(header, payloads, to_compress=True), 1))


def _packed(scene: Scene, kept: int, index: int, *, preview: bool) -> bytes:
    """Return a scene at so many of its steps, spread evenly."""
    info, payloads = select_steps(scene, spread_evenly(len(scene.steps), kept), index, preview=preview)
    return compress({"scenes": [info]}, [(0, *payload) for payload in payloads])


# --- the page ------------------------------------------------------------------------------------


def trust_hint(what: str) -> str:
    """Return what is said where scripts do not run: how to get the whole view."""
    return f"<p><small>{_TRUST.format(what)}</small></p>"


def page_body(key: str, fallback: str, data: bytes, line: str, scripts: tuple[str, ...]) -> str:
    """Return the element that holds the fallback, the data, and a script with all that draws them.

    Args:
        key: that of the widget which this stands in for.
        fallback: HTML that is seen where scripts are stripped.
        data: what `compress` made.
        line: the widget's line of text.
        scripts: the names of the scripts that draw what is in the data (`scripts_for`).
    """
    token = hashlib.blake2s(b"\0".join((key.encode(), data, fallback.encode()))).hexdigest()
    return (
        f'<div class="jt-twin" data-jt-twin="{key}" data-jt-line="{html.escape(line)}" data-jt-page="{token}">'
        f'<div class="jt-still">{fallback}</div>'
        f'<script type="application/gzip" class="jt-data">{base64.b64encode(data).decode()}</script>'
        f"<script>{_script(token, scripts)}</script></div>"
    )


def still_of(body: str) -> str:
    """Return the fallback in what `page_body` made, without the line that tells how to get the rest; nothing where there is none."""
    _, begins, rest = body.partition('<div class="jt-still">')
    still, ends, _ = rest.partition('</div><script type="application/gzip"')
    return _HINTS.sub("", still) if begins and ends else ""


def _script(token: str, scripts: tuple[str, ...], there: frozenset[str] = frozenset()) -> str:
    """Return the script that starts the element of a token, and no other; in its own text what draws it, without what is there already."""
    brought = tuple(name for name in scripts if name not in there)
    names = " ".join(f"+{name}" if name in brought else name for name in scripts)
    starts = static("boot.js" if scripts[0] in brought else "join.js").strip()
    return f'((token,names,code)=>{{{starts}}})("{token}","{names}","{packed_scripts(brought)}")'


def scripts_in(pages: str) -> frozenset[str]:
    """Return the names of the scripts that draw the views in a text."""
    return frozenset(name for _, _, scripts, _ in _ours(pages) for name in scripts)


def share_scripts(pages: str, there: frozenset[str] = frozenset()) -> str:
    """Return a text with views in which each script is once, in the first view that needs it.

    Args:
        pages: the text.
        there: the names of the scripts that what stands before it has.
    """
    parts, at = [], 0
    for place, token, scripts, written in _ours(pages):
        parts += [pages[at:place], _script(token, scripts, there)]
        at, there = place + len(written), there | frozenset(scripts)
    return "".join([*parts, pages[at:]])


def _ours(pages: str) -> Iterator[tuple[int, str, tuple[str, ...], str]]:
    """Yield place, token, names and text of each script in a text that is ours, letter by letter."""
    for given in _GIVEN.finditer(pages):
        token, names = given[1], given[2].split(" ")
        scripts = tuple(name.removeprefix("+") for name in names)
        if not are_scripts(scripts):
            continue
        written = _script(token, scripts, frozenset(name for name in names if not name.startswith("+")))
        place = given.end() - len("</script>") - len(written)
        if pages.startswith(f"<script>{written}</script>", place - len("<script>")):
            yield place, token, scripts, written


def static_page(scene: Scene, *, index: int, budget: int | None, key: str, line: str) -> str:
    """Return the page of a scene.

    Args:
        scene: the scene.
        index: the index of the step to begin with.
        budget: bytes that it may take, as a preview of as many steps as fit; None for all steps, in full.
        key: that of the widget it stands in for.
        line: the widget's line of text.
    """
    count, scripts = len(scene.steps), scripts_for("scene", (panel.renderer.stem for panel in scene.panels))
    if budget is None:
        return page_body(key, fallback_html(scene, hint=_SCRIPTS), _packed(scene, count, index, preview=False), line, scripts)
    shown = fallback_html(scene, hint=_HINT)
    room = data_byte_budget(budget, page_body(key, shown, b"", line, scripts))
    data = fit(lambda kept: _packed(scene, kept, index, preview=True), min(count, MOST_STEPS), room, size=len)
    return page_body(key, shown, data, line, scripts)


def save_scene(scene: Scene, path: str | Path, *, index: int) -> Path:
    """Write a scene with all of its steps to one HTML file."""
    inside = static_page(scene, index=index, budget=None, key=scene.key(), line=scene.line())
    return write_page(path, ", ".join(panel.title for panel in scene.panels), inside)


def fallback_html(scene: Scene, *, hint: str) -> str:
    """Return the last step of each panel as a picture or a table."""
    parts = []
    for panel in scene.panels:
        step = f", step {panel.steps[-1]}" if panel.steps else ""
        words = f"{panel.kind}{step}{f', {panel.run}' if panel.run else ''}"
        shown = _fallback(panel, max(0, len(panel.steps) - 1))
        parts.append(f"<p><b>{html.escape(json_safe(panel.title))}</b> {html.escape(json_safe(words))}</p>{shown}")
    return f"{''.join(parts)}<p><small>{hint}</small></p>"


def _fallback(panel: Panel, number: int) -> str:
    try:
        if panel.renderer.joins:
            return fallback_chart(panel, number)
        (_, series, at), *_ = panel.at(number)
        return panel.renderer.fallback(series, at)
    except Exception as error:  # noqa: BLE001 - whatever fails is shown in words, and everything else is drawn
        return f"<p>{html.escape(f'{type(error).__name__}: {error}')}</p>"


def write_page(path: str | Path, title: str, inside: str) -> Path:
    """Write a page that stands alone.

    Raises:
        StorageError: it cannot be written.
    """
    target, text = Path(path), whole_page(title, inside)
    with storage_errors(f"the page {target}", kept="no run was changed"):
        target.write_text(text, "utf-8")
    return target


def whole_page(title: str, inside: str) -> str:
    """Return a page that stands alone, and runs no scripts but ours."""
    title, inside = escape_controls(title), share_scripts(inside)
    scripts = [script for *_, script in _ours(inside)]
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    policy = _POLICY.format(scripts=" ".join([*(f"'sha256-{each}'" for each in hashes), "blob:"]) if hashes else "'none'")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<style>{_SHEET}</style></head><body><main><h1>{html.escape(title)}</h1>{inside}</main></body></html>\n"
    )


# --- what the notebook's metadata say ------------------------------------------------------------


def metadata(scene: Scene) -> dict[str, Any]:
    """Return what lets a reader find the runs again from the notebook alone."""
    shown = [_shown(panel, series) for panel in scene.panels for series in _each_artifact(panel)]
    found: dict[str, Any] = {"run_path": relative_path(scene.folders[0].path), **shown[0], "steps": steps_in_short(scene.steps)}
    if len(shown) > 1:
        found["artifacts"] = shown
    if len(scene.folders) > 1:
        found["runs"] = [{"run_uuid": folder.uuid, "run_path": relative_path(folder.path)} for folder in scene.folders]
    safe: dict[str, Any] = json_safe(found)
    return safe


def _each_artifact(panel: Panel) -> list[Series]:
    """Return the series of a panel; of those of the same artifact of several runs, the first."""
    return list({(one.artifact.kind, one.artifact.name): one for one in reversed(panel.series)}.values())[::-1]


def _shown(panel: Panel, series: Series) -> dict[str, Any]:
    artifact = series.artifact
    found = {"run_uuid": series.folder.uuid, "kind": artifact.kind, "name": artifact.name, "steps": steps_in_short(panel.steps)}
    return {**found, "events": checksum_of(series.folder, artifact)}
