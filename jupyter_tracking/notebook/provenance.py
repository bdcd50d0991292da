"""Which cell, which code, which environment: what a notebook adds to a run.

Puts together what follows the cells, hears what they print, and samples the machine, and takes all of it
out again when the run ends. Nothing here may fail a cell or a log call.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import MissingExtra
from jupyter_tracking.format import paths
from jupyter_tracking.format.cell_log import CELLS_FILE, SESSION_FILE, end_line, start_line
from jupyter_tracking.notebook import console
from jupyter_tracking.notebook.attribution import Attribution
from jupyter_tracking.notebook.cell_hooks import CellHooks, running_shell
from jupyter_tracking.notebook.console import log_errors
from jupyter_tracking.notebook.log_writer import LogWriter
from jupyter_tracking.notebook.notebook_path import notebook_path
from jupyter_tracking.notebook.session_notebook import CellOutputs, SessionNotebook
from jupyter_tracking.notebook.system_metrics import SystemMetrics
from jupyter_tracking.redact import redact
from jupyter_tracking.storage.journal import Journal
from jupyter_tracking.storage.writer_lock import active_writers

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_tracking.format.cell_log import Cell
    from jupyter_tracking.notebook.console import Line
    from jupyter_tracking.record.run import Run

__all__ = ["start_capture"]


def start_capture(run: Run, *, code: bool, env: bool, logs: bool, resources: bool) -> None:
    """Start to keep what was asked for, until the run ends.

    Args:
        run: the run that has just started or been resumed.
        code: keep the cells that run, and the commit of a git repository; else their hashes and numbers only.
        env: keep Python's version and the installed packages.
        logs: keep what is printed.
        resources: sample cpu, memory and the like.
    """
    shell = running_shell()
    if shell is not None:
        log_errors(lambda: _NotebookCapture(run, shell, code=code).start(), "the journal of cells")
    elif run.resumed:
        # A worker of a notebook's run: what it logs is no cell's, whatever the time says.
        run.attribution = Attribution(run.store)
    if logs:
        log_errors(lambda: _keep_logs(run, shell), "what is printed")
    if not run.resumed:
        _keep_surroundings(run, shell, code=code, env=env)
    if resources:
        _sample(run)


def _sample(run: Run) -> None:
    def declare(name: str, path: str) -> None:
        run.log_artifact_ref(run.path / path, kind="system", name=name, skip_hash_calculation=True)

    try:
        sampler = SystemMetrics(run.store, declare)
    except MissingExtra as error:
        print(f"{error}; the run goes on without")  # noqa: T201 - asked for, and not there
        return
    sampler.start()
    run.before_end.append(sampler.stop)


def _keep_logs(run: Run, shell: InteractiveShell | None) -> None:
    writer = LogWriter(run.store)
    console.subscribe(writer, shell)

    def finish() -> None:
        console.unsubscribe(writer)
        writer.close()

    run.before_end.append(lambda: log_errors(finish, "what is printed"))


# --- environment and commit ----------------------------------------------------------------------

_surroundings: dict[str, tuple[object, Any]] = {}


def _keep_surroundings(run: Run, shell: InteractiveShell | None, *, code: bool, env: bool) -> None:
    """Log environment and commit; they are looked up once a cell, since a cell may start many runs."""
    here = (os.getcwd(), len(shell.user_ns.get("In", ())) if shell is not None else 0)  # noqa: PTH109
    if env:
        log_errors(lambda: run.log_env(content=_once("env", here)), "the environment")
    if code:
        log_errors(lambda: _log_commit(run, _once("code", here)), "the commit")


def _log_commit(run: Run, found: dict[str, Any]) -> None:
    if found:
        run.log_code_ref(found)


def _once(what: str, here: object) -> Any:
    from jupyter_tracking.kinds.coderef import code_reference
    from jupyter_tracking.kinds.env import environment

    known = _surroundings.get(what)
    if known is None or known[0] != here:
        known = _surroundings[what] = (here, environment() if what == "env" else code_reference())
    return known[1]


# --- cells ---------------------------------------------------------------------------------------


class _NotebookCapture:
    """A run whose cells are followed."""

    def __init__(self, run: Run, shell: InteractiveShell, *, code: bool) -> None:
        self._run = run
        self._shell = shell
        self._code = code
        self._notebook = notebook_path(shell.user_ns)
        self._session = paths.new_uuid()[:12]
        self._journal = Journal(run.store, CELLS_FILE)
        self._watch = CellHooks(shell, self._session, self._notebook, self)
        self._witness = Attribution(run.store, self._watch.cell_thread)
        self._sources: dict[int, tuple[str, CellOutputs]] = {}
        self._file: SessionNotebook | None = None
        self._masked = 0

    def start(self) -> None:
        """Follow the cells from the one that is executing."""
        run = self._run
        run.before_end.append(self._stop)
        if self._code:
            alone = not run.resumed or len(active_writers(run.path, run.store.system)) < 2  # noqa: PLR2004
            name = SESSION_FILE if alone else SESSION_FILE.replace(".ipynb", f"-{self._session}.ipynb")
            self._file = SessionNotebook(run.store, name)
            console.subscribe(self, self._shell)
        self._watch.start()
        if self._file is not None:
            self._masked += self._file.add_earlier(self._watch.earlier_sources())
        run.attribution = self._witness
        run.current_cell = self._place

    def _place(self) -> dict[str, Any]:
        """Say which cell logs, for the lineage."""
        place: dict[str, Any] = {"notebook": self._notebook} if self._notebook else {}
        by, cell = self._witness.other_writer(), self._watch.cell
        if by:
            return {**place, "by": by}
        if cell is None:
            return place
        known = {"cell_id": cell.cell_id, "execution_count": cell.execution_count}
        return place | {key: value for key, value in known.items() if value is not None}

    # --- told by the watch ---------------------------------------------------------------------

    def cell_started(self, cell: Cell, source: str) -> None:
        """Write its first line."""
        console.begin_cell()
        if self._code:
            text, cell.masked = redact(source)
            self._masked += cell.masked
            self._sources[cell.number] = (text, CellOutputs())
        self._witness.cell_thread, self._witness.cell = self._watch.cell_thread, cell
        self._journal.append(start_line(cell))

    def cell_ended(self, cell: Cell) -> None:
        """Write its last line, and bring the session's notebook up to date."""
        self._witness.cell = None
        cell.error = redact(cell.error)[0][:500]
        self._journal.append(end_line(cell))
        source, transcript = self._sources.pop(cell.number, ("", CellOutputs()))
        if self._file is not None:
            self._file.add(cell, source, transcript)
            self._masked += transcript.masked
            self._save()

    def _save(self, *, lasting: bool = False) -> None:
        if self._file is not None:
            self._file.save({"run": self._run.uuid, "masked": self._masked, "notebook": self._notebook}, lasting=lasting)

    # --- told by the hearing -------------------------------------------------------------------

    def _transcript(self) -> CellOutputs | None:
        cell = self._watch.cell
        return self._sources[cell.number][1] if cell is not None and cell.number in self._sources else None

    def printed(self, lines: list[Line]) -> None:
        """Add lines to the outputs of the cell."""
        transcript = self._transcript()
        if transcript is not None:
            transcript.printed(lines)

    def shown(self, output: dict[str, Any]) -> None:
        """Add an output to those of the cell."""
        transcript = self._transcript()
        if transcript is not None:
            transcript.shown(output)

    def cleared(self) -> None:
        """Forget the outputs of the cell."""
        transcript = self._transcript()
        if transcript is not None:
            transcript.cleared()

    # --- the end -------------------------------------------------------------------------------

    def _stop(self) -> None:
        error = sys.exc_info()[1]  # with the run's block, or None
        log_errors(lambda: self._watch.stop(error), "the journal of cells")
        log_errors(lambda: console.unsubscribe(self), "what is shown")
        log_errors(lambda: self._save(lasting=True), "the session's notebook")
        log_errors(self._journal.sync, "the journal of cells")
        self._journal.close()
        log_errors(self._witness.close, "the journal of cells")
