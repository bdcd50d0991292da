"""The grammar of event files, by its bytes: what is written for a value, and what is read of any line."""

from __future__ import annotations

import json
import math
from array import array
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_tracking.errors import InvalidType
from jupyter_tracking.format import event_file_summary, event_rows, row_columns
from jupyter_tracking.format.document import metric_summary
from jupyter_tracking.format.event_rows import ColumnOrder, Event, RowProblem

if TYPE_CHECKING:
    from collections.abc import Callable

TIME = "2024-01-02 03:04:05.678900+00:00"
MOMENT = 1_704_164_645_678_900
AT = TIME.encode()


def parsed(data: bytes, kind: str = "metric", **more: Any) -> list[Event | RowProblem | ColumnOrder]:
    """Everything that the parser says of some bytes."""
    return list(event_rows.parse_rows(data, kind, **more))


def steps(data: bytes, kind: str = "metric", **more: Any) -> list[int | None]:
    """The steps of the good rows; a bad one raises."""
    rows = parsed(data, kind, **more)
    assert not [row for row in rows if isinstance(row, RowProblem)]
    return [row.step for row in rows if isinstance(row, Event)]


def problem(data: bytes, kind: str = "metric", **more: Any) -> tuple[int, str, str]:
    """The one problem of some bytes."""
    (found,) = [row for row in parsed(data, kind, **more) if isinstance(row, RowProblem)]
    return found.line, found.problem, found.text


# --- what is written -------------------------------------------------------------------------------


def test_rows_are_written_as_the_format_says() -> None:
    """A header and a row, of the form with bars and of that of JSON lines, byte for byte."""
    assert event_rows.header("metric") == b"step|timestamp|metric\n"
    assert event_rows.header("text") == event_rows.header("html") == event_rows.header("chart") == event_rows.header("span") == b""
    assert event_rows.format_row("metric", 3, TIME, "0.5") == b"3|" + AT + b"|0.5\n"
    assert event_rows.format_row("curve", None, TIME, '{"x":[]}') == b"|" + AT + b'|{"x":[]}\n'
    assert (
        event_rows.format_row("text", 3, TIME, "a|\u2028\udc80") == b'{"timestamp": "' + AT + b'", "step": 3, "text": "a|\\u2028\\udc80"}\n'
    )
    assert event_rows.format_row("html", None, TIME, "") == b'{"timestamp": "' + AT + b'", "step": null, "html": ""}\n'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain ~", '"plain ~"'),
        ("|", '"\\u007c"'),
        ("\x7f", '"\\u007f"'),
        ("\x80", '"\\u0080"'),
        ("é", '"\\u00e9"'),
        ("\u2028", '"\\u2028"'),
        ("\uffff", '"\\uffff"'),
        ("\U00010000", '"\\ud800\\udc00"'),
        ("😀", '"\\ud83d\\ude00"'),
        ("\U0010ffff", '"\\udbff\\udfff"'),
        ("\udc80", '"\\udc80"'),
        ("\udc80|é", '"\\udc80\\u007c\\u00e9"'),
        ("\n\r\x00", '"\\n\\r\\u0000"'),
        (2**70, str(2**70)),
        ([2**70, 1.5], f"[{2**70},1.5]"),
        (np.array([1.5, 2.5]), "[1.5,2.5]"),
    ],
)
def test_a_cell_is_one_line_of_ascii(value: Any, text: str) -> None:
    """Whatever a payload holds, its cell is ASCII without a bar or a line's end, and JSON that says the same."""
    cell = event_rows.format_cell({"a": value, "dropped": None})
    assert cell == f'{{"a":{text}}}'
    assert json.loads(cell)["a"] == (value.tolist() if isinstance(value, np.ndarray) else value)
    assert event_rows.parse_cell(cell.encode(), "curve") == json.loads(cell)


@pytest.mark.parametrize("value", [object(), {1, 2}, 1j, b"bytes", [2**70, math.nan]])
def test_a_payload_that_json_cannot_hold_is_refused(value: object) -> None:
    """What has no JSON form is named, and never written in a form that no reader knows."""
    with pytest.raises(InvalidType, match="the payload has a value that JSON cannot hold: "):
        event_rows.format_cell({"a": value})


def test_a_payload_without_end_is_refused() -> None:
    """So is what holds itself."""
    endless: list[Any] = [2**70]
    endless.append(endless)
    deep: list[Any] = [2**70]
    for _ in range(100_000):
        deep = [deep]
    for value in (endless, deep):
        with pytest.raises(InvalidType, match="the payload has a value that JSON cannot hold: "):
            event_rows.format_cell({"a": value})


@pytest.mark.parametrize("leaf", [1, 2**70, "[{" * 1000, '\\" [[[ \udc80 ' * 200], ids=["orjson's", "a huge integer", "brackets", "quotes"])
@pytest.mark.parametrize("levels", [1, 253, 254, 499, 500, 1024, 2000, 9000])
def test_what_is_nested_is_read_or_refused_alike_by_every_python(levels: int, leaf: object) -> None:
    """Up to 500 levels, that of the payload among them; brackets in a text are none. It does not depend on what reads or wrote it."""
    value: Any = leaf
    for _ in range(levels - 1):
        value = [value]
    if levels <= 500:
        assert event_rows.parse_cell(event_rows.format_cell({"a": value}).encode(), "curve") == {"a": value}
        return
    with pytest.raises(InvalidType, match="within each other beyond 500 levels"):
        event_rows.format_cell({"a": value})
    for end in (b"]" * levels, b""):  # whole and torn
        with pytest.raises(ValueError, match="the JSON is nested too deeply"):
            event_rows.parse_cell(b'{"a":' + b"[" * levels + b"NaN" + end + b"}", "curve")


def test_a_stack_that_is_almost_full_is_no_reason_to_stop() -> None:
    """A cell that the parser has no room for any more (in Python 3.11) is a bad row to a reader, and no error of its own."""

    def read(levels_of_the_stack: int) -> object:
        if levels_of_the_stack:
            return read(levels_of_the_stack - 1)
        try:
            return event_rows.parse_cell(b'{"a":' + b"[" * 490 + b"NaN" + b"]" * 490 + b"}", "curve")
        except ValueError as error:
            return str(error)

    assert isinstance(read(0), dict)
    assert isinstance(read(700), dict) or read(700) == "the JSON is nested too deeply"


def test_numbers_that_are_not_finite_are_words() -> None:
    """NaN and the infinities are words in JSON and come back from them; null is NaN, a number itself."""
    assert event_rows.json_safe_numbers([1.5, -0.0, math.nan, math.inf, -math.inf, 5e-324]) == [
        1.5,
        -0.0,
        "NaN",
        "Infinity",
        "-Infinity",
        5e-324,
    ]
    assert [event_rows.parse_number(v) for v in ("Infinity", "-Infinity", 3, 1.5, "0.25")] == [math.inf, -math.inf, 3.0, 1.5, 0.25]
    assert type(event_rows.parse_number(3)) is float
    assert math.isnan(event_rows.parse_number("NaN"))
    assert math.isnan(event_rows.parse_number(None))
    for value in (True, False, [], {}, b"1"):
        with pytest.raises(InvalidType, match="expected a number, found "):
            event_rows.parse_number(value)
    with pytest.raises(ValueError, match="could not convert"):
        event_rows.parse_number("many")


# --- timestamps and steps --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (TIME, MOMENT),
        ("2024-01-02T03:04:05.678900+00:00", MOMENT),
        ("2024-01-02T03:04:05.678900Z", MOMENT),
        ("2024-01-02 03:04:05.678900", MOMENT),
        ("2024-01-02 05:04:05.678900+02:00", MOMENT),
        ("1970-01-01 00:00:00.000000+00:00", 0),
        ("1970-01-01 00:00:01.000002+00:00", 1_000_002),
        ("1969-12-31 23:59:59.999999+00:00", -1),
        ("1970-01-02 00:00:00+00:00", 86_400_000_000),
        ("0001-01-01 00:00:00.000000+00:00", -62_135_596_800_000_000),
        ("9999-12-31 23:59:59.999999+00:00", 253_402_300_799_999_999),
    ],
)
def test_a_timestamp_is_a_moment_to_the_microsecond(text: str, moment: int) -> None:
    """Ours, Polyaxon's, and a naive one, which is UTC; there and back."""
    assert event_rows.parse_timestamp(text) == moment
    assert event_rows.parse_timestamp(event_rows.format_timestamp(moment)) == moment


def test_a_timestamp_is_written_in_one_form() -> None:
    """With all six digits and the offset, whole seconds too."""
    assert event_rows.format_timestamp(MOMENT) == TIME
    assert event_rows.format_timestamp(0) == "1970-01-01 00:00:00.000000+00:00"


@pytest.mark.parametrize("text", ["", "now", "2024-13-01 00:00:00+00:00", "1704164645", "2024-01-02 03:04:05.678900+00:00x"])
def test_what_is_no_timestamp_is_named(text: str) -> None:
    """With its text, as far as it fits."""
    with pytest.raises(ValueError, match=r"^the timestamp is not one: ") as caught:
        event_rows.parse_timestamp(text)
    assert repr(text)[:60] in str(caught.value)


@pytest.mark.parametrize(
    ("text", "step"),
    [
        (b"", None),
        (b"0", 0),
        (b"7", 7),
        (b"-7", -7),
        (b"+7", 7),
        (b"007", 7),
        (b"7.0", 7),
        (b"-7.000", -7),
        (b"7.", 7),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"9007199254740993.0", 9_007_199_254_740_993),
    ],
)
def test_a_step_is_a_whole_number_of_64_bits(text: bytes, step: int | None) -> None:
    """As we write it, and as pandas once did: with a point and zeros."""
    assert event_rows.parse_step(text) == step


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"7.5", "not an integer: '7.5'"),
        (b"7e3", "not an integer"),
        (b" 7", "not an integer"),
        (b"7\n", "not an integer"),
        (b"7.0\n", "not an integer"),
        (b"1_000", "not an integer"),
        (b"\xff", "not an integer: '\ufffd'"),
        ("٧".encode(), "not an integer"),
        (b"x" * 50, f"not an integer: '{'x' * 40}'$"),
        (b"9223372036854775808", "does not fit in 64 bits: 9223372036854775808"),
        (b"-9223372036854775809", "does not fit in 64 bits"),
        (b"9" * 20, "not an integer"),
        (b"9" * 17 + b".0", "not an integer"),  # more than a float ever told apart
    ],
)
def test_what_is_no_step_is_named(text: bytes, words: str) -> None:
    """Never rounded, never taken for another."""
    with pytest.raises(ValueError, match=f"^the step (is )?{words}"):
        event_rows.parse_step(text)


# --- rows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "order"),
    [
        (b"step|timestamp|metric", ColumnOrder(0, 1)),
        (b"step|timestamp|metric\r", ColumnOrder(0, 1)),
        (b"\xef\xbb\xbfstep|timestamp|metric", ColumnOrder(0, 1)),
        (b"timestamp|step|metric", ColumnOrder(1, 0)),
        (b"timestamp|timestamp|metric", None),
        (b"step|step|metric", None),
        (b"step|timestamp|curve", None),
        (b"step|timestamp|metric|more", None),
        (b"step|timestamp", None),
        (b"x|y|metric", None),
        (b"step|timestamp|metricX", None),
        (b"Xstep|timestamp|metric", None),
        (b"", None),
    ],
)
def test_a_header_says_the_order_of_the_columns(line: bytes, order: ColumnOrder | None) -> None:
    """Ours, and that of an old Polyaxon; anything else is no header of this kind."""
    assert event_rows.parse_header(line, "metric") == order


def test_a_header_is_the_whole_line() -> None:
    """However the kind is called and the line ends; a line that only begins like a header is none."""
    row = b"1|%s|{}\n" % AT
    for kind in ("kind9", "k" * 150):
        assert steps(f"step|timestamp|{kind}\r\r\n".encode() + row, kind) == [1]
    long = "k" * (200 - len("step|timestamp|"))
    assert problem(f"step|timestamp|{long}more\n".encode() + row, long)[:2] == (1, f"no header; read as step|timestamp|{long}")
    assert [r.step for r in parsed(f"step|timestamp|{long}more\n".encode() + row, long) if isinstance(r, Event)] == [1]


def test_a_row_stands_where_it_says() -> None:
    """Each row has its step, its moment, its line, and where in the bytes its cell is."""
    data = b"step|timestamp|metric\n1|%s|0.5\n\n|%s|-0.25\n" % (AT, AT)
    order, first, second = parsed(data)
    assert order == event_rows.OUR_COLUMNS == ColumnOrder(0, 1)
    assert isinstance(first, Event)
    assert isinstance(second, Event)
    assert first == Event(0, 1, MOMENT, 2, 22 + 2 + 33, 22 + 2 + 33 + 3, 0.5)
    assert data[first.start : first.end] == b"0.5"
    assert (second.step, second.timestamp, second.line, data[second.start : second.end]) == (None, MOMENT, 4, b"-0.25")


def test_a_row_of_json_is_its_whole_line() -> None:
    """In the form of JSON lines the cell is the line, and no header is due."""
    line = b'{"timestamp": "%s", "step": 3, "text": "a"}' % AT
    data = b"\n" + line + b"\r\n" + line + b"\n"
    first, second = parsed(data, "text")
    assert (first, second) == (Event(0, 3, MOMENT, 2, 1, 1 + len(line)), Event(1, 3, MOMENT, 3, 3 + len(line), 3 + 2 * len(line)))


def test_reading_goes_on_from_anywhere() -> None:
    """From a byte on, with the order and the line of there; and only as far as told."""
    row = b"1|%s|0.5\n" % AT
    data = b"step|timestamp|metric\n" + row + row.replace(b"1", b"7", 1)
    at = len(data) - len(row)
    (last,) = parsed(data, order=event_rows.OUR_COLUMNS, line=3, start=at)
    assert (last.step, last.line) == (7, 3)  # type: ignore[union-attr]
    assert steps(data, stop=at) == [1]
    assert steps(data) == [1, 7]
    assert steps(data[22:], order=event_rows.OUR_COLUMNS) == [1, 7]
    assert steps(b"timestamp|step|metric\n%s|5|0.5\n" % AT) == [5]
    assert steps(b"%s|5|0.5\n" % AT, order=ColumnOrder(1, 0)) == [5]
    old = b"%s|5|0.5\n" % AT
    (found,) = parsed(old, order=ColumnOrder(1, 0))
    assert isinstance(found, Event)
    assert old[found.start : found.end] == b"0.5"
    assert steps(b"|%s|0.5\n" % AT.replace(b"+00:00", b"Z"), order=event_rows.OUR_COLUMNS) == [None]
    assert problem(b"5|%s|0.5\n" % AT, order=ColumnOrder(1, 0))[1].startswith("the step is not an integer: '2024-")


def test_a_file_without_a_header_is_told_once_and_read() -> None:
    """The rows are read as ours are; a first line that is no row either is not told of twice."""
    row = b"1|%s|0.5\n" % AT
    assert problem(row + row) == (1, "no header; read as step|timestamp|metric", row[:-1].decode())
    assert parsed(row + row)[1] == event_rows.OUR_COLUMNS
    assert [row.step for row in parsed(row + row) if isinstance(row, Event)] == [1, 1]
    assert problem(b"junk\n" + row)[:2] == (1, "no header; read as step|timestamp|metric")
    assert problem(b"\n\nstep|timestamp|curve\n" + row)[:2] == (3, "no header; read as step|timestamp|metric")
    assert parsed(row, begun=True, order=event_rows.OUR_COLUMNS)[0].step == 1  # type: ignore[union-attr]


def test_a_second_header_is_no_row() -> None:
    """Where two files were put together the rows after it are read, and it is told."""
    row = b"1|%s|0.5\n" % AT
    head = b"step|timestamp|metric\n"
    assert problem(head + row + head + row) == (3, "a second header", "step|timestamp|metric")
    assert [r.step for r in parsed(head + row + head + row) if isinstance(r, Event)] == [1, 1]
    assert problem(head, order=event_rows.OUR_COLUMNS, line=9)[:2] == (9, "a second header")


def test_texts_of_an_old_polyaxon_have_columns() -> None:
    """A header in a file of texts says that its rows have bars; without one they are JSON."""
    data = b"step|timestamp|text\n4|%s|a | b\n" % AT
    order, row = parsed(data, "text")
    assert order == event_rows.OUR_COLUMNS
    assert isinstance(row, Event)
    assert (row.step, event_rows.parse_cell(data[row.start : row.end], "text", event_rows.OUR_COLUMNS)) == (4, "a | b")
    line = b'{"timestamp": "%s", "step": 3, "text": "a"}' % AT
    assert event_rows.parse_cell(line, "text", None) == "a"
    assert problem(line + b"\nstep|timestamp|text\n", "text")[:2] == (2, "a second header")
    assert problem(b"step|timestamp|text\n", "text", begun=True, line=5)[:2] == (5, "a second header")
    assert event_rows.parse_cell(b"a\xed\xb2\x80", "text", event_rows.OUR_COLUMNS) == "a\udc80"
    with pytest.raises(ValueError, match="can't decode"):
        event_rows.parse_cell(b"\xff", "text", event_rows.OUR_COLUMNS)
    assert steps(line + b"\n" + line + b"\n", "text") == [3, 3]


@pytest.mark.parametrize("blank", [b"\n", b"\r\n", b"  \n", b" \t\r\n", b"\n\r\n\n", b" " * 1_000 + b"\n"])
def test_blank_lines_are_passed_over_and_counted(blank: bytes) -> None:
    """Before the header and between rows; each counts as the lines that it is."""
    row = b"1|%s|0.5\n" % AT
    rows = [r for r in parsed(blank + b"step|timestamp|metric\n" + blank + row + blank + row) if isinstance(r, Event)]
    lines = blank.count(b"\n")
    assert [r.line for r in rows] == [2 * lines + 2, 3 * lines + 3]
    assert all(isinstance(r, Event | ColumnOrder) for r in parsed(blank + b"step|timestamp|metric\n" + blank + row))


@pytest.mark.parametrize("blanks", [1, 199, 200, 1_000])
def test_a_line_with_anything_after_its_blanks_is_a_row(blanks: int) -> None:
    """However many they are; here a bad one."""
    assert problem(b"step|timestamp|metric\n" + b" " * blanks + b"x\n")[:2] == (2, 'expected 3 fields separated by "|", found 1')


def test_the_end_of_a_line_is_a_newline_with_a_carriage_return_perhaps() -> None:
    """The cell ends before either; another carriage return belongs to the row, and what is last needs neither."""
    data = b"step|timestamp|metric\r\n1|%s|0.5\r\n2|%s|0.25" % (AT, AT)
    rows = [row for row in parsed(data) if isinstance(row, Event)]
    assert [data[row.start : row.end] for row in rows] == [b"0.5", b"0.25"]
    two = b"step|timestamp|metric\n1|%s|0.5\r2|%s|0.25\n" % (AT, AT)
    assert "not a number" in problem(two)[1]
    assert steps(b"step|timestamp|metric\n1|%s|0.5\r" % AT) == [1]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"junk", 'expected 3 fields separated by "|", found 1'),
        (b"1|junk", 'expected 3 fields separated by "|", found 2'),
        (b"|", 'expected 3 fields separated by "|", found 2'),
        (b"1||0.5", "the timestamp is not one: ''"),
        (b"||0.5", "the timestamp is not one: ''"),
        (b"1|\xff|0.5", "the timestamp is not one: '\ufffd'"),
        (b"x|" + AT + b"|0.5", "the step is not an integer: 'x'"),
        (b"1|" + AT + b"|", "the value is not a number: ''"),
        (b"1|" + AT + b"|0.5x", "the value is not a number: '0.5x'"),
        (b"1|" + AT + b"|0.5|0.5", "the value is not a number: '0.5|0.5'"),
        (b"1|" + b"2" * 250 + b"|0.5", "step and timestamp are too long"),
        (b"1" * 250 + b"|" + AT + b"|0.5", "step and timestamp are too long"),
        (b"1" * 168 + b"|" + AT + b"|0.5", "step and timestamp are too long"),
        (b"1" * 167 + b"|" + AT + b"|0.5", f"the step is not an integer: '{'1' * 40}'"),
        (b"1|" + AT.replace(b"-", b"/") + b"|0.5", "the timestamp is not one: '2024/01/02 03:04:05.678900+00:00'"),
        (b"1|2024-99-02 03:04:05.678900+00:00|0.5", "the timestamp is not one: '2024-99-02 03:04:05.678900+00:00'"),
    ],
)
def test_a_bad_row_of_a_metric_is_told_in_words(line: bytes, words: str) -> None:
    """What was expected and what was found, with the line and the start of its text; the next row is read."""
    data = b"step|timestamp|metric\n" + line + b"\n1|%s|0.5\n" % AT
    assert problem(data) == (2, words, line[:120].decode("utf-8", "replace"))
    assert [row.line for row in parsed(data) if isinstance(row, Event)] == [3]


@pytest.mark.parametrize("line", [b"1|%s|0.5", b'1|%s|{"x":[0]', b'1|%s|"x":[0]}', b"1|%s|", b"1|%s|[]"])
def test_a_cell_that_is_no_object_is_told(line: bytes) -> None:
    """A cell of the other kinds is one JSON object, from its first byte to its last."""
    assert problem(b"step|timestamp|curve\n" + line % AT + b"\n", "curve")[:2] == (2, "the cell is not a JSON object")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "not JSON from character 2 on"),
        (b"[]", 'expected a JSON object with a text "text"'),
        (b"{}", 'expected a JSON object with a text "text"'),
        (b'{"timestamp": "%s", "step": 1, "text": 5}', 'expected a JSON object with a text "text"'),
        (b'{"timestamp": "%s", "step": 1, "html": "a"}', 'expected a JSON object with a text "text"'),
        (b'{"timestamp": "%s", "step": "1", "text": "a"}', "the step is not a 64-bit integer: '1'"),
        (b'{"timestamp": "%s", "step": true, "text": "a"}', "the step is not a 64-bit integer: True"),
        (b'{"timestamp": "%s", "step": 1.5, "text": "a"}', "the step is not a 64-bit integer: 1.5"),
        (b'{"timestamp": "%s", "step": 9223372036854775808, "text": "a"}', "the step is not a 64-bit integer: 9223372036854775808"),
        (b'{"timestamp": "%s", "step": -9223372036854775809, "text": "a"}', "the step is not a 64-bit integer: -9223372036854775809"),
        (b'{"step": 1, "text": "a"}', "the timestamp is not one: 'None'"),
        (b'{"timestamp": 5, "step": 1, "text": "a"}', "the timestamp is not one: '5'"),
        (b"[" * 20_000, "the JSON is nested too deeply"),
        (b'{"text": "a", "step": %s}' % (b"9" * 5000), "not JSON that can be read"),
        (b'"\xff"', "not JSON that can be read"),
    ],
)
def test_a_bad_row_of_a_text_is_told_in_words(line: bytes, words: str) -> None:
    """The same in the form of JSON lines."""
    line = line.replace(b"%s", AT)
    good = b'{"timestamp": "%s", "step": 1.0, "text": "a"}\n' % AT
    assert problem(line + b"\n" + good, "text")[:2] == (1, words)
    assert [(row.line, row.step) for row in parsed(line + b"\n" + good, "text") if isinstance(row, Event)] == [(2, 1)]


@pytest.mark.parametrize("step", [2**63 - 1, -(2**63), 0, None])
def test_the_steps_of_texts_reach_as_far_as_those_of_metrics(step: int | None) -> None:
    """All of 64 bits, or none."""
    assert steps(event_rows.format_row("text", step, TIME, "a"), "text") == [step]
    assert steps(event_rows.header("metric") + event_rows.format_row("metric", step, TIME, "0.5")) == [step]


@pytest.mark.parametrize(
    ("cell", "kind", "expected"),
    [
        (b"0.5", "metric", 0.5),
        (b"-inf", "metric", -math.inf),
        (b'{"x":[1]}', "curve", {"x": [1]}),
        (b'{"x":[NaN]}', "curve", {"x": [math.nan]}),
        (b'{"x":"\\udc80"}', "curve", {"x": "\udc80"}),
        (b'{"x":%d}' % (10**400), "curve", {"x": 10**400}),
        (b'{"x":%d}' % (2**64), "curve", {"x": 2.0**64}),
    ],
)
def test_a_cell_is_read_as_its_kind(cell: bytes, kind: str, expected: Any) -> None:
    """A number, or an object; what only the standard library reads is read too."""
    assert repr(event_rows.parse_cell(cell, kind)) == repr(expected)


@pytest.mark.parametrize(
    ("cell", "kind", "words"),
    [
        (b"x" * 100, "metric", f"the value is not a number: '{'x' * 31}"),
        (b"\xff", "metric", "the value is not a number: '\ufffd'"),
        (b"{", "curve", "not JSON from character 2 on"),
        (b"[]", "curve", "the cell is not a JSON object"),
        (b"[NaN]", "curve", "the cell is not a JSON object"),
        (b"", "curve", "not JSON from character 1 on"),
    ],
)
def test_a_damaged_cell_is_told_in_words(cell: bytes, kind: str, words: str) -> None:
    """What was expected, and what stands there."""
    with pytest.raises(ValueError, match=f"^{words}"):
        event_rows.parse_cell(cell, kind)


@pytest.mark.parametrize("wrap", [bytes, bytearray])
def test_rows_are_read_of_any_buffer(wrap: Callable[[bytes], bytes]) -> None:
    """Bytes, or the buffer that a file is read into."""
    for data, kind in (
        (b"step|timestamp|metric\n+1|%s|0.5\n2|%s|x\n" % (AT, AT), "metric"),
        (event_rows.format_row("text", 1, TIME, "a"), "text"),
    ):
        rows = parsed(wrap(data), kind)
        assert [row.step for row in rows if isinstance(row, Event)] == [1]


def test_the_inside_of_a_large_row_is_not_looked_at() -> None:
    """A row is told good by its ends, its cell read when it is asked for; a problem shows but the start of a long line."""
    cell = b'{"x":"' + b"y" * 10_000 + b'"}'
    assert steps(b"step|timestamp|curve\n5|%s|%s\n" % (AT, cell), "curve") == [5]
    line, words, text = problem(b"step|timestamp|curve\n" + b"y" * 10_000 + b"\n", "curve")
    assert (line, words, text) == (2, 'expected 3 fields separated by "|", found 1', "y" * 120)


# --- rows of a metric as columns -----------------------------------------------------------------

OUR_STEPS = ["", "0", "7", "-3", "12", "007", "-0", "99999", "1234567890123456789", str(2**63 - 1)]
ODD_STEPS = [
    "+5",
    "5.0",
    " 5",
    "5 ",
    "0x1F",
    "0X1",
    "-",
    "--5",
    "1e3",
    "1_0",
    "5|",
    "|",
    "5\x00",
    "\ufeff1",
    "x",
    "9" * 19,
    str(-(2**63)),
    "1" * 25,
]
OUR_VALUES = [
    "0.5",
    "-0.0",
    "1e300",
    "5e-324",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "Infinity",
    "17",
    "0.1234567890123456789",
    "123456789012345678901",
]
ODD_VALUES = [
    "",
    " 0.5",
    "0.5 ",
    '"0.5"',
    "+0.5",
    "0x1p3",
    "1_0",
    "nan(1)",
    "0.5|",
    "|",
    "0.5|0.5",
    "None",
    "0.5\r",
    "0.5\x00",
    "\u0661",
    "1e400",
]
OUR_MOMENTS = [TIME, "2024-01-02 03:04:05.999999+00:00", "2024-12-31 23:59:59.000000+00:00"]
ODD_MOMENTS = ["", "|", "2024-01-02T03:04:05.678900+00:00", "2024-01-02 03:04:05+00:00", "2024-13-02 03:04:05.678900+00:00", TIME + "|"]


def as_columns(rows: bytes, kind: str = "metric") -> list[Event] | None:
    """The rows of a file without its header, each with its line, read as columns."""
    found = row_columns.parse_columns(rows, kind, 0, len(rows))
    if found is None:
        return None
    rows_of = [list(zip(*(column.tolist() for column in part[:4] if column is not None), strict=True)) for part in found]
    every = [row for part in rows_of for row in part]
    return [Event(n, None if mask else step, moment, n + 1, 0, 0, value) for n, (step, mask, moment, value) in enumerate(every)]


def one_by_one(rows: bytes) -> list[Event]:
    """The same rows read one by one; where they stand is left out."""
    found = list(event_rows.parse_rows(rows, "metric", order=event_rows.OUR_COLUMNS))
    return [row._replace(start=0, end=0) for row in found if isinstance(row, Event)]


def lines_of(rows: list[tuple[str, str, str]]) -> bytes:
    """The lines of rows: step, moment and value of each."""
    return "".join(f"{step}|{moment}|{value}\n" for step, moment, value in rows).encode()


OUR_ROW = st.tuples(st.sampled_from(OUR_STEPS), st.sampled_from(OUR_MOMENTS), st.sampled_from(OUR_VALUES))


@given(
    st.lists(OUR_ROW, min_size=1, max_size=30) | st.lists(st.tuples(st.just("3"), st.just(TIME), st.sampled_from(OUR_VALUES)), min_size=1)
)
@settings(max_examples=150, deadline=None)
def test_rows_as_we_write_them_are_read_as_columns(rows: list[tuple[str, str, str]]) -> None:
    """Whatever steps follow each other, and however many are looked at at a time: each is read as it is alone."""
    data = lines_of(rows)
    for pieces in (row_columns._PIECES, (100, 100)):
        with mock.patch.object(row_columns, "_PIECES", pieces):
            assert repr(as_columns(data)) == repr(one_by_one(data))


@pytest.mark.parametrize(
    "odd",
    [
        *((step, TIME, "0.5") for step in ODD_STEPS),
        *(("1", moment, "0.5") for moment in ODD_MOMENTS),
        *(("1", TIME, value) for value in ODD_VALUES),
    ],
)
def test_a_row_that_is_not_ours_is_not_taken_for_another(odd: tuple[str, str, str]) -> None:
    """First, last, among others and alone: all are left to who reads one by one, or read as alone, no row more and none less."""
    ours = [("1", TIME, "0.5"), ("22", TIME, "0.25"), ("", TIME, "nan")]
    for rows in ([odd], [odd, *ours], [*ours, odd], [ours[0], odd, ours[0]], [odd, odd]):
        found = as_columns(lines_of(rows))
        assert found is None or (repr(found) == repr(one_by_one(lines_of(rows))) and len(found) == len(rows))


@pytest.mark.parametrize(
    "line", [b"", b"x", b"|", b"||", b"1|%s" % AT, b"1|%s|" % AT, b"1|2|%s|0.5" % AT, b"1" * 500, b"1|%s|%s" % (AT, b"1" * 500)]
)
def test_a_line_that_is_no_row_is_left_to_who_reads_one_by_one(line: bytes) -> None:
    """Blank, cut off, with a bar too few or too many, so that another line's would make up for it, or too long."""
    row = b"1|%s|0.5\n" % AT
    others = [row, b"1|%s|0.5|0.5\n" % AT, b"1%s0.5\n" % AT]
    with mock.patch.object(row_columns, "_PIECES", (400, 400)):
        for data in (line + b"\n", *(line + b"\n" + other for other in others), *(other + line + b"\n" for other in others)):
            assert as_columns(data) is None


def test_a_row_without_its_newline_is_no_row_of_a_column() -> None:
    """It may be torn."""
    assert as_columns(b"1|%s|0.5\n2|%s|0.5" % (AT, AT)) is None


def test_a_constant_metric_of_many_rows_does_not_vary() -> None:
    """Its deviation is 0."""
    values = array("d", [0.1]) * 70_000
    found = metric_summary.metric_statistics(values)
    assert (found["mean"], found["std"], found["min"], found["max"]) == (0.1, 0.0, 0.1, 0.1)


# --- what the lineage says of a file ---------------------------------------------------------------


def metric_file(*rows: tuple[int | None, str]) -> bytes:
    """The event file of a metric: step and value of each row."""
    return b"step|timestamp|metric\n" + b"".join(event_rows.format_row("metric", step, TIME, value) for step, value in rows)


@pytest.mark.parametrize("place", range(len(AT)))
def test_a_timestamp_with_any_byte_changed_is_read_as_alone(place: int) -> None:
    """Among many of one minute, which are parsed together; in the first, in the middle and in the last row, and in all."""
    moments = [event_rows.format_timestamp(1_790_000_000_000_000 + n * 131).encode() for n in range(400)]
    for byte in b"0569:;-+. /a\xff":
        for which in ({0}, {200}, {399}, set(range(400))):
            changed = [bytes([*at[:place], byte, *at[place + 1 :]]) if n in which else at for n, at in enumerate(moments)]
            data = event_rows.header("metric") + b"".join(b"%d|%s|0.5\n" % (n, at) for n, at in enumerate(changed))
            alone, together = (event_file_summary.EventFileSummary("metric") for _ in range(2))
            alone.add(data, as_columns=False)
            together.add(data, as_columns=True)
            assert together.result() == alone.result()


@pytest.mark.parametrize(
    "data",
    [
        metric_file(),
        metric_file((3, "0.5")),
        metric_file((1, "0.5"), (1, "-0.25"), (None, "nan"), (-7, "inf"), (2**63 - 1, "1e-300")),
        metric_file((None, "nan")),
        metric_file((1, "1.7e308"), (2, "1.6e308"), (3, "1.5e308")),
        metric_file((1, "0.5")) + b"no row\n2|%s|0.25\n" % AT,
        metric_file((1, "0.5")) + b"2|%s|0.25" % AT,
        b"2|%s|0.25\n" % AT,
        b"",
    ],
)
@pytest.mark.parametrize("ours", [True, False])
def test_a_large_metric_is_summed_up_as_a_small_one(data: bytes, monkeypatch: pytest.MonkeyPatch, *, ours: bool) -> None:
    """A large file is read by columns, a small one row by row: what is said of its rows is the same."""
    expected = event_file_summary.summarize_event_file("metric", data, ours=ours)
    monkeypatch.setattr(event_file_summary, "_LARGE", 0)
    assert event_file_summary.summarize_event_file("metric", data, ours=ours) == expected


def test_the_summary_of_a_metric_has_its_rows_steps_and_statistics() -> None:
    """Rows, steps with their extremes, moments; count, mean, deviation and extremes, as pandas has them of all but NaN."""
    found = event_file_summary.summarize_event_file("metric", metric_file((4, "1.0"), (None, "inf"), (2, "2.0"), (4, "6.0"), (9, "nan")))
    assert found["rows"] == 5
    assert found["step"] == {"count": 4, "min": 2, "max": 9, "distinct": 3}
    assert found["timestamp"] == {"min": TIME, "max": TIME}
    assert found["metric"] == {"count": 4, "last": "NaN", "mean": "Infinity", "min": 1.0, "max": "Infinity", "std": "NaN"}
    for values in ((1.0, 2.0, 6.0, math.nan), (0.1, math.inf, -math.inf), (3.0,), (math.nan,), (-math.inf, 2.0)):
        rows = [(number, repr(value)) for number, value in enumerate(values)]
        told = metric_summary.parse_statistics(event_file_summary.summarize_event_file("metric", metric_file(*rows))["metric"])
        column = pd.Series(values)
        with np.errstate(invalid="ignore"):  # infinities of both signs
            counted = [column.count(), column.mean(), column.std(), column.min(), column.max()]
        assert [told.get(key, math.nan) for key in ("count", "mean", "std", "min", "max")] == pytest.approx(counted, nan_ok=True)


def test_the_mean_of_the_largest_numbers_is_one_of_them() -> None:
    """Their sum is no float."""
    found = event_file_summary.summarize_event_file("metric", metric_file(*[(1, "1.7e308")] * 3))["metric"]
    assert found["mean"] == pytest.approx(1.7e308)
    assert found["std"] / 1.7e308 == pytest.approx(0)


def test_the_summary_of_assets_says_what_the_last_is() -> None:
    """Path, content type and framework of the last good row; nothing of a damaged cell, and nothing of texts."""
    rows = [event_rows.format_row("dataframe", step, TIME, f'{{"path":"assets/{step}","content_type":"csv","x":1}}') for step in (1, 2)]
    data = event_rows.header("dataframe") + b"".join(rows)
    assert event_file_summary.summarize_event_file("dataframe", data)["last"] == {"path": "assets/2", "content_type": "csv"}
    assert event_file_summary.summarize_event_file("dataframe", data + b"3|%s|{x}\n" % AT)["last"] == {}
    assert event_file_summary.summarize_event_file("dataframe", b"")["last"] == {}
    assert event_file_summary.summarize_event_file("text", event_rows.format_row("text", 1, TIME, "a"))["last"] == {}
    events = {"last": {"path": "assets/2", "content_type": "csv"}}
    found = event_file_summary.last_version_summary(events, {"assets/2": {"size": 3, "hash": "0a"}})
    assert found == {"content_type": "csv", "size": 3, "hash": "0a"}


@pytest.mark.parametrize("kind", ["metric", "curve", "text"])
@given(st.data())
@settings(max_examples=30, deadline=None)
def test_a_summary_is_the_same_in_whatever_parts_the_bytes_come(kind: str, data: st.DataObject) -> None:
    """Also where rows are read as columns, and where lines are blank, torn or no rows."""
    cells = {"metric": ["1.5", "nan", "-0.0", "x"], "curve": ['{"path":"a"}', "{}", "{"], "text": ["a"]}[kind]
    rows = data.draw(st.lists(st.tuples(st.sampled_from([None, 0, 1, 2, 7, -3]), st.sampled_from(cells)), max_size=12))
    if kind == "text":
        lines = [event_rows.format_row(kind, step, TIME, cell) for step, cell in rows]
    else:
        lines = [b"%s|%s|%s\n" % (b"" if step is None else b"%d" % step, AT, cell.encode()) for step, cell in rows]
    blank = data.draw(st.lists(st.sampled_from([b"\n", b"\r\n", b"nothing\n"]), max_size=2))
    raw = event_rows.header(kind) + b"".join([*blank, *lines])
    raw = raw[: len(raw) - data.draw(st.integers(0, 5))]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=5)))
    ours = data.draw(st.booleans())
    whole = event_file_summary.EventFileSummary(kind)
    whole.add(raw, as_columns=False)
    with mock.patch.object(event_file_summary, "FEW_BYTES", 0):
        summary = event_file_summary.EventFileSummary(kind)
        for start, stop in pairwise([0, *cuts, len(raw)]):
            summary.add(raw[start:stop], as_columns=True)
    assert repr(summary.result(ours=ours)) == repr(whole.result(ours=ours))


@given(st.lists(st.floats() | st.floats(-1e-3, 1e-3) | st.floats(1e15, 1e17)))
def test_a_number_is_written_in_the_digits_of_its_repr(values: list[float]) -> None:
    """What is read back is the same number to the bit, NaN and the infinities too; several at once are written as each by itself."""
    moment = event_rows.format_timestamp(MOMENT)
    rows = event_rows.format_metrics(3, moment, values)
    assert rows == [event_rows.format_row("metric", 3, moment, value) for value in values]
    cells = [row.decode().removeprefix(f"3|{moment}|").removesuffix("\n") for row in rows]
    assert [repr(float(cell)) for cell in cells] == list(map(repr, values))
    assert [str(Decimal(cell).normalize()) for cell in cells] == [str(Decimal(repr(value)).normalize()) for value in values]


@given(st.lists(st.floats(allow_infinity=False) | st.sampled_from([0.0, -0.0, 1e300, math.nan]), min_size=1, max_size=40))
@settings(max_examples=100, deadline=None)
def test_the_statistics_of_many_values_are_those_of_few(values: list[float]) -> None:
    """A column of a million numbers is summed up in parts, and to the same last digit."""
    few = metric_summary.metric_statistics(array("d", values))
    with mock.patch.object(metric_summary, "_MANY", 3):
        assert repr(metric_summary.metric_statistics(array("d", values))) == repr(few)
