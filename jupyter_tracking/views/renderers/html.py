"""HTML: its source as text. The page renders it, in a sandboxed frame without scripts and without a network."""

from __future__ import annotations

from jupyter_tracking.views.renderers.text import TextRenderer


class HtmlRenderer(TextRenderer):
    """Markup a step."""

    stem = "html"


RENDERER = HtmlRenderer()
