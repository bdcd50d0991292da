"""Weights & Biases, offline: its own process, which writes one file."""

PACKAGES = ("wandb", "pandas", "numpy")
SETTINGS = {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false", "WANDB_DISABLE_GIT": "true"}
IMPORT = "wandb"
SHARE = 0.1


def _start(folder):
    import wandb

    kept = {"x_disable_stats": True, "x_disable_meta": True, "console": "off", "disable_code": True, "disable_git": True}
    return wandb.init(project="bench", dir=str(folder), mode="offline", settings=wandb.Settings(**kept))


def metric(folder):
    run = _start(folder)
    return lambda name, value, step: run.log({name: value}, step=step), run.finish


def metrics(folder):
    run = _start(folder)
    return lambda step, values: run.log(values, step=step), run.finish


def artifact(folder):
    import wandb

    run = _start(folder)

    def log(path):
        made = wandb.Artifact("source", type="file")
        made.add_file(str(path), policy="mutable", skip_cache=True)
        run.log_artifact(made)

    return log, run.finish
