"""HTML: its source as text. The page renders it without its scripts and addresses, in a frame that reaches no network."""

from __future__ import annotations

from jupyter_tracking.views.renderers.text import TextRenderer


class HtmlRenderer(TextRenderer):
    """Draws HTML without its scripts and addresses, in a frame that reaches nothing, or its source."""

    stem = "html"


RENDERER = HtmlRenderer()
