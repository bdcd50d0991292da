"""The html kind: markup, in the row. It is shown without its scripts, its addresses and the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_tracking.kinds.arguments import as_text
from jupyter_tracking.kinds.base import Kind, Recorder, example, file_text, logs
from jupyter_tracking.kinds.text import decode_text

if TYPE_CHECKING:
    from jupyter_tracking.kinds.base import Timestamp


def _encode(html: str) -> str:
    return as_text(html, "html")


HTML = Kind("html", "html", decode_text, ("html",), _encode, order=100, file=file_text)


@logs(HTML)
class HtmlMethods(Recorder):
    """How a run logs HTML."""

    @example('table "<b>0.9</b>"')
    def log_html(self, name: str, html: str, step: int | None = None, timestamp: Timestamp = None) -> None:
        """Log HTML.

        Args:
            name: its name.
            html: the markup, kept as it is.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not a string.
            InvalidArgument: half of a character in it.
        """
        self.record("html", name, _encode(html), step, timestamp)
