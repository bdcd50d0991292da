"""Polyaxon's own client, offline: the peer whose run folders we write."""

from __future__ import annotations

import os

PACKAGES = ("polyaxon", "traceml", "pandas", "pyarrow", "numpy", "orjson")
SETTINGS = {"POLYAXON_IS_OFFLINE": "1"}
IMPORT = "polyaxon.tracking"


def _start(folder):
    os.environ["POLYAXON_OFFLINE_ROOT"] = str(folder)
    from traceml.tracking.run import Run

    run = Run(
        is_offline=True,
        is_new=True,
        artifacts_path=str(folder / "run"),
        track_code=False,
        track_env=False,
        track_logs=False,
        collect_resources=False,
        collect_artifacts=True,
    )
    return run, run.end


def _flushing(run):
    """Wait for its writer to have written all."""

    def finish():
        run._event_logger.flush()  # noqa: SLF001
        run._event_logger.close()  # noqa: SLF001

    return finish


def metric(folder):
    run, _ = _start(folder)
    return lambda name, value, step: run.log_metric(name, value, step=step), _flushing(run)


def metrics(folder):
    run, _ = _start(folder)
    return lambda step, values: run.log_metrics(step=step, **values), _flushing(run)


def curve(folder):
    run, _ = _start(folder)
    return lambda name, x, y, step: run.log_curve(name, x, y, step=step), _flushing(run)


def dataframe(folder):
    run, _ = _start(folder)
    return lambda name, frame, step: run.log_dataframe(frame, name, content_type="csv", step=step), _flushing(run)


def artifact(folder):
    run, _ = _start(folder)
    return lambda path: run.log_artifact(str(path), name="source", kind="file"), lambda: None


def folder(folder):
    run, _ = _start(folder)
    return lambda path: run.log_artifact(str(path), name="source", kind="dir"), lambda: None


def write_metrics(folder, name, rows):
    """The file that its client writes for these values, made at once."""
    import datetime as dt

    path = folder / "run" / "events" / "metric" / f"{name.replace('/', '__')}.plx"
    path.parent.mkdir(parents=True)
    start = dt.datetime(2026, 9, 21, tzinfo=dt.UTC)
    with path.open("w") as file:
        file.write("step|timestamp|metric")
        file.writelines(f"\n{step}|{start + dt.timedelta(microseconds=step * 137)}|{value}" for step, value in rows)


def read_metrics(folder, name):
    import pandas as pd  # noqa: F401 - read() imports it
    from traceml.events.schemas import V1Events

    path = folder / "run" / "events" / "metric" / f"{name.replace('/', '__')}.plx"
    return lambda: V1Events.read("metric", name, str(path)).df
