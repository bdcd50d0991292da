"""The card of a run that is being recorded: what a notebook shows where the run is the last line of a cell."""

from __future__ import annotations

import html
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jupyter_tracking.errors import escape_controls, shortened
from jupyter_tracking.format.paths import RUN_FILE
from jupyter_tracking.printed import short_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MOST = 12  # inputs, or tags, that are shown
_STYLE = "border:1px solid #8888;border-radius:4px;padding:.6em .9em;display:inline-block;max-width:100%;overflow-wrap:anywhere"


def run_card(document: Mapping[str, Any], path: Path, uuid: str) -> str:
    """Return the card as HTML: name, status, uuid, folder, parameters and tags, and how to look at what it holds."""
    rows = [
        ("status", _text(document.get("status"))),
        ("uuid", f"<code>{_text(uuid)}</code>"),
        ("folder", f"<code>{_text(short_path(path))}</code>"),
    ]
    tags, inputs = document.get("tags"), document.get("inputs")
    if isinstance(tags, list) and tags:
        rows.append(("tags", _listed([_text(tag) for tag in tags])))
    if isinstance(inputs, dict) and inputs:
        rows.append(("inputs", _listed([f"{_text(name)} = {_text(shortened(value))}" for name, value in inputs.items()])))
    rows.append(("look", f"<code>tracking.open_run({_text(repr(uuid[:8]))})</code> or <code>%artifacts</code>"))
    cells = "".join(f"<div><small>{label}</small> {value}</div>" for label, value in rows)
    return f'<div class="jt-run" style="{_STYLE}"><strong>{_text(document.get("name"))}</strong>{cells}</div>'


def run_line(which: str, path: Path, uuid: str, notebook: str | None) -> tuple[str, str]:
    """Return the line that says that a run has started: as text, and as HTML with a link to its document, where one leads there.

    Args:
        which: what has started, in words.
        path: the run's folder.
        uuid: its uuid.
        notebook: the path of the notebook, from which the link leads.
    """
    short = short_path(path)
    begin = f"{which} · {uuid} · "
    way = short_path(path / RUN_FILE, os.path.dirname(notebook)) if notebook else "~"  # noqa: PTH120
    if os.path.isabs(way) or way.startswith("~"):  # noqa: PTH117
        return f"{begin}{short}", ""
    link = f'<a href="{_text(quote(way))}">{_text(short)}</a>'
    return f"{begin}{short}", f'<span class="jt-run">{_text(begin)}{link}</span>'


def _listed(parts: list[str]) -> str:
    more = [f"and {len(parts) - _MOST} more"] if len(parts) > _MOST else []
    return " · ".join(parts[:_MOST] + more)


def _text(value: object) -> str:
    return html.escape(escape_controls(os.fspath(value) if isinstance(value, os.PathLike) else str(value)))
