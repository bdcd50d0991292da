"""Work in a thread beside that of the caller, who waits for it: to hash, or for the disk."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from jupyter_tracking.storage.reentry import interrupted

if TYPE_CHECKING:
    from collections.abc import Callable


class Beside:
    """Makes a call in a thread of its own. Used as a context manager, it leaves no thread behind, however the block ends."""

    def __init__(self, call: Callable[[], object]) -> None:
        """Begin. Where there can be no more threads, as at the end of the interpreter, the call is made before this returns."""
        self._call = call
        self._error: BaseException | None = None
        self._returned = False
        self._thread = threading.Thread(target=self._run, name="jupyter-tracking-end")
        try:
            self._thread.start()
        except RuntimeError:
            self._run()

    def _run(self) -> None:
        try:
            self._call()
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            self._error = error
        self._returned = True

    def wait(self) -> None:
        """Wait until the call has returned; raise what it has raised."""
        self._join()
        if self._error is not None:
            raise self._error
        if not self._returned:  # this is a forked child, which has no thread but its own
            raise interrupted("what another thread of the parent of this process was doing when it forked")

    def _join(self) -> None:
        if self._thread.ident is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait; of two errors that of the block is raised."""
        if kind is None:
            self.wait()
        else:
            self._join()
