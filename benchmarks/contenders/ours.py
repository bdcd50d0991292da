"""This package."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

PACKAGES = ()
SETTINGS = {}
IMPORT = "jupyter_tracking"
EXTENSION = "jupyter_tracking"


def _start(folder):
    from jupyter_tracking.record.run import Run

    run = Run(folder / "run", shared=True)
    return run, lambda: None  # a call that returned has happened


def metric(folder):
    run, finish = _start(folder)
    return run.log_metric, finish


def metrics(folder):
    run, finish = _start(folder)
    return lambda step, values: run.log_metrics(step, **values), finish


def curve(folder):
    run, finish = _start(folder)
    return lambda name, x, y, step: run.log_curve(name, x, y, step=step), finish


def dataframe(folder):
    run, finish = _start(folder)
    return lambda name, frame, step: run.log_dataframe(frame, name, step=step), finish


def image(folder):
    run, finish = _start(folder)
    return lambda name, pixels, step: run.log_image(pixels, name, step=step, dataformats="HWC"), finish


def artifact(folder):
    run, finish = _start(folder)
    return run.log_artifact, finish


folder = artifact


def write_metrics(folder, name, rows):
    run, _ = _start(folder)
    run.log_metric(name, 0.0, 0)
    _write_rows(folder / "run" / "events" / "metric" / f"{name.replace('/', '__')}.plx", rows)
    run.end()


def _write_rows(path, rows):
    """The rows that log_metric would write, a moment apart, all at once."""
    from jupyter_tracking.format import event_rows

    moment = 1_790_000_000_000_000
    with Path(path).open("wb") as file:
        file.write(event_rows.header("metric"))
        file.writelines(
            event_rows.format_row("metric", step, event_rows.format_timestamp(moment + step * 137), repr(value)) for step, value in rows
        )


def read_metrics(folder, name):
    from jupyter_tracking import open_run

    return lambda: open_run(folder / "run").metrics(name)


def read_rows(folder, name):
    from jupyter_tracking import open_run

    return lambda: open_run(folder / "run").events(name)


def grow(folder, name, count):
    """A file of so many rows, the same thousand again and again."""
    write_metrics(folder, name, ((step, 0.123456789) for step in range(1_000)))
    path = folder / "run" / "events" / "metric" / f"{name}.plx"
    rows = path.read_bytes().partition(b"\n")[2]
    with path.open("ab") as file:
        for _ in range(count // 1_000 - 1):
            file.write(rows)


def follow(folder, name):
    from jupyter_tracking.read.run_reader import open_folder

    opened = open_folder(folder / "run")
    found = opened.find(name)
    return lambda: opened.columns(found)["value"].to_pylist() if name == "clock" else opened.columns(found)


def write_curves(folder):
    return curve(folder)


def curve_at(folder, name):
    from jupyter_tracking import open_run

    def find(step):
        view = open_run(folder / "run")
        return view.steps(name), view.load(name, step=step).x

    return find


def show(folder, name):
    from jupyter_tracking import open_run

    return lambda: open_run(folder / "run").show(name)


def save_shown(folder, name):
    return lambda: show(folder, name)().save(folder / "page.html")


def browse(folder):
    from jupyter_tracking import open_run

    return open_run(folder / "run").browse()


def browse_root(folder):
    import jupyter_tracking

    return lambda: jupyter_tracking.browse(root=folder)


@contextmanager
def panel(folder):
    """What asks a JupyterLab that was just started for the runs of this folder, given what it told last; None where there is no news."""
    import gzip
    import json
    from urllib.parse import urlencode
    from urllib.request import urlopen

    from tests.lab.app import App

    with App(folder) as app:

        def ask(told):
            query = {"path": "", "base": told.get("base", ""), "known": told.get("version", ""), "token": app.token}
            with urlopen(f"{app.origin}/jupyter-tracking/runs?{urlencode(query)}", timeout=60) as answer:
                body = answer.read()
            if not body:
                return None
            pack = gzip.decompress(body)
            return json.loads(pack[4 : 4 + int.from_bytes(pack[:4], "little")])["runs"]

        yield ask


def write_names(folder, count):
    """A run with so many artifacts, of a row each."""
    run, _ = _start(folder)
    run.log_metrics(0, **{f"metric-{number}": 0.5 for number in range(count)})
    run.end()


def write_mixed(folder, size):
    """A run of rows, curves and DataFrames that has not ended; what ends it, and what looks for its problems then."""
    import numpy as np
    import pandas as pd

    from jupyter_tracking import open_run

    run, _ = _start(folder)
    x = np.linspace(0, 1, 100)
    run.log_metric("loss", 0.5, 0)
    _write_rows(folder / "run" / "events" / "metric" / "loss.plx", ((step, 1 / (step + 1.5)) for step in range(size)))
    for step in range(size // 2_000):
        run.log_metrics(step, **{f"metric-{number}": (step + number) / 7 for number in range(200)})
    for step in range(size // 1_000):
        run.log_curve("roc", x, x**2 + step, step=step)
    for step in range(size // 20_000):
        run.log_dataframe(pd.DataFrame({"a": x, "b": x + step}), "frame", step=step)
    return run.end, lambda: open_run(folder / "run").problems()


def metrics_end_and_save(folder):
    """What logs the metrics of a step to a run, what ends it, and what saves its browser as a page."""
    from jupyter_tracking import open_run

    run, _ = _start(folder)
    save = lambda: open_run(folder / "run").browse().save(folder / "page.html")  # noqa: E731
    return lambda step, values: run.log_metrics(step, **values), run.end, save


def write_frames(folder, frames):
    run, _ = _start(folder)
    for step, frame in enumerate(frames):
        run.log_dataframe(frame, "frame", step=step)
    run.end()


def diff_frames(folder):
    from jupyter_tracking import open_run

    return len(open_run(folder / "run").diff("frame", 0, 1))


def write_runs(folder, count, artifacts):
    """Runs that have ended; all are copies, under their own uuids and names, of one that was logged."""
    from jupyter_tracking.record.run import Run

    run = Run(_run_path(folder, 0), name="run-0", project="bench")
    for number in range(artifacts):
        for step in range(2):
            run.log_metric(f"metric-{number}", step / 7, step)
    run.log_inputs(lr=0.1, layers=[64, 32])
    run.end()
    _copies(folder, count, 1)


def _run_path(folder, number):
    return folder / "runs" / f"{number + 1:032x}"


def _copies(folder, count, first):
    """Copy the first run: every file of it, with the copy's uuid and name in the document."""
    import shutil

    template = _run_path(folder, 0)
    document = (template / "run.plx.json").read_bytes()
    for number in range(first, count):
        path = _run_path(folder, number)
        shutil.copytree(template, path)
        mine = document.replace(template.name.encode(), path.name.encode()).replace(b'"run-0"', b'"run-%d"' % number)
        (path / "run.plx.json").write_bytes(mine)


def read_lineage(folder):
    import jupyter_tracking

    def change():
        run = jupyter_tracking.Run(artifacts_path=next((folder / "runs").iterdir()))
        run.log_metric("metric-1", 0.5, 3)
        run.end()

    lineage = jupyter_tracking.lineage  # imports pandas, which is no part of the figure
    return lambda: lineage(root=folder), change


def write_documents(folder, count):
    """Nine of ten runs have ended, with the two documents that `end()` writes; the tenth was killed."""
    import os

    from orjson import dumps, loads

    from jupyter_tracking.format import lineage, paths
    from jupyter_tracking.format.document import run_document
    from jupyter_tracking.record.run import Run

    child = os.fork()
    if not child:
        Run(_run_path(folder, 0), name="run-0", project="bench").log_inputs(lr=0.1, layers=3)
        os._exit(9)
    os.waitpid(child, 0)
    _copies(folder, count // 10, 1)
    killed = (_run_path(folder, 0) / paths.RUN_FILE).read_bytes()
    for number in range(max(1, count // 10), count):
        path = _run_path(folder, number)
        path.mkdir()
        ended = {**loads(killed), "uuid": path.name, "name": f"run-{number}", "outputs": {"loss": 1 / number, "accuracy": 0.5}}
        run_document.set_status(ended, "succeeded")
        run_document.mark_complete(ended, (path / paths.LINEAGES_FILE).write_bytes(lineage.dump_lineages([])))
        (path / paths.RUN_FILE).write_bytes(dumps(ended))


def read_runs(folder):
    import jupyter_tracking

    runs = jupyter_tracking.runs
    return lambda: runs(root=folder)


def write_chain(folder, count, files):
    """Documents of runs, each of which uses what the one before has made."""
    from orjson import dumps

    from jupyter_tracking.format import lineage, paths
    from jupyter_tracking.format.document import run_document

    for number in range(count):
        path = _run_path(folder, number)
        path.mkdir(parents=True)
        info = run_document.new_document(path.name, f"run-{number}", description=None, tags=[], owner=None, project=None)
        run_document.set_status(info, "running")
        run_document.set_status(info, "succeeded")
        (path / paths.RUN_FILE).write_bytes(lineage.dump_document(info))
        records = [
            {
                "name": f"{'in' if used else 'out'}{file}",
                "kind": "data",
                "summary": {"hash": f"{number - used}-{file}", "size": 1},
                "meta_info": {"jupyter_tracking": {"name": f"{'in' if used else 'out'}{file}", "versioned": False}},
                "is_input": bool(used),
            }
            for file in range(files)
            for used in (0, 1)
        ]
        (path / paths.LINEAGES_FILE).write_bytes(dumps(records))


def read_edges(folder):
    import jupyter_tracking

    edges = jupyter_tracking.lineage_edges
    return lambda: edges(root=folder)


def notebook():
    """The cells that start and end a run, in which cells and what they print are kept."""
    return "import jupyter_tracking as tracking\ntracking.init()", "tracking.end()"


def read_junk(folder, kind, junk):
    import os

    from jupyter_tracking.format import event_rows
    from jupyter_tracking.read.event_file import EventFile

    path = folder / f"{kind}.plx"
    path.write_bytes(event_rows.header(kind) + junk + b"\n")
    file = EventFile(lambda: os.open(path, os.O_RDONLY), kind, ours=True)
    file.rows()
    file.payloads()


def redact(text):
    from jupyter_tracking.redact import redact

    redact(text + " key")
