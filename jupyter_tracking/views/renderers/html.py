"""HTML: its source as text. The page renders it, in a sandboxed frame without scripts and without a network."""

from __future__ import annotations

from jupyter_tracking.views.renderers.text import TextRenderer


class HtmlRenderer(TextRenderer):
    """Draws HTML in a frame without scripts and without the network, or its source."""

    stem = "html"


RENDERER = HtmlRenderer()
