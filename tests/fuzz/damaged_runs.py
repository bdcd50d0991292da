"""Damage whole run folders at random, and ask everything of them that a user can ask.

    .venv/bin/python -m tests.fuzz.damaged_runs 1000 [FIRST]

prints what escaped, by example: 0 foreign exceptions, 0 hangs, and what was not damaged is read as before. The number of an example is
all that is needed to make it again.
"""

from __future__ import annotations

import base64
import contextlib
import faulthandler
import gzip
import io
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import jupyter_tracking as tracking
from jupyter_tracking import __main__ as command_line
from jupyter_tracking.magics import commands, completion
from jupyter_tracking.record.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["DAMAGED", "GOOD", "as_of_polyaxon", "examine", "in_child", "make_run", "warm_up"]

DAMAGED, GOOD = "f" * 32, "e" * 32
SECONDS = 60
MEMORY = 4 << 30
CANARY = "CANARY-of-the-reader"
_HOLE = 20 << 30
_MOMENT = "2024-01-02 03:04:05.678900+00:00"
_LATER = "2024-01-02 03:04:06.000000+00:00"


# --- a run that holds everything ---------------------------------------------------------------------------------------


def make_run(root: Path) -> Path:
    """Record a run with values of most kinds, cells, notes, a session, a log and a system metric; return its folder."""
    files = root.parent / "files"
    files.mkdir()
    (files / "data.csv").write_text("a,b\n1,2\n")
    (files / "saved").mkdir()
    (files / "saved" / "weights.bin").write_bytes(b"\x00\x01")
    run = Run(root / "runs" / DAMAGED, name="rich", tags=["one", "two"], project="p")
    for step in (0, 1, 7):
        run.log_metric("loss", 1 / (step + 1), step)
        run.log_metric("train/acc", step / 10, step)
        run.log_curve("curve", [1, 2, 3], [0.1, 0.2, 0.3], "a | b", step)
        run.log_confusion_matrix("confusion", ["a", "b"], ["a", "b"], [[1, 2], [3, 4]], step)
        run.log_histogram("histogram", [1.0, 2.0, 3.0], 2, step=step)
        run.log_dataframe(pd.DataFrame({"a": [1, step], "b": ["x", "y"]}), "frame", step=step)
        run.log_dataframe(pd.DataFrame({"a": [1, step]}), "rows", "csv", step=step)
        run.log_text("note", f"text {step}", step)
        run.log_html("page", "<b>a</b>", step)
        run.log_markdown("words", "# a", step)
        run.log_trace({"name": "trace", "kind": "llm", "inputs": {"q": "a"}, "children": [{"name": "child"}]}, step)
        run.log_image(np.zeros((3, 4, 5), np.uint8), "image", step)
        run.log_audio(np.zeros(10), "audio", 8000, step)
        run.log_artifact(files / "data.csv", "table", "csv", step=step, summary={"rows": 1})
    run.log_artifact(files / "data.csv", "copied")
    run.log_artifact(files / "saved", "folder")
    run.log_model(files / "data.csv", "model", "sklearn", summary={"params": 3})
    run.log_code_ref({"commit": "0" * 40, "branch": "main"})
    run.log_env(content={"python": "3"})
    run.log_file_ref(files / "data.csv", "referred", is_input=True)
    run.log_inputs(lr=0.1, layers=[1, 2], words={"a": "b"})
    run.log_outputs(best=0.5)
    run.end()
    _add_what_jupyter_adds(run.path)
    return run.path


def _add_what_jupyter_adds(path: Path) -> None:
    session = {"session": "s", "cell": 1}
    code = {"cell_type": "code", "source": "x = 1", "metadata": {"jupyter_tracking": session}, "execution_count": 1, "id": "c1"}
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": "hello\n"},
        {
            "output_type": "display_data",
            "data": {"text/plain": "x"},
            "metadata": {"jupyter_tracking": {"run_uuid": DAMAGED, "name": "loss"}},
        },
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t"]},
    ]
    notebook = {"cells": [code | {"outputs": outputs}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    cells = [
        {
            "cell": 1,
            "session": "s",
            "started": "2020-01-01 00:00:00.000000+00:00",
            "count": 1,
            "id": "c1",
            "hash": "0" * 12,
            "notebook": "n.ipynb",
        },
        {"cell": 1, "session": "s", "ended": "2090-01-01 00:00:00.000000+00:00", "outcome": "ok", "count": 1, "error": "E", "masked": 1},
    ]
    notes = [
        {"kind": "metric", "name": "loss", "since": "2021-01-01 00:00:00.000000+00:00", "by": "thread t"},
        {"kind": "metric", "name": "train/acc", "at": _MOMENT, "cell": ["s", 1]},
    ]
    logs = [{"timestamp": _MOMENT, "node": "local", "value": f"line {n}", "stream": "stderr"} for n in range(3)]
    for name, lines in {"code/cells.jsonl": cells, "code/elsewhere.jsonl": notes, "plxlogs/logs.jsonl": logs}.items():
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    (path / "code" / "session.ipynb").write_text(json.dumps(notebook))
    (path / "resources" / "metric").mkdir(parents=True)
    (path / "resources" / "metric" / "cpu.plx").write_text(f"step|timestamp|metric\n|{_MOMENT}|0.5\n|{_LATER}|0.6\n")
    lineages = json.loads((path / "lineages.plx.json").read_text())
    lineages.append({"name": "cpu", "kind": "system", "path": "resources/metric/cpu.plx", "summary": {"is_event": True}, "is_input": False})
    lineages[-1]["meta_info"] = {"jupyter_tracking": {"name": "cpu", "versioned": True, "logged": _MOMENT, "cell": {"by": "system"}}}
    size = (path / "lineages.plx.json").write_text(json.dumps(lineages))
    document = json.loads((path / "run.plx.json").read_text())
    document["meta_info"]["jupyter_tracking"]["complete"]["lineages_size"] = size
    (path / "run.plx.json").write_text(json.dumps(document))


def as_of_polyaxon(path: Path) -> None:
    """Take from a run's folder what only we write."""
    shutil.rmtree(path / ".jupyter-tracking")
    for name in ("run.plx.json", "lineages.plx.json"):
        document = json.loads((path / name).read_text())
        for each in document if isinstance(document, list) else [document]:
            each.pop("meta_info", None)
        (path / name).write_text(json.dumps(document))


# --- damage ------------------------------------------------------------------------------------------------------------

_DEEP = 100_000
RAW = [
    *("null", "true", "false", "0", "1", "-1", "0.5", "1e999", "-1e999", "NaN", "1" * 5000, "-9223372036854775809", "18446744073709551616"),
    *('""', '"x"', '"\\ud800"', '"\\u0000"', '"a/b/../c"', '"../../etc"', '"/etc/passwd"', '"\\u001b[31m\\u202e"', '"s3://a/b"', '"yes"'),
    *("[]", "{}", "[null]", "[[1],[2]]", '{"a":null}', '{"a":{"b":[1,{}]}}', '["x",1,null,{"a":1}]', "[1,2,3]"),
    *('"0000-00-00T00:00:00+00:00"', '"99999-01-01 00:00:00"', '"2024-01-01"', '"9999-12-31 23:59:59.999999-23:59"', "1e300"),
    *('"0001-01-01 00:00:00.000000+23:59"', '"succeeded"', '"running"', '"metric"', '"image"', '"novelty"', '"events/metric/loss.plx"'),
    *(
        '"loss"',
        '"assets/dataframe/frame_0.parquet"',
        '"outputs"',
        '"events"',
        '"."',
        '{"min":5,"max":"x","count":{}}',
        '"2024-01-01T00:00:00"',
    ),
    *("[" * _DEEP + "]" * _DEEP, '{"a":' * _DEEP + "1" + "}" * _DEEP, "[" * 600 + "]" * 600, '{"a":' * 200 + "1" + "}" * 200),
    '"' + "x" * 300_000 + '"',
]
KEYS = ["", "a", "\x00", "name", "kind", "events", "x" * 5000, "\ud800", "inputs", "a.b", "step", "__proto__"]
_MARK = "\x01raw"


def _nodes(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every (container, key) of a JSON value."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        found.append((value, key))
        _nodes(value[key], found)
    return found


def _damage_json(text: bytes, rng: random.Random) -> bytes:
    """Change one value, one key, or the text of a JSON document."""
    how = rng.randrange(12)
    if how == 0:
        return _damage_bytes(text, rng)
    if how == 1:
        return rng.choice(RAW).encode("utf-8", "surrogatepass")
    try:
        document = [json.loads(text)]
        container, key = rng.choice(_nodes(document, []))
    except (ValueError, RecursionError):
        return _damage_bytes(text, rng)
    raw = rng.choice(RAW)
    if how == 2 and isinstance(container, dict):
        del container[key]
    elif how == 3 and isinstance(container, dict):
        container[rng.choice(KEYS)] = container.pop(key)
    elif how == 4 and isinstance(container, list):
        container.append(container[key])
    elif how == 5 and isinstance(container, dict):
        container[rng.choice(KEYS)] = _MARK
    else:
        container[key] = _MARK
    changed = json.dumps(document[0] if document else None).replace(json.dumps(_MARK), raw)
    if how == 6:  # a key twice
        changed = changed.replace('{"', f'{{"{key if isinstance(key, str) else "name"}":{raw},"', 1)
    return changed.encode("utf-8", "surrogatepass")


def _damage_line(line: bytes, rng: random.Random) -> bytes:
    if line.startswith(b"{"):
        return _damage_json(line, rng)
    fields = line.split(b"|", 2)
    place = rng.randrange(len(fields))
    cell = fields[place]
    if cell.startswith(b"{") and rng.random() < 0.7:
        fields[place] = _damage_json(cell, rng).replace(b"|", b"")
    else:
        fields[place] = rng.choice([rng.choice(RAW).encode("utf-8", "surrogatepass"), b"", b"nan", b"1_0", b"\xff", b"1" * 40, b"inf"])
    return b"|".join(fields)


def _damage_lines(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    place, how = rng.randrange(len(lines)), rng.randrange(8)
    if how == 0:
        del lines[place]
    elif how == 1:
        lines.insert(place, rng.choice(lines))
    elif how == 2:
        lines[place] = lines[place][: rng.randrange(len(lines[place]) + 1)]
    else:
        lines[place] = _damage_line(lines[place], rng)
    return b"\n".join(lines)


def _damage_bytes(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data) + 1)
    return rng.choice(
        [
            data[:place],
            data[:place] + rng.randbytes(4) + data[place + 4 :],
            data[:place] + b"\x00" * 64 + data[place:],
            b"",
            b"\n",
            data + data,
            b"\x00" * len(data),
            b"\xef\xbb\xbf" + data,
            data.decode("latin-1").encode("utf-16"),
        ]
    )


def _socket(path: Path, _private: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def _folder(path: Path, _private: Path) -> None:
    (path / "x.plx").mkdir(parents=True)


def _of_bytes(size: int) -> Callable[[Path, Path], None]:
    def make(path: Path, _private: Path) -> None:
        path.write_bytes(b"x" if size else b"")
        os.truncate(path, size)

    return make


# What may stand in the place of a file or a folder.
ODD: list[Callable[[Path, Path], None]] = [
    lambda path, _: os.mkfifo(path),
    lambda path, _: path.symlink_to("nowhere"),
    lambda path, _: path.symlink_to(path.name),
    lambda path, _: path.symlink_to("/dev/zero"),
    lambda path, private: path.symlink_to(private),
    lambda path, private: path.symlink_to(private / f"{CANARY}.plx"),
    lambda _path, _private: None,
    *(_socket, _folder, _of_bytes(_HOLE), _of_bytes(1), _of_bytes(1 << 20)),
]


def _replace(path: Path, rng: random.Random, private: Path) -> None:
    """Put something else in the place of a file or a folder."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    rng.choice(ODD)(path, private)


def damage(run: Path, rng: random.Random, private: Path) -> str:
    """Damage one thing of a run and return its path."""
    every = sorted(p for p in run.rglob("*") if not p.is_symlink() and (p.is_dir() or p.is_file()) and p.stat().st_size < _HOLE)
    files = [p for p in every if p.is_file()]
    documents = [p for p in files if p.suffix in {".json", ".jsonl", ".ipynb"}]
    if not files:
        return "."
    how = rng.random()
    if how < 0.55 and documents:
        path = rng.choice(documents)
        change = _damage_json if path.suffix != ".jsonl" else _damage_lines
        path.write_bytes(change(path.read_bytes(), rng))
    elif how < 0.7 and any(p.suffix == ".plx" for p in files):
        path = rng.choice([p for p in files if p.suffix == ".plx"])
        path.write_bytes(_damage_lines(path.read_bytes(), rng))
    elif how < 0.8:
        path = rng.choice(files)
        path.write_bytes(_damage_bytes(path.read_bytes(), rng))
    else:
        path = rng.choice(every)
        _replace(path, rng, private)
    return path.relative_to(run).as_posix()


# --- what is asked -----------------------------------------------------------------------------------------------------


def digest(value: Any) -> object:
    """Return something of a value that is equal when the value is."""
    if isinstance(value, pd.DataFrame):
        return [list(map(str, value.columns)), list(map(str, value.dtypes)), value.astype(object).to_numpy().tolist()]
    if isinstance(value, np.ndarray):
        return [str(value.dtype), value.shape, value.tobytes()]
    if isinstance(value, Path):
        return value.name
    if isinstance(value, tuple | list):
        return [digest(each) for each in value]
    return repr(value)


def values_of(run: Path) -> dict[str, tuple[list[str], object]]:
    """Return what each event file of a run holds, with the files that were read for it."""
    folder = tracking.open_run(run).files
    found = {}
    for artifact in folder.artifacts():
        if not artifact.versioned or not artifact.path:
            continue
        used, values = [artifact.path], []
        for event in folder.rows(artifact):
            payload = folder.payload(artifact, event)
            used += [payload["path"]] if isinstance(payload, dict) and isinstance(payload.get("path"), str) else []
            values.append([event.step, event.timestamp, digest(folder.value(artifact, event))])
        found[artifact.path] = (used, values)
    return found


def _of_a_run(view: Any, root: Path, notebook: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    yield from (
        (name, lambda name=name: getattr(view, name)) for name in ("name", "project", "status", "info", "inputs", "outputs", "tags")
    )
    calls: dict[str, Callable[[], object]] = {
        "repr": lambda: repr(view),
        "artifacts": view.artifacts,
        "metrics": view.metrics,
        "tidy metrics": lambda: view.metrics(tidy=True),
        "lineage": view.lineage,
        "cells": view.cells,
        "notebook": view.notebook,
        "logs": view.logs,
        "problems": lambda: view.problems(hashes=True),
        "diff_notebooks": lambda: tracking.diff_notebooks(view, GOOD, root),
        "diff": lambda: view.diff("frame", 0, 7),
        "runs_in": lambda: tracking.runs_in(view.path / "code" / "session.ipynb", root),
        "report": lambda: tracking.report(view.path / "code" / "session.ipynb", notebook.with_suffix(".html"), root),
        "check": lambda: _quietly(["check", str(view.path), "--root", str(root)]),
        "show (command)": lambda: _quietly(["show", str(view.path), "--root", str(root)]),
    }
    yield from calls.items()


def _of_an_artifact(view: Any, kind: str, name: str) -> Iterator[tuple[str, Callable[[], object]]]:
    yield f"events {kind} {name:.40}", lambda: view.events(name, kind)
    yield f"steps {kind} {name:.40}", lambda: view.steps(name, kind)
    yield f"load {kind} {name:.40}", lambda: view.load(name, kind)
    yield f"load {kind} {name:.40} at 7", lambda: view.load(name, kind, 7)


def _views_of_a_run(view: Any, page: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    yield "save", lambda: _canary_free(view.save(page))
    yield "browse", lambda: _shown(view.browse())
    for kind, name in view.artifacts():
        yield f"show {kind} {name:.40}", lambda kind=kind, name=name: _shown(view.show(name, kind=kind))


def _shown(widget: Any) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        widget._ipython_display_()
    widget.close()


def _canary_free(path: Path) -> None:
    text = path.read_text()
    packed = re.findall(r'class="jt-data">([A-Za-z0-9+/=]+)<', text)
    assert CANARY not in text
    assert not any(CANARY.encode() in gzip.decompress(base64.b64decode(each)) for each in packed)


def _quietly(words: list[str]) -> int:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return command_line.main(words)


def _of_the_root(root: Path, before: dict[str, Any]) -> Iterator[tuple[str, Callable[[], object]]]:
    def runs() -> None:
        frame = tracking.runs(root)
        assert set(frame["uuid"]) >= {GOOD}, "the other run is missing"
        assert len(frame) == 2, "a run is missing"

    def lineage() -> None:
        frame = tracking.lineage(root=root)
        assert digest(frame[frame["run_uuid"] == GOOD].reset_index(drop=True).drop(columns="summary")) == before["lineage"]

    def chosen() -> None:
        where = "lr < 1 or best > 0 or one in tags or created_at < now or age > 1s or not loss is missing"
        with contextlib.suppress(tracking.TrackingError):  # columns that the damage has taken away
            assert set(tracking.runs(root, where=where)["uuid"]) >= {GOOD}
        assert tracking.runs(root, group_by=["tags", "name", "created_at"])["n"].sum() >= 2
        tracking.best(root, "loss")

    yield "runs", runs
    yield "chosen runs", chosen
    yield "lineage of the root", lineage
    yield "lineage_edges", lambda: tracking.lineage_edges(root)
    yield "lineage_graph", lambda: repr(tracking.lineage_graph(root))
    yield "open by name", lambda: tracking.open_run("good", root)
    yield "completion", lambda: list(completion.names_of_runs())
    yield "completion of artifacts", lambda: list(completion.names_of_artifacts(DAMAGED[:8], None))
    yield "resume the last", lambda: commands._last_worked_on(root, "good")
    yield "runs (command)", lambda: _quietly(["runs", "--root", str(root)])
    yield "lineage (command)", lambda: _quietly(["lineage", "--csv", "--root", str(root)])


# --- one example -------------------------------------------------------------------------------------------------------


class Hang(BaseException):
    """The time of an example is over."""


def _ask(name: str, call: Callable[[], object], escaped: list[str]) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call()
    except tracking.TrackingError:
        pass
    except Hang:
        escaped.append(f"{name}: hangs at {traceback.extract_tb(sys.exc_info()[2])[-2]}")
        raise
    except Exception as error:  # noqa: BLE001 - what is looked for
        ours = [f for f in traceback.extract_tb(error.__traceback__) if "jupyter_tracking" in f.filename]
        last = ours[-1] if ours else None
        escaped.append(
            f"{name}: {type(error).__name__}: {str(error)[:100]} @ {f'{Path(last.filename).name}:{last.lineno}' if last else ''}"
        )


def examine(source: Path, number: int, *, views: float = 0.1, keep: bool = False) -> list[str]:
    """Damage a copy of a run as the number of the example says, ask everything of it, and return what escaped or changed."""
    rng = random.Random(number)
    top = Path(tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    escaped: list[str] = []

    def over(_number: int, _frame: object) -> None:
        raise Hang

    faulthandler.dump_traceback_later(2 * SECONDS, exit=True)
    signal.signal(signal.SIGALRM, over)
    try:
        root, private = top / "root", top / CANARY
        private.mkdir()
        (private / f"{CANARY}.plx").write_text(f"step|timestamp|metric\n0|{_MOMENT}|666.0\n")
        run, good = root / "runs" / DAMAGED, root / "runs" / GOOD
        shutil.copytree(source, run)
        shutil.copytree(source, good)
        document = json.loads((good / "run.plx.json").read_text())
        (good / "run.plx.json").write_text(json.dumps({**document, "uuid": GOOD, "name": "good"}))
        if number % 2:
            as_of_polyaxon(run)
        lineage = tracking.lineage(GOOD, root).drop(columns="summary")
        before = {"lineage": digest(lineage.reset_index(drop=True)), "values": values_of(run)}
        touched = [damage(run, rng, private) for _ in range(rng.randint(1, 3))]
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        with contextlib.suppress(Hang):
            _examine(root, run, before, touched, escaped, seen=rng.random() < views)
        signal.setitimer(signal.ITIMER_REAL, 0)
        return [f"{number} [{', '.join(touched)}] {each}" for each in escaped]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()
        if not keep:
            shutil.rmtree(top)


def _examine(root: Path, run: Path, before: dict[str, Any], touched: list[str], escaped: list[str], *, seen: bool) -> None:
    os.environ["POLYAXON_OFFLINE_ROOT"] = str(root)
    page = root.parent / "page.html"
    for name, call in _of_the_root(root, before):
        _ask(name, call, escaped)
    if seen:
        _ask("browse of the root", lambda: _shown(tracking.browse(root=root)), escaped)
    try:
        view = tracking.open_run(run, root)
    except tracking.TrackingError:
        return
    for name, call in _of_a_run(view, root, page):
        _ask(name, call, escaped)
    with contextlib.suppress(tracking.TrackingError):
        for kind, name in view.artifacts():
            for what, call in _of_an_artifact(view, kind, name):
                _ask(what, call, escaped)
    if seen:
        for name, call in _views_of_a_run(view, page):
            _ask(name, call, escaped)
    _ask("what is whole", lambda: _compare(run, before["values"], touched), escaped)


def _compare(run: Path, before: dict[str, tuple[list[str], object]], touched: list[str]) -> None:
    """See that every event file that no damage reached is read as before."""
    folder = tracking.open_run(run).files
    found = {artifact.path: artifact for artifact in folder.artifacts()}
    for path, (used, values) in before.items():
        if any(file == each or file.startswith(f"{each}/") for file in used for each in touched):
            continue
        if path.startswith("resources/") or any(each == ".jupyter-tracking" or each.endswith("assets.jsonl") for each in touched):
            continue  # named by the lineage alone; and sizes and hashes are what the journal of assets says
        assert path in found, f"{path} is gone"
        artifact = found[path]
        now = [[e.step, e.timestamp, digest(folder.value(artifact, e))] for e in folder.rows(artifact)]
        assert now == values, f"{path} is read differently"


def warm_up(run: Path) -> None:
    """Ask everything once, so that a child process need not import what it takes; nothing is displayed, which would start a thread."""
    top = Path(tempfile.mkdtemp())
    view = tracking.open_run(run)
    for name, call in [*_of_a_run(view, run.parent.parent, top / "page.html"), ("save", lambda: view.save(top / "page.html"))]:
        _ask(name, call, [])
    shutil.rmtree(top)


def in_child(source: Path, number: int, *, views: float = 0.1) -> list[str]:
    """Examine an example in a process of its own that may have 4 GB; one that is ended, or does not end, is told like what escapes."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        with os.fdopen(writer, "w") as told:
            try:
                told.write(json.dumps(examine(source, number, views=views)))
            except BaseException as error:  # noqa: BLE001 - told to the parent, whatever it is
                told.write(json.dumps([f"{number} {type(error).__name__}: {error}"]))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        text = told.read()  # which ends when the child does
    _, status = os.waitpid(child, 0)
    found: list[str] = json.loads(text) if text else [f"{number} the process was ended: {os.waitstatus_to_exitcode(status)}"]
    return found


def main(words: list[str]) -> int:
    """Examine so many examples and print what escaped."""
    count, first = int(words[0]), int(words[1]) if len(words) > 1 else 0
    top = Path(tempfile.mkdtemp())
    with contextlib.redirect_stdout(io.StringIO()):
        run = make_run(top / "root")
    warm_up(run)
    start, bad = time.monotonic(), 0
    for number in range(first, first + count):
        found = in_child(run, number)
        bad += bool(found)
        for line in found[:6]:
            sys.stdout.write(f"{line}\n")
        if number % 50 == 49:
            sys.stdout.write(f"… {number + 1 - first} examples, {bad} bad, {time.monotonic() - start:.0f} s\n")
        sys.stdout.flush()
    sys.stdout.write(f"{count} examples, {bad} with something that escaped, {time.monotonic() - start:.0f} s\n")
    shutil.rmtree(top)
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
