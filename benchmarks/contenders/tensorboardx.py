"""tensorboardX: TensorBoard's event files, without TensorFlow."""

PACKAGES = ("tensorboardX", "numpy")
SETTINGS = {}
IMPORT = "tensorboardX"
SHARE = 0.3


def metric(folder):
    from tensorboardX import SummaryWriter

    writer = SummaryWriter(str(folder / "logs"))
    return writer.add_scalar, writer.close


def metrics(folder):
    log_one, finish = metric(folder)

    def log(step, values):
        for name, value in values.items():
            log_one(name, value, step)

    return log, finish
