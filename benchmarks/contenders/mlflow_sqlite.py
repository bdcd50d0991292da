"""MLflow on a SQLite file."""

from benchmarks.contenders.mlflow_file import IMPORT, PACKAGES, SETTINGS, of

__all__ = ["IMPORT", "PACKAGES", "SETTINGS", "SHARE"]

SHARE = 0.005

metric, metrics, artifact, folder = of(lambda folder: f"sqlite:///{folder / 'mlflow.db'}")
