"""Markdown: its source as text, which the page shows with its marks carried out."""

from __future__ import annotations

from jupyter_tracking.views.renderers.text import TextFamily

__all__ = ["FAMILY"]


class MarkdownFamily(TextFamily):
    """Markdown a step."""

    stem = "markdown"


FAMILY = MarkdownFamily()
