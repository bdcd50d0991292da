"""The renderers: one module for each way to show an artifact, and one of the same stem in `widgets/src/renderers/`.

A module here turns the steps of an artifact into payloads (a small head and binary columns) and one step into static HTML; the module
of the same stem in the page draws the payloads. A renderer reads what is stored, through the reader, and writes nothing.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_tracking.views.model.renderer import Renderer

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
