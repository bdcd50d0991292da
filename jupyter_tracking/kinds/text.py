"""The text kind: any string, in the row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_tracking.errors import InvalidType
from jupyter_tracking.kinds.base import Kind, Recorder, example, logs

if TYPE_CHECKING:
    from jupyter_tracking.kinds.base import Asset, Timestamp


def as_text(text: object, argument: str) -> str:
    """Return a string as a plain `str`, also where it is of a subclass.

    Raises:
        InvalidType: not a string.
    """
    if not isinstance(text, str):
        raise InvalidType(f"{argument}={text!r:.60} is a {type(text).__name__}; give a string")
    return str(text)


def decode_text(payload: str, _asset: Asset) -> str:
    """Return the string of a row."""
    return payload


def _encode(text: str) -> str:
    return as_text(text, "text")


TEXT = Kind("text", "text", decode_text, ("text",), _encode, order=90)


@logs(TEXT)
class TextMethods(Recorder):
    """How a run logs text."""

    @example('note "stopped early at {epoch}"')
    def log_text(self, name: str, text: str, step: int | None = None, timestamp: Timestamp = None) -> None:
        """Log a string.

        Args:
            name: the text's name.
            text: any string; every character comes back as it was.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not a string.
        """
        self.record("text", name, _encode(text), step, timestamp)
