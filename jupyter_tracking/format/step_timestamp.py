"""Convert a user's step and timestamp to what a row has of them."""

from __future__ import annotations

import datetime as dt
import math
import re
from time import time_ns
from typing import Any

from jupyter_tracking.errors import InvalidArgument, InvalidType
from jupyter_tracking.format import event_rows


def as_step(step: object) -> int | None:
    """Return the step as a Python int, or None.

    Raises:
        InvalidType: not an integer (`True`, `1.5`, `"3"`).
        InvalidArgument: an integer outside the signed 64-bit range.
    """
    if step is None:
        return None
    if type(step).__name__ in {"bool", "bool_"} or isinstance(step, str | bytes):
        raise InvalidType(f"step={step!r} is a {type(step).__name__}; a step is an integer or None")
    try:
        if getattr(getattr(step, "dtype", None), "kind", "") in {"M", "m"}:  # a date to the nanosecond is a number for float()
            raise TypeError  # noqa: TRY301
        whole = _as_whole(step)
    except Exception:  # noqa: BLE001 - a tensor's library may refuse in any way
        raise InvalidType(f"step={step!r:.100} is a {type(step).__name__}; a step is an integer or None") from None
    if whole is None:
        raise InvalidArgument(f"step={step!r:.100} is not a whole number; a step is an integer or None")
    if not event_rows.STEP_MIN <= whole <= event_rows.STEP_MAX:
        raise InvalidArgument(f"step={step!r:.100} does not fit in 64 bits; a step lies between -2**63 and 2**63 - 1")
    return whole


def _as_whole(step: Any) -> int | None:
    """Return a number as an int that equals it; None where it is not whole, or is masked."""
    if hasattr(step, "__index__"):
        return int(step.__index__()) if type(step).__name__ != "MaskedConstant" else None
    if not math.isfinite(step):
        return None
    whole = int(step)
    return whole if bool(whole == step) else None


_NANOSECONDS = re.compile(r"[.,][0-9]{6}[0-9]*[1-9]")  # which `fromisoformat` cuts off
_second: tuple[int, str] = (-1, "")


def timestamp_now() -> str:
    """Return the present moment as the format has it: `YYYY-MM-DD HH:MM:SS.ffffff+00:00`.

    The string up to the second is reused from call to call, which takes a third of the time of `isoformat`.
    """
    global _second  # noqa: PLW0603 - one tuple, replaced whole: safe between threads
    nanoseconds = time_ns()
    second, rest = divmod(nanoseconds, 1_000_000_000)
    known, text = _second
    if second != known:
        text = dt.datetime.fromtimestamp(second, dt.UTC).strftime("%Y-%m-%d %H:%M:%S.")
        _second = (second, text)
    return f"{text}{rest // 1000:06d}+00:00"


class FormattedTimestamp(str):
    """A timestamp as the format has it: taken as it is, where one moment serves many rows."""

    __slots__ = ()


def as_timestamp(timestamp: object) -> str:
    """Return a datetime, ISO string or epoch in seconds as the format has it; None is now.

    A naive datetime is taken as local time, as Python's own `astimezone` does. Seconds, which as a float are exact to a quarter of
    a microsecond these years, are kept to the microsecond.

    Raises:
        InvalidType: something else.
        InvalidArgument: a string that is no date, a moment outside the years 1 to 9999, NaT, or nanoseconds, which a row has no
            place for.
    """
    if timestamp is None:
        return timestamp_now()
    if type(timestamp) is FormattedTimestamp:
        return timestamp
    if isinstance(timestamp, bool) or not isinstance(timestamp, dt.datetime | str | int | float):
        raise InvalidType(f"timestamp={timestamp!r:.100} is a {type(timestamp).__name__}; give a datetime, an ISO string or seconds")
    try:
        if getattr(timestamp, "nanosecond", 0) or (isinstance(timestamp, str) and _NANOSECONDS.search(timestamp)):
            raise ValueError("it has nanoseconds, and microseconds are kept")  # noqa: TRY301
        if isinstance(timestamp, str):
            moment = dt.datetime.fromisoformat(timestamp)
        elif isinstance(timestamp, int | float):
            moment = dt.datetime.fromtimestamp(timestamp, dt.UTC)
        else:
            moment = timestamp
        text = moment.astimezone(dt.UTC).isoformat(sep=" ", timespec="microseconds")
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidArgument(f"timestamp={timestamp!r:.100} is not a moment: {error}; give a datetime, an ISO string or seconds") from None
    return text.zfill(32)  # years below 1000
