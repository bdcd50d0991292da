"""Every public name of Polyaxon's tracking module and of its `Run` is in a table here: the same, better and why, or in need of a server."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import NeedsServer
from jupyter_tracking.polyaxon.server import SERVER_CALLS, SERVER_FUNCTIONS

if TYPE_CHECKING:
    from pathlib import Path

# What does what Polyaxon's does. Functions of the module do what the method of the same name does.
SAME = {
    *("artifacts_store", "namespace", "settings", "team", "owner", "project", "run_uuid", "status"),
    *("get_artifacts_path", "get_artifacts_store_connection", "get_connections_catalog", "get_inputs", "get_log_level"),
    *("get_outputs_path", "get_tensorboard_path"),
    *("log_altair_chart", "log_artifact_lineage", "log_artifact_ref", "log_bokeh_chart", "log_curve"),
    *("log_dir_ref", "log_file_ref", "log_html", "log_image_with_boxes", "log_metrics", "log_model", "log_model_ref", "log_mpl_image"),
    *("log_np_histogram", "log_plotly_chart", "log_pr_curve", "log_progress", "log_roc_auc_curve", "log_sklearn_pr_curve"),
    *("log_sklearn_roc_auc_curve", "log_status", "log_tags", "log_text", "log_trace"),
    *("set_description", "set_name", "set_owner", "set_project", "set_readme", "set_run_event_logger"),
    *("set_run_logs_logger", "set_run_resource_logger", "start"),
    *("V1ArtifactKind", "V1RunArtifact", "get_or_create_run", "Run"),
}
# What does more than Polyaxon's without a server does, or does it right where that does not.
BETTER = {
    "init": "prints where the run is; ends the run before it; starts a group's or a parent's run",
    "end": "in its module it does nothing before the process ends; here the run is complete when it returns",
    "artifacts_lineage": "filled while the run goes on; Polyaxon's knows events only after its end",
    "get_events": "read from the run's files; Polyaxon's asks the server, and fails without",
    "get_metrics": "read from the run's files, of all metrics where no names are given",
    "get_metrics_as_tidy_df": "of all metrics, with times as times",
    "get_metrics_as_wide_df": "a row a step; Polyaxon's puts the columns of all metrics beside each other, each with its own steps",
    "get_metrics_as_bar_chart": "draws; Polyaxon's asks its wide frame for a column that it does not have",
    "get_metrics_as_line_chart": "of all metrics",
    "get_metrics_as_scatter_chart": "of all metrics; the error is one of ours",
    "get_outputs": "a number for each metric while the run goes on; Polyaxon's at its end",
    "get_statuses": "answers without a server",
    "load_offline_run": "goes on with the run; `open_run` only reads it",
    "log_artifact": "a version of a dataframe, image, audio, video, html, text or model is an event of that kind, which Polyaxon reads; its "
    "own is of kind artifact, and its reader refuses it",
    "log_audio": "rounded, not cut off; several channels",
    "log_code_ref": "with what was changed since the commit",
    "log_confusion_matrix": "also from true and predicted labels",
    "log_data_ref": "the hash is of all of a dataframe's content; Polyaxon's is of its abbreviated text",
    "log_dataframe": "as parquet, which keeps dtypes and index",
    "log_env": "the hash is of the file",
    "log_failed": "refused by name when the run has ended",
    "log_histogram": "without bins too",
    "log_image": "floats are rounded and clipped; a gray picture stays gray; Pillow's images too",
    "log_inputs": "numpy, paths, enums and dates are taken; Polyaxon's end fails with them. An input may be called `reset`",
    "log_meta": "the same",
    "log_metric": "on the disk when it returns",
    "log_mpl_plotly_chart": "by the converter of the plotly that is installed",
    "log_outputs": "as log_inputs",
    "log_stopped": "as log_failed",
    "log_succeeded": "as log_failed",
    "log_tensorboard_ref": "a second folder is recorded too",
    "log_video": "needs no moviepy",
    "persist_run": "what was written is replaced as a whole; while the run goes on, too",
    "refresh_data": "there is nothing to do: what a run knows is read when it is asked for",
    "run_data": "as it is at the moment",
    "set_artifacts_path": "refuses to leave what was logged behind",
    "store": "ours writes the run's folder; Polyaxon's fetches files that a server has",
    "sync_artifacts_and_summaries": "of all rows, also where one is broken",
    "sync_events_summaries": "the same",
    "sync_system_events_summaries": "the same",
    "update": "takes a mapping; Polyaxon's sets every field that it names to None without a server",
}


@pytest.fixture(scope="module")
def theirs(ask_polyaxon: Any) -> dict[str, Any]:
    """The public names of Polyaxon's module and of its `Run`, and the parameters of the methods."""
    return ask_polyaxon("members")


def test_nothing_of_polyaxon_is_unlisted(theirs: dict[str, Any]) -> None:
    """Each name is in one part of the table; what the table has, Polyaxon has."""
    names = {*theirs["module"], *theirs["run"]}
    assert names == SAME | BETTER.keys() | SERVER_CALLS.keys()
    assert not SAME & BETTER.keys()
    assert not (SAME | BETTER.keys()) & SERVER_CALLS.keys()
    assert set(SERVER_FUNCTIONS) == SERVER_CALLS.keys() & set(theirs["module"])


def test_every_name_is_here(theirs: dict[str, Any], tmp_path: Path) -> None:
    """On the module and on a run; `from jupyter_tracking import tracking` is the same module."""
    from jupyter_tracking import tracking as named

    for name in theirs["module"]:
        assert getattr(named, name) is getattr(tracking, name)
    run = tracking.Run(root=tmp_path, track_env=False, track_code=False, track_logs=False)
    missing = [name for name in theirs["run"] if name not in SERVER_CALLS and not hasattr(run, name)]
    run.end()
    assert not missing


@pytest.mark.parametrize("name", sorted(SERVER_CALLS))
def test_what_needs_a_server_says_what_to_do_instead(name: str, tmp_path: Path) -> None:
    """One clear error of ours, with the run's uuid or folder where that is needed; the run goes on."""
    run = tracking.Run(root=tmp_path, track_env=False, track_code=False, track_logs=False)
    said = SERVER_CALLS[name].format(uuid=run.uuid, short=run.uuid[:8], path=run.path, root=tmp_path)
    with pytest.raises(NeedsServer) as caught:
        getattr(run, name)()
    assert str(caught.value).startswith(name)
    assert str(caught.value).endswith(said)
    run.log_metric("loss", 1.0)
    if name in SERVER_FUNCTIONS:
        with run, pytest.raises(NeedsServer, match="asks Polyaxon's server"):
            getattr(tracking, name)("1.0", anything=True)
    run.end()
    assert name not in dir(run), "completion offers what works"


# Parameters that ours have in another way, and why.
OTHER_PARAMETERS = {
    "load_offline_run.run_client": "only None",
    "log_dataframe.content_type": "parquet keeps dtypes, index and nulls",
    "log_histogram.bins": "Polyaxon's has none; ours is called with the values alone",
    "log_confusion_matrix.x": "Polyaxon's has none; ours may be called with y_true and y_pred in its place",
    "log_confusion_matrix.y": "the same",
    "log_confusion_matrix.z": "the same",
    "log_succeeded.message": "a sentence for the status; ours says run where Polyaxon's says operation",
    "log_stopped.message": "the same",
    "log_artifact_ref.kind": "Polyaxon's has none; ours finds out whether it is a file or a folder",
    "get_metrics.names": "Polyaxon's has none; ours means all metrics",
}


def test_methods_take_what_theirs_take(theirs: dict[str, Any]) -> None:
    """Positional or by name, in the same order, with the same defaults but for the table; the constructor too."""
    differing = set()
    ours = {name: getattr(tracking.Run, name) for name, given in theirs["run"].items() if given is not None and name not in SERVER_CALLS}
    for name, method in {"__init__": tracking.Run.__init__, **ours}.items():
        found = [p for p in inspect.signature(method).parameters.values() if p.name != "self"]
        by_name = {p.name: p for p in found}
        for place, (parameter, kind, optional, default) in enumerate(theirs["start"] if name == "__init__" else theirs["run"][name]):
            if kind == "VAR_KEYWORD":
                assert any(p.kind.name == kind for p in found), f"{name}: no **{parameter}"
                continue
            mine = by_name.get(parameter)
            assert mine is not None, f"{name}: no {parameter}"
            if kind == "POSITIONAL_OR_KEYWORD":
                assert (mine.kind.name, found.index(mine)) == (kind, place), f"{name}: {parameter}"
            if (mine.default is not mine.empty) != optional or (optional and str(mine.default) != default):
                differing.add(f"{name}.{parameter}")
    assert differing <= set(OTHER_PARAMETERS), differing
