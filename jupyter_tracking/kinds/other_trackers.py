"""Words of other trackers that are none of ours, and what is ours: who types one by habit is told the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_tracking.errors import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable

_METRIC = "log_metric(name, value, step=…)"
_INPUTS = "log_inputs({…}) or init(config={…}); open_run(run).inputs reads them"
_FILES = "log_artifact(path), which takes a folder too"
_DATASET = "log_data_ref(name, content=…) or log_artifact_ref(path, is_input=True)"
_RUNS = "runs() for a table of all, open_run(run) for one"
_END = "end(), or `with init() as run:`"
_TAGS = "log_tags([…])"
_META = "log_meta({…})"
_ROOT = "init(root=…) or the variable POLYAXON_OFFLINE_ROOT: a run is a folder"
_NOTHING = "nothing: there is no server and no account"
_FIGURE = "log_mpl_image(figure, name) or log_plotly_chart(name, figure)"
_IMAGE = "log_image(data, name, step=…)"
_HISTOGRAM = "log_histogram(name, values, step=…)"

# By who says them: Weights & Biases, MLflow, Comet, Neptune, TensorBoard, Aim and ClearML. What several say stands once.
_OURS = {
    # Runs
    **dict.fromkeys(("start_run", "start", "init_run", "Experiment", "Task", "SummaryWriter", "create_run", "new_run"), "init(name=…)"),
    **dict.fromkeys(("finish", "end_run", "stop", "close", "mark_completed", "set_terminated"), _END),
    **dict.fromkeys(("active_run", "last_active_run", "run", "get_running_experiment"), "current_run()"),
    **dict.fromkeys(("set_experiment", "create_experiment", "set_project"), "init(project=…, name=…)"),
    **dict.fromkeys(("set_tracking_uri", "get_tracking_uri", "set_registry_uri"), _ROOT),
    **dict.fromkeys(("login", "relogin"), _NOTHING),
    "flush": "sync()",
    "wait": "nothing: a call that returned has happened",
    **dict.fromkeys(("Api", "API", "MlflowClient", "search_runs", "list_runs", "get_run", "init_project"), _RUNS),
    **dict.fromkeys(("history", "scan_history", "get_metric_history", "get_metrics"), "open_run(run).metrics()"),
    # What a run is given, and what comes of it
    **dict.fromkeys(("config", "hparams", "params", "hyper_params", "log_param", "log_params"), _INPUTS),
    **dict.fromkeys(("log_parameter", "log_parameters", "log_hyperparams", "add_hparams", "connect"), _INPUTS),
    "summary": "log_outputs({…}); open_run(run).outputs reads them",
    "log_summary": "log_outputs({…})",
    **dict.fromkeys(("set_tag", "set_tags", "add_tag", "add_tags", "delete_tag"), _TAGS),
    **dict.fromkeys(("log_other", "log_others", "set_property", "log_system_info"), _META),
    # Values
    **dict.fromkeys(("add_scalar", "track", "log_scalar", "report_scalar", "log_value", "scalar"), _METRIC),
    **dict.fromkeys(("add_scalars", "log_batch", "log_metrics_batch"), "log_metrics({…}, step=…)"),
    **dict.fromkeys(("add_histogram", "log_histogram_3d", "Histogram", "Distribution", "add_histogram_raw"), _HISTOGRAM),
    "watch_model": "log_histogram(name, values, step=…) of each parameter; watch() shows metrics live",
    **dict.fromkeys(("add_image", "add_images", "Image"), _IMAGE),
    "add_image_with_boxes": "log_image_with_boxes(image, boxes, name, step=…)",
    **dict.fromkeys(("log_figure", "add_figure", "Figure", "Plotly", "report_matplotlib_figure"), _FIGURE),
    **dict.fromkeys(("add_text", "Text"), "log_text(name, text, step=…)"),
    **dict.fromkeys(("Html", "Markdown"), "log_html(name, html) or log_markdown(name, text)"),
    **dict.fromkeys(("add_audio", "Audio"), "log_audio(data, name, step=…)"),
    **dict.fromkeys(("add_video", "Video"), "log_video(data, name, step=…)"),
    **dict.fromkeys(("log_table", "Table", "report_table"), "log_dataframe(df, name, step=…)"),
    **dict.fromkeys(("add_pr_curve", "add_pr_curve_raw"), "log_sklearn_pr_curve(name, y_preds, y_targets, step=…)"),
    # Of a run that was opened, and typed on the module or on the run that is being recorded
    **dict.fromkeys(("show", "plot", "display"), "open_run(run).show(name, step=…)"),
    **dict.fromkeys(("load", "load_artifact", "get_artifact", "download"), "open_run(run).load(name, step=…)"),
    "metrics": "open_run(run).metrics()",
    "artifacts": "open_run(run).artifacts()",
    # Files
    **dict.fromkeys(("log_artifacts", "log_asset", "log_asset_folder", "log_file", "save", "upload", "upload_files"), _FILES),
    **dict.fromkeys(("Artifact", "upload_artifact", "log_dict"), _FILES),
    **dict.fromkeys(("register_model", "link_artifact", "link_model"), "log_model(path, name, framework=…)"),
    **dict.fromkeys(("use_artifact", "log_input", "log_dataset_hash", "log_dataset_info", "track_files"), _DATASET),
    **dict.fromkeys(("log_code", "log_git_metadata"), "init(track_code=True), which is the default"),
}

# Arguments of their functions, and what ours are called, where the function that is called has such a one.
ARGUMENTS = {
    **dict.fromkeys(("experiment", "experiment_name", "experiment_id", "project_name"), "project"),
    **dict.fromkeys(("id", "run_id", "run"), "run_uuid"),
    **dict.fromkeys(("key", "tag", "run_name"), "name"),
    **dict.fromkeys(("epoch", "global_step", "iteration"), "step"),
    **dict.fromkeys(("params", "hparams", "parameters"), "config"),
    **dict.fromkeys(("image", "figure", "fig"), "data"),
    "entity": "owner",
    "notes": "description",
    "dir": "root",
    "job_type": "tags",
    "nested": "parent",
    "save_code": "track_code",
    "artifact_path": "rel_path",
    "local_path": "path",
    "direction": "goal",
    "mode": "goal",
    "filter": "where",
    "filter_string": "where",
}

_OPENED = "a run that was opened is read; init(run_uuid=…) goes on with it"


def unknown_of_view(name: str, known: Iterable[str]) -> str:
    """Return what to say of a name that a run opened for reading has not."""
    if name.startswith("log_"):
        return f"'RunView' object has no attribute {name!r}: {_OPENED}"
    if "open_run(run)." in _OURS.get(name, ""):
        return unknown_name("'RunView' object", name, known)
    near = suggest(name, (each for each in known if not each.startswith("_")))
    return f"'RunView' object has no attribute {name!r}{near if near.startswith('; near') else ''}"


def unknown_name(what: str, name: str, known: Iterable[str]) -> str:
    """Return what to say of a name that the module or a run (`what`) has not: ours for another tracker's, else those that are near."""
    ours = _OURS.get(name)
    hint = suggest(name, (each for each in known if not each.startswith("_"))) if ours is None else ""
    hint = f"; here it is {ours}" if ours is not None else hint if hint.startswith("; near") else ""
    return f"{what} has no attribute {name!r}{hint}"
