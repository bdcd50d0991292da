"""A saved notebook as one page: its words and code, and its displays with live sliders, made anew from the run folders.

What stands in a notebook is anybody's text: it is escaped, never taken for markup. No kernel is started, nothing is fetched.
"""

from __future__ import annotations

import html
import os
import re
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.frames.saved_notebooks import find_shown_run, read_notebook, shown_artifacts

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["report"]

_MARK = "jupyter_tracking"
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PICTURE = re.compile(r"[A-Za-z0-9+/=\s]+\Z")
_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_LONGEST = 20_000
_SHEET = (
    "<style>pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.3em 0;font-size:13px}details{margin:.6em 0}"
    "summary{cursor:pointer;opacity:.65;font-renderer:monospace}.said{font-renderer:sans-serif;line-height:1.45}"
    ".missing{border-left:3px solid;padding-left:.7em;opacity:.75}img{max-width:100%}</style>"
)


def report(notebook: str | os.PathLike[str], output: str | os.PathLike[str], root: str | os.PathLike[str] | None = None) -> Path:
    """Write one self-contained page of a saved notebook, with its displays of runs as live views.

    Args:
        notebook: the file.
        output: the page to write.
        root: where runs are looked for that are not beside the notebook as they were; by default
            `POLYAXON_OFFLINE_ROOT`, else the current directory.

    Returns:
        The page's path.

    Raises:
        MissingFile: there is no such notebook.
        InvalidArgument: it is no notebook.
    """
    from pathlib import Path

    from jupyter_tracking.views.export import page

    node = read_notebook(notebook)
    parts = [_SHEET]
    for cell in node.cells:
        parts += _said(str(cell.source)) if cell.cell_type == "markdown" else []
        if cell.cell_type == "code":
            parts += [_code(cell), *_outputs(cell, notebook, root)]
    title = os.path.basename(os.fspath(notebook)).removesuffix(".ipynb")  # noqa: PTH119
    return page.write_page(Path(output), title, "\n".join(parts))


def _said(markdown: str) -> list[str]:
    """Return what a text cell says: headings as headings, the rest as it is written."""
    parts: list[str] = []
    for block in re.split(r"\n\s*\n", markdown.strip()):
        heading = _HEADING.fullmatch(block.strip())
        if heading:
            level = len(heading[1])
            parts.append(f"<h{level} class=said>{html.escape(heading[2])}</h{level}>")
        elif block.strip():
            parts.append(f'<p class=said style="white-space:pre-line">{html.escape(block)}</p>')
    return parts


def _code(cell: Any) -> str:
    count = cell.get("execution_count")
    title = f"In [{count if count is not None else ' '}]"
    return f"<details><summary>{html.escape(title)}</summary><pre>{html.escape(str(cell.source))}</pre></details>"


def _outputs(cell: Any, notebook: str | os.PathLike[str], root: str | os.PathLike[str] | None) -> list[str]:
    parts, drawn = [], set()
    for output in cell.get("outputs") or ():
        about = (output.get("metadata") or {}).get(_MARK)
        if isinstance(about, dict) and isinstance(about.get("run_uuid"), str):
            key = repr(sorted((k, repr(v)) for k, v in about.items() if k != "steps"))
            if key not in drawn:  # the widget and its twin say the same
                drawn.add(key)
                parts.append(_view(about, notebook, root))
        else:
            parts.append(_output(output))
    return parts


def _view(about: dict[str, Any], notebook: str | os.PathLike[str], root: str | os.PathLike[str] | None) -> str:
    """Return a display as a live view, or a line that says why there is none."""
    from jupyter_tracking.views.export import page
    from jupyter_tracking.views.model import panel
    from jupyter_tracking.views.widgets import browser

    shown = list(shown_artifacts(about))
    try:
        folders = [find_shown_run(one, notebook, root) for one in shown]
        if not folders or any(folder is None for folder in folders):
            return _missing(about, "its run is not on this disk")
        found = [folder for folder in folders if folder is not None]
        if not about.get("name"):
            return browser.browser_page(found[0], budget=None, line=f"<run {found[0].uuid}>")
        panels = []
        for folder, one in zip(found, shown, strict=True):
            panels += panel.scene(folder, [(str(one.get("kind")), str(one.get("name")))]).panels
        scene = panel.Scene(panels)
        told, drawn = page.select_steps(scene, range(len(scene.steps)), len(scene.steps) - 1, preview=False)
        data = page.compress({"scenes": [told]}, [(0, *frame) for frame in drawn])
        return page.page_body(scene.key(), page.fallback_html(scene), data, scene.line())
    except (TrackingError, OSError) as error:
        return _missing(about, str(error))


def _missing(about: dict[str, Any], why: str) -> str:
    what = " ".join(str(about[key]) for key in ("kind", "name") if about.get(key)) or "the artifacts"
    words = f"{what} of run {str(about['run_uuid'])[:8]} cannot be shown: {why}"
    return f"<p class=missing>{html.escape(words)}</p>"


def _output(output: Any) -> str:
    if output.get("output_type") == "stream":
        return _text(output.get("text"))
    if output.get("output_type") == "error":
        return _text("\n".join(map(str, output.get("traceback") or [])) or f"{output.get('ename')}: {output.get('evalue')}")
    data = output.get("data") or {}
    for kind in ("image/png", "image/jpeg"):
        picture = "".join(data[kind]) if kind in data else ""
        if picture and _PICTURE.match(picture):
            return f'<img alt="" src="data:{kind};base64,{"".join(picture.split())}">'
    return _text(data.get("text/plain", ""))


def _text(text: Any) -> str:
    plain = _COLOURS.sub("", "".join(text) if isinstance(text, list) else str(text or ""))
    more = f"\n… {len(plain) - _LONGEST:,} more characters" if len(plain) > _LONGEST else ""
    return f"<pre>{html.escape(plain[:_LONGEST] + more)}</pre>" if plain.strip() else ""
