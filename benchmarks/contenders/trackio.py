"""trackio: a local SQLite file, and a thread that sends to it."""

import os

PACKAGES = ("trackio", "pandas")
SETTINGS = {"TRACKIO_DISABLE_TELEMETRY": "1"}
IMPORT = "trackio"
SHARE = 0.3


def _start(folder):
    os.environ["TRACKIO_DIR"] = str(folder / "trackio")
    import trackio

    return trackio.init(project="bench", name=folder.name, embed=False)


def metric(folder):
    run = _start(folder)
    return lambda name, value, step: run.log({name: value}, step=step), run.finish


def metrics(folder):
    run = _start(folder)
    return lambda step, values: run.log(values, step=step), run.finish
