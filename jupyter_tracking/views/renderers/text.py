"""Text: as it was logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_tracking.views.model.payload import Frame, clean
from jupyter_tracking.views.model.renderer import Family
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from jupyter_tracking.views.model.panel import Pane

__all__ = ["FAMILY"]

_MOST = 1_000_000
_LIGHT = 20_000
_STILL = 4_000


class TextFamily(Family):
    """Text a step."""

    stem = "text"

    def frame(self, pane: Pane, number: int, *, light: bool) -> Frame:
        """Return the text of one step, cut where it is too long to look at."""
        text, most = str(pane.value(number)), _LIGHT if light else _MOST
        frame = Frame({"cut": len(text)} if len(text) > most else {})
        frame.attach(clean(text[:most]).encode())
        return frame

    def still(self, pane: Pane, number: int) -> str:
        """Return the text."""
        text = str(pane.value(number))
        return f'<pre style="white-space:pre-wrap">{fallback.escape(clean(text[:_STILL]))}{"…" if len(text) > _STILL else ""}</pre>'


FAMILY = TextFamily()
