"""This package."""

from __future__ import annotations

from pathlib import Path

PACKAGES = ()
SETTINGS = {}
IMPORT = "jupyter_tracking"
EXTENSION = "jupyter_tracking"


def _start(folder):
    from jupyter_tracking import Run

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
    from jupyter_tracking import plx

    moment = 1_790_000_000_000_000
    with Path(path).open("wb") as file:
        file.write(plx.header("metric"))
        file.writelines(plx.row("metric", step, plx.format_timestamp(moment + step * 137), repr(value)) for step, value in rows)


def read_metrics(folder, name):
    from jupyter_tracking import open_run

    return lambda: open_run(folder / "run").metrics(name)


def grow(folder, name, count):
    write_metrics(folder, name, ((step, 0.123456789) for step in range(count)))


def follow(folder, name):
    from jupyter_tracking.reader import open_folder

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


def write_runs(folder, count, artifacts):
    """Runs of metrics, copied from one that was logged: what is measured is the reading."""
    from uuid import UUID

    from jupyter_tracking import Run

    for number in range(count):
        run = Run(folder / "runs" / UUID(int=number + 1).hex, name=f"run-{number}", project="bench")
        run.sync = lambda: None  # no wait for the disk: nothing here needs to outlive the machine
        for artifact_ in range(artifacts):
            for step in range(2):
                run.log_metric(f"metric-{artifact_}", step / 7, step)
        run.log_inputs(lr=0.1 * number, layers=[64, 32])
        run.end()


def read_lineage(folder):
    import jupyter_tracking

    def change():
        run = jupyter_tracking.Run(next((folder / "runs").iterdir()))
        run.log_metric("metric-1", 0.5, 3)
        run.end()

    return lambda: jupyter_tracking.lineage(root=folder), change


def write_documents(folder, count):
    """Nine of ten runs ended; the tenth was killed."""
    from uuid import UUID

    from jupyter_tracking import Run, document, layout

    for number in range(count):
        path = folder / "runs" / UUID(int=number + 1).hex
        if number % 10 == 9:
            run = Run(path, name=f"run-{number}")
            run._store.close()  # noqa: SLF001 - as a kill would
            continue
        path.mkdir(parents=True)
        doc = document.new(path.name, f"run-{number}", description=None, tags=["a"], owner="me", project="bench")
        document.set_status(doc, "running")
        document.set_status(doc, "succeeded")
        doc["inputs"] |= {"lr": number / 7, "layers": 3}
        doc["outputs"] |= {"loss": 1 / (number + 1), "accuracy": 0.5}
        (path / layout.RUN_FILE).write_bytes(document.dumps(doc))


def read_runs(folder):
    import jupyter_tracking

    return lambda: jupyter_tracking.runs(root=folder)
