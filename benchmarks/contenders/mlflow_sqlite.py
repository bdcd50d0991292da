"""MLflow on a SQLite file."""

from benchmarks.contenders.mlflow_file import IMPORT, PACKAGES, SETTINGS

__all__ = ["IMPORT", "PACKAGES", "SETTINGS"]
