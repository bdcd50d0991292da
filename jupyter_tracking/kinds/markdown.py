"""The markdown kind: a text with marks, in a file a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.kinds.base import Kind, Recorder
from jupyter_tracking.kinds.text import as_text

if TYPE_CHECKING:
    from jupyter_tracking.kinds.base import Asset, Timestamp

__all__ = ["MARKDOWN", "MarkdownLogging"]


def _decode(payload: dict[str, Any], asset: Asset) -> str:
    return asset.read(payload).decode("utf-8", "surrogatepass")


MARKDOWN = Kind("markdown", "markdown", _decode, ("kind", "path"))


class MarkdownLogging(Recorder):
    """How a run logs markdown."""

    def log_markdown(self, name: str, markdown: str, step: int | None = None, timestamp: Timestamp = None) -> None:
        """Log markdown.

        Args:
            name: its name.
            markdown: the text, kept as it is.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not a text.
        """
        data = as_text(markdown, "markdown").encode("utf-8", "surrogatepass")
        self._log_asset("markdown", name, step, timestamp, "md", lambda sink: sink.write(data), {"kind": "markdown"})
