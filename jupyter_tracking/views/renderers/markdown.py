"""Markdown: its source as text, which the page shows with its marks carried out."""

from __future__ import annotations

from jupyter_tracking.views.renderers.text import TextRenderer

__all__ = ["RENDERER"]


class MarkdownRenderer(TextRenderer):
    """Markdown a step."""

    stem = "markdown"


RENDERER = MarkdownRenderer()
