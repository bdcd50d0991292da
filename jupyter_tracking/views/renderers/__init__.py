"""Looking: how a stored artifact becomes something to see, live in a notebook and in a saved page.

A renderer of kinds is one module here, which turns an event into a payload (a small header and binary columns) and into a
still picture, and one module of the same stem in `widgets/src/`, which draws the payload. A view reads what is stored,
through the reader; the recording half may not enter.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_tracking.views.model.renderer import Renderer

__all__ = ["RENDERERS", "renderer_of"]

RENDERERS = (
    *("audio", "chart", "confusion", "curve", "dataframe", "file", "histogram", "html"),
    *("image", "markdown", "metric", "text", "trace", "video"),
)


@cache
def renderer_of(stem: str) -> Renderer:
    """Return the renderer of a stem; a stem without one is shown as a file."""
    module = import_module(f"jupyter_tracking.views.renderers.{stem if stem in RENDERERS else 'file'}")
    found: Renderer = module.RENDERER
    return found
