"""The card of a run that is being recorded: what a notebook shows where the run is the last line of a cell."""

from __future__ import annotations

import html
import os
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import escape_controls, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MOST = 12  # inputs, or tags, that are shown
_STYLE = "border:1px solid #8888;border-radius:4px;padding:.6em .9em;display:inline-block;max-width:100%;overflow-wrap:anywhere"


def run_card(document: Mapping[str, Any], path: Path, uuid: str) -> str:
    """Return the card as HTML: name, status, uuid, folder, parameters and tags, and how to look at what it holds."""
    rows = [("status", _text(document.get("status"))), ("uuid", f"<code>{_text(uuid)}</code>"), ("folder", f"<code>{_text(path)}</code>")]
    tags, inputs = document.get("tags"), document.get("inputs")
    if isinstance(tags, list) and tags:
        rows.append(("tags", _listed([_text(tag) for tag in tags])))
    if isinstance(inputs, dict) and inputs:
        rows.append(("inputs", _listed([f"{_text(name)} = {_text(shortened(value))}" for name, value in inputs.items()])))
    rows.append(("look", f"<code>tracking.open_run({_text(repr(uuid[:8]))})</code> or <code>%artifacts</code>"))
    cells = "".join(f"<div><small>{label}</small> {value}</div>" for label, value in rows)
    return f'<div class="jt-run" style="{_STYLE}"><strong>{_text(document.get("name"))}</strong>{cells}</div>'


def _listed(parts: list[str]) -> str:
    more = [f"and {len(parts) - _MOST} more"] if len(parts) > _MOST else []
    return " · ".join(parts[:_MOST] + more)


def _text(value: object) -> str:
    return html.escape(escape_controls(os.fspath(value) if isinstance(value, os.PathLike) else str(value)))
