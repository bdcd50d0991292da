"""tensorboardX: TensorBoard's event files, without TensorFlow."""

PACKAGES = ("tensorboardX", "numpy")
SETTINGS = {}
IMPORT = "tensorboardX"


def metric(folder):
    from tensorboardX import SummaryWriter

    writer = SummaryWriter(str(folder))
    return writer.add_scalar, writer.close


def metrics(folder):
    from tensorboardX import SummaryWriter

    writer = SummaryWriter(str(folder))

    def log(step, values):
        for name, value in values.items():
            writer.add_scalar(name, value, step)

    return log, writer.close
