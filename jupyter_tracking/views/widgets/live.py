"""Live views: a view is updated while its runs go on, also while the cell that trains is running.

A kernel that executes a cell answers no page, but its threads run: one of them polls the files of the runs that are shown, and sends
what is new to the page. The thread ends when no view is left to be updated. The recording half takes no part in it.
"""

from __future__ import annotations

import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Protocol
from jupyter_tracking.fork import call_after_fork, free_after_fork

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_LEAST = 1.0  # seconds between two polls of a view
# Polling takes at most this part of the time, so that the training in the same process keeps the rest.
_SHARE = 0.05


class Pollable(Protocol):
    """A view of runs that may still be running."""

    @property
    def running(self) -> bool:
        """Whether more may come."""

    def poll(self) -> bool:
        """Show what was logged since the last call; return whether more may come."""

    def refresh_page(self) -> bool:
        """Bring the static page in the notebook up to date; return whether it may have to be again."""


class _Poller:
    """The thread that polls views, for as long as there are any."""

    def __init__(self) -> None:
        self._changed = free_after_fork(threading.Condition())
        self._due: weakref.WeakKeyDictionary[Pollable, float] = weakref.WeakKeyDictionary()
        self._thread: threading.Thread | None = None
        call_after_fork(self)

    def after_fork(self) -> None:
        """In a child: the views are the parent's."""
        self._due = weakref.WeakKeyDictionary()
        self._thread = None

    def add(self, view: Pollable) -> None:
        with self._changed:
            self._due[view] = time.monotonic() + _LEAST
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="jupyter-tracking-poll", daemon=True)
                self._thread.start()
            self._changed.notify()

    def remove(self, view: Pollable) -> None:
        with self._changed:
            self._due.pop(view, None)

    def _run(self) -> None:
        while True:
            with self._changed:
                waiting = list(self._due.items())  # which holds them: a view that nobody else holds would go in between
                if not waiting:
                    self._thread = None
                    return
                now = time.monotonic()
                due = [view for view, when in waiting if when <= now]
                if not due:
                    soonest = min(when for _, when in waiting)
                    del waiting
                    self._changed.wait(max(0.0, soonest - now))
                    continue
                del waiting
            while due:
                self._poll(due.pop())

    def _poll(self, view: Pollable) -> None:
        began = time.thread_time()  # not the time in which other threads ran
        try:
            more = view.poll()
        except Exception:  # noqa: BLE001 - the run was deleted, or cannot be read: what is on screen stays
            more = False
        spent = time.thread_time() - began
        with self._changed:
            if more and view in self._due:
                self._due[view] = time.monotonic() + max(_LEAST, spent / _SHARE)
            else:
                self._due.pop(view, None)


_POLLER = _Poller()


def start_polling(view: Pollable) -> None:
    """Poll a view from now on, until its runs have ended or the view is closed."""
    _POLLER.add(view)


def stop_polling(view: Pollable) -> None:
    """Do not poll a view any more."""
    _POLLER.remove(view)


class _AfterCells:
    """Brings the static pages in the notebook up to date after cells, in the thread that runs the cells: matplotlib draws in no other safely."""

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


_SHELL_ATTRIBUTE = "_jupyter_tracking_views"


def refresh_after_cells(view: Pollable) -> None:
    """Bring the static page of a view up to date after each cell, until its runs have ended."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    after = getattr(shell, _SHELL_ATTRIBUTE, None)
    if after is None:
        after = _AfterCells(shell)
        setattr(shell, _SHELL_ATTRIBUTE, after)
    after.add(view)
