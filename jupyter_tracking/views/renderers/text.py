"""The renderer of texts: as they were logged, with the changes since the step before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.renderer import Renderer
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from jupyter_tracking.views.model.series import Series

_MOST = 1_000_000
_PREVIEW = 20_000
_FALLBACK = 4_000


class TextRenderer(Renderer):
    """Draws texts: the text of a step, with what changed since the step before."""

    stem = "text"

    def payload(self, series: Series, number: int, *, preview: bool) -> Payload:
        """Return the text of one step, cut where it is too long to look at."""
        text, most = str(series.value(number)), _PREVIEW if preview else _MOST
        payload = Payload({"cut": len(text)} if len(text) > most else {})
        payload.attach(json_safe(text[:most]).encode())
        return payload

    def fallback(self, series: Series, number: int) -> str:
        """Return the beginning of the text."""
        return fallback.pre(json_safe(str(series.value(number))[: _FALLBACK + 1]), _FALLBACK)


RENDERER = TextRenderer()
