"""Rows of our own form are read quickly, and as the grammar reads them, whatever stands among them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_tracking.format import event_rows
from jupyter_tracking.read.event_file import EventFile

if TYPE_CHECKING:
    from pathlib import Path

MOMENT = "2026-11-24 10:11:12.123456+00:00"
ODD = ["", " ", "x", "1|now|{}", f"7.0|{MOMENT}|{{}}", f"1|{MOMENT}|", f"1|{MOMENT}|{{", f"1|{MOMENT}|3\r", f"|{MOMENT}|{{}}\r", "\0" * 9]
ODD += [f"99999999999999999999|{MOMENT}|{{}}", f"1|{MOMENT.replace('11-24', '13-24')}|{{}}", "step|timestamp|curve", f"1|{MOMENT}|1_0"]
STEPS = st.none() | st.integers(-(2**63), 2**63 - 1)


def rows(kind: str) -> st.SearchStrategy[str]:
    """Rows of our own, and now and then what is not."""
    cell = st.floats().map(repr) if kind == "metric" else st.sampled_from(["{}", '{"x":[1.0]}', '{"path":"a|b"}'])
    good = st.builds(lambda step, text: f"{'' if step is None else step}|{MOMENT}|{text}", STEPS, cell)
    return st.lists(st.one_of(good, good, good, st.sampled_from(ODD)), max_size=30).map("\n".join)


def strictly(data: bytes, kind: str) -> list[event_rows.Event | event_rows.RowProblem | event_rows.ColumnOrder]:
    """The rows, none of them read by the short way that those of our own form go."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_OUR_METRIC", "_OUR_OBJECT"):
            patch.setattr(event_rows, name, re.compile(rb"(?!)"))
        return list(event_rows.parse_rows(data, kind))


def same_row(event: event_rows.Event) -> tuple[object, ...]:
    """All of a row; NaN is the same as NaN."""
    return *event[:-1], repr(event.value)


@pytest.mark.parametrize("kind", ["metric", "curve", "text"])
@given(data=st.data(), headed=st.booleans(), tail=st.sampled_from(["", "\n"]))
def test_rows_are_read_as_the_grammar_has_them(
    kind: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, headed: bool, tail: str
) -> None:
    """Steps, moments, lines and cells of the good rows, and the words for the bad ones."""
    whole = ("step|timestamp|" + kind + "\n" if headed else "") + data.draw(rows(kind)) + tail
    raw = whole.encode()
    path: Path = tmp_path_factory.getbasetemp() / f"{kind}.plx"
    path.write_bytes(raw)
    committed = raw[: raw.rfind(b"\n") + 1]
    expected = strictly(committed, kind)
    file = EventFile(lambda: os.open(path, os.O_RDONLY), kind, ours=True)
    assert [same_row(row) for row in file.events()] == [same_row(row) for row in expected if isinstance(row, event_rows.Event)]
    assert [event.position for event in file.events()] == list(range(len(file.events())))
    assert file.problems() == [row for row in expected if isinstance(row, event_rows.RowProblem)]


def test_a_file_is_read_on_where_it_ended(tmp_path: Path) -> None:
    """A header alone, then rows, then an odd one, then rows: lines are counted through."""
    path = tmp_path / "loss.plx"
    path.write_bytes(event_rows.header("metric"))
    file = EventFile(lambda: os.open(path, os.O_RDONLY), "metric", ours=True)
    assert file.events() == []
    for step in range(6):
        with path.open("ab") as stream:
            stream.write(b"no row\n" if step == 3 else event_rows.format_row("metric", step, MOMENT, "0.5"))
        file.events()
    assert [(event.position, event.step, event.line) for event in file.events()] == [(0, 0, 2), (1, 1, 3), (2, 2, 4), (3, 4, 6), (4, 5, 7)]
    assert [problem.line for problem in file.problems()] == [5]


def last_value(path: Path, data: bytes, *, ours: bool = True) -> float | None:
    """The last value of a metric whose file has these bytes."""
    path.write_bytes(data)
    return EventFile(lambda: os.open(path, os.O_RDONLY), "metric", ours=ours).last_value()


def test_the_last_value_is_that_of_the_last_good_row(tmp_path: Path) -> None:
    """However long the file is, whoever wrote it, and whatever follows."""
    path, head = tmp_path / "loss.plx", event_rows.header("metric")
    rows = [event_rows.format_row("metric", step, MOMENT, repr(step / 2)) for step in range(1_000)]
    old = [f"{MOMENT}|{step}|{step / 2}\n".encode() for step in range(1_000)]
    assert last_value(path, b"") is None
    assert last_value(path, head) is None
    assert last_value(path, head + b"no row\n") is None
    assert last_value(path, head + rows[3]) == 1.5
    assert last_value(path, rows[3]) == 1.5
    assert last_value(path, head + b"".join(rows)) == 499.5
    assert last_value(path, head + b"".join(rows) + b"no row\n\n") == 499.5
    assert last_value(path, b"timestamp|step|metric\n" + b"".join(old)) == 499.5
    assert last_value(path, head + rows[3] + rows[5].rstrip()) == 1.5
    assert last_value(path, head + rows[3] + rows[5].rstrip(), ours=False) == 2.5
