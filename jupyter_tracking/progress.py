"""A progress bar for what takes longer than a second: a line that is gone when the work is done.

In a notebook it stands below the cell, in a terminal it is a line of standard error; nowhere else is anything shown, and nothing ever goes
to standard output. What cancels the work is the interrupt of the kernel (■, or Ctrl-C): while a cell runs, a kernel hears no button.
"""

from __future__ import annotations

import sys
import threading
from html import escape
from time import monotonic
from typing import TYPE_CHECKING, Any, Self, TypeVar

from jupyter_tracking.errors import escape_controls
from jupyter_tracking.printed import in_notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

_PATIENCE = 1.0  # seconds before anything is shown
_INTERVAL = 0.2  # seconds between two looks of the bar
_WIDTH = 30  # characters of the bar in a terminal
METADATA = {"jupyter_tracking": {"progress": True}}  # of the output in a notebook, by which what keeps outputs leaves it out

Item = TypeVar("Item")
_shown: list[Progress] = []  # the outermost one that is under way; others within it show nothing


class Progress:
    """Tells how far a piece of work is, once it has taken a second.

    Used as a context manager, and called with how much is done and how much there is, as often as one likes:

        with Progress("lineage()", "runs") as progress:
            for done, run in enumerate(runs):
                progress(done, len(runs))

    Only the main thread shows anything, and of progress within progress only the outer one.
    """

    def __init__(self, what: str, unit: str) -> None:
        """Name the work, and in the plural what it goes through."""
        self._what, self._unit = what, unit
        self._next = monotonic() + _PATIENCE
        self._screen: _Notebook | _Terminal | None = None
        self._active = False

    def __enter__(self) -> Self:
        """Begin to count the time."""
        if not _shown and threading.current_thread() is threading.main_thread():
            self._active = True
            _shown.append(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """Take the bar away, however the work has ended."""
        if self._active:
            self._active = False
            _shown.clear()
            if self._screen is not None:
                self._attempt(self._screen.clear)

    def __call__(self, done: int, total: int) -> None:
        """Say how much is done of how much."""
        if not self._active or (now := monotonic()) < self._next:
            return
        self._next = now + _INTERVAL
        if self._screen is None:
            self._screen = _find_screen()
        if self._screen is None:
            self._active = False
            _shown.clear()
        else:
            line = escape_controls(f"{self._what}: {done:,} of {total:,} {self._unit}")
            self._attempt(self._screen.show, line, min(1.0, done / max(total, 1)))

    def over(self, items: Iterable[Item], total: int) -> Iterator[Item]:
        """Yield items, and say of each how many came before it."""
        for done, item in enumerate(items):
            self(done, total)
            yield item

    def within(self, done: int, total: int) -> Callable[[int, int], None]:
        """Return what the work on one item calls: however far that is, so many of the items are done."""
        return lambda _done, _total: self(done, total)

    def _attempt(self, call: Any, *given: Any) -> None:
        """Make a call of the front end, which may fail in any way: nobody's work depends on a bar."""
        try:
            call(*given)
        except Exception:  # noqa: BLE001
            self._active = False
            _shown.clear()


class _Notebook:
    """The bar as an output of the cell, which is replaced by an empty one."""

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, line: str, share: float) -> None:
        """Show the bar."""
        bar = f'<progress value="{share:.3f}" max="1" style="vertical-align: middle"></progress> <small>{escape(line)} · ■ stops it</small>'
        self._send({"text/html": bar, "text/plain": line})

    def clear(self) -> None:
        """Leave nothing that is seen."""
        self._send({"text/html": "", "text/plain": ""})

    def _send(self, data: dict[str, str]) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(data, raw=True, metadata=METADATA, display_id=True)
        else:
            self._handle.update(data, raw=True, metadata=METADATA)


class _Terminal:
    """The bar as a line of standard error."""

    def show(self, line: str, share: float) -> None:
        """Show the bar."""
        full = round(share * _WIDTH)
        self._write(f"\r\x1b[K[{'#' * full}{'.' * (_WIDTH - full)}] {line} (Ctrl-C stops it)")

    def clear(self) -> None:
        """Leave nothing that is seen."""
        self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


def _find_screen() -> _Notebook | _Terminal | None:
    """Return where a bar can be shown; None where nobody would see it go."""
    if in_notebook():
        return _Notebook()
    try:
        return _Terminal() if sys.stderr.isatty() else None
    except (AttributeError, ValueError):  # there is none, or it was closed
        return None
