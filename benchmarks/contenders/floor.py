"""The floor: the least code that does the job, with the standard library, pyarrow or orjson. No tracker."""

from __future__ import annotations

import os
import shutil
import subprocess
from fcntl import LOCK_EX, LOCK_UN, flock
from time import perf_counter

PACKAGES = ()
SETTINGS = {}


def _row(fd, row):
    flock(fd, LOCK_EX)
    os.write(fd, row)
    flock(fd, LOCK_UN)


def _file(path):
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def metric(folder):
    from datetime import UTC, datetime

    files = {}

    def log(name, value, step):
        fd = files.get(name)
        if fd is None:
            fd = files[name] = _file(folder / name.replace("/", "__"))
        _row(fd, f"{step}|{datetime.now(UTC)}|{value!r}\n".encode())

    return log, lambda: None


def grow(folder, name, count):
    """A file of so many rows."""
    with (folder / name).open("wb") as file:
        file.writelines(b"%d|2026-11-24 10:11:12.123456+00:00|0.123456789\n" % step for step in range(count))


def metrics(folder):
    log_one, finish = metric(folder)

    def log(step, values):
        for name, value in values.items():
            log_one(name, value, step)

    return log, finish


def curve(folder):
    from datetime import UTC, datetime

    import orjson

    fd = _file(folder / "curve")

    def log(_name, x, y, step):
        cell = orjson.dumps({"x": x, "y": y}, option=orjson.OPT_SERIALIZE_NUMPY)
        _row(fd, f"{step}|{datetime.now(UTC)}|".encode() + cell + b"\n")

    return log, lambda: None


def dataframe(folder):
    import pyarrow as pa
    from pyarrow import parquet

    def log(name, frame, step):
        parquet.write_table(pa.Table.from_pandas(frame), folder / f"{name}_{step}.parquet")

    return log, lambda: None


def image(folder):
    from PIL import Image

    def log(name, pixels, step):
        Image.fromarray(pixels).save(folder / f"{name}_{step}.png")

    return log, lambda: None


def artifact(folder):
    """The slower of copy and md5, each alone: what it is done in is given by `artifact_file` as their larger."""
    import hashlib

    parts = {}

    def log(source):
        begin = perf_counter()
        shutil.copyfile(source, folder / "copy")
        parts["copy"] = perf_counter() - begin
        begin = perf_counter()
        with source.open("rb") as file:
            hashlib.file_digest(file, "md5")
        parts["md5"] = perf_counter() - begin
        parts["done"] = max(parts.values())

    return log, _Finish(parts)


class _Finish:
    """A `finish` that has measured the parts itself."""

    def __init__(self, parts):
        self.parts = parts

    def __call__(self):
        return None


def folder(folder):
    return lambda source: subprocess.run(["cp", "-r", source, folder / "copy"], check=True), lambda: None


def write_metrics(folder, name, rows):
    from benchmarks.contenders import ours

    ours.write_metrics(folder, name, rows)


def read_metrics(folder, name):
    """The faster of pyarrow's and pandas' CSV reader on the bytes that ours reads, which is pyarrow's."""
    from pyarrow import csv

    path = folder / "run" / "events" / "metric" / f"{name.replace('/', '__')}.plx"
    import pandas as pd  # noqa: F401 - to_pandas needs it

    return lambda: csv.read_csv(path, parse_options=csv.ParseOptions(delimiter="|")).to_pandas()


read_rows = read_metrics


def show(folder, name):
    """Read the rows with pyarrow, and keep the lowest and the highest of each of 2,000 stretches."""
    import numpy as np
    from pyarrow import csv

    names, bars = csv.ReadOptions(column_names=["step", "time", "value"]), csv.ParseOptions(delimiter="|")

    def read():
        table = csv.read_csv(folder / name, read_options=names, parse_options=bars)
        stretches = np.array_split(table["value"].to_numpy(), 2_000)
        return [(one.min(), one.max()) for one in stretches if len(one)]

    return read


def write_mixed(folder, size):
    """The long metric alone. What ends it hashes it and counts its values; what looks for its problems reads it as pyarrow does."""
    import hashlib
    from datetime import UTC, datetime, timedelta

    import numpy as np
    from pyarrow import csv

    file = folder / "run" / "events" / "metric" / "loss.plx"
    file.parent.mkdir(parents=True)
    begin, moment = datetime(2026, 11, 24, tzinfo=UTC), timedelta(microseconds=137)
    with file.open("w") as rows:
        rows.write("step|timestamp|value\n")
        rows.writelines(f"{step}|{begin + step * moment}|{1 / (step + 1.5)!r}\n" for step in range(size))

    def read():
        return csv.read_csv(file, parse_options=csv.ParseOptions(delimiter="|"))

    def end():
        with file.open("rb") as data:
            hashlib.file_digest(data, "md5")
        table = read()
        values, steps = table["value"].to_numpy(), table["step"].to_numpy()
        return (np.diff(steps) > 0).all(), values.min(), values.max(), values.mean(), values.std()

    return end, read


def browse_root(folder):
    return read_runs(folder)


def write_frames(folder, frames):
    for number, frame in enumerate(frames):
        frame.to_parquet(folder / f"{number}.parquet")


def diff_frames(folder):
    import pandas as pd

    before, after = (pd.read_parquet(folder / f"{number}.parquet") for number in range(2))
    return before.compare(after).notna().to_numpy().sum() // 2


def write_curves(folder):
    from benchmarks.contenders import ours

    return ours.write_curves(folder)


def read_alone(folder, name):
    """What no reader of rows is below: the bytes, and where their lines end."""
    path, block, lines = _curves(folder, name), bytearray(1 << 17), 0
    with path.open("rb", buffering=0) as file:
        while taken := file.readinto(block):
            at = block.find(b"\n", 0, taken)
            while at >= 0:
                lines, at = lines + 1, block.find(b"\n", at + 1, taken)
    return lines


def _curves(folder, name):
    return folder / "run" / "events" / "curve" / f"{name}.plx"


def curve_at(folder, name):
    import numpy as np
    import orjson

    def find(step):
        """Parse the file whole, and pick."""
        with _curves(folder, name).open("rb") as file:
            rows = [line.split(b"|", 2) for line in file][1:]
        curves = {int(row[0]): np.array(orjson.loads(row[2])["x"]) for row in rows}
        return list(curves), curves[step]

    return find


def write_runs(folder, count, artifacts):
    from benchmarks.contenders import ours

    ours.write_runs(folder, count, artifacts)


def _documents(folder, *names):
    import orjson

    top = folder / "runs"
    return [[orjson.loads((top / run / name).read_bytes()) for name in names] for run in os.listdir(top)]  # noqa: PTH208 - the least that does it


def read_lineage(folder):
    def read():
        return [item for _, lineage in _documents(folder, "run.plx.json", "lineages.plx.json") for item in lineage]

    return read, lambda: None


def write_documents(folder, count):
    from benchmarks.contenders import ours

    ours.write_documents(folder, count)


def read_runs(folder):
    return lambda: _documents(folder, "run.plx.json")


def write_chain(folder, count, files):
    from benchmarks.contenders import ours

    ours.write_chain(folder, count, files)


def read_edges(folder):
    """Parse both documents of each run: as many records as there are edges, and as many again."""
    return lambda: [item for _, lineage in _documents(folder, "run.plx.json", "lineages.plx.json") for item in lineage]
