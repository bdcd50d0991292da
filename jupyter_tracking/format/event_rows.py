r"""Event files: rows to bytes, and bytes to rows.

No file is opened here. The format is Polyaxon's, with the newline as the commit mark (a row without it was never logged):

    CSV kinds    step|timestamp|<kind>\n        then   <step or empty>|<timestamp>|<cell>\n
    JSONL kinds  {"timestamp": "…", "step": 3, "<kind>": "…"}\n      (text html chart span)
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from jupyter_tracking.budgets import MOST_CELL_VALUES
from jupyter_tracking.errors import InvalidType, TooLarge
from jupyter_tracking.format import standard_json

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    Source = bytes | bytearray
    _Fields = tuple[int | None, int, int, float | None]


JSONL_KINDS = frozenset({"text", "html", "chart", "span"})
STEP_MIN, STEP_MAX = -(2**63), 2**63 - 1
_LONGEST_PREFIX = 200  # bytes of step and timestamp, and more than any header has
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# µs since the epoch: what a timestamp may be. One that has another zone than UTC can lie beyond what UTC has a name for.
TIMESTAMP_MIN, TIMESTAMP_MAX = -62_135_596_800_000_000, 253_402_300_799_999_999
_LAST_DIGIT = ord("9")


class Event(NamedTuple):
    """One good row of an event file, and where its cell stands in the file.

    Attributes:
        position: how many good rows stand before it.
        step: the step, or None.
        timestamp: µs since the epoch, UTC.
        line: its line in the file, from 1.
        start: the byte of the file at which its cell, or in the JSONL form its line, starts, and `end` the one after it; 0 of a metric's.
        value: the number of a metric's row; None of other kinds, whose cells are read when they are asked for.
    """

    position: int
    step: int | None
    timestamp: int
    line: int
    start: int
    end: int
    value: float | None = None


class RowProblem(NamedTuple):
    """One bad row: its line in the file, what is wrong with it, and its first characters."""

    line: int
    problem: str
    text: str


# --- writing -------------------------------------------------------------------------------------


def header(kind: str) -> bytes:
    """Return the first line of a new event file: empty for JSONL kinds."""
    return b"" if kind in JSONL_KINDS else f"step|timestamp|{kind}\n".encode()


def format_row(kind: str, step: int | None, timestamp: str, cell: float | str) -> bytes:
    """Return one row with its newline. `cell` is a metric's number, a text as it is (JSONL), or what `format_cell` returned.

    An unpaired surrogate cannot be stored as UTF-8; JSON escapes keep it, so any `str` round-trips.
    """
    if type(cell) is not float and kind in JSONL_KINDS:
        return json.dumps({"timestamp": timestamp, "step": step, kind: cell}).encode("ascii") + b"\n"
    # The shortest digits that are this number and no other; for NaN and the infinities there are none. `repr` takes four times as long.
    digits = orjson.dumps(cell) if type(cell) is float else _NO_NUMBER
    return f"{'' if step is None else step}|{timestamp}|".encode() + (digits if digits != _NO_NUMBER else str(cell).encode()) + b"\n"


def format_metrics(step: int | None, timestamp: str, values: Iterable[float]) -> list[bytes]:
    """Return the row of each number, of one step and moment: what `format_row` returns of each."""
    start = f"{'' if step is None else step}|{timestamp}|".encode()
    return [start + (digits if (digits := orjson.dumps(value)) != _NO_NUMBER else repr(value).encode()) + b"\n" for value in values]


_ASTRAL, _NO_NUMBER = 0x10000, b"null"
_ESCAPE = re.compile(r"[^\x00-{}~]")  # `|` and what is not ASCII; said the other way round it takes `re` milliseconds


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < _ASTRAL:
        return f"\\u{code:04x}"
    code -= _ASTRAL
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"  # a surrogate pair, as JSON has it


def format_cell(payload: dict[str, Any]) -> str:
    """Return the JSON of a payload as one ASCII cell: no `|`, no raw newline, `None` fields dropped.

    Arrays of numpy are taken as they are. Non-finite numbers must already be strings (see `json_safe_numbers`).

    Raises:
        InvalidType: something in the payload has no JSON form.
    """
    present = {key: value for key, value in payload.items() if value is not None}
    try:
        raw = orjson.dumps(present, option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:  # integers over 64 bits and unpaired surrogates, which the standard library takes
        raw = standard_json.dumps(present)
    text = raw.decode("utf-8")
    return text if text.isascii() and "|" not in text and "\x7f" not in text else _ESCAPE.sub(_escaped, text)


NUMBER_WORDS = frozenset({"NaN", "Infinity", "-Infinity"})  # in place of the numbers that JSON does not have


def json_safe_numbers(values: list[float]) -> list[float | str]:
    """Return the numbers with NaN and the infinities as the strings every JSON reader accepts."""
    return [
        v if math.isfinite(v) else "NaN" if v != v else "Infinity" if v > 0 else "-Infinity"  # noqa: PLR0124
        for v in values
    ]


def parse_number(value: object) -> float:
    """Return a number of a JSON list as a float: the inverse of `json_safe_numbers` (`null` is NaN, as Polyaxon writes it)."""
    if isinstance(value, str | None):
        return math.nan if value is None else float(value)  # which knows the words of `json_safe_numbers`
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidType(f"expected a number, found {value!r}")
    return float(value)


# --- reading -------------------------------------------------------------------------------------


def parse_timestamp(text: str) -> int:
    """Return µs since the epoch of a timestamp as we, Polyaxon, or an older Polyaxon wrote it.

    A naive one is UTC, as Polyaxon's own reader takes it.

    Raises:
        ValueError: not a timestamp, or one that is in no year from 1 to 9999 of UTC.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"the timestamp is not one: {text!r:.60}") from None
    found = (moment.replace(tzinfo=moment.tzinfo or UTC) - _EPOCH) // _MICROSECOND
    if not TIMESTAMP_MIN <= found <= TIMESTAMP_MAX:
        raise ValueError(f"the timestamp is in no year from 1 to 9999 of UTC: {text!r:.60}")
    return found


def format_timestamp(microseconds: int) -> str:
    """Return µs since the epoch as the format has it."""
    return (_EPOCH + timedelta(microseconds=microseconds)).isoformat(sep=" ", timespec="microseconds")


_INTEGER = re.compile(rb"[+-]?[0-9]{1,19}\Z")
_WHOLE_FLOAT = re.compile(rb"[+-]?[0-9]{1,16}\.0*\Z")


def parse_step(text: bytes | bytearray) -> int | None:
    """Return the step of a CSV row; pandas once wrote `7.0` for 7.

    Raises:
        ValueError: not a step.
    """
    if not text:
        return None
    if _WHOLE_FLOAT.match(text):
        text = text.split(b".")[0]
    if not _INTEGER.match(text):
        raise ValueError(f"the step is not an integer: {text[:40].decode('utf-8', 'replace')!r}")
    step = int(text)
    if not STEP_MIN <= step <= STEP_MAX:
        raise ValueError(f"the step does not fit in 64 bits: {step}")
    return step


def excerpt(line: bytes | bytearray) -> str:
    """Return the start of a line as text, for a report."""
    return line[:120].decode("utf-8", "replace")


class ColumnOrder(NamedTuple):
    """Where a CSV file keeps its three columns: old Polyaxon files have `timestamp|step|<kind>`."""

    step: int
    timestamp: int


OUR_COLUMNS = ColumnOrder(0, 1)


def parse_header(line: bytes | bytearray, kind: str) -> ColumnOrder | None:
    """Return the order of the columns if the line is a header of this kind, else None."""
    fields = line.rstrip(b"\r").lstrip(b"\xef\xbb\xbf").split(b"|")
    if len(fields) != 3 or fields[2] != kind.encode():  # noqa: PLR2004
        return None
    if fields[:2] == [b"step", b"timestamp"]:
        return OUR_COLUMNS
    return ColumnOrder(1, 0) if fields[:2] == [b"timestamp", b"step"] else None


def _float(cell_: bytes | bytearray) -> float:
    try:
        return float(standard_json.unquoted(cell_))
    except ValueError:
        raise ValueError(f"the value is not a number: {excerpt(cell_)!r:.60}") from None


def _csv_row(raw: Source, start: int, end: int, kind: str, order: ColumnOrder) -> _Fields:
    first = raw.find(b"|", start, end)
    second = raw.find(b"|", first + 1, end) if first >= 0 else -1
    if second < 0:
        raise ValueError(f'expected 3 fields separated by "|", found {1 if first < 0 else 2}')
    if second - start > _LONGEST_PREFIX:
        raise ValueError("step and timestamp are too long")
    fields = (raw[start:first], raw[first + 1 : second])
    step, timestamp = parse_step(fields[order.step]), parse_timestamp(fields[order.timestamp].decode("ascii", "replace"))
    value = _float(raw[second + 1 : end]) if kind == "metric" else None
    if kind not in JSONL_KINDS and value is None and not standard_json.is_object(raw, second + 1, end):
        raise ValueError("the cell is not a JSON object")
    return step, timestamp, second + 1, value


def _json_row(raw: Source, start: int, end: int, kind: str) -> _Fields:
    fields = standard_json.loads_line(raw, start, end)
    if not isinstance(fields, dict) or not isinstance(fields.get(kind), str):
        raise ValueError(f'expected a JSON object with a text "{kind}"')  # noqa: TRY004 - a malformed row, whatever its type
    step = fields.get("step")
    if isinstance(step, float) and step.is_integer():
        step = int(step)
    if step is not None and (type(step) is not int or not STEP_MIN <= step <= STEP_MAX):
        raise ValueError(f"the step is not a 64-bit integer: {step!r:.60}")
    return step, parse_timestamp(str(fields.get("timestamp"))), start, None


def parse_cell(cell_: bytes, kind: str, order: ColumnOrder | None = OUR_COLUMNS, *, limited: bool = True) -> Any:
    """Return the payload of a row: a float, a string, or a dict.

    Args:
        cell_: the bytes that `Row` points to.
        kind: the kind of the file.
        order: None where the file has the JSONL form.
        limited: whether it may have any number of values.

    Raises:
        TooLarge: with `limited`, it has more values than are read.
        ValueError: the cell is damaged.
    """
    if kind == "metric":
        return _float(cell_)
    cell_ = bytes(standard_json.unquoted(cell_)) if order else cell_
    if limited and kind not in JSONL_KINDS and (words := standard_json.oversize(cell_, MOST_CELL_VALUES)):
        raise TooLarge(f"the cell {words}")
    if kind in JSONL_KINDS:
        return cell_.decode("utf-8", "surrogatepass") if order else standard_json.loads_line(cell_, 0, len(cell_))[kind]
    try:
        payload = orjson.loads(cell_)
    except orjson.JSONDecodeError:  # unpaired surrogates and NaN tokens, which json takes
        payload = standard_json.loads(cell_)
    if not isinstance(payload, dict):
        raise ValueError("the cell is not a JSON object")  # noqa: TRY004 - a malformed row, whatever its type
    return payload


def parse_rows(  # noqa: C901 - a line is blank, a header, a row or none, and each is told in its own way
    raw: Source,
    kind: str,
    *,
    order: ColumnOrder | None = None,
    begun: bool = False,
    line: int = 1,
    position: int = 0,
    offset: int = 0,
    start: int = 0,
    stop: int | None = None,
) -> Iterator[Event | RowProblem | ColumnOrder]:
    """Yield each row, good or bad, in file order; blank lines are passed over. Everything that reads rows reads them here.

    The header is yielded too, as the order of its columns: whoever goes on from here needs it.

    Args:
        raw: the bytes of the file, or a block of whole lines of it.
        kind: the kind of the file, which is the name of its folder.
        order: the columns' order when `start` is after the header.
        begun: a line that is not blank came before, so that no header is due.
        line: the number of the line at `start`.
        position: how many good rows came before.
        offset: where in the file `raw` starts.
        start: where in `raw` to begin, at the start of a line.
        stop: where in `raw` to end; what follows the last newline before it is a row too, so cut a torn tail first.
    """
    size = len(raw) if stop is None else stop
    first, headless = not begun and order is None, 0
    while start < size:
        if order is OUR_COLUMNS and kind not in JSONL_KINDS:
            start, line, position = yield from _our_rows(raw, kind, line, position, offset, start, size)
        number, begin, end, start = line, *_line_at(raw, start, size)
        line += 1
        text = raw[begin : min(end, begin + _LONGEST_PREFIX)]
        if not (text.strip() or raw[begin:end].strip()):
            continue
        letter = text[0] > _LAST_DIGIT  # no step: a header, perhaps
        found = parse_header(text, kind) if letter and len(text) == end - begin else None
        if first:
            # Polyaxon wrote text, html, chart and span as CSV before 2023-09-28; only the header tells.
            first, order = False, found
            if found is None and kind not in JSONL_KINDS:
                order, headless = OUR_COLUMNS, number
                yield RowProblem(number, f"no header; read as step|timestamp|{kind}", excerpt(text))
            if order is not None:
                yield order
        elif found is not None:
            yield RowProblem(number, "a second header", excerpt(text))
        if found is not None:
            continue
        try:
            step, timestamp, cell, value = _csv_row(raw, begin, end, kind, order) if order else _json_row(raw, begin, end, kind)
        except ValueError as error:
            if number != headless:  # told already
                yield RowProblem(number, str(error), excerpt(text))
            continue
        yield Event(position, step, timestamp, number, offset + cell, offset + end, value)
        position += 1


def _line_at(raw: Source, start: int, stop: int) -> tuple[int, int, int]:
    """Return where a line starts, where it ends without its line ending, and where the next one starts."""
    newline = raw.find(b"\n", start, stop)
    following = stop if newline < 0 else newline
    return start, following - 1 if following > start and raw[following - 1] == _RETURN else following, following + 1


_RETURN, _CLOSE = b"\r}"
_OUR_MINUTE = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2} (?:[01][0-9]|2[0-3]):[0-9]{2}\Z")
# A row as we write it, up to its cell: of a metric all of the cell, else its first character.
_OUR_PREFIX = rb"(-?\d{1,18}|)\|(.{16}):([0-5]\d)\.(\d{6})\+00:00\|"
_OUR_METRIC, _OUR_OBJECT = re.compile(_OUR_PREFIX + rb"([^\r\n]+)\n"), re.compile(_OUR_PREFIX + rb"(?=(\{))")


def _our_rows(
    raw: Source, kind: str, line: int, position: int, offset: int, start: int, stop: int
) -> Generator[Event, None, tuple[int, int, int]]:
    """Yield the rows up to the first that is not exactly as we write it; return where that one starts, its line and its position.

    Nearly every row of every file passes here, so what costs a tenth of a microsecond is looked up once.
    """
    metric = kind == "metric"
    match, find, new = (_OUR_METRIC if metric else _OUR_OBJECT).match, raw.find, tuple.__new__
    minute, moment, value = b"", 0, None
    while row := match(raw, start, stop):
        step, its_minute, second, microsecond, cell = row.groups()
        try:
            if its_minute != minute:  # most rows share the minute of the row before
                if not _OUR_MINUTE.match(its_minute):
                    break
                moment, minute = parse_timestamp(its_minute.decode()), its_minute
            if metric:
                value, end = float(cell), row.end() - 1
                begin = end - len(cell)
            else:
                begin = row.end()
                end = find(b"\n", begin, stop)
                if end < 0 or raw[end - 1] != _CLOSE:
                    break
        except ValueError:
            break
        timestamp = moment + int(second + microsecond)  # b"05" + b"250000": the microseconds since the minute began
        yield new(Event, (position, int(step) if step else None, timestamp, line, offset + begin, offset + end, value))
        start, line, position = end + 1, line + 1, position + 1
    return start, line, position


def last_row(raw: Source, kind: str, order: ColumnOrder | None, *, start: int = 0) -> Event | None:
    """Return the last good row of the end of a file, or None. The first whole line of `raw` starts at `start`.

    Only as many lines are read as it takes to find the row. Its `line` and `position` are not those in the file.
    """
    stop = len(raw)
    while stop > start:
        begin = max(start, raw.rfind(b"\n", start, stop - 1) + 1)
        for row in parse_rows(raw, kind, order=order, begun=True, start=begin, stop=stop):
            if isinstance(row, Event):
                return row
        stop = begin
    return None
