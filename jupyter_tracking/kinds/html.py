"""The html kind: markup, in the row. It is shown without scripts and without the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_tracking.kinds.base import Kind, Recorder
from jupyter_tracking.kinds.text import as_text

if TYPE_CHECKING:
    from jupyter_tracking.kinds.base import Asset, Timestamp

__all__ = ["HTML", "HtmlLogging"]


def _decode(payload: str, _asset: Asset) -> str:
    return payload


HTML = Kind("html", "html", _decode, ("html",))


class HtmlLogging(Recorder):
    """How a run logs HTML."""

    def log_html(self, name: str, html: str, step: int | None = None, timestamp: Timestamp = None) -> None:
        """Log HTML.

        Args:
            name: its name.
            html: the markup, kept as it is.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not a text.
        """
        self._append("html", name, as_text(html, "html"), step, timestamp)
