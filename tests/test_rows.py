"""Rows of our own form are read quickly, and as the grammar reads them, whatever stands among them."""

from __future__ import annotations

import itertools
import os
import re
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_tracking.format import event_rows, standard_json
from jupyter_tracking.frames.runs import metrics_frame
from jupyter_tracking.read import event_file, event_table
from jupyter_tracking.read.event_file import EventFile
from jupyter_tracking.read.recent_files import RecentFiles
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from pathlib import Path

MOMENT = "2026-11-24 10:11:12.123456+00:00"
ODD = ["", " ", "x", "1|now|{}", f"7.0|{MOMENT}|{{}}", f"1|{MOMENT}|", f"1|{MOMENT}|{{", f"1|{MOMENT}|3\r", f"|{MOMENT}|{{}}\r", "\0" * 9]
ODD += [f"99999999999999999999|{MOMENT}|{{}}", f"1|{MOMENT.replace('11-24', '13-24')}|{{}}", "step|timestamp|curve", f"1|{MOMENT}|1_0"]
ODD += [
    f"1|{MOMENT.replace(old, new)}|{{}}"
    for old, new in [("12.1", "60.1"), ("12.1", "1:.1"), (":11:", ":60:"), ("11:12", "11/12"), ("6+", "/+")]
]
# In one minute, in others, and on other days: of those that follow each other in a minute, only the first is read as a whole.
MOMENTS = [MOMENT, "2026-11-24 10:11:59.999999+00:00", "2026-11-24 10:12:00.000000+00:00", "2026-10-24 10:11:00.000001+00:00"]
MOMENTS += ["0001-01-01 00:00:00.000000+00:00", "1969-12-31 23:59:59.999999+00:00", "9999-12-31 23:59:59.999999+00:00"]
STEPS = st.none() | st.integers(-(2**63), 2**63 - 1)


def rows(kind: str) -> st.SearchStrategy[str]:
    """Rows of our own, and now and then what is not."""
    cell = st.floats().map(repr) if kind == "metric" else st.sampled_from(["{}", '{"x":[1.0]}', '{"path":"a|b"}'])
    moment = st.just(MOMENT) | st.sampled_from(MOMENTS)
    good = st.builds(lambda step, moment, text: f"{'' if step is None else step}|{moment}|{text}", STEPS, moment, cell)
    return st.lists(st.one_of(good, good, good, st.sampled_from(ODD)), max_size=30).map("\n".join)


def strictly(data: bytes, kind: str) -> list[event_rows.Event | event_rows.RowProblem | event_rows.ColumnOrder]:
    """The rows, none of them read by the short way that those of our own form go."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_OUR_METRIC", "_OUR_OBJECT"):
            patch.setattr(event_rows, name, re.compile(rb"(?!)"))
        return list(event_rows.parse_rows(data, kind))


def same_row(event: event_rows.Event) -> tuple[object, ...]:
    """All of a row; NaN is the same as NaN. Where the cell of a metric stands is not kept: its value is in the row."""
    place = event[4:6] if event.value is None else ()
    return *event[:4], *place, repr(event.value)


@pytest.mark.parametrize("kind", ["metric", "curve", "text"])
@given(data=st.data(), headed=st.booleans(), tail=st.sampled_from(["", "\n"]), grown=st.booleans())
def test_rows_are_read_as_the_grammar_has_them(
    kind: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, headed: bool, tail: str, grown: bool
) -> None:
    """Steps, moments, lines and cells of the good rows, and the words for the bad ones; at once or as the file grows, in large and small parts."""
    whole = ("step|timestamp|" + kind + "\n" if headed else "") + data.draw(rows(kind)) + tail
    raw = whole.encode()
    path: Path = tmp_path_factory.getbasetemp() / f"{kind}.plx"
    file = EventFile(lambda: os.open(path, os.O_RDONLY), kind, ours=True)
    with pytest.MonkeyPatch.context() as patch:
        for name, sizes in {"FEW_BYTES": [0, 100, 1 << 14], "_PIECE": [1, 100, 1 << 18], "_BLOCK": [50, 500, 1 << 23]}.items():
            patch.setattr(event_file, name, data.draw(st.sampled_from(sizes), label=name))
        if grown:
            path.write_bytes(raw[: len(raw) // 2])
            file.rows()
        path.write_bytes(raw)
        found, problems = file.rows(), file.problems()
    expected = strictly(raw[: raw.rfind(b"\n") + 1], kind)
    assert [same_row(row) for row in found] == [same_row(row) for row in expected if isinstance(row, event_rows.Event)]
    assert [same_row(found[n]) for n in range(len(found))] == [same_row(row) for row in found]
    assert [event.position for event in found] == list(range(len(found)))
    assert found.lines().tolist() == [event.line for event in found]
    assert problems == [row for row in expected if isinstance(row, event_rows.RowProblem)]


# Texts that one reader or another might take for a part of a row, and how each is told in the words of the grammar: not at all.
ALMOST = {
    "step": [
        "0x1F",
        " 7",
        "7 ",
        "\t7",
        "+7",
        "007",
        "-0",
        "-",
        "7.0",
        "1e3",
        "0" * 23 + "7",
        "9" * 19,
        "9" * 18,
        "\xef\xbb\xbf7",
        "\x007",
        "7_0",
        "٧",
    ],
    "timestamp": [
        *(
            MOMENT.replace(a, b)
            for a, b in [(" ", "T"), ("+00:00", "Z"), ("+00:00", "+0000"), ("+00:00", ""), ("+00:00", "+02:00"), (".123456", "")]
        ),
        *(MOMENT.replace(a, b) for a, b in [("2026", "0000"), ("2026", "0001"), ("2026", "9999"), ("11-24", "02-30"), ("10:11", "24:00")]),
        *(
            MOMENT.replace(a, b)
            for a, b in [("12.1", "60.1"), (".123456", ".12345 "), ("2026", " 202"), ("24 10", "24-10"), ("11-24", "1a-24")]
        ),
        *(MOMENT.replace(a, b) for a, b in [("+", "-"), ("56+", "5:+"), ("6+00:00", "6+00:0"), ("6+00:00", "6+00:000"), ("2026", "/026")]),
    ],
    "metric": [
        "nan",
        "-nan",
        "NaN",
        "nan(1)",
        "inf",
        "-Infinity",
        "1e400",
        "1e-400",
        " 1",
        "1 ",
        "\t1",
        "0x1p3",
        "1_0",
        "+1",
        "1.",
        ".5",
        "1,5",
        "1|2",
    ],
    "curve": ["{}", "{", "}", "{}x", " {}", "[]", '{"x":"|"}', "{\x00}", "{\xff}"],
}


@pytest.mark.parametrize("kind", ["metric", "curve"])
def test_what_is_almost_a_row_is_one_or_none_to_all_readers(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step in hexadecimal, a year 0, a space too much: among rows of our own, and at the beginning, each is what the grammar says."""
    monkeypatch.setattr(event_file, "FEW_BYTES", 0)
    path = tmp_path / "a.plx"
    good = {"step": "3", "timestamp": MOMENT, "metric": "0.5", "curve": "{}"}
    for field in ("step", "timestamp", kind):
        for text in ["", *ALMOST[field]]:
            odd = good | {field: text}
            for before in (0, 1, 40):
                lines = [good] * before + [odd, good]
                raw = f"step|timestamp|{kind}\n".encode() + "".join(f"{x['step']}|{x['timestamp']}|{x[kind]}\n" for x in lines).encode(
                    "latin-1", "replace"
                )
                path.write_bytes(raw)
                file = EventFile(lambda: os.open(path, os.O_RDONLY), kind, ours=True)
                expected = strictly(raw, kind)
                assert list(map(same_row, file.rows())) == [same_row(row) for row in expected if isinstance(row, event_rows.Event)], raw
                assert file.problems() == [row for row in expected if isinstance(row, event_rows.RowProblem)], raw


ODD_TEXTS = [
    *(
        f'{{"timestamp":"{MOMENT}","step":{step},"text":"a"}}'
        for step in ("3", "3.0", "3.5", "-1", "1e3", "1e999", "NaN", "null", '"3"', 2**63, 2**64, 2**64 + 1, -(2**63) - 1)
    ),
    *(
        f'{{"timestamp":"{MOMENT}","step":1,"text":{text}}}'
        for text in (r'"\ud800"', r'"\ud83d\ude00"', '"損失"', '"\x01"', '""', "3", "null", "[]")
    ),
    *(
        f'{{"timestamp":"{MOMENT}","text":"a","more":{more}}}'
        for more in ("[" * 600 + "]" * 600, "[" * 400 + "]" * 400, "1e400", "Infinity", 2**70)
    ),
    *(f'{{"timestamp":{moment},"text":"a"}}' for moment in ('"soon"', "3", "null")),
    *(
        '{"text":"a"}',
        f'{{"timestamp":"{MOMENT}","text":"a","text":"b"}}',
        "[]",
        "{",
        f'{{"timestamp":"{MOMENT}","text":"a"}} {{}}',
        '"text"',
    ),
]


def test_a_long_row_of_a_text_is_the_row_that_a_short_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long rows are parsed by another library, which is to be seen by nobody: rows, problems and values are the same."""
    raw = "".join(f"{line}\n" for line in ODD_TEXTS).encode("utf-8") + b'{"timestamp":"' + MOMENT.encode() + b'","text":"\xff"}\n'

    def read() -> list[Any]:
        found = list(event_rows.parse_rows(raw, "text"))
        return [
            (row, event_rows.parse_cell(raw[row.start : row.end], "text", None)) if isinstance(row, event_rows.Event) else row
            for row in found
        ]

    short = read()
    assert sum(isinstance(row, tuple) and isinstance(row[0], event_rows.Event) for row in short) >= 12
    monkeypatch.setattr(standard_json, "_LONG", 0)
    assert read() == short


def test_a_file_is_read_on_where_it_ended(tmp_path: Path) -> None:
    """A header alone, then rows, then an odd one, then rows: lines are counted through."""
    path = tmp_path / "loss.plx"
    path.write_bytes(event_rows.header("metric"))
    file = EventFile(lambda: os.open(path, os.O_RDONLY), "metric", ours=True)
    assert file.rows() == []
    for step in range(6):
        with path.open("ab") as stream:
            stream.write(b"no row\n" if step == 3 else event_rows.format_row("metric", step, MOMENT, "0.5"))
        file.rows()
    assert [(event.position, event.step, event.line) for event in file.rows()] == [(0, 0, 2), (1, 1, 3), (2, 2, 4), (3, 4, 6), (4, 5, 7)]
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


def test_rows_that_nobody_holds_are_kept_within_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many files the ones read last are not read again; what is held by a view is read on from where it ended, however long ago that was."""
    run = Run(tmp_path / "runs" / ("0" * 32))
    for number in range(6):
        run.log_metric(f"m{number}", 0.5, 0)
        with (run.path / f"events/metric/m{number}.plx").open("ab") as stream:
            stream.write(b"".join(event_rows.format_row("metric", step, MOMENT, "0.5") for step in range(1, 1_000)))
    folder = open_folder(run.path)
    folder._event_files = RecentFiles(60_000)  # two files
    read: list[str] = []
    pread = os.preadv
    monkeypatch.setattr(
        os_calls, "preadv", lambda fd, buffers, at: read.append(os.readlink(f"/proc/self/fd/{fd}")[-6:-4]) or pread(fd, buffers, at)
    )
    artifacts = folder.artifacts()
    held = folder.rows(artifacts[0])
    for _ in range(2):
        for artifact in artifacts:
            assert len(folder.rows(artifact)) == 1_000
    assert read == ["m0", *["m1", "m2", "m3", "m4", "m5"] * 2]
    assert (folder.rows(artifacts[5])[3], len(read)) == (folder.rows(artifacts[4])[3]._replace(), 11)
    assert folder.rows(artifacts[0]) is held


def test_a_file_that_has_grown_is_read_where_it_grew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes that are read, and the memory that is written, are those of the new rows, however many came before."""
    path = tmp_path / "loss.plx"
    lines = [event_rows.format_row("metric", step, MOMENT, "0.5") for step in range(60_000)]
    path.write_bytes(event_rows.header("metric") + b"".join(lines[:40_000]))
    read: list[int] = []
    preadv, pread = os.preadv, os.pread
    monkeypatch.setattr(os_calls, "preadv", lambda fd, buffers, at: read.append(sum(map(len, buffers))) or preadv(fd, buffers, at))
    monkeypatch.setattr(os_calls, "pread", lambda fd, size, at: read.append(len(found := pread(fd, size, at))) or found)
    file = EventFile(lambda: os.open(path, os.O_RDONLY), "metric", ours=True)
    file.rows()
    before = []
    for begin in (40_000, 41_000, 42_000):
        with path.open("ab") as stream:
            stream.write(b"".join(lines[begin : begin + 1_000]))
        read.clear()
        before.append(file.rows())
        assert sum(read) < 2 * sum(map(len, lines[begin : begin + 1_000])) + 70_000  # and the end, where the last newline is looked for
    assert [(len(rows), rows[-1].step, rows[-1].line) for rows in before] == [(n, n - 1, n + 1) for n in (41_000, 42_000, 43_000)]
    assert np.shares_memory(before[1].step, before[2].step)
    assert not before[2].step.flags.writeable


def test_a_reading_that_was_interrupted_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a large file is read: the next reading has each row once."""
    path = tmp_path / "loss.plx"
    path.write_bytes(event_rows.header("metric") + b"".join(event_rows.format_row("metric", step, MOMENT, "0.5") for step in range(2_000)))
    file = EventFile(lambda: os.open(path, os.O_RDONLY), "metric", ours=True)
    monkeypatch.setattr(event_file, "_BLOCK", 50_000)
    parse, calls = event_file.parse_columns, itertools.count()

    def interrupted(*given: Any, **more: Any) -> Any:
        if next(calls) == 1:
            raise KeyboardInterrupt
        return parse(*given, **more)

    monkeypatch.setattr(event_file, "parse_columns", interrupted)
    with pytest.raises(KeyboardInterrupt):
        file.rows()
    assert file.rows().step.tolist() == list(range(2_000))


def test_metrics_take_little_more_memory_than_their_frame(tmp_path: Path) -> None:
    """What was read of one metric is let go before the next is: at its peak, the making of a frame takes little beside it."""
    run = Run(tmp_path / "runs" / ("0" * 32))
    rows = [event_rows.format_row("metric", step, MOMENT, "0.5") for step in range(1, 20_000)]
    for number in range(40):
        run.log_metric(f"m{number}", 0.5, 0)
        with (run.path / f"events/metric/m{number}.plx").open("ab") as stream:
            stream.write(b"".join(rows[number % 2 :]))
    folder = open_folder(run.path)
    folder._event_files = RecentFiles(1_000_000)
    metrics_frame(folder, ["m0"])
    tracemalloc.start()
    try:
        frame = metrics_frame(folder, [])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert frame.shape == (20_000, 40)
    size = int(frame.memory_usage().sum())
    assert peak < 1.2 * size + 8_000_000, (peak, size)  # and what is read at a time


@given(steps=st.lists(st.none() | st.integers(-3, 12) | st.sampled_from([-(2**63) + 1, 2**62, 2**63 - 1]), max_size=40), near=st.booleans())
def test_the_last_row_of_each_step_is_found(tmp_path_factory: pytest.TempPathFactory, steps: list[int | None], *, near: bool) -> None:
    """However the steps lie and come again: with how many rows each had, those without a step as one, which comes first."""
    if near:
        steps = [step if step is None or abs(step) < 20 else 0 for step in steps]
    path = tmp_path_factory.getbasetemp() / "latest.plx"
    path.write_bytes(b"".join([event_rows.header("metric"), *(event_rows.format_row("metric", step, MOMENT, "0.5") for step in steps)]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_table, "_COUNTED_AT_ONCE", 7)
        found, counts = EventFile(lambda: os.open(path, os.O_RDONLY), "metric", ours=True).rows().latest()
    last = {step: place for place, step in enumerate(steps)}
    expected = sorted(last, key=lambda step: (step is not None, step or 0))
    assert [(row.step, row.position) for row in found] == [(step, last[step]) for step in expected]
    assert (counts.tolist() if counts is not None else [1] * len(found)) == [steps.count(step) for step in expected]
