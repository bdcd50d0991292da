"""The same calls on Polyaxon's client and on ours put the same into a run, whoever reads it."""

from __future__ import annotations

import hashlib
import io
import json
import math
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_tracking.format.paths import slug
from jupyter_tracking.read.run_reader import RunFolder, open_folder

if TYPE_CHECKING:
    from pathlib import Path

# Every artifact of the table of calls that is not the same in both runs, and why. The test holds that these differ and no other.
DIFFERENCES = {
    "image/gray": "a picture of one channel stays one; Polyaxon stores the channel three times",
    "image/several": "a grid of uint8 pictures keeps its levels; Polyaxon multiplies them by 255, and they wrap around",
    "image/floats": "0.999 is rounded to the nearest of 256 levels; Polyaxon cuts off, so that x / 255 does not come back as x",
    "audio/my_audio2": "the same of 65,536 levels: rounded, not cut off",
    "video/my_video2": "we write the GIF; Polyaxon needs moviepy < 2 for it and logs nothing without it",
    "chart/figure-chart": "plotly converts the figure; Polyaxon has a copy of an old converter, whose colours no reader of CSS knows",
    "chart/plotly-dict": "a dict is kept as it was given; Polyaxon adds plotly's default template, 8 kB a row",
    "dataframe/frame-by-default": "parquet by default, which keeps dtypes, index and nulls; Polyaxon has no parquet",
}

# The fields of lineage summaries that are not the same, and why.
LINEAGE_DIFFERENCES = {
    "path": "where the user's file is; Polyaxon gives its copy's absolute path, or one relative to its own root",
    "env/env hash": "the md5 of the file, as for every other file; Polyaxon hashes the text of the dict",
}


def rows_by_polyaxon(read: dict[str, Any], engine: str) -> dict[str, list[tuple[int | None, str]]]:
    """(step, cell) of every artifact as Polyaxon's reader gave them."""
    failed = {key: item["error"] for key, item in read.items() if "error" in item}
    assert not failed
    return {
        key.removeprefix(f"{engine}/"): list(zip(item["steps"], item["cells"], strict=True))
        for key, item in read.items()
        if key.startswith(f"{engine}/")
    }


def rows_by_us(run: Path) -> dict[str, list[tuple[int | None, str]]]:
    """(step, cell) of every artifact as our reader gives them."""
    folder = open_folder(run)
    return {f"{a.kind}/{a.stem}": [(e.step, cell(folder, a, e)) for e in folder.rows(a)] for a in folder.artifacts() if a.versioned}


def cell(folder: RunFolder, artifact: Any, event: Any) -> str:
    """The payload of a row as Polyaxon's reader would give it."""
    payload = folder.payload(artifact, event)
    if isinstance(payload, float):
        return "None" if math.isnan(payload) else str(payload)
    return payload if isinstance(payload, str) else json.dumps(payload)


def meaning(cell: str, run: Path, kind: str) -> Any:
    """What a cell stands for: its payload, with the content of an asset in the place of its path."""
    if kind in {"text", "html", "metric"}:
        return cell
    payload = json.loads(cell)
    if "path" in payload:
        payload["path"] = content(run / payload["path"], kind)
    if kind == "chart" and payload["kind"] == "bokeh":
        # Each figure has its own ids.
        payload["figure"] = sorted(payload["figure"])
    return payload


@cache
def content(path: Path, kind: str) -> Any:
    """What an asset holds: pixels of a picture, else a hash of its bytes."""
    if kind == "image":
        import numpy as np
        from PIL import Image

        with Image.open(io.BytesIO(path.read_bytes())) as picture:
            return np.array(picture.convert("RGB")).tolist()
    if path.is_dir():
        return {str(p.relative_to(path)): content(p, kind) for p in sorted(path.rglob("*")) if p.is_file()}
    return hashlib.md5(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def every_reading(ask_polyaxon: Any, theirs: Path, ours: Path) -> dict[str, dict[str, list[tuple[int | None, Any]]]]:
    """Both runs, each as Polyaxon's reader (both engines) and ours give it."""
    readings = {}
    for writer, run in (("theirs", theirs), ("ours", ours)):
        read = ask_polyaxon("read", run)
        found = {engine: rows_by_polyaxon(read, engine) for engine in ("c", "pyarrow")} | {"us": rows_by_us(run)}
        for reader, rows in found.items():
            readings[f"{writer}/{reader}"] = {
                key: [(step, meaning(cell, run, key.partition("/")[0])) for step, cell in cells] for key, cells in rows.items()
            }
    return readings


@pytest.mark.parametrize("writer", ["theirs", "ours"])
@pytest.mark.parametrize("engine", ["c", "pyarrow"])
def test_a_run_reads_the_same_with_polyaxon_and_with_us(every_reading: dict[str, Any], writer: str, engine: str) -> None:
    """Whoever wrote a run, Polyaxon's reader and ours find the same kinds, names, steps and values."""
    assert every_reading[f"{writer}/{engine}"] == every_reading[f"{writer}/us"]


def test_the_same_calls_log_the_same(every_reading: dict[str, Any]) -> None:
    """The two runs hold the same kinds, names, steps and values, but for the differences in the table."""
    theirs, ours = every_reading["theirs/us"], every_reading["ours/us"]
    differing = {key for key in theirs.keys() | ours.keys() if theirs.get(key) != ours.get(key)}
    assert differing == set(DIFFERENCES)
    assert theirs.keys() - ours.keys() == set(), "nothing that Polyaxon keeps is missing in ours"


def test_what_a_run_is_given_is_the_same(theirs: Path, ours: Path) -> None:
    """Name, description, readme, tags, inputs, outputs, meta and statuses are kept as Polyaxon keeps them."""
    documents = [json.loads((run / "run.plx.json").read_text()) for run in (theirs, ours)]
    assert documents[1]["meta_info"].pop("jupyter_tracking")
    for key in ("name", "description", "readme", "tags", "inputs", "meta_info", "kind", "managed_by", "is_managed"):
        assert documents[0].get(key) == documents[1].get(key), key
    outputs = [{slug(k): v for k, v in d["outputs"].items()} for d in documents]
    # Polyaxon has no text for NaN and the infinities: it writes null.
    assert {k: v for k, v in outputs[0].items() if v is not None} == {k: v for k, v in outputs[1].items() if outputs[0].get(k) is not None}
    statuses = [[(c["type"], c["status"]) for c in d["status_conditions"]] for d in documents]
    assert statuses[0] == statuses[1]


def test_the_lineage_is_the_same(theirs: Path, ours: Path) -> None:
    """The same records of lineage, with the same paths, hashes and input marks, but for what the table says."""
    records = [
        {(r["kind"], r["name"]): r for r in json.loads((run / "lineages.plx.json").read_text()) if not r["summary"].get("is_event")}
        for run in (theirs, ours)
    ]
    assert records[0].keys() == records[1].keys()
    differing = set()
    for (kind, name), their in records[0].items():
        our = records[1][kind, name]
        assert (our["is_input"], our.get("path")) == (their["is_input"], their.get("path"))
        # What we add, such as the size, is no difference.
        fields = [field for field, value in their["summary"].items() if our["summary"].get(field) != value]
        differing |= {field if field == "path" else f"{kind}/{name} {field}" for field in fields}
    assert differing == set(LINEAGE_DIFFERENCES)
