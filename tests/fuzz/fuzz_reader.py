"""Any bytes as the files of a run: what escapes the reader, or makes its two ways of reading differ, is a bug.

    .venv/bin/python -m pip install atheris
    .venv/bin/python -m tests.fuzz.fuzz_reader tests/fuzz/corpus tests/corpus -max_total_time=600

The first byte of an input says which file of a run the rest is. Inputs that found something stay in `corpus/`;
`test_corpus.py` replays them, with no fuzzer.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":  # the fuzzer must see our modules before they are imported
    import atheris

    with atheris.instrument_imports(include=["jupyter_tracking"]):
        import jupyter_tracking.frames.runs
        import jupyter_tracking.kinds
        import jupyter_tracking.read.check  # noqa: F401

import contextlib

from jupyter_tracking.errors import TrackingError, TrackingWarning
from jupyter_tracking.frames import lineage, runs
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.event_file import EventFile
from jupyter_tracking.read.run_reader import open_folder

__all__ = ["KINDS", "NAMES", "read"]

KINDS = ["metric", "curve", "text", "dataframe", "image", "histogram", "chart", "span", "file", "confusion", "html", "audio", "novelty"]
NAMES = [
    *("run.plx.json", "lineages.plx.json", ".jupyter-tracking/lineage.jsonl", ".jupyter-tracking/assets.jsonl"),
    *("assets/dataframe/a.parquet", "assets/dataframe/a.csv", "assets/image/a.png", "assets/audio/a.wav", "assets/file/a.bin"),
]
SUFFIXES = {"dataframe/a.parquet": "parquet", "dataframe/a.csv": "csv"}
TIME = "2024-01-02 03:04:05.678900+00:00"


def read(data: bytes) -> None:
    """Read one input in the way its first byte says."""
    which, rest = (data[0], data[1:]) if data else (0, b"")
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    try:
        if which < 2 * len(KINDS):
            read_events(folder / "x.plx", KINDS[which // 2], rest, ours=which % 2 == 0)
        else:
            read_run(folder, NAMES[which % len(NAMES)], rest)
    finally:
        shutil.rmtree(folder)


def read_events(path: Path, kind: str, data: bytes, *, ours: bool) -> None:
    """Read an event file by rows and by columns, at once and as it grows: all agree, and each line is told of once."""
    path.write_bytes(data)
    file = EventFile(lambda: os.open(path, os.O_RDONLY), kind, ours=ours)
    events, problems = file.rows(), file.problems()
    payloads = file.payloads()
    assert len(events) == len(payloads)
    lines = [event.line for event in events]
    assert lines == sorted(set(lines))
    assert not set(lines) & {problem.line for problem in problems if not problem.problem.startswith("no header")}
    if kind == "metric":
        table = file.rows().to_arrow()
        good = [(e.step, repr(p)) for e, p in zip(events, payloads, strict=True) if not isinstance(p, ValueError)]
        assert list(zip(table["step"].to_pylist(), map(repr, table["value"].to_pylist()), strict=True)) == good
    half = data.rfind(b"\n", 0, len(data) // 2) + 1
    path.write_bytes(data[:half])
    growing = EventFile(lambda: os.open(path, os.O_RDONLY), kind, ours=True)
    growing.rows()
    with path.open("ab") as tail:
        tail.write(data[half:])
    whole = EventFile(lambda: os.open(path, os.O_RDONLY), kind, ours=True)
    assert growing.rows() == whole.rows()
    assert growing.problems() == whole.problems()


def read_run(folder: Path, name: str, data: bytes) -> None:
    """Read a run of which one file is the input."""
    files = {
        "run.plx.json": b'{"uuid":"00000000000000000000000000000000","status":"running","meta_info":{"jupyter_tracking":{"format":1}}}',
        ".jupyter-tracking/lineage.jsonl": b'{"name":"loss","kind":"metric","stem":"loss","path":"events/metric/loss.plx","versioned":true}\n',
        "events/metric/loss.plx": f"step|timestamp|metric\n1|{TIME}|0.5\n".encode(),
        "events/dataframe/a.plx": (
            "step|timestamp|dataframe\n"
            + "".join(f'1|{TIME}|{{"path":"assets/{path}","content_type":"{suffix}"}}\n' for path, suffix in SUFFIXES.items())
        ).encode(),
        "events/image/a.plx": f'step|timestamp|image\n1|{TIME}|{{"path":"assets/image/a.png"}}\n'.encode(),
        "events/audio/a.plx": f'step|timestamp|audio\n1|{TIME}|{{"path":"assets/audio/a.wav"}}\n'.encode(),
        "events/file/a.plx": f'step|timestamp|file\n1|{TIME}|{{"path":"assets/file/a.bin"}}\n'.encode(),
        name: data,
    }
    for relative, content in files.items():
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    run = open_folder(folder)
    _ = (run.status, run.uuid, run.name, find_problems(run, hashes=True))
    for artifact in run.artifacts():
        try:
            for event in run.rows(artifact):
                with contextlib.suppress(TrackingError):
                    run.value(artifact, event)
        except TrackingError:
            pass
    for whole in (runs.problems_frame, lineage.lineage_frame, lambda opened: runs.metrics_frame(opened, [])):
        with contextlib.suppress(TrackingError, TrackingWarning):
            whole(run)
    rows = [run.rows(artifact) for artifact in run.artifacts() if artifact.path == "events/metric/loss.plx"]
    assert any([event.step for event in events] == [1] for events in rows)


if __name__ == "__main__":
    atheris.Setup(sys.argv, read)
    atheris.Fuzz()
