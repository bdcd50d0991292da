"""HTML: its source as text. The page renders it, in a frame without scripts and without a network."""

from __future__ import annotations

from jupyter_tracking.views.renderers.text import TextFamily

__all__ = ["FAMILY"]


class HtmlFamily(TextFamily):
    """Markup a step."""

    stem = "html"


FAMILY = HtmlFamily()
