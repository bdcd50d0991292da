"""The end of a run reads each event file once, while the disk takes what was logged, and leaves no thread behind."""

from __future__ import annotations

import errno
import json
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_tracking.errors import StorageError
from jupyter_tracking.format import event_file_summary, event_rows, paths
from jupyter_tracking.record.run import Run
from jupyter_tracking.storage import run_folder
from tests.reliability.faults import FailAt

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 100_000  # of the long metric: two parts of its file


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run with a long metric, many short ones, and a file without a newline at its end."""
    run = Run(tmp_path / "run")
    for name in ("long", *(f"short{n}" for n in range(30))):
        run.log_metric(name, 0.5, step=0)
    moment = event_rows.format_timestamp(1_790_000_000_000_000)
    for name, count in (("long", ROWS), *((f"short{n}", 100 + n) for n in range(30))):
        with (run.path / "events" / "metric" / f"{name}.plx").open("ab") as file:
            file.writelines(event_rows.format_row("metric", step, moment, repr(step / 7)) for step in range(1, count))
    with (run.path / "events" / "metric" / "short3.plx").open("ab") as file:
        file.write(b"torn|")
    return run


def events_of(run: Run) -> dict[str, dict[str, Any]]:
    """What the lineage says of each event file."""
    stored = json.loads((run.path / paths.LINEAGES_FILE).read_bytes())
    return {record["name"]: record["summary"] | record["meta_info"]["jupyter_tracking"]["events"] for record in stored}


def test_each_byte_is_read_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One reading of a file serves for its hash and its summary; beside it, the journals and the documents are read."""
    size = sum(path.stat().st_size for path in (run.path / "events" / "metric").iterdir())
    read, real = [0], os.pread

    def pread(fd: int, count: int, offset: int) -> bytes:
        data = real(fd, count, offset)
        read[0] += len(data)
        return data

    monkeypatch.setattr(run_folder.os_calls, "pread", pread)
    run.end()
    assert size <= read[0] < size + 20_000
    found = events_of(run)
    assert (found["long"]["rows"], found["long"]["step"]["max"]) == (ROWS, ROWS - 1)
    assert [found[f"short{n}"]["rows"] for n in range(30)] == [100 + n for n in range(30)]


def test_no_thread_is_left(run: Run) -> None:
    """All of them are waited for."""
    before = threading.active_count()
    run.end()
    assert threading.active_count() == before


def test_it_ends_where_no_thread_can_be_started(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As at the end of the interpreter."""

    def start(_thread: threading.Thread) -> None:
        raise RuntimeError

    monkeypatch.setattr(threading.Thread, "start", start)
    run.end()
    assert run.status == "succeeded"
    assert events_of(run)["long"]["rows"] == ROWS


def test_a_disk_that_does_not_take_the_rows_gets_no_lineage(run: Run) -> None:
    """The error comes to the caller, nothing of the end is written, and the next call ends the run."""
    run.store.system = FailAt(1, lambda: OSError(errno.EIO, "no"), only="fsync")
    with pytest.raises(StorageError):
        run.end()
    assert not (run.path / paths.LINEAGES_FILE).exists()
    assert (run.status, run.ended) == ("running", False)
    run.log_metric("short1", 0.5, step=1000)
    run.end()
    assert events_of(run)["short1"]["rows"] == 102


AT = b"2026-09-21 14:13:20.000000+00:00"
LINES = [
    b"1|%s|0.5" % AT,
    b"|%s|nan" % AT,
    b"7|%s|1e300" % AT,
    b"-3|%s|-inf" % AT,
    b"0x1|%s|2.0" % AT,
    b"9|%s|" % AT,
    b"",
    b"5|2026-01-01|1",
]
HEADS = [event_rows.header("metric"), b"", b"value|step\n", b"\n" + event_rows.header("metric")]
FILES = st.builds(
    lambda head, lines, many, end: head + b"\n".join(lines * many) + end,
    st.sampled_from(HEADS),
    st.lists(st.sampled_from(LINES), max_size=4) | st.lists(st.sampled_from(LINES[:4]), min_size=1, max_size=4),
    st.sampled_from([1, 1, 300]),
    st.sampled_from([b"", b"\n"]),
)


@settings(max_examples=60)
@given(st.lists(FILES, max_size=5), st.booleans())
def test_files_that_are_read_together_say_what_each_says_alone(files: list[bytes], as_columns: bool) -> None:
    """Whatever is in one of them."""
    alone = [event_file_summary.summarize_event_file("metric", data) for data in files]
    assert repr(event_file_summary.summarize_metric_files(files, as_columns=as_columns)) == repr(alone)
