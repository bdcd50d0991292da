"""DVCLive: tab-separated files, without DVC's experiments."""

PACKAGES = ("dvclive", "pandas")
SETTINGS = {"DVC_NO_ANALYTICS": "true"}
IMPORT = "dvclive"
SHARE = 0.1


def _start(folder):
    import subprocess

    from dvclive import Live

    # It makes DVC's files in the repository around it, which is not to be ours, and asks that for its last commit.
    subprocess.run(["git", "init", "--quiet"], check=True)
    someone = ["-c", "user.name=benchmarks", "-c", "user.email=benchmarks@localhost"]
    subprocess.run(["git", *someone, "commit", "--quiet", "--allow-empty", "--message", "begin"], check=True)
    return Live(str(folder / "dvclive"), save_dvc_exp=False, report=None, monitor_system=False)


def metric(folder):
    live = _start(folder)

    def log(name, value, step):
        live.step = step
        live.log_metric(name, value)

    return log, live.end


def metrics(folder):
    live = _start(folder)

    def log(step, values):
        live.step = step
        for name, value in values.items():
            live.log_metric(name, value)

    return log, live.end
