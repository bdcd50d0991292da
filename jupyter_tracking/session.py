"""The active run of this process, and the module functions that act on it.

`tracking.log_metric(…)` calls `log_metric` of the run that is active: each public function of `Run` is a function here too, with
its signature and its docstring. `__init__.pyi` lists them for type checkers and editors; `python -m tests.write_stub` writes it.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import NoActiveRun, RunEnded, TrackingError, log_errors
from jupyter_tracking.kinds import other_functions
from jupyter_tracking.kinds.calls import checks_arguments
from jupyter_tracking.notebook.notebook_path import announce
from jupyter_tracking.polyaxon.no_op import is_wanted
from jupyter_tracking.polyaxon.run import PolyaxonRun
from jupyter_tracking.polyaxon.server import SERVER_FUNCTIONS, server_function
from jupyter_tracking.polyaxon.start import run_start
from jupyter_tracking.printed import say
from jupyter_tracking.record.copied_run import CopiedRun
from jupyter_tracking.record.ranks import job
from jupyter_tracking.record.run import Run

if TYPE_CHECKING:
    import os
    from argparse import Namespace
    from collections.abc import Callable, Iterable, Mapping
    from typing import Self

_active: list[ActiveRun] = []  # the runs of this process that have not ended, in the order they started
_last_ended: ActiveRun | None = None
# The runs that were started in this thread or task, or in one it comes from; those that have ended stay until another one starts.
_own: ContextVar[tuple[ActiveRun, ...]] = ContextVar("jupyter_tracking_runs", default=())
after_init: list[Callable[[], None]] = []  # called when a run has started; each may take itself out


class ActiveRun(CopiedRun, PolyaxonRun):
    """A run of this session, with the constructor and the methods of Polyaxon's `Run`; `init` makes one and makes it the active run.

    As a context manager it is active inside its block, and the one before after it.
    """

    in_block = False  # inside its `with` block
    _thread = 0  # in which it was started
    _task: weakref.ref[Any] | None = None  # the task of asyncio in which it was started, if any

    def activate(self) -> None:
        """Make the run active in this thread or task."""
        self._thread, task = threading.get_ident(), _current_task()
        self._task = weakref.ref(task) if task is not None else None
        _own.set((*(run for run in _own.get() if run in _active and run is not self), self))
        if self not in _active:
            _active.append(self)

    def __enter__(self) -> Self:
        """Make the run active in this thread or task."""
        if not self.ended:
            self.activate()
            self.in_block = True
        return self

    def end(self, status: str = "succeeded", reason: str | None = None, message: str | None = None) -> None:
        """End the run; the run whose block is around it is active again. Arguments as of `Run.end`."""
        try:
            super().end(status, reason, message)
        finally:
            if self.ended:  # else it will when the call is done that this one has interrupted, and comes here again
                self._leave_session()

    def _leave_session(self) -> None:
        """Be active no more."""
        global _last_ended  # noqa: PLW0603 - one for the process, where no thread or task has one of its own
        self.in_block = False
        if self in _active:
            _active.remove(self)
            _last_ended = self

    def _around(self) -> Run | None:
        return _around()

    @property
    def is_of_this_thread(self) -> bool:
        """Whether the run was started in this thread, and not in a task beside the one that asks and is going on."""
        return self._thread == threading.get_ident() and self._living_task in {None, _current_task()}

    @property
    def is_of_the_process(self) -> bool:
        """Whether the run was started by the program itself: in its main thread, and in no task that is going on."""
        return self._thread == threading.main_thread().ident and self._living_task is None

    @property
    def _living_task(self) -> Any:
        """The task in which the run was started, as long as it goes on."""
        task = self._task() if self._task is not None else None
        return None if task is None or task.done() else task


def _current_task() -> Any:
    """Return the task of asyncio that is running, if one is; asyncio is not imported for it."""
    asyncio = sys.modules.get("asyncio")
    try:
        return asyncio.current_task() if asyncio is not None else None
    except RuntimeError:  # no event loop runs in this thread
        return None


def current_run() -> Run | None:
    """Return the active run: that of this thread or task, else the only one of the process; None when there is none."""
    return _current_run()


def _current_run() -> ActiveRun | None:
    here = _run_of_here()
    if here is None and len(_active) == 1 and (not _own.get() or _active[0].is_of_the_process):
        return _active[0]  # but after a run of its own, a thread or task does not go on with another's
    return here


def _run_of_here() -> ActiveRun | None:
    """Return the run of this thread or task that started last."""
    for run in reversed(_own.get()):
        if run in _active:
            return run
    # The cells of a notebook are one thread, and may each have a context of their own.
    return next((run for run in reversed(_active) if run.is_of_this_thread), None)


def _ended_run() -> ActiveRun | None:
    """Return the run of this thread or task that ended last, else that of the process where nothing else is open."""
    return next(iter(_own.get()[-1:]), None if _active else _last_ended)


def active_run() -> Run:
    """Return the active run.

    Raises:
        NoActiveRun: there is none, or several, and none of them of this thread or task; `RunEnded` when there was one.
    """
    run = _current_run()
    if run is not None:
        return run
    ended = _ended_run()
    if ended is not None and ended.does_nothing:
        return ended
    if ended is not None:
        raise RunEnded(f"no run is active: run {ended.uuid[:8]} has ended; start one with init() or %track_init")
    if _active:
        names = ", ".join(run.uuid[:8] for run in _active[:5])
        raise NoActiveRun(f"{len(_active)} runs are open ({names}), and none of this thread or task; call run.log_… of the one meant")
    raise NoActiveRun("no run is active; start one with init() or %track_init")


def last_run() -> Run | None:
    """Return the active run, else the one that ended last, in this thread or task or in this process; else None."""
    return _current_run() or _ended_run() or _last_ended


@checks_arguments
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
    config: Mapping[str, Any] | Namespace | None = None,
    inputs: Mapping[str, Any] | Namespace | None = None,
    group: str | None = None,
    parent: object = None,
    resume: str | bool | None = None,
    ranks: str | None = None,
    quiet: bool = False,
    mirror: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> Run:
    """Start a run, or resume one, and make it the active run; print its name, uuid and folder.

    A run that is active is ended first, unless its `with` block is still open: then it is active again
    when the new one ends. The active run belongs to the thread or the task of asyncio that started it, and to what is started from
    there; others have their own. A thread that has none uses the only run of the process; where there are several, a call is refused.

    Args:
        owner: who the run belongs to; by default the user's name.
        project: what it belongs to; `"owner/project"` gives both, and so does `"owner.project"` where no owner is given and both begin
            with a letter. By default `"default"`.
        run_uuid: resume the run of this uuid, or of a prefix of at least 4 digits that only one run has.
        client: Polyaxon's; there is no server here, so only None is accepted.
        track_code: keep the cells that run (`code/`), and the commit of a git repository.
        track_env: keep Python's version and the installed packages (`outputs/env.json`).
        track_logs: keep what is printed (`plxlogs/`).
        refresh_data: accepted because Polyaxon has it.
        artifacts_path: the run folder itself, instead of one under the root.
        collect_artifacts: False: record no events, only inputs, outputs, references and copies; by default what
            `POLYAXON_COLLECT_ARTIFACTS` says.
        collect_resources: sample cpu, memory and the like into `resources/`; by default what `POLYAXON_COLLECT_RESOURCES` says.
        is_offline: accepted because Polyaxon has it; False is refused: there is no server here.
        is_new: True: never resume. False is what is done by default: with `run_uuid` go on with that run where there is one.
        name: the run's name; by default made from its uuid.
        description: a sentence on what it is for.
        tags: strings to find it by.
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
        durability: `"process"`: a call that returned survives any end of this process; `"power"`: it survives a power failure too, at the
            cost of a disk flush a call.
        shared: write to a run although another process does.
        log_context: accepted because Polyaxon has it.
        config: the run's parameters, as `log_inputs` takes them, or what `argparse` parsed.
        inputs: the same; what both say is an error.
        group: a word that the run has in common with others, such as those of one search.
        parent: the run that this one is a part of: a run, or its uuid; by default the one inside of whose block it starts.
        resume: the uuid of the run to go on with, or a prefix of it; or True beside `run_uuid`. Other than with `run_uuid` alone, the
            run has to be there. `"job"`: the run of this job of a scheduler, such as SLURM, which is begun where it is not there: a job
            that is put into the queue again goes on with its run.
        ranks: which processes record where a launcher (torchrun, accelerate, SLURM, MPI) has started several. `"main"`: the first; the
            others get a run whose calls check what they are given and write nothing. It is so by default too, unless `shared` says
            that each process writes. `"all"`: all of them write one run, each files of its own: what rank 3 logs as `loss` is called
            `loss/rank3`, and the inputs, outputs, tags and the status are those of rank 0. Its uuid is `run_uuid`, or what the
            launcher calls the job.
        quiet: print nothing.
        mirror: the URL of an object store (`s3://bucket/path`), to which a process of its own copies the run while it goes on, and the
            rest when it has ended or this process is gone: `<url>/runs/<uuid>/`, as `push` does. `sync` and `end` wait for it.
        storage_options: of that store, as `push` takes them.

    Returns:
        The run. Where `POLYAXON_NO_OP` says so it is one whose calls do nothing and return None, and there is no folder.

    Raises:
        NeedsServer: `client`, or `is_offline=False`.
        InvalidArgument: an argument that has no meaning here, or a value that is none of those above.
        NotFound: no run has this uuid or prefix under the root, or several have the prefix.
        RunLocked: another process writes to the run.
        StorageError: the folder cannot be made or written.
    """
    if mirror is not None:
        from jupyter_tracking.remote.start import MirrorProcess, check_mirror

        check_mirror(mirror, storage_options)
    start = run_start(
        owner=owner,
        project=project,
        run_uuid=run_uuid,
        client=client,
        artifacts_path=artifacts_path,
        collect_artifacts=collect_artifacts,
        collect_resources=collect_resources,
        is_offline=is_offline,
        is_new=is_new,
        name=name,
        description=description,
        tags=tags,
        root=root,
        durability=durability,
        shared=shared,
        config=config,
        inputs=inputs,
        group=group,
        parent=_around() if parent is None else parent,
        resume=resume,
        ranks=ranks,
        capture={"code": track_code, "env": track_env, "logs": track_logs},
    )
    _end_active(quiet=quiet)
    run = ActiveRun.started(start)
    run.activate()
    run._capture(start)  # noqa: SLF001 - as the run's own constructor does
    if not quiet and not start.records and not is_wanted(None):
        say(job.words_of_rank())
    if not quiet and not run.does_nothing:
        which = f"rank {run.ranks.rank} of {run.ranks.size}" if run.ranks and run.is_other_rank else run.name
        announce(f"{'resumed' if run.resumed else 'run'} {which}", run)
    if mirror is not None and not run.does_nothing:
        log_errors(lambda: run.copied_by(MirrorProcess(run.path, mirror, storage_options)), "the copy of the run")
    for call in after_init[:]:
        log_errors(call, "what follows the start of a run")
    return run


def get_or_create_run(tracking_run: Run | None = None) -> Run:
    """Return the run that is given, else the active one, else a new one: what every callback of Polyaxon's calls.

    Args:
        tracking_run: a run.

    Raises:
        NoActiveRun: several runs are open, and none of them of this thread or task.
    """
    if tracking_run:
        return tracking_run
    if _active:
        return active_run()
    return init()


def _around() -> Run | None:
    """Return the run inside of whose block the call is made."""
    run = _run_of_here()
    return run if run is not None and run.in_block and not run.does_nothing else None


def _end_active(*, quiet: bool) -> None:
    """End the run that is active here, unless its block is open; those of other threads and tasks go on."""
    run = _run_of_here()
    if run is None or run.in_block:
        return
    try:
        run.end()
    except TrackingError as error:  # such as a full disk, which must not keep another run from starting
        _active.remove(run)
        say(f"left {run.uuid} as it is: {error}")
    else:
        if not quiet and not run.does_nothing:
            say(f"ended {run.name} · {run.uuid}: a new run starts")


@checks_arguments
def end(status: str = "succeeded", reason: str | None = None, message: str | None = None) -> None:
    """End the active run: write its lineage, its outputs and its status, and wait until the disk has all of it.

    Called again when it has ended, it does nothing. A thread ends its own run, or else the only one of the process.

    Args:
        status: `"succeeded"`, `"failed"` or `"stopped"`.
        reason: a word for why.
        message: a sentence on it.

    Raises:
        NoActiveRun: there never was a run.
        StorageError: the disk refused; the run is not ended, and `end` may be called again.
    """
    run = _run_of_here() or _ended_run() or active_run()
    run.end(status, reason, message)


# --- the public functions of Run ---------------------------------------------------------------------


def _on_active(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that calls a method of this name of the active run, with the method's signature and docstring."""
    name = method.__name__

    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(active_run(), name)(*args, **kwargs)

    signature = inspect.signature(method)
    call.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:])  # type: ignore[attr-defined] # no run
    del call.__wrapped__  # whose signature has the run
    return call


# Other functions of Polyaxon's module.
_OF_POLYAXON = {"get_log_level", "set_artifacts_path", "set_run_event_logger", "set_run_resource_logger", "update"}
_OF_POLYAXON |= {"sync_events_summaries", "sync_system_events_summaries"}
RUN_FUNCTIONS = [name for name in dir(Run) if name.startswith(("get_", "log_", "set_")) or name in {"define_metric", "log", "sync"}]
RUN_FUNCTIONS = sorted([*RUN_FUNCTIONS, *_OF_POLYAXON])
for _name in RUN_FUNCTIONS:
    globals()[_name] = _on_active(getattr(ActiveRun, _name))
for _name in SERVER_FUNCTIONS:
    globals()[_name] = server_function(_name, active_run)

# What `import jupyter_tracking` offers of this module.
PUBLIC = ["current_run", "end", "get_or_create_run", "init", *RUN_FUNCTIONS, *SERVER_FUNCTIONS]


def other_function(name: str) -> Callable[..., Any] | None:
    """Return the `log_*` function of another package's kind, acting on the active run; None where no kind has it."""
    function = other_functions().get(name) if name.startswith("log_") else None
    return _on_active(function) if function is not None else None
