"""Following: what is shown of a run grows while the run goes on, also while the cell that trains is running.

A busy kernel may answer no page, but its threads run: one of them looks, now and then, at the files of what is shown, and
tells the page. It ends with the last run that is followed. Recording knows nothing of it.
"""

from __future__ import annotations

import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["Pollable", "stop_polling", "refresh_after_cells", "start_polling"]

_LEAST = 1.0
# Looking takes at most this part of the time, and so little from the training beside it.
_SHARE = 0.05


class Pollable(Protocol):
    """A view of runs that may go on."""

    @property
    def running(self) -> bool:
        """Whether more may come."""

    def poll(self) -> bool:
        """Show what was logged since; return whether more may come."""

    def refresh_page(self) -> bool:
        """Bring what is kept in the notebook up to date; return whether it may have to be again."""


class _Watch:
    """The thread that looks, for as long as there is something to look at."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: weakref.WeakKeyDictionary[Pollable, float] = weakref.WeakKeyDictionary()
        self._thread: threading.Thread | None = None

    def add(self, view: Pollable) -> None:
        with self._changed:
            self._due[view] = time.monotonic() + _LEAST
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="jupyter-tracking-follow", daemon=True)
                self._thread.start()
            self._changed.notify()

    def remove(self, view: Pollable) -> None:
        with self._changed:
            self._due.pop(view, None)

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._due:
                    self._thread = None
                    return
                now = time.monotonic()
                due = [view for view, when in self._due.items() if when <= now]
                if not due:
                    self._changed.wait(max(0.0, min(self._due.values()) - now))
                    continue
            while due:
                self._look(due.pop())

    def _look(self, view: Pollable) -> None:
        began = time.thread_time()  # not the time in which other threads ran
        try:
            more = view.poll()
        except Exception:  # noqa: BLE001 - the run is gone, or cannot be read: what is on screen stays
            more = False
        took = time.thread_time() - began
        with self._changed:
            if more and view in self._due:
                self._due[view] = time.monotonic() + max(_LEAST, took / _SHARE)
            else:
                self._due.pop(view, None)


_WATCH = _Watch()


def start_polling(view: Pollable) -> None:
    """Look at a view's runs from now on, until they have ended or the view is closed."""
    _WATCH.add(view)


def stop_polling(view: Pollable) -> None:
    """Look no longer: nobody sees it."""
    _WATCH.remove(view)


class _AfterCells:
    """Renews what the notebook keeps, in the thread of the cells: stills are drawn with what the user's plots are drawn with."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._views: weakref.WeakKeyDictionary[Pollable, float] = weakref.WeakKeyDictionary()

    def add(self, view: Pollable) -> None:
        if not self._views:
            self._shell.events.register("post_run_cell", self)
        self._views[view] = 0.0

    def __call__(self, *_result: Any) -> None:
        for view, when in list(self._views.items()):
            began = time.monotonic()
            try:
                if began < when and view.running:
                    continue
                more = view.refresh_page()
            except Exception:  # noqa: BLE001 - what the notebook has stays, and the user's cell has not failed
                more = False
            ended = time.monotonic()
            if more:
                self._views[view] = ended + (ended - began) / _SHARE
            else:
                self._views.pop(view, None)
        if not self._views:
            self._shell.events.unregister("post_run_cell", self)


_KEPT = "_jupyter_tracking_views"


def refresh_after_cells(view: Pollable) -> None:
    """Renew what the notebook keeps of a view after cells, until its runs have ended."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    after = getattr(shell, _KEPT, None)
    if after is None:
        after = _AfterCells(shell)
        setattr(shell, _KEPT, after)
    after.add(view)
