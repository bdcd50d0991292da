"""Which cell is executing: hooks before and after each cell, which never raise and never wait, for as long as a run is open.

A listener is told when a cell starts and ends; nothing is written here.
"""

from __future__ import annotations

import threading
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_tracking.errors import log_errors
from jupyter_tracking.format.cell_log import Cell
from jupyter_tracking.format.step_timestamp import clock_reached, timestamp_now
from jupyter_tracking.notebook.console import end_cell, flush_lines
from jupyter_tracking.storage.user_file_reader import md5_prefix

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


_CLOCK_WAS_SET = 0.1  # seconds between two clocks


class CellListener(Protocol):
    """Takes note of cells as they start and end."""

    def cell_started(self, cell: Cell, source: str) -> None:
        """Take note of a cell that starts; `source` is its code as it stands in the notebook."""

    def cell_ended(self, cell: Cell) -> None:
        """Take note of a cell that has ended."""


class CellHooks:
    """The hooks into a shell for one run."""

    def __init__(self, shell: InteractiveShell, session: str, notebook: str | None, listener: CellListener) -> None:
        """Prepare the hooks; nothing is registered before `start`.

        Args:
            shell: whose cells are followed.
            session: the session's id, for the cells.
            notebook: the notebook's path where it is known, for the cells.
            listener: told of each cell.
        """
        self._shell = shell
        self._session = session
        self._notebook = notebook
        self._listener = listener
        self._executing: list[tuple[object, Cell | None]] = []  # IPython's info and our record; a cell may run another, which is last
        self._begun: dict[int, float] = {}  # number → when it began, by a clock that nobody sets
        self._number = 0
        self.cell_thread = threading.get_ident()

    @property
    def cell(self) -> Cell | None:
        """The cell that is executing."""
        return next((cell for _, cell in reversed(self._executing) if cell is not None), None)

    def start(self) -> None:
        """Register the hooks; the cell that is executing now counts from here on."""
        self._shell.events.register("pre_run_cell", self._before_cell)
        self._shell.events.register("post_run_cell", self._after_cell)
        result = getattr(self._shell.displayhook, "exec_result", None)
        info = getattr(result, "info", None)
        if info is not None:
            log_errors(lambda: self._begin(info, getattr(result, "execution_count", None)), "the journal of cells")

    def stop(self, error: BaseException | None) -> None:
        """Unregister the hooks; the cell that is executing ends here for the run.

        Args:
            error: what the run ends with.
        """
        for name, hook in (("pre_run_cell", self._before_cell), ("post_run_cell", self._after_cell)):
            try:
                self._shell.events.unregister(name, hook)
            except ValueError:  # another has emptied the list
                continue
        while self._executing:
            self._end(error, None)

    def earlier_sources(self) -> list[str]:
        """Return the sources of the cells that ran in this session before the one that is executing."""
        manager = self._shell.history_manager
        sources = list(getattr(manager, "input_hist_raw", None) or [])[1:]
        cell = self.cell
        count = cell.execution_count if cell is not None else None
        return sources[: count - 1] if count is not None else sources

    def _before_cell(self, *given: Any) -> None:
        log_errors(lambda: self._begin(given[0] if given else None, None), "the journal of cells")

    def _after_cell(self, *given: Any) -> None:
        log_errors(lambda: self._finish(given[0] if given else None), "the journal of cells")

    def _begin(self, info: Any, count: int | None) -> None:
        if self._executing and not getattr(info, "store_history", True):
            self._executing.append((info, None))  # code that a cell runs, as %%capture and %run do
            return
        source = str(getattr(info, "raw_cell", "") or "")
        if count is None:
            # What IPython itself says here was one less before 9.8.
            count = len(getattr(self._shell.history_manager, "input_hist_raw", None) or [""])
        self._number += 1
        cell = Cell(self._number, self._session, timestamp_now(), notebook=self._notebook, execution_count=count)
        self._begun[self._number] = monotonic()
        reached = clock_reached()
        cell.since = reached if cell.started <= reached else ""
        cell.cell_id = getattr(info, "cell_id", None)
        cell.hash = md5_prefix(source.encode("utf-8", "surrogatepass"))
        self.cell_thread = threading.get_ident()
        self._executing.append((info, cell))
        self._listener.cell_started(cell, source)

    def _finish(self, result: Any) -> None:
        info = getattr(result, "info", None)
        if info is not None and all(known is not info for known, _ in self._executing):
            return  # a cell that started before the hooks were there
        error = getattr(result, "error_before_exec", None) or getattr(result, "error_in_exec", None)
        while self._executing:
            this = info is None or self._executing[-1][0] is info
            self._end(error if this else None, getattr(result, "execution_count", None) if this else None)
            if this:
                break
        if not self._executing and not hasattr(self._shell, "kernel"):  # in a kernel a thread's lines come between cells, and no prompt
            end_cell()

    def _end(self, error: BaseException | None, count: int | None) -> None:
        _, cell = self._executing[-1]
        if cell is not None:
            flush_lines()  # so that what it printed is in its outputs
            cell.ended = timestamp_now()
            reached = clock_reached()
            cell.until = reached if cell.ended <= reached else ""
            seconds = monotonic() - self._begun.pop(cell.number, monotonic())
            lasted = (datetime.fromisoformat(cell.ended) - datetime.fromisoformat(cell.started)).total_seconds()
            cell.seconds = seconds if abs(lasted - seconds) > _CLOCK_WAS_SET else None
            cell.execution_count = count or cell.execution_count
            cell.outcome = "ok" if error is None else "interrupted" if isinstance(error, KeyboardInterrupt) else "error"
            cell.error = "" if error is None else f"{type(error).__name__}: {error}"
            self._listener.cell_ended(cell)
        self._executing.pop()
