"""Files that are small on the disk and huge once opened, or that no decoder should be given: each as a run of its own."""

from __future__ import annotations

import io
import json
import os
import struct
import uuid
import wave
import zlib
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from PIL import Image
from pyarrow import feather, parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator
    from pathlib import Path

MOMENT = "2024-01-02 03:04:05.678900+00:00"
DOCUMENT = {"name": "theirs", "status": "succeeded", "meta_info": {"jupyter_tracking": {"format": 1}}}
JSONL = {"text", "html", "chart", "span"}


def a_run(top: Path) -> Path:
    """An empty run of somebody else."""
    run = top / uuid.uuid4().hex / "runs" / uuid.uuid4().hex
    run.mkdir(parents=True)
    (run / "run.plx.json").write_text(json.dumps({"uuid": run.name, **DOCUMENT}))
    return run


def with_asset(top: Path, kind: str, data: bytes, **payload: Any) -> Path:
    """A run with one artifact x, of which the asset is these bytes."""
    run = a_run(top)
    for folder in ("events", "assets"):
        (run / folder / kind).mkdir(parents=True)
    (run / "assets" / kind / "x").write_bytes(data)
    (run / "events" / kind / "x.plx").write_text(
        f"step|timestamp|{kind}\n0|{MOMENT}|{json.dumps({'path': f'assets/{kind}/x', **payload})}\n"
    )
    return run


def with_cell(top: Path, kind: str, cell: str, steps: int = 1) -> Path:
    """A run with one artifact x whose rows have this cell."""
    run = a_run(top)
    (run / "events" / kind).mkdir(parents=True)
    with (run / "events" / kind / "x.plx").open("w") as file:
        if kind not in JSONL:
            file.write(f"step|timestamp|{kind}\n")
        for step in range(steps):
            file.write(json.dumps({"timestamp": MOMENT, "step": step, kind: cell}) + "\n" if kind in JSONL else f"{step}|{MOMENT}|{cell}\n")
    return run


def saved(write: Callable[[io.BytesIO], object]) -> bytes:
    """What is written to a file."""
    made = io.BytesIO()
    write(made)
    return made.getvalue()


# --- pictures, videos and sounds -----------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, colour: int, *chunks: bytes) -> bytes:
    """A PNG of zeros, with more chunks."""
    bits = {0: 1, 2: 3, 3: 1, 6: 4}[colour]
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + width * bits)
    data = b"".join(packer.compress(row) for _ in range(min(height, 20_000))) + packer.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))
    palette = chunk(b"PLTE", b"\0\0\0") if colour == 3 else b""
    return b"\x89PNG\r\n\x1a\n" + head + palette + b"".join(chunks) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def tiff(tags: dict[int, tuple[int, int, int]], directories: int = 1) -> bytes:
    """A TIFF of some tags, as many times over."""
    size = 2 + 12 * len(tags) + 4
    listed = [struct.pack("<HHII", tag, *value) for tag, value in sorted(tags.items())]
    made = bytearray(b"II*\0" + struct.pack("<I", 8))
    for n in range(directories):
        made += struct.pack("<H", len(tags)) + b"".join(listed) + struct.pack("<I", 8 + size * (n + 1) if n + 1 < directories else 0)
    return bytes(made)


def _tags(width: int, height: int, **more: Any) -> dict[int, tuple[int, int, int]]:
    plain = {256: (4, 1, width), 257: (4, 1, height), 258: (3, 1, 8), 259: (3, 1, 5), 262: (3, 1, 1), 277: (3, 1, 1)}
    return {**plain, **{int(tag[1:]): (4, 1, value) for tag, value in more.items()}}


def jpeg_of_scans(scans: int) -> bytes:
    """A progressive JPEG whose last scan comes many times."""
    data = saved(lambda f: Image.new("RGB", (6_000, 6_000), (9, 9, 200)).save(f, "JPEG", progressive=True))
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + data[-2:]


def pictures() -> Iterator[tuple[str, str, Callable[[], bytes]]]:
    """Name, kind and bytes of pictures and videos."""
    black = Image.new("RGB", (64, 64))
    bomb = zlib.compress(b"\0" * 80_000_000, 9)
    yield "png of one colour", "image", lambda: png(12_000, 12_000, 2)
    yield "png with a palette", "image", lambda: png(20_000, 20_000, 3)
    yield "png of many rows", "image", lambda: png(1, 2**31 - 1, 0)
    yield "png with a large text", "image", lambda: png(8, 8, 2, *[chunk(b"zTXt", b"a\0\0" + bomb)] * 20)
    yield "png with a large profile", "image", lambda: png(8, 8, 2, chunk(b"iCCP", b"a\0\0" + bomb))
    yield "png that says it moves", "image", lambda: png(4_000, 4_000, 2, chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)))
    yield "jpeg of many scans", "image", lambda: jpeg_of_scans(600)
    yield "jpeg, progressive", "image", lambda: saved(lambda f: Image.new("RGB", (8_000, 8_000)).save(f, "JPEG", progressive=True))
    yield "webp", "image", lambda: saved(lambda f: Image.new("RGB", (16_000, 4_000)).save(f, "WEBP", lossless=True, method=0))
    yield (
        "bmp that is a header",
        "image",
        lambda: b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, 90_000, 90_000, 1, 24, 0, 0, 0, 0, 0, 0),
    )
    yield "ppm that is a header", "image", lambda: b"P6 100000 100000 255\n"
    yield "tiff of a large tile", "image", lambda: tiff(_tags(16, 16, t322=60_000, t323=60_000, t324=8, t325=100))
    yield "tiff of many pages", "image", lambda: tiff(_tags(16, 16, t273=8, t279=8, t278=16), 60_000)
    yield "tiff that is a header", "image", lambda: tiff(_tags(2**31 - 1, 2**31 - 1, t273=8, t279=8, t278=16))
    yield "svg", "image", lambda: b'<svg xmlns="http://www.w3.org/2000/svg" width="1e9" height="1e9"/>'
    many = saved(
        lambda f: black.save(
            f, "GIF", save_all=True, append_images=[Image.new("RGB", (64, 64), (n, 0, 0)) for n in range(1, 9)], duration=10
        )
    )
    first = many.index(b"!\xf9")
    for kind in ("image", "video"):
        yield (
            f"gif of a large screen, {kind}",
            kind,
            lambda: b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b",\0\0\0\0\1\0\1\0\0\2\2D\1\0;",
        )
        yield f"gif of many frames, {kind}", kind, lambda: many[:first] + many[first:-1] * 10_000 + b";"
        yield (
            f"gif with a rate, {kind}",
            kind,
            lambda: saved(
                lambda f: black.save(
                    f, "GIF", save_all=True, append_images=[Image.new("P", (64, 64), 1)], duration=65_000, comment=b'{"fps": 10000}'
                )
            ),
        )


def sounds() -> Iterator[tuple[str, str, Callable[[], bytes]]]:
    """Name, kind and bytes of sounds."""

    def head(channels: int, rate: int, size: int, more: bytes) -> bytes:
        form = struct.pack("<HHIIHH", 1, channels, rate, (rate * channels * 2) & 0xFFFFFFFF, (channels * 2) & 0xFFFF, 16)
        return (
            b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", size) + more
        )

    yield "sound that says 4 GB", "audio", lambda: head(2, 44_100, 0xFFFFFFF0, b"\1\2" * 1000)
    yield "sound of 1 Hz", "audio", lambda: head(1, 1, 2000, b"\1\2" * 1000)
    yield "sound of no rate", "audio", lambda: head(1, 0, 2000, b"\1\2" * 1000)
    yield "sound of 4 GHz", "audio", lambda: head(1, 2**32 - 1, 2000, b"\1\2" * 1000)
    yield "sound of 65,535 channels", "audio", lambda: head(65_535, 44_100, 0xFFFFFFF0, b"\1\2" * 65_535 * 3)
    yield "sound of no channel", "audio", lambda: head(0, 44_100, 2000, b"\1\2" * 1000)
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(200_000_000))
    yield "sound of 200 MB", "audio", made.getvalue


# --- tables ------------------------------------------------------------------------------------------


def tables() -> Iterator[tuple[str, str, Callable[[], bytes]]]:
    """Name, content type and bytes of dataframes."""

    def pq(table: pa.Table, **how: Any) -> bytes:
        return saved(lambda f: parquet.write_table(table, f, compression="zstd", **how))

    def ff(table: pa.Table, kind: str = "zstd") -> bytes:
        return saved(lambda f: feather.write_feather(table, f, compression=kind))

    rows = 20_000
    long = "x" * 4_000_000
    yield (
        "parquet with one long cell",
        "parquet",
        lambda: pq(pa.table({"a": pa.array(["x" * 160_000_000])}), use_dictionary=False, write_statistics=False),
    )
    yield (
        "parquet, a long value many times",
        "parquet",
        lambda: pq(
            pa.table({"a": pa.array([long]).dictionary_encode().take(pa.array([0] * rows))}),
            dictionary_pagesize_limit=1 << 30,
            store_schema=False,
        ),
    )
    yield (
        "parquet, a long category many times",
        "parquet",
        lambda: pq(pa.table({"a": pa.array([long]).dictionary_encode().take(pa.array([0] * rows))}), dictionary_pagesize_limit=1 << 30),
    )
    yield "parquet of zeros", "parquet", lambda: pq(pa.table({"a": np.zeros(1 << 27, "i8")}), row_group_size=1 << 27)
    yield "parquet of nulls", "parquet", lambda: pq(pa.table({"a": pa.nulls(1 << 27, pa.float64())}), row_group_size=1 << 27)
    yield (
        "parquet of a long list",
        "parquet",
        lambda: pq(pa.table({"a": pa.ListArray.from_arrays(pa.array([0, 1 << 26], pa.int32()), pa.array(np.zeros(1 << 26, "i4")))})),
    )
    words = pa.array(["y" * 1000]).dictionary_encode().take(pa.array(np.zeros(1 << 22, "i4")))
    lists = pa.ListArray.from_arrays(pa.array([0, 1 << 22], pa.int32()), words)
    yield "parquet of long lists of texts", "parquet", lambda: pq(pa.table({"a": lists}), store_schema=False)
    yield "parquet of wide bytes", "parquet", lambda: pq(pa.table({"a": pa.nulls(300, pa.binary(2_000_000))}))
    yield (
        "parquet of texts that share a beginning",
        "parquet",
        lambda: pq(
            pa.table({"a": pa.array([long[:400_000]] * 2_000, pa.large_string())}),
            use_dictionary=False,
            column_encoding={"a": "DELTA_BYTE_ARRAY"},
        ),
    )
    yield (
        "parquet of many columns",
        "parquet",
        lambda: pq(pa.table([pa.array([1], pa.int8())] * 60_000, names=[f"{n:x}" for n in range(60_000)]), write_statistics=False),
    )
    nested = pa.array([[1]])
    for _ in range(60):
        nested = pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), nested)
    yield "parquet of deep lists", "parquet", lambda: pq(pa.table({"a": nested}))
    yield "feather of zeros", "feather", lambda: ff(pa.table({"a": np.zeros(1 << 27, "i8")}))
    yield "feather of deep lists", "feather", lambda: ff(pa.table({"a": nested}), "uncompressed")
    yield "feather of nothing", "feather", lambda: ff(pa.table({"a": pa.nulls(1 << 29)}))
    yield (
        "feather, a long category many times",
        "feather",
        lambda: ff(pa.table({"a": pa.array([long]).dictionary_encode().take(pa.array([0] * rows))})),
    )
    yield (
        "feather of many columns",
        "feather",
        lambda: ff(pa.table([pa.array([1], pa.int8())] * 60_000, names=[f"{n:x}" for n in range(60_000)]), "uncompressed"),
    )
    honest = ff(pa.table({"a": np.arange(50_000)}))
    at = honest.index(struct.pack("<q", 400_000))
    yield "feather that says 2 GB", "feather", lambda: honest[:at] + struct.pack("<q", (1 << 31) - 8) + honest[at + 8 :]
    yield "feather that says 2^62 bytes", "feather", lambda: honest[:at] + struct.pack("<q", 1 << 62) + honest[at + 8 :]
    lists = pa.ListArray.from_arrays(pa.array([0, 2, 4], pa.int32()), pa.array([1, 2, 3, 4]))
    odd = ff(pa.table({"a": lists}), "uncompressed")
    at = odd.index(struct.pack("<iii", 0, 2, 4))
    yield "feather with offsets that lead out", "feather", lambda: odd[:at] + struct.pack("<iii", 0, 2, 1 << 30) + odd[at + 12 :]
    yield "csv of short rows", "csv", (",".join(["a"] * 20_000) + "\n" + "1\n" * 1_000_000).encode
    yield "csv of many columns", "csv", lambda: (",".join(map(str, range(500_000))) + "\n").encode() * 2
    yield "csv of one line", "csv", lambda: b"a\n" + b"x" * 60_000_000 + b"\n"
    yield "csv of quotes", "csv", lambda: b"a\n" + b'"' * 30_000_001
    yield "csv of small cells", "csv", lambda: b"a,b\n" + b"1,2\n" * 15_000_000
    yield "csv of texts", "csv", lambda: b"a,b\n" + b"x,y\n" * 4_900_000
    yield "html of short rows", "html", lambda: b"<table><tr>" + b"<td>a" * 50_000 + b"</tr>" + b"<tr><td>b</tr>" * 100_000 + b"</table>"
    yield "html of openings", "html", lambda: b"<table>" + b"<" * 2_000_000
    yield "html of comments", "html", lambda: b"<table>" + b"<!--" * 500_000
    yield "html of entities", "html", lambda: b"<table><tr><td>" + b"&" * 4_000_000
    yield "html of attributes", "html", lambda: b"<table a" + b"=" * 1_000_000


# --- rows ------------------------------------------------------------------------------------------------


def cells() -> Iterator[tuple[str, str, Callable[[], str], int]]:
    """Name, kind, cell and number of steps."""
    numbers = ",".join(["1e5"] * 2_500_000)
    yield "curve of many points", "curve", lambda: f'{{"x":[{numbers}],"y":[{numbers}]}}', 2
    yield "curve of too many points", "curve", lambda: f'{{"x":[{numbers},{numbers},{numbers}],"y":[]}}', 1
    yield "histogram of many bins", "histogram", lambda: f'{{"values":[{numbers}],"counts":[{numbers},1]}}', 2
    side = 1500
    yield "confusion matrix", "confusion", lambda: json.dumps({"x": ["a"] * side, "y": ["b"] * side, "z": [[1] * side] * side}), 4
    yield "confusion matrix of long labels", "confusion", lambda: json.dumps({"x": ["a" * 20_000_000], "y": ["b"], "z": [[1]]}), 2
    yield "cell of empty lists", "curve", lambda: '{"x":[' + ",".join(["[]"] * 5_000_000) + "]}", 1
    yield "cell of many levels", "curve", lambda: '{"x":' + "[" * 1000 + "]" * 1000 + "}", 1
    yield "text", "text", lambda: "word " * 12_000_000, 1
    yield "text in one line", "text", lambda: "x" * 130_000_000, 1
    plotly = {"data": [{"type": "bar", "x": list(range(300_000)), "y": [1] * 300_000}]}
    yield "chart of many bars", "chart", lambda: json.dumps({"kind": "plotly", "figure": plotly}), 1
    words = {"data": [{"type": "scatter", "x": [f"w{n}" for n in range(300_000)], "y": [1] * 300_000}]}
    yield "chart of many words", "chart", lambda: json.dumps({"kind": "plotly", "figure": words}), 1
    titled = {"data": [{"type": "scatter", "y": [1, 2]}], "layout": {"title": {"text": "$\\frac{" * 100_000 + "\n" * 100_000}}}
    yield "chart of a long title", "chart", lambda: json.dumps({"kind": "plotly", "figure": titled}), 1
    yield "chart of many levels", "chart", lambda: '{"kind":"vega","figure":{"a":' + "[" * 450 + "]" * 450 + "}}", 1
    yield "chart of many values", "chart", lambda: '{"kind":"plotly","figure":{"a":[' + "{}," * 6_000_000 + "1]}}", 1
    yield "span of many calls", "span", lambda: json.dumps({"name": "a", "children": [{"name": "b"}] * 600_000}), 1
    yield "span of many levels", "span", lambda: '{"children":[' * 240 + "]}" * 240, 1
    vega = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": [{"a": 1, "b": 2}]},
        "mark": "boxplot",
        "encoding": {"x": {"field": "a", "type": "ordinal"}, "y": {"field": "b", "type": "quantitative"}},
    }
    yield "vega of many pixels", "chart", lambda: json.dumps({"kind": "vega", "figure": {**vega, "width": 100_000, "height": 100_000}}), 1
    slow = [{"calculate": f"test(/(a+)+$/, '{'a' * 60}b')", "as": "z"}]
    yield "vega without an end", "chart", lambda: json.dumps({"kind": "vega", "figure": {**vega, "transform": slow}}), 1


def markdown() -> Iterator[tuple[str, str, Callable[[], bytes]]]:
    """Name, kind and bytes of texts that are slow to parse."""
    for name, text in {
        "quotes": ">" * 100_000,
        "brackets": "[" * 100_000,
        "stars": "*a_ " * 25_000,
        "lists": "\n".join(" " * (n % 60) + "- a" for n in range(20_000)),
        "links": "[a](" * 25_000,
        "code": "`" * 50_000 + "a" + "``" * 20_000,
        "tables": "|" * 2_000 + "\n" + "|-" * 2_000 + "|\n" + "|\n" * 40_000,
        "references": "".join(f"[{n}]: x\n" for n in range(8_000)) + "[1]" * 9_000,
        "entities": "&" * 90_000,
        "angles": "<a " * 30_000,
        "emphasis": "**a *b " * 9_000,
    }.items():
        yield f"markdown of {name}", "markdown", text.encode


def documents() -> Iterator[tuple[str, Callable[[Path], Path]]]:
    """Runs whose documents, journals and rows are large."""

    def with_file(name: str, text: str = "", size: int = 0) -> Callable[[Path], Path]:
        def make(top: Path) -> Path:
            run = a_run(top)
            (run / name).parent.mkdir(exist_ok=True)
            if text:
                (run / name).write_text(text)
            if size:
                os.truncate(run / name, size)
            return run

        return make

    yield "document with a hole", with_file("run.plx.json", size=20 << 30)
    yield "document with a smaller hole", with_file("run.plx.json", size=250 << 20)
    yield "document of many objects", with_file("run.plx.json", '{"uuid":"a","inputs":{"a":[' + "{}," * 6_000_000 + "1]}}")
    many = json.dumps({"uuid": "a", **DOCUMENT, "inputs": {f"k{n}": n for n in range(100_000)}})
    yield "document of many inputs", with_file("run.plx.json", many)
    yield "log of empty lines", with_file("plxlogs/logs.jsonl", "{}\n" * 30_000_000)

    def with_hole(kind: str, beginning: bytes) -> Callable[[Path], Path]:
        def make(top: Path) -> Path:
            run = with_asset(top, kind, beginning, content_type="csv")
            os.truncate(run / "assets" / kind / "x", 2_000_000_000)
            return run

        return make

    yield "image with a hole", with_hole("image", b"\x89PNG\r\n\x1a\n")
    yield "audio with a hole", with_hole("audio", b"RIFF")
    yield "dataframe with a hole", with_hole("dataframe", b"a")

    def with_long_line(top: Path) -> Path:
        run = with_cell(top, "curve", "{}")
        with (run / "events" / "curve" / "x.plx").open("ab") as file:
            file.write(b'1|%b|{"x":[' % MOMENT.encode() + b" " * 200_000_000 + b"]}\n")
            file.write(b'2|%b|{"x":[1],"y":[2]}\n' % MOMENT.encode())
        return run

    yield "curve with a long line", with_long_line


def everything(top: Path, names: Container[str] | None = None) -> Iterator[tuple[str, Path]]:
    """Each of them as (name, run), or those of these names."""

    def wanted(name: str) -> bool:
        return names is None or name in names

    for name, kind, data in chain(pictures(), sounds(), markdown()):
        if wanted(name):
            yield name, with_asset(top, kind, data())
    for name, content, data in tables():
        if wanted(name):
            yield name, with_asset(top, "dataframe", data(), content_type=content)
    for name, kind, cell, steps in cells():
        if wanted(name):
            yield name, with_cell(top, kind, cell(), steps)
    for name, make in documents():
        if wanted(name):
            yield name, make(top)
