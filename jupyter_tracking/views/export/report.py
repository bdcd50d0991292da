"""A saved notebook as one page: its text and code, and its displays with their sliders, made anew from the run folders.

A notebook is anybody's: its text is escaped, and of its HTML text and tables are written anew. No kernel is started, nothing fetched.
"""

from __future__ import annotations

import html
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.format.session import LINES
from jupyter_tracking.frames.saved_notebooks import display_metadata, find_shown_run, read_notebook, shown_artifacts, table_metadata
from jupyter_tracking.read.remote.roots import find_root, use_options
from jupyter_tracking.views.export import page
from jupyter_tracking.views.export.browser_page import browser_page
from jupyter_tracking.views.export.foreign_html import plain_html
from jupyter_tracking.views.export.runs_page import runs_page
from jupyter_tracking.views.many.pages import page_again
from jupyter_tracking.views.model.run_table import RunTable
from jupyter_tracking.views.model.scene import Scene, open_scene
from jupyter_tracking.views.renderers.markdown import render_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PICTURE = re.compile(r"[A-Za-z0-9+/=\s]+\Z")
_LONGEST = 20_000
_MOST_VIEWS = 200  # each may take a second, and as much of the page as a page alone
_MOST_MARKDOWN = 1_000_000  # characters; what comes after them is shown as it was written
_MOST_HTML = 5_000_000  # characters; of outputs after them the text is shown
_SHEET = (
    "<style>pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.3em 0;font-size:13px}details{margin:.6em 0}"
    "summary{cursor:pointer;opacity:.65;font-family:monospace}.text{font-family:sans-serif;line-height:1.45}"
    ".missing{border-left:3px solid;padding-left:.7em;opacity:.75}img{max-width:100%}"
    ".html{overflow-x:auto;font-size:13px}.html table{border-collapse:collapse;margin:.5em 0}"
    ".html :is(th,td){padding:3px 8px;text-align:right;"
    "border-bottom:1px solid color-mix(in srgb,currentColor 15%,transparent)}"
    "@media print{.html{overflow:visible;font-size:10px}.html :is(th,td){overflow-wrap:anywhere;padding:1px 4px}"
    "tr,img{break-inside:avoid}details:not([open]){display:none}}</style>"
)


def report(
    notebook: str | os.PathLike[str],
    output: str | os.PathLike[str],
    root: str | os.PathLike[str] | None = None,
    *,
    storage_options: Mapping[str, Any] | None = None,
) -> Path:
    """Write one self-contained page of a saved notebook, with its displays of runs as live views.

    Args:
        notebook: the file.
        output: the page to write.
        root: where runs are looked for that do not lie in the folder of the notebook, or below it, as they were; by default
            `POLYAXON_OFFLINE_ROOT`, else the current directory; or a URL, as `runs()` takes it. A run elsewhere is not opened, whatever
            the notebook says.
        storage_options: of the store that a URL names, as `runs()` takes them.

    Returns:
        The page's path.

    Raises:
        MissingFile: there is no such notebook.
        InvalidArgument: it is no notebook.
    """
    use_options(root, storage_options)
    node = read_notebook(notebook)
    parts, drawn = [_SHEET], 0
    room = _Room()
    for cell in node.cells:
        if cell.cell_type == "markdown":
            parts.append(room.markdown(cell.source))
        if cell.cell_type == "code":
            parts.append(_code(cell))
            for about, shown in _outputs(cell):
                drawn += about is not None
                if about is None:
                    parts.append(_output(shown, room))
                elif drawn > _MOST_VIEWS:
                    parts.append(_missing(about, f"a page holds up to {_MOST_VIEWS} views"))
                else:
                    parts.append(_view(about, notebook, root))
    title = os.path.basename(os.fspath(notebook)).removesuffix(".ipynb")  # noqa: PTH119
    return page.write_page(Path(output), title, "\n".join(parts))


class _Room:
    """How much of a notebook's Markdown and HTML is parsed: of a longer one the rest is shown as its text."""

    def __init__(self) -> None:
        self._markdown, self._html = _MOST_MARKDOWN, _MOST_HTML

    def markdown(self, source: str) -> str:
        self._markdown -= len(source)
        return _text(source) if self._markdown < 0 else f"<div class=text>{render_markdown(source)}</div>"

    def html(self, markup: str) -> str | None:
        self._html -= len(markup)
        plain = plain_html(markup) if self._html >= 0 else None
        return None if plain is None else f"<div class=html>{plain}</div>"


def _code(cell: Any) -> str:
    count = cell.get("execution_count")
    title = f"In [{count if count is not None else ' '}]"
    return f"<details><summary>{html.escape(title)}</summary><pre>{html.escape(str(cell.source))}</pre></details>"


def _outputs(cell: Any) -> Iterator[tuple[dict[str, Any] | None, Any]]:
    """Yield each output of a cell with what it says of a display of ours, which comes once: the widget and its static page say the same."""
    drawn = set()
    for output in cell.get("outputs") or ():
        about = display_metadata(output) or table_metadata(output)
        key = repr(sorted((k, repr(v)) for k, v in about.items() if k != "steps")) if about is not None else ""
        if key not in drawn:
            yield about, output
        if about is not None:
            drawn.add(key)


def _view(about: dict[str, Any], notebook: str | os.PathLike[str], root: str | os.PathLike[str] | None) -> str:
    """Return a display as a live view, or a line that says why there is none."""
    listed = "run_uuid" not in about  # a table of runs
    shown = about["runs"] if listed else list(shown_artifacts(about))
    try:
        folders = [folder for one in shown if (folder := find_shown_run(one, notebook, root)) is not None]
        if listed and folders and about["many"] is not None:
            return page_again(folders, about["many"])
        if listed and folders:
            runs = RunTable(folders, find_root(root))
            return runs_page(runs, key="report", line=f"<runs: {len(folders)}>", budget=None)
        if not folders or len(folders) < len(shown):
            return _missing(about, "its run is neither in the folder of the notebook nor under the root; root= says where runs are")
        if not about.get("name"):
            return browser_page(folders[0], budget=None, line=f"<run {folders[0].uuid}>")
        names = [(str(one.get("kind")), str(one.get("name"))) for one in shown]
        if len({folder.path for folder in folders}) == 1:
            scene = open_scene(folders[0], names)
        else:
            scene = Scene([panel for folder, name in zip(folders, names, strict=True) for panel in open_scene(folder, [name]).panels])
        return page.static_page(scene, index=len(scene.steps) - 1, budget=None, key=scene.key(), line=scene.line())
    except (TrackingError, OSError) as error:
        return _missing(about, str(error))


def _missing(about: dict[str, Any], why: str) -> str:
    what = " ".join(str(about[key]) for key in ("kind", "name") if about.get(key)) or "the artifacts"
    of = (
        f"{what} of run {str(about['run_uuid'])[:8]}"
        if "run_uuid" in about
        else "a view of runs"
        if about.get("many")
        else "a table of runs"
    )
    words = f"{of} cannot be shown: {why}"
    return f"<p class=missing>{html.escape(words)}</p>"


def _output(output: Any, room: _Room) -> str:
    if output.get("output_type") == "stream":
        return _text(output.get("text"))
    if output.get("output_type") == "error":
        return _text("\n".join(map(str, output.get("traceback") or [])) or f"{output.get('ename')}: {output.get('evalue')}")
    data = output.get("data") or {}
    markup, markdown = (_whole(data.get(kind)) for kind in ("text/html", "text/markdown"))
    if markup and (plain := room.html(markup)):
        return plain
    if markdown:
        return room.markdown(markdown)
    for kind in ("image/png", "image/jpeg", "image/gif", "image/webp"):
        picture = _whole(data.get(kind))
        if picture and _PICTURE.match(picture):
            return f'<img alt="" src="data:{kind};base64,{"".join(picture.split())}">'
    return _text(data.get("text/plain", ""))


def _whole(lines: Any) -> str:
    """Return a text, which a notebook may have as its lines; nothing where it is none."""
    return "".join(lines) if LINES.fits(lines) else ""


def _text(text: Any) -> str:
    plain = _COLOURS.sub("", "".join(map(str, text)) if isinstance(text, list) else str(text or ""))
    more = f"\n… {len(plain) - _LONGEST:,} more characters" if len(plain) > _LONGEST else ""
    return f"<pre>{html.escape(plain[:_LONGEST] + more)}</pre>" if plain.strip() else ""
