"""What a notebook adds to a run: which cell logged what, the code, what was printed, the environment, the machine's metrics.

All of it starts with the run and stops when the run ends. Nothing here may make a cell or a log call fail.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import MissingExtra, log_errors
from jupyter_tracking.format import paths
from jupyter_tracking.format.cell_log import CELLS_FILE, SESSION_FILE, format_cell_end, format_cell_start, parse_cells
from jupyter_tracking.format.step_timestamp import clock_has_shown
from jupyter_tracking.notebook import console
from jupyter_tracking.notebook.attribution import CellAttribution
from jupyter_tracking.notebook.cell_hooks import CellHooks
from jupyter_tracking.notebook.log_writer import LogWriter
from jupyter_tracking.notebook.marimo_cells import name_marimo_cells
from jupyter_tracking.notebook.notebook_path import notebook_path
from jupyter_tracking.notebook.session_notebook import CellOutputs, SessionNotebook
from jupyter_tracking.notebook.system_metrics import SystemMetrics
from jupyter_tracking.printed import running_shell, say
from jupyter_tracking.redact import Redactor, redact_source
from jupyter_tracking.redact.values import redacted_arguments
from jupyter_tracking.storage.journal import Journal
from jupyter_tracking.storage.presence.marks import active_writers

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_tracking.format.cell_log import Cell
    from jupyter_tracking.notebook.console import Line
    from jupyter_tracking.record.run import Run


def start_capture(run: Run, *, code: bool, env: bool, logs: bool, resources: bool) -> None:
    """Capture what was asked for, until the run ends.

    Args:
        run: the run that has just started or been resumed.
        code: keep the cells that run, and the commit of a git repository; else their hashes and numbers only.
        env: keep Python's version and the installed packages.
        logs: keep what is printed.
        resources: sample cpu, memory and the like.
    """
    redacted_arguments(sys.argv, Redactor(), run.known_secrets)  # so that they are known where they are printed
    shell = running_shell()
    if shell is not None:
        log_errors(lambda: _NotebookCapture(run, shell, code=code).start(), "the journal of cells")
    elif run.resumed:
        # A worker process that joined a notebook's run: its rows are no cell's, whatever their timestamps say.
        run.attribution = CellAttribution(run.store)
    if shell is None:
        log_errors(lambda: name_marimo_cells(run), "which cell of marimo logged what")
    if logs:
        keep_logs(run)
    if not run.resumed:
        _keep_surroundings(run, shell, code=code, env=env)
    if resources:
        sample_resources(run)


def sample_resources(run: Run) -> None:
    """Sample cpu, memory and the like from now on, until the run ends."""

    def record(name: str, path: str) -> None:
        run.log_artifact_ref(run.path / path, kind="system", name=name, skip_hash_calculation=True)

    try:
        sampler = SystemMetrics(run.store, record)
    except MissingExtra as error:
        say(f"{error}; the run goes on without")  # it was asked for, and the library is not installed
        return
    sampler.start()
    run.before_end.append(sampler.stop)


def keep_logs(run: Run) -> None:
    """Keep what is printed from now on, until the run ends."""
    log_errors(lambda: _keep_logs(run, running_shell()), "what is printed")


def _keep_logs(run: Run, shell: InteractiveShell | None) -> None:
    attribution = run.attribution
    writer = LogWriter(run.store, lambda: attribution.cell if isinstance(attribution, CellAttribution) else None, run.known_secrets)
    console.subscribe(writer, shell)

    def finish() -> None:
        console.unsubscribe(writer)
        writer.close()

    run.before_end.append(lambda: log_errors(finish, "what is printed"))


# --- environment and commit ----------------------------------------------------------------------

_looked_up: dict[str, tuple[object, Any]] = {}  # "env" and "code" → the cell in which they were looked up, and what was found


def _keep_surroundings(run: Run, shell: InteractiveShell | None, *, code: bool, env: bool) -> None:
    """Log the environment and the commit. They are looked up once a cell, since a cell may start many runs."""
    place = (paths.current_folder(), len(shell.user_ns.get("In", ())) if shell is not None else 0)
    if env:
        log_errors(lambda: run.log_env(content=_once("env", place)), "the environment")
    if code:
        log_errors(lambda: _log_commit(run, _once("code", place)), "the commit")


def _log_commit(run: Run, found: dict[str, Any]) -> None:
    if found:
        run.log_code_ref(found)


def _once(what: str, place: object) -> Any:
    from jupyter_tracking.kinds.coderef import code_reference
    from jupyter_tracking.kinds.env import environment

    known = _looked_up.get(what)
    if known is None or known[0] != place:
        known = _looked_up[what] = (place, environment() if what == "env" else code_reference())
    return known[1]


# --- cells ---------------------------------------------------------------------------------------


class _NotebookCapture:
    """The capture of a notebook's cells, their code and their outputs, for one run."""

    def __init__(self, run: Run, shell: InteractiveShell, *, code: bool) -> None:
        self._run = run
        self._shell = shell
        self._code = code
        self._notebook = notebook_path(shell.user_ns)
        self._session = paths.new_uuid()[:12]
        self._journal = Journal(run.store, CELLS_FILE)
        self._hooks = CellHooks(shell, self._session, self._notebook, self)
        self._attribution = CellAttribution(run.store, self._hooks.cell_thread)
        self._sources: dict[int, tuple[str, CellOutputs]] = {}
        self._file: SessionNotebook | None = None
        self._masked = 0

    def start(self) -> None:
        """Start with the cell that is executing."""
        run = self._run
        run.before_end.append(self._stop)
        for cell in parse_cells(run.store.read(CELLS_FILE))[0] if run.resumed else []:
            clock_has_shown(cell.until or cell.ended or cell.started)
        if self._code:
            only_writer = not run.resumed or len(active_writers(run.path, run.store.system)) < 2  # noqa: PLR2004
            name = SESSION_FILE if only_writer else SESSION_FILE.replace(".ipynb", f"-{self._session}.ipynb")
            self._file = SessionNotebook(run.store, name)
            console.subscribe(self, self._shell)
        self._hooks.start()
        if self._file is not None:
            self._masked += self._file.add_earlier(self._hooks.earlier_sources(), run.known_secrets)
        run.attribution = self._attribution
        run.current_cell = self._current_cell

    def _current_cell(self) -> dict[str, Any]:
        """Return which cell, thread or process is logging, as the lineage has it."""
        place: dict[str, Any] = {"notebook": self._notebook} if self._notebook else {}
        writer, cell = self._attribution.other_writer(), self._hooks.cell
        if writer:
            return {**place, "by": writer}
        if cell is None:
            return place
        known = {"cell_id": cell.cell_id, "execution_count": cell.execution_count}
        return place | {key: value for key, value in known.items() if value is not None}

    # --- as a CellListener ---------------------------------------------------------------------

    def cell_started(self, cell: Cell, source: str) -> None:
        """Write the first line of a cell into the journal, and begin its outputs."""
        console.begin_cell()
        if self._code:
            self._run.known_secrets.look_around()
            text, cell.masked = redact_source(source, self._run.known_secrets)
            self._masked += cell.masked
            self._sources[cell.number] = (text, CellOutputs(self._run.known_secrets))
        self._attribution.cell_thread, self._attribution.cell = self._hooks.cell_thread, cell
        self._journal.append(format_cell_start(cell))

    def cell_ended(self, cell: Cell) -> None:
        """Write the last line of a cell into the journal, and bring the session's notebook up to date."""
        self._attribution.cell = None
        cell.error = Redactor(self._run.known_secrets)(cell.error)[:500]
        self._journal.append(format_cell_end(cell))
        source, outputs = self._sources.pop(cell.number, ("", CellOutputs()))
        if self._file is not None:
            self._file.add(cell, source, outputs)
            self._masked += outputs.masked
            self._save()

    def _save(self, *, lasting: bool = False) -> None:
        if self._file is not None:
            self._file.save({"run": self._run.uuid, "masked": self._masked, "notebook": self._notebook}, lasting=lasting)

    # --- as an OutputSubscriber ----------------------------------------------------------------

    def _cell_outputs(self) -> CellOutputs | None:
        cell = self._hooks.cell
        return self._sources[cell.number][1] if cell is not None and cell.number in self._sources else None

    def on_print(self, lines: list[Line]) -> None:
        """Add lines to the outputs of the cell."""
        outputs = self._cell_outputs()
        if outputs is not None:
            outputs.on_print(lines)

    def on_display(self, output: dict[str, Any]) -> None:
        """Add an output to those of the cell."""
        outputs = self._cell_outputs()
        if outputs is not None:
            outputs.on_display(output)

    def on_clear(self) -> None:
        """Forget the outputs of the cell."""
        outputs = self._cell_outputs()
        if outputs is not None:
            outputs.on_clear()

    # --- the end -------------------------------------------------------------------------------

    def _stop(self) -> None:
        error = sys.exc_info()[1]  # that the run's `with` block ends with, or None
        log_errors(lambda: self._hooks.stop(error), "the journal of cells")
        log_errors(lambda: console.unsubscribe(self), "what is shown")
        log_errors(lambda: self._save(lasting=True), "the session's notebook")
        if self._file is not None:
            log_errors(self._file.close, "the session's notebook")
        log_errors(self._journal.sync, "the journal of cells")
        self._journal.close()
        log_errors(self._attribution.close, "the journal of cells")
