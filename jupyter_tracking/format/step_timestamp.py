"""Convert a user's step and timestamp to what a row has of them; give out the present moment."""

from __future__ import annotations

import datetime as dt
import math
import re
import warnings
import weakref
from contextlib import suppress
from time import time_ns
from typing import Any, Protocol, SupportsIndex

from jupyter_tracking.errors import InvalidArgument, InvalidType
from jupyter_tracking.format import event_rows

Step = float | SupportsIndex  # as `as_step` takes it: a whole number of any type, Python's, numpy's or a tensor's


def as_step(step: object) -> int | None:
    """Return the step as a Python int, or None.

    Raises:
        InvalidType: not an integer (`True`, `1.5`, `"3"`).
        InvalidArgument: an integer outside the signed 64-bit range.
    """
    if step is None or (type(step) is int and event_rows.STEP_MIN <= step <= event_rows.STEP_MAX):
        return step
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
    whole = int(step) if math.isfinite(step) else None
    return whole if bool(whole == step) else None


_NANOSECONDS = re.compile(r"[.,][0-9]{6}[0-9]*[1-9]")  # which `fromisoformat` cuts off


class ClockWatcher(Protocol):
    """Is told while the clock is behind what it showed before."""

    def clock_is_behind(self) -> None:
        """Take note that timestamps no longer go up."""


_SMALL_STEP = 2_000_000_000  # nanoseconds; set back by no more, the clock is waited for

_second: tuple[str, str] = ("", "")  # the last one that was formatted: its digits since the epoch, and how the format has it
_latest = 0  # the latest moment that was given out, in nanoseconds
_latest_behind = 0  # while the clock is behind that: the latest moment given out since it was set back
_reached = 0  # what the clock had reached when it was last found to be behind
clock_watchers: weakref.WeakSet[ClockWatcher] = weakref.WeakSet()


def timestamp_now() -> str:
    """Return the present moment as the format has it: `YYYY-MM-DD HH:MM:SS.ffffff+00:00`.

    A clock that is set back by two seconds or less is waited for: the moments go on, a microsecond apart, until it is there again. One
    that is set back further is believed; `clock_reached` then says up to when timestamps are ambiguous.

    The string up to the second is reused from call to call, and what follows are digits of the clock's own number: that takes a quarter
    of the time of `isoformat`.
    """
    global _latest, _second  # noqa: PLW0603 - a number and a tuple, replaced whole: safe between threads
    nanoseconds = time_ns()
    if nanoseconds > _latest:
        _latest = nanoseconds
    else:
        nanoseconds = _behind(nanoseconds)
    digits = str(nanoseconds)
    second, text = _second
    if digits[:-9] != second or not second:
        text = dt.datetime.fromtimestamp(nanoseconds // 1_000_000_000, dt.UTC).strftime("%Y-%m-%d %H:%M:%S.")
        digits = digits.zfill(10)  # a clock that shows the first second of 1970
        _second = (digits[:-9], text)
    return f"{text}{digits[-9:-3]}+00:00"


def _behind(nanoseconds: int) -> int:
    """Return the moment to give out when the clock shows less than it did."""
    global _latest, _latest_behind, _reached  # noqa: PLW0603 - as above
    if _latest - nanoseconds <= _SMALL_STEP:
        _latest += 1000
        return _latest
    if 0 <= _latest_behind - nanoseconds <= _SMALL_STEP:
        nanoseconds = _latest_behind + 1000
    _latest_behind, _reached = nanoseconds, _latest
    for watcher in list(clock_watchers):
        watcher.clock_is_behind()
    return nanoseconds


def clock_reached() -> str:
    """Return what the clock had reached before it was set back, as a timestamp; empty when it never was by more than two seconds.

    Timestamps after it are given out once; those up to it may be of before or of after the clock was set back.
    """
    if not _reached:
        return ""
    second, rest = divmod(_reached, 1_000_000_000)
    return f"{dt.datetime.fromtimestamp(second, dt.UTC):%Y-%m-%d %H:%M:%S}.{rest // 1000:06d}+00:00"


def clock_has_shown(moment: str) -> None:
    """Take note of what the clock of an earlier session has shown, as a timestamp."""
    global _latest  # noqa: PLW0603 - as above
    with suppress(ValueError, OverflowError):
        _latest = max(_latest, event_rows.parse_timestamp(moment) * 1000)


class FormattedTimestamp(str):
    """A timestamp as the format has it: taken as it is, where one moment serves many rows."""

    __slots__ = ()


def _parse(text: str) -> dt.datetime:
    """Return the moment that a text says: in ISO's form, or as people write dates, the month before the day where both are numbers.

    Raises:
        ValueError: it says none, or not all of year, month and day.
    """
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError as error:
        from dateutil.parser import parse

        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a time zone that is not known, which would be left out
            try:
                first: dt.datetime = parse(text, default=dt.datetime(2000, 1, 1))  # noqa: DTZ001
                second = parse(text, default=dt.datetime(2004, 2, 2))  # noqa: DTZ001
            except Exception:  # noqa: BLE001 - whatever it says of a text that it does not understand
                raise error from None
        if first != second:
            raise ValueError("it does not say all of year, month and day") from None
        return first


def as_timestamp(timestamp: object) -> str:
    """Return a datetime, a text that says a date, or an epoch in seconds as the format has it; None is now.

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
            moment = _parse(timestamp)
        elif isinstance(timestamp, int | float):
            moment = dt.datetime.fromtimestamp(timestamp, dt.UTC)
        else:
            moment = timestamp
        text = moment.astimezone(dt.UTC).isoformat(sep=" ", timespec="microseconds")
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidArgument(f"timestamp={timestamp!r:.100} is not a moment: {error}; give a datetime, an ISO string or seconds") from None
    return text.zfill(32)  # years below 1000
