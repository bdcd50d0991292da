"""The text kind: any string, in the row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_tracking.kinds.arguments import as_text
from jupyter_tracking.kinds.base import Kind, Recorder, example, file_text, logs

if TYPE_CHECKING:
    from jupyter_tracking.kinds.base import Asset, Timestamp


def decode_text(payload: str, _asset: Asset) -> str:
    """Return the string of a row."""
    return payload


def _encode(text: str) -> str:
    return as_text(text, "text")


TEXT = Kind("text", "text", decode_text, ("text",), _encode, order=90, file=file_text)


@logs(TEXT)
class TextMethods(Recorder):
    """How a run logs text."""

    @example('note "stopped early at {epoch}"')
    def log_text(self, name: str, text: str, step: int | None = None, timestamp: Timestamp = None) -> None:
        """Log a string.

        Args:
            name: the text's name.
            text: any string; every character comes back as it was. Half of one (an unpaired surrogate) is refused.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not a string.
            InvalidArgument: half of a character in it.
        """
        self.record("text", name, _encode(text), step, timestamp)
