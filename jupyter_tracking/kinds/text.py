"""The text kind: any text, in the row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_tracking.errors import InvalidType
from jupyter_tracking.kinds.base import Kind, Recorder

if TYPE_CHECKING:
    from jupyter_tracking.kinds.base import Asset, Timestamp

__all__ = ["TEXT", "TextLogging", "as_text"]


def as_text(text: object, argument: str) -> str:
    """Return a text as a plain `str`.

    Raises:
        InvalidType: not a text.
    """
    if not isinstance(text, str):
        raise InvalidType(f"{argument}={text!r:.60} is a {type(text).__name__}; give a text")
    return str(text)


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
        self._append("text", name, as_text(text, "text"), step, timestamp)
