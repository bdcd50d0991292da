"""Aim: RocksDB files, one repository a folder."""

PACKAGES = ("aim", "pandas", "setuptools<80")
SETTINGS = {"__AIM_DISABLE_TELEMETRY__": "1"}
IMPORT = "aim"
SHARE = 0.1


def _start(folder):
    from aim import Repo, Run

    Repo.from_path(str(folder), init=True)
    return Run(repo=str(folder), system_tracking_interval=None, capture_terminal_logs=False, log_system_params=False)


def metric(folder):
    run = _start(folder)
    return lambda name, value, step: run.track(value, name=name, step=step), run.close


def metrics(folder):
    run = _start(folder)
    return lambda step, values: run.track(values, step=step), run.close
