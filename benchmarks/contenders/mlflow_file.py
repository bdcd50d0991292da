"""MLflow on its file store."""

PACKAGES = ("mlflow",)
SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "false",
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
IMPORT = "mlflow"
SHARE = 0.01


def start(folder, store):
    """Start a run in a store of its own."""
    import mlflow

    mlflow.set_tracking_uri(store)
    experiment = mlflow.create_experiment("bench", artifact_location=(folder / "artifacts").as_uri())
    mlflow.start_run(experiment_id=experiment)
    return mlflow


def of(store):
    """Return the functions of a contender on this kind of store."""

    def metric(folder):
        library = start(folder, store(folder))
        return lambda name, value, step: library.log_metric(name, value, step=step), library.end_run

    def metrics(folder):
        library = start(folder, store(folder))
        return lambda step, values: library.log_metrics(values, step=step), library.end_run

    def artifact(folder):
        library = start(folder, store(folder))
        return lambda path: library.log_artifact(str(path)), library.end_run

    return metric, metrics, artifact


metric, metrics, artifact = of(lambda folder: (folder / "mlruns").as_uri())
