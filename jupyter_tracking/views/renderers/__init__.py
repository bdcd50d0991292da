"""Looking: how a stored artifact becomes something to see, live in a notebook and in a saved page.

A family of kinds is one module here, which turns an event into a frame (a small header and binary columns) and into a
still picture, and one module of the same stem in `widgets/src/`, which draws the frame. A view reads what is stored,
through the reader; the recording half may not enter.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_tracking.views.model.renderer import Family

__all__ = ["FAMILIES", "family_of"]

FAMILIES = (
    *("audio", "chart", "confusion", "curve", "dataframe", "file", "histogram", "html"),
    *("image", "markdown", "metric", "text", "trace", "video"),
)


@cache
def family_of(stem: str) -> Family:
    """Return the family of a stem; a stem without one is shown as a file."""
    module = import_module(f"jupyter_tracking.views.renderers.{stem if stem in FAMILIES else 'file'}")
    found: Family = module.FAMILY
    return found
