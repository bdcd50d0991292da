"""Files we did not write well, or did not write: every good row is read, every bad one is named once, and nothing escapes."""

from __future__ import annotations

import contextlib
import json
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.format import event_rows
from jupyter_tracking.frames import lineage, runs
from jupyter_tracking.read import event_file
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.event_file import EventFile
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from tests.reliability import writers
from tests.reliability.killed import finished
from tests.test_rows import same_row, strictly

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
UUID = "0" * 32
SEED = 7
TIME = "2024-01-02 03:04:05.678900+00:00"


def reading(path: Path, kind: str, *, ours: bool) -> dict[str, Any]:
    """What the reader makes of an event file, as the corpus has it."""
    file = EventFile(lambda: os.open(path, os.O_RDONLY), kind, ours=ours)

    def shown(payload: Any) -> str:
        text = f"!{payload}" if isinstance(payload, ValueError) else repr(payload)
        return text if len(text) < 200 else f"{len(text)} characters"

    rows = [[e.line, e.step, e.timestamp, shown(p)] for e, p in zip(file.rows(), file.payloads(), strict=True)]
    return {"rows": rows, "problems": [[p.line, p.problem] for p in file.problems()]}


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.plx")), ids=lambda path: path.stem)
def test_a_damaged_file_is_read_as_documented(path: Path) -> None:
    """Each file of the corpus has one outcome, as ours and as Polyaxon's."""
    expected = json.loads(path.with_suffix(".expected.json").read_text())
    assert reading(path, expected["kind"], ours=True) == expected["ours"]
    assert reading(path, expected["kind"], ours=False) == expected.get("theirs", expected["ours"])


# --- one damaged row among good ones ---------------------------------------------------------------

JUNK: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "cut short": lambda line, dice: line[: dice.randrange(1, line.index(b"|", line.index(b"|") + 1))],
    "a byte too many in the step": lambda line, _: b"x" + line,
    "a field too few": lambda line, _: line.replace(b"|", b" ", 1),
    "nothing in the timestamp": lambda line, _: line.replace(TIME.encode(), b""),
    "a broken timestamp": lambda line, _: line.replace(b"2024-", b"2024."),
    "random bytes": lambda _, dice: bytes(dice.choice(range(128, 256)) for _ in range(dice.randrange(1, 60))),
    "zeros": lambda line, _: bytes(len(line)),
    "a merge conflict": lambda _, dice: dice.choice([b"<<<<<<< HEAD", b"=======", b">>>>>>> 1a2b3c"]),
    "a header": lambda line, _: b"step|timestamp|curve" if b"{" in line else b"step|timestamp|metric",
    "a cell of another kind": lambda line, _: line[: line.rindex(b"+00:00|") + 7] + (b"0.5" if b"{" in line else b'{"x":[0]}'),
    "two rows run together": lambda line, _: line + line,
}


def good_line(kind: str, step: int) -> bytes:
    """A good row without its newline."""
    cell = repr(step / 7) if kind == "metric" else json.dumps({"x": [0, 1], "y": [0, step], "kind": "custom"})
    return f"{step}|{TIME}|{cell}".encode()


def damaged(dice: random.Random, path: Path) -> None:
    """Damage some rows of a file, and see that exactly these are missing and named."""
    kind = dice.choice(["metric", "curve"])
    count = dice.randrange(1, 40)
    lines = [good_line(kind, step) for step in range(count)]
    bad = sorted(dice.sample(range(count), dice.randrange(1, min(count, 4) + 1)))
    for position in bad:
        lines[position] = JUNK[dice.choice(list(JUNK))](lines[position], dice)
    path.write_bytes(event_rows.header(kind) + b"".join(line + b"\n" for line in lines))
    file = EventFile(lambda: os.open(path, os.O_RDONLY), kind, ours=True)
    events = file.rows()
    payloads = file.payloads()
    told = [p.line for p in file.problems()] + [e.line for e, p in zip(events, payloads, strict=True) if isinstance(p, ValueError)]
    assert sorted(told) == [position + 2 for position in bad], path.read_bytes()
    good = [(e.step, p) for e, p in zip(events, payloads, strict=True) if not isinstance(p, ValueError)]
    assert good == [
        (step, step / 7 if kind == "metric" else {"x": [0, 1], "y": [0, step], "kind": "custom"})
        for step in range(count)
        if step not in bad
    ]


@pytest.mark.parametrize("files", [500, pytest.param(10_000, marks=pytest.mark.soak)])
def test_damaged_rows_hide_no_good_one(tmp_path: Path, files: int) -> None:
    """Files with damaged rows at random places: every other row is read exactly, and each bad row named once, by its line."""
    dice = random.Random(SEED)
    for number in range(files):
        damaged(dice, tmp_path / f"{number % 50}.plx")


@pytest.mark.parametrize("count", [300, pytest.param(5_000, marks=pytest.mark.soak)])
def test_the_fast_reader_and_the_strict_one_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Whatever bytes of a metric's file were changed, its columns are its good rows."""
    monkeypatch.setattr(event_file, "FEW_BYTES", 0)
    dice = random.Random(SEED)
    path = tmp_path / "m.plx"
    for _ in range(count):
        rows = [f"{dice.choice(['', step])}|{TIME}|{dice.choice([step / 7, 'nan', 'inf', 1e-300])}\n" for step in range(5)]
        data = bytearray(event_rows.header("metric") + "".join(rows).encode())
        for _ in range(dice.randrange(3)):
            data[dice.randrange(len(data))] = dice.choice(b"0123456789.-+eE|\n\r \"'_xXnNaAiIfF,\t\x00\xff")
        path.write_bytes(data)
        file = EventFile(lambda: os.open(path, os.O_RDONLY), "metric", ours=True)
        table = file.rows().to_arrow()
        strict = [
            (e.step, e.timestamp, repr(e.value))
            for e in strictly(bytes(data[: data.rfind(b"\n") + 1]), "metric")
            if isinstance(e, event_rows.Event)
        ]
        moments = table["timestamp"].cast("int64").to_pylist()
        found = list(zip(table["step"].to_pylist(), moments, [repr(v) for v in table["value"].to_pylist()], strict=True))
        assert found == strict, bytes(data)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (b"1|%s|0.5\r2|%s|0.25\n", []),  # a carriage return ends no row: this is one, and its value is no number
        (b"1|%s|0.5\r\n2|%s|0.25\n", [(1, 0.5), (2, 0.25)]),  # before a newline it belongs to the ending of the row
        (b"1|%s|0.5\n2|%s|0.25\r\n", [(1, 0.5), (2, 0.25)]),
        (b"1|%s|0.5\n\r\n2|%s|0.25\n", [(1, 0.5), (2, 0.25)]),
        (b"1|%s|\r0.5\n2|%s|0.25\n", [(1, 0.5), (2, 0.25)]),  # blank, as a space is
        (b"1|%s|0.5\r7\n2|%s|0.25\n", [(2, 0.25)]),
        (b"1\r|%s|0.5\n2|%s|0.25\n", [(2, 0.25)]),
        (b"\r1|%s|0.5\n2|%s|0.25\n", [(2, 0.25)]),
    ],
)
def test_a_carriage_return_within_a_row_ends_none(tmp_path: Path, rows: bytes, expected: list[tuple[int, float]]) -> None:
    """A carriage return in a row of our own form: the columns are the rows, and a damaged row is none of them."""
    path = tmp_path / "m.plx"
    path.write_bytes(b"step|timestamp|metric\n" + rows % (TIME.encode(), TIME.encode()))
    file = EventFile(lambda: os.open(path, os.O_RDONLY), "metric", ours=True)
    table = file.rows().to_arrow()
    assert list(zip(table["step"].to_pylist(), table["value"].to_pylist(), strict=True)) == expected
    assert [(event.step, payload) for event, payload in zip(file.rows(), file.payloads(), strict=True)] == expected


@pytest.mark.parametrize("count", [300, pytest.param(5_000, marks=pytest.mark.soak)])
def test_a_file_read_by_bits_is_read_as_its_rows_are(tmp_path: Path, count: int) -> None:
    """Whatever bytes were changed, and however the file grew: its rows and problems are those of the grammar, row by row."""
    dice = random.Random(SEED)
    path = tmp_path / "x.plx"
    for _ in range(count):
        kind = dice.choice(["metric", "curve", "text"])
        head = dice.choice([event_rows.header(kind)] * 4 + [b"", b"\n", b"timestamp|step|metric\n", b"step|timestamp|text\n"])
        data = bytearray(head)
        for step in range(6):
            cell = repr(step / 7) if kind == "metric" else f'{{"x":[{step}]}}' if kind == "curve" else "text"
            data += event_rows.format_row(kind, dice.choice([step, None, 2**63 - 1, -(2**63)]), TIME, cell)
        for _ in range(dice.randrange(4)):
            at = dice.randrange(len(data) + 1)
            data[at : at + dice.randrange(2)] = dice.choice(
                [b"", b"\r", b"\n", b"|", b"\r\n", b"{", b"}", b"-", b" ", b"9", b"\x00", b"\xff", b"_"]
            )
        file = EventFile(lambda: os.open(path, os.O_RDONLY), kind, ours=True)
        size = 0
        while size < len(data):
            size = min(len(data), size + dice.randrange(1, len(data) + 1))
            path.write_bytes(data[:size])
            events = file.rows()
            expected = strictly(bytes(data[: data.rfind(b"\n", 0, size) + 1]), kind)
            rows = [row for row in expected if isinstance(row, event_rows.Event)]
            assert list(map(same_row, events)) == list(map(same_row, rows)), bytes(data[:size])
            assert file.problems() == [row for row in expected if isinstance(row, event_rows.RowProblem)], bytes(data[:size])


# --- any bytes at all ------------------------------------------------------------------------------

KINDS = ["metric", "curve", "text", "dataframe", "image", "histogram", "chart", "span", "file"]
LINES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"step|timestamp|metric",
            b"1|" + TIME.encode() + b"|0.5",
            b"|" * 5,
            b'{"text": "a", "step": 1, "timestamp": "' + TIME.encode() + b'"}',
            b"",
        ]
    ),
)
ANYTHING = st.one_of(st.binary(max_size=2000), st.lists(LINES, max_size=20).map(b"\n".join))


def read_everything(path: Path) -> None:
    """Ask a run folder for all it has; only our own errors may come."""
    folder = open_folder(path)
    _ = (folder.status, folder.uuid, folder.name, folder.is_ours)
    assert all(isinstance(p.problem, str) for p in find_problems(folder))
    for artifact in folder.artifacts():
        try:
            events = folder.rows(artifact)
        except TrackingError:
            continue
        for event in events:
            with contextlib.suppress(TrackingError):
                folder.value(artifact, event)
    for whole in (lineage.lineage_frame, runs.problems_frame, lambda folder: runs.metrics_frame(folder, [])):
        with contextlib.suppress(TrackingError):
            whole(folder)


@settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(KINDS), ANYTHING, st.booleans())
def test_any_bytes_are_an_event_file(tmp_path: Path, kind: str, data: bytes, ours: bool) -> None:
    """Whatever an event file holds, reading raises nothing."""
    path = tmp_path / "any.plx"
    path.write_bytes(data)
    file = EventFile(lambda: os.open(path, os.O_RDONLY), kind, ours=ours)
    assert len(file.rows()) == len(file.payloads())
    if kind == "metric":
        assert len(file.rows().to_arrow()) <= len(file.rows())


@pytest.mark.filterwarnings("ignore::jupyter_tracking.errors.TrackingWarning")
@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(
        ["run.plx.json", "lineages.plx.json", ".jupyter-tracking/lineage.jsonl", ".jupyter-tracking/assets.jsonl", "events/curve/roc.plx"]
    ),
    st.one_of(
        ANYTHING,
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3),
                st.dictionaries(
                    st.sampled_from(
                        [
                            "name",
                            "kind",
                            "path",
                            "summary",
                            "meta_info",
                            "jupyter_tracking",
                            "status",
                            "uuid",
                            "step",
                            "metric",
                            "events",
                            "rows",
                        ]
                    ),
                    inner,
                    max_size=6,
                ),
            ),
            max_leaves=20,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    st.booleans(),
)
def test_any_bytes_are_a_document(tmp_path: Path, name: str, data: bytes, doubled: bool) -> None:
    """Whatever one of a run's documents holds, the rest is read, and nothing raises but our own errors."""
    path = tmp_path / "run"
    if not path.exists():
        run = Run(path)
        run.log_metric("loss", 1.0, 1)
        run.log_curve("roc", [0, 1], [0, 1], step=1)
        run._release_lock()
    before = {p: p.read_bytes() for p in path.rglob("*") if p.is_file()}
    (path / name).write_bytes(data + b"\n" + data if doubled else data)
    read_everything(path)
    assert [e.step for e in open_folder(path).rows(open_folder(path).find("loss"))] == [1]
    for p in [p for p in path.rglob("*") if p.is_file()]:
        p.unlink() if p not in before else p.write_bytes(before[p])


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["metric", "text", "curve"])
def test_a_large_file_of_junk_takes_little_memory(tmp_path: Path, kind: str) -> None:
    """A file of 10 MB of which nothing is a row is read in little memory more."""
    path = tmp_path / "junk.plx"
    path.write_bytes(random.Random(SEED).randbytes(10_000_000))
    (grown,) = finished(writers.read_within, path, kind)
    assert grown < 50 << 20, f"{grown >> 20} MiB"


def test_a_thousand_runs_of_which_ten_are_broken(root: Path) -> None:
    """A list of runs shows the good ones, and the broken ones with what is wrong; one bad run hides no other."""
    template = Run(root / "runs" / UUID)
    template.log_metric("loss", 1.0, 1)
    template.end()
    document = (template.path / "run.plx.json").read_bytes()
    for number in range(1, 100):
        folder = root / "runs" / f"{number:032x}"
        folder.mkdir()
        (folder / "run.plx.json").write_bytes(document.replace(UUID.encode(), folder.name.encode()))
    broken = [f"{number:032x}" for number in range(0, 100, 10)]
    damage = [b"", b"{", b"[]", b"\x00\xff", b'{"uuid": 5, "status": []}', b"null", b"[" * 5000, None, "link", "folder"]
    for uuid, how in zip(broken, damage, strict=True):
        file = root / "runs" / uuid / "run.plx.json"
        file.unlink()
        if isinstance(how, bytes):
            file.write_bytes(how)
        elif how == "link":
            file.symlink_to("/etc/passwd")
        elif how == "folder":
            file.mkdir()
    table = runs.runs_frame(root)
    assert set(table["uuid"]) >= {f"{number:032x}" for number in range(100)} - set(broken)
    good = table[~table["uuid"].isin(broken)]
    assert (good["status"] == "succeeded").sum() == 90


def test_a_header_after_blank_lines_is_one_however_the_file_grows(tmp_path: Path) -> None:
    """Blank lines may come before the header, and be read before it is there: it is the header still."""
    path = tmp_path / "m.plx"
    path.write_bytes(b"\n\n")
    file = EventFile(lambda: os.open(path, os.O_RDONLY), "metric", ours=True)
    assert not file.rows()
    with path.open("ab") as growing:
        growing.write(event_rows.header("metric") + f"1|{TIME}|0.5\n".encode())
    assert [(event.line, event.step) for event in file.rows()] == [(4, 1)]
    assert not file.problems()
