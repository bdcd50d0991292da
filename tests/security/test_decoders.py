"""What a run holds starts no program and opens no other file: each decoder is asked in one place, and by name."""

from __future__ import annotations

import ast
import json
import os
import struct
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image, UnidentifiedImageError
from pyarrow import feather, parquet

import jupyter_tracking as tracking
from jupyter_tracking.errors import MalformedEvent, TooLarge, TrackingError
from jupyter_tracking.kinds.picture_files import FORMATS, open_picture
from jupyter_tracking.views.limited_process import run_limited
from jupyter_tracking.views.renderers.vega_still import draw_vega
from tests.conftest import CHECKOUT
from tests.security.hostile_files import saved, with_asset, with_cell

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PACKAGE = CHECKOUT / "jupyter_tracking"
# What opens or decodes bytes, or starts a program, and the modules that may call it.
CALLS = {
    "Image.open": {"kinds/picture_files.py"},
    "parquet.ParquetFile": {"kinds/arrow/parquet_pages.py"},
    "parquet.read_table": {"kinds/arrow/types.py", "kinds/arrow/columns.py"},  # of what was written a line before
    "feather.read_table": {"kinds/arrow/types.py"},
    "ipc.open_stream": {"kinds/arrow/ipc_files.py"},
    "ipc.open_file": {"kinds/arrow/ipc_files.py"},
    "ipc.read_schema": {"kinds/arrow/types.py"},
    "pd.read_csv": {"kinds/dataframe.py"},
    "pd.read_pickle": {"kinds/dataframe.py"},
    "pd.read_html": set(),
    "pd.read_parquet": set(),
    "pd.read_feather": set(),
    "subprocess.Popen": {"views/limited_process.py", "remote/start.py"},  # the second copies a run of one's own, where `init(mirror=)` asks
    "vl_convert.vegalite_to_png": set(),
    "pickle.loads": set(),
    "pickle.load": set(),
    "torch.load": set(),
    "joblib.load": set(),
    "np.load": set(),
    "imageio.imread": set(),
    "soundfile.read": set(),
    "yaml.load": set(),
}


def test_each_decoder_is_called_in_one_place() -> None:
    """A new call of one has to come through the place that bounds it."""
    found: dict[str, set[str]] = {name: set() for name in CALLS}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called = ".".join(ast.unparse(node.func).split(".")[-2:])
                if called in found:
                    found[called].add(path.relative_to(PACKAGE).as_posix())
    assert found == CALLS


OTHERS = {
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n",
    "EPS in a binary file": b"\xc5\xd0\xd3\xc6"
    + struct.pack("<IIIIII", 32, 80, 0, 0, 0, 0)
    + b"\xff\xff\0\0%!PS-Adobe-3.0 EPSF-3.0\n%%EOF\n",
    "WMF": b"\xd7\xcd\xc6\x9a\0\0" + bytes(16) + b"\1\0\t\0" + bytes(40),
    "PDF": b"%PDF-1.4\n%%EOF\n",
    "PSD": b"8BPS\0\1" + bytes(60),
    "FITS": b"SIMPLE  =                    T" + b" " * 2850,
    "XPM": b'/* XPM */\nstatic char *a[] = {\n"1 1 1 1",\n"a c #000000",\n"a"};\n',
    "ICNS": b"icns" + bytes(60),
    "FLI": bytes(4) + b"\x11\xaf" + bytes(122),
}


@pytest.mark.parametrize("name", OTHERS)
def test_no_other_format_is_opened(name: str) -> None:
    """PostScript would start Ghostscript, whatever the file is called."""
    with pytest.raises(UnidentifiedImageError), open_picture(OTHERS[name]):
        pass


@pytest.mark.parametrize("name", FORMATS)
def test_pictures_that_people_log_are_opened(name: str) -> None:
    """Each format of the list, by its content."""
    data = saved(lambda f: Image.new("RGB", (3, 2)).save(f, name))
    with open_picture(data) as picture:
        assert (picture.format, picture.size) == (name, (3, 2))


def ways(view: tracking.RunView, kind: str, folder: Path) -> dict[str, Callable[[], object]]:
    """Every way to ask for an artifact x."""
    return {
        "load": lambda: view.load("x", kind),
        "show": lambda: view.show("x", kind=kind).save(folder / "shown.html"),
        "save": lambda: view.save(folder / "saved.html"),
        "check": lambda: view.problems(hashes=True),
    }


@pytest.mark.parametrize("kind", ["image", "video"])
@pytest.mark.parametrize("name", ["EPS", "EPS in a binary file", "WMF"])
def test_no_program_is_started_over_a_picture(name: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is asked of a run; a program that stands in for Ghostscript leaves a mark."""
    mark, program = tmp_path / "started", tmp_path / "gs"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    view = tracking.open_run(with_asset(tmp_path, kind, OTHERS[name]))
    for ask in ways(view, kind, tmp_path).values():
        ask()
    assert not mark.exists()


def zoned(kind: str, words: str) -> bytes:
    """A file of a table that names a file as a time zone: in a type, or in what pandas is told of a column."""
    if kind == "type":
        return saved(lambda f: feather.write_feather(pa.table({"a": pa.array([1], pa.timestamp("us", words))}), f))
    described = {"index_columns": [], "column_indexes": [], "columns": [{"name": "a", "field_name": "a", "pandas_type": "object"}]}
    described["columns"][0] |= {"numpy_type": f"datetime64[ns, {words}]", "metadata": None}
    table = pa.table({"a": [1]}).replace_schema_metadata({"pandas": json.dumps(described)})
    return saved(lambda f: parquet.write_table(table, f))


@pytest.mark.parametrize("kind", ["type", "dtype"])
@pytest.mark.parametrize("words", ["dateutil//etc/hostname", "dateutil/../../etc/hostname", "/etc/hostname", "../../etc/hostname"])
def test_a_time_zone_is_no_file(kind: str, words: str, tmp_path: Path) -> None:
    """Pandas opens the file that a zone of dateutil names."""
    content = {"type": "feather", "dtype": "parquet"}[kind]
    view = tracking.open_run(with_asset(tmp_path, "dataframe", zoned(kind, words), content_type=content))
    with pytest.raises(MalformedEvent, match="names a file"):
        view.load("x")
    assert "names a file" in view.show("x").save(tmp_path / "shown.html").read_text()


def test_zones_of_the_world_are_kept(tmp_path: Path) -> None:
    """What is no file is a zone as ever."""
    view = tracking.open_run(with_asset(tmp_path, "dataframe", zoned("type", "Europe/Berlin"), content_type="feather"))
    assert str(view.load("x")["a"].dtype) == "datetime64[us, Europe/Berlin]"


# --- work in a process of its own -----------------------------------------------------------------

_TRIED = """
import json, os, socket, subprocess, sys
def warm():
    pass
def work(data):
    tried = []
    for what in (lambda: open("/etc/hostname"), lambda: socket.socket(), lambda: os.pipe(), lambda: subprocess.run(["true"]),
                 lambda: os.open(".", os.O_RDONLY), lambda: open("/tmp/made", "w")):
        try:
            what()
            tried.append("done")
        except OSError as error:
            tried.append(error.errno)
    return json.dumps(tried).encode() + data
"""


def test_a_process_for_what_cannot_be_bounded_opens_nothing() -> None:
    """No file, no connection, no program: the kernel itself refuses each with EMFILE."""
    assert run_limited(_TRIED, b"in", (), seconds=20, most=1 << 29) == b"[24, 24, 24, 24, 24, 24]in"


@pytest.mark.parametrize(
    ("work", "words"),
    [
        ("while True: pass", "longer than 1 seconds"),
        ("return b'x' * (1 << 31)", "more than 268,435,456 bytes of memory"),
        ("import os; os._exit(3)", "without a word"),
    ],
)
def test_a_process_is_ended(work: str, words: str) -> None:
    """After its time, at its memory; and what it ends in itself is told."""
    program = f"def warm(): pass\ndef work(data):\n    {work}\n"
    with pytest.raises(TrackingError, match=words):
        run_limited(program, b"", (), seconds=1 if "while" in work else 20, most=1 << 28)


CHART = {
    "data": {"values": [{"a": 1, "b": 2}]},
    "mark": "boxplot",
    "encoding": {"x": {"field": "a", "type": "ordinal"}, "y": {"field": "b", "type": "quantitative"}},
}


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ({**CHART, "width": 100_000, "height": 100_000}, "pixels"),
        ({**CHART, "transform": [{"calculate": f"test(/(a+)+$/, '{'a' * 60}b')", "as": "z"}]}, "longer than"),
        ({**CHART, "data": {"sequence": {"start": 0, "stop": 1e9}}}, "memory"),
        ({**CHART, "data": {"url": "https://example.org/data.json"}}, "not opened"),
        ({**CHART, "mark": {"type": "image", "url": "file:///etc/hostname"}}, "not opened"),
        ({**CHART, "layer": [{"data": {"url": {"expr": "'ht' + 'tp'"}}}]}, "not opened"),
        ({**CHART, "config": {"image": {"url": "data:image/svg+xml,<svg/>"}}}, "not opened"),
        ({"mark": "nothing"}, "conversion failed"),
    ],
)
def test_a_chart_that_is_not_drawn_says_why(figure: dict[str, object], words: str) -> None:
    """Pixels, time, memory, and addresses of every sort."""
    with pytest.raises(TrackingError, match=words):
        draw_vega(figure)


def test_a_chart_is_drawn() -> None:
    """What asks for nothing is a picture as ever."""
    with open_picture(draw_vega(CHART)) as picture:
        assert picture.format == "PNG"


def test_the_page_of_a_chart_that_is_not_drawn_has_its_json(tmp_path: Path) -> None:
    """With the reason before it."""
    cell = json.dumps({"kind": "vega", "figure": {**CHART, "width": 100_000, "height": 100_000}})
    page = tracking.open_run(with_cell(tmp_path, "chart", cell)).show("x").save(tmp_path / "chart.html").read_text()
    assert "The chart is not drawn here: it has 100," in page
    assert "&quot;boxplot&quot;" in page


# --- what is larger than it looks, by name ---------------------------------------------------------


def test_what_is_too_large_is_loaded_by_whoever_asks_for_it(tmp_path: Path) -> None:
    """The message says how, and what was met."""
    table = pa.table({"a": np.zeros(40_000_000, "i8")})
    data = saved(lambda f: parquet.write_table(table, f, compression="zstd"))
    view = tracking.open_run(with_asset(tmp_path, "dataframe", data, content_type="parquet"))
    with pytest.raises(TooLarge, match="up to 268,435,456 are decoded; load it with allow_large=True"):
        view.load("x")
    assert len(view.load("x", allow_large=True)) == 40_000_000


def test_a_row_that_is_too_long_hides_no_other(tmp_path: Path) -> None:
    """It is a problem, with its line; those before and after it are read."""
    run = with_cell(tmp_path, "curve", '{"x":[1],"y":[2]}')
    with (run / "events" / "curve" / "x.plx").open("ab") as file:
        file.write(b'1|2024-01-02 03:04:05.678900+00:00|{"x":[' + b" " * 140_000_000 + b"]}\n")
        file.write(b'2|2024-01-02 03:04:05.678900+00:00|{"x":[3],"y":[4]}\n')
    view = tracking.open_run(run)
    assert view.steps("x") == [0, 2]
    assert view.load("x", step=2).x.tolist() == [3.0]
    (problem,) = [row for row in view.problems().itertuples() if row.line == 3]
    assert "140,000,0" in problem.problem
    assert "up to" in problem.problem


def test_a_jpeg_is_not_drawn_over_and_over() -> None:
    """A small file of many scans takes minutes."""
    data = saved(lambda f: Image.new("RGB", (64, 64)).save(f, "JPEG", progressive=True))
    last = data.rindex(b"\xff\xda")
    with pytest.raises(TooLarge, match="scans"), open_picture(data[:last] + data[last:-2] * 200 + data[-2:]):
        pass
    with open_picture(data) as picture:
        picture.load()
