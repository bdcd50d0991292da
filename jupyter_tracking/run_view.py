"""`RunView`: a run opened for reading, its values, DataFrames and views."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, NotFound, escape_controls
from jupyter_tracking.format import paths
from jupyter_tracking.format.document.run_document import join_reason, own_text
from jupyter_tracking.format.step_timestamp import Step, as_step
from jupyter_tracking.frames.cells import cells_frame, logs_frame, session_notebook, with_cells
from jupyter_tracking.frames.lineage import lineage_frame
from jupyter_tracking.frames.runs import events_frame, metrics_frame, problems_frame
from jupyter_tracking.kinds.calls import checks_arguments
from jupyter_tracking.printed import in_notebook, say, short_path, warn
from jupyter_tracking.read.curating import CuratedRun
from jupyter_tracking.read.find import find_run, resolve_runs
from jupyter_tracking.read.remote.roots import find_root, use_options
from jupyter_tracking.storage.objects import is_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from nbformat import NotebookNode

    from jupyter_tracking.format.event_rows import Event
    from jupyter_tracking.read.run_reader import Artifact, RunFolder
    from jupyter_tracking.views.export.frame import FramedPage
    from jupyter_tracking.views.widgets.browser import Browser
    from jupyter_tracking.views.widgets.runs_browser import RunsBrowser
    from jupyter_tracking.views.widgets.stepper import Stepper

_LONGEST = 200  # characters of why a run failed


@checks_arguments
def open_run(run: object, root: str | os.PathLike[str] | None = None, *, storage_options: Mapping[str, Any] | None = None) -> RunView:
    """Open a run to read it: ours or Polyaxon's, finished, running or broken.

    Args:
        run: a `Run`, a uuid, a name, a prefix of a uuid of at least 4 digits that only one run has, a folder, or a .zip of one
            (see `RunView.export`), which is unpacked into a temporary folder for as long as the view lives; or the URL of one at an
            object store (`s3://bucket/…/runs/<uuid>`), whose files come when they are read and are cached. A whole uuid comes
            before a name, and a name before a prefix; of several runs of one name the newest is opened, and its `repr` says how
            many there are. One that is archived comes after those that are not.
        root: the folder that holds `runs/`, or a URL; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
        storage_options: of the store that a URL names, such as `endpoint`, `region`, `access_key_id`; by default the environment's.

    Raises:
        NotFound: there is no such run, or several have the prefix; the message lists what is near.
        InvalidArgument: a .zip that holds no run, what leads out of it, or more than a run may.
        StoreError: an object store refuses, or does not answer.
    """
    use_options(run if is_url(run) else root, storage_options)
    return RunView(find_run(run, root))


@checks_arguments
def browse(
    runs: object = None,
    root: str | os.PathLike[str] | None = None,
    *,
    where: str | None = None,
    group_by: str | Iterable[str] | None = None,
    columns: Iterable[str] | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> Browser | RunsBrowser:
    """Browse runs: a table of them, from which one is opened, several are compared, and all can be changed; of one run, its artifacts.

    The table begins as it was arranged last for its root, unless it is told otherwise.

    Args:
        runs: a run or several, each as `open_run` takes it; all under the root when None.
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
        where: a filter, as `runs()` takes it, that the table begins with.
        group_by: the name of a column, or several, that the table groups its runs by.
        columns: the columns that it shows beside the name, in order; by default those that one would choose a run by.
        storage_options: of the store that a URL names, as `open_run` takes them.

    Raises:
        NotFound: there is no such run.
        InvalidArgument: the filter has a mistake, or there is no column of a name.
    """
    from jupyter_tracking.views.widgets.browser import Browser
    from jupyter_tracking.views.widgets.runs_browser import RunsBrowser

    use_options(root if root is not None else runs, storage_options)
    if runs is not None and (isinstance(runs, str | os.PathLike) or not hasattr(runs, "__iter__")):
        return Browser(find_run(runs, root))
    table = RunsBrowser(None if runs is None else resolve_runs(runs, root), find_root(root))
    try:
        table.arrange(where, group_by, columns)
    except InvalidArgument:
        table.close()
        raise
    return table


class RunView(CuratedRun):
    """A run opened for reading. Every call reads what is stored at that moment."""

    def __init__(self, files: RunFolder) -> None:
        """Make the view of an open run folder; users call `open_run`."""
        super().__init__(files)

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.files.path

    @property
    def uuid(self) -> str:
        """The run's uuid."""
        return self.files.uuid

    @property
    def name(self) -> str:
        """The run's name."""
        return self.files.name

    @property
    def project(self) -> str:
        """The project the run belongs to."""
        return self.files.project

    @property
    def status(self) -> str:
        """`created running succeeded failed stopped`, or `interrupted` when it never ended and nobody writes to it."""
        return self.files.status

    @property
    def status_reason(self) -> str:
        """A word on why the run has its status, such as the type of the exception that ended it; empty where nobody said why."""
        return self.files.status_reason[1]

    @property
    def status_message(self) -> str:
        """A sentence on why the run has its status, such as what the exception said; empty where nobody said why."""
        return self.files.status_reason[2]

    @property
    def duration(self) -> float | None:
        """For how many seconds the run was recorded in, all of its lives together: what lies between two of them is not counted.

        Of a run that goes on, or was killed, it is the time until something was last written for it.
        """
        return self.files.duration

    @property
    def info(self) -> dict[str, Any]:
        """The whole of `run.plx.json`."""
        return self.files.info

    @property
    def inputs(self) -> dict[str, Any]:
        """The run's parameters."""
        return self.files.inputs

    @property
    def outputs(self) -> dict[str, Any]:
        """The run's results: what `log_outputs` said, and a number for each metric of another name.

        That number is the metric's last value, unless `define_metric` said otherwise.
        """
        return self.files.outputs()

    @property
    def meta(self) -> dict[str, Any]:
        """The facts about the run that `log_meta` logged, and Polyaxon's marks of what it has."""
        return self.files.meta

    @property
    def tags(self) -> list[str]:
        """The run's tags."""
        return self.files.tags

    @property
    def group(self) -> str | None:
        """The word that the run has in common with others, as `init(group=…)` said; None where it did not."""
        return own_text(self.files.info, "group")

    @property
    def parent(self) -> str | None:
        """The uuid of the run that this one is a part of; None where it is a part of none."""
        return own_text(self.files.info, "parent")

    @checks_arguments
    def metrics(self, *names: str, tidy: bool = False, ranks: bool = False) -> pd.DataFrame:
        """Return metrics: a row a step and a column a metric, or (`tidy=True`) a row a value.

        Args:
            *names: which; all when none is given.
            tidy: `name step timestamp value` instead of the wide form.
            ranks: of a run that several processes wrote (`init(ranks="all")`), a column a rank: `loss`, `loss/rank1`, …; else those of
                rank 0 alone.

        Raises:
            NotFound: the run has no metric of a name.
        """
        return metrics_frame(self.files, names, tidy=tidy, ranks=ranks)

    @checks_arguments
    def events(self, name: str, kind: str | None = None) -> pd.DataFrame:
        """Return every logged row of an artifact: `step` (Int64), `timestamp`, then the payload's fields.

        Of a run that was recorded in a notebook the last columns say who logged each row: `notebook`, `cell_id`,
        `execution_count`, and `logged_by` (`cell`, `thread …`, `process …`, or nothing between two cells).

        Raises:
            NotFound: no artifact of this name, or several kinds have it.
        """
        artifact = self.files.find(name, kind)
        return with_cells(self.files, artifact, events_frame(self.files, artifact))

    @checks_arguments
    def steps(self, name: str, kind: str | None = None) -> list[int | None]:
        """Return the steps of an artifact, ascending, each once; None comes first if a row has none."""
        return self.files.steps(self.files.find(name, kind))

    @checks_arguments
    def load(
        self, name: str, kind: str | None = None, step: Step | None = None, *, allow_pickle: bool = False, allow_large: bool = False
    ) -> Any:
        """Return the value of an artifact at a step.

        Args:
            name: the artifact's name.
            kind: which kind, when several have the name.
            step: the step; by default the row logged last. Of several rows of a step, the last.
            allow_pickle: unpickle a pickled dataframe, which runs the code in it.
            allow_large: decode what takes more than about half a gigabyte of memory, and however much the file says. A small file may
                stand for much.

        Returns:
            A float for a metric, `Curve(x, y, kind, annotation)` for a curve, a DataFrame, a string, a numpy image;
            a `Path` for a file, and the path or URL of a reference.

        Raises:
            NotFound: no such artifact or step; the message lists what is near.
            MissingFile: the asset is not there.
            MalformedEvent: the row or its asset is damaged; or larger than what is decoded without `allow_large`, as the message says.
        """
        artifact = self.files.find(name, kind)
        if step is None:
            rows = self.files.rows(artifact)
            event = rows[-1] if len(rows) else None
        else:
            event = self._event(artifact, step)
        return self.files.value(artifact, event, allow_pickle=allow_pickle, allow_large=allow_large)

    def _event(self, artifact: Artifact, step: Step) -> Event:
        """Return the last row of a step."""
        rows, whole = self.files.rows(artifact), as_step(step)
        event = rows.last_at(whole)
        if event is None:
            nearest = sorted(sorted(rows.distinct_steps().tolist(), key=lambda logged: abs(logged - (whole or 0)))[:6])
            raise NotFound(f"{artifact.kind} {artifact.name!r} has no step {whole}{'; near: ' * bool(nearest)}{str(nearest)[1:-1]}")
        return event

    @checks_arguments
    def diff(self, name: str, before: Step, after: Step, key: str | Sequence[object] | None = None) -> pd.DataFrame:
        """Return what changed in a dataframe from one step to another.

        A row for each cell that changed, and for each row that was added or removed. The index is that of the rows; the columns
        are `change` ("added", "removed", "changed"), `column`, `before` and `after`; a row added or removed has only `change`.
        What is missing in both is no change. Columns that only one of the two has are not compared.

        Args:
            name: the dataframe's name.
            before: the earlier step.
            after: the later step.
            key: the column, or columns, by which rows belong together; by default the index. Of rows with the same key, the
                first belongs to the first, and so on.

        Raises:
            NotFound: no such dataframe or step.
            InvalidArgument: a key that is no column of both.
        """
        from jupyter_tracking.views.table.diff_frame import diff_events

        artifact = self.files.find(name, "dataframe")
        columns: list[object] | None = [key] if isinstance(key, str) else None if key is None else list(key)
        return diff_events(self.files, artifact, (self._event(artifact, before), self._event(artifact, after)), columns)

    def artifacts(self) -> list[tuple[str, str]]:
        """Return (kind, name) of every artifact, in the order they were first logged."""
        return [(artifact.kind, artifact.name) for artifact in self.files.artifacts()]

    def lineage(self) -> pd.DataFrame:
        """Return the run's lineage, a row an artifact (see `tracking.lineage`)."""
        return lineage_frame(self.files)

    def cells(self) -> pd.DataFrame:
        """Return the cells that ran while the run was active: a row an execution, with outcome, source and what it logged."""
        return cells_frame(self.files)

    def notebook(self) -> NotebookNode:
        """Return the session as a notebook (nbformat's): the cells that ran, in the order they ran, with their outputs.

        Raises:
            NotFound: the run kept no code.
        """
        return session_notebook(self.files)

    def logs(self) -> pd.DataFrame:
        """Return what was printed, a row a line: `timestamp stream text`, and the cell that was executing."""
        return logs_frame(self.files)

    def problems(self, *, hashes: bool = False) -> pd.DataFrame:
        """Return what is wrong with the run's files: `file line problem text`; empty when nothing is.

        Args:
            hashes: read every file and compare it with its hash of when it was logged, or of when the run ended.
        """
        return problems_frame(self.files, hashes=hashes)

    @checks_arguments
    def show(self, *names: str | list[str], kind: str | None = None, step: Step | None = None) -> Stepper:
        """Return the stepper: one artifact, or several, moved through their steps by one slider.

        Metrics that follow each other among the names are drawn in one chart, but for one whose values differ so much in
        size that a line would lie flat. Of more than 5,000 steps the slider offers some, evenly, and says so.

        Args:
            *names: the artifacts, or a list of them.
            kind: which kind, when several have a name.
            step: the step to open at, or the nearest logged before it, which the view then says; by default the last.

        Raises:
            NotFound: no artifact of a name, several kinds have it, or nothing was logged at that step or before it.
        """
        from jupyter_tracking.views.widgets import stepper

        return stepper.show(self.files, names, kind, step)

    def browse(self) -> Browser:
        """Return the artifact browser of the run."""
        from jupyter_tracking.views.widgets.browser import Browser

        return Browser(self.files)

    def save(self, path: str | Path) -> Path:
        """Write the run as one HTML file that works from disk with the network off."""
        return self.browse().save(path)

    def export(self, path: str | os.PathLike[str]) -> Path:
        """Write the run as one file: `.zip`, which `open_run` opens again, or `.html`, as `save`; a file of that name is replaced.

        A .zip has every file of the run under `<uuid>/`. Links, and files whose name a .zip cannot hold, are left out, and a warning
        says which.

        Args:
            path: the file.

        Returns:
            The file.

        Raises:
            InvalidArgument: another ending, or a file inside of the run.
        """
        from jupyter_tracking.storage.run_archive import write_archive

        target = paths.absolute(path, "path")
        if target.suffix.lower() in {".html", ".htm"}:
            return self.save(target)
        if target.suffix.lower() != ".zip":
            raise InvalidArgument(f"path={os.fspath(path)!r} ends neither with .zip nor with .html")
        self.files.fetch_all()
        left_out = write_archive(self.files.path, self.files.uuid, target)
        if left_out:
            more = f" and {len(left_out) - 10} more" if len(left_out) > 10 else ""  # noqa: PLR2004
            warn(f"left out of {target}: {'; '.join(left_out[:10])}{more}")
        return target

    def _ipython_display_(self, **_options: Any) -> None:
        """Show the artifact browser where the view is the last line of a notebook's cell; a terminal gets one line."""
        if in_notebook():
            self.browse()._ipython_display_()
        else:
            say(repr(self))

    def _display_(self) -> FramedPage:
        """Return what marimo shows: the page of the artifact browser."""
        browser = self.browse()
        try:
            return browser._display_()
        finally:
            browser.close()

    def __repr__(self) -> str:
        """Name the run, its status and why, what it holds and its folder, and how many runs have the name it was opened by."""
        which = f", the newest of {self.files.namesakes} of this name" if self.files.namesakes > 1 else ""
        count, (status, *reason) = len(self.artifacts()), self.files.status_reason
        why = join_reason(*reason)
        said = f" ({why if len(why) <= _LONGEST else f'{why[: _LONGEST - 1]}…'})" if why else ""
        where = self.files.source.url if self.files.source is not None else short_path(self.files.archive or self.path)
        return escape_controls(f"<RunView {self.name!r} {self.uuid[:8]}{which}, {status}{said}, {count} artifacts, in {where}>")
