"""MLflow on its file store."""

PACKAGES = ("mlflow",)
SETTINGS = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "false", "GIT_PYTHON_REFRESH": "quiet"}
IMPORT = "mlflow"
