"""swanlab, in its offline mode."""

PACKAGES = ("swanlab", "numpy")
SETTINGS = {"SWANLAB_MODE": "offline"}
IMPORT = "swanlab"
SHARE = 0.3


def _start(folder):
    import swanlab

    swanlab.init(project="bench", mode="offline", logdir=str(folder / "swanlog"), settings=_quiet(swanlab))
    return swanlab


def _quiet(swanlab):
    return swanlab.Settings(hardware_monitor=False, metadata_collect=False, requirements_collect=False, conda_collect=False)


def metric(folder):
    library = _start(folder)
    return lambda name, value, step: library.log({name: value}, step=step), library.finish


def metrics(folder):
    library = _start(folder)
    return lambda step, values: library.log(values, step=step), library.finish
