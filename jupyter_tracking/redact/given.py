"""What a user says of a run, without its secrets: inputs, descriptions, tags, names, summaries, addresses.

What is logged as content (a text, a dataframe, a file) is data and stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_tracking.printed import warn
from jupyter_tracking.redact import MASK, Redactor
from jupyter_tracking.redact.values import redacted_value

if TYPE_CHECKING:
    from jupyter_tracking.redact import KnownSecrets

_Value = TypeVar("_Value")


def without_secrets(value: _Value, where: str, known: KnownSecrets | None = None) -> _Value:
    """Return what a user gave with `***` in the place of its secrets; a warning at the user's line says where there were some.

    Args:
        value: a text, or what JSON can hold.
        where: the argument it was given as.
        known: values that are secret wherever they stand.
    """
    redacted: Any
    redacted, places = redacted_value(value, Redactor(known), place=where)
    if places:
        said = ", ".join(places[:5]) + (f" and {len(places) - 5} more" if len(places) > 5 else "")  # noqa: PLR2004
        warn(f"{said} looks like a secret: {MASK} is kept in its place")
    return redacted  # type: ignore[no-any-return]
