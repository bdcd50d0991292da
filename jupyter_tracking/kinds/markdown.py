"""The markdown kind: a string with marks; each version is a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.kinds.arguments import as_text
from jupyter_tracking.kinds.base import AssetCopy, Kind, NewAsset, Recorder, logs, single_file

if TYPE_CHECKING:
    from jupyter_tracking.kinds.base import Asset, Timestamp


def _decode(payload: dict[str, Any], asset: Asset) -> str:
    return asset.read(payload).decode("utf-8", "surrogatepass")


def _encode(markdown: str) -> NewAsset:
    data = as_text(markdown, "markdown").encode()
    return NewAsset({"kind": "markdown"}, "md", lambda sink: sink.write(data))


def _of_file(copy: AssetCopy) -> AssetCopy:
    return single_file(copy, kind="markdown")


MARKDOWN = Kind("markdown", "markdown", _decode, ("kind", "path"), _encode, file=_of_file)


@logs(MARKDOWN)
class MarkdownMethods(Recorder):
    """How a run logs markdown."""

    def log_markdown(self, name: str, markdown: str, step: int | None = None, timestamp: Timestamp = None) -> None:
        """Log markdown.

        Args:
            name: its name.
            markdown: the text, kept as it is.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not a string.
            InvalidArgument: half of a character in it.
        """
        self.record("markdown", name, _encode(markdown), step, timestamp)
