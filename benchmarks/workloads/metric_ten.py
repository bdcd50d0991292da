"""`log_metric`: ten names in turn."""

from benchmarks.workloads import metric_one

TITLE = "log_metric, ten names"
UNITS = metric_one.UNITS
SIZE, QUICK, TINY = metric_one.SIZE, metric_one.QUICK, metric_one.TINY
GOALS = metric_one.GOALS
NAMES = tuple(f"train/loss-{n}" for n in range(10))


def measure(contender, folder, size):
    return metric_one.measure(contender, folder, size, NAMES)
