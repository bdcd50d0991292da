"""The active run of this process, and the module functions that act on it.

`tracking.log_metric(…)` is `Run.log_metric` of the run that is active; each function is the method
lifted, with its signature and its docstring.
"""

from __future__ import annotations

import functools
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from jupyter_tracking.errors import InvalidArgument, NoActiveRun, NotFound, RunEnded, TrackingError, suggest
from jupyter_tracking.format import paths
from jupyter_tracking.notebook import provenance
from jupyter_tracking.record.run import Run

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable
    from typing import Self

P = ParamSpec("P")
R = TypeVar("R")

_active: list[Run] = []  # the last is active; those before it are runs whose `with` block is still open
_entered: set[int] = set()
_last_ended: str | None = None
_last: Run | None = None


class ActiveRun(Run):
    """A run of this session: as a context manager it is active inside its block, and the one before after it."""

    def __enter__(self) -> Self:
        """Make the run active, if it is not."""
        _entered.add(id(self))
        if self not in _active:
            _active.append(self)
        return self

    def end(self, status: str = "succeeded", reason: str | None = None, message: str | None = None) -> None:
        """End the run; the run whose block is around it is active again. Arguments as of `Run.end`."""
        global _last_ended, _last
        super().end(status, reason, message)
        _entered.discard(id(self))
        if self in _active:
            _active.remove(self)
            _last_ended, _last = f"{self.uuid[:8]}", self


def active_run() -> Run:
    """Return the active run.

    Raises:
        NoActiveRun: there is none; `RunEnded` when there was one.
    """
    if _active:
        return _active[-1]
    if _last_ended is not None:
        raise RunEnded(f"no run is active: run {_last_ended} has ended; start one with init() or %track_init")
    raise NoActiveRun("no run is active; start one with init() or %track_init")


def current_run() -> Run | None:
    """Return the active run, or None."""
    return _active[-1] if _active else None


def last_run() -> Run | None:
    """Return the active run, else the one that ended last in this process, else None."""
    return _active[-1] if _active else _last


def init(
    owner: str | None = None,
    project: str | None = None,
    run_uuid: str | None = None,
    client: object = None,
    track_code: bool = True,
    track_env: bool = True,
    track_logs: bool = True,
    refresh_data: bool = False,  # noqa: ARG001
    artifacts_path: str | os.PathLike[str] | None = None,
    collect_artifacts: bool | None = None,
    collect_resources: bool | None = None,
    is_offline: bool | None = None,
    is_new: bool | None = None,
    name: str | None = None,
    description: str | None = None,
    tags: Iterable[str] | str | None = None,
    *,
    root: str | os.PathLike[str] | None = None,
    durability: str = "process",
    shared: bool = False,
    log_context: bool = False,  # noqa: ARG001
) -> Run:
    """Start a run, or resume one, and make it the active run; print its name, uuid and folder.

    A run that is active is ended first, unless its `with` block is still open: then it is active again
    when the new one ends.

    Args:
        owner: who the run belongs to; by default the user's name.
        project: what it belongs to; `"owner/project"` gives both. By default `"default"`.
        run_uuid: resume the run of this uuid, or of a prefix of at least 4 digits that only one run has.
        client: Polyaxon's; there is no server here, so only None is accepted.
        track_code: keep the cells that run (`code/`), and the commit of a git repository.
        track_env: keep Python's version and the installed packages (`outputs/env.json`).
        track_logs: keep what is printed (`plxlogs/`).
        refresh_data: taken for Polyaxon's sake.
        artifacts_path: the run folder itself, instead of one under the root.
        collect_artifacts: taken for Polyaxon's sake; False is refused.
        collect_resources: sample cpu, memory and the like into `resources/`.
        is_offline: taken for Polyaxon's sake; False is refused: there is no server here.
        is_new: True: never resume; False: only resume.
        name: the run's name; by default made from its uuid.
        description: a sentence on what it is for.
        tags: texts to find it by.
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
        durability: `"process"` or `"power"`, see `Run`.
        shared: write to a run although another process does.
        log_context: taken for Polyaxon's sake.

    Returns:
        The run.

    Raises:
        InvalidArgument: an argument that has no meaning here, or a value that is none of those above.
        NotFound: no run has this uuid or prefix under the root, or several have the prefix.
        RunLocked: another process writes to the run.
        StorageError: the folder cannot be made or written.
    """
    refused = {"client": client is not None, "collect_artifacts": collect_artifacts is False, "is_offline": is_offline is False}
    for argument, wrong in refused.items():
        if wrong:
            raise InvalidArgument(f"{argument} has no meaning here: runs are folders on this machine; leave it out")
    if project is not None and "/" in str(project):
        owner, _, project = str(project).rpartition("/")
    top = paths.default_root(root)
    path = _folder(top, run_uuid, artifacts_path, is_new=is_new)
    _end_active()
    run = ActiveRun(path, name=name, description=description, tags=tags, owner=owner, project=project, durability=durability, shared=shared)
    _active.append(run)
    provenance.start_capture(run, code=track_code, env=track_env, logs=track_logs, resources=bool(collect_resources))
    print(f"{'resumed' if run.resumed else 'run'} {run.name} · {run.uuid} · {run.path}")  # noqa: T201 - the one line init prints
    return run


def _end_active() -> None:
    if _active and id(_active[-1]) not in _entered:
        run = _active[-1]
        try:
            run.end()
        except TrackingError as error:  # its folder is gone, its disk full: that must not keep others from starting
            _active.remove(run)
            print(f"left {run.uuid} as it is: {error}")  # noqa: T201
        else:
            print(f"ended {run.name} · {run.uuid}: a new run starts")  # noqa: T201


def _folder(root: Path, run_uuid: str | None, artifacts_path: str | os.PathLike[str] | None, *, is_new: bool | None) -> Path:
    """Return the folder of the run to start or to resume."""
    if run_uuid is None:
        if is_new is False and artifacts_path is None:
            raise InvalidArgument("is_new=False resumes a run, and run_uuid does not say which; give its uuid")
        return Path(artifacts_path) if artifacts_path is not None else paths.run_path(root, paths.new_uuid())
    uuid = str(run_uuid).replace("-", "").lower()
    if not re.fullmatch(r"[0-9a-f]{4,32}", uuid):
        raise InvalidArgument(f"run_uuid={run_uuid!r} is no uuid; give 32 hex digits, or at least the first 4")
    if artifacts_path is not None:
        return Path(artifacts_path)
    known = paths.run_folders(root)
    found = [path for path in known if path.name.startswith(uuid)]
    if len(found) == 1 and is_new is not True:
        return found[0]
    if found:
        raise NotFound(
            f"run_uuid={run_uuid!r}: {'there is such a run' if is_new else 'several runs start so'} under {root}"
            + suggest(uuid, [path.name for path in found])
        )
    if len(uuid) < 32 or is_new is False:  # noqa: PLR2004
        raise NotFound(f"run_uuid={run_uuid!r}: no run starts so under {root}{suggest(uuid, [path.name for path in known])}")
    return paths.run_path(root, uuid)


def on_active(method: Callable[Concatenate[Any, P], R]) -> Callable[P, R]:
    """Lift a method of `Run` to a function on the active run, with the same signature."""
    name = method.__name__

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return getattr(_active[-1] if _active else active_run(), name)(*args, **kwargs)  # type: ignore[no-any-return]

    signature = inspect.signature(method)
    call.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:])  # type: ignore[attr-defined]
    del call.__wrapped__
    return call


get_artifacts_path = on_active(Run.get_artifacts_path)
get_outputs_path = on_active(Run.get_outputs_path)
get_tensorboard_path = on_active(Run.get_tensorboard_path)
log_altair_chart = on_active(Run.log_altair_chart)
log_artifact = on_active(Run.log_artifact)
log_artifact_lineage = on_active(Run.log_artifact_lineage)
log_artifact_ref = on_active(Run.log_artifact_ref)
log_audio = on_active(Run.log_audio)
log_bokeh_chart = on_active(Run.log_bokeh_chart)
log_code_ref = on_active(Run.log_code_ref)
log_confusion_matrix = on_active(Run.log_confusion_matrix)
log_curve = on_active(Run.log_curve)
log_data_ref = on_active(Run.log_data_ref)
log_dataframe = on_active(Run.log_dataframe)
log_dir_ref = on_active(Run.log_dir_ref)
log_env = on_active(Run.log_env)
log_failed = on_active(Run.log_failed)
log_file_ref = on_active(Run.log_file_ref)
log_histogram = on_active(Run.log_histogram)
log_html = on_active(Run.log_html)
log_image = on_active(Run.log_image)
log_image_with_boxes = on_active(Run.log_image_with_boxes)
log_inputs = on_active(Run.log_inputs)
log_markdown = on_active(Run.log_markdown)
log_meta = on_active(Run.log_meta)
log_metric = on_active(Run.log_metric)
log_metrics = on_active(Run.log_metrics)
log_model = on_active(Run.log_model)
log_model_ref = on_active(Run.log_model_ref)
log_mpl_image = on_active(Run.log_mpl_image)
log_mpl_plotly_chart = on_active(Run.log_mpl_plotly_chart)
log_np_histogram = on_active(Run.log_np_histogram)
log_outputs = on_active(Run.log_outputs)
log_plotly_chart = on_active(Run.log_plotly_chart)
log_pr_curve = on_active(Run.log_pr_curve)
log_progress = on_active(Run.log_progress)
log_roc_auc_curve = on_active(Run.log_roc_auc_curve)
log_sklearn_pr_curve = on_active(Run.log_sklearn_pr_curve)
log_sklearn_roc_auc_curve = on_active(Run.log_sklearn_roc_auc_curve)
log_status = on_active(Run.log_status)
log_stopped = on_active(Run.log_stopped)
log_succeeded = on_active(Run.log_succeeded)
log_tags = on_active(Run.log_tags)
log_tensorboard_ref = on_active(Run.log_tensorboard_ref)
log_text = on_active(Run.log_text)
log_trace = on_active(Run.log_trace)
log_video = on_active(Run.log_video)
set_description = on_active(Run.set_description)
set_name = on_active(Run.set_name)
set_readme = on_active(Run.set_readme)
sync = on_active(Run.sync)


def end(status: str = "succeeded", reason: str | None = None, message: str | None = None) -> None:
    """End the active run: write its lineage, its outputs and its status, and wait until the disk has all of it.

    Called again when it has ended, it does nothing.

    Args:
        status: `"succeeded"`, `"failed"` or `"stopped"`.
        reason: a word for why.
        message: a sentence on it.

    Raises:
        NoActiveRun: there never was a run.
        StorageError: the disk refused; the run is not ended, and `end` may be called again.
    """
    if _active or _last_ended is None:
        active_run().end(status, reason, message)
