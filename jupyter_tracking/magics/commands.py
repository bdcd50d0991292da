"""The magics other than `log_*`: start, end and show runs. The usage of each magic is the signature of its function here."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from jupyter_tracking import session
from jupyter_tracking.errors import NoActiveRun, NotFound
from jupyter_tracking.format import paths
from jupyter_tracking.magics.completion import root_of_runs, run_names
from jupyter_tracking.magics.curating import CURATIONS
from jupyter_tracking.magics.watching import watch as watch  # noqa: PLC0414 - a magic too
from jupyter_tracking.printed import count_of, say, short_path

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Coroutine

    import pandas as pd
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

    from jupyter_tracking.magics.curating import Curation
    from jupyter_tracking.record.run import Run
    from jupyter_tracking.run_view import RunView
    from jupyter_tracking.views.many.comparison_view import ComparisonView
    from jupyter_tracking.views.many.plot_view import PlotView
    from jupyter_tracking.views.widgets.browser import Browser
    from jupyter_tracking.views.widgets.runs_browser import RunsBrowser
    from jupyter_tracking.views.widgets.stepper import Stepper


# --- runs ----------------------------------------------------------------------------------------


def track_init(
    *,
    name: str | None = None,
    project: str | None = None,
    description: str | None = None,
    tags: str | None = None,
    root: str | os.PathLike[str] | None = None,
    resume: bool | str = False,
    owner: str | None = None,
    artifacts_path: str | os.PathLike[str] | None = None,
    track_code: bool = True,
    track_env: bool = True,
    track_logs: bool = True,
    collect_resources: bool = False,
    durability: str = "process",
    shared: bool = False,
    group: str | None = None,
    mirror: str | None = None,
    quiet: bool = False,
) -> None:
    """Start a run, or resume one, and make it the active run.

    Args:
        name: the run's name.
        project: what it belongs to.
        description: a sentence on what it is for.
        tags: what to find it by, with commas between the tags.
        root: the folder that holds `runs/`.
        resume: go on with the run of this uuid, or of a prefix of it; without a uuid, with the run worked on last
            (of this `name`, if one is given). `job`: with the run of this job of a scheduler.
        owner: who the run belongs to.
        artifacts_path: the run folder itself, instead of one under the root.
        track_code: keep the cells that run; `--track-code False` does not.
        track_env: keep Python's version and the installed packages.
        track_logs: keep what is printed.
        collect_resources: sample cpu, memory and the like.
        durability: `process` or `power`.
        shared: write to a run although another process does.
        group: a word that the run has in common with others.
        mirror: the URL of an object store, to which a process of its own copies the run while it goes on.
        quiet: print nothing.
    """
    uuid = None
    if resume:
        root = root if root is not None else root_of_runs()
        uuid = _last_worked_on(root, name) if resume is True else None if resume == "job" else resume
    session.init(
        owner,
        project,
        uuid,
        track_code=track_code,
        track_env=track_env,
        track_logs=track_logs,
        artifacts_path=artifacts_path,
        collect_resources=collect_resources,
        resume=resume if resume == "job" else bool(resume) or None,
        name=name,
        description=description,
        tags=tags,
        root=root,
        durability=durability,
        shared=shared,
        group=group,
        mirror=mirror,
        quiet=quiet,
    )


def _last_worked_on(root: str | os.PathLike[str], name: str | None) -> str:
    from jupyter_tracking.read.find import last_worked_on

    top = paths.default_root(root)
    found = last_worked_on(top, name)
    if found is None:
        raise NotFound(f"resume: there is no run{f' called {name!r}' if name else ''} under {top}")
    return found.path.name


def track_end(*, status: str = "succeeded", message: str | None = None) -> None:
    """End the active run.

    Args:
        status: `succeeded`, `failed` or `stopped`.
        message: a sentence on why.
    """
    run = session.active_run()
    run.end(status, message=message)
    say(f"{status} {run.name} · {run.uuid} · {short_path(run.path)}")


def track_status() -> None:
    """Say which run is active, how far it is, and where it is kept."""
    run = session.current_run()
    if run is None:
        last = session.last_run()
        ended = f"; the last was {last.name} · {last.uuid}: {last.status}" if last is not None else ""
        say(f"no run is active{ended}; start one with %track_init")
        return
    count = len(_view(run).artifacts())
    say(f"{run.status} {run.name} · {run.uuid} · {count_of(count, 'artifact')} · {short_path(run.path)}")


# --- runs that are there -------------------------------------------------------------------------


def _curating(curation: Curation) -> Callable[..., None]:
    """Return the function of a magic that does something to a run."""

    def call(*words: str, run: str | None = None) -> None:
        say(curation.apply(_restorable(run) if curation.name == "restore" else _view(run), *words))

    words = inspect.Parameter.VAR_POSITIONAL if curation.many else inspect.Parameter.POSITIONAL_ONLY
    given = [inspect.Parameter(curation.argument, words, annotation="str")] if curation.argument else []
    which = inspect.Parameter("run", inspect.Parameter.KEYWORD_ONLY, default=None, annotation="str | None")
    about = f"    {'*' if curation.many else ''}{curation.argument}: {curation.argument_about}.\n" if curation.argument else ""
    call.__signature__ = inspect.Signature([*given, which])  # type: ignore[attr-defined] # of which `Usage` makes the magic
    call.__doc__ = f"{curation.about}\n\nArgs:\n{about}    run: {_WHICH}."
    call.example = curation.example  # type: ignore[attr-defined]
    return call


_WHICH = "its uuid, a prefix of it, its name or its folder; by default the active run, or the one that ended last"
CURATING = {f"track_{curation.name}": _curating(curation) for curation in CURATIONS}


def track_empty_trash(*, root: str | os.PathLike[str] | None = None) -> None:
    """End the runs that were deleted: remove them from the disk, for ever.

    Args:
        root: the folder that holds `runs/` and `trash/`; by default that of the active or last run.
    """
    from jupyter_tracking.storage.trash import empty_trash

    count = empty_trash(root if root is not None else root_of_runs())
    say(f"{count_of(count, 'run')} removed")


# --- views ---------------------------------------------------------------------------------------


def artifacts(*runs: str, root: str | os.PathLike[str] | None = None) -> Browser | RunsBrowser:
    """Show what a run holds: the artifact browser. Of several runs, or all under a root, show a table to start from.

    Args:
        *runs: uuids, prefixes, names or folders; by default the active run, or the one that ended last.
        root: the folder that holds `runs/`; without runs, all of them are shown.
    """
    from jupyter_tracking.run_view import browse

    if not runs and root is None:
        return _view(None, "%artifacts ").browse()
    chosen = runs[0] if len(runs) == 1 else list(runs) or None
    return browse(chosen, root if root is not None else root_of_runs())


def artifact(*names: str, kind: str | None = None, run: str | None = None, step: int | None = None) -> Stepper:
    """Show an artifact with a slider over its steps; several share one slider.

    Args:
        *names: the artifacts.
        kind: which kind, when several have the name.
        run: its uuid, a prefix of it, its name or its folder; by default the active run, or the one that ended last.
        step: the step to open at, or the nearest before it; by default the last.
    """
    if not names:
        known = ", ".join(dict.fromkeys(name for _, name in _view(run).artifacts())) or "none yet"
        raise NotFound(f"name is missing; the run's artifacts: {known}")
    return _view(run).show(*names, kind=kind, step=step)


def compare(
    *runs: str, kind: str | None = None, group_by: str | None = None, root: str | os.PathLike[str] | None = None
) -> ComparisonView | Stepper:
    """Compare runs in all they have; with an artifact's name before the runs, that artifact under one slider.

    Args:
        *runs: uuids, prefixes, names or folders; all runs under the root when none is given. A first word that is no run is an artifact.
        kind: which kind, when several have the artifact's name.
        group_by: by the values of which columns runs are put together, with commas between them.
        root: the folder that holds `runs/`; by default that of the active or last run.
    """
    from jupyter_tracking.read.find import is_run
    from jupyter_tracking.views.many.shown import compare as show

    top = root if root is not None else root_of_runs()
    name = runs[0] if runs and not is_run(runs[0], top) else None
    if name is None:
        by = None if group_by is None else [each.strip() for each in group_by.split(",")]
        return show(list(runs) or None, root=top, group_by=by)
    if len(runs) == 1:
        raise NotFound(f"{name!r} is no run; and if it is an artifact, runs are missing: say of which runs to compare {name!r}")
    return show(runs[1:], name, kind=kind, root=top)


def scatter(
    x: str | None = None,
    y: str | None = None,
    /,
    *runs: str,
    color: str | None = None,
    root: str | os.PathLike[str] | None = None,
) -> PlotView:
    """Show runs as points: an input against a result.

    Args:
        x: an input or output; by default the input that has most to do with the result.
        y: likewise; by default the first score.
        *runs: uuids, prefixes, names or folders; all runs under the root when none is given.
        color: what to colour by.
        root: the folder that holds `runs/`; by default that of the active or last run.
    """
    from jupyter_tracking.views.many.shown import scatter as show

    return show(list(runs) or None, x, y, color, root=root if root is not None else root_of_runs())


def parallel(*runs: str, columns: str | None = None, color: str | None = None, root: str | os.PathLike[str] | None = None) -> PlotView:
    """Show runs as lines over parallel axes, an axis for each input that differs and one for the result.

    Args:
        *runs: uuids, prefixes, names or folders; all runs under the root when none is given.
        columns: the inputs and outputs that have an axis, with commas between them.
        color: what to colour by; by default the result.
        root: the folder that holds `runs/`; by default that of the active or last run.
    """
    from jupyter_tracking.views.many.shown import parallel as show

    names = None if columns is None else [name.strip() for name in columns.split(",")]
    return show(list(runs) or None, names, color, root=root if root is not None else root_of_runs())


def lineage(*runs: str, root: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Return the lineage as a DataFrame: a row an artifact, with the cell that made it.

    Args:
        *runs: uuids, prefixes, names or folders; all runs under the root when none is given.
        root: the folder that holds `runs/`; by default that of the active or last run.
    """
    from jupyter_tracking.frames.lineage import lineage_frame

    return lineage_frame(list(runs) or None, root if root is not None else root_of_runs())


def runs(
    *words: str,
    root: str | os.PathLike[str] | None = None,
    where: str | None = None,
    summary: str | None = None,
    group_by: str | None = None,
    archived: bool = False,
) -> pd.DataFrame:
    """Return the runs as a DataFrame: a row a run, the newest first; or groups of them, a row a group.

    Args:
        *words: a filter, as `tracking.runs(where=…)` takes it; by default every run passes.
        root: the folder that holds `runs/`; by default that of the active or last run.
        where: the filter in quotes, instead.
        summary: which number stands for each metric: `last`, `min`, `max`, `best` or `mean`; by default what `define_metric` said.
        group_by: return a row for the runs with the same value of this column, or of these, with commas between them.
        archived: list those too that are archived.
    """
    from jupyter_tracking.frames.runs import runs_frame
    from jupyter_tracking.read.filter.written import filter_of

    groups = [name.strip() for name in group_by.split(",")] if group_by is not None else None
    chosen = root if root is not None else root_of_runs()
    return runs_frame(chosen, where=filter_of(words, where), summary=summary, group_by=groups, archived=archived)


runs.filters = ("words",)  # type: ignore[attr-defined] # which keep their quotes


def _view(run: Run | str | None, option: str = "--run ") -> RunView:
    from jupyter_tracking.run_view import open_run

    chosen = run if run is not None else session.last_run()
    if chosen is None:
        names = run_names()
        known = f"; the newest are {', '.join(map(repr, names[:3]))}" if names else ""
        raise NoActiveRun(f"no run was started in this session; say which one with {option}NAME, or start one with %track_init{known}")
    return open_run(chosen, root_of_runs())


def _restorable(run: str | None) -> RunView:
    """Return a run that may have been deleted since."""
    from jupyter_tracking.read.find import find_to_restore
    from jupyter_tracking.run_view import RunView

    last = session.last_run()
    if run is not None or (last is not None and not last.path.exists()):
        return RunView(find_to_restore(run or (last and last.uuid), root_of_runs()))
    return _view(None)


# --- %%track -------------------------------------------------------------------------------------


def track(shell: InteractiveShell, cell: str, **options: Any) -> None:
    """Run the body of a cell as a run: an exception marks the run failed, and shows as any exception of a cell does.

    Args:
        shell: where it runs.
        cell: the body; magics in it work, `await` outside of a function does not.
        **options: those of `track_init`.
    """
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult

    present: ExecutionResult | None = shell.displayhook.exec_result
    result = present or ExecutionResult(ExecutionInfo(cell, False, False, True, None))
    code = shell.transform_cell(cell)
    name = shell.compile.cache(code, len(shell.user_ns.get("In", [0])) - 1, raw_code=cell)
    try:
        tree = shell.transform_ast(shell.compile.ast_parse(code, filename=name))
    except SyntaxError as error:
        shell.showsyntaxerror()
        result.error_in_exec = error
        return
    try:
        track_init(**options)
        with session.active_run():
            nodes = shell.run_ast_nodes(tree.body, name, shell.ast_node_interactivity, shell.compile, result)
            _run_coroutine(nodes)
            if result.error_in_exec is not None:
                raise result.error_in_exec  # noqa: TRY301 - so that the run's block ends with it
    except BaseException as error:
        # Inside a cell the shell has shown it and its result has it; without a cell it must be raised.
        if error is not result.error_in_exec or present is None:
            raise


def _run_coroutine(running: Coroutine[Any, Any, object]) -> None:
    """Run a coroutine that does not wait for anything, without an event loop: that of the kernel is running already."""
    try:
        running.send(None)
    except StopIteration:
        return
    running.close()
    raise RuntimeError("await outside of a function does not work under %%track; use `with tracking.init():` in the cell")
