"""Rows of an event file in the very form in which we write them, read quickly. Whatever is odd is left to `plx`."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from jupyter_tracking.format import event_rows

__all__ = ["Event", "parse_our_rows"]

_RETURN, _OPEN, _CLOSE = b"\r{}"


class Event(NamedTuple):
    """One good row of a file.

    Attributes:
        position: its place among the good rows.
        step: the step, or None.
        timestamp: µs since the epoch, UTC.
        line: its line in the file.
        start: where its cell starts in the file.
        end: where its cell ends.
    """

    position: int
    step: int | None
    timestamp: int
    line: int
    start: int
    end: int


def parse_our_rows(raw: bytearray, kind: str, first: Event, *, start: int, stop: int) -> tuple[list[Event], int]:
    """Read rows up to the first that is not as we write them; return them, and where in `raw` the rest starts.

    Args:
        raw: bytes of a file that has the header we write.
        kind: the kind of the file; one of the JSONL kinds has no rows of this form.
        first: the position and line that the first row would have, and where in the file `raw` starts.
        start: where in `raw` to begin, at the start of a line.
        stop: where in `raw` to end.
    """
    events: list[Event] = []
    if kind in event_rows.JSONL_KINDS:
        return events, start
    position, line, offset = first.position, first.line, first.start
    metric = kind == "metric"
    # Every row of every file passes here: what costs a tenth of a microsecond is looked up once.
    match, find, new, moment_of = event_rows.OUR_PREFIX.match, raw.find, tuple.__new__, datetime.fromisoformat
    while prefix := match(raw, start, stop):
        step, moment = prefix.groups()
        begin = prefix.end()
        end = find(b"\n", begin, stop)
        if end < 0:
            break
        last = raw[end - 1]
        try:
            if metric:
                float(raw[begin:end])
                if last == _RETURN:
                    break
            elif last != _CLOSE or raw[begin] != _OPEN:
                break
            timestamp = (moment_of(moment.decode()) - event_rows.EPOCH) // event_rows.MICROSECOND
        except ValueError:
            break
        events.append(new(Event, (position, int(step) if step else None, timestamp, line, offset + begin, offset + end)))
        start, line, position = end + 1, line + 1, position + 1
    return events, start
