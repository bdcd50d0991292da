"""The text kind: any text, in the row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_tracking.errors import InvalidType
from jupyter_tracking.kinds.base import Kind, Recorder

if TYPE_CHECKING:
    from jupyter_tracking.kinds.base import Asset, Timestamp

__all__ = ["TEXT", "TextLogging"]


def _decode(payload: str, _asset: Asset) -> str:
    return payload


TEXT = Kind("text", "text", _decode, ("text",))


class TextLogging(Recorder):
    """How a run logs texts."""

    def log_text(self, name: str, text: str, step: int | None = None, timestamp: Timestamp = None) -> None:
        """Log a text.

        Args:
            name: the text's name.
            text: any text; every character comes back as it was.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not a text.
        """
        self._log_text("text", name, text, step, timestamp)

    def _log_text(self, kind: str, name: str, text: str, step: int | None, timestamp: Timestamp) -> None:
        """Log the text of a JSON lines kind."""
        if not isinstance(text, str):
            message = f"{kind}={text!r:.60} is a {type(text).__name__}; give a text"
            raise InvalidType(message)
        self._append(kind, name, str(text), step, timestamp)
