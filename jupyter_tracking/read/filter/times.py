"""Times and lengths of time as a filter writes them: 2026-11-01, today, 2h. A time without a zone is local, as the table shows it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from jupyter_tracking.read.filter.comparing import Literal, is_number

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?\Z"
)
_SPAN = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))([smhdw])\Z", re.IGNORECASE)
_TWO_WORDS = {
    "time": re.compile(r"\S+ [0-9]{1,2}:[0-9]{2}"),
    "seconds": re.compile(r"[0-9.]+ (?:secs?|seconds?|mins?|minutes?|hrs?|hours?|days?|weeks?)\Z", re.IGNORECASE),
}
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_FIRST_YEAR, _LAST_YEAR = 1970, 9998


def time_of(text: str, now: int) -> Literal | None:
    """Return a time in microseconds since 1970, which a day equals as a whole; None where a text is no time.

    Args:
        text: such as `2026-11-01`, `2026-11-01T12:30+02:00`, `today`, `yesterday`, `tomorrow` or `now`.
        now: the present moment, in the same unit.
    """
    word = text.lower()
    if word == "now":
        return Literal(now)
    if word in _DAYS:
        today = datetime.fromtimestamp(now / 1e6).replace(hour=0, minute=0, second=0, microsecond=0)  # noqa: DTZ006 - local time
        return _day(today + timedelta(days=_DAYS[word]))
    found = _MOMENT.match(text)
    if found is None or not _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.group(1, 2, 3, 4, 5, 6))
    try:
        moment = datetime(year, month, day, hour, minute, second, int((found[7] or "").ljust(6, "0")))  # noqa: DTZ001 - local time
    except ValueError:
        return None
    if found[8] is not None:
        return _in_zone(moment, found[8], whole_day=found[4] is None)
    return _day(moment) if found[4] is None else Literal(_micros(moment.astimezone()))


def is_in_two(kind: str, words: str) -> bool:
    """Return whether two words look like one time (a day, and a time of it) or like one length of time (a number, and a unit)."""
    return (_TWO_WORDS[kind].match(words) is not None) if kind in _TWO_WORDS else False


def _day(start: datetime) -> Literal:
    return _between(_micros(start.astimezone()), _micros((start + timedelta(days=1)).astimezone()))


def _in_zone(moment: datetime, zone: str, *, whole_day: bool) -> Literal | None:
    minutes = 0 if zone in "Zz" else int(zone[0] + "1") * (int(zone[1:3]) * 60 + int(zone[-2:]))
    if abs(minutes) >= 24 * 60 or int(zone[-2:] if len(zone) > 1 else 0) >= 60:  # noqa: PLR2004
        return None
    at = _micros(moment.replace(tzinfo=UTC)) - minutes * 60_000_000
    return _between(at, at + 86_400_000_000) if whole_day else Literal(at)


def _between(start: int, end: int) -> Literal:
    return Literal(start, lambda value: is_number(value) and start <= value < end)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def seconds_of(text: str) -> float | None:
    """Return a length of time in seconds: `90s`, `1.5h`, `2d`; None where a text is none."""
    found = _SPAN.match(text)
    return float(found[1]) * _UNITS[found[2].lower()] if found is not None else None
