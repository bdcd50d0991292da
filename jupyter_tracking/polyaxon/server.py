"""What of Polyaxon's client asks its server, where runs are folders and there is none: each call says what to do instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from jupyter_tracking.errors import NeedsServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PUSH = "to send the run there, with Polyaxon installed: polyaxon ops push -uid {uuid} --path {root}"
_NO_WORKLOAD = "nothing is scheduled here, the run is this program; " + _PUSH
_READ = "here: tracking.open_run({short!r}){call}"
_FILES = "the run's files are in {path}; " + _PUSH
_NEW = "here: tracking.init(), or Run(is_new=True)"

# The name of each public member of Polyaxon's `Run` that asks its server → what does the same here.
SERVER_CALLS: dict[str, str] = {
    "approve": _NO_WORKLOAD,
    "areset_client": "there is no client to set up",
    "client": "there is no client; " + _PUSH,
    "create": _NEW,
    "create_from_hub": _NEW,
    "create_from_polyaxonfile": _NEW,
    "create_from_url": _NEW,
    "delete": _READ.replace("{call}", ".delete()"),
    "delete_artifact": _FILES,
    "delete_artifacts": _FILES,
    "download_artifact": _FILES,
    "download_artifact_for_lineage": _FILES,
    "download_artifacts": _FILES,
    "get_artifact": _FILES,
    "get_artifacts_lineage": "here: run.artifacts_lineage, or as a DataFrame tracking.open_run({short!r}).lineage()",
    "get_artifacts_tree": _FILES,
    "get_logs": _READ.replace("{call}", ".logs()"),
    "get_multi_run_events": "here: tracking.open_run(UUID).events(NAME) of each run, or tracking.compare([…], NAME)",
    "get_namespace": _NO_WORKLOAD,
    "get_runs_artifacts_lineage": "here: tracking.lineage()",
    "get_runs_as_hiplot": "here: tracking.runs(), a DataFrame with a row a run",
    "get_runs_io": "here: tracking.runs(), a DataFrame with a row a run",
    "inspect": _NO_WORKLOAD,
    "invalidate": _NO_WORKLOAD,
    "list": "here: tracking.runs(), a DataFrame with a row a run",
    "list_children": "here: tracking.runs(), which says the parent of each run",
    "promote_to_artifact_version": _PUSH,
    "promote_to_model_version": _PUSH,
    "pull_remote_run": "with Polyaxon installed: polyaxon ops pull -uid UUID; tracking.open_run() opens the folder",
    "push_offline_run": _PUSH,
    "reset_client": "there is no client to set up",
    "restart": "here: start another with tracking.init()",
    "resume": "here: tracking.init(run_uuid={uuid!r})",
    "set_run_edges_lineage": "here: tracking.init(parent=…) says of which run another is a part",
    "set_run_process_sidecar": "rows are in the run folder when a call returns; " + _PUSH,
    "set_run_uuid": "the run's uuid is the name of its folder, and stays",
    "shell": _NO_WORKLOAD,
    "skip": _NO_WORKLOAD,
    "stop": "here: run.log_stopped()",
    "transfer": 'here: run.update({{"project": …}})',
    "upload_artifact": "here: run.log_artifact(path) copies a file into the run; " + _PUSH,
    "upload_artifacts": "here: run.log_artifact(path) copies a file into the run; " + _PUSH,
    "upload_artifacts_dir": "here: run.log_artifact(path) copies a folder into the run; " + _PUSH,
    "wait_for_condition": "a run here is this program; another's status says tracking.open_run(UUID).status",
    "watch_logs": _READ.replace("{call}", ".logs()"),
    "watch_statuses": "a run here is this program; another's status says tracking.open_run(UUID).status",
}
# Those of them that are functions of Polyaxon's module too.
SERVER_FUNCTIONS = sorted({"promote_to_artifact_version", "promote_to_model_version", "pull_remote_run", "push_offline_run"})
SERVER_FUNCTIONS += ["set_run_process_sidecar"]
_VALUES = {"client"}  # no functions


def server_member(name: str, uuid: str, path: Path) -> Callable[..., NoReturn]:
    """Return a function that says what to do instead of what is called so in Polyaxon.

    Args:
        name: one of `SERVER_CALLS`.
        uuid: of the run.
        path: of the run's folder.

    Raises:
        NeedsServer: what is called so is no function.
    """
    root = path.parent.parent if path.parent.name == "runs" else path.parent
    said = SERVER_CALLS[name].format(uuid=uuid, short=uuid[:8], path=path, root=root)

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise NeedsServer(f"{name}{'' if name in _VALUES else '()'} asks Polyaxon's server, and there is none here; {said}")

    return refuse() if name in _VALUES else refuse


def server_function(name: str, active_run: Callable[[], Any]) -> Callable[..., Any]:
    """Return a function of the module that says of the active run what `server_member` does."""

    def call(*_: Any, **__: Any) -> Any:
        return getattr(active_run(), name)()

    call.__name__ = call.__qualname__ = name
    call.__doc__ = "Raise `NeedsServer`, which says what to do instead: Polyaxon's function of this name asks its server."
    return call
