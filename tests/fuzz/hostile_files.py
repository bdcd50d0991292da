"""What a stranger puts into a file, a field or a name: bytes of every format under any name, ways out, and texts that a terminal obeys."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import struct
import zipfile
import zlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fuzz.damaged_runs import KEYS, RAW
from tests.fuzz.watch import CANARY
from tests.reliability.test_attack import attempts

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

__all__ = ["NUMBERS", "PNG", "TEXTS", "file_of", "json_value", "text", "way_out"]

TEXTS = [
    *("\x1b[2J\x1b[1;1Hall is well", "\x1b]0;title\x07", "\x1b]8;;http://127.0.0.1:9/\x1b\\press\x1b]8;;\x1b\\", "\x1b]52;c;cm0gLXJmIH4K\x07"),
    *("\x9b31mred", "\x9d0;title\x9c", "\x90q\x9c", "\x85next", "a\x00b", "a\rb", "a\nno problems", "a\x08\x08b", "\x7f", "\x07", "\x0c", "\x0b"),
    *("\u202egnp.exe", "\u2066a\u2069", "\u200fa", "a\u2028b", "a\u2029b", "\ud800", "\udc80\udcff", "\u200b", "\ufeff", "\u2060", "\U000e0041"),
    *("損失", "é", "𝔘𝔫𝔦", "👩‍👩‍👧‍👦", "x" * 300, "損" * 200, "x" * 70_000, "", " ", ".", "..", "con", "a/b", "a//b", "/etc/passwd", "../../x", "a\\b"),
    *("$HOME", "`touch EXECUTED`", "$(touch EXECUTED)", "; touch EXECUTED", "| touch EXECUTED", "{__import__('os').system('touch EXECUTED')}"),
    *("<script>1</script>", "</textarea><script>1</script>", "![x](http://127.0.0.1:9/x.png)", "[x](file:///etc/passwd)", "=cmd|' /C calc'!A0"),
    *("%s%n%x", "{0}{name}", "__class__", "loss", "train/acc", "frame", "None", "nan", "null", "-", "--help", "-o", "@x", "~", "~root", "*", "\\N{BEL}"),
]  # fmt: skip
NUMBERS = [0, 1, -1, 2**31, 2**63 - 1, -(2**63), 2**64, 10**400, 0.5, 1e308, -0.0, 1e-320, 7.0, True, 5_000_000]


def text(rng: random.Random) -> str:
    """Return a text that a stranger gives to something."""
    one = rng.choice(TEXTS)
    return one if rng.random() < 0.8 else one + rng.choice(TEXTS)[:200]


def way_out(rng: random.Random, run: Path, private: Path) -> str:
    """Return a path that leads, somehow, from a run to what is private."""
    return rng.choice(attempts(run, rng.choice(_paths_in(private))))


@cache
def _paths_in(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def json_value(rng: random.Random, run: Path, private: Path, depth: int = 0) -> Any:  # noqa: PLR0911 - a type a line
    """Return a value for a field, of any type."""
    how = rng.randrange(10)
    if how < 3:
        return text(rng)
    if how < 4:
        return way_out(rng, run, private)
    if how < 6:
        return rng.choice([*NUMBERS, None])
    if how < 8 and depth < 3:
        return [json_value(rng, run, private, depth + 1) for _ in range(rng.randrange(4))]
    if how < 9 and depth < 3:
        return {
            rng.choice([*KEYS[:4], "path", "name"]) or text(rng)[:40]: json_value(rng, run, private, depth + 1)
            for _ in range(rng.randrange(4))
        }
    raw = rng.choice(RAW)
    try:
        return json.loads(raw) if len(raw) < 10_000 else text(rng)
    except (ValueError, RecursionError):
        return text(rng)


# --- bytes -------------------------------------------------------------------------------------------------------------


class _Executed:
    """What runs a program when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch EXECUTED # {CANARY}",)


def _zip_of(name: str, data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return made.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, *more: bytes, rows: int = 4) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * (1 + width if width < 1 << 20 else 1 << 20) * rows)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + b"".join(more) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _saved_by_pillow(kind: str, **options: Any) -> bytes:
    from PIL import Image

    made = io.BytesIO()
    try:
        Image.new("RGB" if kind != "XBM" else "1", (8, 8)).save(made, kind, **options)
    except (OSError, ValueError, KeyError):
        return b""
    return made.getvalue()


def _parquet(rows: int, **columns: Any) -> bytes:
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    made = io.BytesIO()
    table = pa.table(columns or {"a": np.zeros(rows, "i8")})
    parquet.write_table(table, made, compression="zstd")
    return made.getvalue()


def _feather(rows: int) -> bytes:
    import numpy as np
    import pyarrow as pa
    from pyarrow import feather

    made = io.BytesIO()
    feather.write_feather(pa.table({"a": np.zeros(rows, "i8")}), made, compression="zstd")
    return made.getvalue()


def _parquet_said_by(metadata: bytes) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    made = io.BytesIO()
    schema = pa.schema([("a", pa.int64())], metadata={b"pandas": metadata, b"jupyter_tracking": metadata, b"ARROW:schema": metadata})
    parquet.write_table(pa.table({"a": [1, 2]}, schema=schema), made)
    return made.getvalue()


def _wav(rate: int, size: int, channels: int = 1, bits: int = 16) -> bytes:
    form = struct.pack("<HHIIHH", 1, channels, rate & 0xFFFFFFFF, 0, 2, bits)
    return b"RIFF" + struct.pack("<I", size) + b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", size) + b"\0" * 64


PNG = _png(4, 4)
_POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n(%pipe%touch EXECUTED) (w) file\nshowpage\n%%EOF\n"
_SVG = b"""<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><script>1</script>
<image href="http://127.0.0.1:9/x.png"/><text>&x;</text></svg>"""
_LAUGHS = b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
) + b"]><svg>&j;</svg>"  # fmt: skip


def _vega(**more: Any) -> bytes:
    figure = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "data": {"values": [{"a": 1}]}, "mark": "bar", **more}
    return json.dumps({"kind": "vega", "figure": figure}).encode()


_MAKERS: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "one byte": lambda: b"\0",
    "postscript": lambda: _POSTSCRIPT,
    "postscript with a head": lambda: b"\xc5\xd0\xd3\xc6" + struct.pack("<IIIIII", 30, len(_POSTSCRIPT), 0, 0, 0, 0) + b"\0\0" + _POSTSCRIPT,
    "pdf": lambda: b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/Launch/F(touch)>>>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
    "pickle": lambda: pickle.dumps(_Executed()),
    "numpy's pickle": lambda: b"\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order': False, 'shape': (1,), }" + b" " * 60 + b"\n" + pickle.dumps(_Executed()),
    "a .zip": lambda: _zip_of("../../EXECUTED", b"x"),
    "a .zip of much": lambda: _zip_of("a.csv", b"\0" * (64 << 20)),
    "gzip of much": lambda: gzip.compress(b"a,b\n" * (16 << 20), 9),
    "svg": lambda: _SVG,
    "many laughs": lambda: _LAUGHS,
    "html": lambda: b'<meta http-equiv=refresh content="0;url=http://127.0.0.1:9/"><script>1</script><iframe src="file:///etc/passwd"></iframe>',
    "much html": lambda: b"<table>" + b"<tr><td>1" * 30_000,
    "png": lambda: _png(4, 4),
    "png of 13,000²": lambda: _png(13_000, 13_000, rows=13_000),
    "png of 2³¹": lambda: _png(2**31 - 1, 2**31 - 1),
    "png with much text": lambda: _png(4, 4, *(_chunk(b"zTXt", b"a\0\0" + zlib.compress(b"x" * (1 << 22))) for _ in range(30))),
    "png with a huge profile": lambda: _png(4, 4, _chunk(b"iCCP", b"a\0\0" + zlib.compress(b"\0" * (64 << 20)))),
    "gif": lambda: _saved_by_pillow("GIF"),
    "gif with a rate": lambda: _saved_by_pillow("GIF", save_all=True, duration=65_000, comment=b'{"fps": 10000}'),
    "gif of 65,535²": lambda: b"GIF89a\xff\xff\xff\xff\x80\x00\x00" + b"\0" * 6 + b",\0\0\0\0\xff\xff\xff\xff\0\x02\x02L\x01\0;",
    "bmp of 2³¹": lambda: b"BM" + struct.pack("<IHHIIiiHHIIIIII", 100, 0, 0, 54, 40, 2**31 - 1, 2**31 - 1, 1, 24, 0, 0, 0, 0, 0, 0),
    **{f"Pillow's {kind}": (lambda kind=kind: _saved_by_pillow(kind)) for kind in ("TIFF", "WEBP", "JPEG", "ICO", "EPS", "PDF", "PCX", "TGA", "PPM", "SGI", "IM", "MSP", "DDS", "ICNS", "JPEG2000", "BLP", "SPIDER", "XBM", "DIB", "MPO")},
    "wmf": lambda: b"\xd7\xcd\xc6\x9a\0\0" + b"\0" * 60,
    "wav": lambda: _wav(8000, 64),
    "wav of 4 GB": lambda: _wav(8000, 2**32 - 1),
    "wav of no rate": lambda: _wav(0, 64, 65535, 65535),
    "ogg": lambda: b"OggS" + b"\0" * 200,
    "flac": lambda: b"fLaC\x80\0\0\x22" + b"\xff" * 34,
    "mp3": lambda: b"ID3\x03\0\0\x7f\x7f\x7f\x7f" + b"\xff\xfb\x90\0" * 50,
    "mp4": lambda: b"\0\0\0\x18ftypisom\0\0\0\0isomiso2" + b"\xff\xff\xff\xffmoov" + b"\0" * 100,
    "a playlist": lambda: b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\nhttp://127.0.0.1:9/x.ts\n",
    "parquet": lambda: _parquet(3),
    "parquet of 100 million zeros": lambda: _parquet(100_000_000),
    "parquet of a long cell": lambda: _parquet(0, a=["x" * (1 << 28)]),
    "parquet of hostile texts": lambda: _parquet(0, **{f"{t[:50]!s}": [t] * 2 for t in TEXTS if t.isascii() or t.isprintable()}),
    "parquet that says what it is": lambda: _parquet_said_by(json.dumps({"index_columns": ["\x1b[31m", {"kind": "range", "start": 0, "stop": 10**18, "step": 1}], "columns": [{"name": None, "pandas_type": "object", "numpy_type": "O", "metadata": None, "field_name": "a"}], "column_indexes": []}).encode()),
    "parquet that says nonsense": lambda: _parquet_said_by(b"\xff\0[[[["),
    "parquet's head": lambda: b"PAR1" + b"\xff" * 40 + struct.pack("<I", 2**31 - 1) + b"PAR1",
    "feather": lambda: _feather(3),
    "feather of 100 million zeros": lambda: _feather(100_000_000),
    "arrow's head": lambda: b"ARROW1\0\0" + b"\xff" * 100 + b"ARROW1",
    "csv": lambda: b"a,b\n1,\x1b[31mred\n",
    "csv of 20,000 columns": lambda: b",".join(b"c%d" % n for n in range(20_000)) + b"\n" + b",".join(b"1" for _ in range(20_000)) + b"\n",
    "csv of much": lambda: b"a,b\n" + b"1,2\n" * 3_000_000,
    "csv of one long line": lambda: b"a,b\n" + b"x" * 30_000_000,
    "csv of a quote": lambda: b'a,b\n"' + b"x\n" * 1_000_000,
    "deep json": lambda: b"[" * 100_000 + b"]" * 100_000,
    "markdown": lambda: b"# a\n![x](file:///etc/passwd)\n" + b"[" * 5000 + b"*a **b " * 5000 + b"\n> " * 500,
    "markdown of backticks": lambda: b"".join(b"`" * n + b" " for n in range(600)),
    "markdown of a table": lambda: b"|a" * 3000 + b"\n" + b"|-" * 3000 + b"\n" + b"|\n" * 3000,
    "texts": lambda: "\n".join(TEXTS).encode("utf-8", "surrogatepass"),
    "latin-1": lambda: b"\xff\xfe\xfa",
    "vega that reads": lambda: _vega(data={"url": "file:///etc/passwd"}),
    "vega that asks": lambda: _vega(data={"url": "http://127.0.0.1:9/d.json"}, mark={"type": "image", "url": "http://127.0.0.1:9/x.png"}),
    "vega of 100,000²": lambda: _vega(width=100_000, height=100_000),
    "vega that counts": lambda: _vega(data={"sequence": {"start": 0, "stop": 10**9, "as": "a"}}),
    "plotly": lambda: json.dumps({"kind": "plotly", "figure": {"data": [{"type": "bar", "y": [1, "\x1b[31m"]}], "layout": {"title": {"text": "<a href='javascript:1'>x"}, "images": [{"source": "http://127.0.0.1:9/x.png"}]}}}).encode(),
    "bokeh": lambda: json.dumps({"kind": "bokeh", "figure": {"root_id": "x", "doc": {"roots": [], "callbacks": [1]}}}).encode(),
}  # fmt: skip
_OF_KIND = {
    **dict.fromkeys(("image", "video"), ("png", "gif", "bmp", "Pillow", "postscript", "svg", "pdf", "wmf", "mp4", "a playlist", "many")),
    "audio": ("wav", "ogg", "flac", "mp3", "mp4", "a playlist"),
    **dict.fromkeys(("dataframe", "table", "csv"), ("parquet", "feather", "arrow", "csv", "pickle", "numpy", "much html")),
    "chart": ("vega", "plotly", "bokeh", "deep", "html"),
    **dict.fromkeys(("html", "markdown", "text"), ("html", "markdown", "svg", "texts", "much", "many")),
}


@cache
def _made(name: str) -> Path:
    path = Path(os.environ["JT_SHARED"]) / f"{name.replace('/', '_')}.bytes"
    if not path.exists():
        path.write_bytes(_MAKERS[name]())
    return path


def file_of(rng: random.Random, kind: str = "") -> tuple[str, bytes]:
    """Return what some file holds, and the name of it; mostly something that is read as this kind."""
    names = sorted(_MAKERS)
    if rng.random() < 0.75:
        names = [name for name in names if name.startswith(_OF_KIND.get(kind, ""))] or names
    name = rng.choice(names)
    return name, _made(name).read_bytes()
