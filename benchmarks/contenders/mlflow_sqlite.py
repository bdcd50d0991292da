"""MLflow on a SQLite file."""

from benchmarks.contenders.mlflow_file import PACKAGES, SETTINGS, of

__all__ = ["PACKAGES", "SETTINGS", "SHARE"]

SHARE = 0.003

metric, metrics, artifact = of(lambda folder: f"sqlite:///{folder / 'mlflow.db'}")
